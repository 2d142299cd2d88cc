//! Named truncations and extensions, so that a bare `as` never hides one.

/// The low part of a wider integer.
pub trait Low {
    /// Bits 7:0.
    fn low8(self) -> u8;
    /// Bits 15:0.
    fn low16(self) -> u16;
    /// Bits 31:0.
    fn low32(self) -> u32;
    /// Bits 63:0.
    fn low64(self) -> u64;
}

macro_rules! low {
    ($($t:ty)*) => { $(impl Low for $t {
        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, reason = "truncation is what the method is named for")]
        fn low8(self) -> u8 { self as u8 }
        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, reason = "truncation is what the method is named for")]
        fn low16(self) -> u16 { self as u16 }
        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, reason = "truncation is what the method is named for")]
        fn low32(self) -> u32 { self as u32 }
        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, reason = "truncates for the 128-bit types only")]
        fn low64(self) -> u64 { self as u64 }
    })* };
}
low!(u32 u64 i64 u128 i128 usize);

/// Sign extension of the low part to 64 bits.
pub trait Sext {
    /// Bits 7:0, sign-extended.
    fn sext8(self) -> u64;
    /// Bits 15:0, sign-extended.
    fn sext16(self) -> u64;
    /// Bits 31:0, sign-extended.
    fn sext32(self) -> u64;
}

impl Sext for u64 {
    #[inline(always)]
    fn sext8(self) -> u64 {
        i64::from(self.low8().cast_signed()).cast_unsigned()
    }
    #[inline(always)]
    fn sext16(self) -> u64 {
        i64::from(self.low16().cast_signed()).cast_unsigned()
    }
    #[inline(always)]
    fn sext32(self) -> u64 {
        i64::from(self.low32().cast_signed()).cast_unsigned()
    }
}

/// `width` one bits from bit 0; `width` is 0 to 32.
#[inline]
pub const fn ones(width: u32) -> u32 {
    if width >= 32 { u32::MAX } else { (1 << width) - 1 }
}
