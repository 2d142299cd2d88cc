//! Synchronous exceptions, as the guest sees them. [Priv. ISA, mcause]

/// A synchronous exception. The state is that before the instruction that raised it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// Jump to an address that is not instruction-aligned.
    InstructionMisaligned {
        /// The target.
        at: u64,
    },
    /// No instruction can be fetched at an address: the page says so.
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
    /// Load from an address that the page does not let be read.
    LoadFault {
        /// The first byte that cannot be read.
        at: u64,
    },
    /// Store or AMO to an address that is not aligned, where that is not supported (SC, AMO).
    StoreMisaligned {
        /// The address.
        at: u64,
    },
    /// Store or AMO to an address that the page does not let be written.
    StoreFault {
        /// The first byte that cannot be written.
        at: u64,
    },
    /// `ecall` from user mode.
    EnvironmentCall,
    /// `ecall` from supervisor mode.
    SupervisorCall,
    /// `ecall` from machine mode.
    MachineCall,
    /// Nothing answers there, or physical memory protection refuses the fetch.
    InstructionAccessFault {
        /// The address.
        at: u64,
    },
    /// The same of a load.
    LoadAccessFault {
        /// The address.
        at: u64,
    },
    /// The same of a store or AMO.
    StoreAccessFault {
        /// The address.
        at: u64,
    },
}

impl Trap {
    /// The exception code that `mcause` shows.
    pub const fn cause(self) -> u64 {
        match self {
            Self::InstructionMisaligned { .. } => 0,
            Self::InstructionAccessFault { .. } => 1,
            Self::IllegalInstruction { .. } => 2,
            Self::Breakpoint { .. } => 3,
            Self::LoadMisaligned { .. } => 4,
            Self::LoadAccessFault { .. } => 5,
            Self::StoreMisaligned { .. } => 6,
            Self::StoreAccessFault { .. } => 7,
            Self::EnvironmentCall => 8,
            Self::SupervisorCall => 9,
            Self::MachineCall => 11,
            Self::InstructionFault { .. } => 12,
            Self::LoadFault { .. } => 13,
            Self::StoreFault { .. } => 15,
        }
    }

    /// The same trap about another address, where it is about one.
    #[must_use]
    pub const fn with_address(mut self, address: u64) -> Self {
        match &mut self {
            Self::InstructionMisaligned { at }
            | Self::InstructionAccessFault { at }
            | Self::Breakpoint { at }
            | Self::LoadMisaligned { at }
            | Self::LoadAccessFault { at }
            | Self::StoreMisaligned { at }
            | Self::StoreAccessFault { at }
            | Self::InstructionFault { at }
            | Self::LoadFault { at }
            | Self::StoreFault { at } => *at = address,
            Self::IllegalInstruction { .. }
            | Self::EnvironmentCall
            | Self::SupervisorCall
            | Self::MachineCall => {}
        }
        self
    }

    /// A load's trap as that of a store.
    #[must_use]
    pub const fn of_store(self) -> Self {
        match self {
            Self::LoadMisaligned { at } => Self::StoreMisaligned { at },
            Self::LoadFault { at } => Self::StoreFault { at },
            Self::LoadAccessFault { at } => Self::StoreAccessFault { at },
            other => other,
        }
    }

    /// What `mtval` shows: the address, the instruction's bits, or nothing.
    pub const fn value(self) -> u64 {
        match self {
            Self::InstructionMisaligned { at }
            | Self::InstructionAccessFault { at }
            | Self::Breakpoint { at }
            | Self::LoadMisaligned { at }
            | Self::LoadAccessFault { at }
            | Self::StoreMisaligned { at }
            | Self::StoreAccessFault { at }
            | Self::InstructionFault { at }
            | Self::LoadFault { at }
            | Self::StoreFault { at } => at,
            Self::IllegalInstruction { word } => word as u64,
            Self::EnvironmentCall | Self::SupervisorCall | Self::MachineCall => 0,
        }
    }
}
