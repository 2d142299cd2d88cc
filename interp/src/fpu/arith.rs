//! Addition, multiplication, division, square root and the fused multiply-add.  [IEEE 754-2019, 5.4.1]

use super::env::{Env, Flags};
use super::format::Format;
use super::nan::{invalid, is_nan, is_signalling, propagate};
use super::parts::{Parts, is_special, round_pack, sign_of_zero_sum, sum, unpack};
use super::rules::ZeroTimesInfinity;
use super::word::{Sig, Word};

/// `a + b`.
#[inline]
pub fn add<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    add_or_sub::<F>(e, a, b, false)
}

/// `a − b`. A NaN in `b` keeps its sign.
#[inline]
pub fn sub<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    add_or_sub::<F>(e, a, b, true)
}

#[inline(always)]
fn add_or_sub<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, negate: bool) -> F::Bits {
    if is_special::<F>(a) || is_special::<F>(b) {
        return add_special::<F>(e, a, b, negate);
    }
    let (x, mut y) = (unpack::<F>(a), unpack::<F>(b));
    y.sign ^= negate;
    pack_sum::<F>(e, sum(x, y), x.sign, y.sign)
}

/// Packs a sum; `x` and `y` are the signs of what was added.
#[inline(always)]
fn pack_sum<F: Format>(e: &mut Env, total: Option<Parts<F::Sig>>, x: bool, y: bool) -> F::Bits {
    match total {
        Some(n) => round_pack::<F>(e, n),
        None => F::join(sign_of_zero_sum(e.round, x, y), F::Sig::ZERO),
    }
}

#[cold]
fn add_special<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, negate: bool) -> F::Bits {
    if is_nan::<F>(a) || is_nan::<F>(b) {
        return propagate::<F>(e, &[a, b]);
    }
    let (x, y) = (F::sign(a), F::sign(b) ^ negate);
    if is_special::<F>(a) && is_special::<F>(b) && x != y {
        return invalid::<F>(e);
    }
    F::join(if is_special::<F>(a) { x } else { y }, F::infinity())
}

/// `a × b`.
#[inline]
pub fn mul<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    if is_special::<F>(a) || is_special::<F>(b) {
        return mul_special::<F>(e, a, b);
    }
    let product = product(unpack::<F>(a), unpack::<F>(b));
    if product.sig == <F::Sig as Sig>::Wide::ZERO {
        return F::join(product.sign, F::Sig::ZERO);
    }
    round_pack::<F>(e, narrowed::<F>(product))
}

/// The exact product.
#[inline(always)]
fn product<S: Sig>(x: Parts<S>, y: Parts<S>) -> Parts<S::Wide> {
    let sig = x.sig.mul_wide(y.sig);
    // [1, 2) × [1, 2) lies in [1, 4).
    let doubled = 1 - sig.leading_zeros().min(1);
    Parts { sign: x.sign ^ y.sign, exp: x.exp + y.exp + doubled.cast_signed(), sig: sig << (1 - doubled) }
}

#[inline(always)]
fn narrowed<F: Format>(n: Parts<<F::Sig as Sig>::Wide>) -> Parts<F::Sig> {
    Parts { sign: n.sign, exp: n.exp, sig: F::Sig::from_wide(n.sig) }
}

fn is_zero<F: Format>(a: F::Bits) -> bool {
    F::magnitude(a) == F::Sig::ZERO
}

#[cold]
fn mul_special<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    if is_nan::<F>(a) || is_nan::<F>(b) {
        propagate::<F>(e, &[a, b])
    } else if is_zero::<F>(a) || is_zero::<F>(b) {
        invalid::<F>(e)
    } else {
        F::join(F::sign(a) ^ F::sign(b), F::infinity())
    }
}

/// `a ÷ b`.
#[inline]
pub fn div<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    if is_special::<F>(a) || is_special::<F>(b) || is_zero::<F>(a) || is_zero::<F>(b) {
        return div_special::<F>(e, a, b);
    }
    let (x, y) = (unpack::<F>(a), unpack::<F>(b));
    let exp = x.exp - y.exp - i32::from(x.sig < y.sig);
    round_pack::<F>(e, Parts { sign: x.sign ^ y.sign, exp, sig: x.sig.quotient(y.sig) })
}

#[cold]
fn div_special<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits) -> F::Bits {
    if is_nan::<F>(a) || is_nan::<F>(b) {
        return propagate::<F>(e, &[a, b]);
    }
    let sign = F::sign(a) ^ F::sign(b);
    match (is_special::<F>(a), is_special::<F>(b)) {
        (true, true) => invalid::<F>(e),
        (true, false) => F::join(sign, F::infinity()),
        (false, true) => F::join(sign, F::Sig::ZERO),
        (false, false) if !is_zero::<F>(b) => F::join(sign, F::Sig::ZERO),
        (false, false) if is_zero::<F>(a) => invalid::<F>(e),
        (false, false) => {
            e.raise(Flags::DZ);
            F::join(sign, F::infinity())
        }
    }
}

/// The square root of `a`; that of −0 is −0.
#[inline]
pub fn sqrt<F: Format>(e: &mut Env, a: F::Bits) -> F::Bits {
    if is_special::<F>(a) || F::sign(a) || is_zero::<F>(a) {
        return sqrt_special::<F>(e, a);
    }
    let x = unpack::<F>(a);
    // An odd exponent lends a factor of two to the significand, which moves to two bits before the point.
    let radicand = if x.exp & 1 == 0 { x.sig >> 1 } else { x.sig };
    round_pack::<F>(e, Parts { sign: false, exp: x.exp >> 1, sig: radicand.root() })
}

#[cold]
fn sqrt_special<F: Format>(e: &mut Env, a: F::Bits) -> F::Bits {
    if is_nan::<F>(a) {
        propagate::<F>(e, &[a])
    } else if is_zero::<F>(a) || !F::sign(a) {
        a
    } else {
        invalid::<F>(e)
    }
}

/// What a fused multiply-add negates: an exact operation that leaves NaN operands alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Negate {
    /// The product.
    pub product: bool,
    /// The addend.
    pub addend: bool,
}

/// `a × b + c`, rounded once.
///
/// Which of two NaN factors comes out depends on their order. On x86 that is the order in which the manual
/// writes the product: operands 1 and 3 of the 132 form, 2 and 1 of the 213 form, 2 and 3 of the 231 form.
#[inline]
pub fn fma<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, c: F::Bits) -> F::Bits {
    fma_negated::<F>(e, a, b, c, Negate::default())
}

/// `±(a × b) ± c`, rounded once.
///
/// A guest that negates operands instead, NaNs included (AArch64), flips the sign bits and calls [`fma`].
#[inline]
pub fn fma_negated<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, c: F::Bits, negate: Negate) -> F::Bits {
    if is_special::<F>(a) || is_special::<F>(b) || is_special::<F>(c) {
        return fma_special::<F>(e, a, b, c, negate);
    }
    let mut x = product(unpack::<F>(a), unpack::<F>(b));
    let z = unpack::<F>(c);
    let z = Parts { sign: z.sign ^ negate.addend, exp: z.exp, sig: z.sig.to_wide() };
    x.sign ^= negate.product;
    pack_sum::<F>(e, sum(x, z).map(narrowed::<F>), x.sign, z.sign)
}

#[cold]
fn fma_special<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, c: F::Bits, negate: Negate) -> F::Bits {
    if is_nan::<F>(a) || is_nan::<F>(b) {
        return fma_nan::<F>(e, a, b, c);
    }
    let infinite_product = is_special::<F>(a) || is_special::<F>(b);
    let invalid_product = infinite_product && (is_zero::<F>(a) || is_zero::<F>(b));
    if is_nan::<F>(c) {
        if invalid_product && e.rules.zero_times_infinity == ZeroTimesInfinity::Invalid {
            e.raise(Flags::NV);
            if !is_signalling::<F>(c) {
                return invalid::<F>(e);
            }
        }
        return fma_nan::<F>(e, a, b, c);
    }
    let x = F::sign(a) ^ F::sign(b) ^ negate.product;
    let z = F::sign(c) ^ negate.addend;
    if invalid_product || (infinite_product && is_special::<F>(c) && x != z) {
        return invalid::<F>(e);
    }
    F::join(if infinite_product { x } else { z }, F::infinity())
}

fn fma_nan<F: Format>(e: &mut Env, a: F::Bits, b: F::Bits, c: F::Bits) -> F::Bits {
    if e.rules.addend_first { propagate::<F>(e, &[c, a, b]) } else { propagate::<F>(e, &[a, b, c]) }
}
