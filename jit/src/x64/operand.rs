//! Operands: widths, addresses, and the choice of register or memory.

use super::{Gpr, Label, Xmm};

/// The size of an integer operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// A byte.
    W8,
    /// Two bytes.
    W16,
    /// Four bytes; a write to a register clears its upper half.
    W32,
    /// Eight bytes.
    W64,
}

impl Width {
    /// The size in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bytes() * 8
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }
}

/// What an index register is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scale {
    /// By 1.
    S1,
    /// By 2.
    S2,
    /// By 4.
    S4,
    /// By 8.
    S8,
}

/// An address: `segment:[base + index × scale + disp]`, or `[label + disp]` relative to `rip`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mem {
    /// The base of segment `gs` is added.
    pub gs: bool,
    /// The base of segment `fs` is added; excludes `gs`.
    pub fs: bool,
    /// The sum is taken modulo 2³², before the segment base is added.
    pub addr32: bool,
    /// The base register.
    pub base: Option<Gpr>,
    /// The index register and its scale. `rsp` is none, see [`Mem::index`].
    pub index: Option<(Gpr, Scale)>,
    /// The displacement in bytes, sign extended.
    pub disp: i32,
    /// A place in the code; excludes base and index.
    pub label: Option<Label>,
}

impl Mem {
    /// `[base]`
    #[must_use]
    pub fn base(base: Gpr) -> Self {
        Self { base: Some(base), ..Self::default() }
    }

    /// `[disp]`: an absolute address, sign extended from 32 bits (zero extended with [`Mem::addr32`]).
    #[must_use]
    pub fn abs(disp: i32) -> Self {
        Self { disp, ..Self::default() }
    }

    /// `[rip + label]`
    #[must_use]
    pub fn label(label: Label) -> Self {
        Self { label: Some(label), ..Self::default() }
    }

    /// The same address with this displacement.
    #[must_use]
    pub fn disp(self, disp: i32) -> Self {
        Self { disp, ..self }
    }

    /// The same address with this index.
    ///
    /// The encoding of `rsp` as an index means "none". With scale 1 it takes the place of the base when it is
    /// emitted; any other use of it as an index makes the instruction panic.
    #[must_use]
    pub fn index(self, index: Gpr, scale: Scale) -> Self {
        Self { index: Some((index, scale)), ..self }
    }

    /// The same address in segment `gs`.
    #[must_use]
    pub fn gs(self) -> Self {
        Self { gs: true, ..self }
    }

    /// The same address in segment `fs`.
    #[must_use]
    pub fn fs(self) -> Self {
        Self { fs: true, ..self }
    }

    /// The same address modulo 2³².
    #[must_use]
    pub fn addr32(self) -> Self {
        Self { addr32: true, ..self }
    }

    /// Base and index as they can be encoded.
    pub(super) fn registers(self) -> (Option<Gpr>, Option<(Gpr, Scale)>) {
        match (self.base, self.index) {
            (base, Some((Gpr::Rsp, Scale::S1))) if base != Some(Gpr::Rsp) => {
                (Some(Gpr::Rsp), base.map(|base| (base, Scale::S1)))
            }
            (_, Some((Gpr::Rsp, _))) => {
                panic!("rsp has no encoding as an index; copy it to another register")
            }
            unchanged => unchanged,
        }
    }
}

/// A general register or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rm {
    /// A register.
    Reg(Gpr),
    /// Memory.
    Mem(Mem),
}

impl From<Gpr> for Rm {
    fn from(reg: Gpr) -> Self {
        Self::Reg(reg)
    }
}

impl From<Mem> for Rm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}

/// A vector register or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Xm {
    /// A register.
    Reg(Xmm),
    /// Memory.
    Mem(Mem),
}

impl From<Xmm> for Xm {
    fn from(reg: Xmm) -> Self {
        Self::Reg(reg)
    }
}

impl From<Mem> for Xm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}
