//! An address space: a root region seen flat, and the accesses of devices, loaders and debuggers to it.

mod access;

use crate::fault::Scalar;
use crate::mmio::{BusError, Order};
use crate::ram::{GuestRam, RamPart};
use crate::region::{FlatRange, FlatView, Leaf, Map, Region};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::sync::Arc;
use vm_memory::GuestMemoryAtomic;

/// An address space. Clones are the same space.
#[derive(Clone)]
pub struct AddressSpace {
    shared: Arc<Shared>,
}

/// What a listener is told after a change: first all removals, then all additions, each ascending. A range that
/// changed in any way is removed and added.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// Is no longer seen.
    Removed(&'a FlatRange),
    /// Is now seen.
    Added(&'a FlatRange),
}

type Listener = Box<dyn Fn(Event<'_>) + Send + Sync>;

/// What the clones share.
pub(crate) struct Shared {
    name: String,
    root: Region,
    view: ArcSwap<FlatView>,
    ram: GuestMemoryAtomic<GuestRam>,
    listeners: Mutex<Vec<Arc<Listener>>>,
}

impl Shared {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn root(&self) -> Region {
        self.root
    }

    pub(crate) fn view(&self) -> Arc<FlatView> {
        self.view.load_full()
    }

    /// Shows another view. The old one, unless nothing differs.
    pub(crate) fn show(&self, view: FlatView) -> Option<Arc<FlatView>> {
        let old = self.view();
        let same = old.ranges().len() == view.ranges().len()
            && old.ranges().iter().zip(view.ranges()).all(|(old, new)| old.same(new));
        if same {
            return None;
        }
        let parts = view.ranges().iter().filter_map(ram_part).collect();
        // Flat ranges ascend and do not overlap, which is all that vm-memory asks.
        let ram = GuestRam::from_regions(parts).unwrap_or_default();
        self.view.store(Arc::new(view));
        self.ram.lock().unwrap_or_else(std::sync::PoisonError::into_inner).replace(ram);
        Some(old)
    }

    /// Tells the listeners what differs from `old`.
    pub(crate) fn tell(&self, old: &FlatView) {
        let new = self.view();
        let gone =
            |range: &&FlatRange, from: &FlatView| !from.find(range.start).is_some_and(|r| r.same(range));
        for listener in self.listeners.lock().clone() {
            old.ranges().iter().filter(|r| gone(r, &new)).for_each(|r| listener(Event::Removed(r)));
            new.ranges().iter().filter(|r| gone(r, old)).for_each(|r| listener(Event::Added(r)));
        }
    }
}

/// What a device may reach directly of `range`.
fn ram_part(range: &FlatRange) -> Option<RamPart> {
    match &range.leaf {
        Leaf::Ram(block) if !range.read_only => {
            RamPart::new(block.clone(), range.offset, range.start, range.left(range.start, u64::MAX))
        }
        _ => None,
    }
}

impl From<Arc<Shared>> for AddressSpace {
    fn from(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl AddressSpace {
    /// The address space that shows `root` of `map`.
    pub fn new(map: &Map, root: Region, name: &str) -> Self {
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            root,
            view: ArcSwap::from_pointee(FlatView::default()),
            ram: GuestMemoryAtomic::new(GuestRam::default()),
            listeners: Mutex::default(),
        });
        map.add_space(&shared);
        Self { shared }
    }

    /// Its name in `info mtree`.
    pub fn name(&self) -> &str {
        self.shared.name()
    }

    /// What is seen now. A later change makes another view.
    pub fn view(&self) -> Arc<FlatView> {
        self.shared.view()
    }

    /// Whether `view` is what is seen now.
    pub(crate) fn shows(&self, view: &Arc<FlatView>) -> bool {
        Arc::ptr_eq(&self.shared.view.load(), view)
    }

    /// The writable RAM as vm-memory has it, for virtqueues. It follows changes.
    pub fn guest_memory(&self) -> GuestMemoryAtomic<GuestRam> {
        self.shared.ram.clone()
    }

    /// Tells `listener` of every range there is, and from now on of every change. It runs on the thread that
    /// makes the change, when the change is done.
    pub fn listen(&self, listener: impl Fn(Event<'_>) + Send + Sync + 'static) {
        self.view().ranges().iter().for_each(|range| listener(Event::Added(range)));
        self.shared.listeners.lock().push(Arc::new(Box::new(listener)));
    }

    /// Fills `into` from `at`. Registers are read as bytes, in the widest accesses that device and alignment allow.
    ///
    /// # Errors
    /// The first error met; all the rest is read nevertheless, and what nothing answered for is zero.
    pub fn read(&self, at: u64, into: &mut [u8]) -> Result<(), BusError> {
        self.shared.view.load().read(at, into)
    }

    /// Writes `from` at `at`. Registers are written as by [`AddressSpace::read`].
    ///
    /// # Errors
    /// The first error met; all the rest is written nevertheless. ROM answers [`BusError::Decode`].
    pub fn write(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.shared.view.load().write(at, from)
    }

    /// Writes `from` at `at` to RAM, ROM and flash alike, without any device taking notice: what a loader and a
    /// debugger's breakpoints need. Registers are left alone.
    ///
    /// # Errors
    /// As [`AddressSpace::write`].
    pub fn write_rom(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.shared.view.load().write_rom(at, from)
    }

    /// The value at `at`, in `order`; any alignment that the place allows.
    ///
    /// # Errors
    /// [`BusError::Decode`] in a hole, and as the place answers.
    pub fn load<T: Scalar>(&self, at: u64, order: Order) -> Result<T, BusError> {
        self.shared.view.load().load(at, order)
    }

    /// Stores `value`, in `order`, at `at`; any alignment that the place allows.
    ///
    /// # Errors
    /// [`BusError::Decode`] in a hole and in ROM, and as the place answers.
    pub fn store<T: Scalar>(&self, at: u64, value: T, order: Order) -> Result<(), BusError> {
        self.shared.view.load().store(at, value, order)
    }

    /// Replaces the value at `at` in RAM by `new` if it is `old`, both in `order`, atomically; the value found.
    ///
    /// # Errors
    /// [`BusError::Decode`] in a hole and in ROM, [`BusError::Device`] where no RAM is.
    pub fn compare_exchange<T: Scalar>(&self, at: u64, old: T, new: T, order: Order) -> Result<T, BusError> {
        self.shared.view.load().compare_exchange(at, old, new, order)
    }
}

/// Accesses whose error nobody can be told of.
pub trait IgnoreFault<T> {
    /// The value, or zero where nothing answered.
    fn ignore_fault(self) -> T;
}

impl<T: Default> IgnoreFault<T> for Result<T, BusError> {
    fn ignore_fault(self) -> T {
        self.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
