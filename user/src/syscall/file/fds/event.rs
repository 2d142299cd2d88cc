//! Descriptors for events: counters, file changes, signals, timers.

use super::super::super::time::{itimerspec_at, put_itimerspec};
use super::super::super::{Addr, Answer, Call, Fd};
use super::super::names::{Last, named};
use super::super::poll::set_at;
use crate::abi::structs::Itimerspec;
use crate::abi::{Errno, int, open_to_host};
use crate::host;
use crate::signal::host_mask;

pub fn eventfd2(_: &mut Call<'_>, initial: u32, flags: u64) -> Answer {
    // EFD_SEMAPHORE is 1 everywhere; the others are open flags.
    host::eventfd2(initial, open_to_host(flags & !1) | int(flags & 1))
}

pub fn inotify_init1(_: &mut Call<'_>, flags: u64) -> Answer {
    host::inotify_init1(open_to_host(flags))
}

pub fn inotify_add_watch(k: &mut Call<'_>, fd: Fd, path: Addr, mask: u32) -> Answer {
    host::inotify_add_watch(fd.0, &named(k, path, Last::Target)?, mask)
}

pub fn inotify_rm_watch(_: &mut Call<'_>, fd: Fd, watch: i32) -> Answer {
    host::inotify_rm_watch(fd.0, watch)
}

/// The host keeps the program's queue of signals, so its descriptor reads from that. What it reads,
/// `struct signalfd_siginfo`, is laid out alike for every CPU. SIGSEGV and SIGBUS never wait in the
/// host's queue.
pub fn signalfd4(k: &mut Call<'_>, fd: Fd, mask: Addr, size: u64, flags: u64) -> Answer {
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let mask = set_at(k, mask, size)?.ok_or(Errno::EFAULT)?;
    host::signalfd4(fd.0, &host_mask(mask), size, open_to_host(flags))
}

pub fn timerfd_create(_: &mut Call<'_>, clock: i32, flags: u64) -> Answer {
    host::timerfd_create(clock, open_to_host(flags))
}

pub fn timerfd_settime(k: &mut Call<'_>, fd: Fd, flags: i32, new: Addr, old: Addr) -> Answer {
    let new = itimerspec_at(k, new)?;
    if !old.is_null() {
        k.must_write(old, k.size::<Itimerspec>())?;
    }
    let mut before = host::zeroed();
    host::timerfd_settime(fd.0, flags, &new, &mut before)?;
    if old.is_null() { Ok(0) } else { put_itimerspec(k, old, &before) }
}

pub fn timerfd_gettime(k: &mut Call<'_>, fd: Fd, at: Addr) -> Answer {
    let mut now = host::zeroed();
    host::timerfd_gettime(fd.0, &mut now)?;
    put_itimerspec(k, at, &now)
}
