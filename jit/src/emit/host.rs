//! The convention between units: what every host register holds at their edges.
//!
//! | register | holds |
//! |---|---|
//! | rbp | the guest's state + [`STATE_BIAS`], so that all integer registers are in reach of a short displacement |
//! | r14 | instructions left of the budget, signed |
//! | gs | the host address of guest address 0 |
//! | rsp | for each call of the guest the host address to return to, which expects the guest's in rax |
//! | fs | the thread's own frame, at [`Stubs::frame`]: spilled values, then what [`frame`] names |
//! | [`PINS`], [`XMM_PINS`] | the guest's hottest registers, in the order [`crate::lift::Lift::hot`] names them |
//! | rax, rcx, rdx, r15, xmm0 to xmm3 | nothing: they are free inside a unit |

use crate::x64::{Gpr, Mem, Xmm};

/// Registers that hold guest registers at every edge of a unit.
pub const PINS: [Gpr; 10] =
    [Gpr::Rbx, Gpr::Rsi, Gpr::Rdi, Gpr::R8, Gpr::R9, Gpr::R10, Gpr::R11, Gpr::R12, Gpr::R13, Gpr::R15];
/// Registers for values inside a unit.
pub const TEMPS: [Gpr; 4] = [Gpr::Rax, Gpr::Rcx, Gpr::Rdx, Gpr::R15];
/// As [`PINS`], for floating-point registers.
pub const XMM_PINS: [Xmm; 12] = [
    Xmm::Xmm4,
    Xmm::Xmm5,
    Xmm::Xmm6,
    Xmm::Xmm7,
    Xmm::Xmm8,
    Xmm::Xmm9,
    Xmm::Xmm10,
    Xmm::Xmm11,
    Xmm::Xmm12,
    Xmm::Xmm13,
    Xmm::Xmm14,
    Xmm::Xmm15,
];
/// As [`TEMPS`], for numbers.
pub const XMM_TEMPS: [Xmm; 4] = [Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm2, Xmm::Xmm3];

/// The state's register.
pub const STATE: Gpr = Gpr::Rbp;
/// The budget's register.
pub const BUDGET: Gpr = Gpr::R14;
/// What [`STATE`] is ahead of the state, in bytes.
pub const STATE_BIAS: i32 = 128;

/// Spill slots of a unit.
pub const SPILLS: usize = 32;

/// What a thread's own frame holds: offsets in it.
pub mod frame {
    use super::SPILLS;
    /// Where the pointer to the thread's [`super::Frame`] lies.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a small constant")]
    pub const POINTER: i32 = (SPILLS * 8) as i32;
    /// Where the pointer to the thread's table of jump targets lies.
    pub const TABLE: i32 = POINTER + 8;
    /// A word that nobody reads.
    pub const SCRATCH: i32 = POINTER + 16;
    /// Where rsp lies when nothing has been called.
    pub const BASE: i32 = POINTER + 24;
    /// Words in it.
    pub const WORDS: usize = SPILLS + 4;
}

/// `[state + offset]`
pub fn state(offset: u16) -> Mem {
    Mem::base(STATE).disp(i32::from(offset) - STATE_BIAS)
}

/// Features of the host that code may use; each has another way where it is absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Features {
    /// Shifts by any register, rotation into another register, multiplication without flags.
    pub bmi2: bool,
    /// `andn`.
    pub bmi1: bool,
    /// `lzcnt` and `tzcnt` (the latter is BMI1's; both are asked for).
    pub lzcnt: bool,
    /// `popcnt`.
    pub popcnt: bool,
    /// `pclmulqdq`.
    pub clmul: bool,
    /// Fused multiplication and addition.
    pub fma: bool,
}

impl Features {
    /// What this host has.
    pub fn detect() -> Self {
        let bmi1 = std::arch::is_x86_feature_detected!("bmi1");
        Self {
            bmi2: std::arch::is_x86_feature_detected!("bmi2"),
            bmi1,
            lzcnt: bmi1 && std::arch::is_x86_feature_detected!("lzcnt"),
            popcnt: std::arch::is_x86_feature_detected!("popcnt"),
            clmul: std::arch::is_x86_feature_detected!("pclmulqdq"),
            fma: std::arch::is_x86_feature_detected!("fma"),
        }
    }

    /// A host of the oldest kind, with none of them.
    pub const NONE: Self =
        Self { bmi2: false, bmi1: false, lzcnt: false, popcnt: false, clmul: false, fma: false };
}

/// Constants that code reads, by their place in a pool that lies in the low 2 GiB. Each has 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Constant {
    /// The canonical NaN of binary32.
    Nan32,
    /// The canonical NaN of binary64.
    Nan64,
    /// The sign bit of binary32.
    Sign32,
    /// The sign bit of binary64.
    Sign64,
    /// All bits of binary32 but the sign.
    Magnitude32,
    /// All bits of binary64 but the sign.
    Magnitude64,
    /// Ones above a binary32 number.
    Boxed,
    /// 2^32 in binary32.
    Two32F32,
    /// 2^32 in binary64.
    Two32F64,
    /// 2^63 in binary32.
    Two63F32,
    /// 2^63 in binary64.
    Two63F64,
    /// 2^32 − 1 in binary64.
    Most32F64,
    /// The canonical NaN of binary32 below ones.
    BoxedNan32,
}

impl Constant {
    /// How many there are.
    const COUNT: u32 = Self::BoxedNan32 as u32 + 1;

    /// Every constant's bits, by number.
    pub const BITS: [u64; Self::COUNT as usize] = [
        0x7fc0_0000,
        0x7ff8_0000_0000_0000,
        0x8000_0000,
        0x8000_0000_0000_0000,
        0x7fff_ffff,
        0x7fff_ffff_ffff_ffff,
        0xffff_ffff_0000_0000,
        0x4f80_0000,
        0x41f0_0000_0000_0000,
        0x5f00_0000,
        0x43e0_0000_0000_0000,
        0x41ef_ffff_ffe0_0000,
        0xffff_ffff_7fc0_0000,
    ];
}

/// RISC-V's exception flags for each value of the host's six: invalid 1, denormal 2, division by zero 4, overflow 8,
/// underflow 16, inexact 32 become 16, nothing, 8, 4, 2, 1. [Intel SDM vol. 1, 10.2.3; Unpriv. ISA, F, fcsr]
pub const FLAGS: [u8; 64] = {
    let mut table = [0; 64];
    let mut host = 0u8;
    while host < 64 {
        let bit = [host & 1, host >> 2 & 1, host >> 3 & 1, host >> 4 & 1, host >> 5];
        table[host as usize] = bit[0] << 4 | bit[1] << 3 | bit[2] << 2 | bit[3] << 1 | bit[4];
        host += 1;
    }
    table
};

/// Code outside of units, and data, all in the low 2 GiB of the host's address space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stubs {
    /// Leaves by a direct jump that is not linked yet; the site's number in eax.
    pub link: u32,
    /// Leaves by an indirect jump whose target is not in the table; the guest address in rax.
    pub indirect: u32,
    /// Leaves to the interpreter; the guest address in rax.
    pub leave: u32,
    /// The budget does not reach to the unit's end; the guest address in rax.
    pub budget: u32,
    /// Called: runs one instruction by its handler; the guest address in rax.
    pub interpret: u32,
    /// Returned to where the guest does not return to where it was called from, or was called outside: the guest
    /// address in rax.
    pub astray: u32,
    /// Where the fault handler goes on, with the faulting instruction's address in rax.
    pub fault: u32,
    /// The pool of [`Constant`]s.
    pub pool: u32,
    /// Where each thread has its frame, from its fs on.
    pub frame: i32,
}

impl Stubs {
    /// Where [`FLAGS`] begins.
    pub fn flags(&self) -> i32 {
        (self.pool + 16 * Constant::COUNT).cast_signed()
    }

    /// The word at `offset` of the thread's frame, see [`frame`].
    pub fn frame(&self, offset: i32) -> Mem {
        Mem::abs(self.frame + offset).fs()
    }

    /// Where a constant lies.
    pub fn constant(&self, constant: Constant) -> Mem {
        Mem::abs((self.pool + 16 * constant as u32).cast_signed())
    }
}
