//! New processes, and the end of this one.

use super::super::{Addr, Answer, Call};
use crate::abi::Errno;
use crate::host;
use crate::process::Next;

/// `clone` flags. [linux/sched.h]
const CSIGNAL: u64 = 0xff;
const CLONE_VM: u64 = 0x100;
const CLONE_VFORK: u64 = 0x4000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_SETTLS: u64 = 0x8_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;
const CLONE_DETACHED: u64 = 0x40_0000;

/// Registers by their use in the ABI.
const SP: usize = 2;
const TP: usize = 4;
const A0: usize = 10;

/// A child process. `vfork` is a fork: the child gets memory of its own, which a program that keeps
/// to the rules of vfork cannot tell apart.
pub fn clone(
    k: &mut Call<'_>,
    flags: u64,
    stack: u64,
    parent_tid: Addr,
    tls: u64,
    child_tid: Addr,
) -> Answer {
    let known = CSIGNAL
        | CLONE_VM
        | CLONE_VFORK
        | CLONE_PARENT_SETTID
        | CLONE_CHILD_CLEARTID
        | CLONE_SETTLS
        | CLONE_CHILD_SETTID
        | CLONE_DETACHED;
    let signal = flags & CSIGNAL;
    let is_fork = flags & (CLONE_VM | CLONE_VFORK) != CLONE_VM;
    // A child that ends without SIGCHLD is awaited in ways of its own.
    if flags & !known != 0 || !is_fork || signal != u64::from(libc::SIGCHLD.unsigned_abs()) {
        k.p.name_unimplemented(u64::MAX, &format!("clone with flags {flags:#x}"));
        return Err(Errno::ENOSYS);
    }
    if flags & CLONE_PARENT_SETTID != 0 {
        k.must_write(parent_tid, 4)?;
    }
    match host::fork()? {
        Some(child) => {
            if flags & CLONE_PARENT_SETTID != 0 {
                k.store(parent_tid, &child)?;
            }
            Ok(u64::from(child.unsigned_abs()))
        }
        None => {
            child(k, flags, stack, tls, child_tid);
            Ok(0)
        }
    }
}

fn child(k: &mut Call<'_>, flags: u64, stack: u64, tls: u64, child_tid: Addr) {
    k.p.signals.forget_waiting();
    if stack != 0 {
        k.state.x[SP] = k.abi().register(stack);
    }
    if flags & CLONE_SETTLS != 0 {
        k.state.x[TP] = k.abi().register(tls);
    }
    k.p.clear_tid = if flags & CLONE_CHILD_CLEARTID != 0 { child_tid.0 } else { 0 };
    if flags & CLONE_CHILD_SETTID != 0 {
        let own = host::gettid().unwrap_or(0);
        // The kernel too ignores a pointer it cannot write here.
        let _ = k.store(child_tid, &spec::bits::Low::low32(own));
    }
    k.state.x[A0] = 0;
}

pub fn exit(k: &mut Call<'_>, status: i32) -> Answer {
    if k.p.clear_tid != 0 {
        // As above: nobody is left to be told.
        let _ = k.put(Addr(k.p.clear_tid), &[0; 4]);
    }
    k.keep = true;
    k.next = Next::Exited(status & 0xff);
    Ok(0)
}

pub fn set_tid_address(k: &mut Call<'_>, at: u64) -> Answer {
    k.p.clear_tid = at;
    host::gettid()
}

/// Robust futexes tell other threads of a death; there is one thread.
pub fn set_robust_list(k: &mut Call<'_>, _head: Addr, len: u64) -> Answer {
    if len == 3 * k.abi().word_size() { Ok(0) } else { Err(Errno::EINVAL) }
}
