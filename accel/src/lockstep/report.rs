//! A divergence, told to people.

use super::narrow::{Difference, Found, Place};
use super::pair::{Halt, Side};
use interp::Stop;
use interp::riscv::Rv;
use spec::disasm::{Style, text};
use spec::riscv::{Guest, RV32, RV64, State, names, row};
use std::fmt::Write;

/// Instructions that are listed at most.
const SHOWN: usize = 32;

/// The name of the row that differs, if it is known which.
pub fn row_of(found: &Found) -> Option<&'static str> {
    let insn = found.places.get(found.at?)?.insn?;
    Some(row(insn.op).mnemonic)
}

/// Tells where two sides part and how.
pub fn tell<X: Rv>(sides: &[Side<X>; 2], found: &Found) -> String {
    let mut out = String::new();
    let [a, b] = [&sides[0].name, &sides[1].name];
    let _ = writeln!(out, "{a} and {b} differ after {} instructions", found.before);
    if let Some(place) = found.at.and_then(|at| found.places.get(at)) {
        let _ = writeln!(out, "{} {}", if found.exact { "at" } else { "probably at" }, line::<X>(place));
        if let Some(insn) = place.insn {
            let _ = writeln!(out, "row {}: {}", row(insn.op).mnemonic, row(insn.op).meaning);
        }
    }
    if found.places.len() > 1 {
        let _ = writeln!(out, "only when these run together:");
        list::<X>(&mut out, &found.places);
    }
    difference::<X>(&mut out, [a, b], &found.scene.state, &found.difference);
    explain(&mut out, sides, found);
    out
}

fn list<X: Rv>(out: &mut String, places: &[Place]) {
    let left_out = places.len().saturating_sub(SHOWN);
    if left_out > 0 {
        let _ = writeln!(out, "  … {left_out} more before");
    }
    for place in &places[left_out..] {
        let _ = writeln!(out, "  {}", line::<X>(place));
    }
}

fn rows<X: Rv>() -> &'static Guest {
    if X::XLEN == 32 { &RV32 } else { &RV64 }
}

/// Address, bytes, assembly.
fn line<X: Rv>(place: &Place) -> String {
    let Place { pc, insn } = place;
    match insn {
        Some(insn) => {
            let width = 2 * usize::from(insn.len);
            format!("{pc:#x}: {:0width$x}  {}", insn.word, text(rows::<X>(), insn, *pc, Style::Plain))
        }
        None => format!("{pc:#x}: no instruction"),
    }
}

/// Tells how two sides differ; registers that both have changed alike are not listed.
pub fn difference<X: Rv>(out: &mut String, names: [&str; 2], before: &State, d: &Difference) {
    let [a, b] = &d.halts;
    let width = names[0].len().max(names[1].len());
    let mut row = |what: &str, was: Option<String>, values: [String; 2]| {
        let was = was.map(|was| format!(" (before: {was})")).unwrap_or_default();
        let _ = writeln!(out, "  {what}{was}");
        for (name, value) in names.iter().zip(values) {
            let _ = writeln!(out, "    {name:<width$}  {value}");
        }
    };
    if a.stop != b.stop {
        row("stop", None, [stop(a), stop(b)]);
    }
    let fields = [before, &a.state, &b.state].map(fields::<X>);
    for ((name, was), ((_, a), (_, b))) in fields[0].iter().zip(fields[1].iter().zip(&fields[2])) {
        if a != b {
            row(name, Some(format!("{was:#x}")), [format!("{a:#x}"), format!("{b:#x}")]);
        }
    }
    for byte in &d.bytes {
        let what = format!("byte at {:#x}", byte.at);
        row(&what, None, [format!("{:#04x}", byte.a), format!("{:#04x}", byte.b)]);
    }
}

fn stop(halt: &Halt) -> String {
    match halt.stop {
        Stop::Budget => format!("went on to pc {:#x}", halt.state.pc),
        Stop::Trap(trap) => format!("trap {trap:x?} at pc {:#x}", halt.state.pc),
        Stop::Exit(exit) => format!("asked for {exit:?} at pc {:#x}", halt.state.pc),
    }
}

/// Every field of a state by its name.
pub fn fields<X: Rv>(state: &State) -> Vec<(String, u64)> {
    let x = state.x.iter().zip(names::X).enumerate().map(|(n, (v, name))| (format!("x{n}/{name}"), *v));
    let f = state.f.iter().zip(names::F).enumerate().map(|(n, (v, name))| (format!("f{n}/{name}"), *v));
    let rest = [
        ("pc", X::unsigned(state.pc)),
        ("fflags", state.fflags.into()),
        ("frm", state.frm.into()),
        ("instret", state.instret),
        ("reservation", state.reservation),
        ("reserved value", state.reserved_value),
    ];
    x.chain(f).chain(rest.map(|(name, value)| (name.to_owned(), value))).collect()
}

fn explain<X: Rv>(out: &mut String, sides: &[Side<X>; 2], found: &Found) {
    for side in sides {
        let Some(explain) = &side.explain else { continue };
        let Ok(space) = found.scene.space() else { continue };
        let _ = writeln!(out, "{}:", side.name);
        let told = explain.explain(&found.scene.state, &space, found.places.len());
        for line in told.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
}
