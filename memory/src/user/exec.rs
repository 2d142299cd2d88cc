//! Which guest addresses may be executed, remembered for `fetch`, and the code epoch.
//!
//! A few ranges behind one sequence count: readers take no lock and check that the count was even
//! and did not change; writers hold the region map's lock.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, PoisonError};

/// Ranges remembered: a program, its C library, and two more.
const SLOTS: usize = 4;

/// Changes remembered, of which there is one an epoch.
const CHANGES: usize = 64;

/// Where instructions may have become different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChange {
    /// The mappings of these addresses changed, from the first to one past the last.
    Mapped(u64, u64),
    /// Stores are to be seen, wherever they went.
    Written,
    /// No instruction changed, but others reach the memory from now on: see [`super::Space::is_private`].
    Shared,
}

#[derive(Default)]
pub(super) struct ExecCache {
    /// Odd while a writer is at work.
    sequence: AtomicU64,
    ranges: [(AtomicU64, AtomicU64); SLOTS],
    next: AtomicUsize,
    epoch: AtomicU64,
    /// What opened the last epochs, the latest at the back. Locked under the region map's lock only.
    changes: Mutex<VecDeque<CodeChange>>,
}

impl ExecCache {
    /// Whether `at..end` is known to be executable; false may only mean forgotten.
    #[inline]
    pub fn knows(&self, at: u64, end: u64) -> bool {
        let before = self.sequence.load(Ordering::Acquire);
        let hit = self
            .ranges
            .iter()
            .any(|(low, high)| low.load(Ordering::Relaxed) <= at && end <= high.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        hit && before & 1 == 0 && self.sequence.load(Ordering::Relaxed) == before
    }

    /// Remembers a range, in place of the oldest. The caller holds the region map's lock.
    pub fn remember(&self, low: u64, high: u64) {
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % SLOTS;
        self.write(|ranges| {
            ranges[slot].0.store(low, Ordering::Relaxed);
            ranges[slot].1.store(high, Ordering::Relaxed);
        });
    }

    /// Opens a new epoch, and forgets all ranges if the mappings changed. The caller holds the region map's lock.
    pub fn change(&self, what: CodeChange) {
        if matches!(what, CodeChange::Mapped(..)) {
            self.write(|ranges| ranges.iter().for_each(|(_, high)| high.store(0, Ordering::Relaxed)));
        }
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.len() == CHANGES {
            changes.pop_front();
        }
        changes.push_back(what);
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// The epoch, and what changed after epoch `since`; `None` if that is too long ago. The caller holds the region
    /// map's lock.
    pub fn changes(&self, since: u64) -> (u64, Option<Vec<CodeChange>>) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = self.epoch();
        let count = usize::try_from(epoch.wrapping_sub(since)).unwrap_or(usize::MAX);
        let first = changes.len().checked_sub(count);
        (epoch, first.map(|first| changes.range(first..).copied().collect()))
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn write(&self, change: impl FnOnce(&[(AtomicU64, AtomicU64); SLOTS])) {
        let before = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(before | 1, Ordering::Relaxed);
        fence(Ordering::Release);
        change(&self.ranges);
        self.sequence.store((before | 1).wrapping_add(1), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_known_until_the_next_change() {
        let cache = ExecCache::default();
        assert!(!cache.knows(0, 1));
        cache.remember(100, 200);
        assert!(cache.knows(100, 104) && cache.knows(196, 200));
        assert!(!cache.knows(99, 103) && !cache.knows(198, 202));
        cache.change(CodeChange::Mapped(0, 4096));
        assert!(!cache.knows(100, 104));
        assert_eq!(cache.epoch(), 1);
    }

    #[test]
    fn the_last_changes_are_told_and_older_ones_are_not() {
        let cache = ExecCache::default();
        let change = |i: u64| CodeChange::Mapped(i, i + 1);
        (0..100).for_each(|i| cache.change(change(i)));
        assert_eq!(cache.changes(100), (100, Some(vec![])));
        assert_eq!(cache.changes(98), (100, Some(vec![change(98), change(99)])));
        assert_eq!(cache.changes(36).1.map(|changes| changes.len()), Some(64));
        assert_eq!(cache.changes(35), (100, None));
    }

    #[test]
    fn the_oldest_of_five_ranges_is_forgotten() {
        let cache = ExecCache::default();
        (1..=5).for_each(|i| cache.remember(i * 100, i * 100 + 50));
        assert!(!cache.knows(100, 104));
        assert!((2..=5).all(|i| cache.knows(i * 100, i * 100 + 4)));
    }
}
