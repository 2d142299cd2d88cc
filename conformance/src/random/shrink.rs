//! Makes a program that shows a difference as small as it will go.

use super::build::{Program, Slot};
use super::coverage::Coverage;
use super::run::run;
use super::subject::{Like, Subject};
use crate::speak::Driver;

/// The smallest variant of `program` found that still shows a difference between the step driver on `S`
/// and `driver` on `T`.
pub fn shrink<S: Subject, T: Like<S>>(program: &Program<S>, driver: Driver) -> Program<S> {
    let seen = |p: &Program<S>| {
        let difference = run::<S, T>(p, driver, &mut Coverage::default()).err();
        difference.map(|d| d.before + d.part.len() as u64)
    };
    Shrinker::new(program, seen).shrink()
}

/// Whether `slot` does nothing.
pub fn is_idle<S: Subject>(slot: Slot) -> bool {
    S::text().padding.contains(&(slot.word, slot.len))
}

/// Tries ever smaller variants of a program.
pub(crate) struct Shrinker<S: Subject, F> {
    best: Program<S>,
    /// How many instructions lead to the difference that a program shows, if it shows one.
    seen: F,
}

impl<S: Subject, F: FnMut(&Program<S>) -> Option<u64>> Shrinker<S, F> {
    /// Starts with `program`.
    pub fn new(program: &Program<S>, seen: F) -> Self {
        Self { best: program.clone(), seen }
    }

    /// The smallest variant: faults left out, one instruction between comparisons if that shows it, tail cut
    /// off, instructions made into no-ops.
    pub fn shrink(mut self) -> Program<S> {
        self.attempt(|p| p.faults = vec![None]);
        self.budgets();
        self.cut();
        while self.idle() {}
        self.budgets();
        self.cut();
        self.best
    }

    /// Keeps the change if the difference is still there.
    fn attempt(&mut self, change: impl FnOnce(&mut Program<S>)) -> bool {
        let mut changed = self.best.clone();
        change(&mut changed);
        let fails = (self.seen)(&changed).is_some();
        if fails {
            self.best = changed;
        }
        fails
    }

    /// Compares as often as possible, or else as seldom.
    fn budgets(&mut self) {
        let _ = self.attempt(|p| p.budgets = vec![1])
            || self.attempt(|p| p.budgets = vec![2])
            || self.attempt(|p| p.budgets = vec![u64::MAX]);
        // What comes after the difference is of no interest.
        if let Some(seen) = (self.seen)(&self.best) {
            self.attempt(|p| p.limit = seen);
        }
    }

    /// Drops instructions from the end, as many at once as will go.
    fn cut(&mut self) {
        let mut step = self.best.slots.len() / 2;
        while step > 0 {
            let keep = self.best.slots.len().saturating_sub(step);
            if keep == 0 || !self.attempt(|p| p.slots.truncate(keep)) {
                step /= 2;
            }
        }
    }

    /// Makes runs of instructions into no-ops, long runs first; says whether any was.
    fn idle(&mut self) -> bool {
        let mut any = false;
        let mut run = self.best.slots.len().max(1);
        while run > 0 {
            let mut start = 0;
            while start < self.best.slots.len() {
                let end = (start + run).min(self.best.slots.len());
                let busy = self.best.slots[start..end].iter().any(|s| !is_idle::<S>(*s));
                if busy {
                    any |= self.attempt(|p| p.slots[start..end].iter_mut().for_each(still::<S>));
                }
                start = end;
            }
            run /= 2;
        }
        any
    }
}

/// Makes `slot` a no-op of the same length, where there is one.
fn still<S: Subject>(slot: &mut Slot) {
    if let Some((word, _)) = S::text().padding.iter().find(|(_, len)| *len == slot.len) {
        slot.word = *word;
    }
}
