//! What holds for the lift of every row, whatever it computes.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use interp::riscv::{Rv, Rv32, Rv64};
use jit::ir::{At, Builder, Op, Place};
use jit::lift::Lift;
use jit::lift::riscv::X;
use rstest::rstest;
use spec::random;
use spec::riscv::{Insn, ROWS, Row, decoder};
use spec::rows::Effects;

/// Words of each row that are looked at.
const WORDS: usize = 200;

/// What some words of each row are lifted to.
fn each<G: Lift + Rv>(mut look: impl FnMut(&Row, &Insn, &[Op])) {
    let mut seed = 1u64;
    let mut source = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed ^ seed >> 29
    };
    for row in ROWS.iter().filter(|row| row.widths.has(G::XLEN)) {
        for _ in 0..WORDS {
            let insn = decoder(G::XLEN).decode(random::word(row, &mut source)).unwrap();
            if insn.op != row.op {
                continue;
            }
            let at = At { pc: 0x1000, len: insn.len };
            let mut b = Builder::new();
            b.insn(at);
            G::lift(&mut b, &insn, at);
            look(row, &insn, &b.finish().ops[1..]);
        }
    }
}

fn both(mut look: impl FnMut(&Row, &Insn, &[Op])) {
    each::<Rv64>(&mut look);
    each::<Rv32>(&mut look);
}

#[test]
fn a_register_changes_only_when_nothing_can_go_wrong_any_more() {
    both(|row, insn, ops| {
        let first = ops.iter().position(|op| matches!(op, Op::Set(..))).unwrap_or(ops.len());
        let late = |op: &&Op| op.accesses() || matches!(op, Op::Guard(_) | Op::Interpret | Op::Leave);
        let found = ops[first..].iter().find(late);
        assert_eq!(found, None, "{} {:08x} sets a register first: {ops:?}", row.mnemonic, insn.word);
    });
}

#[test]
fn zero_is_neither_read_nor_written() {
    both(|row, insn, ops| {
        let touches = |op: &Op| matches!(op, Op::Get(place) | Op::Set(place, _) if *place == X);
        assert!(!ops.iter().any(touches), "{} {:08x}: {ops:?}", row.mnemonic, insn.word);
    });
}

#[test]
fn what_the_row_says_of_memory_and_jumps_is_so() {
    both(|row, insn, ops| {
        let name = format!("{} {:08x}: {ops:?}", row.mnemonic, insn.word);
        if ops.iter().any(|op| matches!(op, Op::Interpret | Op::Leave)) {
            return;
        }
        let memory = row.effects.any(Effects::LOAD.and(Effects::STORE));
        assert_eq!(ops.iter().any(Op::accesses), memory, "{name}");
        let last = ops.last();
        match (row.effects.all(Effects::BRANCH), row.effects.any(Effects::JUMP)) {
            (true, _) => assert!(matches!(last, Some(Op::Branch(..))), "{name}"),
            (false, jumps) => assert_eq!(last.is_some_and(Op::ends), jumps, "{name}"),
        }
    });
}

#[test]
fn every_row_of_the_integer_extensions_is_lifted() {
    let mut rows = 0;
    both(|row, insn, ops| {
        let integer = ["I", "M", "A", "C", "Zba", "Zbb", "Zbc", "Zbs", "Zicond", "Zcd", "Zcf"];
        if !integer.contains(&row.ext) || row.effects.any(Effects::SYSTEM) {
            return;
        }
        rows += 1;
        let other = ops.iter().find(|op| matches!(op, Op::Interpret | Op::Leave));
        assert_eq!(other, None, "{} {:08x}", row.mnemonic, insn.word);
    });
    assert!(rows > 100 * WORDS);
}

#[test]
fn a_system_row_leaves_to_the_interpreter() {
    // The registers of floating point have lifts.
    let float = |insn: &Insn, ext: &str| ext == "Zicsr" && matches!(insn.bits(), 1..=3);
    both(|row, insn, ops| {
        let system = row.effects.any(Effects::SYSTEM.and(Effects::SYNC)) && !float(insn, row.ext);
        assert_eq!(ops == [Op::Leave], system, "{}", row.mnemonic);
    });
}

/// Modes that neither host nor representation has are the interpreter's, and so is the trap of one that
/// does not exist.
#[rstest]
#[case::named_and_possible(0, false)]
#[case::named_and_possible_too(3, false)]
#[case::ties_away(4, true)]
#[case::reserved(5, true)]
#[case::dynamic(7, false)]
fn a_sum_rounds_as_it_says(#[case] mode: u32, #[case] interpreted: bool) {
    let insn = decoder(64).decode(0x0220_8053 | mode << 12).unwrap();
    let at = At { pc: 0x1000, len: 4 };
    let mut b = Builder::new();
    Rv64::lift(&mut b, &insn, at);
    let ops = b.finish().ops;
    assert_eq!(ops.contains(&Op::Interpret), interpreted, "{ops:?}");
    let guarded = ops.iter().any(|op| matches!(op, Op::Guard(_)));
    assert_eq!(guarded, mode < 4, "{ops:?}");
}

#[test]
fn a_number_boxed_in_a_unit_is_not_unboxed_in_it() {
    let mut b = Builder::new();
    let at = At { pc: 0x1000, len: 4 };
    // fadd.s f1, f2, f3; fmul.s f4, f1, f1
    for word in [0x0031_70d3, 0x1010_f253] {
        Rv64::lift(&mut b, &decoder(64).decode(word).unwrap(), at);
    }
    let unboxed = b.finish().ops.iter().filter(|op| matches!(op, Op::Unbox(_))).count();
    assert_eq!(unboxed, 2);
}

#[test]
fn the_link_is_written_after_the_target_is_read() {
    let mut b = Builder::new();
    // jalr x1, 8(x1)
    Rv64::lift(&mut b, &decoder(64).decode(0x0080_80e7).unwrap(), At { pc: 0x1000, len: 4 });
    let ops = b.finish().ops;
    let read = ops.iter().position(|op| *op == Op::Get(Place(1))).unwrap();
    let written = ops.iter().position(|op| matches!(op, Op::Set(Place(1), _))).unwrap();
    assert!(read < written, "{ops:?}");
}
