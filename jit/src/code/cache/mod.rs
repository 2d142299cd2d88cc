//! The units of a program that have host code, shared by its threads.

mod inner;
mod pages;
mod pressure;
mod region;

pub(super) use region::Spot;

use super::arena::{ArenaError, Mark};
use super::gate::{Gate, Inside, Slot};
use super::hosted::Hosted;
use super::sync::Arc;
use super::thread::Options;
use crate::emit::{Emitted, Refusal};
use crate::ir::Unit;
use crate::x64::AsmError;
use inner::Inner;
use memory::user::Space;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// No translation is possible here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeError {
    /// There is no executable memory.
    #[error(transparent)]
    Arena(#[from] ArenaError),
    /// The stubs could not be assembled, or do not fit.
    #[error("a code cache of this size has no room for its stubs; give cache=1M or more")]
    Stubs,
    /// A thread's own frame is out of reach.
    #[error("this process keeps its threads' variables too far from fs for host code; use -accel interp")]
    Own,
    /// Nobody would catch the faults of its code.
    #[error("this process has as many code caches as faults can be caught for; use -accel interp")]
    Ranges,
}

impl From<AsmError> for CodeError {
    fn from(_: AsmError) -> Self {
        Self::Stubs
    }
}

/// What has been translated, and how often it was thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Units with host code.
    pub units: u64,
    /// Guest instructions in them.
    pub insns: u64,
    /// Bytes of guest code in them.
    pub guest_bytes: u64,
    /// Bytes of host code.
    pub host_bytes: u64,
    /// Jumps that go from unit to unit.
    pub links: u64,
    /// Times that a region of the cache was evicted to make room.
    pub evictions: u64,
    /// Units that were forgotten by that.
    pub evicted: u64,
    /// Times that a block runs before it is translated, as it is now.
    pub hot: u32,
    /// Units that were forgotten because their guest code changed.
    pub dropped: u64,
    /// Units that have to stay with the interpreter.
    pub refused: u64,
}

/// What became of a unit that was to get host code.
pub(super) enum Placed {
    /// It has some, at this address.
    Code(Box<Emitted>, u32),
    /// Another thread has given it some.
    Known,
    /// Guest code has changed since it was read.
    Stale,
    /// There is no room for it before the next region is filled, in which nobody may be any more who came in before
    /// this generation. Nothing to do if this is another turn by then.
    Waits { turn: u64, retired: u64 },
    /// There is no room for it, not even in an empty region.
    Full,
}

/// What threads that execute the same memory share.
pub struct Cache {
    /// Locked only while the memory is steady, so that no forked child inherits the lock.
    inner: Mutex<Inner>,
    options: Options,
    /// The function that enters units.
    enter: AtomicU32,
    /// The epoch for which everybody executes what is true, for a look without the lock.
    epoch: AtomicU64,
    /// Times that a block runs before it is translated, for a look without the lock.
    hot: AtomicU32,
    /// Tells a forked child, which shares the arena with its parent and must leave it alone.
    mark: Mark,
    gate: Gate,
    /// Whether a thread runs units of it.
    taken: AtomicBool,
}

impl Cache {
    /// An empty cache.
    ///
    /// # Errors
    /// A [`CodeError`] where the host gives no executable memory.
    pub fn new<G: Hosted>(options: Options) -> Result<Self, CodeError> {
        let inner = Inner::new::<G>(options)?;
        Ok(Self {
            enter: AtomicU32::new(inner.enter),
            inner: Mutex::new(inner),
            options,
            epoch: AtomicU64::new(0),
            hot: AtomicU32::new(options.hot),
            mark: Mark::new()?,
            gate: Gate::new(),
            taken: AtomicBool::new(false),
        })
    }

    /// Another thread is going to run units: the first hears false.
    pub(super) fn take(&self) -> bool {
        self.taken.swap(true, Ordering::SeqCst)
    }

    /// What has been translated.
    pub fn counts(&self) -> Counts {
        self.inner.lock().counts
    }

    /// The function that enters units.
    pub(super) fn entry(&self) -> u32 {
        self.enter.load(Ordering::SeqCst)
    }

    /// The present generation of code: what a thread remembers of an older one is void.
    pub(super) fn generation(&self) -> u64 {
        self.gate.generation()
    }

    /// Times that a block is to run before it is translated.
    pub(super) fn hot(&self) -> u32 {
        self.hot.load(Ordering::Relaxed)
    }

    /// What the thread with this key says of itself.
    pub(super) fn slot(&self, space: &Space, key: usize) -> Arc<Slot> {
        let _steady = space.steady();
        self.gate.slot(key)
    }

    /// The inside. May be asked for from within generated code too, so nobody waits while holding it.
    pub(super) fn with<R>(&self, space: &Space, job: impl FnOnce(&mut Inner) -> R) -> R {
        let _steady = space.steady();
        job(&mut self.inner.lock())
    }

    /// Lets this thread into generated code, by its own slot, unless code of its `generation` has been thrown away.
    pub(super) fn enter<'a>(&self, slot: &'a Slot, generation: u64) -> Option<Inside<'a>> {
        self.gate.enter(slot, generation)
    }

    /// Waits until nobody is inside any more who came in before `generation`.
    fn wait(&self, space: &Space, generation: u64) {
        let is_past = || {
            let _steady = space.steady();
            self.gate.is_past(generation)
        };
        while !is_past() {
            std::thread::yield_now();
        }
    }

    /// Makes everything true for the memory as it is now: drops the units whose guest code has changed, and waits
    /// until nobody executes them any more. In a forked child, which shares the arena with its parent, begins anew.
    ///
    /// # Errors
    /// A [`CodeError`] where a child gets no executable memory.
    pub(super) fn refresh<G: Hosted>(&self, space: &Space) -> Result<(), CodeError> {
        if !self.mark.is_set() {
            let fresh = Inner::new::<G>(self.options)?;
            self.enter.store(fresh.enter, Ordering::SeqCst);
            self.hot.store(self.options.hot, Ordering::Relaxed);
            self.gate.reset();
            self.with(space, |inner| *inner = fresh);
            self.mark.set();
        }
        let (epoch, generation) = self.with(space, |inner| {
            let generation = match inner.forget_stale::<G>(space) {
                true => self.gate.retire(),
                false => self.gate.generation(),
            };
            (inner.epoch, generation)
        });
        // Another thread may have dropped them, and still be waiting.
        self.wait(space, generation);
        self.epoch.store(epoch, Ordering::SeqCst);
        Ok(())
    }

    /// Whether [`Cache::refresh`] has nothing to do.
    pub(super) fn is_fresh(&self, space: &Space) -> bool {
        self.epoch.load(Ordering::SeqCst) == space.code_epoch() && self.mark.is_set()
    }

    /// Notes that a unit has to stay with the interpreter.
    pub(super) fn refused(&self, space: &Space) {
        self.with(space, |inner| inner.counts.refused += 1);
    }

    /// Gives a unit host code, and makes room for it if need be. `words` are its guest instructions, read while the
    /// memory's code epoch was `epoch`.
    pub(super) fn translate<G: Hosted>(
        &self,
        space: &Space,
        unit: &Unit,
        words: &[u32],
        epoch: u64,
    ) -> Result<Placed, Refusal> {
        loop {
            let placed = self.with(space, |inner| {
                if inner.epoch != epoch {
                    return Ok(Placed::Stale);
                }
                match unit.insns.first().and_then(|at| inner.find(at.pc)) {
                    Some(_) => Ok(Placed::Known),
                    None => inner.translate::<G>(space, unit, words),
                }
            });
            let Ok(Placed::Waits { turn, retired }) = placed else { return placed };
            self.wait(space, retired);
            self.with(space, |inner| {
                if inner.turn == turn {
                    inner.fill_next(|| self.gate.retire());
                    self.hot.store(inner.counts.hot, Ordering::Relaxed);
                }
            });
        }
    }
}
