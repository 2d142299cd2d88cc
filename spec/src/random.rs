//! Random instructions of a row, biased towards operands that find mistakes.
//!
//! A plain random word seldom has the zero register, the same register twice or the largest immediate.
//! Here each of these turns up every few words.

use crate::bits::{Low, ones};
use crate::rows::{Code, Field, Row, Show};

/// A word of `row` that decodes to it or, where another row goes `before`, to that one.
///
/// `source` gives uniformly distributed 64-bit numbers; equal numbers give equal words.
pub fn word<O>(row: &Row<O>, source: &mut impl FnMut() -> u64) -> u32 {
    // Exclusions are few and narrow, so that a second try is rare; the bound is for a row whose
    // exclusions leave nothing.
    for _ in 0..1000 {
        let word = attempt(row, source);
        if !excluded(row, word) {
            return word;
        }
    }
    row.pattern.bits
}

/// Whether `word` is one of the words that `row` excludes.
pub fn excluded<O>(row: &Row<O>, word: u32) -> bool {
    row.unless.iter().any(|u| word & u.mask == u.bits)
}

/// A word of `row` with uniformly random operands, exclusions not looked at.
pub fn uniform<O>(row: &Row<O>, source: &mut impl FnMut() -> u64) -> u32 {
    let all = ones(row.pattern.width);
    row.pattern.bits | source().low32() & !row.pattern.mask & all
}

fn attempt<O>(row: &Row<O>, source: &mut impl FnMut() -> u64) -> u32 {
    let mut word = row.pattern.bits;
    let mut earlier = None;
    for field in row.form.fields.iter().filter(|f| f.letter != 0) {
        let mask = row.pattern.mask_of(field.letter);
        let width = mask.count_ones();
        let value = match field.code {
            Code::Reg { .. } => {
                let number = register(field, width, earlier, source());
                earlier = Some(number);
                number
            }
            _ => immediate(field, width, source()),
        };
        word |= deposit(value & ones(width), mask);
    }
    word
}

/// Half the time any register, else one of: zero, ra, sp, a0, the same as the field before.
fn register(field: &Field, width: u32, earlier: Option<u32>, random: u64) -> u32 {
    let any = (random >> 8).low32() & ones(width);
    if field.slots.is_empty() {
        // A reserved field: the manual's value, zero, nearly always.
        return if random & 31 == 0 { any } else { 0 };
    }
    match random & 15 {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 10,
        5..=7 => earlier.unwrap_or(any),
        _ => any,
    }
}

/// A third of the time any bits, else an extreme, a small number or a single one bit.
fn immediate(field: &Field, width: u32, random: u64) -> u32 {
    let any = (random >> 8).low32() & ones(width);
    let all = ones(width);
    let top = 1 << (width - 1);
    match (field.show, random & 15) {
        // Dynamic rounding is what programs use.
        (Show::Rounding | Show::ExactRounding, 0..=7) => 7,
        (_, 0) => 0,
        (_, 1) => 1,
        (_, 2) => all,
        (_, 3) => all >> 1,
        (_, 4) => top,
        (_, 5) => 1 << (any % width),
        (_, 6) => any & 15,
        (_, 7) => any | all << (width / 2),
        _ => any,
    }
}

/// Spreads the low bits of `value` over the one bits of `mask`.
fn deposit(value: u32, mask: u32) -> u32 {
    let (mut word, mut left, mut from) = (0, mask, value);
    while left != 0 {
        let bit = left & left.wrapping_neg();
        word |= if from & 1 == 1 { bit } else { 0 };
        from >>= 1;
        left ^= bit;
    }
    word
}
