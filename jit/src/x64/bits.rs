//! Single bits, their counts, and the order of bytes.

use super::encode::{Map, Op, Prefix};
use super::{Asm, Gpr, Rm, Width};

/// What becomes of the bit that is copied to the carry flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Bit {
    /// It stays.
    Bt = 4,
    /// It is set.
    Bts,
    /// It is cleared.
    Btr,
    /// It is complemented.
    Btc,
}

/// A count of bits; each is an extension of its own, and hosts without it take another instruction for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// Zeros above the highest set bit; the width if there is none. Needs LZCNT.
    Lzcnt,
    /// Zeros below the lowest set bit; the width if there is none. Needs BMI1.
    Tzcnt,
    /// Set bits. Needs POPCNT.
    Popcnt,
}

impl Asm {
    /// `dst` = the count in `src`.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn count(&mut self, op: Count, w: Width, dst: Gpr, src: impl Into<Rm>) {
        let code = match op {
            Count::Lzcnt => 0xbd,
            Count::Tzcnt => 0xbc,
            Count::Popcnt => 0xb8,
        };
        self.emit(Op::unsized8(Prefix::Pf3, Map::M0f, code, w), dst.number(), src.into(), &[]);
    }

    /// Copies bit `src` (modulo the width) of `dst` to the carry flag, then changes it.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn bit(&mut self, op: Bit, w: Width, dst: Gpr, src: Gpr) {
        let code = 0x83 | (op as u8) << 3;
        self.emit(Op::unsized8(Prefix::None, Map::M0f, code, w), src.number(), dst, &[]);
    }

    /// As [`Asm::bit`], with the number of the bit in the instruction.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn bit_imm(&mut self, op: Bit, w: Width, dst: Gpr, bit: u8) {
        self.emit(Op::unsized8(Prefix::None, Map::M0f, 0xba, w), op as u8, dst, &[bit]);
    }

    /// Reverses the bytes of `dst`.
    ///
    /// # Panics
    /// For 8 and 16 bits; a rotation by 8 reverses two bytes.
    pub fn bswap(&mut self, w: Width, dst: Gpr) {
        self.emit_short(Op::long(Prefix::None, Map::M0f, 0xc8, w), dst, &[]);
    }

    /// `dst` = the number of the highest set bit; undefined, with the zero flag, if `src` is 0.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn bsr(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>) {
        self.emit(Op::unsized8(Prefix::None, Map::M0f, 0xbd, w), dst.number(), src.into(), &[]);
    }

    /// `dst` = the number of the lowest set bit; undefined, with the zero flag, if `src` is 0.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn bsf(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>) {
        self.emit(Op::unsized8(Prefix::None, Map::M0f, 0xbc, w), dst.number(), src.into(), &[]);
    }
}
