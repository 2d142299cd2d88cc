//! Who is inside generated code, and when the last of them has left what has been thrown away.
//!
//! Each thread says in a slot of its own that it is inside, and of which generation what it knows of the code is.
//! Who throws code away first sees to it that nothing leads there but what threads remember, then begins a new
//! generation, which lets in nobody who remembers an older one, and uses the room again only when everybody inside is
//! of the new generation. Nobody is kept out meanwhile. Nobody may wait from inside, nor while holding a lock that
//! somebody inside may want.

use super::sync::{Arc, AtomicU64, Mutex, Ordering, ordered};
use std::sync::PoisonError;

/// What a thread says that is outside; no generation.
const OUTSIDE: u64 = 0;

/// What one thread says, in a cache line of its own.
#[repr(align(64))]
pub(super) struct Slot {
    /// Which thread: what a child after vfork has in common with the parent whose place it takes.
    key: usize,
    /// The generation of which it is inside.
    inside: AtomicU64,
}

impl Slot {
    /// Whether the slot is that of the thread with this key.
    pub fn is_of(&self, key: usize) -> bool {
        self.key == key
    }

    /// The thread, which is outside, says so for a child that lived in its place and was killed inside.
    pub fn leave(&self) {
        if self.inside.load(Ordering::Relaxed) != OUTSIDE {
            self.inside.store(OUTSIDE, Ordering::Release);
        }
    }
}

/// See the module.
pub(super) struct Gate {
    generation: AtomicU64,
    /// Locked for a moment only.
    slots: Mutex<Vec<Arc<Slot>>>,
}

/// A thread inside.
pub(super) struct Inside<'a>(&'a Slot);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.store(OUTSIDE, Ordering::Release);
    }
}

impl Gate {
    /// A gate with nobody inside.
    pub fn new() -> Self {
        Self { generation: AtomicU64::new(OUTSIDE + 1), slots: Mutex::new(vec![]) }
    }

    /// The present generation of code.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// The slot of the thread with this key. Slots that nobody holds any more are forgotten.
    pub fn slot(&self, key: usize) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|slot| Arc::strong_count(slot) > 1);
        if let Some(slot) = slots.iter().find(|slot| slot.is_of(key)) {
            return slot.clone();
        }
        let slot = Arc::new(Slot { key, inside: AtomicU64::new(OUTSIDE) });
        slots.push(slot.clone());
        slot
    }

    /// Lets a thread in that knows code of `generation`, by its own slot. `None` where some of that code has been
    /// thrown away.
    pub fn enter<'a>(&self, slot: &'a Slot, generation: u64) -> Option<Inside<'a>> {
        slot.inside.store(generation, Ordering::SeqCst);
        let inside = Inside(slot);
        // Either this thread sees the next generation, or who began it sees this thread inside.
        ordered();
        (self.generation() == generation).then_some(inside)
    }

    /// Begins a generation, which is returned: what threads remember of code is void.
    pub fn retire(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Whether nobody is inside any more who came in before `generation`.
    pub fn is_past(&self, generation: u64) -> bool {
        ordered();
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let is_past = |inside| inside == OUTSIDE || inside >= generation;
        slots.iter().all(|slot| is_past(slot.inside.load(Ordering::SeqCst)))
    }

    /// In a forked child, which has no thread but the caller, which is outside: whoever was inside is the parent's.
    pub fn reset(&self) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().for_each(|slot| slot.leave());
        drop(slots);
        self.retire();
    }
}
