//! How instructions are laid out: prefixes, opcode, ModRM, SIB, displacement.
//!
//! Source: Intel manual, volume 2, chapter 2.

use super::{Asm, Gpr, Mem, Rm, Width, Xm, Xmm};

/// The table that an opcode byte is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Map {
    /// One byte.
    Primary,
    /// `0f`
    M0f,
    /// `0f 38`
    M0f38,
    /// `0f 3a`
    M0f3a,
}

/// The prefix that is part of an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    None,
    P66,
    Pf3,
    Pf2,
}

impl Prefix {
    fn byte(self) -> &'static [u8] {
        match self {
            Self::None => &[],
            Self::P66 => &[0x66],
            Self::Pf3 => &[0xf3],
            Self::Pf2 => &[0xf2],
        }
    }
}

/// All of an instruction but its operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    prefix: Prefix,
    map: Map,
    code: u8,
    /// Bit W of REX or VEX: operands of 64 bits.
    w: bool,
    /// The prefix for operands of 16 bits.
    short: bool,
    lock: bool,
    /// The operand in ModRM.reg is a general register of 8 bits.
    byte_reg: bool,
    /// The operand in ModRM.rm is, if a register, one of 8 bits.
    byte_rm: bool,
}

impl Op {
    /// An opcode whose operands have no width to choose.
    pub(super) const fn new(prefix: Prefix, map: Map, code: u8) -> Self {
        Self { prefix, map, code, w: false, short: false, lock: false, byte_reg: false, byte_rm: false }
    }

    /// An opcode of which the next lower one is the form for bytes.
    pub(super) fn sized(map: Map, code: u8, w: Width) -> Self {
        let byte = w == Width::W8;
        let op = Self::new(Prefix::None, map, code - u8::from(byte)).wide(w);
        Self { byte_reg: byte, byte_rm: byte, ..op }
    }

    /// An opcode that has no form for bytes.
    ///
    /// # Panics
    /// For [`Width::W8`].
    pub(super) fn unsized8(prefix: Prefix, map: Map, code: u8, w: Width) -> Self {
        assert_ne!(w, Width::W8, "opcode {code:#x} has no form for bytes");
        Self::new(prefix, map, code).wide(w)
    }

    /// An opcode for operands of 32 or 64 bits alone.
    ///
    /// # Panics
    /// For narrower widths.
    pub(super) fn long(prefix: Prefix, map: Map, code: u8, w: Width) -> Self {
        assert!(w >= Width::W32, "opcode {code:#x} has no form for {} bits", w.bits());
        Self::new(prefix, map, code).wide(w)
    }

    fn wide(self, w: Width) -> Self {
        Self { w: w == Width::W64, short: w == Width::W16, ..self }
    }

    pub(super) const fn w1(self) -> Self {
        Self { w: true, ..self }
    }

    pub(super) const fn lock(self) -> Self {
        Self { lock: true, ..self }
    }

    pub(super) const fn byte_rm(self) -> Self {
        Self { byte_rm: true, ..self }
    }
}

/// What ModRM.rm names; which kind of register is the opcode's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Reg(u8),
    Mem(Mem),
}

impl Place {
    /// The bits X and B that lie outside of ModRM and SIB.
    fn extension(self) -> (bool, bool) {
        match self {
            Self::Reg(number) => (false, number >= 8),
            Self::Mem(mem) => {
                let (base, index) = mem.registers();
                let high = |reg: Option<Gpr>| reg.is_some_and(|reg| reg.number() >= 8);
                (high(index.map(|(reg, _)| reg)), high(base))
            }
        }
    }
}

impl From<Gpr> for Place {
    fn from(reg: Gpr) -> Self {
        Self::Reg(reg.number())
    }
}

impl From<Xmm> for Place {
    fn from(reg: Xmm) -> Self {
        Self::Reg(reg.number())
    }
}

impl From<Mem> for Place {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}

impl From<Rm> for Place {
    fn from(rm: Rm) -> Self {
        match rm {
            Rm::Reg(reg) => reg.into(),
            Rm::Mem(mem) => mem.into(),
        }
    }
}

impl From<Xm> for Place {
    fn from(xm: Xm) -> Self {
        match xm {
            Xm::Reg(reg) => reg.into(),
            Xm::Mem(mem) => mem.into(),
        }
    }
}

impl Asm {
    /// An instruction with ModRM: `reg` is a register number or the digit of the opcode.
    pub(super) fn emit(&mut self, op: Op, reg: u8, rm: impl Into<Place>, imm: &[u8]) {
        let rm = rm.into();
        self.segment(rm);
        if op.lock {
            self.put(&[0xf0]);
        }
        if op.short {
            self.put(&[0x66]);
        }
        self.put(op.prefix.byte());
        let (x, b) = rm.extension();
        let named = |byte: bool, number: u8| byte && (4..8).contains(&number);
        // Without REX the numbers 4 to 7 of byte registers are ah, ch, dh and bh.
        let force = named(op.byte_reg, reg) || matches!(rm, Place::Reg(n) if named(op.byte_rm, n));
        self.rex(op.w, reg >= 8, x, b, force);
        self.opcode(op);
        self.modrm(reg, rm, imm.len());
        self.put(imm);
    }

    /// An instruction with its register in the low bits of the opcode.
    pub(super) fn emit_short(&mut self, op: Op, reg: Gpr, imm: &[u8]) {
        if op.short {
            self.put(&[0x66]);
        }
        self.rex(op.w, false, false, reg.number() >= 8, op.byte_rm && (4..8).contains(&reg.number()));
        self.opcode(Op { code: op.code + (reg.number() & 7), ..op });
        self.put(imm);
    }

    /// An instruction with VEX: three operands, length bit 0. `v` is the number of the second.
    pub(super) fn emit_vex(&mut self, op: Op, reg: u8, v: u8, rm: impl Into<Place>, imm: &[u8]) {
        let rm = rm.into();
        self.segment(rm);
        let (x, b) = rm.extension();
        let r = bit(reg < 8, 7);
        let v = (!v & 15) << 3;
        let pp = match op.prefix {
            Prefix::None => 0,
            Prefix::P66 => 1,
            Prefix::Pf3 => 2,
            Prefix::Pf2 => 3,
        };
        let map = match op.map {
            Map::Primary | Map::M0f => 1,
            Map::M0f38 => 2,
            Map::M0f3a => 3,
        };
        if map == 1 && !x && !b && !op.w {
            self.put(&[0xc5, r | v | pp, op.code]);
        } else {
            self.put(&[0xc4, r | bit(!x, 6) | bit(!b, 5) | map, bit(op.w, 7) | v | pp, op.code]);
        }
        self.modrm(reg, rm, imm.len());
        self.put(imm);
    }

    fn segment(&mut self, rm: Place) {
        if let Place::Mem(mem) = rm {
            if mem.gs {
                self.put(&[0x65]);
            }
            if mem.fs {
                self.put(&[0x64]);
            }
            if mem.addr32 {
                self.put(&[0x67]);
            }
        }
    }

    fn rex(&mut self, w: bool, r: bool, x: bool, b: bool, force: bool) {
        let bits = bit(w, 3) | bit(r, 2) | bit(x, 1) | bit(b, 0);
        if bits != 0 || force {
            self.put(&[0x40 | bits]);
        }
    }

    fn opcode(&mut self, op: Op) {
        match op.map {
            Map::Primary => self.put(&[op.code]),
            Map::M0f => self.put(&[0x0f, op.code]),
            Map::M0f38 => self.put(&[0x0f, 0x38, op.code]),
            Map::M0f3a => self.put(&[0x0f, 0x3a, op.code]),
        }
    }

    fn modrm(&mut self, reg: u8, rm: Place, tail: usize) {
        let reg = (reg & 7) << 3;
        match rm {
            Place::Reg(number) => self.put(&[0xc0 | reg | number & 7]),
            Place::Mem(mem) => match mem.label {
                Some(label) => {
                    assert!(mem.base.is_none() && mem.index.is_none(), "a label has no base and no index");
                    self.put(&[reg | 5]);
                    self.put_distance(label, mem.disp, tail);
                }
                None => self.address(reg, mem),
            },
        }
    }

    /// ModRM, SIB and displacement of an address without a label.
    fn address(&mut self, reg: u8, mem: Mem) {
        let (base, index) = mem.registers();
        let disp = mem.disp.to_le_bytes();
        let index = index.map(|(index, scale)| (scale as u8) << 6 | (index.number() & 7) << 3);
        let Some(base) = base else {
            // Without SIB this form would be relative to rip.
            self.put(&[reg | 4, index.unwrap_or(NO_INDEX) | 5]);
            return self.put(&disp);
        };
        let low = base.number() & 7;
        // Mode 0 with rbp or r13 means that there is no base.
        let mode = match i8::try_from(mem.disp) {
            Ok(0) if low != 5 => 0,
            Ok(_) => 1,
            Err(_) => 2,
        };
        match index {
            None if low != 4 => self.put(&[mode << 6 | reg | low]),
            // rsp and r12 as bases mean that a SIB follows.
            _ => self.put(&[mode << 6 | reg | 4, index.unwrap_or(NO_INDEX) | low]),
        }
        match mode {
            0 => {}
            1 => self.put(&disp[..1]),
            _ => self.put(&disp),
        }
    }
}

/// The field index of a SIB that has none: the number of rsp.
const NO_INDEX: u8 = 4 << 3;

fn bit(set: bool, place: u8) -> u8 {
    u8::from(set) << place
}
