//! Shifts and rotations.

use super::encode::{Map, Op, Prefix};
use super::{Asm, Gpr, Rm, Width};

/// A shift by an immediate or by `cl`; counts are taken modulo 32, or 64 for 64 bits. A count of 0 leaves flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Shift {
    /// Rotate left.
    Rol = 0,
    /// Rotate right.
    Ror = 1,
    /// Shift left.
    Shl = 4,
    /// Shift right, zeros enter.
    Shr = 5,
    /// Shift right, the sign enters.
    Sar = 7,
}

/// A shift by any register that leaves the flags. Needs BMI2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShiftX {
    /// Shift left.
    Shlx,
    /// Shift right, zeros enter.
    Shrx,
    /// Shift right, the sign enters.
    Sarx,
}

impl Asm {
    /// `dst = dst op count`
    pub fn shift_imm(&mut self, op: Shift, w: Width, dst: impl Into<Rm>, count: u8) {
        if count == 1 {
            self.emit(Op::sized(Map::Primary, 0xd1, w), op as u8, dst.into(), &[]);
        } else {
            self.emit(Op::sized(Map::Primary, 0xc1, w), op as u8, dst.into(), &[count]);
        }
    }

    /// `dst = dst op cl`
    pub fn shift_cl(&mut self, op: Shift, w: Width, dst: impl Into<Rm>) {
        self.emit(Op::sized(Map::Primary, 0xd3, w), op as u8, dst.into(), &[]);
    }

    /// `dst = src op count`, the count modulo the width.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn shiftx(&mut self, op: ShiftX, w: Width, dst: Gpr, src: impl Into<Rm>, count: Gpr) {
        let prefix = match op {
            ShiftX::Shlx => Prefix::P66,
            ShiftX::Shrx => Prefix::Pf2,
            ShiftX::Sarx => Prefix::Pf3,
        };
        self.emit_vex(Op::long(prefix, Map::M0f38, 0xf7, w), dst.number(), count.number(), src.into(), &[]);
    }

    /// `dst = src` rotated right by `count`; flags stay. Needs BMI2.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn rorx(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>, count: u8) {
        self.emit_vex(Op::long(Prefix::Pf2, Map::M0f3a, 0xf0, w), dst.number(), 0, src.into(), &[count]);
    }
}
