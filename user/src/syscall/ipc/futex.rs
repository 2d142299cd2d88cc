//! Futexes: the host's kernel looks at the word itself, which may be shared with other threads and with
//! other processes. Thread numbers in it are the host's, so the protocols with owners work too.

use super::super::time::timespec_at;
use super::super::{Addr, Answer, Call};
use crate::abi::structs::FutexWaiter;
use crate::abi::{Errno, index};
use crate::host::{self, GuestMemory};

/// Flags beside the command: private, and which clock.
const COMMAND: i32 = 0x7f;

pub fn futex(
    k: &mut Call<'_>,
    at: u64,
    operation: i32,
    value: u32,
    fourth: u64,
    other: u64,
    third: u32,
) -> Answer {
    if !at.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let word_at = |at| GuestMemory::new(k.space, at, 4).ok_or(Errno::EFAULT);
    let word = word_at(at)?;
    match operation & COMMAND {
        // WAIT, LOCK_PI, WAIT_BITSET, LOCK_PI2
        0 | 6 | 9 | 13 => {
            let timeout = timespec_at(k, Addr(fourth))?;
            host::futex_wait(word, operation, value, timeout.as_ref(), word, third)
        }
        // WAIT_REQUEUE_PI
        11 => {
            let timeout = timespec_at(k, Addr(fourth))?;
            host::futex_wait(word, operation, value, timeout.as_ref(), word_at(other)?, third)
        }
        // WAKE, UNLOCK_PI, TRYLOCK_PI, WAKE_BITSET
        1 | 7 | 8 | 10 => host::futex_wake(word, operation, value, 0, word, third),
        // REQUEUE, CMP_REQUEUE, WAKE_OP, CMP_REQUEUE_PI
        3..=5 | 12 => host::futex_wake(word, operation, value, fourth, word_at(other)?, third),
        _ => Err(Errno::ENOSYS),
    }
}

/// Futexes that one call waits for at most. [FUTEX_WAITV_MAX]
const MOST_WAITERS: u32 = 128;

pub fn futex_waitv(k: &mut Call<'_>, at: Addr, count: u32, flags: u32, timeout: Addr, clock: i32) -> Answer {
    if count == 0 || count > MOST_WAITERS || at.is_null() {
        return Err(Errno::EINVAL);
    }
    let timeout = timespec_at(k, timeout)?;
    let mut waiters = Vec::with_capacity(index(count.into()));
    for n in 0..u64::from(count) {
        let waiter: FutexWaiter = k.load(at.plus(n * k.size::<FutexWaiter>()))?;
        let word = GuestMemory::new(k.space, waiter.at, 4).ok_or(Errno::EFAULT)?;
        let rest = u64::from(waiter.flags) | u64::from(waiter.reserved) << 32;
        waiters.push([waiter.value, word.word(), rest]);
    }
    host::futex_waitv(&waiters, flags, timeout.as_ref(), clock)
}
