//! Loads, stores and fetches of a hart: what becomes of an access that memory refuses.

use super::hart::Rv;
use crate::mem::{Memory, Order, Refusal, Scalar};
use crate::{Flow, Hart};
use spec::riscv::Trap;

/// What an access is for, which decides the trap of one that fails. [Priv. ISA, mcause]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Read an instruction.
    Fetch,
    /// Read data.
    Load,
    /// Write data, or read and write it.
    Store,
}

impl Purpose {
    /// The page does not let it be done.
    pub fn page_fault(self, at: u64) -> Trap {
        match self {
            Self::Fetch => Trap::InstructionFault { at },
            Self::Load => Trap::LoadFault { at },
            Self::Store => Trap::StoreFault { at },
        }
    }

    /// The bus or physical memory protection does not.
    pub fn access_fault(self, at: u64) -> Trap {
        match self {
            Self::Fetch => Trap::InstructionAccessFault { at },
            Self::Load => Trap::LoadAccessFault { at },
            Self::Store => Trap::StoreAccessFault { at },
        }
    }
}

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Reads `at`.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn read<T: Scalar>(&mut self, at: u64) -> Result<T, Flow> {
        match self.mem.load::<T>(at, Order::Little) {
            Ok(value) => Ok(value),
            Err(fault) => self.again(fault, Purpose::Load, |h| h.mem.load::<T>(at, Order::Little)),
        }
    }

    /// Writes `at`.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn write<T: Scalar>(&mut self, at: u64, value: T) -> Result<(), Flow> {
        match self.mem.store::<T>(at, value, Order::Little) {
            Ok(()) => Ok(()),
            Err(fault) => self.again(fault, Purpose::Store, |h| h.mem.store::<T>(at, value, Order::Little)),
        }
    }

    /// Reads what is to be written, so that a failure is a store's.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn read_to_write<T: Scalar>(&mut self, at: u64) -> Result<T, Flow> {
        match self.mem.load::<T>(at, Order::Little) {
            Ok(value) => Ok(value),
            Err(fault) => self.again(fault, Purpose::Store, |h| h.mem.load::<T>(at, Order::Little)),
        }
    }

    /// Writes `new` where `old` is found; returns what was found.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn exchange<T: Scalar>(&mut self, at: u64, old: T, new: T) -> Result<T, Flow> {
        match self.mem.compare_exchange(at, old, new, Order::Little) {
            Ok(found) => Ok(found),
            Err(fault) => {
                self.again(fault, Purpose::Store, |h| h.mem.compare_exchange(at, old, new, Order::Little))
            }
        }
    }

    /// Reads half of an instruction, or all of a short one.
    ///
    /// # Errors
    /// The trap of the fetch.
    pub(super) fn fetch_half(&mut self, at: u64) -> Result<u16, Trap> {
        let fetch = |h: &mut Self| h.mem.fetch::<u16>(at, Order::Little);
        fetch(self).or_else(|fault| self.again(fault, Purpose::Fetch, fetch)).map_err(|_| {
            // Instructions are not fetched from devices. [Priv. ISA, physical memory attributes]
            self.trap.take().unwrap_or(Trap::InstructionAccessFault { at })
        })
    }

    /// An access was refused: translates and tries again, or says what the handler returns.
    #[inline(always)]
    fn again<T>(
        &mut self,
        fault: M::Fault,
        purpose: Purpose,
        retry: impl Fn(&mut Self) -> Result<T, M::Fault>,
    ) -> Result<T, Flow> {
        match fault.into() {
            // A program knows no other refusal: what follows is not compiled for it.
            Refusal::Page { at } => Err(self.raise(purpose.page_fault(at))),
            Refusal::Alone => Err(Flow::Alone),
            Refusal::Bus { at } | Refusal::Miss { at } => {
                let _ = retry;
                Err(self.raise(purpose.access_fault(at)))
            }
        }
    }
}
