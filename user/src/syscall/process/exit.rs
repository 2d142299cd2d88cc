//! The end of a thread, and what it leaves to others.

use super::super::{Addr, Answer, Call};
use crate::abi::structs::RobustHead;
use crate::abi::{Errno, Word, int};
use crate::host::{self, GuestMemory};
use crate::process::Next;
use memory::user::Space;
use std::sync::atomic::Ordering;

/// Ends this thread; the program too if it is the last. The status of a program whose threads end one
/// by one is its first thread's. [exit(2)]
pub fn exit(k: &mut Call<'_>, status: i32) -> Answer {
    let status = status & 0xff;
    if k.task.leads {
        k.p.status.store(status, Ordering::Release);
    }
    let last = k.p.threads.fetch_sub(1, Ordering::AcqRel) == 1;
    release(k);
    k.keep = true;
    k.next = if last { Next::Exited(k.p.status.load(Ordering::Acquire)) } else { Next::Left };
    Ok(0)
}

/// Ends the program.
pub fn exit_group(k: &mut Call<'_>, status: i32) -> Answer {
    release(k);
    k.keep = true;
    k.next = Next::Exited(status & 0xff);
    Ok(0)
}

/// What the kernel does for a thread that ends: locks it held are marked, its number is cleared, and
/// who waits for either is woken. [kernel/fork.c, mm_release]
fn release(k: &mut Call<'_>) {
    let tid = host::gettid().unwrap_or(0);
    if k.task.robust != 0 {
        // A list that cannot be read ends where that shows.
        let _ = give_up(k, k.task.robust, tid);
    }
    let at = std::mem::take(&mut k.task.clear_tid);
    if at != 0 {
        // Nobody is left to be told that it cannot be written.
        let _ = k.put(Addr(at), &[0; 4]);
        wake(k.space, at);
    }
}

/// FUTEX_WAKE of one waiter, of any process.
fn wake(space: &Space, at: u64) {
    if let Some(word) = GuestMemory::new(space, at, 4) {
        let _ = host::futex_wake(word, 1, 1, 0, word, 0);
    }
}

pub fn set_tid_address(k: &mut Call<'_>, at: u64) -> Answer {
    k.task.clear_tid = at;
    host::gettid()
}

pub fn set_robust_list(k: &mut Call<'_>, head: u64, len: u64) -> Answer {
    if len != k.size::<RobustHead>() {
        return Err(Errno::EINVAL);
    }
    k.task.robust = head;
    Ok(0)
}

pub fn get_robust_list(k: &mut Call<'_>, pid: i32, head: Addr, len: Addr) -> Answer {
    let own = pid == 0 || host::gettid().is_ok_and(|tid| int(tid) == pid);
    if !own {
        // Other threads' heads are not kept where this one could see them.
        host::kill(pid, 0)?;
        return Err(Errno::EPERM);
    }
    k.store(len, &Word(k.size::<RobustHead>()))?;
    k.store(head, &Word(k.task.robust))
}

/// Entries a list may have. [ROBUST_LIST_LIMIT]
const MOST: u32 = 2048;
const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;
const TID: u32 = 0x3fff_ffff;

/// Marks every futex of the list that the thread holds. [kernel/futex/core.c, exit_robust_list]
fn give_up(k: &Call<'_>, head: u64, tid: u64) -> Answer {
    let RobustHead { list, distance, pending } = k.load(Addr(head))?;
    let word = |entry: u64| k.abi().unsigned((entry & !1).wrapping_add_signed(distance));
    // Bit 0 of an entry's address says that the futex inherits priority.
    let mut entry = list;
    for _ in 0..MOST {
        if entry & !1 == head {
            break;
        }
        let next = k.load_word(Addr(entry & !1));
        if entry & !1 != pending & !1 {
            mark(k.space, word(entry), tid, entry & 1 != 0, false)?;
        }
        entry = next?;
    }
    if pending & !1 != 0 {
        mark(k.space, word(pending), tid, pending & 1 != 0, true)?;
    }
    Ok(0)
}

fn mark(space: &Space, at: u64, tid: u64, inherits: bool, pending: bool) -> Result<(), memory::user::Fault> {
    if !at.is_multiple_of(4) {
        return Ok(());
    }
    loop {
        let old = space.load::<u32>(at)?;
        if pending && !inherits && old == 0 {
            // It was being unlocked: who waits has not been woken yet.
            wake(space, at);
            return Ok(());
        }
        if u64::from(old & TID) != tid {
            return Ok(());
        }
        if space.compare_exchange(at, old, old & WAITERS | OWNER_DIED)? == old {
            // The host itself wakes those who wait for one that inherits priority.
            if !inherits && old & WAITERS != 0 {
                wake(space, at);
            }
            return Ok(());
        }
    }
}
