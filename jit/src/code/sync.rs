//! What [`super::gate`] and [`super::section`] are made of, so that the model checker can put its own in place of it.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex};

use rustix::thread::futex;

/// Stands where a sequentially consistent access comes before another: all see all of them in one order. The model
/// checker knows that of fences only.
pub(super) fn ordered() {}

/// Threads for which there is room at once.
pub(super) const SLOTS: usize = 32;

/// Looks before a thread that waits goes to sleep; each takes some tens of nanoseconds.
const LOOKS: usize = 64;

/// Whether `fact` holds soon.
pub(super) fn soon(fact: impl Fn() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        std::hint::spin_loop();
        fact()
    })
}

/// Sleeps until [`wake`] is called or ten milliseconds have passed, unless the word is no longer what was seen.
pub(super) fn wait(word: &AtomicU32, seen: u32) {
    let moment = futex::Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    // Whoever waits looks again, whatever ended the sleep.
    let _woken = futex::wait(word, futex::Flags::PRIVATE, seen, Some(&moment));
}

/// Wakes all who sleep on the word.
pub(super) fn wake(word: &AtomicU32) {
    let _number = futex::wake(word, futex::Flags::PRIVATE, i32::MAX.cast_unsigned());
}
