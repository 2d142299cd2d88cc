//! The row tables: no word belongs to two rows, and random words belong to theirs.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::Numbers;
use rstest::rstest;
use spec::random;
use spec::riscv::{GUESTS, Guest, Op, RV32, RV64, Row, decoder};
use spec::rows::{Unless, groups};

/// Whether some word with `word & mask == bits` meets none of the exclusions: exact, by fixing in turn
/// each bit that keeps the word out of the first exclusion.
fn inhabited(mask: u32, bits: u32, exclusions: &[Unless]) -> bool {
    let Some((first, rest)) = exclusions.split_first() else { return true };
    if (bits ^ first.bits) & mask & first.mask != 0 {
        return inhabited(mask, bits, rest);
    }
    (0..32).map(|i| 1 << i).filter(|bit| first.mask & !mask & bit != 0).any(|bit| {
        let kept_out = bits | !first.bits & bit;
        inhabited(mask | bit, kept_out, rest)
    })
}

fn share_a_word(a: &Row, b: &Row) -> bool {
    let (p, q) = (&a.pattern, &b.pattern);
    let agree = p.width == q.width && (p.bits ^ q.bits) & p.mask & q.mask == 0;
    agree && inhabited(p.mask | q.mask, p.bits | q.bits, &[a.unless, b.unless].concat())
}

fn rows(guest: &Guest) -> Vec<&'static Row> {
    guest.rows().collect()
}

#[test]
fn the_overlap_test_finds_overlaps_and_respects_exclusions() {
    let unless = |mask, bits| Unless { mask, bits };
    assert!(inhabited(0, 0, &[]));
    assert!(inhabited(0xff, 0x13, &[unless(0xf00, 0)]));
    assert!(!inhabited(0xf00, 0, &[unless(0xf00, 0)]));
    assert!(!inhabited(0xfffe, 0, &[unless(1, 0), unless(1, 1)]), "two exclusions together leave nothing");
    assert!(share_a_word(spec::riscv::row(Op::Fence), spec::riscv::row(Op::Pause)));
    assert!(!share_a_word(spec::riscv::row(Op::CLui), spec::riscv::row(Op::CAddi16sp)));
}

#[rstest]
fn no_word_belongs_to_two_rows_unless_one_says_before(#[values(&RV32, &RV64)] guest: &'static Guest) {
    let rows = rows(guest);
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[i + 1..] {
            let said = a.before.contains(&b.op) || b.before.contains(&a.op);
            let shared = share_a_word(a, b);
            assert_eq!(shared, said, "{:?} and {:?}: shared {shared}, said {said}", a.op, b.op);
        }
    }
}

#[rstest]
fn sampled_words_match_the_row_that_the_decoder_names(#[values(&RV32, &RV64)] guest: &'static Guest) {
    let mut numbers = Numbers(7);
    let rows = rows(guest);
    for _ in 0..200_000 {
        let word = numbers.next().to_le_bytes();
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let (word, width) = if word & 3 == 3 { (word, 32) } else { (word & 0xffff, 16) };
        let fits = |r: &&&Row| {
            let p = &r.pattern;
            p.width == width && word & p.mask == p.bits && !random::excluded(*r, word)
        };
        let fitting: Vec<_> = rows.iter().filter(fits).collect();
        let first = fitting.iter().find(|r| !r.before.is_empty()).or(fitting.first());
        let found = decoder(guest.xlen).row(word).map(|r| r.op);
        assert_eq!(found, first.map(|r| r.op), "{word:#x}");
    }
}

#[test]
fn short_rows_and_long_rows_differ_in_their_lowest_bits() {
    for row in GUESTS.into_iter().flat_map(Guest::rows) {
        assert_eq!(row.pattern.mask & 3, 3, "{:?}", row.op);
        assert_eq!(row.pattern.bits & 3 == 3, row.pattern.width == 32, "{:?}", row.op);
    }
}

#[rstest]
fn random_words_decode_to_their_row(#[values(&RV32, &RV64)] guest: &'static Guest) {
    let mut numbers = Numbers(3);
    let decoder = decoder(guest.xlen);
    for row in guest.rows() {
        let mut itself = 0;
        for _ in 0..500 {
            let word = random::word(row, &mut || numbers.next());
            assert!(!random::excluded(row, word), "{:?} {word:#x}", row.op);
            let op = decoder.row(word).unwrap().op;
            itself += u32::from(op == row.op);
            assert!(
                op == row.op || spec::riscv::row(op).before.contains(&row.op),
                "{:?} {word:#x} is {op:?}",
                row.op
            );
        }
        assert!(itself > 250, "{:?} is only {itself} of 500 words", row.op);
    }
}

#[test]
fn random_words_reach_the_operands_that_find_mistakes() {
    let mut numbers = Numbers(5);
    let row = spec::riscv::row(Op::Addi);
    let words: Vec<_> = (0..2000).map(|_| random::word(row, &mut || numbers.next())).collect();
    let insns = || words.iter().map(|w| decoder(64).decode(*w).unwrap());
    assert!(insns().any(|i| i.rd == 0) && insns().any(|i| i.rs1 == 0), "x0");
    assert!(insns().any(|i| i.rd == i.rs1 && i.rd > 10), "the same register twice");
    for imm in [0, 1, -1, 2047, -2048] {
        assert!(insns().any(|i| i.imm == imm), "immediate {imm}");
    }
}

#[test]
fn groups_list_every_row_once_by_extension() {
    for guest in GUESTS {
        let groups = groups(guest);
        assert_eq!(groups.iter().map(|g| g.rows.len()).sum::<usize>(), guest.rows().count());
        let names: Vec<_> = groups.iter().map(|g| g.ext).collect();
        assert_eq!(names[..3], ["I", "M", "A"]);
    }
    let count = |guest: &Guest, ext| groups(guest).iter().find(|g| g.ext == ext).map(|g| g.rows.len());
    assert_eq!(count(&RV64, "M"), Some(13));
    assert_eq!(count(&RV32, "M"), Some(8));
}

#[test]
fn guests_are_found_by_name() {
    assert_eq!(spec::riscv::guest("riscv64").map(|g| g.xlen), Some(64));
    assert_eq!(spec::riscv::guest("riscv32").map(|g| g.xlen), Some(32));
    assert!(spec::riscv::guest("riscv128").is_none());
}
