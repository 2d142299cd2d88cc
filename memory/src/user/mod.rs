//! The address space of one guest program.
//!
//! A [`Space`] is one reserved window of host address space. A guest address is an offset into it,
//! so guest addresses are the same in every run, several programs fit in one process, and one
//! compare with the limit keeps the guest away from everything else. Pages are host pages with the
//! guest's protection: an access is one host instruction, and what may not be accessed faults in
//! hardware and comes back as a [`Fault`].
//!
//! A space survives `fork` as any private and shared mappings do. Left out: guests whose pages are
//! not 4096 bytes; stores to pages that hold translated code are not noticed.

mod access;
mod bulk;
mod error;
mod exec;
mod host;
mod map;
mod prot;
mod region;
mod remap;
mod segment;

#[cfg(test)]
mod tests;

pub use error::{Access, Fault, MapError, SpaceError, StrFault};
pub use exec::CodeChange;
pub use map::{Backing, MapKind, Placement};
pub use prot::Prot;
pub use region::{FileId, FilePart, Region};
pub use remap::Move;
pub use segment::Segment;

use crate::addr::{PAGE, host_size, on_page, page_down};
use exec::ExecCache;
use host::Window;
use region::Regions;
use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The address space of one guest program: a handle, of which each of its threads has a clone.
///
/// Accesses and changes may come from many threads. An access that races with a change of its page
/// sees the page before, the page after, or a fault.
#[derive(Clone)]
pub struct Space {
    /// First guest address that is refused without a look.
    limit: u64,
    /// Host address of guest address 0: the window's, here for the sake of speed.
    base: *mut u8,
    shared: Arc<Shared>,
}

/// What others keep for a space.
type Companion = Arc<dyn Any + Send + Sync>;

/// The one of this type.
fn known<T: Any + Send + Sync>(all: &[Companion]) -> Option<Arc<T>> {
    all.iter().find_map(|one| one.clone().downcast().ok())
}

/// What the handles of a space share. The window goes with the last of them.
struct Shared {
    window: Window,
    exec: ExecCache,
    /// See [`Space::is_private`].
    private: AtomicBool,
    /// Also held over every change of the host's mappings, so that both stay in step.
    regions: Mutex<Regions>,
    /// What others keep for this space, at most one of a type.
    companions: Mutex<Vec<Companion>>,
    /// Forks that have led from the process that made the space to this one.
    forks: AtomicU64,
    /// Held by who must not be cut in two by a fork.
    steady: Mutex<()>,
    /// Where anonymous placement starts its search, downwards.
    mmap_top: u64,
    journal: Journal,
}

/// What was done to a space from outside its guest, as ranges of guest addresses in the order in which it was
/// done: by system calls and loaders. Loads and stores of the guest are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Mapped, unmapped or moved: what was there is gone.
    pub mapped: Vec<Range<u64>>,
    /// Protected otherwise; the contents are the same.
    pub protected: Vec<Range<u64>>,
    /// Written, or shown to the host's kernel, which may have written it.
    pub written: Vec<Range<u64>>,
}

/// Keeps [`Changes`] while somebody wants them.
#[derive(Default)]
struct Journal {
    on: AtomicBool,
    list: Mutex<Changes>,
}

impl Journal {
    fn note(&self, start: u64, end: u64, list: impl FnOnce(&mut Changes) -> &mut Vec<Range<u64>>) {
        if self.on.load(Ordering::Relaxed) && start < end {
            list(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner)).push(start..end);
        }
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space").field("limit", &self.limit).finish_non_exhaustive()
    }
}

// SAFETY: both pointers are to guest memory, which no Rust reference ever names: it is read and
// written only by single host instructions, racing as the guest's threads race. It is unmapped only
// when the last handle goes. Everything else in it is Send and Sync.
unsafe impl Send for Space {}
// SAFETY: as above; changes of the mappings hold the lock on `regions`.
unsafe impl Sync for Space {}
// SAFETY: as above.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Space {
    /// One past the highest user address of RISC-V's Sv39 paging, less a guard page.
    pub const SV39_TOP: u64 = (1 << 38) - PAGE;

    /// A space of as many bytes as the host has room for: 2^46, 2^44, 2^42, 2^40 or 2^39.
    ///
    /// Mappings without a wish for an address are placed downwards from `mmap_top` (rounded down
    /// to a page; the limit if that is lower). Installs the fault handler.
    ///
    /// # Errors
    /// [`SpaceError::Window`] if the host has no room, [`SpaceError::Handler`] if faults cannot be
    /// caught.
    pub fn new(mmap_top: u64) -> Result<Self, SpaceError> {
        Self::new_at(None, mmap_top)
    }

    /// The same with guest address 0 at this host address, a whole page.
    ///
    /// # Errors
    /// As [`Space::new`], and [`SpaceError::Base`] if that cannot be.
    pub fn new_at(base: Option<u64>, mmap_top: u64) -> Result<Self, SpaceError> {
        let mut made = Self::with_window_at(base, 1 << 46, mmap_top);
        for bits in [44, 42, 40, 39] {
            if matches!(made, Err(SpaceError::Window { .. } | SpaceError::Base { .. })) {
                made = Self::with_window_at(base, 1 << bits, mmap_top);
            }
        }
        made
    }

    /// A space of 4 GiB for a guest with 32-bit addresses, placed downwards from two pages below
    /// the end, so that no mapping's address looks like an error number.
    ///
    /// # Errors
    /// As [`Space::new`].
    pub fn new_32() -> Result<Self, SpaceError> {
        Self::with_window(1 << 32, (1 << 32) - 2 * PAGE)
    }

    /// A space of exactly `bytes` bytes, a whole number of pages.
    ///
    /// # Errors
    /// As [`Space::new`], and [`SpaceError::Size`] if `bytes` is zero or not whole pages.
    pub fn with_window(bytes: u64, mmap_top: u64) -> Result<Self, SpaceError> {
        Self::with_window_at(None, bytes, mmap_top)
    }

    /// The same with guest address 0 at this host address, a whole page.
    ///
    /// # Errors
    /// As [`Space::with_window`], and [`SpaceError::Base`] if that cannot be.
    pub fn with_window_at(base: Option<u64>, bytes: u64, mmap_top: u64) -> Result<Self, SpaceError> {
        if bytes == 0 || !on_page(bytes) {
            return Err(SpaceError::Size { bytes });
        }
        crate::fault::install()?;
        let window = Window::reserve(bytes, base)?;
        let base = window.base();
        let mmap_top = page_down(mmap_top).min(bytes);
        let shared = Shared {
            window,
            exec: ExecCache::default(),
            private: AtomicBool::new(true),
            regions: Mutex::default(),
            companions: Mutex::new(vec![]),
            forks: AtomicU64::new(0),
            steady: Mutex::default(),
            mmap_top,
            journal: Journal::default(),
        };
        Ok(Self { limit: bytes, base, shared: Arc::new(shared) })
    }

    /// One past the last guest address there is.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Where placement of mappings starts its search, downwards.
    pub fn mmap_top(&self) -> u64 {
        self.shared.mmap_top
    }

    /// A number that grows whenever executable memory is mapped, unmapped or reprotected:
    /// whatever was decoded under a lower one may be stale. Stores into executable pages do not
    /// change it.
    #[inline]
    pub fn code_epoch(&self) -> u64 {
        self.shared.exec.epoch()
    }

    /// Opens a new code epoch: instructions have been written, and every thread is to see them.
    pub fn code_written(&self) {
        let _regions = self.lock();
        self.shared.exec.change(CodeChange::Written);
    }

    /// Opens a new code epoch if any of `start..end` may be executed: its pages have been given back to the host, so
    /// that they hold what their object holds.
    pub fn discarded(&self, start: u64, end: u64) {
        let regions = self.lock();
        if regions.any_exec(start, end) {
            self.shared.exec.change(CodeChange::Mapped(start, end));
        }
    }

    /// The code epoch, and what opened the epochs after `since`; `None` if that is too long ago to be remembered.
    pub fn code_changes(&self, since: u64) -> (u64, Option<Vec<CodeChange>>) {
        let _regions = self.lock();
        self.shared.exec.changes(since)
    }

    /// Whether the bytes of `start..end` can change without a new code epoch but by [`Space::code_written`]: a
    /// program may store to them, or they are an object's that it may reach at another address.
    pub fn is_changeable(&self, start: u64, end: u64) -> bool {
        self.lock().overlapping(start, end).any(|r| r.shared || r.prot.contains(Prot::WRITE))
    }

    /// Whether one thread alone has reached this memory as far as is known: there was never another, nor a shared
    /// mapping that may be written. Then an atomic access needs no other instructions than a plain one.
    pub fn is_private(&self) -> bool {
        self.shared.private.load(Ordering::SeqCst)
    }

    /// From now on others reach the memory: to be called before a second thread, or a child that borrows the memory,
    /// can run. The first call opens a new code epoch, since code may rest on the memory being private.
    pub fn make_shared(&self) {
        let _regions = self.lock();
        self.note_shared();
    }

    /// The same for who holds the lock on the region map.
    fn note_shared(&self) {
        if self.shared.private.swap(false, Ordering::SeqCst) {
            self.shared.exec.change(CodeChange::Shared);
        }
    }

    /// All regions, lowest first, as they are now.
    pub fn regions(&self) -> impl Iterator<Item = Region> + use<> {
        self.lock().iter().cloned().collect::<Vec<_>>().into_iter()
    }

    /// The region that holds `at`.
    pub fn region_at(&self, at: u64) -> Option<Region> {
        self.lock().at(at).cloned()
    }

    /// The host address of `at..at + len`, for a host system call that takes a pointer to guest
    /// memory (a futex, a vectored read). `None` if the range leaves the space.
    ///
    /// The memory need not be mapped: the host kernel then answers EFAULT. Never to be turned into
    /// a reference.
    pub fn host_pointer(&self, at: u64, len: u64) -> Option<*mut u8> {
        let end = at.checked_add(len)?;
        self.shared.journal.note(at, end, |changes| &mut changes.written);
        (end <= self.limit).then(|| self.base.wrapping_add(host_size(at)))
    }

    /// What belongs to this space and is shared by its handles: the one of its type, made by the first who asks. It
    /// must not hold a handle itself, or the space lives for ever.
    ///
    /// # Errors
    /// What `make` says; the next who asks tries again.
    pub fn companion<T: Any + Send + Sync, E>(
        &self,
        make: impl FnOnce() -> Result<Arc<T>, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(made) = self.with_companions(|all| known(all)) {
            return Ok(made);
        }
        let made = make()?;
        Ok(self.with_companions(|all| {
            known(all).unwrap_or_else(|| {
                all.push(made.clone());
                made
            })
        }))
    }

    fn with_companions<R>(&self, job: impl FnOnce(&mut Vec<Companion>) -> R) -> R {
        let _steady = self.steady();
        job(&mut self.shared.companions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// To be called in a forked child, by its only thread: what belongs to threads that it lacks is void.
    pub fn forked(&self) {
        self.shared.forks.fetch_add(1, Ordering::SeqCst);
    }

    /// How often [`Space::forked`] was called.
    pub fn forks(&self) -> u64 {
        self.shared.forks.load(Ordering::SeqCst)
    }

    /// Holds off a fork while the guard lives: for who holds a lock that the child would inherit.
    pub fn steady(&self) -> MutexGuard<'_, ()> {
        self.shared.steady.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host address of guest address `at`, to look it up in what the host says of its own mappings.
    pub fn host_address(&self, at: u64) -> u64 {
        (self.base.addr() as u64).wrapping_add(at)
    }

    /// From now on remembers what is done to the space, for [`Space::take_changes`].
    pub fn watch_changes(&self) {
        self.shared.journal.on.store(true, Ordering::Relaxed);
    }

    /// What has been done to the space since the last time somebody asked.
    pub fn take_changes(&self) -> Changes {
        std::mem::take(&mut self.shared.journal.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Holds off every change of the mappings, and who asked for [`Space::steady`], while `during` runs: for a
    /// fork, whose child would otherwise inherit a lock held by a thread it lacks.
    pub fn undisturbed<R>(&self, during: impl FnOnce() -> R) -> R {
        let _steady = self.steady();
        let _regions = self.lock();
        during()
    }

    /// The region map. A panic of another holder leaves it whole: each change to it is one call.
    fn lock(&self) -> MutexGuard<'_, Regions> {
        self.shared.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
