//! Machine words that hold significands.
//!
//! Fixed point throughout: a significand in [1, 2) has its leading one in the top bit. The lowest bit is
//! "sticky": it also stands for everything below it that was not zero.

use core::ops::{Add, BitAnd, BitOr, Shl, Shr, Sub};

use spec::bits::Low;

use super::root;

/// An unsigned integer with the operations significands need.
pub trait Word:
    Copy
    + Ord
    + From<bool>
    + Add<Output = Self>
    + Sub<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    /// Width in bits.
    const BITS: u32;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Number of zeros above the leading one; the width for zero.
    fn leading_zeros(self) -> u32;
    /// Shift right by any amount; ones that fall out stay as a one in the lowest bit.
    fn shr_jam(self, n: u32) -> Self;
}

macro_rules! word {
    ($($t:ty)*) => { $(impl Word for $t {
        const BITS: u32 = <$t>::BITS;
        const ZERO: Self = 0;
        const ONE: Self = 1;
        #[inline(always)]
        fn leading_zeros(self) -> u32 {
            <$t>::leading_zeros(self)
        }
        #[inline(always)]
        fn shr_jam(self, n: u32) -> Self {
            let lost = self != 0 && self.trailing_zeros() < n;
            self.checked_shr(n).unwrap_or(0) | Self::from(lost)
        }
    })* };
}
word!(u32 u64 u128);

/// A word that holds the significand of a format, with at least three bits to spare below it.
pub trait Sig: Word {
    /// The word of twice the width: exact products.
    type Wide: Word;

    /// The exact product.
    fn mul_wide(self, other: Self) -> Self::Wide;
    /// This word as the upper half, zeros below.
    fn to_wide(self) -> Self::Wide;
    /// The upper half, the lower one made sticky.
    fn from_wide(wide: Self::Wide) -> Self;
    /// `self` ÷ `divisor`, of significands in [1, 2) with `self` possibly doubled: `self` < `divisor` is
    /// read as 2 × `self`, so that the quotient lies in [1, 2). Sticky.
    fn quotient(self, divisor: Self) -> Self;
    /// The root, in [1, 2), of a number in [1, 4) with two bits before the point. Sticky.
    fn root(self) -> Self;
    /// This word as the upper end of 128 bits, zeros below.
    fn to_top(self) -> u128;
    /// The upper end of 128 bits, the rest made sticky.
    fn from_top(top: u128) -> Self;
    /// A small number.
    fn from_u32(n: u32) -> Self;
    /// Bits 31:0.
    fn to_u32(self) -> u32;
}

impl Sig for u32 {
    type Wide = u64;

    #[inline(always)]
    fn mul_wide(self, other: Self) -> u64 {
        u64::from(self) * u64::from(other)
    }

    #[inline(always)]
    fn to_wide(self) -> u64 {
        u64::from(self) << 32
    }

    #[inline(always)]
    fn from_wide(wide: u64) -> Self {
        (wide >> 32).low32() | Self::from(wide.low32() != 0)
    }

    #[inline(always)]
    fn quotient(self, divisor: Self) -> Self {
        let dividend = u64::from(self) << (31 + u32::from(self < divisor));
        let divisor = u64::from(divisor);
        let quotient = dividend / divisor;
        (quotient | u64::from(quotient * divisor != dividend)).low32()
    }

    #[inline(always)]
    fn root(self) -> Self {
        root::root32(self)
    }

    #[inline(always)]
    fn to_top(self) -> u128 {
        u128::from(self) << 96
    }

    #[inline(always)]
    fn from_top(top: u128) -> Self {
        let high = (top >> 64).low64();
        Self::from_wide(high | u64::from(top.low64() != 0))
    }

    #[inline(always)]
    fn from_u32(n: u32) -> Self {
        n
    }

    #[inline(always)]
    fn to_u32(self) -> u32 {
        self
    }
}

impl Sig for u64 {
    type Wide = u128;

    #[inline(always)]
    fn mul_wide(self, other: Self) -> u128 {
        u128::from(self) * u128::from(other)
    }

    #[inline(always)]
    fn to_wide(self) -> u128 {
        u128::from(self) << 64
    }

    #[inline(always)]
    fn from_wide(wide: u128) -> Self {
        (wide >> 64).low64() | Self::from(wide.low64() != 0)
    }

    #[inline(always)]
    fn quotient(self, divisor: Self) -> Self {
        let dividend = u128::from(self) << (63 + u32::from(self < divisor));
        let divisor = u128::from(divisor);
        let quotient = dividend / divisor;
        (quotient | u128::from(quotient * divisor != dividend)).low64()
    }

    #[inline(always)]
    fn root(self) -> Self {
        root::root64(self)
    }

    #[inline(always)]
    fn to_top(self) -> u128 {
        self.to_wide()
    }

    #[inline(always)]
    fn from_top(top: u128) -> Self {
        Self::from_wide(top)
    }

    #[inline(always)]
    fn from_u32(n: u32) -> Self {
        Self::from(n)
    }

    #[inline(always)]
    fn to_u32(self) -> u32 {
        self.low32()
    }
}
