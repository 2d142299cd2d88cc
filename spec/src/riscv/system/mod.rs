//! The privileged part of a hart: what it remembers, its control registers, its interrupts, its CPU model.

pub mod cpu;
pub mod csr;
pub mod status;

/// Privilege modes as `mstatus.MPP` encodes them. [Priv. ISA, privilege levels]
pub mod mode {
    /// User.
    pub const USER: u64 = 0;
    /// Supervisor.
    pub const SUPERVISOR: u64 = 1;
    /// Machine.
    pub const MACHINE: u64 = 3;
}

/// Interrupts by their bits in `mip` and `mie`. [Priv. ISA, machine interrupt registers]
pub mod irq {
    /// Supervisor software interrupt.
    pub const SSI: u64 = 1 << 1;
    /// Machine software interrupt.
    pub const MSI: u64 = 1 << 3;
    /// Supervisor timer interrupt.
    pub const STI: u64 = 1 << 5;
    /// Machine timer interrupt.
    pub const MTI: u64 = 1 << 7;
    /// Supervisor external interrupt.
    pub const SEI: u64 = 1 << 9;
    /// Machine external interrupt.
    pub const MEI: u64 = 1 << 11;
    /// Those that can be delegated: all of supervisor mode's.
    pub const SUPERVISOR: u64 = SSI | STI | SEI;
    /// Every one there is.
    pub const ALL: u64 = SUPERVISOR | MSI | MTI | MEI;
}

/// Entries of physical memory protection.
pub const PMP_ENTRIES: usize = 16;

/// Registers of the privileged architecture, plain 64-bit numbers. Those with several views are kept once:
/// `sstatus`, `sie` and `sip` are parts of `mstatus`, `mie` and `mip`. [Priv. ISA, CSR listing]
#[repr(C)]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct System {
    /// The privilege mode, one of [`mode`].
    pub mode: u64,
    /// `mstatus` without SD, which follows from FS; on 32-bit harts `mstatush` is its upper half.
    pub mstatus: u64,
    /// Interrupts that are enabled, bits of [`irq`].
    pub mie: u64,
    /// Interrupts that software has made pending: SSIP, STIP, SEIP.
    pub mip: u64,
    /// Interrupts that devices hold pending.
    pub lines: u64,
    /// Ticks by which the machine's timer is ahead of those since power-on: what a guest made of `mtime`.
    pub time_delta: u64,
    /// Exceptions that are delegated to supervisor mode.
    pub medeleg: u64,
    /// Interrupts that are.
    pub mideleg: u64,
    /// Trap vector of machine mode.
    pub mtvec: u64,
    /// Trap vector of supervisor mode.
    pub stvec: u64,
    /// For software.
    pub mscratch: u64,
    /// For software.
    pub sscratch: u64,
    /// Where a trap to machine mode came from.
    pub mepc: u64,
    /// Where a trap to supervisor mode came from.
    pub sepc: u64,
    /// Why, with the top bit of the register width for interrupts.
    pub mcause: u64,
    /// Why.
    pub scause: u64,
    /// What it was about.
    pub mtval: u64,
    /// What it was about.
    pub stval: u64,
    /// Address translation; in the layout of the register width.
    pub satp: u64,
    /// Counters that supervisor mode may read.
    pub mcounteren: u64,
    /// Counters that user mode may read.
    pub scounteren: u64,
    /// Counters that stand still.
    pub mcountinhibit: u64,
    /// `mcycle` minus the count of retired instructions, or `mcycle` itself while it stands still.
    pub mcycle: u64,
    /// `minstret` in the same way.
    pub minstret: u64,
    /// Environment of the modes below machine mode.
    pub menvcfg: u64,
    /// Environment of user mode.
    pub senvcfg: u64,
    /// Time at which the supervisor timer interrupt becomes pending (Sstc).
    pub stimecmp: u64,
    /// Settings of the sixteen PMP entries, a byte each.
    pub pmpcfg: [u64; PMP_ENTRIES / 8],
    /// Their addresses, bits 55 to 2.
    pub pmpaddr: [u64; PMP_ENTRIES],
    /// The hart's number.
    pub mhartid: u64,
    /// Properties of the CPU model, bits of `Features`.
    pub features: u64,
}

impl System {
    /// A hart that runs a Linux program: in user mode for good, with its counters readable, its floating-point unit
    /// on and dirty, and its cache-block instructions permitted.
    pub const fn user() -> Self {
        Self {
            mode: mode::USER,
            mstatus: status::FS,
            mie: 0,
            mip: 0,
            lines: 0,
            time_delta: 0,
            medeleg: 0,
            mideleg: 0,
            mtvec: 0,
            stvec: 0,
            mscratch: 0,
            sscratch: 0,
            mepc: 0,
            sepc: 0,
            mcause: 0,
            scause: 0,
            mtval: 0,
            stval: 0,
            satp: 0,
            // cycle, time and instret.
            mcounteren: 7,
            scounteren: 7,
            mcountinhibit: 0,
            mcycle: 0,
            minstret: 0,
            menvcfg: status::CACHE_BLOCKS,
            senvcfg: status::CACHE_BLOCKS,
            stimecmp: u64::MAX,
            pmpcfg: [0; PMP_ENTRIES / 8],
            pmpaddr: [0; PMP_ENTRIES],
            mhartid: 0,
            features: u64::MAX,
        }
    }
}
