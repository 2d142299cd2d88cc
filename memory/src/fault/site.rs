//! The host instructions that touch guest memory, each with its fix-up.
//!
//! `label` operands beside outputs are not stable in the compiler we build with, so the handler
//! reports through `rdx`, which is zero when the instruction starts and not zero after a fault.
//!
//! Each access is one instruction: it moves all of its bytes or none, also across a page boundary,
//! because the processor checks both pages before it writes. [Intel SDM vol. 3, 6.5 and 6.6: faults
//! are reported with the state from before the instruction]

use std::arch::asm;

/// Whether and where an access faulted, as the handler leaves it in the accessor's register.
///
/// Zero means that no fault happened. Otherwise bit 62 is set, bit 63 tells a SIGBUS from a
/// SIGSEGV, and the rest is the host address.
#[derive(Clone, Copy)]
pub struct Status(u64);

impl Status {
    const FAULTED: u64 = 1 << 62;
    const BUS: u64 = 1 << 63;

    /// What the handler stores for a fault at host address `at`.
    pub const fn fault(at: u64, bus: bool) -> Self {
        let kind = if bus { Self::FAULTED | Self::BUS } else { Self::FAULTED };
        Self(at & !(Self::FAULTED | Self::BUS) | kind)
    }

    /// Whether the access was done.
    #[inline(always)]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// The register's value.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The host address that faulted; meaningless if [`Status::is_ok`].
    pub const fn host(self) -> u64 {
        self.0 & !(Self::FAULTED | Self::BUS)
    }

    /// Whether the mapping exists but has nothing behind it (SIGBUS), such as a file cut short.
    pub const fn bus(self) -> bool {
        self.0 & Self::BUS != 0
    }
}

/// The entry for the instruction at label 2, which resumes at label 3. Offsets are relative to
/// their own place, so the table needs no relocation at load time. `R` keeps the linker from
/// dropping entries that nothing refers to.
macro_rules! fixup {
    () => {
        ".pushsection strata_fixups,\"aR\",@progbits
         .balign 4
         .long 2b - .
         .long 3b - .
         .popsection"
    };
}

/// The instructions behind [`super::Scalar`].
///
/// The promise all three functions share: `base + at` need not be mapped, but must lie in address
/// space that holds guest memory or nothing at all; no Rust object may live there. The handler
/// must be installed, or a fault kills the process.
pub trait Raw: Sized {
    /// Bytes in the value.
    const SIZE: u64;

    /// The value at `base + at`, in host byte order; meaningless unless the status is ok.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn load(base: *const u8, at: u64) -> (Self, Status);

    /// Writes `value` to `base + at`; nothing is written if the status is not ok.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn store(base: *mut u8, at: u64, value: Self) -> Status;

    /// Writes `new` to `base + at` if `old` is there, in one atomic step and as a full barrier;
    /// what was found, meaningless unless the status is ok.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn compare_exchange(base: *mut u8, at: u64, old: Self, new: Self) -> (Self, Status);
}

macro_rules! raw {
    // type, memory operand, load, register view of the loaded value, class and view of a stored
    // value, accumulator
    ($($t:ty, $mem:literal, $load:literal, $wide:ty, $class:ident, $view:literal, $acc:tt;)*) => { $(
        impl Raw for $t {
            const SIZE: u64 = size_of::<$t>() as u64;

            #[inline(always)]
            #[allow(clippy::cast_possible_truncation, reason = "the load has zero-extended the value")]
            unsafe fn load(base: *const u8, at: u64) -> (Self, Status) {
                let value: $wide;
                let status: u64;
                // SAFETY: the caller keeps the trait's promise; the instruction writes registers
                // only, and after a fault the handler resumes at 3 with `rdx` set.
                unsafe {
                    asm!(
                        concat!("2: ", $load, ", ", $mem, " ptr [{base} + {at}]"),
                        "3:",
                        fixup!(),
                        value = lateout(reg) value,
                        base = in(reg) base,
                        at = in(reg) at,
                        inout("rdx") 0u64 => status,
                        options(nostack, preserves_flags, readonly)
                    );
                }
                (value as $t, Status(status))
            }

            #[inline(always)]
            unsafe fn store(base: *mut u8, at: u64, value: Self) -> Status {
                let status: u64;
                // SAFETY: the caller keeps the trait's promise, so no Rust object changes; after a
                // fault nothing was written and the handler resumes at 3 with `rdx` set.
                unsafe {
                    asm!(
                        concat!("2: mov ", $mem, " ptr [{base} + {at}], {value", $view, "}"),
                        "3:",
                        fixup!(),
                        value = in($class) value,
                        base = in(reg) base,
                        at = in(reg) at,
                        inout("rdx") 0u64 => status,
                        options(nostack, preserves_flags)
                    );
                }
                Status(status)
            }

            #[inline(always)]
            unsafe fn compare_exchange(base: *mut u8, at: u64, old: Self, new: Self) -> (Self, Status) {
                let found: $t;
                let status: u64;
                // SAFETY: as for a store; the accumulator keeps `old` after a fault.
                unsafe {
                    asm!(
                        concat!("2: lock cmpxchg ", $mem, " ptr [{base} + {at}], {new", $view, "}"),
                        "3:",
                        fixup!(),
                        new = in($class) new,
                        base = in(reg) base,
                        at = in(reg) at,
                        inout($acc) old => found,
                        inout("rdx") 0u64 => status,
                        options(nostack)
                    );
                }
                (found, Status(status))
            }
        }
    )* };
}

raw! {
    u8,  "byte",  "movzx {value:e}", u32, reg_byte, "",   "al";
    u16, "word",  "movzx {value:e}", u32, reg,      ":x", "ax";
    u32, "dword", "mov {value:e}",   u32, reg,      ":e", "eax";
    u64, "qword", "mov {value:r}",   u64, reg,      ":r", "rax";
}

/// Copies `len` bytes upwards and says how many were *not* copied; zero if the status is ok.
///
/// # Safety
/// One side is valid for `len` bytes as a Rust slice, the other as [`Raw`] promises, and they do
/// not overlap.
#[inline]
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> (usize, Status) {
    let left: usize;
    let status: u64;
    // SAFETY: the caller's promise. `rep movsb` keeps its progress in rcx, rsi and rdi when it
    // faults, and the direction flag is clear on entry to inline assembly.
    unsafe {
        asm!(
            "2: rep movsb",
            "3:",
            fixup!(),
            inout("rcx") len => left,
            inout("rsi") from => _,
            inout("rdi") to => _,
            inout("rdx") 0u64 => status,
            options(nostack, preserves_flags)
        );
    }
    (left, Status(status))
}
