//! Comparison, minimum and maximum, and the class of a number.  [IEEE 754-2019, 5.7.2, 5.11, 9.6]

use core::cmp::Ordering;

use super::env::{Env, Flags};
use super::format::Format;
use super::nan::{is_nan, is_signalling, propagate};
use super::rules::MinMaxRule;
use super::word::Word;

/// Which NaNs make a comparison an invalid operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNan {
    /// Signalling NaNs only.
    Quiet,
    /// Every NaN.
    Signal,
}

/// How `a` relates to `b`; nothing if one of them is a NaN. Zeros of both signs are equal.
#[inline]
pub fn compare<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, on_nan: OnNan) -> Option<Ordering> {
    if is_nan::<F>(a) || is_nan::<F>(b) {
        if on_nan == OnNan::Signal || is_signalling::<F>(a) || is_signalling::<F>(b) {
            e.raise(Flags::NV);
        }
        return None;
    }
    if F::magnitude(a) | F::magnitude(b) == F::Sig::ZERO {
        return Some(Ordering::Equal);
    }
    Some(order::<F>(a, b))
}

/// The order of two patterns that are not NaNs, with −0 < +0.
#[inline(always)]
fn order<F: Format>(a: F::Bits, b: F::Bits) -> Ordering {
    let magnitudes = F::magnitude(a).cmp(&F::magnitude(b));
    match (F::sign(a), F::sign(b)) {
        (false, false) => magnitudes,
        (true, true) => magnitudes.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// `a = b`; only signalling NaNs raise invalid.
#[inline]
pub fn eq<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Quiet) == Some(Ordering::Equal)
}

/// `a = b`; every NaN raises invalid.
#[inline]
pub fn eq_signalling<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Signal) == Some(Ordering::Equal)
}

/// `a < b`; every NaN raises invalid.
#[inline]
pub fn lt<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Signal) == Some(Ordering::Less)
}

/// `a < b`; only signalling NaNs raise invalid.
#[inline]
pub fn lt_quiet<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Quiet) == Some(Ordering::Less)
}

/// `a ≤ b`; every NaN raises invalid.
#[inline]
pub fn le<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Signal).is_some_and(Ordering::is_le)
}

/// `a ≤ b`; only signalling NaNs raise invalid.
#[inline]
pub fn le_quiet<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> bool {
    compare::<F>(e, a, b, OnNan::Quiet).is_some_and(Ordering::is_le)
}

/// The smaller operand, by [`Rules::min_max`](super::Rules::min_max).
#[inline]
pub fn min<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    extremum::<F>(e, a, b, Ordering::Less)
}

/// The larger operand, by [`Rules::min_max`](super::Rules::min_max).
#[inline]
pub fn max<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    extremum::<F>(e, a, b, Ordering::Greater)
}

/// `a` if it stands to `b` as wanted, else `b`.
#[inline(always)]
fn extremum<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, wanted: Ordering) -> F::Bits {
    if e.rules.min_max == MinMaxRule::SecondOperand {
        return if compare::<F>(e, a, b, OnNan::Signal) == Some(wanted) { a } else { b };
    }
    if is_nan::<F>(a) || is_nan::<F>(b) {
        return extremum_nan::<F>(e, a, b);
    }
    if order::<F>(a, b) == wanted { a } else { b }
}

#[cold]
fn extremum_nan<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    // Also raises invalid for a signalling NaN that gives way to a number.
    let nan = propagate::<F>(e, &[a, b]);
    match (e.rules.min_max, is_nan::<F>(a), is_nan::<F>(b)) {
        (MinMaxRule::Number, false, true) => a,
        (MinMaxRule::Number, true, false) => b,
        _ => nan,
    }
}

/// The ten classes of IEEE 754, numbered like the bits of RISC-V's `fclass`.
/// [Unpriv. ISA, F, "Floating-Point Classify Instruction"]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Class {
    NegativeInfinity = 0,
    NegativeNormal = 1,
    NegativeSubnormal = 2,
    NegativeZero = 3,
    PositiveZero = 4,
    PositiveSubnormal = 5,
    PositiveNormal = 6,
    PositiveInfinity = 7,
    SignallingNan = 8,
    QuietNan = 9,
}

impl Class {
    /// The `fclass` result: one bit of ten.
    #[inline]
    pub const fn mask(self) -> u32 {
        1 << self as u8
    }
}

/// The class of `a`; raises nothing.
#[inline]
pub fn classify<F: Format>(a: F::Bits) -> Class {
    let magnitude = F::magnitude(a);
    let negative = F::sign(a);
    let signed = |below, above| if negative { below } else { above };
    if magnitude > F::infinity() {
        if is_signalling::<F>(a) { Class::SignallingNan } else { Class::QuietNan }
    } else if magnitude == F::infinity() {
        signed(Class::NegativeInfinity, Class::PositiveInfinity)
    } else if magnitude >> F::FRAC != F::Sig::ZERO {
        signed(Class::NegativeNormal, Class::PositiveNormal)
    } else if magnitude != F::Sig::ZERO {
        signed(Class::NegativeSubnormal, Class::PositiveSubnormal)
    } else {
        signed(Class::NegativeZero, Class::PositiveZero)
    }
}
