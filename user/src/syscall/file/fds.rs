//! Descriptors: opening, closing, copying, controlling.

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, meant, named};
use super::own;
use crate::abi::generic::FLOCK_64;
use crate::abi::structs::{Flock, flock as layout};
use crate::abi::{Encoded, Errno, int, open_to_host};
use crate::host;

pub fn openat(k: &mut Call<'_>, dir: Fd, path: Addr, flags: u64, mode: u32) -> Answer {
    let path = own::absolute(dir.0, k.path(path)?);
    let flags = k.abi().open_to_host(flags);
    if let Some(answer) = own::open(k, path.as_bytes(), flags) {
        return answer;
    }
    let last = if flags & libc::O_NOFOLLOW != 0 { Last::Link } else { Last::Target };
    host::openat(dir.0, &meant(k, path, last), flags, mode)
}

pub fn close(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::close(fd.0)
}

/// Closes a range around strata's own descriptors.
pub fn close_range(k: &mut Call<'_>, first: u32, last: u32, flags: u32) -> Answer {
    if first > last {
        return Err(Errno::EINVAL);
    }
    let mut own: Vec<u32> = k.p.hidden.iter().map(|fd| fd.cast_unsigned()).collect();
    own.sort_unstable();
    let mut from = first;
    for fd in own.into_iter().filter(|fd| (first..=last).contains(fd)) {
        if from < fd {
            host::close_range(from, fd - 1, flags)?;
        }
        from = fd.saturating_add(1);
    }
    if from <= last { host::close_range(from, last, flags) } else { Ok(0) }
}

pub fn dup(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::dup(fd.0)
}

pub fn dup3(_: &mut Call<'_>, old: Fd, new: Fd, flags: u64) -> Answer {
    host::dup3(old.0, new.0, open_to_host(flags))
}

pub fn pipe2(k: &mut Call<'_>, at: Addr, flags: u64) -> Answer {
    k.must_write(at, 8)?;
    let mut pair = [0; 2];
    host::pipe2(&mut pair, open_to_host(flags))?;
    put_pair(k, at, pair)
}

/// Writes two fresh descriptors.
pub fn put_pair(k: &Call<'_>, at: Addr, pair: [i32; 2]) -> Answer {
    k.store(at, &pair[0])?;
    k.store(at.plus(4), &pair[1])
}

/// What `fcntl`'s third argument is.
enum Third {
    Number,
    Flags,
    Lock,
}

/// Commands: the numbers are the same on asm-generic and x86-64. [asm-generic/fcntl.h]
const COMMANDS: &[(i32, Third)] = &[
    (libc::F_DUPFD, Third::Number),
    (libc::F_GETFD, Third::Number),
    (libc::F_SETFD, Third::Number),
    (libc::F_GETFL, Third::Flags),
    (libc::F_SETFL, Third::Flags),
    (libc::F_GETLK, Third::Lock),
    (libc::F_SETLK, Third::Lock),
    (libc::F_SETLKW, Third::Lock),
    (libc::F_SETOWN, Third::Number),
    (libc::F_GETOWN, Third::Number),
    (10, Third::Number), // F_SETSIG
    (11, Third::Number), // F_GETSIG
    (libc::F_OFD_GETLK, Third::Lock),
    (libc::F_OFD_SETLK, Third::Lock),
    (libc::F_OFD_SETLKW, Third::Lock),
    (libc::F_SETLEASE, Third::Number),
    (libc::F_GETLEASE, Third::Number),
    (libc::F_NOTIFY, Third::Number),
    (libc::F_DUPFD_CLOEXEC, Third::Number),
    (libc::F_SETPIPE_SZ, Third::Number),
    (libc::F_GETPIPE_SZ, Third::Number),
    (libc::F_ADD_SEALS, Third::Number),
    (libc::F_GET_SEALS, Third::Number),
];

pub fn fcntl(k: &mut Call<'_>, fd: Fd, command: i32, value: u64) -> Answer {
    if k.abi().word_size() == 4
        && let Some((_, command)) = LOCKS_64.iter().find(|(number, _)| *number == command)
    {
        return lock(k, fd, *command, Addr(value), &FLOCK_64);
    }
    let (_, third) = COMMANDS.iter().find(|(number, _)| *number == command).ok_or(Errno::EINVAL)?;
    match third {
        Third::Number => host::fcntl(fd.0, command, value),
        Third::Flags => {
            let flags = host::fcntl(fd.0, command, u64::from(k.abi().open_to_host(value).cast_unsigned()))?;
            Ok(if command == libc::F_GETFL { k.abi().open_to_guest(int(flags)) } else { flags })
        }
        Third::Lock => lock(k, fd, command, Addr(value), lock_layout(k, command)),
    }
}

/// `F_GETLK64`, `F_SETLK64` and `F_SETLKW64`, which only programs with 32-bit words have, and what they
/// are to others. [asm-generic/fcntl.h]
const LOCKS_64: [(i32, i32); 3] = [(12, libc::F_GETLK), (13, libc::F_SETLK), (14, libc::F_SETLKW)];

/// The layout of a lock: commands on open file descriptions know only the one with 64 bits.
fn lock_layout(k: &Call<'_>, command: i32) -> &'static layout::Layout {
    let short = matches!(command, libc::F_GETLK | libc::F_SETLK | libc::F_SETLKW);
    if short { &k.abi().structs.flock } else { &FLOCK_64 }
}

fn lock(k: &Call<'_>, fd: Fd, command: i32, at: Addr, layout: &layout::Layout) -> Answer {
    let guest: Flock = k.load_as(at, layout)?;
    let mut lock = host::zeroed::<libc::flock>();
    lock.l_type = guest.kind;
    lock.l_whence = guest.whence;
    lock.l_start = guest.start;
    lock.l_len = guest.len;
    lock.l_pid = guest.pid;
    let done = host::fcntl_lock(fd.0, command, &mut lock)?;
    if command == libc::F_GETLK || command == libc::F_OFD_GETLK {
        let found = Flock {
            kind: lock.l_type,
            whence: lock.l_whence,
            start: lock.l_start,
            len: lock.l_len,
            pid: lock.l_pid,
        };
        k.put(at, &Encoded::new(&found, layout, k.abi().order))?;
    }
    Ok(done)
}

pub fn flock(_: &mut Call<'_>, fd: Fd, operation: i32) -> Answer {
    host::flock_fd(fd.0, operation)
}

pub fn memfd_create(k: &mut Call<'_>, name: Addr, flags: u32) -> Answer {
    host::memfd_create(&k.path(name)?, flags)
}

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
