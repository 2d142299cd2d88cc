//! Conversions between formats, to and from integers, and rounding to integral values.

use super::env::{Env, Flags};
use super::format::Format;
use super::nan;
use super::parts::{Parts, is_special, round_off, round_pack, unpack};
use super::rules::IntRule;
use super::word::{Sig, Word};

/// An integer type that guests convert to and from.
pub trait Int: Copy {
    /// The smallest value.
    const MIN: Self;
    /// The largest value.
    const MAX: Self;
    /// x86's answer when nothing fits.
    const INDEFINITE: Self;
    /// Sign and magnitude.
    fn split(self) -> (bool, u64);
    /// The value of this sign and magnitude, if the type has it.
    fn from_split(negative: bool, magnitude: u64) -> Option<Self>;
}

macro_rules! int {
    ($($t:ty, $indefinite:ident, |$x:ident| $split:expr;)*) => { $(impl Int for $t {
        const MIN: Self = <$t>::MIN;
        const MAX: Self = <$t>::MAX;
        const INDEFINITE: Self = <$t>::$indefinite;
        #[inline(always)]
        fn split(self) -> (bool, u64) {
            let $x = self;
            $split
        }
        #[inline(always)]
        fn from_split(negative: bool, magnitude: u64) -> Option<Self> {
            let magnitude = i128::from(magnitude);
            Self::try_from(if negative { -magnitude } else { magnitude }).ok()
        }
    })* };
}
int! {
    i16, MIN, |x| (x < 0, x.unsigned_abs().into());
    i32, MIN, |x| (x < 0, x.unsigned_abs().into());
    i64, MIN, |x| (x < 0, x.unsigned_abs());
    u16, MAX, |x| (false, x.into());
    u32, MAX, |x| (false, x.into());
    u64, MAX, |x| (false, x);
}

/// The number `a` of format `F` in format `G`, rounded if `G` is narrower.
#[inline]
pub fn convert<F: Format, G: Format>(e: &mut Env, a: F::Bits) -> G::Bits {
    if is_special::<F>(a) {
        return convert_special::<F, G>(e, a);
    }
    let x = unpack::<F>(a);
    if x.sig == F::Sig::ZERO {
        return G::join(x.sign, G::Sig::ZERO);
    }
    round_pack::<G>(e, Parts { sign: x.sign, exp: x.exp, sig: G::Sig::from_top(x.sig.to_top()) })
}

#[cold]
fn convert_special<F: Format, G: Format>(e: &mut Env, a: F::Bits) -> G::Bits {
    if nan::is_nan::<F>(a) { nan::convert::<F, G>(e, a) } else { G::join(F::sign(a), G::infinity()) }
}

/// The integer `n` as a floating-point number.
#[inline]
pub fn from_int<I: Int, F: Format>(e: &mut Env, n: I) -> F::Bits {
    let (sign, magnitude) = n.split();
    if magnitude == 0 {
        return F::join(false, F::Sig::ZERO);
    }
    let zeros = magnitude.leading_zeros();
    let sig = F::Sig::from_top((magnitude << zeros).to_top());
    round_pack::<F>(e, Parts { sign, exp: 63 - zeros.cast_signed(), sig })
}

/// `a` rounded to an integer.
///
/// NaNs, infinities and what is out of range after rounding raise invalid (and not inexact); the answer is
/// then that of [`Rules::to_int`](super::Rules::to_int).
#[inline]
pub fn to_int<F: Format, I: Int>(e: &mut Env, a: F::Bits) -> I {
    if is_special::<F>(a) {
        return unfit::<F, I>(e, a);
    }
    let x = unpack::<F>(a);
    if x.exp > 63 {
        return unfit::<F, I>(e, a);
    }
    // 64 bits before the point and 64 after it; the sum cannot carry out, as 2^64 has no bits after it.
    let fixed = x.sig.to_top().shr_jam(x.exp.abs_diff(63));
    let (whole, exact) = round_off(e.round, x.sign, fixed, 64);
    match u64::try_from(whole).ok().and_then(|magnitude| I::from_split(x.sign, magnitude)) {
        Some(n) => {
            if !exact {
                e.raise(Flags::NX);
            }
            n
        }
        None => unfit::<F, I>(e, a),
    }
}

/// The answer of `to_int` when no integer of the type is right.
#[cold]
fn unfit<F: Format, I: Int>(e: &mut Env, a: F::Bits) -> I {
    e.raise(Flags::NV);
    let nan = nan::is_nan::<F>(a);
    match e.rules.to_int {
        IntRule::Indefinite => I::INDEFINITE,
        IntRule::SaturateNanMax if nan => I::MAX,
        IntRule::SaturateNanZero if nan => I::from_split(false, 0).unwrap_or(I::MAX),
        IntRule::SaturateNanMax | IntRule::SaturateNanZero if F::sign(a) => I::MIN,
        IntRule::SaturateNanMax | IntRule::SaturateNanZero => I::MAX,
    }
}

/// `a` rounded to an integral value of the same format, sign kept. Inexact is raised only if `report` is
/// set (IEEE's roundToIntegralExact; RISC-V `froundnx`, x86 `roundsd` with bit 3 clear, Arm FRINTX).
#[inline]
pub fn round_to_int<F: Format>(e: &mut Env, a: F::Bits, report: bool) -> F::Bits {
    if nan::is_nan::<F>(a) {
        return nan::propagate::<F>(e, &[a]);
    }
    if is_special::<F>(a) {
        return a;
    }
    let x = unpack::<F>(a);
    if x.exp >= F::FRAC.cast_signed() {
        return a;
    }
    let fixed = x.sig.shr_jam(x.exp.abs_diff(F::FRAC.cast_signed()));
    let (whole, exact) = round_off(e.round, x.sign, fixed, F::EXTRA);
    if !exact && report {
        e.raise(Flags::NX);
    }
    if whole == F::Sig::ZERO {
        return F::join(x.sign, whole);
    }
    let zeros = whole.leading_zeros();
    let exp = F::Sig::BITS.cast_signed() - 1 - zeros.cast_signed();
    round_pack::<F>(e, Parts { sign: x.sign, exp, sig: whole << zeros })
}
