//! A CPU's view of an address space through page tables: the software TLB.
//!
//! Who walks page tables is the guest's interpreter. It hands what it found to [`SoftMmu::fill`], and accesses
//! then find the host address of a page with one comparison. What is not in the table, or not allowed there, is a
//! [`Refusal::Miss`]: the walk decides. A refusal is never remembered.
//!
//! Devices and decoded code must see the exact moment of an access, which the middle of a block does not have.
//! Outside alone mode ([`SoftMmu::alone`]) an access to a device, and a store to a line that holds decoded code,
//! are [`Refusal::Alone`]: nothing was done, and the instruction is to be run again by itself.

mod keep;
mod slow;
mod stops;
mod table;

pub use stops::{Stops, Touch, Watch};
pub use table::{ENTRIES, Entry, Table};

use crate::fault::Scalar;
use crate::mmio::BusError;
use crate::ram::RamBlock;
use crate::region::FlatView;
use crate::space::AddressSpace;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why an access was not done. Nothing of it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The page at this address is not known to allow it: walk, fill, and try again.
    Miss {
        /// The first byte of the access in that page.
        at: u64,
    },
    /// Run the instruction again in alone mode.
    Alone,
    /// Nothing answers, or the device refuses.
    Bus(BusError),
}

impl From<BusError> for Refusal {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

/// What a walk found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Any virtual address in the page.
    pub virtual_at: u64,
    /// The physical address behind `virtual_at`.
    pub physical_at: u64,
    /// The size of the page that the walk ended at; less than 12 counts as 12.
    pub log2: u32,
    /// Loads are allowed.
    pub readable: bool,
    /// Stores are allowed, and need no walk to note them.
    pub writable: bool,
    /// Fetches are allowed.
    pub executable: bool,
}

/// A page of 4 KiB in the TLB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cached {
    /// The key it was filled under.
    pub key: u64,
    /// Its virtual address.
    pub virtual_at: u64,
    /// Its physical address.
    pub physical_at: u64,
    /// Loads find it.
    pub readable: bool,
    /// Stores find it.
    pub writable: bool,
    /// Fetches find it.
    pub executable: bool,
}

/// Which kind of access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Reading data.
    Load,
    /// Writing data.
    Store,
    /// Reading code.
    Fetch,
}

/// Tables that are kept for keys that are not current.
const KEPT: usize = 15;

/// An address space as one CPU reaches it.
///
/// `repr(C)`, so that generated code finds the current table: see [`SoftMmu::TABLE`].
#[repr(C)]
pub struct SoftMmu {
    table: Box<Table>,
    /// Tables of other keys, the most recent last.
    kept: Vec<Box<Table>>,
    space: AddressSpace,
    /// What the tables were filled from; keeps mapped whatever they point at.
    view: Arc<FlatView>,
    blocks: Vec<Watched>,
    alone: bool,
    /// A device was reached since this was last asked.
    reached: bool,
    /// The map has changed since the last [`SoftMmu::take_stale`].
    moved: bool,
    notices: stops::Notices,
    time: Arc<AtomicU64>,
}

/// A RAM block and what was seen of it.
struct Watched {
    block: Arc<RamBlock>,
    epoch: u64,
    stale: u64,
}

/// Physical addresses whose decoded code is no longer what is in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stale {
    /// These, often none.
    Ranges(Vec<Range<u64>>),
    /// Any.
    All,
}

impl SoftMmu {
    /// Offset of the pointer to the current [`Table`].
    pub const TABLE: usize = std::mem::offset_of!(Self, table);

    /// An empty TLB on `space` with key 0. The exact time of an access by a lone instruction is put in `time`,
    /// where devices read it.
    pub fn new(space: AddressSpace, time: Arc<AtomicU64>) -> Self {
        let view = space.view();
        let table = Table::new(0);
        let mut mmu = Self {
            table,
            kept: vec![],
            space,
            view,
            blocks: vec![],
            alone: false,
            reached: false,
            moved: false,
            notices: stops::Notices::default(),
            time,
        };
        mmu.watch();
        mmu
    }

    /// The address space.
    pub const fn space(&self) -> &AddressSpace {
        &self.space
    }

    /// The value at `at` in the host's byte order; any alignment.
    ///
    /// # Errors
    /// [`Refusal`].
    #[inline(always)]
    pub fn load<T: Scalar>(&mut self, at: u64) -> Result<T, Refusal> {
        let entry = self.table.entry(at);
        if entry.read.allows::<T>(at) {
            // SAFETY: `fill` made the entry: the page lies in a block of `self.view`, which stays mapped.
            let (value, status) = unsafe { T::load(host(entry), at) };
            if status.is_ok() {
                return Ok(value);
            }
        }
        self.slow_load(at, Kind::Load)
    }

    /// Stores `value` at `at` in the host's byte order; any alignment.
    ///
    /// # Errors
    /// [`Refusal`].
    #[inline(always)]
    pub fn store<T: Scalar>(&mut self, at: u64, value: T) -> Result<(), Refusal> {
        let entry = self.table.entry(at);
        if entry.write.allows::<T>(at) {
            // SAFETY: as in `load`.
            let status = unsafe { T::store(host(entry), at, value) };
            if status.is_ok() {
                return Ok(());
            }
        }
        self.slow_store(at, value)
    }

    /// Replaces the value at `at` by `new` if it is `old`, atomically and with a full barrier, and returns the
    /// value found. `at` is a multiple of the size.
    ///
    /// # Errors
    /// [`Refusal`] as for a store, also where the values differ. Device registers have no such access.
    #[inline(always)]
    pub fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T) -> Result<T, Refusal> {
        let entry = self.table.entry(at);
        if entry.write.allows::<T>(at) {
            // SAFETY: as in `load`.
            let (found, status) = unsafe { T::compare_exchange(host(entry), at, old, new) };
            if status.is_ok() {
                return Ok(found);
            }
        }
        self.slow_compare_exchange(at, old, new)
    }

    /// A piece of an instruction at `at`.
    ///
    /// # Errors
    /// [`Refusal`].
    #[inline(always)]
    pub fn fetch<T: Scalar>(&mut self, at: u64) -> Result<T, Refusal> {
        let entry = self.table.entry(at);
        if entry.execute.allows::<T>(at) {
            // SAFETY: as in `load`.
            let (value, status) = unsafe { T::load(host(entry), at) };
            if status.is_ok() {
                return Ok(value);
            }
        }
        self.slow_load(at, Kind::Fetch)
    }

    /// The physical address behind `at`, if the page is known to allow the access.
    ///
    /// # Errors
    /// [`Refusal::Miss`], and [`Refusal::Alone`] for code in a page with breakpoints.
    #[inline]
    pub fn physical(&mut self, at: u64, kind: Kind) -> Result<u64, Refusal> {
        self.find(at, kind)
    }

    /// Whether `at` is known to be writable and something other than memory.
    #[inline]
    pub fn is_register(&self, at: u64) -> bool {
        self.table.entry(at).write.flags(at).is_some_and(|flags| flags & table::Tag::DEVICE != 0)
    }

    /// Whether an access reached a device since this was last asked. A lone instruction may instead have written
    /// known code, which is no business of the machine's.
    pub const fn take_reached(&mut self) -> bool {
        std::mem::replace(&mut self.reached, false)
    }

    /// While `Some`, accesses to devices and stores to code are done; devices see this time.
    pub fn alone(&mut self, time: Option<u64>) {
        self.alone = time.is_some();
        if let Some(time) = time {
            self.time.store(time, Ordering::Relaxed);
        }
    }
}

/// What a virtual address in the entry's page is added to for its host address.
#[inline(always)]
fn host(entry: &Entry) -> *mut u8 {
    ptr::with_exposed_provenance_mut(crate::addr::host_size(entry.addend))
}

#[cfg(test)]
mod tests;
