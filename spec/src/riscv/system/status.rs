//! Fields of `mstatus` and of the environment registers. [Priv. ISA, machine status and environment configuration
//! registers]

/// Interrupts of supervisor mode are enabled.
pub const SIE: u64 = 1 << 1;
/// Interrupts of machine mode are enabled.
pub const MIE: u64 = 1 << 3;
/// `SIE` before the trap.
pub const SPIE: u64 = 1 << 5;
/// `MIE` before the trap.
pub const MPIE: u64 = 1 << 7;
/// The mode before a trap to supervisor mode.
pub const SPP: u64 = 1 << 8;
/// The mode before a trap to machine mode.
pub const MPP: u64 = 3 << 11;
/// Where `MPP` lies.
pub const MPP_SHIFT: u32 = 11;
/// State of the floating-point unit: off, initial, clean, dirty.
pub const FS: u64 = 3 << 13;
/// Loads and stores are made as if in the mode of `MPP`.
pub const MPRV: u64 = 1 << 17;
/// Supervisor mode may access pages of user mode.
pub const SUM: u64 = 1 << 18;
/// Executable pages may be read.
pub const MXR: u64 = 1 << 19;
/// Supervisor mode may not change address translation.
pub const TVM: u64 = 1 << 20;
/// `wfi` below machine mode traps.
pub const TW: u64 = 1 << 21;
/// `sret` in supervisor mode traps.
pub const TSR: u64 = 1 << 22;
/// Register width of user mode; read-only here.
pub const UXL: u64 = 3 << 32;
/// Register width of supervisor mode; read-only here.
pub const SXL: u64 = 3 << 34;

/// What the environment registers permit of `cbo.inval`: not, as a flush, as itself.
pub const CBIE: u64 = 3 << 4;
/// They permit `cbo.clean` and `cbo.flush`.
pub const CBCFE: u64 = 1 << 6;
/// They permit `cbo.zero`.
pub const CBZE: u64 = 1 << 7;
/// All of the three.
pub const CACHE_BLOCKS: u64 = CBIE | CBCFE | CBZE;
/// `fence` of I/O orders memory too.
pub const FIOM: u64 = 1;
/// Hardware updates accessed and dirty bits (Svadu).
pub const ADUE: u64 = 1 << 61;
/// Page-based memory types (Svpbmt).
pub const PBMTE: u64 = 1 << 62;
/// Supervisor mode has `stimecmp` (Sstc).
pub const STCE: u64 = 1 << 63;
