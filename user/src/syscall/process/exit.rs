//! The end of a thread, and what it leaves to others.

use super::super::{Addr, Answer, Call};
use crate::abi::structs::RobustHead;
use crate::abi::{Errno, Word};
use crate::host;
use crate::process::{Next, wake};
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
    k.p.robust.end(k.abi(), k.space);
    release(k);
    k.keep = true;
    k.next = Next::Exited(status & 0xff);
    Ok(0)
}

/// What the kernel does for a thread that ends: locks it held are marked, its number is cleared, and
/// who waits for either is woken. [kernel/fork.c, mm_release]
fn release(k: &mut Call<'_>) {
    k.p.robust.leave(k.abi(), k.space);
    let at = std::mem::take(&mut k.task.clear_tid);
    if at != 0 {
        // Nobody is left to be told that it cannot be written.
        let _ = k.put(Addr(at), &[0; 4]);
        wake(k.space, at);
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
    k.p.robust.set(head);
    Ok(0)
}

pub fn get_robust_list(k: &mut Call<'_>, pid: i32, head_at: Addr, len: Addr) -> Answer {
    let own = host::gettid()?;
    let tid = if pid == 0 { own } else { u64::from(pid.cast_unsigned()) };
    let head = k.p.robust.get(tid);
    if tid != own && head == 0 {
        // The lists of other programs are theirs.
        host::kill(pid, 0)?;
        return Err(Errno::EPERM);
    }
    k.store(len, &Word(k.size::<RobustHead>()))?;
    k.store(head_at, &Word(head))
}
