//! Names of files: access, permissions, owners, times, the working directory.

use super::super::time::times_at;
use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, named};
use crate::abi::{Errno, index};
use crate::host;

pub fn truncate(k: &mut Call<'_>, path: Addr, len: i64) -> Answer {
    host::truncate(&k.path(path)?, len)
}

pub fn faccessat(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32) -> Answer {
    host::faccessat(dir.0, &named(k, path, Last::Target)?, mode)
}

pub fn faccessat2(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32, flags: u32) -> Answer {
    host::faccessat2(dir.0, &named(k, path, Last::of(flags.cast_signed()))?, mode, flags)
}

pub fn mkdirat(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32) -> Answer {
    host::mkdirat(dir.0, &k.path(path)?, mode)
}

pub fn mknodat(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32, device: u64) -> Answer {
    host::mknodat(dir.0, &k.path(path)?, mode, device)
}

pub fn fchmod(_: &mut Call<'_>, fd: Fd, mode: u32) -> Answer {
    host::fchmod(fd.0, mode)
}

pub fn fchmodat(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32) -> Answer {
    host::fchmodat(dir.0, &k.path(path)?, mode)
}

pub fn fchown(_: &mut Call<'_>, fd: Fd, uid: u32, gid: u32) -> Answer {
    host::fchown(fd.0, uid, gid)
}

pub fn fchownat(k: &mut Call<'_>, dir: Fd, path: Addr, uid: u32, gid: u32, flags: i32) -> Answer {
    host::fchownat(dir.0, &k.path(path)?, uid, gid, flags)
}

pub fn utimensat(k: &mut Call<'_>, dir: Fd, path: Addr, times: Addr, flags: i32) -> Answer {
    let path = if path.is_null() { None } else { Some(named(k, path, Last::of(flags))?) };
    let times = times_at(k, times)?;
    host::utimensat(dir.0, path.as_deref(), times.as_ref(), flags)
}

pub fn chdir(k: &mut Call<'_>, path: Addr) -> Answer {
    host::chdir(&k.path(path)?)
}

pub fn fchdir(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::fchdir(fd.0)
}

pub fn chroot(k: &mut Call<'_>, path: Addr) -> Answer {
    host::chroot(&k.path(path)?)
}

/// Answers the length, its terminator included.
pub fn getcwd(k: &mut Call<'_>, at: Addr, size: u64) -> Answer {
    let mut buffer = [0; 4096];
    let len = host::getcwd(&mut buffer)?;
    if len > size {
        return Err(Errno::ERANGE);
    }
    k.put(at, &buffer[..index(len)])?;
    Ok(len)
}

pub fn umask(_: &mut Call<'_>, mask: u32) -> Answer {
    host::umask(mask)
}
