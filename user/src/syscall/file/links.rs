//! Directory entries: making, moving, removing, reading links.

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, meant};
use super::own;
use crate::abi::{Errno, index};
use crate::host;
use std::os::unix::ffi::OsStrExt;

pub fn unlinkat(k: &mut Call<'_>, dir: Fd, path: Addr, flags: i32) -> Answer {
    host::unlinkat(dir.0, &k.path(path)?, flags)
}

pub fn renameat2(k: &mut Call<'_>, from_dir: Fd, from: Addr, to_dir: Fd, to: Addr, flags: u32) -> Answer {
    host::renameat2(from_dir.0, &k.path(from)?, to_dir.0, &k.path(to)?, flags)
}

pub fn linkat(k: &mut Call<'_>, from_dir: Fd, from: Addr, to_dir: Fd, to: Addr, flags: i32) -> Answer {
    host::linkat(from_dir.0, &k.path(from)?, to_dir.0, &k.path(to)?, flags)
}

pub fn symlinkat(k: &mut Call<'_>, target: Addr, dir: Fd, path: Addr) -> Answer {
    host::symlinkat(&k.path(target)?, dir.0, &k.path(path)?)
}

pub fn readlinkat(k: &mut Call<'_>, dir: Fd, path: Addr, at: Addr, size: i32) -> Answer {
    if size <= 0 {
        return Err(Errno::EINVAL);
    }
    let path = own::absolute(dir.0, k.path(path)?);
    let room = index(u64::from(size.unsigned_abs()));
    if let Some(program) = own::program_of(k, path.as_bytes()) {
        let name = program.as_os_str().as_bytes();
        let len = name.len().min(room);
        k.put(at, &name[..len])?;
        return Ok(len as u64);
    }
    let path = meant(k, path, Last::Link);
    let mut buffer = [0; 4096];
    let len = host::readlinkat(dir.0, &path, &mut buffer[..room.min(4096)])?;
    k.put(at, &buffer[..index(len)])?;
    Ok(len)
}
