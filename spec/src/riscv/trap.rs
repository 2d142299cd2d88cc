//! Synchronous exceptions, as the guest sees them. [Priv. ISA, mcause]

/// A synchronous exception. The state is that before the instruction that raised it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// Jump to an address that is not instruction-aligned.
    InstructionMisaligned {
        /// The target.
        at: u64,
    },
    /// No instruction can be fetched at an address.
    InstructionFault {
        /// The address.
        at: u64,
    },
    /// No row has this encoding, or the row's conditions do not hold.
    IllegalInstruction {
        /// The word, 16 or 32 bits.
        word: u32,
    },
    /// `ebreak`.
    Breakpoint {
        /// Its address.
        at: u64,
    },
    /// Load from an address that is not aligned, where that is not supported (LR).
    LoadMisaligned {
        /// The address.
        at: u64,
    },
    /// Load from an address that cannot be read.
    LoadFault {
        /// The first byte that cannot be read.
        at: u64,
    },
    /// Store or AMO to an address that is not aligned, where that is not supported (SC, AMO).
    StoreMisaligned {
        /// The address.
        at: u64,
    },
    /// Store or AMO to an address that cannot be written.
    StoreFault {
        /// The first byte that cannot be written.
        at: u64,
    },
    /// `ecall` from user mode.
    EnvironmentCall,
}

impl Trap {
    /// The exception code that `mcause` would show; page faults in place of access faults.
    pub const fn cause(self) -> u64 {
        match self {
            Self::InstructionMisaligned { .. } => 0,
            Self::IllegalInstruction { .. } => 2,
            Self::Breakpoint { .. } => 3,
            Self::LoadMisaligned { .. } => 4,
            Self::StoreMisaligned { .. } => 6,
            Self::EnvironmentCall => 8,
            Self::InstructionFault { .. } => 12,
            Self::LoadFault { .. } => 13,
            Self::StoreFault { .. } => 15,
        }
    }
}
