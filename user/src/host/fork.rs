//! Fork, and keeping strata's own descriptors away from the guest's.

use super::gate::last_errno;
use crate::abi::Errno;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Forks the process; the child gets `None`, the parent the child's number.
///
/// The caller holds every lock of ours that a thread which the child lacks might hold.
pub(crate) fn fork() -> Result<Option<i32>, Errno> {
    // SAFETY: libc's own locks are taken care of by its fork, ours by the caller.
    match unsafe { libc::fork() } {
        -1 => Err(last_errno()),
        0 => Ok(None),
        child => Ok(Some(child)),
    }
}

/// As [`fork`], with further `clone` flags of the host's and another signal at the end. `descriptor` is
/// where CLONE_PIDFD puts one.
///
/// libc knows nothing of it: its memory allocator must not be in another thread's hands, so a process
/// with further threads gets EAGAIN.
pub(crate) fn fork_with(flags: u64, signal: u64, descriptor: &mut i32) -> Result<Option<i32>, Errno> {
    if !is_alone() {
        return Err(Errno::EAGAIN);
    }
    let parent_tid: *mut i32 = descriptor;
    let none = std::ptr::null_mut::<i32>();
    // SAFETY: without CLONE_VM the child has a copy of this memory and goes on here as this thread
    // would; it is the only thread, so no lock is held by another. The pointer is to an integer of the
    // caller's, written only with CLONE_PIDFD.
    match unsafe { libc::syscall(libc::SYS_clone, flags | signal, 0, parent_tid, none, 0) } {
        -1 => Err(last_errno()),
        0 => Ok(None),
        child => Ok(Some(crate::abi::int(child.cast_unsigned()))),
    }
}

/// Whether this process has one thread.
fn is_alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

/// A child that lives in its parent's memory.
pub(crate) trait Child {
    /// Lives to its end, whose exit status this returns, or becomes another program. What it does not
    /// own through `self` is lost to the parent.
    fn live(&mut self) -> i32;
}

/// Bytes of the stack that a child in its parent's memory runs on.
const CHILD_STACK: usize = 1 << 20;

/// Makes a child that lives in this process's memory, on a stack of its own and in the place of this
/// thread, which waits until the child has ended or become another program.
///
/// The caller blocks all signals, and forgets afterwards what was noted meanwhile for this thread.
pub(crate) fn vfork<C: Child>(child: &mut C) -> Result<i32, Errno> {
    extern "C" fn enter<C: Child>(child: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the reference below, whose owner waits until this child has gone.
        unsafe { &mut *child.cast::<C>() }.live()
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | libc::MAP_NORESERVE;
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a fresh private mapping at an address of the kernel's choice.
    let stack = unsafe { libc::mmap(std::ptr::null_mut(), CHILD_STACK, prot, flags, -1, 0) };
    if stack == libc::MAP_FAILED {
        return Err(last_errno());
    }
    let how = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is a mapping of our own, its end aligned to a page, as large as that of any
    // other thread which runs a guest. The child shares this thread's thread-local values, which this
    // thread does not use before the child has gone; libc's function ends it with _exit, which tears
    // nothing of its parent's down.
    let made = unsafe {
        libc::clone(enter::<C>, stack.byte_add(CHILD_STACK), how, std::ptr::from_mut(child).cast())
    };
    let made = if made == -1 { Err(last_errno()) } else { Ok(made) };
    // SAFETY: the child, the only user of the mapping, has left this memory or was never made.
    unsafe { libc::munmap(stack, CHILD_STACK) };
    made
}

/// Descriptors of ours go just below the limit, where a program that counts from 3 does not meet
/// them.
const ROOM: u64 = 64;

/// Moves a descriptor of strata's own (a log file) to a high number that is closed on exec.
/// If there is none free it stays where it is.
pub fn out_of_the_way(fd: OwnedFd) -> OwnedFd {
    let mut limit = super::zeroed::<libc::rlimit64>();
    let got = super::prlimit64(0, libc::RLIMIT_NOFILE.cast_signed(), None, Some(&mut limit));
    let from = if got.is_ok() { limit.rlim_cur.clamp(128, 1 << 20) - ROOM } else { ROOM };
    match super::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, from) {
        Ok(new) => {
            // SAFETY: the kernel has just made this descriptor for us alone.
            unsafe { OwnedFd::from_raw_fd(crate::abi::int(new)) }
        }
        Err(_) => fd,
    }
}

/// Starts a thread of strata's own, which leaves the program's signals to the program's threads.
///
/// # Errors
/// The host has no room for one more.
pub fn beside(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let before = super::signals::mask();
    // The new thread begins with this one's mask.
    super::signals::set_mask(!crate::signal::FAULTS);
    let made = std::thread::Builder::new().name(name.into()).spawn(run);
    super::signals::set_mask(before);
    made.map(drop)
}
