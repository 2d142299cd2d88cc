//! Other processes: descriptors that stand for them, comparing with them, their memory.

use super::super::file::rw::{copy_between, pieces};
use super::super::signal::to_self;
use super::super::{Addr, Answer, Call, Fd};
use super::is_own;
use crate::abi::{Encoded, Errno, RISCV64, Siginfo};
use crate::host;

pub fn pidfd_open(_: &mut Call<'_>, pid: i32, flags: u32) -> Answer {
    host::pidfd_open(pid, flags)
}

/// Descriptors that are hidden here are hidden in the program's children too.
pub fn pidfd_getfd(_: &mut Call<'_>, pidfd: Fd, target: Fd, flags: u32) -> Answer {
    host::pidfd_getfd(pidfd.0, target.0, flags)
}

pub fn pidfd_send_signal(k: &mut Call<'_>, pidfd: Fd, signal: i32, info: Addr, flags: u32) -> Answer {
    let info = k.load_some::<Siginfo>(info)?.map(|info| RISCV64.encode(&info));
    let own = flags == 0 && is_own(pid_of(pidfd).unwrap_or(0));
    if own && to_self(k, signal) {
        return Ok(0);
    }
    host::pidfd_send_signal(pidfd.0, signal, info.as_ref().map(Encoded::room), flags)
}

/// The process that a descriptor stands for, as the host's `/proc` tells.
fn pid_of(pidfd: Fd) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.0)).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim().parse().ok()
}

/// Two processes, the kind of resource, and an index into it for each. [kcmp(2)]
pub fn kcmp(k: &mut Call<'_>, first: i32, second: i32, kind: i32, a: u64, b: u64) -> Answer {
    const FILE: i32 = 0;
    const EPOLL_TFD: i32 = 7;
    let fd = |k: &Call<'_>, index: u64| k.fd(crate::abi::int(index)).map(|_| ());
    match kind {
        FILE => {
            fd(k, a)?;
            fd(k, b)?;
            host::kcmp(first, second, kind, a, b)
        }
        EPOLL_TFD => {
            let part = |at| k.load::<u32>(Addr(b).plus(at));
            let three = [part(0)?, part(4)?, part(8)?];
            host::kcmp_epoll(first, second, kind, a, &three)
        }
        _ => host::kcmp(first, second, kind, a, b),
    }
}

/// Only the program's own memory can be reached: where another guest's lies on the host is that
/// strata's affair.
fn only_own(pid: i32, flags: u64) -> Answer {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    if is_own(pid) {
        return Ok(0);
    }
    // Nobody there is another answer than somebody whom we may not read.
    host::kill(pid, 0).and(Err(Errno::EPERM))
}

pub fn process_vm_readv(
    k: &mut Call<'_>,
    pid: i32,
    to: Addr,
    to_count: u64,
    from: Addr,
    from_count: u64,
    flags: u64,
) -> Answer {
    let (to, from) = (pieces(k, to, to_count)?, pieces(k, from, from_count)?);
    only_own(pid, flags)?;
    copy_between(k, &from, &to)
}

pub fn process_vm_writev(
    k: &mut Call<'_>,
    pid: i32,
    from: Addr,
    from_count: u64,
    to: Addr,
    to_count: u64,
    flags: u64,
) -> Answer {
    let (from, to) = (pieces(k, from, from_count)?, pieces(k, to, to_count)?);
    only_own(pid, flags)?;
    copy_between(k, &from, &to)
}
