//! Futexes: the host's kernel looks at the word itself, which may be shared with other threads and with
//! other processes. Thread numbers in it are the host's, so the protocols with owners work too.

use super::time::timespec_at;
use super::{Addr, Answer, Call};
use crate::abi::Errno;
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
