//! Which rows the programs of a campaign reached, and what executed them in each tier.

use crate::random::{Coverage, Subject};
use std::ops::Range;

/// How often a tier executed a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct By {
    /// As host code.
    pub native: u64,
    /// By the row's handler: wherever it trapped, too.
    pub interpreted: u64,
}

impl By {
    /// Adds another count.
    pub fn add(&mut self, more: Self) {
        self.native += more.native;
        self.interpreted += more.interpreted;
    }
}

/// What programs reached in a pair of tiers.
pub struct Reached<S: Subject> {
    /// What the oracle came to.
    pub coverage: Coverage<S>,
    /// By tier and row.
    tiers: [Vec<By>; 2],
}

impl<S: Subject> Default for Reached<S> {
    fn default() -> Self {
        let none = || vec![By::default(); S::text().rows.len()];
        Self { coverage: Coverage::default(), tiers: [none(), none()] }
    }
}

impl<S: Subject> Reached<S> {
    /// The oracle executed `rows`, of which `retired` did not trap.
    pub fn walked(&mut self, rows: &[S::Op], retired: u64) {
        for (row, n) in rows.iter().zip(1..) {
            if n <= retired { self.coverage.retired(*row) } else { self.coverage.trapped(*row) }
        }
    }

    /// The tiers executed the same. `noted` says which instructions handlers did, as [`accel::Vcpu::noted`], where the
    /// first of these was number `first`.
    pub fn ran(&mut self, rows: &[S::Op], retired: u64, first: u64, noted: &[Option<Vec<Range<u64>>>; 2]) {
        for (tier, noted) in self.tiers.iter_mut().zip(noted) {
            for (row, n) in rows.iter().zip(0..) {
                let by = &mut tier[S::number(*row)];
                match noted {
                    Some(noted) if n < retired && !holds(noted, first.wrapping_add(n)) => by.native += 1,
                    _ => by.interpreted += 1,
                }
            }
        }
    }

    /// How often each tier executed the row of `op`.
    pub fn of(&self, op: S::Op) -> [By; 2] {
        self.tiers.each_ref().map(|tier| tier[S::number(op)])
    }
}

/// Whether one of the ranges, which are in order, holds `number`.
fn holds(ranges: &[Range<u64>], number: u64) -> bool {
    let after = ranges.partition_point(|range| range.end <= number);
    ranges.get(after).is_some_and(|range| range.contains(&number))
}
