//! From an exception to the signal it becomes. [arch/riscv/kernel/traps.c, arch/riscv/mm/fault.c]

use crate::abi::Siginfo;
use crate::process::Death;
use memory::user::Space;
use spec::riscv::Trap;

/// A signal and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    /// Its number.
    pub signal: i32,
    /// `si_code`.
    pub code: i32,
    /// `si_addr`.
    pub at: u64,
    /// The instruction word, if that is what was wrong.
    pub word: Option<u32>,
    /// Whether `at` is a data or jump address worth telling.
    data: bool,
}

/// `si_code` values. [asm-generic/siginfo.h]
const ILL_ILLOPC: i32 = 1;
const TRAP_BRKPT: i32 = 1;
const BUS_ADRALN: i32 = 1;
const BUS_ADRERR: i32 = 2;
const SEGV_MAPERR: i32 = 1;
const SEGV_ACCERR: i32 = 2;

impl Cause {
    /// The signal for a trap other than a system call, of the instruction at `pc` of a program with this
    /// memory.
    pub fn at(trap: Trap, space: &Space, pc: u64) -> Self {
        // A page that is mapped from a file but lies beyond its end: the host says so once more.
        let bus = |at| space.load::<u8>(at).is_err_and(|fault| fault.bus);
        Self::of(trap, bus, |at| space.region_at(at).is_some(), pc)
    }

    /// The signal for a trap other than a system call at `pc`. `bus` and `mapped` say of an address
    /// whether it is behind the end of its file, and whether it is mapped at all.
    fn of(trap: Trap, bus: impl Fn(u64) -> bool, mapped: impl Fn(u64) -> bool, pc: u64) -> Self {
        let fault = |at| {
            let (signal, code) = match (bus(at), mapped(at)) {
                (true, _) => (libc::SIGBUS, BUS_ADRERR),
                (_, true) => (libc::SIGSEGV, SEGV_ACCERR),
                (_, false) => (libc::SIGSEGV, SEGV_MAPERR),
            };
            Self { signal, code, at, word: None, data: true }
        };
        let misaligned = |at| Self { signal: libc::SIGBUS, code: BUS_ADRALN, at, word: None, data: true };
        match trap {
            Trap::LoadFault { at }
            | Trap::StoreFault { at }
            | Trap::InstructionFault { at }
            | Trap::LoadAccessFault { at }
            | Trap::StoreAccessFault { at }
            | Trap::InstructionAccessFault { at } => fault(at),
            Trap::LoadMisaligned { at }
            | Trap::StoreMisaligned { at }
            | Trap::InstructionMisaligned { at } => misaligned(at),
            Trap::Breakpoint { at } => {
                Self { signal: libc::SIGTRAP, code: TRAP_BRKPT, at, word: None, data: false }
            }
            Trap::IllegalInstruction { word } => {
                Self { signal: libc::SIGILL, code: ILL_ILLOPC, at: pc, word: Some(word), data: false }
            }
            // A call is answered, never forced; if it came here it would be an illegal instruction.
            Trap::EnvironmentCall | Trap::SupervisorCall | Trap::MachineCall => {
                Self { signal: libc::SIGILL, code: ILL_ILLOPC, at: pc, word: None, data: false }
            }
        }
    }

    /// As the handler sees it.
    pub fn info(&self) -> Siginfo {
        Siginfo { signo: self.signal, code: self.code, first: self.at, ..Siginfo::default() }
    }

    /// As a person sees it.
    pub fn death(&self, pc: u64) -> Death {
        Death { signal: self.signal, pc, address: self.data.then_some(self.at), word: self.word }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Trap::IllegalInstruction { word: 0 }, libc::SIGILL, ILL_ILLOPC, 0x100)]
    #[case(Trap::Breakpoint { at: 0x100 }, libc::SIGTRAP, TRAP_BRKPT, 0x100)]
    #[case(Trap::LoadFault { at: 8 }, libc::SIGSEGV, SEGV_MAPERR, 8)]
    #[case(Trap::StoreFault { at: 0x5000 }, libc::SIGSEGV, SEGV_ACCERR, 0x5000)]
    #[case(Trap::InstructionFault { at: 0x8000 }, libc::SIGBUS, BUS_ADRERR, 0x8000)]
    #[case(Trap::StoreMisaligned { at: 0x5001 }, libc::SIGBUS, BUS_ADRALN, 0x5001)]
    #[case(Trap::LoadMisaligned { at: 0x5001 }, libc::SIGBUS, BUS_ADRALN, 0x5001)]
    fn a_trap_becomes_a_signal(#[case] trap: Trap, #[case] signal: i32, #[case] code: i32, #[case] at: u64) {
        let cause = Cause::of(trap, |at| at == 0x8000, |at| at >= 0x1000, 0x100);
        assert_eq!((cause.signal, cause.code, cause.at), (signal, code, at));
    }
}
