//! What a hart remembers between instructions.

use super::system::System;

/// No address is reserved. A reservation is always aligned, so this value is never one.
pub const NO_RESERVATION: u64 = u64::MAX;

/// The state of one hart, read and written by every tier. Plain integers only, no padding.
///
/// With 32-bit registers every `x` and `pc` holds its value sign-extended from bit 31.
#[repr(C)]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Integer registers; `x[0]` is always zero.
    pub x: [u64; 32],
    /// Address of the next instruction; inside a block, of the block's first.
    pub pc: u64,
    /// Floating-point registers; a value narrower than 64 bits is boxed in ones.
    pub f: [u64; 32],
    /// Accrued exception flags: NX 1, UF 2, OF 4, DZ 8, NV 16. [Unpriv. ISA, F, fcsr]
    pub fflags: u32,
    /// Dynamic rounding mode, 0 to 7.
    pub frm: u32,
    /// Instructions retired.
    pub instret: u64,
    /// Address reserved by LR, or [`NO_RESERVATION`].
    pub reservation: u64,
    /// What LR read there, sign-extended for LR.W.
    pub reserved_value: u64,
    /// The privileged part; of a program, which is in user mode for good, it never changes. Last, so that the
    /// registers above stay near.
    pub sys: System,
}

impl State {
    /// All registers zero, nothing reserved, in a program.
    pub const fn new() -> Self {
        Self {
            x: [0; 32],
            pc: 0,
            f: [0; 32],
            fflags: 0,
            frm: 0,
            instret: 0,
            reservation: NO_RESERVATION,
            reserved_value: 0,
            sys: System::user(),
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
