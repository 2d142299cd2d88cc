//! Which rows random programs have reached.

use super::subject::Subject;
use std::fmt;
use std::marker::PhantomData;

/// How often each row was tried and how often it retired.
pub struct Coverage<S> {
    tried: Vec<u64>,
    retired: Vec<u64>,
    /// Instructions retired.
    pub instructions: u64,
    /// Programs run.
    pub programs: u64,
    /// Programs that overwrote an instruction and ran it without synchronising, where they ended.
    pub cut: u64,
    guest: PhantomData<S>,
}

impl<S: Subject> Default for Coverage<S> {
    fn default() -> Self {
        let rows = S::text().rows.len();
        Self {
            tried: vec![0; rows],
            retired: vec![0; rows],
            instructions: 0,
            programs: 0,
            cut: 0,
            guest: PhantomData,
        }
    }
}

impl<S: Subject> Coverage<S> {
    /// The row of `op` retired.
    pub fn retired(&mut self, op: S::Op) {
        self.instructions += 1;
        self.tried[S::number(op)] += 1;
        self.retired[S::number(op)] += 1;
    }

    /// The row of `op` raised a trap.
    pub fn trapped(&mut self, op: S::Op) {
        self.tried[S::number(op)] += 1;
    }

    /// How often the row of `op` was tried, and how often it retired.
    pub fn of(&self, op: S::Op) -> (u64, u64) {
        (self.tried[S::number(op)], self.retired[S::number(op)])
    }

    /// Rows that no program came to.
    pub fn missed(&self) -> Vec<S::Op> {
        self.without(&self.tried)
    }

    /// Rows that raised a trap whenever a program came to them.
    pub fn always_trapped(&self) -> Vec<S::Op> {
        let missed = self.missed();
        self.without(&self.retired).into_iter().filter(|op| !missed.contains(op)).collect()
    }

    fn without(&self, counts: &[u64]) -> Vec<S::Op> {
        S::text().rows().map(|r| r.op).filter(|op| counts[S::number(*op)] == 0).collect()
    }
}

impl<S: Subject> fmt::Display for Coverage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = S::text().rows().count();
        let (missed, trapped) = (self.missed(), self.always_trapped());
        write!(
            f,
            "{}: {} programs, {} instructions, {} of {all} rows",
            S::text().name,
            self.programs,
            self.instructions,
            all - missed.len()
        )?;
        if !trapped.is_empty() {
            write!(f, "; always trapped: {trapped:?}")?;
        }
        if !missed.is_empty() {
            write!(f, "; never reached: {missed:?}")?;
        }
        write!(f, "; {} ended at code that was overwritten and not synchronised", self.cut)
    }
}
