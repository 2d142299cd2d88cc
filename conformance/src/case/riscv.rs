//! The names of RISC-V case files.
//!
//! `x0`–`x31`, `f0`–`f31` (64 raw bits), `pc`, `fflags`, `frm`, `instret`, `reserved` (an address or `none`),
//! `reserved_value`; and of the privileged registers `mode`, `mstatus`, `mepc`, `sepc` and `satp`. Unless a case says otherwise the pc is [`PC`], the bytes of [`MEMORY`] are zero, readable
//! and writable, the page of the pc is readable and executable, and nothing else is mapped.

use super::Vocabulary;
use spec::riscv::NO_RESERVATION;

/// Where a case's instruction lies unless the case sets the pc.
pub const PC: u64 = 0x1_0000;

/// Addresses that are readable and writable in every case.
pub const MEMORY: std::ops::Range<u64> = 0x2000..0x4000;

/// A parsed RISC-V case file.
pub type CaseFile = super::CaseFile<Part, Trap>;

/// A part of [`spec::riscv::State`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Integer register of this number; with 32-bit registers only the low half counts.
    X(u8),
    /// Floating-point register of this number.
    F(u8),
    /// Address of the instruction, or of the next.
    Pc,
    /// Accrued exception flags.
    Fflags,
    /// Dynamic rounding mode.
    Frm,
    /// Instructions retired.
    Instret,
    /// Address reserved by LR.
    Reserved,
    /// What LR read there.
    ReservedValue,
    /// A privileged register.
    System(System),
}

/// A privileged register that cases name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum System {
    /// `mode`: 0 user, 1 supervisor, 3 machine.
    Mode,
    /// `mstatus`, without SD.
    Mstatus,
    /// `mepc`.
    Mepc,
    /// `sepc`.
    Sepc,
    /// `satp`.
    Satp,
}

/// A trap that a case expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// `illegal`.
    Illegal,
    /// `breakpoint`.
    Breakpoint,
    /// `ecall`.
    Ecall,
    /// `load_fault@address`.
    LoadFault(u64),
    /// `store_fault@address`.
    StoreFault(u64),
    /// `fetch_fault@address`.
    FetchFault(u64),
    /// `load_misaligned@address`.
    LoadMisaligned(u64),
    /// `store_misaligned@address`.
    StoreMisaligned(u64),
    /// `fetch_misaligned@address`.
    FetchMisaligned(u64),
}

impl Trap {
    /// The trap as the hart raises it for the instruction `word` at `pc`.
    pub fn raised(self, word: u32, pc: u64) -> spec::riscv::Trap {
        use spec::riscv::Trap as Raised;
        match self {
            Self::Illegal => Raised::IllegalInstruction { word },
            Self::Breakpoint => Raised::Breakpoint { at: pc },
            Self::Ecall => Raised::EnvironmentCall,
            Self::LoadFault(at) => Raised::LoadFault { at },
            Self::StoreFault(at) => Raised::StoreFault { at },
            Self::FetchFault(at) => Raised::InstructionFault { at },
            Self::LoadMisaligned(at) => Raised::LoadMisaligned { at },
            Self::StoreMisaligned(at) => Raised::StoreMisaligned { at },
            Self::FetchMisaligned(at) => Raised::InstructionMisaligned { at },
        }
    }
}

/// The RISC-V vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Names;

impl Vocabulary for Names {
    type Part = Part;
    type Trap = Trap;

    fn part(&self, name: &str) -> Option<Part> {
        Some(match name {
            "pc" => Part::Pc,
            "fflags" => Part::Fflags,
            "frm" => Part::Frm,
            "instret" => Part::Instret,
            "reserved" => Part::Reserved,
            "reserved_value" => Part::ReservedValue,
            "mode" => Part::System(System::Mode),
            "mstatus" => Part::System(System::Mstatus),
            "mepc" => Part::System(System::Mepc),
            "sepc" => Part::System(System::Sepc),
            "satp" => Part::System(System::Satp),
            _ => match name.split_at_checked(1)? {
                ("x", number) => Part::X(register(number)?),
                ("f", number) => Part::F(register(number)?),
                _ => return None,
            },
        })
    }

    fn trap(&self, name: &str, at: Option<u64>) -> Option<Trap> {
        Some(match (name, at) {
            ("illegal", None) => Trap::Illegal,
            ("breakpoint", None) => Trap::Breakpoint,
            ("ecall", None) => Trap::Ecall,
            ("load_fault", Some(at)) => Trap::LoadFault(at),
            ("store_fault", Some(at)) => Trap::StoreFault(at),
            ("fetch_fault", Some(at)) => Trap::FetchFault(at),
            ("load_misaligned", Some(at)) => Trap::LoadMisaligned(at),
            ("store_misaligned", Some(at)) => Trap::StoreMisaligned(at),
            ("fetch_misaligned", Some(at)) => Trap::FetchMisaligned(at),
            _ => return None,
        })
    }

    fn none(&self, part: &Part) -> Option<u64> {
        (*part == Part::Reserved).then_some(NO_RESERVATION)
    }
}

/// A register number as it is written: decimal, without sign and leading zeros.
fn register(text: &str) -> Option<u8> {
    let number: u8 = text.parse().ok()?;
    (number < 32 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::Vocabulary;
    use super::{Names, Part, Trap};

    #[test]
    fn registers_are_x_or_f_and_a_plain_number() {
        assert_eq!(Names.part("x0"), Some(Part::X(0)));
        assert_eq!(Names.part("f31"), Some(Part::F(31)));
        assert_eq!(Names.part("reserved_value"), Some(Part::ReservedValue));
        for name in ["", "x", "x32", "x01", "x+1", "f-1", "y1", "é", "fcsr"] {
            assert_eq!(Names.part(name), None, "{name}");
        }
    }

    #[test]
    fn a_fault_needs_an_address_and_an_illegal_instruction_has_none() {
        assert_eq!(Names.trap("load_fault", Some(0x5000)), Some(Trap::LoadFault(0x5000)));
        assert_eq!(Names.trap("load_fault", None), None);
        assert_eq!(Names.trap("illegal", None), Some(Trap::Illegal));
        assert_eq!(Names.trap("illegal", Some(0)), None);
    }
}
