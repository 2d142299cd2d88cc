//! Not-a-numbers: which one comes out, and when that is an invalid operation.

use super::env::{Env, Flags};
use super::format::Format;
use super::rules::{NanRule, Rules};
use super::word::{Sig, Word};

/// Whether the pattern is a NaN, quiet or signalling.
#[inline(always)]
pub fn is_nan<F: Format>(a: F::Bits) -> bool {
    F::magnitude(a) > F::infinity()
}

/// Whether the pattern is a signalling NaN.
#[inline(always)]
pub fn is_signalling<F: Format>(a: F::Bits) -> bool {
    is_nan::<F>(a) && F::widen(a) & F::quiet_bit() == F::Sig::ZERO
}

/// The NaN of an invalid operation: quiet, payload zero, sign by the rules.
#[inline]
pub fn default_nan<F: Format>(rules: &Rules) -> F::Bits {
    F::join(rules.default_nan_negative, F::infinity() | F::quiet_bit())
}

/// The same NaN, quiet.
fn quieted<F: Format>(a: F::Bits) -> F::Bits {
    F::narrow(F::widen(a) | F::quiet_bit())
}

/// Raises invalid; the result is the default NaN.
#[cold]
pub(super) fn invalid<F: Format>(e: &mut Env) -> F::Bits {
    e.raise(Flags::NV);
    default_nan::<F>(e.rules)
}

/// The result of an operation of whose operands at least one is a NaN; a signalling one raises invalid.
#[cold]
pub(super) fn propagate<F: Format>(e: &mut Env, operands: &[F::Bits]) -> F::Bits {
    let signalling = operands.iter().find(|&&a| is_signalling::<F>(a));
    if signalling.is_some() {
        e.raise(Flags::NV);
    }
    let first = operands.iter().find(|&&a| is_nan::<F>(a));
    let chosen = match e.rules.nan {
        NanRule::Canonical => None,
        NanRule::FirstOperand => first,
        NanRule::SignallingFirst => signalling.or(first),
    };
    chosen.map_or_else(|| default_nan::<F>(e.rules), |&a| quieted::<F>(a))
}

/// A NaN of one format in another: sign and the upper end of the payload are kept, where NaNs are.
#[cold]
pub(super) fn convert<F: Format, G: Format>(e: &mut Env, a: F::Bits) -> G::Bits {
    let nan = F::widen(propagate::<F>(e, &[a]));
    if e.rules.nan == NanRule::Canonical {
        return default_nan::<G>(e.rules);
    }
    let payload = (nan & (F::quiet_bit() - F::Sig::ONE)) << (F::Sig::BITS - F::FRAC);
    let kept = payload.to_top() >> (128 - G::FRAC);
    // The shift dropped what G has no room for, so that nothing is left to make sticky.
    let kept = G::Sig::from_top(kept << (128 - G::Sig::BITS));
    G::join(F::sign(a), G::infinity() | G::quiet_bit() | kept)
}
