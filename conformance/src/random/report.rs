//! A difference, told to people.

use super::build::Program;
use super::run::Difference;
use super::shrink::is_idle;
use super::subject::Subject;
use crate::speak::Driver;
use spec::disasm::{self, Style};
use std::fmt::{self, Debug, Write};

/// A difference between two drivers, as text: seed, program, place, fields, and how to see it again.
#[derive(Clone, PartialEq, Eq)]
pub struct Report(String);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Report {
    /// Tells of the difference `d` in `program`, which had `length` instructions before it was shrunk.
    pub fn new<S: Subject>(program: &Program<S>, length: usize, driver: Driver, d: &Difference<S>) -> Self {
        let mut out = String::new();
        let name = S::text().name;
        let driver = match driver {
            Driver::Step => "other",
            Driver::Block => "block",
            Driver::Unit => "unit",
            Driver::Optimized => "optimized",
        };
        let _ = writeln!(out, "{name}: the {driver} driver differs from the step driver");
        out.push_str(&replay(program));
        listing(&mut out, program, length);
        place(&mut out, program, d);
        fields(&mut out, driver, d);
        Self(out)
    }

    /// Tells that a driver panicked in `program`; the panic's own words are on the terminal.
    pub fn panicked<S: Subject>(program: &Program<S>) -> Self {
        let mut out = format!("{}: a driver panicked\n{}", S::text().name, replay(program));
        listing(&mut out, program, program.slots.len());
        Self(out)
    }
}

fn replay<S: Subject>(program: &Program<S>) -> String {
    let (seed, test) = (program.seed, S::TEST);
    format!("replay: STRATA_SEED={seed:#x} cargo test -p conformance --test random {test} -- --nocapture\n")
}

fn listing<S: Subject>(out: &mut String, program: &Program<S>, length: usize) {
    let busy = program.slots.iter().filter(|s| !is_idle::<S>(**s)).count();
    let _ = writeln!(out, "program, shrunk from {length} to {busy} instructions and no-ops:");
    for (index, slot) in program.slots.iter().enumerate().filter(|(_, s)| !is_idle::<S>(**s)) {
        let at = program.at(index);
        let _ = writeln!(out, "  {}", line::<S>(at, slot.word, slot.len));
    }
    if let Some(after) = program.faults.first().copied().flatten() {
        let _ = writeln!(out, "  (access {after}, counted from 0, is made to fail)");
    }
}

fn line<S: Subject>(at: u64, word: u32, len: u8) -> String {
    let (text, _) = disasm::word(S::text(), word, at, Style::Plain);
    format!("{at:#x}: {word:0width$x}  {text}", width = 2 * usize::from(len))
}

/// Names the instruction, or those of which it is one.
fn place<S: Subject>(out: &mut String, program: &Program<S>, d: &Difference<S>) {
    let busy: Vec<_> = d
        .part
        .iter()
        .filter(|(at, insn)| {
            let slot = program.slot_at(S::address(*at)).map(|index| program.slots[index]);
            !slot.is_some_and(|slot| slot.word == insn.word && is_idle::<S>(slot))
        })
        .collect();
    let _ = match busy.len() {
        0 => writeln!(out, "differs after {} instructions, at one that is no part of the program", d.before),
        1 => writeln!(out, "differs at:"),
        count => writeln!(out, "differs after {} instructions, at one of these {count}:", d.before),
    };
    const SHOWN: usize = 12;
    for (at, insn) in busy.iter().take(SHOWN) {
        let _ = writeln!(out, "  {}", line::<S>(S::address(*at), insn.word, insn.len));
    }
    if busy.len() > SHOWN {
        let _ = writeln!(out, "  …");
    }
}

fn fields<S: Subject>(out: &mut String, driver: &str, d: &Difference<S>) {
    if d.expected.0 != d.found.0 {
        let _ = writeln!(out, "  stop: step {:x?}, {driver} {:x?}", d.expected.0, d.found.0);
    }
    for (name, expected, found) in differing(&d.expected.1, &d.found.1) {
        let _ = writeln!(out, "  {name}: step {expected}, {driver} {found}");
    }
    for (at, expected, found) in d.bytes.iter().take(16) {
        let _ = writeln!(out, "  byte {at:#x}: step {expected:02x}, {driver} {found:02x}");
    }
    if let Some([expected, found]) = d.accesses {
        let _ = writeln!(out, "  accesses until the fault: step {expected:?}, {driver} {found:?}");
    }
}

/// The fields of two values that differ, by name, from their debug texts.
fn differing(a: &impl Debug, b: &impl Debug) -> Vec<(String, String, String)> {
    let (a, b) = (format!("{a:#x?}"), format!("{b:#x?}"));
    let (mut array, mut index, mut out) = (String::new(), 0, vec![]);
    for (a, b) in a.lines().zip(b.lines()) {
        let (a, b) = (a.trim().trim_end_matches(','), b.trim().trim_end_matches(','));
        if let Some(name) = a.strip_suffix(": [") {
            (array, index) = (name.to_owned(), 0);
            continue;
        }
        if a == "]" {
            array.clear();
        }
        let value = |text: &str| text.rsplit(": ").next().unwrap_or_default().to_owned();
        if a != b {
            let name = if array.is_empty() {
                a.split(": ").next().unwrap_or_default().to_owned()
            } else {
                format!("{array}{index}")
            };
            out.push((name, value(a), value(b)));
        }
        index += 1;
    }
    out
}
