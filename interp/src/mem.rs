//! Memory as handlers see it.

pub use memory::fault::Scalar;
pub use memory::mmio::Order;
pub use memory::user::{Access, Fault};

use memory::tlb::{self, SoftMmu};
use memory::user::Space;

/// Why an access was not done, as the hart needs to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The page refuses it.
    Page {
        /// The first byte that could not be reached.
        at: u64,
    },
    /// The page's translation is not known: it is to be looked for, and the access tried again.
    Miss {
        /// The first byte of which that is so.
        at: u64,
    },
    /// It reaches a device, or code that is known, and its instruction does not run alone.
    Alone,
    /// Nothing answers there.
    Bus,
}

impl From<tlb::Refusal> for Refusal {
    fn from(refusal: tlb::Refusal) -> Self {
        match refusal {
            tlb::Refusal::Miss { at } => Self::Miss { at },
            tlb::Refusal::Alone => Self::Alone,
            tlb::Refusal::Bus(_) => Self::Bus,
        }
    }
}

impl From<Fault> for Refusal {
    #[inline(always)]
    fn from(fault: Fault) -> Self {
        Self::Page { at: fault.at }
    }
}

/// Guest memory. An access that fails changes nothing and says which byte could not be reached.
pub trait Memory {
    /// How an access fails.
    type Fault: Into<Refusal> + Copy + std::fmt::Debug;

    /// Reads a value; any alignment.
    ///
    /// # Errors
    /// A fault at the first byte that cannot be read.
    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Self::Fault>;

    /// Writes a value; any alignment.
    ///
    /// # Errors
    /// A fault at the first byte that cannot be written.
    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Self::Fault>;

    /// Writes `new` if the memory holds `old`, in one indivisible step; returns what it held. `at` is
    /// aligned to the size of `T`.
    ///
    /// # Errors
    /// A fault when the bytes cannot be written.
    fn compare_exchange<T: Scalar>(
        &mut self,
        at: u64,
        old: T,
        new: T,
        order: Order,
    ) -> Result<T, Self::Fault>;

    /// Reads a piece of an instruction.
    ///
    /// # Errors
    /// A fault at the first byte that cannot be executed.
    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Self::Fault>;

    /// A number that changes whenever bytes at an executable address may have become different ones
    /// by a change of the map.
    fn code_epoch(&self) -> u64;

    /// Stores made until now are to be seen by instruction fetch, whoever fetches. Memory that nobody keeps
    /// translations of has nothing to do.
    fn code_written(&mut self) {}

    /// Whether addresses are translated: code then lies at physical addresses, and known code that was written is
    /// told by the memory.
    const TRANSLATES: bool = false;

    /// The TLB, of memory that translates.
    #[inline(always)]
    fn mmu(&mut self) -> Option<&mut SoftMmu> {
        None
    }
}

impl<M: Memory> Memory for &mut M {
    type Fault = M::Fault;

    #[inline(always)]
    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, M::Fault> {
        (**self).load(at, order)
    }
    #[inline(always)]
    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), M::Fault> {
        (**self).store(at, value, order)
    }
    #[inline(always)]
    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, M::Fault> {
        (**self).compare_exchange(at, old, new, order)
    }
    #[inline(always)]
    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, M::Fault> {
        (**self).fetch(at, order)
    }
    fn code_epoch(&self) -> u64 {
        (**self).code_epoch()
    }
    fn code_written(&mut self) {
        (**self).code_written();
    }
    const TRANSLATES: bool = M::TRANSLATES;
    #[inline(always)]
    fn mmu(&mut self) -> Option<&mut SoftMmu> {
        (**self).mmu()
    }
}

/// The memory of a Linux program: every access is one host instruction.
impl Memory for Space {
    type Fault = Fault;

    #[inline(always)]
    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        Space::load::<T>(self, at).map(|value| value.ordered(order))
    }
    #[inline(always)]
    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Fault> {
        Space::store(self, at, value.ordered(order))
    }
    #[inline(always)]
    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, Fault> {
        Space::compare_exchange(self, at, old.ordered(order), new.ordered(order)).map(|v| v.ordered(order))
    }
    #[inline(always)]
    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        Space::fetch::<T>(self, at).map(|value| value.ordered(order))
    }
    fn code_epoch(&self) -> u64 {
        Space::code_epoch(self)
    }
    fn code_written(&mut self) {
        Space::code_written(self);
    }
}

/// The memory of a machine, through its TLB.
impl Memory for SoftMmu {
    type Fault = tlb::Refusal;

    #[inline(always)]
    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Self::Fault> {
        Self::load::<T>(self, at).map(|value| value.ordered(order))
    }
    #[inline(always)]
    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Self::Fault> {
        Self::store(self, at, value.ordered(order))
    }
    #[inline(always)]
    fn compare_exchange<T: Scalar>(
        &mut self,
        at: u64,
        old: T,
        new: T,
        order: Order,
    ) -> Result<T, Self::Fault> {
        Self::compare_exchange(self, at, old.ordered(order), new.ordered(order)).map(|v| v.ordered(order))
    }
    #[inline(always)]
    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Self::Fault> {
        Self::fetch::<T>(self, at).map(|value| value.ordered(order))
    }
    /// What changes is told one by one, see `SoftMmu::take_stale`.
    fn code_epoch(&self) -> u64 {
        0
    }
    const TRANSLATES: bool = true;
    #[inline(always)]
    fn mmu(&mut self) -> Option<&mut SoftMmu> {
        Some(self)
    }
}
