//! A section in which one thread runs while all others stand still.
//!
//! Each thread says in a place of its own that it is running. Who wants to be alone says so first, which lets nobody
//! else begin to run, and is alone when nobody is running any more. It is itself not running meanwhile, so that two who
//! want to be alone do not wait for each other. Who waits looks a few times and then sleeps, for a moment at most: a
//! child after vfork that is killed wakes nobody. Nor does it unlock anything, so there is no lock.

use super::sync::{self, AtomicBool, AtomicU32, AtomicU64, Ordering, fence, ordered};
use std::iter;
use std::sync::OnceLock;

/// Nobody is alone, or about to be; and nobody's place.
const NOBODY: u64 = 0;

/// What one thread says, in a cache line of its own.
#[repr(align(64))]
struct Slot {
    key: AtomicU64,
    running: AtomicBool,
}

/// Places, and those that came later. None goes before all do.
struct Slots {
    these: [Slot; sync::SLOTS],
    more: OnceLock<Box<Slots>>,
}

impl Slots {
    fn new() -> Self {
        let slot = |_| Slot { key: AtomicU64::new(NOBODY), running: AtomicBool::new(false) };
        Self { these: std::array::from_fn(slot), more: OnceLock::new() }
    }

    fn all(&self) -> impl Iterator<Item = &Slot> {
        iter::successors(Some(self), |slots| slots.more.get().map(Box::as_ref)).flat_map(|slots| &slots.these)
    }

    /// Adds places to the last.
    fn grow(&self) {
        match self.more.get() {
            Some(more) => more.grow(),
            // Another thread may have been faster.
            None => drop(self.more.set(Box::new(Self::new()))),
        }
    }
}

/// A thread's place in a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    number: usize,
    key: u64,
}

impl Place {
    /// Whether it was given to the thread with this key.
    pub fn is_of(self, key: usize) -> bool {
        self.key == key as u64
    }
}

/// See the module.
pub struct Section {
    slots: Slots,
    /// The key of the thread that is alone or waits for it.
    holder: AtomicU64,
    /// Changes when somebody ends its turn whom the holder may be waiting for.
    ended: AtomicU32,
    /// Changes when there is no holder any more.
    opened: AtomicU32,
    /// Threads that sleep until then, or are about to.
    sleepers: AtomicU32,
}

/// A thread that is running.
pub struct Running<'a> {
    section: &'a Section,
    slot: &'a Slot,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.slot.running.store(false, Ordering::Release);
        // Either the holder sees that this thread has ended its turn, or this thread sees the holder.
        fence(Ordering::SeqCst);
        if self.section.holder.load(Ordering::SeqCst) != NOBODY {
            self.section.ended.fetch_add(1, Ordering::SeqCst);
            sync::wake(&self.section.ended);
        }
    }
}

/// The thread that is alone, or is going to be.
pub struct Alone<'a>(&'a Section);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}

impl Default for Section {
    fn default() -> Self {
        Self::new()
    }
}

impl Section {
    /// A section in which nobody is.
    pub fn new() -> Self {
        let [ended, opened, sleepers] = [0, 0, 0].map(AtomicU32::new);
        Self { slots: Slots::new(), holder: AtomicU64::new(NOBODY), ended, opened, sleepers }
    }

    /// The place of the thread with this key, which is not zero. To be called where no fork can come in between.
    pub fn join(&self, key: usize) -> Place {
        let key = key as u64;
        loop {
            let known = self.slots.all().position(|slot| slot.key.load(Ordering::SeqCst) == key);
            let take = |slot: &Slot| {
                slot.key.compare_exchange(NOBODY, key, Ordering::SeqCst, Ordering::SeqCst).is_ok()
            };
            match known.or_else(|| self.slots.all().position(take)) {
                Some(number) => return Place { number, key },
                None => self.slots.grow(),
            }
        }
    }

    /// The thread's place, unless another has it now.
    fn slot(&self, place: Place) -> Option<&Slot> {
        let slot = self.slots.all().nth(place.number);
        slot.filter(|slot| slot.key.load(Ordering::SeqCst) == place.key)
    }

    /// The thread, which is neither running nor alone, gives its place back.
    pub fn part(&self, place: Place) {
        if let Some(slot) = self.slot(place) {
            slot.key.store(NOBODY, Ordering::SeqCst);
        }
    }

    /// The thread, which is neither running nor alone, says so for a child that lived in its place and was killed.
    /// False where it has no place any more, since the child has given it back.
    pub fn arrive(&self, place: Place) -> bool {
        let Some(slot) = self.slot(place) else { return false };
        if slot.running.load(Ordering::Relaxed) {
            slot.running.store(false, Ordering::SeqCst);
        }
        if self.holder.load(Ordering::Relaxed) == place.key {
            self.open();
        }
        true
    }

    /// Lets a thread run that has a place. `None` while somebody is alone, or waits for it.
    pub fn try_run(&self, place: Place) -> Option<Running<'_>> {
        // Who cannot get in is not to keep anybody waiting.
        if self.holder.load(Ordering::SeqCst) != NOBODY {
            return None;
        }
        let slot = self.slot(place)?;
        slot.running.store(true, Ordering::SeqCst);
        let running = Running { section: self, slot };
        // Either this thread sees that somebody wants to be alone, or that one sees this thread running.
        ordered();
        (self.holder.load(Ordering::SeqCst) == NOBODY).then_some(running)
    }

    /// Has the thread, which is not running, be the next one that is alone: as soon as [`Section::is_alone`]. `None`
    /// where somebody else is.
    pub fn try_claim(&self, place: Place) -> Option<Alone<'_>> {
        let claimed = self.holder.compare_exchange(NOBODY, place.key, Ordering::SeqCst, Ordering::SeqCst);
        claimed.is_ok().then(|| Alone(self))
    }

    /// Whether nobody is running.
    pub fn is_alone(&self) -> bool {
        ordered();
        self.slots.all().all(|slot| !slot.running.load(Ordering::SeqCst))
    }

    /// As [`Section::try_run`], when it may.
    pub fn run(&self, place: Place) -> Running<'_> {
        loop {
            match self.try_run(place) {
                Some(running) => return running,
                None => self.sleep(),
            }
        }
    }

    /// Waits until the thread, which is not running, is alone.
    pub fn alone(&self, place: Place) -> Alone<'_> {
        let alone = loop {
            match self.try_claim(place) {
                Some(alone) => break alone,
                None => self.sleep(),
            }
        };
        loop {
            let seen = self.ended.load(Ordering::SeqCst);
            if sync::soon(|| self.is_alone()) {
                return alone;
            }
            sync::wait(&self.ended, seen);
        }
    }

    /// Waits until there is no holder.
    fn sleep(&self) {
        let is_open = || self.holder.load(Ordering::SeqCst) == NOBODY;
        if sync::soon(is_open) {
            return;
        }
        // Either this thread sees that the section is open, or who opened it sees this thread.
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        ordered();
        let seen = self.opened.load(Ordering::SeqCst);
        if !is_open() {
            sync::wait(&self.opened, seen);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    /// There is no holder any more.
    fn open(&self) {
        self.holder.store(NOBODY, Ordering::SeqCst);
        ordered();
        if self.sleepers.load(Ordering::SeqCst) != 0 {
            self.opened.fetch_add(1, Ordering::SeqCst);
            sync::wake(&self.opened);
        }
    }

    /// In a forked child, which has no thread but the caller: whoever was running or alone is the parent's. The caller
    /// is to join again.
    pub fn reset(&self) {
        for slot in self.slots.all() {
            slot.key.store(NOBODY, Ordering::SeqCst);
            slot.running.store(false, Ordering::SeqCst);
        }
        self.sleepers.store(0, Ordering::SeqCst);
        self.holder.store(NOBODY, Ordering::SeqCst);
    }
}
