//! Ranges of generated code whose faults have one place to go on at.
//!
//! The handler looks through a fixed table of atomic words, so it takes no lock and allocates nothing.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Ranges that can be registered at once.
const SLOTS: usize = 256;

struct Slot {
    /// First host address; 0 where the slot is free, 1 while it is being filled.
    start: AtomicUsize,
    end: AtomicUsize,
    resume: AtomicUsize,
}

static TABLE: [Slot; SLOTS] =
    [const { Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), resume: AtomicUsize::new(0) } };
        SLOTS];

/// A registered range; dropping it ends the registration.
#[derive(Debug)]
pub struct CodeRange {
    slot: usize,
}

/// Registers generated code: a fault of an instruction in `code` goes on at host address `resume`, with the
/// instruction's address in `rax` and all other registers as they were. `None` where 256 ranges are registered.
///
/// Whoever emits the code promises that this is sound: that an instruction in it which may fault touches guest
/// memory only, and that the code at `resume` can take over there.
pub fn register(code: Range<usize>, resume: usize) -> Option<CodeRange> {
    if code.start <= 1 {
        return None;
    }
    let taken = |slot: &&Slot| slot.start.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok();
    let (slot, entry) = TABLE.iter().enumerate().find(|(_, slot)| taken(slot))?;
    entry.end.store(code.end, Ordering::Relaxed);
    entry.resume.store(resume, Ordering::Relaxed);
    entry.start.store(code.start, Ordering::Release);
    Some(CodeRange { slot })
}

impl Drop for CodeRange {
    fn drop(&mut self) {
        let entry = &TABLE[self.slot];
        entry.end.store(0, Ordering::Relaxed);
        entry.start.store(0, Ordering::Release);
    }
}

/// Where a fault of generated code at host address `pc` goes on.
pub(super) fn find(pc: usize) -> Option<usize> {
    let holds = |slot: &&Slot| {
        let start = slot.start.load(Ordering::Acquire);
        start > 1 && start <= pc && pc < slot.end.load(Ordering::Relaxed)
    };
    TABLE.iter().find(holds).map(|slot| slot.resume.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_found_until_it_is_dropped() {
        let range = register(0x7000..0x8000, 42).unwrap();
        assert_eq!(
            (find(0x7000), find(0x7fff), find(0x8000), find(0x6fff)),
            (Some(42), Some(42), None, None)
        );
        drop(range);
        assert_eq!(find(0x7000), None);
    }
}
