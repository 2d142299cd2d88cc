//! RISC-V as gdb sees it: which registers there are, in which order, and their description.

use gdbstub::arch::{Arch, RegId, Registers};
use spec::bits::Low;
use spec::riscv::{State, names};
use std::fmt::Write;
use std::num::NonZeroUsize;

/// The 64-bit RISC-V of a user program.
pub enum Riscv64 {}

impl Arch for Riscv64 {
    type Usize = u64;
    type Registers = Bank;
    type BreakpointKind = usize;
    type RegId = Register;
}

/// A register by gdb's number for it, which is its place in the description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// An integer register.
    X(u8),
    /// The pc.
    Pc,
    /// A floating-point register.
    F(u8),
    /// The accrued exceptions.
    Fflags,
    /// The rounding mode.
    Frm,
    /// Both in one.
    Fcsr,
}

impl Register {
    /// Every register, in the order of the description.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::numbered)
    }

    /// The register with gdb's number `id`.
    fn numbered(id: usize) -> Option<Self> {
        Some(match id {
            0..=31 => Self::X(id.low8()),
            32 => Self::Pc,
            33..=64 => Self::F((id - 33).low8()),
            65 => Self::Fflags,
            66 => Self::Frm,
            67 => Self::Fcsr,
            _ => return None,
        })
    }

    /// Bytes on the wire.
    pub fn size(self) -> usize {
        match self {
            Self::X(_) | Self::Pc | Self::F(_) => 8,
            Self::Fflags | Self::Frm | Self::Fcsr => 4,
        }
    }

    /// What the state holds.
    pub fn read(self, state: &State) -> u64 {
        match self {
            Self::X(n) => state.x[usize::from(n & 31)],
            Self::Pc => state.pc,
            Self::F(n) => state.f[usize::from(n & 31)],
            Self::Fflags => state.fflags.into(),
            Self::Frm => state.frm.into(),
            Self::Fcsr => u64::from(state.frm << 5 | state.fflags),
        }
    }

    /// Changes the state. Bits that the register does not have are dropped, as the hardware drops them.
    pub fn write(self, state: &mut State, value: u64) {
        match self {
            Self::X(0) => {}
            Self::X(n) => state.x[usize::from(n & 31)] = value,
            Self::Pc => state.pc = value & !1,
            Self::F(n) => state.f[usize::from(n & 31)] = value,
            Self::Fflags => state.fflags = value.low32() & 0x1f,
            Self::Frm => state.frm = value.low32() & 7,
            Self::Fcsr => (state.fflags, state.frm) = (value.low32() & 0x1f, value.low32() >> 5 & 7),
        }
    }
}

impl RegId for Register {
    fn from_raw_id(id: usize) -> Option<(Self, Option<NonZeroUsize>)> {
        Self::numbered(id).map(|register| (register, NonZeroUsize::new(register.size())))
    }
}

/// All registers at once: the values in the order of the description.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bank(Vec<u64>);

impl Bank {
    /// What a state holds.
    pub fn of(state: &State) -> Self {
        Self(Register::all().map(|register| register.read(state)).collect())
    }

    /// Puts the values into a state.
    pub fn store(&self, state: &mut State) {
        for (register, value) in Register::all().zip(&self.0) {
            register.write(state, *value);
        }
    }
}

impl Registers for Bank {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.0.get(32).copied().unwrap_or(0)
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        for (register, value) in Register::all().zip(&self.0) {
            for byte in &value.to_le_bytes()[..register.size()] {
                write_byte(Some(*byte));
            }
        }
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let mut rest = bytes;
        self.0.clear();
        for register in Register::all() {
            let (bytes, others) = rest.split_at_checked(register.size()).ok_or(())?;
            self.0.push(little(bytes));
            rest = others;
        }
        if rest.is_empty() { Ok(()) } else { Err(()) }
    }
}

/// The number that up to eight little-endian bytes hold.
pub fn little(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The description of the registers that gdb reads as `target.xml`. [GDB manual, RISC-V Features]
pub fn description() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
         <architecture>riscv:rv64</architecture><osabi>GNU/Linux</osabi>",
    );
    let register = |text: &mut String, name: &str, bits: u32, kind: &str| {
        // A String takes whatever is written.
        let _ = write!(text, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>");
    };
    text += "<feature name=\"org.gnu.gdb.riscv.cpu\">";
    for name in names::X {
        let kind = match name {
            "ra" => "code_ptr",
            "sp" | "gp" | "tp" | "s0" => "data_ptr",
            _ => "int",
        };
        // gdb names x8 after its use.
        register(&mut text, if name == "s0" { "fp" } else { name }, 64, kind);
    }
    register(&mut text, "pc", 64, "code_ptr");
    text += "</feature><feature name=\"org.gnu.gdb.riscv.fpu\"><union id=\"riscv_double\">\
             <field name=\"float\" type=\"ieee_single\"/><field name=\"double\" type=\"ieee_double\"/></union>";
    for name in names::F {
        register(&mut text, name, 64, "riscv_double");
    }
    text += "</feature><feature name=\"org.gnu.gdb.riscv.csr\">";
    for name in ["fflags", "frm", "fcsr"] {
        register(&mut text, name, 32, "int");
    }
    text + "</feature></target>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_lists_every_register_once_in_order() {
        let text = description();
        let names: Vec<&str> =
            text.split("<reg name=\"").skip(1).filter_map(|t| t.split('"').next()).collect();
        assert_eq!(names.len(), Register::all().count());
        assert_eq!((names[2], names[32], names[33], names[67]), ("sp", "pc", "ft0", "fcsr"));
    }

    #[test]
    fn a_bank_survives_the_wire() {
        let mut state = State::new();
        for (value, register) in (1u64..).zip(Register::all()) {
            register.write(&mut state, value << 1);
        }
        let mut bytes = vec![];
        Bank::of(&state).gdb_serialize(|byte| bytes.extend(byte));
        let mut bank = Bank::default();
        assert_eq!(bank.gdb_deserialize(&bytes), Ok(()));
        let mut again = State::new();
        bank.store(&mut again);
        assert_eq!(again, state);
        assert_eq!(bank.gdb_deserialize(&bytes[1..]), Err(()));
    }
}
