//! Finding out whether a tier works here: by running a guest, never by asking a flag.

use crate::tier::Tier;
use crate::units::CodeError;
use crate::vcpu::Accelerated;
use interp::riscv::Rv64;
use interp::{Hart, Stop};
use jit::code::Options;
use memory::user::{MapError, MapKind, Placement, Prot, Space, SpaceError};
use spec::asm::AsmError;
use spec::riscv::{RV64, State, Trap};

/// Why a tier is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The host has no address space for the guest.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The host has no memory for it.
    #[error("the host has no memory for a guest of one page (errno {})", .0.errno)]
    Memory(MapError),
    /// The guest cannot be assembled.
    #[error(transparent)]
    Guest(#[from] AsmError),
    /// Its memory cannot be written.
    #[error("the memory of a guest of one page cannot be written")]
    Write,
    /// It did something else than it should.
    #[error("a guest of two instructions ended with {stop:?} and a0 = {a0}")]
    Wrong {
        /// How it ended.
        stop: Stop<Trap>,
        /// What it computed.
        a0: u64,
    },
    /// There is no translator.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// It ran, but not as host code.
    #[error("a guest of two instructions was interpreted, not translated")]
    Interpreted,
}

/// Runs `li a0, 42` and `ecall` in a tier; one that translates does so at once, and what it made has to run.
///
/// # Errors
/// A [`ProbeError`] that says what did not work.
pub fn probe(tier: Tier) -> Result<(), ProbeError> {
    const CODE: u64 = 0x10000;
    const PAGE: u64 = 4096;
    let space = Space::new(Space::SV39_TOP)?;
    space.map(Placement::Fixed(CODE), PAGE, Prot::RW, MapKind::ANONYMOUS).map_err(ProbeError::Memory)?;
    for (place, line) in (0..).zip(["li a0, 42", "ecall"]) {
        let bytes = spec::asm::bytes(&RV64, line, CODE)?;
        space.copy_out(CODE + 4 * place, &bytes).map_err(|_| ProbeError::Write)?;
    }
    space.protect(CODE, PAGE, Prot::RX).map_err(ProbeError::Memory)?;
    let tier = match tier {
        Tier::Jit(options) => Tier::Jit(Options { hot: 0, ..options }),
        Tier::Interp(..) => tier,
    };
    let mut vcpu = Rv64::vcpu(tier, Hart::new(State { pc: CODE, ..State::new() }, space), None);
    if let Some(error) = vcpu.instead() {
        return Err(error.into());
    }
    match (vcpu.run(10), vcpu.hart().state.x[10]) {
        (Stop::Trap(Trap::EnvironmentCall), 42) => {}
        (stop, a0) => return Err(ProbeError::Wrong { stop, a0 }),
    }
    match vcpu.tally() {
        Some(tally) if tally.native == 0 => Err(ProbeError::Interpreted),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::probe;
    use crate::tier::{Driver, Tier};
    use jit::code::Options;

    #[test]
    fn a_translator_without_room_for_code_says_so() {
        // More than the part of the address space in which code lies.
        let error = probe(Tier::Jit(Options { cache: 2 << 30, ..Options::default() })).unwrap_err();
        assert!(error.to_string().starts_with("the host gives no executable memory of 2147483648 bytes"));
    }

    #[test]
    fn the_translator_is_usable() {
        probe(Tier::default()).unwrap();
    }

    #[test]
    fn both_drivers_are_usable() {
        for driver in [Driver::Block, Driver::Step] {
            probe(Tier::interp(driver)).unwrap();
        }
    }
}
