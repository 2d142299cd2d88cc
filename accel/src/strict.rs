//! Reservations that any write ends: between a load-reserved and its store-conditional other threads stand still.
//!
//! While one thread alone reaches the memory nothing is done. Else threads run in turns of [`TURN`] instructions, and
//! where one comes to a load-reserved it waits until the others have ended theirs. Then it goes on instruction by
//! instruction until nothing is reserved any more, it comes to another load-reserved, or has executed [`LONGEST`]
//! instructions: constrained loops, the only ones that are promised to succeed at last, have 16. [Unpriv. ISA, A,
//! Eventual success of store-conditional instructions] A reservation ends with its section.

use crate::units::{CodeError, Tally, Witness};
use crate::vcpu::Vcpu;
use interp::{Guest, Hart, Reserving, Stop};
use jit::code::{Alone, Running, Section, Slot, here};
use memory::user::Space;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Instructions after which a thread looks whether another wants to be alone: some microseconds of host code.
const TURN: u64 = 4096;
/// Instructions that a thread may be alone.
const LONGEST: u64 = 64;

/// What the threads of a space share.
#[derive(Default)]
struct Threads {
    section: Section,
    /// [`Space::forks`], of the process whose threads the section knows.
    forks: AtomicU64,
}

/// A vCPU with such reservations, driven by another one.
pub(crate) struct Strict<G: Guest> {
    inner: Box<dyn Vcpu<G, Space>>,
    space: Space,
    threads: Arc<Threads>,
    slot: Arc<Slot>,
}

impl<G: Guest> Strict<G> {
    /// Drives `inner`.
    pub fn new(mut inner: Box<dyn Vcpu<G, Space>>) -> Self {
        let space = inner.hart().mem.clone();
        let forks = AtomicU64::new(space.forks());
        let made =
            space.companion(|| Ok::<_, Infallible>(Arc::new(Threads { section: Section::new(), forks })));
        let threads = match made {
            Ok(threads) => threads,
            Err(never) => match never {},
        };
        let slot = threads.slot(&space);
        Self { inner, space, threads, slot }
    }

    /// The thread that runs is this one. It may have been another before, or the process another; and a child after
    /// vfork may have been killed in this thread's place.
    fn arrive(&mut self) {
        let forks = self.space.forks();
        if self.threads.forks.swap(forks, Ordering::Relaxed) != forks {
            self.threads.section.reset();
        }
        if self.slot.key() != here() {
            self.slot = self.threads.slot(&self.space);
        }
        self.threads.section.leave(&self.slot);
    }

    fn drive(&mut self, budget: u64, slice: bool) -> Stop<G::Trap> {
        self.arrive();
        let is_private = self.space.is_private();
        let hart = self.inner.hart();
        if is_private {
            hart.reserving = Reserving::Free;
            return if slice { self.inner.run_slice(budget) } else { self.inner.run(budget) };
        }
        hart.reserving = Reserving::Asks;
        // Others ran meanwhile.
        G::drop_reservation(&mut hart.state);
        let mut left = budget;
        while left > 0 {
            let before = self.retired();
            let stop = match self.turn(left, slice) {
                // Here a slice may end, rather than the reservation with it.
                Stop::Exit(_) if slice && left < LONGEST && left < budget => return Stop::Budget,
                Stop::Exit(_) => self.alone(left.min(LONGEST)),
                stop => stop,
            };
            left = left.saturating_sub(self.retired().wrapping_sub(before));
            if stop != Stop::Budget {
                return stop;
            }
        }
        Stop::Budget
    }

    fn retired(&mut self) -> u64 {
        *G::retired(&mut self.inner.hart().state)
    }

    /// Runs beside others, at most up to a load-reserved.
    fn turn(&mut self, left: u64, slice: bool) -> Stop<G::Trap> {
        let _running = self.threads.run(&self.slot);
        match slice || left > TURN {
            true => self.inner.run_slice(left.min(TURN)),
            false => self.inner.run(left),
        }
    }

    /// Runs from a load-reserved on while others stand still.
    fn alone(&mut self, limit: u64) -> Stop<G::Trap> {
        let alone = self.threads.alone(&self.slot, &self.space);
        self.inner.hart().reserving = Reserving::Granted;
        let mut stop = Stop::Budget;
        for _ in 0..limit {
            stop = self.inner.step();
            if stop != Stop::Budget || !G::has_reservation(&self.inner.hart().state) {
                break;
            }
        }
        let hart = self.inner.hart();
        hart.reserving = Reserving::Asks;
        G::drop_reservation(&mut hart.state);
        drop(alone);
        match stop {
            // Another load-reserved, before which others may run.
            Stop::Exit(_) => Stop::Budget,
            stop => stop,
        }
    }
}

impl Threads {
    fn slot(&self, space: &Space) -> Arc<Slot> {
        let _steady = space.steady();
        self.section.slot(here())
    }

    /// Waits until this thread may run.
    fn run<'a>(&self, slot: &'a Slot) -> Running<'a> {
        loop {
            if let Some(running) = self.section.run(slot) {
                return running;
            }
            std::thread::yield_now();
        }
    }

    /// Waits until this thread is alone.
    fn alone(&self, slot: &Slot, space: &Space) -> Alone<'_> {
        let alone = loop {
            if let Some(alone) = self.section.claim(slot) {
                break alone;
            }
            std::thread::yield_now();
        };
        let is_alone = || {
            let _steady = space.steady();
            self.section.is_alone()
        };
        while !is_alone() {
            std::thread::yield_now();
        }
        alone
    }
}

impl<G: Guest> Vcpu<G, Space> for Strict<G> {
    fn hart(&mut self) -> &mut Hart<G, Space> {
        self.inner.hart()
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        self.drive(budget, false)
    }
    fn run_slice(&mut self, budget: u64) -> Stop<G::Trap> {
        self.drive(budget, true)
    }
    fn step(&mut self) -> Stop<G::Trap> {
        self.drive(1, false)
    }
    fn watch(&mut self, witness: Option<Arc<dyn Witness<G>>>) {
        self.inner.watch(witness);
    }
    fn tally(&self) -> Option<Tally<G::Op>> {
        self.inner.tally()
    }
    fn instead(&self) -> Option<CodeError> {
        self.inner.instead()
    }
}
