//! Taking a number apart, and the one place where results are rounded and put together.

use core::cmp::Ordering;

use super::env::{Env, Flags, Round};
use super::format::Format;
use super::rules::Tininess;
use super::word::{Sig, Word};

/// An exponent so low that no number has it, and sums of a few do not overflow.
const ZERO_EXP: i32 = -(1 << 20);

/// A finite number: (−1)^`sign` · `sig` · 2^`exp`, `sig` in [1, 2) with its leading one in the top bit.
/// Zero has `sig` zero and an exponent below all others.
#[derive(Clone, Copy)]
pub(super) struct Parts<W> {
    pub sign: bool,
    pub exp: i32,
    pub sig: W,
}

/// Whether the pattern is an infinity or a NaN, which `unpack` does not take.
#[inline(always)]
pub(super) fn is_special<F: Format>(a: F::Bits) -> bool {
    F::magnitude(a) >= F::infinity()
}

/// The parts of a finite number.
#[inline(always)]
pub(super) fn unpack<F: Format>(a: F::Bits) -> Parts<F::Sig> {
    let (sign, magnitude) = (F::sign(a), F::magnitude(a));
    let field = (magnitude >> F::FRAC).to_u32();
    if field == 0 {
        return unpack_subnormal::<F>(sign, magnitude);
    }
    let implicit = F::Sig::ONE << F::FRAC;
    let sig = ((magnitude & (implicit - F::Sig::ONE)) | implicit) << F::EXTRA;
    Parts { sign, exp: field.cast_signed() - F::BIAS, sig }
}

#[inline]
fn unpack_subnormal<F: Format>(sign: bool, fraction: F::Sig) -> Parts<F::Sig> {
    if fraction == F::Sig::ZERO {
        return Parts { sign, exp: ZERO_EXP, sig: fraction };
    }
    let zeros = fraction.leading_zeros();
    let exp = 1 - F::BIAS + (F::EXTRA.cast_signed() - zeros.cast_signed());
    Parts { sign, exp, sig: fraction << zeros }
}

/// What to add to a number so that cutting off its low `extra` bits (one at least) rounds it.
#[inline(always)]
pub(super) fn increment<W: Word>(round: Round, sign: bool, odd: bool, extra: u32) -> W {
    let half = W::ONE << (extra - 1);
    let all_but_one = half + (half - W::ONE);
    match round {
        Round::NearestEven => half - W::from(!odd),
        Round::NearestMaxMagnitude => half,
        Round::Down if sign => all_but_one,
        Round::Up if !sign => all_but_one,
        Round::TowardZero | Round::Down | Round::Up => W::ZERO,
    }
}

/// The integer part of a number with `extra` bits after the point, rounded, and whether it was exact.
#[inline(always)]
pub(super) fn round_off<W: Word>(round: Round, sign: bool, fixed: W, extra: u32) -> (W, bool) {
    let whole = fixed >> extra;
    let rest = fixed & ((W::ONE << extra) - W::ONE);
    let add = increment::<W>(round, sign, whole & W::ONE != W::ZERO, extra);
    (whole + ((rest + add) >> extra), rest == W::ZERO)
}

/// Rounds a number that is not zero, raises what that raises, and packs it.
#[inline(always)]
pub(super) fn round_pack<F: Format>(e: &mut Env, n: Parts<F::Sig>) -> F::Bits {
    let biased = n.exp + F::BIAS;
    if biased < 1 {
        return pack_tiny::<F>(e, n, biased);
    }
    if biased >= F::MAX_FIELD.cast_signed() {
        return overflow::<F>(e, n.sign);
    }
    let (rounded, exact) = round_off(e.round, n.sign, n.sig, F::EXTRA);
    // The implicit one, and a carry out of the fraction too, count the exponent up.
    let magnitude = (F::Sig::from_u32(biased.cast_unsigned() - 1) << F::FRAC) + rounded;
    if !exact {
        if magnitude >= F::infinity() {
            return overflow::<F>(e, n.sign);
        }
        e.raise(Flags::NX);
    }
    F::join(n.sign, magnitude)
}

/// The end of `round_pack` for numbers below the smallest normal one.
#[cold]
#[inline(never)]
fn pack_tiny<F: Format>(e: &mut Env, n: Parts<F::Sig>, biased: i32) -> F::Bits {
    let fixed = n.sig.shr_jam(biased.abs_diff(1));
    let (magnitude, exact) = round_off(e.round, n.sign, fixed, F::EXTRA);
    if !exact {
        e.raise(if is_tiny::<F>(e, n, biased) { Flags::UF.with(Flags::NX) } else { Flags::NX });
    }
    F::join(n.sign, magnitude)
}

/// Whether a number below the smallest normal one counts as tiny.
fn is_tiny<F: Format>(e: &Env, n: Parts<F::Sig>, biased: i32) -> bool {
    match e.rules.tininess {
        Tininess::BeforeRounding => true,
        // Only rounding up from the binade just below, at full precision, reaches the smallest normal number.
        Tininess::AfterRounding => {
            let (rounded, _) = round_off(e.round, n.sign, n.sig, F::EXTRA);
            biased < 0 || rounded >> (F::FRAC + 1) == F::Sig::ZERO
        }
    }
}

#[cold]
#[inline(never)]
fn overflow<F: Format>(e: &mut Env, sign: bool) -> F::Bits {
    e.raise(Flags::OF.with(Flags::NX));
    let to_infinity = match e.round {
        Round::NearestEven | Round::NearestMaxMagnitude => true,
        Round::TowardZero => false,
        Round::Down => sign,
        Round::Up => !sign,
    };
    F::join(sign, if to_infinity { F::infinity() } else { F::infinity() - F::Sig::ONE })
}

/// The exact sum, if not zero. Both significands end in at least three zeros.
#[inline(always)]
pub(super) fn sum<W: Word>(a: Parts<W>, b: Parts<W>) -> Option<Parts<W>> {
    let (big, small) = match a.exp.cmp(&b.exp).then(a.sig.cmp(&b.sig)) {
        Ordering::Less => (b, a),
        _ => (a, b),
    };
    // One step down makes room for the carry.
    let aligned = (small.sig >> 1).shr_jam(big.exp.abs_diff(small.exp));
    let sig = if a.sign == b.sign { (big.sig >> 1) + aligned } else { (big.sig >> 1) - aligned };
    if sig == W::ZERO {
        return None;
    }
    let zeros = sig.leading_zeros();
    Some(Parts { sign: big.sign, exp: big.exp + 1 - zeros.cast_signed(), sig: sig << zeros })
}

/// The sign of a sum that is exactly zero.  [IEEE 754-2019, 6.3]
#[inline(always)]
pub(super) fn sign_of_zero_sum(round: Round, a: bool, b: bool) -> bool {
    if a == b { a } else { round == Round::Down }
}
