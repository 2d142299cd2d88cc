//! Fork, and keeping strata's own descriptors away from the guest's.

use super::gate::last_errno;
use crate::abi::Errno;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Forks the process; the child gets `None`, the parent the child's number.
pub(crate) fn fork() -> Result<Option<i32>, Errno> {
    // SAFETY: strata runs a program on one thread, so no lock is held by a thread that the child
    // lacks; libc's own locks are taken care of by its fork.
    match unsafe { libc::fork() } {
        -1 => Err(last_errno()),
        0 => Ok(None),
        child => Ok(Some(child)),
    }
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
