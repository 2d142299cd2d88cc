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

use crate::mmio::Order;
use spec::bits::Low;

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
pub trait Scalar: Raw + Copy + Eq + Into<u64> + std::fmt::Debug {
    /// Between the host's order, little-endian, and `order`.
    #[must_use]
    fn ordered(self, order: Order) -> Self;
    /// The low bits of `value`.
    fn from_low(value: u64) -> Self;
}

macro_rules! scalar {
    ($($t:ty: $low:ident)*) => { $(impl Scalar for $t {
        #[inline(always)]
        fn ordered(self, order: Order) -> Self {
            match order {
                Order::Little => self.to_le(),
                Order::Big => self.to_be(),
            }
        }
        #[inline(always)]
        fn from_low(value: u64) -> Self {
            value.$low()
        }
    })* };
}
scalar!(u8: low8 u16: low16 u32: low32 u64: low64);
