//! Square roots of significands, exact.
//!
//! A table gives the reciprocal root to 8 bits, two Newton steps double that twice, and the remainder,
//! which decides the last bit and stickiness, is computed exactly.

use spec::bits::Low;

/// Bits of the argument that index the seeds: two before the point, seven after it.
const INDEX_BITS: u32 = 9;
/// Arguments start at 1, which is a quarter of the index range.
const FIRST: usize = 1 << (INDEX_BITS - 2);

/// Reciprocal roots of the middle of each interval, as 16-bit fractions.
static SEEDS: [u16; 3 * FIRST] = seeds();

const fn seeds() -> [u16; 3 * FIRST] {
    let mut table = [0; 3 * FIRST];
    let mut i = 0;
    while i < table.len() {
        table[i] = seed(i as u64 + FIRST as u64);
        i += 1;
    }
    table
}

/// 2^16 / √m for the middle m = (`index` + ½) / 2^7 of an interval.
#[expect(clippy::cast_possible_truncation, reason = "m > 1, so the value is below 2^16")]
const fn seed(index: u64) -> u16 {
    // 2^16 / √m = √(2^32 / m) = √(2^40 / (2 · index + 1))
    ((1_u64 << 40) / (2 * index + 1)).isqrt() as u16
}

/// 1 / √m as a 32-bit fraction, right to about 29 bits; m in [1, 4) has two bits before the point.
#[inline(always)]
fn reciprocal_root(m: u32) -> u64 {
    let index = (m >> (32 - INDEX_BITS)) as usize - FIRST;
    let mut r = u64::from(SEEDS[index]) << 16;
    for _ in 0..2 {
        // r ← r · (3 − m·r²) / 2; m·r² is a 32-bit fraction near 1.
        let square = (((r * r) >> 32) * u64::from(m)) >> 30;
        r = (r * (((3 << 32) - square) >> 2)) >> 31;
    }
    r
}

/// Root of `m` in [1, 4) with two bits before the point; the result in [1, 2) has one and is sticky.
#[inline(always)]
pub(super) fn root32(m: u32) -> u32 {
    // 26 bits after the point are enough for a significand of 24, a rounding bit and the sticky one.
    let estimate = (u64::from(m) * reciprocal_root(m)) >> (32 + 4);
    let (root, exact) = settle(u64::from(m) << 22, estimate);
    (root << 5 | u64::from(!exact)).low32()
}

/// Root of `m` in [1, 4) with two bits before the point; the result in [1, 2) has one and is sticky.
#[inline(always)]
pub(super) fn root64(m: u64) -> u64 {
    let r = reciprocal_root((m >> 32).low32());
    let first = ((u128::from(m) * u128::from(r)) >> 32).low64();
    // One Newton step on the root itself: s ← s + r · (m − s²) / 2. m − s² is so small
    // that 64 bits hold it.
    let error = ((u128::from(m) << 62).wrapping_sub(u128::from(first) * u128::from(first)) >> 62).low64();
    let step = (i128::from(error.cast_signed()) * i128::from(r)) >> 33;
    let second = first.wrapping_add(step.low64());
    // 56 bits after the point: the square and its argument then differ by less than 64 bits.
    let (root, exact) = settle((u128::from(m) << 50).low64(), second >> 6);
    root << 7 | u64::from(!exact)
}

/// ⌊√n⌋ and whether it is exact, from an estimate at most a few off; `n` is known modulo 2^64 only.
#[inline(always)]
fn settle(n: u64, mut root: u64) -> (u64, bool) {
    let mut rest = n.wrapping_sub(root.wrapping_mul(root)).cast_signed();
    while rest < 0 {
        root -= 1;
        rest += (2 * root + 1).cast_signed();
    }
    while rest > (2 * root).cast_signed() {
        rest -= (2 * root + 1).cast_signed();
        root += 1;
    }
    (root, rest == 0)
}
