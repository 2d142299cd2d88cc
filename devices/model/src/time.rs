//! Guest time and the timers that wait for it.

use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Weak};

/// Guest time in nanoseconds since the machine was switched on. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// Where the time is kept, for whoever sets it in the middle of an access.
    pub fn cell(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0)
    }

    /// The time now.
    pub fn now(&self) -> u64 {
        self.0.load(SeqCst)
    }

    /// Sets the time. Only the machine does this, before it lets a device see it.
    pub fn set(&self, now: u64) {
        self.0.store(now, SeqCst);
    }
}

/// Whoever is told when a timer expires.
pub(crate) trait Expire: Send + Sync {
    /// The timer with this tag has expired.
    fn expire(&self, tag: u32);
}

/// The timers of a machine. Clones are the same queue.
///
/// Equal deadlines expire in the order in which their timers were made, so that the order does not hang
/// on when each was armed, and a restored machine goes on as the saved one did.
#[derive(Clone, Default)]
pub struct TimerQueue(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    made: u64,
    armed: BTreeSet<(u64, u64)>,
    targets: BTreeMap<u64, (Weak<dyn Expire>, u32)>,
}

impl TimerQueue {
    pub(crate) fn timer(&self, target: Weak<dyn Expire>, tag: u32) -> Timer {
        let mut queue = self.0.lock();
        let id = queue.made;
        queue.made += 1;
        queue.targets.insert(id, (target, tag));
        Timer { queue: self.clone(), id, deadline: None }
    }

    /// The earliest deadline in nanoseconds of guest time. Ask anew after every access to a device.
    pub fn next_deadline(&self) -> Option<u64> {
        self.0.lock().armed.first().map(|(deadline, _)| *deadline)
    }

    /// Calls back the timers whose deadline is `now` or earlier, in order, each at most once, and
    /// says how many they were. A timer that is armed again for the past stays for the next call.
    pub fn expire(&self, now: u64) -> usize {
        let due: Vec<_> = self.0.lock().armed.range(..=(now, u64::MAX)).copied().collect();
        let mut called = 0;
        for entry in due {
            // An earlier call may have cancelled or moved this one.
            let target = {
                let mut queue = self.0.lock();
                let due = queue.armed.remove(&entry);
                queue.targets.get(&entry.1).filter(|_| due).cloned()
            };
            if let Some((target, tag)) = target.and_then(|(target, tag)| Some((target.upgrade()?, tag))) {
                target.expire(tag);
                called += 1;
            }
        }
        called
    }
}

/// A timer of one device. It is cancelled when it is dropped.
///
/// The deadline is part of the device's state: a device saves it and arms the timer again when restored.
pub struct Timer {
    queue: TimerQueue,
    id: u64,
    deadline: Option<u64>,
}

impl Timer {
    /// Expires once guest time reaches `deadline` nanoseconds, instead of at an earlier set deadline. A
    /// deadline in the past expires as soon as the machine looks.
    pub fn arm(&mut self, deadline: u64) {
        self.cancel();
        self.queue.0.lock().armed.insert((deadline, self.id));
        self.deadline = Some(deadline);
    }

    /// Does not expire any more.
    pub fn cancel(&mut self) {
        if let Some(deadline) = self.deadline.take() {
            self.queue.0.lock().armed.remove(&(deadline, self.id));
        }
    }

    /// Arms or cancels.
    pub fn set(&mut self, deadline: Option<u64>) {
        match deadline {
            Some(deadline) => self.arm(deadline),
            None => self.cancel(),
        }
    }

    /// The deadline, while the timer is armed.
    pub fn deadline(&self) -> Option<u64> {
        let deadline = self.deadline?;
        self.queue.0.lock().armed.contains(&(deadline, self.id)).then_some(deadline)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.cancel();
        self.queue.0.lock().targets.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Log(Mutex<Vec<u32>>);

    impl Expire for Log {
        fn expire(&self, tag: u32) {
            self.0.lock().push(tag);
        }
    }

    fn log() -> (TimerQueue, Arc<Log>, Weak<dyn Expire>) {
        let log = Arc::new(Log(Mutex::default()));
        let weak: Weak<dyn Expire> = Arc::downgrade(&(Arc::clone(&log) as Arc<dyn Expire>));
        (TimerQueue::default(), log, weak)
    }

    #[test]
    fn equal_deadlines_expire_in_the_order_their_timers_were_made() {
        let (queue, log, target) = log();
        let mut timers: Vec<_> = (0..4).map(|tag| queue.timer(target.clone(), tag)).collect();
        for i in [2, 0, 3, 1] {
            timers[i].arm(100);
        }
        timers[3].arm(50);
        assert_eq!(queue.next_deadline(), Some(50));
        assert_eq!(queue.expire(99), 1);
        assert_eq!(queue.expire(100), 3);
        assert_eq!(*log.0.lock(), [3, 0, 1, 2]);
    }

    #[test]
    fn a_cancelled_or_dropped_timer_does_not_expire() {
        let (queue, log, target) = log();
        let mut cancelled = queue.timer(target.clone(), 0);
        let mut dropped = queue.timer(target, 1);
        cancelled.arm(1);
        dropped.arm(2);
        cancelled.cancel();
        drop(dropped);
        assert_eq!((queue.next_deadline(), queue.expire(10)), (None, 0));
        assert!(log.0.lock().is_empty());
    }

    #[test]
    fn an_expired_timer_has_no_deadline() {
        let (queue, _log, target) = log();
        let mut timer = queue.timer(target, 0);
        timer.arm(7);
        assert_eq!(timer.deadline(), Some(7));
        queue.expire(7);
        assert_eq!(timer.deadline(), None);
        timer.arm(7);
        assert_eq!(timer.deadline(), Some(7));
    }
}
