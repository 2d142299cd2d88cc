//! The interchange formats: how wide a number is and where its fields lie.

use core::fmt::{Debug, LowerHex};

use spec::bits::Low;

use super::word::{Sig, Word};

/// A binary floating-point format: sign, exponent field, fraction field, from the top.  [IEEE 754-2019, 3.4]
pub trait Format: Copy + 'static {
    /// The bit pattern of a number.
    type Bits: Copy + Eq + Debug + LowerHex;
    /// The word its significand is computed in; at least as wide as the pattern.
    type Sig: Sig;

    /// Width of the exponent field.
    const EXP: u32;
    /// Width of the fraction field, the implicit leading one not counted.
    const FRAC: u32;

    /// What is subtracted from an exponent field to get the exponent; also the largest exponent.
    const BIAS: i32 = (1 << (Self::EXP - 1)) - 1;
    /// The exponent field of infinities and NaNs: all ones.
    const MAX_FIELD: u32 = (1 << Self::EXP) - 1;
    /// Bits of a `Sig` below the last bit of a significand.
    const EXTRA: u32 = Self::Sig::BITS - 1 - Self::FRAC;

    /// The pattern in the low bits of a word.
    fn widen(bits: Self::Bits) -> Self::Sig;
    /// The pattern in the low bits of a word; higher bits are dropped.
    fn narrow(word: Self::Sig) -> Self::Bits;

    /// The sign bit, set in bit `EXP + FRAC`.
    #[inline(always)]
    fn sign_mask() -> Self::Sig {
        Self::Sig::ONE << (Self::EXP + Self::FRAC)
    }

    /// The pattern of +∞, which is also the mask of the exponent field.
    #[inline(always)]
    fn infinity() -> Self::Sig {
        Self::Sig::from_u32(Self::MAX_FIELD) << Self::FRAC
    }

    /// The top fraction bit, which tells quiet NaNs (set) from signalling ones.
    #[inline(always)]
    fn quiet_bit() -> Self::Sig {
        Self::Sig::ONE << (Self::FRAC - 1)
    }

    /// The pattern without its sign: patterns of equal sign order like their magnitudes.
    #[inline(always)]
    fn magnitude(bits: Self::Bits) -> Self::Sig {
        Self::widen(bits) & (Self::sign_mask() - Self::Sig::ONE)
    }

    /// Whether the sign bit is set.
    #[inline(always)]
    fn sign(bits: Self::Bits) -> bool {
        Self::widen(bits) >> (Self::EXP + Self::FRAC) != Self::Sig::ZERO
    }

    /// A sign and a magnitude as a pattern.
    #[inline(always)]
    fn join(sign: bool, magnitude: Self::Sig) -> Self::Bits {
        Self::narrow((Self::Sig::from(sign) << (Self::EXP + Self::FRAC)) | magnitude)
    }
}

/// binary16: 5 exponent bits, 10 fraction bits.
#[derive(Clone, Copy, Debug)]
pub enum F16 {}

/// binary32: 8 exponent bits, 23 fraction bits.
#[derive(Clone, Copy, Debug)]
pub enum F32 {}

/// binary64: 11 exponent bits, 52 fraction bits.
#[derive(Clone, Copy, Debug)]
pub enum F64 {}

impl Format for F16 {
    type Bits = u16;
    type Sig = u32;
    const EXP: u32 = 5;
    const FRAC: u32 = 10;

    #[inline(always)]
    fn widen(bits: u16) -> u32 {
        bits.into()
    }

    #[inline(always)]
    fn narrow(word: u32) -> u16 {
        word.low16()
    }
}

impl Format for F32 {
    type Bits = u32;
    type Sig = u32;
    const EXP: u32 = 8;
    const FRAC: u32 = 23;

    #[inline(always)]
    fn widen(bits: u32) -> u32 {
        bits
    }

    #[inline(always)]
    fn narrow(word: u32) -> u32 {
        word
    }
}

impl Format for F64 {
    type Bits = u64;
    type Sig = u64;
    const EXP: u32 = 11;
    const FRAC: u32 = 52;

    #[inline(always)]
    fn widen(bits: u64) -> u64 {
        bits
    }

    #[inline(always)]
    fn narrow(word: u64) -> u64 {
        word
    }
}
