//! Who is inside generated code, and how everybody is kept out while it changes.
//!
//! Threads come in while the gate is open and what they know of the code is of its present generation. Who
//! wants to change code that others may be executing closes the gate, waits until the last of them has come
//! out, and opens it on a new generation. Nobody may close the gate from inside, nor while holding a lock that
//! somebody inside may want.

use super::sync::{AtomicBool, AtomicU32, Ordering, ordered, pause};

/// See the module.
pub(super) struct Gate {
    inside: AtomicU32,
    closed: AtomicBool,
    /// Changes whenever code has been thrown away: what a thread remembers of it is void.
    generation: AtomicU32,
}

/// A thread inside.
pub(super) struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The gate is closed while this lives.
struct Closed<'a>(&'a Gate);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        // First the generation: who comes in afterwards sees it.
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        self.0.closed.store(false, Ordering::SeqCst);
    }
}

impl Gate {
    /// An open gate with nobody inside.
    pub fn new() -> Self {
        Self { inside: AtomicU32::new(0), closed: AtomicBool::new(false), generation: AtomicU32::new(0) }
    }

    /// The present generation of code.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Lets a thread in that knows code of `generation`. `None` while the gate is closed, and where that code has
    /// been thrown away.
    pub fn enter(&self, generation: u32) -> Option<Inside<'_>> {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let inside = Inside(self);
        // Either this thread sees that the gate is closed, or who closes it sees this thread inside.
        ordered();
        let open = !self.closed.load(Ordering::SeqCst) && self.generation() == generation;
        open.then_some(inside)
    }

    /// Does `job` while nobody is inside, and begins a new generation.
    pub fn exclusive<R>(&self, job: impl FnOnce() -> R) -> R {
        while self.closed.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            pause();
        }
        let _closed = Closed(self);
        ordered();
        while self.inside.load(Ordering::SeqCst) != 0 {
            pause();
        }
        job()
    }

    /// In a forked child, which has no thread but the caller, which is outside: whoever was inside or had closed the
    /// gate is the parent's.
    pub fn reset(&self) {
        self.inside.store(0, Ordering::SeqCst);
        self.closed.store(false, Ordering::SeqCst);
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}
