//! Where two traces part: by their hashes, and by states where the two programs are run again.

use super::file::Trace;
use spec::disasm::{Style, word};
use spec::riscv::{RV32, RV64};
use std::fmt::Write;
use std::ops::Range;

/// What two traces have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parting {
    /// Everything.
    Equal,
    /// All up to here; they differ before as many instructions as the range ends with have run.
    Between(Range<u64>),
    /// All registers; the memories differ before as many instructions as this have run.
    Memory(u64),
    /// They have no stops in common.
    Grains(u64, u64),
}

/// The first difference of two traces.
pub fn first(a: &Trace, b: &Trace) -> Parting {
    let (every, other) = (a.header.every, b.header.every);
    let wide = every.max(other);
    let stops = |trace: &Trace| {
        let step = memory::addr::host_size(wide / trace.header.every);
        trace.stops.iter().skip(step - 1).step_by(step).copied().collect::<Vec<_>>()
    };
    let (left, right) = (stops(a), stops(b));
    if left.is_empty() != right.is_empty() && every != other {
        return Parting::Grains(every, other);
    }
    let same = |(a, b): &(&super::Stop, &super::Stop)| a.state == b.state;
    let equal = left.iter().zip(&right).take_while(same).count() as u64;
    let all = equal == left.len().min(right.len()) as u64;
    if all && a.count == b.count && a.end.state == b.end.state {
        let other =
            |(a, b): (&super::Stop, &super::Stop)| a.memory != b.memory && a.memory != 0 && b.memory != 0;
        let at = left.iter().zip(&right).position(other).map(|index| (index as u64 + 1) * wide);
        let end = (a.end.memory != b.end.memory).then_some(a.count);
        return at.or(end).map_or(Parting::Equal, Parting::Memory);
    }
    let end = if all { a.count.max(b.count).max(equal * wide) } else { (equal + 1) * wide };
    Parting::Between(equal * wide..end)
}

/// The states of a stretch, a line each.
pub struct States<'a> {
    /// What made them.
    pub name: &'a str,
    /// The lines.
    pub text: &'a str,
}

/// Tells of the first instruction after which two lists of states differ; `None` if they are equal.
pub fn told(sides: [States<'_>; 2], xlen: u32) -> Option<String> {
    let [a, b] = &sides;
    let (mut left, mut right) = (a.text.lines(), b.text.lines());
    let mut before: Option<&str> = None;
    let (one, other) = loop {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (one, other) if one == other => before = one,
            (one, other) => break (one.unwrap_or_default(), other.unwrap_or_default()),
        }
    };
    let mut out = String::new();
    if let Some(before) = before {
        let _ = writeln!(out, "equal up to {}", place(before, xlen));
    }
    for (side, line) in sides.iter().zip([one, other]) {
        let what = if line.is_empty() { "the end".to_owned() } else { place(line, xlen) };
        let _ = writeln!(out, "{}: then {what}", side.name);
    }
    for (one, other) in one.split(' ').skip(2).zip(other.split(' ').skip(2)).filter(|(a, b)| a != b) {
        let _ = writeln!(out, "  {one} | {other}");
    }
    Some(out)
}

/// Count, pc and instruction of a state's line.
fn place(line: &str, xlen: u32) -> String {
    let mut words = line.split(' ');
    let count = words.next().unwrap_or_default();
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or(0);
    let bits = u32::try_from(hex(words.next().unwrap_or_default())).unwrap_or(0);
    let pc = words.find_map(|field| field.strip_prefix("pc=")).map_or(0, hex);
    let guest = if xlen == 32 { &RV32 } else { &RV64 };
    let (text, _) = word(guest, bits, pc, Style::Plain);
    format!("instruction {count} at {pc:#x}: {bits:08x}  {text}")
}

#[cfg(test)]
mod tests {
    use super::super::{Header, Stop};
    use super::*;
    use rstest::rstest;

    fn trace(every: u64, hashes: &[u64], count: u64, end: u64) -> Trace {
        let header = Header { every, exe: "x".into(), words: vec![] };
        let stops = hashes.iter().map(|state| Stop { state: *state, memory: 0 }).collect();
        Trace { header, stops, count, end: Stop { state: end, memory: 1 } }
    }

    #[rstest]
    #[case(trace(4, &[1, 2, 3], 14, 9), Parting::Equal)]
    #[case(trace(4, &[1, 2, 5], 14, 9), Parting::Between(8..12))]
    #[case(trace(4, &[7, 2, 3], 14, 9), Parting::Between(0..4))]
    #[case(trace(4, &[1, 2, 3], 14, 8), Parting::Between(12..14))]
    #[case(trace(4, &[1, 2], 10, 9), Parting::Between(8..14))]
    #[case(trace(8, &[2], 14, 9), Parting::Equal)]
    #[case(trace(8, &[3], 14, 9), Parting::Between(0..8))]
    #[case(trace(2, &[0, 1, 0, 2, 0, 3, 0], 14, 9), Parting::Equal)]
    #[case(trace(64, &[], 14, 9), Parting::Equal)]
    #[case(trace(64, &[], 14, 8), Parting::Between(0..14))]
    fn the_first_difference_is_found(#[case] other: Trace, #[case] wanted: Parting) {
        assert_eq!(first(&trace(4, &[1, 2, 3], 14, 9), &other), wanted);
    }

    #[test]
    fn a_difference_of_memory_alone_is_one() {
        let mut other = trace(4, &[1, 2, 3], 14, 9);
        other.end.memory = 2;
        assert_eq!(first(&trace(4, &[1, 2, 3], 14, 9), &other), Parting::Memory(14));
        let mut one = trace(4, &[1, 2, 3], 14, 9);
        (one.stops[1].memory, other.stops[1].memory) = (5, 6);
        assert_eq!(first(&one, &other), Parting::Memory(8));
    }

    #[test]
    fn the_instruction_before_a_difference_is_told() {
        let a = "7 0x13 pc=0x10 x1/ra=0x1\n8 0x13 pc=0x14 x1/ra=0x2\n";
        let b = "7 0x13 pc=0x10 x1/ra=0x1\n8 0x13 pc=0x14 x1/ra=0x3\n";
        let side = |name, text| States { name, text };
        let text = told([side("a", a), side("b", b)], 64).unwrap();
        assert!(text.starts_with("equal up to instruction 7 at 0x10: 00000013"), "{text}");
        assert!(text.ends_with("  x1/ra=0x2 | x1/ra=0x3\n"), "{text}");
        assert!(told([side("a", a), side("b", a)], 64).is_none());
    }
}
