//! Descriptors: opening, closing, copying; controlling them and making other kinds.

pub mod control;
pub mod event;
pub mod ioctl;
pub mod requests;

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, meant};
use super::own;
use crate::abi::structs::OpenHow;
use crate::abi::{Errno, index, open_to_host};
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

/// Bytes of `struct open_how` that a program may have beyond those known here, if they are zero.
const MOST_HOW: u64 = 4096;

/// Unlike `openat`, bits that Linux does not know are errors: they are left for the host to find.
pub fn openat2(k: &mut Call<'_>, dir: Fd, path: Addr, at: Addr, size: u64) -> Answer {
    if size < OpenHow::SIZE as u64 {
        return Err(Errno::EINVAL);
    }
    if size > MOST_HOW {
        return Err(Errno::E2BIG);
    }
    let how: OpenHow = k.load(at)?;
    let mut rest = vec![0; index(size) - OpenHow::SIZE];
    k.space.copy_in(at.plus(OpenHow::SIZE as u64).0, &mut rest)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG);
    }
    let mut path = k.path(path)?;
    let flags = k.abi().open_to_host(how.flags);
    if how.resolve == 0 {
        path = own::absolute(dir.0, path);
        if let Some(answer) = own::open(k, path.as_bytes(), flags) {
            return answer;
        }
    }
    let last = if flags & libc::O_NOFOLLOW != 0 { Last::Link } else { Last::Target };
    let unknown = how.flags & !k.abi().open_to_guest(flags);
    let words = [u64::from(flags.cast_unsigned()) | unknown, how.mode, how.resolve];
    host::openat2(dir.0, &meant(k, path, last), &words, OpenHow::SIZE as u64)
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

pub fn flock(_: &mut Call<'_>, fd: Fd, operation: i32) -> Answer {
    host::flock_fd(fd.0, operation)
}

pub fn memfd_create(k: &mut Call<'_>, name: Addr, flags: u32) -> Answer {
    host::memfd_create(&k.path(name)?, flags)
}
