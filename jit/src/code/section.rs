//! A section in which one thread runs while all others stand still.
//!
//! Each thread says in a slot of its own that it is running. Who wants to be alone says so first, which lets nobody
//! else begin to run, and is alone when nobody is running any more. It is itself not running meanwhile, so that two who
//! want to be alone do not wait for each other. Nothing here waits, so that who waits can do so without a lock.

use super::gate::{Gate, Inside, Slot};
use super::sync::{Arc, AtomicU64, Ordering, ordered};

/// Nobody is alone, or about to be.
const NOBODY: u64 = 0;

/// See the module.
pub struct Section {
    /// Threads are inside while they are running.
    gate: Gate,
    /// The key of the thread that is alone or waits for it.
    holder: AtomicU64,
}

/// A thread that is running.
pub struct Running<'a>(#[expect(dead_code, reason = "it is held")] Inside<'a>);

/// The thread that is alone, or is going to be.
pub struct Alone<'a>(&'a Section);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.holder.store(NOBODY, Ordering::SeqCst);
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
        Self { gate: Gate::new(), holder: AtomicU64::new(NOBODY) }
    }

    /// The slot of the thread with this key, which is not zero. To be called where no fork can come in between, as
    /// [`Section::is_alone`].
    pub fn slot(&self, key: usize) -> Arc<Slot> {
        self.gate.slot(key)
    }

    /// Lets a thread run, by its own slot. `None` while somebody is alone, or waits for it.
    pub fn run<'a>(&self, slot: &'a Slot) -> Option<Running<'a>> {
        // Who cannot get in is not to keep anybody waiting.
        if self.holder.load(Ordering::SeqCst) != NOBODY {
            return None;
        }
        let inside = self.gate.enter(slot, self.gate.generation())?;
        // Either this thread sees that somebody wants to be alone, or that one sees this thread running.
        ordered();
        (self.holder.load(Ordering::SeqCst) == NOBODY).then_some(Running(inside))
    }

    /// Has the thread, which is not running, be the next one that is alone: as soon as [`Section::is_alone`]. `None`
    /// where somebody else is.
    pub fn claim(&self, slot: &Slot) -> Option<Alone<'_>> {
        let key = slot.key() as u64;
        let claimed = self.holder.compare_exchange(NOBODY, key, Ordering::SeqCst, Ordering::SeqCst);
        claimed.is_ok().then(|| Alone(self))
    }

    /// Whether nobody is running.
    pub fn is_alone(&self) -> bool {
        // A generation that never comes.
        self.gate.is_past(u64::MAX)
    }

    /// The thread, which is neither running nor alone, says so for a child that lived in its place and was killed.
    pub fn leave(&self, slot: &Slot) {
        slot.leave();
        if self.holder.load(Ordering::Relaxed) == slot.key() as u64 {
            self.holder.store(NOBODY, Ordering::SeqCst);
        }
    }

    /// In a forked child, which has no thread but the caller: whoever was running or alone is the parent's.
    pub fn reset(&self) {
        self.gate.reset();
        self.holder.store(NOBODY, Ordering::SeqCst);
    }
}
