//! Which guest addresses may be executed, remembered for `fetch`, and the code epoch.
//!
//! A few ranges behind one sequence count: readers take no lock and check that the count was even
//! and did not change; writers hold the region map's lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

/// Ranges remembered: a program, its C library, and two more.
const SLOTS: usize = 4;

#[derive(Default)]
pub(super) struct ExecCache {
    /// Odd while a writer is at work.
    sequence: AtomicU64,
    ranges: [(AtomicU64, AtomicU64); SLOTS],
    next: AtomicUsize,
    epoch: AtomicU64,
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

    /// Forgets all ranges and opens a new epoch. The caller holds the region map's lock.
    pub fn change(&self) {
        self.write(|ranges| ranges.iter().for_each(|(_, high)| high.store(0, Ordering::Relaxed)));
        self.epoch.fetch_add(1, Ordering::Release);
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
        cache.change();
        assert!(!cache.knows(100, 104));
        assert_eq!(cache.epoch(), 1);
    }

    #[test]
    fn the_oldest_of_five_ranges_is_forgotten() {
        let cache = ExecCache::default();
        (1..=5).for_each(|i| cache.remember(i * 100, i * 100 + 50));
        assert!(!cache.knows(100, 104));
        assert!((2..=5).all(|i| cache.knows(i * 100, i * 100 + 4)));
    }
}
