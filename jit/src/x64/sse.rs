//! Floats and vectors: SSE with two operands, AVX and FMA with three.
//!
//! SSE forms keep the part of the destination above the result; VEX forms clear it above bit 127.

use super::encode::{Map, Op, Prefix};
use super::{Asm, Gpr, Mem, Rm, Width, Xm, Xmm};
use Map::{M0f, M0f3a, M0f38};

/// The precision of a scalar float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prec {
    /// Single.
    F32,
    /// Double.
    F64,
}

impl Prec {
    /// The prefix of scalar forms.
    fn scalar(self) -> Prefix {
        match self {
            Self::F32 => Prefix::Pf3,
            Self::F64 => Prefix::Pf2,
        }
    }

    /// The prefix of packed forms.
    fn packed(self) -> Prefix {
        match self {
            Self::F32 => Prefix::None,
            Self::F64 => Prefix::P66,
        }
    }
}

/// Arithmetic of scalar floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Float {
    /// `dst + src`
    Add = 0x58,
    /// `dst - src`
    Sub = 0x5c,
    /// `dst × src`
    Mul = 0x59,
    /// `dst ÷ src`
    Div = 0x5e,
    /// The lesser; `src` if one is a NaN or both are zero.
    Min = 0x5d,
    /// The greater; `src` if one is a NaN or both are zero.
    Max = 0x5f,
    /// The square root of `src`.
    Sqrt = 0x51,
}

/// A product and a sum with one rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fma {
    /// `x × y + z`
    Madd = 0x9,
    /// `x × y - z`
    Msub = 0xb,
    /// `-(x × y) + z`
    Nmadd = 0xd,
    /// `-(x × y) - z`
    Nmsub = 0xf,
}

/// Which operands are multiplied: the first two digits; the third is added. 1 is the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FmaOrder {
    /// `dst = dst × b + a`
    O132 = 0x90,
    /// `dst = a × dst + b`
    O213 = 0xa0,
    /// `dst = a × b + dst`
    O231 = 0xb0,
}

/// Bitwise operations on all 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Logic {
    /// `dst & src`
    And = 0x54,
    /// `!dst & src`
    Andn = 0x55,
    /// `dst | src`
    Or = 0x56,
    /// `dst ^ src`
    Xor = 0x57,
}

impl Asm {
    /// `dst = src`: a load of one float that clears the rest of `dst`, or a copy of the whole register.
    pub fn movs(&mut self, p: Prec, dst: Xmm, src: impl Into<Xm>) {
        match src.into() {
            // movss and movsd between registers would merge, and so wait for the old value.
            Xm::Reg(src) => self.emit(Op::new(Prefix::None, M0f, 0x28), dst.number(), src, &[]),
            Xm::Mem(src) => self.emit(Op::new(p.scalar(), M0f, 0x10), dst.number(), src, &[]),
        }
    }

    /// `[dst] = src`, one float.
    pub fn movs_store(&mut self, p: Prec, dst: Mem, src: Xmm) {
        self.emit(Op::new(p.scalar(), M0f, 0x11), src.number(), dst, &[]);
    }

    /// `dst = src`, an integer's bits; clears the rest of `dst`.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn mov_to_xmm(&mut self, w: Width, dst: Xmm, src: impl Into<Rm>) {
        self.emit(Op::long(Prefix::P66, M0f, 0x6e, w), dst.number(), src.into(), &[]);
    }

    /// `dst = src`, the bits of its lowest lane.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn mov_from_xmm(&mut self, w: Width, dst: Gpr, src: Xmm) {
        self.emit(Op::long(Prefix::P66, M0f, 0x7e, w), src.number(), dst, &[]);
    }

    /// `dst = dst op src`
    pub fn float(&mut self, op: Float, p: Prec, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(p.scalar(), M0f, op as u8), dst.number(), src.into(), &[]);
    }

    /// `dst = a op b`; a root is that of `b`, and `a` gives the lanes above. Needs AVX.
    pub fn vfloat(&mut self, op: Float, p: Prec, dst: Xmm, a: Xmm, b: impl Into<Xm>) {
        self.emit_vex(Op::new(p.scalar(), M0f, op as u8), dst.number(), a.number(), b.into(), &[]);
    }

    /// Compares to ZF, PF and CF; only a signaling NaN is invalid.
    pub fn ucomis(&mut self, p: Prec, a: Xmm, b: impl Into<Xm>) {
        self.emit(Op::new(p.packed(), M0f, 0x2e), a.number(), b.into(), &[]);
    }

    /// Compares to ZF, PF and CF; any NaN is invalid.
    pub fn comis(&mut self, p: Prec, a: Xmm, b: impl Into<Xm>) {
        self.emit(Op::new(p.packed(), M0f, 0x2f), a.number(), b.into(), &[]);
    }

    /// `dst` = all ones if the predicate (its low three bits, manual: `CMPSS`) holds of `dst` and `src`, else 0.
    pub fn cmps(&mut self, p: Prec, predicate: u8, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(p.scalar(), M0f, 0xc2), dst.number(), src.into(), &[predicate & 7]);
    }

    /// `dst = src` in the other precision than `from`.
    pub fn cvt_float(&mut self, from: Prec, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(from.scalar(), M0f, 0x5a), dst.number(), src.into(), &[]);
    }

    /// `dst = src`, a signed integer of `w` bits, as a float.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn cvt_int_to_float(&mut self, w: Width, p: Prec, dst: Xmm, src: impl Into<Rm>) {
        self.emit(Op::long(p.scalar(), M0f, 0x2a, w), dst.number(), src.into(), &[]);
    }

    /// `dst = src` as a signed integer of `w` bits: toward zero, or in the mode of MXCSR. What does not fit gives
    /// the least integer and the flag "invalid".
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn cvt_float_to_int(&mut self, w: Width, p: Prec, truncate: bool, dst: Gpr, src: impl Into<Xm>) {
        let code = if truncate { 0x2c } else { 0x2d };
        self.emit(Op::long(p.scalar(), M0f, code, w), dst.number(), src.into(), &[]);
    }

    /// `dst = dst op src`, all 128 bits; memory must be aligned to 16 bytes.
    pub fn logic(&mut self, op: Logic, p: Prec, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(p.packed(), M0f, op as u8), dst.number(), src.into(), &[]);
    }

    /// A fused product and sum of `dst`, `a` and `b`, see [`FmaOrder`]. Needs FMA.
    pub fn fma(&mut self, op: Fma, order: FmaOrder, p: Prec, dst: Xmm, a: Xmm, b: impl Into<Xm>) {
        let code = Op::new(Prefix::P66, M0f38, order as u8 | op as u8);
        let code = if p == Prec::F64 { code.w1() } else { code };
        self.emit_vex(code, dst.number(), a.number(), b.into(), &[]);
    }

    /// Loads MXCSR, 32 bits; a reserved bit in it faults.
    pub fn ldmxcsr(&mut self, src: Mem) {
        self.emit(Op::new(Prefix::None, M0f, 0xae), 2, src, &[]);
    }

    /// Stores MXCSR, 32 bits.
    pub fn stmxcsr(&mut self, dst: Mem) {
        self.emit(Op::new(Prefix::None, M0f, 0xae), 3, dst, &[]);
    }

    /// Carry-less product of two quads: bit 0 of `imm` chooses that of `dst`, bit 4 that of `src`. Needs PCLMULQDQ;
    /// memory must be aligned to 16 bytes.
    pub fn pclmulqdq(&mut self, dst: Xmm, src: impl Into<Xm>, imm: u8) {
        self.emit(Op::new(Prefix::P66, M0f3a, 0x44), dst.number(), src.into(), &[imm]);
    }

    /// `dst` = quad `lane` (its lowest bit) of `src`. Needs SSE4.1.
    pub fn pextrq(&mut self, dst: Gpr, src: Xmm, lane: u8) {
        self.emit(Op::new(Prefix::P66, M0f3a, 0x16).w1(), src.number(), dst, &[lane]);
    }

    /// Quad `lane` (its lowest bit) of `dst` = `src`. Needs SSE4.1.
    pub fn pinsrq(&mut self, dst: Xmm, src: impl Into<Rm>, lane: u8) {
        self.emit(Op::new(Prefix::P66, M0f3a, 0x22).w1(), dst.number(), src.into(), &[lane]);
    }

    /// Each of the four longs of `dst` = the long of `src` that two bits of `imm` name, lowest first. Memory must be
    /// aligned to 16 bytes.
    pub fn pshufd(&mut self, dst: Xmm, src: impl Into<Xm>, imm: u8) {
        self.emit(Op::new(Prefix::P66, M0f, 0x70), dst.number(), src.into(), &[imm]);
    }

    /// The high quad of `dst` = the low quad of `src`. Memory must be aligned to 16 bytes.
    pub fn punpcklqdq(&mut self, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(Prefix::P66, M0f, 0x6c), dst.number(), src.into(), &[]);
    }

    /// Each byte of `dst` = the byte of `dst` that the byte of `src` names, or 0 if its top bit is set. Needs SSSE3;
    /// memory must be aligned to 16 bytes.
    pub fn pshufb(&mut self, dst: Xmm, src: impl Into<Xm>) {
        self.emit(Op::new(Prefix::P66, M0f38, 0x00), dst.number(), src.into(), &[]);
    }
}
