//! Integer moves and arithmetic.

use super::encode::{Map, Op, Prefix};
use super::{Asm, Cond, Gpr, Mem, Rm, Width};
use Map::{M0f, M0f38, Primary};

/// Arithmetic of two operands; all of it sets the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Alu {
    /// `dst + src`
    Add,
    /// `dst | src`
    Or,
    /// `dst + src + carry`
    Adc,
    /// `dst - src - carry`
    Sbb,
    /// `dst & src`
    And,
    /// `dst - src`
    Sub,
    /// `dst ^ src`
    Xor,
    /// `dst - src`, of which the flags alone are kept.
    Cmp,
}

/// Arithmetic of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Unary {
    /// Complement; flags stay.
    Not = 2,
    /// Two's complement.
    Neg,
    /// `rdx:rax = rax × src`, unsigned (`ax = al × src` for bytes).
    Mul,
    /// `rdx:rax = rax × src`, signed (`ax = al × src` for bytes).
    Imul,
    /// `rdx:rax ÷ src`, unsigned: quotient to `rax`, remainder to `rdx` (`ax` to `al` and `ah` for bytes).
    Div,
    /// As [`Unary::Div`], signed.
    Idiv,
}

impl Asm {
    /// `dst = dst op src`
    pub fn alu(&mut self, op: Alu, w: Width, dst: Gpr, src: impl Into<Rm>) {
        self.emit(Op::sized(Primary, (op as u8) << 3 | 3, w), dst.number(), src.into(), &[]);
    }

    /// `[dst] = [dst] op src`
    pub fn alu_store(&mut self, op: Alu, w: Width, dst: Mem, src: Gpr) {
        self.emit(Op::sized(Primary, (op as u8) << 3 | 1, w), src.number(), dst, &[]);
    }

    /// `dst = dst op imm`; for 8 and 16 bits the low bits of `imm` count.
    pub fn alu_imm(&mut self, op: Alu, w: Width, dst: impl Into<Rm>, imm: i32) {
        let dst = dst.into();
        let digit = op as u8;
        match (immediate(w, imm), dst) {
            (Immediate::Byte(imm), _) if w != Width::W8 => {
                self.emit(Op::unsized8(Prefix::None, Primary, 0x83, w), digit, dst, &imm);
            }
            (imm, Rm::Reg(Gpr::Rax)) => {
                self.emit_short(Op::sized(Primary, digit << 3 | 5, w), Gpr::Rax, imm.bytes());
            }
            (imm, _) => self.emit(Op::sized(Primary, 0x81, w), digit, dst, imm.bytes()),
        }
    }

    /// `[dst] = [dst] op src` as one atomic access.
    ///
    /// # Panics
    /// For [`Alu::Cmp`], which writes nothing.
    pub fn lock_alu(&mut self, op: Alu, w: Width, dst: Mem, src: Gpr) {
        assert_ne!(op, Alu::Cmp, "cmp has no locked form");
        self.emit(Op::sized(Primary, (op as u8) << 3 | 1, w).lock(), src.number(), dst, &[]);
    }

    /// Flags of `a & b`
    pub fn test(&mut self, w: Width, a: impl Into<Rm>, b: Gpr) {
        self.emit(Op::sized(Primary, 0x85, w), b.number(), a.into(), &[]);
    }

    /// Flags of `a & imm`; for 8 and 16 bits the low bits of `imm` count.
    pub fn test_imm(&mut self, w: Width, a: impl Into<Rm>, imm: i32) {
        let imm = imm.to_le_bytes();
        match a.into() {
            Rm::Reg(Gpr::Rax) => self.emit_short(Op::sized(Primary, 0xa9, w), Gpr::Rax, full(w, &imm)),
            a => self.emit(Op::sized(Primary, 0xf7, w), 0, a, full(w, &imm)),
        }
    }

    /// `dst = src`; 8 and 16 bits leave the rest of `dst`.
    pub fn mov(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>) {
        self.emit(Op::sized(Primary, 0x8b, w), dst.number(), src.into(), &[]);
    }

    /// `[dst] = src`
    pub fn store(&mut self, w: Width, dst: Mem, src: Gpr) {
        self.emit(Op::sized(Primary, 0x89, w), src.number(), dst, &[]);
    }

    /// `dst = imm`, all 64 bits, in the shortest form that leaves the flags.
    pub fn mov_imm(&mut self, dst: Gpr, imm: u64) {
        let long = Op::long(Prefix::None, Primary, 0xb8, Width::W32);
        match (u32::try_from(imm), i32::try_from(imm.cast_signed())) {
            (Ok(imm), _) => self.emit_short(long, dst, &imm.to_le_bytes()),
            (_, Ok(imm)) => {
                self.emit(Op::sized(Primary, 0xc7, Width::W64), 0, dst, &imm.to_le_bytes());
            }
            _ => self.emit_short(long.w1(), dst, &imm.to_le_bytes()),
        }
    }

    /// `dst = 0`, all 64 bits; sets the flags.
    pub fn zero(&mut self, dst: Gpr) {
        self.alu(Alu::Xor, Width::W32, dst, dst);
    }

    /// `[dst] = imm`: the low bits of `imm`, or its sign extension to 64.
    pub fn store_imm(&mut self, w: Width, dst: Mem, imm: i32) {
        self.emit(Op::sized(Primary, 0xc7, w), 0, dst, full(w, &imm.to_le_bytes()));
    }

    /// `dst = src` of `from` bits, zero extended to 64.
    pub fn movzx(&mut self, from: Width, dst: Gpr, src: impl Into<Rm>) {
        let op = match from {
            Width::W8 => Op::new(Prefix::None, M0f, 0xb6).byte_rm(),
            Width::W16 => Op::new(Prefix::None, M0f, 0xb7),
            Width::W32 | Width::W64 => return self.mov(from, dst, src),
        };
        self.emit(op, dst.number(), src.into(), &[]);
    }

    /// `dst = src` of `from` bits, sign extended to `to` bits; a plain move of `to` bits if `from` is no less.
    pub fn movsx(&mut self, from: Width, to: Width, dst: Gpr, src: impl Into<Rm>) {
        let src = src.into();
        if from >= to {
            return self.mov(to, dst, src);
        }
        let op = match from {
            Width::W8 => Op::unsized8(Prefix::None, M0f, 0xbe, to).byte_rm(),
            Width::W16 => Op::unsized8(Prefix::None, M0f, 0xbf, to),
            Width::W32 | Width::W64 => Op::unsized8(Prefix::None, Primary, 0x63, to),
        };
        self.emit(op, dst.number(), src, &[]);
    }

    /// `dst` = the offset of `src`, its segment left out.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn lea(&mut self, w: Width, dst: Gpr, src: Mem) {
        self.emit(Op::unsized8(Prefix::None, Primary, 0x8d, w), dst.number(), src, &[]);
    }

    /// `dst = op dst`, or the multiplications and divisions of `rax`, see [`Unary`].
    pub fn unary(&mut self, op: Unary, w: Width, dst: impl Into<Rm>) {
        self.emit(Op::sized(Primary, 0xf7, w), op as u8, dst.into(), &[]);
    }

    /// `dst = dst × src`
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn imul(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>) {
        self.emit(Op::unsized8(Prefix::None, M0f, 0xaf, w), dst.number(), src.into(), &[]);
    }

    /// `dst = src × imm`; for 16 bits the low bits of `imm` count.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn imul_imm(&mut self, w: Width, dst: Gpr, src: impl Into<Rm>, imm: i32) {
        let imm = immediate(w, imm);
        let code = if matches!(imm, Immediate::Byte(_)) { 0x6b } else { 0x69 };
        self.emit(Op::unsized8(Prefix::None, Primary, code, w), dst.number(), src.into(), imm.bytes());
    }

    /// `hi:lo = rdx × src`, unsigned; flags stay. Needs BMI2. If both are one register it gets the high half.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn mulx(&mut self, w: Width, hi: Gpr, lo: Gpr, src: impl Into<Rm>) {
        let op = Op::long(Prefix::Pf2, M0f38, 0xf6, w);
        self.emit_vex(op, hi.number(), lo.number(), src.into(), &[]);
    }

    /// The sign of `rax` fills `rdx` (`cwd`, `cdq`, `cqo`); for bytes the sign of `al` fills `ah` (`cbw`).
    pub fn cqo(&mut self, w: Width) {
        self.put(match w {
            Width::W8 => &[0x66, 0x98],
            Width::W16 => &[0x66, 0x99],
            Width::W32 => &[0x99],
            Width::W64 => &[0x48, 0x99],
        });
    }

    /// `dst = !a & b`. Needs BMI1.
    ///
    /// # Panics
    /// For 8 and 16 bits.
    pub fn andn(&mut self, w: Width, dst: Gpr, a: Gpr, b: impl Into<Rm>) {
        let op = Op::long(Prefix::None, M0f38, 0xf2, w);
        self.emit_vex(op, dst.number(), a.number(), b.into(), &[]);
    }

    /// The low byte of `dst` becomes 1 if `cond` holds, else 0.
    pub fn setcc(&mut self, cond: Cond, dst: Gpr) {
        self.emit(Op::new(Prefix::None, M0f, 0x90 | cond.number()).byte_rm(), 0, dst, &[]);
    }

    /// `dst = src` if `cond` holds. Memory is read and 32 bits clear the upper half either way.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub fn cmov(&mut self, cond: Cond, w: Width, dst: Gpr, src: impl Into<Rm>) {
        let op = Op::unsized8(Prefix::None, M0f, 0x40 | cond.number(), w);
        self.emit(op, dst.number(), src.into(), &[]);
    }
}

/// An immediate in the fewest bytes.
enum Immediate {
    Byte([u8; 1]),
    Word([u8; 2]),
    Long([u8; 4]),
}

impl Immediate {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Byte(bytes) => bytes,
            Self::Word(bytes) => bytes,
            Self::Long(bytes) => bytes,
        }
    }
}

/// The form of `imm` for an instruction that sign extends a byte.
fn immediate(w: Width, imm: i32) -> Immediate {
    let bytes @ [low, high, ..] = imm.to_le_bytes();
    let short = i16::from_le_bytes([low, high]);
    match w {
        Width::W8 => Immediate::Byte([low]),
        Width::W16 if i8::try_from(short).is_ok() => Immediate::Byte([low]),
        Width::W16 => Immediate::Word([low, high]),
        Width::W32 | Width::W64 if i8::try_from(imm).is_ok() => Immediate::Byte([low]),
        Width::W32 | Width::W64 => Immediate::Long(bytes),
    }
}

/// The bytes of an immediate as wide as its operand, of at most 32 bits.
fn full(w: Width, bytes: &[u8; 4]) -> &[u8] {
    match w {
        Width::W8 => &bytes[..1],
        Width::W16 => &bytes[..2],
        Width::W32 | Width::W64 => bytes,
    }
}
