//! The process's one SIGSEGV and SIGBUS handler, and the accessors it serves.
//!
//! Guest memory is touched only by the host instructions in `site`. Each of them leaves an entry
//! in the linker section `strata_fixups`: where the instruction is, and where to go on if it
//! faults. The handler looks the faulting program counter up in that table, puts the host address
//! into the register the accessor zeroed beforehand, and resumes; the accessor tests the register.
//! An access that succeeds so pays one `xor`, one `test` and a branch that is never taken.
//!
//! A signal that somebody sent is handed to whoever asked for it with [`on_sent`].
//!
//! A fault anywhere else is a bug of ours: the action that was there before is restored and the
//! instruction runs again, so that the process dies of the true signal with a true core.
//!
//! Two duties fall on callers: SIGSEGV and SIGBUS must stay unblocked in every thread that touches
//! guest memory (the kernel kills a process that faults with the signal blocked), and nobody else
//! may install an action for them. Generated code has ranges of its own ([`register`]).

mod handler;
mod range;
mod site;
mod stack;
mod table;

#[cfg(test)]
mod tests;

pub use handler::{Handler, InstallError, install, on_sent};
pub use range::{CodeRange, register};
pub use stack::on_this_thread;

pub(crate) use site::{Raw, Status, copy};

/// An integer a guest access can move in one host instruction: `u8`, `u16`, `u32`, `u64`.
///
/// Sealed: an implementation is a promise about host instructions.
pub trait Scalar: Raw + Copy + Eq + std::fmt::Debug {}
impl Scalar for u8 {}
impl Scalar for u16 {}
impl Scalar for u32 {}
impl Scalar for u64 {}
