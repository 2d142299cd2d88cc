//! RISC-V as gdb sees it: which registers there are, in which order, and their description.

use gdbstub::arch::{Arch, RegId, Registers};
use spec::bits::Low;
use spec::riscv::{State, names};
use std::fmt::Write;
use std::num::NonZeroUsize;

/// RISC-V of either register width: what is said of it is in a [`Layout`].
pub enum Riscv {}

impl Arch for Riscv {
    type Usize = u64;
    type Registers = Bank;
    type BreakpointKind = usize;
    type RegId = Register;
}

/// A register by gdb's number for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// An integer register.
    X(u8),
    /// The pc.
    Pc,
    /// A floating-point register.
    F(u8),
    /// A control register, by its number.
    Control(u16),
    /// The privilege mode.
    Mode,
}

/// gdb's number of a control register is its own and this.
const CONTROLS: usize = 64;
/// gdb's number of the privilege mode.
const MODE: usize = CONTROLS + 4096;

impl Register {
    /// The register with gdb's number `id`.
    fn numbered(id: usize) -> Option<Self> {
        Some(match id {
            0..=31 => Self::X(id.low8()),
            32 => Self::Pc,
            33..=64 => Self::F((id - 33).low8()),
            65..MODE => Self::Control(u16::try_from(id - CONTROLS).ok()?),
            MODE => Self::Mode,
            _ => return None,
        })
    }

    /// What the state of a program holds.
    pub fn read(self, state: &State) -> u64 {
        match self {
            Self::X(n) => state.x[usize::from(n & 31)],
            Self::Pc => state.pc,
            Self::F(n) => state.f[usize::from(n & 31)],
            Self::Control(1) => state.fflags.into(),
            Self::Control(2) => state.frm.into(),
            Self::Control(3) => u64::from(state.frm << 5 | state.fflags),
            Self::Control(_) | Self::Mode => 0,
        }
    }

    /// Changes the state of a program. Bits that the register does not have are dropped, as the hardware drops them.
    pub fn write(self, state: &mut State, value: u64) {
        match self {
            Self::X(0) | Self::Control(_) | Self::Mode => {}
            Self::X(n) => state.x[usize::from(n & 31)] = value,
            Self::Pc => state.pc = value & !1,
            Self::F(n) => state.f[usize::from(n & 31)] = value,
        }
        match self {
            Self::Control(1) => state.fflags = value.low32() & 0x1f,
            Self::Control(2) => state.frm = value.low32() & 7,
            Self::Control(3) => (state.fflags, state.frm) = (value.low32() & 0x1f, value.low32() >> 5 & 7),
            _ => {}
        }
    }
}

impl RegId for Register {
    fn from_raw_id(id: usize) -> Option<(Self, Option<NonZeroUsize>)> {
        // The size is the layout's to say.
        Self::numbered(id).map(|register| (register, None))
    }
}

/// The registers of a guest.
pub struct Layout {
    /// Register width in bits.
    pub xlen: u32,
    /// Bytes of a control register.
    control: usize,
    /// By gdb's number: number, register and name.
    registers: Vec<(usize, Register, &'static str)>,
    /// How many of them are read and written together.
    together: usize,
    /// What gdb is told of the system.
    system: &'static str,
}

impl Layout {
    /// The registers of a 64-bit program.
    pub fn program() -> Self {
        let controls = [(1, "fflags"), (2, "frm"), (3, "fcsr")];
        let registers: Vec<_> = common().chain(controls.map(control)).collect();
        let system = "<osabi>GNU/Linux</osabi>";
        Self { xlen: 64, control: 4, together: registers.len(), registers, system }
    }

    /// The registers of a machine's hart with these control registers, in the order of their numbers.
    pub fn machine(xlen: u32, controls: impl IntoIterator<Item = (u16, &'static str)>) -> Self {
        let mode = (MODE, Register::Mode, "priv");
        let registers = common().chain(controls.into_iter().map(control)).chain([mode]).collect();
        // Under Linux gdb would put a breakpoint behind an instruction to step it, and miss what traps.
        let system = "<osabi>none</osabi>";
        // Integer registers and pc only: control registers are many, and few are looked at. So does QEMU.
        Self { xlen, control: bytes(xlen), registers, together: 33, system }
    }

    /// Bytes of a register on the wire; `None` where there is none.
    pub fn size(&self, register: Register) -> Option<usize> {
        self.registers.iter().any(|(_, known, _)| *known == register).then(|| self.width(register))
    }

    fn width(&self, register: Register) -> usize {
        match register {
            Register::X(_) | Register::Pc | Register::Mode => bytes(self.xlen),
            Register::F(_) => 8,
            Register::Control(_) => self.control,
        }
    }

    /// All registers that are read together.
    pub fn pack(&self, read: impl Fn(Register) -> u64) -> Bank {
        let one = |&(_, register, _): &(usize, Register, &str)| {
            read(register).to_le_bytes().into_iter().take(self.width(register))
        };
        Bank {
            bytes: self.registers.iter().take(self.together).flat_map(one).collect(),
            pc: read(Register::Pc),
        }
    }

    /// Writes them; `None` where the bytes are too few or too many.
    pub fn unpack(&self, bank: &Bank, mut write: impl FnMut(Register, u64)) -> Option<()> {
        let registers = self.registers.iter().take(self.together).map(|(_, register, _)| *register);
        let bytes: usize = registers.clone().map(|register| self.width(register)).sum();
        if bytes != bank.bytes.len() {
            return None;
        }
        let mut rest = &*bank.bytes;
        for register in registers {
            let (bytes, others) = rest.split_at_checked(self.width(register))?;
            write(register, little(bytes));
            rest = others;
        }
        Some(())
    }

    /// The description of the registers that gdb reads as `target.xml`. [GDB manual, RISC-V Features]
    pub fn description(&self) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
             <architecture>riscv:rv{}</architecture>{}<feature name=\"org.gnu.gdb.riscv.cpu\">",
            self.xlen, self.system
        );
        let mut feature = "cpu";
        for &(number, register, name) in &self.registers {
            let belongs = match register {
                Register::X(_) | Register::Pc => "cpu",
                Register::F(_) => "fpu",
                Register::Control(_) => "csr",
                Register::Mode => "virtual",
            };
            if belongs != feature {
                feature = belongs;
                // A String takes whatever is written.
                let _ = write!(text, "</feature><feature name=\"org.gnu.gdb.riscv.{feature}\">");
                if feature == "fpu" {
                    text += "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>\
                             <field name=\"double\" type=\"ieee_double\"/></union>";
                }
            }
            let kind = match (register, name) {
                (Register::F(_), _) => "riscv_double",
                (Register::Pc, _) | (_, "ra") => "code_ptr",
                (Register::X(2 | 3 | 4 | 8), _) => "data_ptr",
                _ => "int",
            };
            let bits = 8 * self.width(register);
            let _ =
                write!(text, "<reg name=\"{name}\" bitsize=\"{bits}\" regnum=\"{number}\" type=\"{kind}\"/>");
        }
        text + "</feature></target>"
    }
}

fn bytes(bits: u32) -> usize {
    if bits == 32 { 4 } else { 8 }
}

fn control((number, name): (u16, &'static str)) -> (usize, Register, &'static str) {
    (CONTROLS + usize::from(number), Register::Control(number), name)
}

/// What every guest has.
fn common() -> impl Iterator<Item = (usize, Register, &'static str)> {
    // gdb names x8 after its use.
    let x = names::X.iter().map(|name| if *name == "s0" { "fp" } else { name });
    let all = x.chain(["pc"]).chain(names::F.iter().copied());
    all.enumerate().filter_map(|(id, name)| Some((id, Register::numbered(id)?, name)))
}

/// All registers that are read together, as bytes on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bank {
    bytes: Vec<u8>,
    pc: u64,
}

impl Registers for Bank {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.bytes.iter().for_each(|byte| write_byte(Some(*byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.bytes = bytes.to_vec();
        Ok(())
    }
}

/// The number that up to eight little-endian bytes hold.
pub fn little(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(layout: &Layout) -> Vec<String> {
        let text = layout.description();
        text.split("<reg name=\"").skip(1).filter_map(|t| t.split('"').next().map(String::from)).collect()
    }

    #[test]
    fn the_description_lists_every_register_once_in_order() {
        let layout = Layout::program();
        let names = listed(&layout);
        assert_eq!(names.len(), layout.registers.len());
        assert_eq!((&*names[2], &*names[32], &*names[33], &*names[67]), ("sp", "pc", "ft0", "fcsr"));
        assert!(layout.registers.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let machine = Layout::machine(32, [(0x300, "mstatus"), (0xc00, "cycle")]);
        assert_eq!(listed(&machine)[65..], ["mstatus", "cycle", "priv"]);
        assert_eq!(machine.size(Register::Control(0x300)), Some(4));
        assert_eq!(machine.size(Register::Control(0x301)), None);
    }

    #[test]
    fn a_bank_survives_the_wire() {
        let layout = Layout::program();
        let mut state = State::new();
        for (value, (_, register, _)) in (1u64..).zip(&layout.registers) {
            register.write(&mut state, value << 1);
        }
        let mut bytes = vec![];
        layout.pack(|register| register.read(&state)).gdb_serialize(|byte| bytes.extend(byte));
        let mut bank = Bank::default();
        assert_eq!(bank.gdb_deserialize(&bytes), Ok(()));
        let mut again = State::new();
        assert_eq!(layout.unpack(&bank, |register, value| register.write(&mut again, value)), Some(()));
        assert_eq!(again, state);
        assert_eq!(bank.gdb_deserialize(&bytes[1..]), Ok(()));
        assert_eq!(layout.unpack(&bank, |_, _| panic!("written")), None);
    }
}
