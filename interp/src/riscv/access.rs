//! Loads, stores and fetches of a hart: what becomes of an access that memory refuses.

use super::hart::Rv;
use super::walk::{self, Found, Leaf, Walk};
use crate::mem::{Memory, Order, Refusal, Scalar};
use crate::{Flow, Hart};
use memory::addr::PAGE;
use memory::tlb::{Kind, Refusal as Missed};
use spec::riscv::Trap;
use spec::riscv::system::{cpu::Features, csr};

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

const fn size<T>() -> u64 {
    size_of::<T>() as u64
}

/// Most pages that one access is walked for: two, each found and lost again once.
const WALKS: usize = 4;

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Reads `at`.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn read<T: Scalar>(&mut self, at: u64) -> Result<T, Flow> {
        if self.refuses::<T>(at) {
            return Err(self.raise(Trap::LoadMisaligned { at }));
        }
        self.access(at, size::<T>(), Purpose::Load, |h| h.mem.load::<T>(at, Order::Little))
    }

    /// Writes `at`.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn write<T: Scalar>(&mut self, at: u64, value: T) -> Result<(), Flow> {
        if self.refuses::<T>(at) {
            return Err(self.raise(Trap::StoreMisaligned { at }));
        }
        self.access(at, size::<T>(), Purpose::Store, |h| h.mem.store::<T>(at, value, Order::Little))
    }

    /// Reads what is to be written, so that a failure is a store's. Device registers know no atomic operation: they
    /// are not read either, since reading may change them. [Priv. ISA, physical memory attributes, AMONone]
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn read_to_write<T: Scalar>(&mut self, at: u64) -> Result<T, Flow> {
        self.access(at, size::<T>(), Purpose::Store, |h| {
            if M::TRANSLATES && h.mem.mmu().is_some_and(|mmu| mmu.is_register(at)) {
                return h.mem.compare_exchange(at, T::from_low(0), T::from_low(0), Order::Little);
            }
            h.mem.load::<T>(at, Order::Little)
        })
    }

    /// Writes `new` where `old` is found; returns what was found.
    ///
    /// # Errors
    /// What the handler is to return.
    #[inline(always)]
    pub(super) fn exchange<T: Scalar>(&mut self, at: u64, old: T, new: T) -> Result<T, Flow> {
        self.access(at, size::<T>(), Purpose::Store, |h| h.mem.compare_exchange(at, old, new, Order::Little))
    }

    /// Reads an instruction, or half of one.
    ///
    /// # Errors
    /// The trap of the fetch.
    #[inline(always)]
    pub(super) fn fetched<T: Scalar>(&mut self, at: u64) -> Result<T, Trap> {
        self.access(at, size::<T>(), Purpose::Fetch, |h| h.mem.fetch::<T>(at, Order::Little)).map_err(|_| {
            // Instructions are not fetched from devices. [Priv. ISA, physical memory attributes]
            self.trap.take().unwrap_or(Trap::InstructionAccessFault { at })
        })
    }

    /// Whether the CPU model traps an access because it is not aligned.
    #[inline(always)]
    fn refuses<T: Scalar>(&self, at: u64) -> bool {
        M::TRANSLATES
            && !at.is_multiple_of(size::<T>())
            && !Features(self.state.sys.features).has(Features::MISALIGNED)
    }

    #[inline(always)]
    fn access<T>(
        &mut self,
        at: u64,
        size: u64,
        purpose: Purpose,
        access: impl Fn(&mut Self) -> Result<T, M::Fault>,
    ) -> Result<T, Flow> {
        match access(self) {
            Ok(value) => Ok(value),
            Err(fault) => match fault.into() {
                // A program knows no other refusal: what follows is not compiled for it.
                Refusal::Page { at } => Err(self.raise(purpose.page_fault(at))),
                refusal => self.again((at, size), refusal, purpose, access),
            },
        }
    }

    /// Translates and tries again, or says what the handler returns.
    #[cold]
    #[inline(never)]
    fn again<T>(
        &mut self,
        (at, size): (u64, u64),
        mut refusal: Refusal,
        purpose: Purpose,
        access: impl Fn(&mut Self) -> Result<T, M::Fault>,
    ) -> Result<T, Flow> {
        let mut parts = [None; WALKS];
        let mut result = Err(Flow::Alone);
        for part in &mut parts {
            let missed = match refusal {
                Refusal::Alone => break,
                Refusal::Page { at } => return Err(self.raise(purpose.page_fault(at))),
                Refusal::Bus => {
                    result = Err(self.raise(purpose.access_fault(at)));
                    break;
                }
                Refusal::Miss { at } => at,
            };
            match self.translate(missed, size, purpose) {
                Ok(found) => *part = (!found.whole).then_some(missed),
                Err(trap) => {
                    result = Err(self.raise(trap));
                    break;
                }
            }
            match access(self) {
                Ok(value) => {
                    result = Ok(value);
                    break;
                }
                Err(fault) => refusal = fault.into(),
            }
        }
        // What holds for a part of a page only is not kept.
        for missed in parts.into_iter().flatten() {
            if let Some(mmu) = self.mem.mmu() {
                mmu.flush_page(missed);
            }
        }
        result
    }

    /// Walks for `at` and puts what is found into the TLB. The access has up to `size` bytes.
    ///
    /// # Errors
    /// The trap that the access raises.
    pub(super) fn translate(&mut self, at: u64, size: u64, purpose: Purpose) -> Result<Found, Trap> {
        let Some(mmu) = self.mem.mmu() else { return Err(purpose.access_fault(at)) };
        let len = size.min(PAGE - at % PAGE);
        let walk = Walk { sys: &self.state.sys, xlen: X::XLEN, space: mmu.space() };
        match walk.translate(at, len, purpose) {
            Ok(found) => {
                mmu.fill(found.mapping);
                Ok(found)
            }
            Err(refused) if refused.is_access() => Err(purpose.access_fault(at)),
            Err(_) => Err(purpose.page_fault(at)),
        }
    }

    /// Accesses go by the translations and rights of the state from now on.
    pub(super) fn retranslate(&mut self) {
        let key = walk::key(&self.state.sys, X::XLEN);
        if let Some(mmu) = self.mem.mmu() {
            mmu.switch(key);
        }
    }

    /// Where `at` lies for a debugger, which needs no rights and leaves no trace.
    pub fn peek_place(&mut self, at: u64) -> Option<u64> {
        let mmu = self.mem.mmu()?;
        Walk { sys: &self.state.sys, xlen: X::XLEN, space: mmu.space() }.peek(at)
    }

    /// Gives each page that the page tables map to `each`, and says whether those were all; `None` without translation.
    pub fn mappings(&mut self, each: &mut dyn FnMut(Leaf)) -> Option<bool> {
        let mmu = self.mem.mmu()?;
        Walk { sys: &self.state.sys, xlen: X::XLEN, space: mmu.space() }.leaves(each)
    }

    /// A control register as machine mode reads it; `None` if there is none of this number.
    pub fn control(&self, number: u16) -> Option<u64> {
        let row = csr::row(number, X::XLEN)?;
        Some(X::unsigned(super::csr::read(self, row, number.into())))
    }

    /// Writes a control register as machine mode does; false where there is none, or it is read-only.
    pub fn set_control(&mut self, number: u16, value: u64) -> bool {
        let Some(row) = csr::row(number, X::XLEN).filter(|row| !row.read_only()) else { return false };
        super::csr::write(self, row, number.into(), value);
        true
    }

    /// Where the code at `pc` lies, or `None` where a block must not be made of it.
    ///
    /// # Errors
    /// The trap that fetching there raises.
    pub(super) fn code_place(&mut self, pc: u64) -> Result<Option<u64>, Trap> {
        let at = X::unsigned(pc);
        let Some(mmu) = self.mem.mmu() else { return Ok(Some(pc)) };
        match mmu.physical(at, Kind::Fetch) {
            Ok(place) => Ok(Some(place)),
            Err(Missed::Alone) => Ok(None),
            Err(_) => {
                let found = self.translate(at, 2, Purpose::Fetch)?;
                let Some(mmu) = self.mem.mmu() else { return Ok(None) };
                if !found.whole {
                    mmu.flush_page(at);
                }
                let whole = found.whole && !mmu.holds_breaks(at);
                Ok(whole.then_some(found.mapping.physical_at))
            }
        }
    }
}
