//! Extended attributes.

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, named};
use crate::abi::{Errno, index};
use crate::host;
use std::ffi::CString;

/// Bytes of an attribute's name. [XATTR_NAME_MAX]
const NAME: usize = 255;
/// Bytes of an attribute's value. [XATTR_SIZE_MAX]
const VALUE: u64 = 65536;

/// Calls with a buffer of the program's size and hands over what came.
fn fill(k: &mut Call<'_>, at: Addr, size: u64, ask: impl FnOnce(&mut [u8]) -> Answer) -> Answer {
    if size == 0 {
        return ask(&mut []);
    }
    let mut buffer = k.borrow(size.min(VALUE));
    let got = ask(&mut buffer);
    let put = got.and_then(|n| k.put(at, &buffer[..index(n)]).map(|_| n));
    k.give_back(buffer);
    put
}

fn attribute(k: &Call<'_>, name: Addr) -> Result<CString, Errno> {
    match k.space.cstr(name.0, NAME) {
        Ok(name) => Ok(name),
        Err(memory::user::StrFault::TooLong) => Err(Errno::ERANGE),
        Err(fault) => Err(fault.into()),
    }
}

pub fn getxattr(k: &mut Call<'_>, path: Addr, name: Addr, at: Addr, size: u64) -> Answer {
    let (path, name) = (named(k, path, Last::Target)?, attribute(k, name)?);
    fill(k, at, size, |buffer| host::getxattr(&path, &name, buffer))
}

pub fn lgetxattr(k: &mut Call<'_>, path: Addr, name: Addr, at: Addr, size: u64) -> Answer {
    let (path, name) = (named(k, path, Last::Link)?, attribute(k, name)?);
    fill(k, at, size, |buffer| host::lgetxattr(&path, &name, buffer))
}

pub fn fgetxattr(k: &mut Call<'_>, fd: Fd, name: Addr, at: Addr, size: u64) -> Answer {
    let name = attribute(k, name)?;
    fill(k, at, size, |buffer| host::fgetxattr(fd.0, &name, buffer))
}

pub fn listxattr(k: &mut Call<'_>, path: Addr, at: Addr, size: u64) -> Answer {
    let path = named(k, path, Last::Target)?;
    fill(k, at, size, |buffer| host::listxattr(&path, buffer))
}

pub fn llistxattr(k: &mut Call<'_>, path: Addr, at: Addr, size: u64) -> Answer {
    let path = named(k, path, Last::Link)?;
    fill(k, at, size, |buffer| host::llistxattr(&path, buffer))
}

pub fn flistxattr(k: &mut Call<'_>, fd: Fd, at: Addr, size: u64) -> Answer {
    fill(k, at, size, |buffer| host::flistxattr(fd.0, buffer))
}

/// A value that a program sets.
fn value(k: &Call<'_>, at: Addr, size: u64) -> Result<Vec<u8>, Errno> {
    if size > VALUE {
        return Err(Errno::E2BIG);
    }
    let mut value = vec![0; index(size)];
    k.space.copy_in(at.0, &mut value)?;
    Ok(value)
}

pub fn setxattr(k: &mut Call<'_>, path: Addr, name: Addr, at: Addr, size: u64, flags: i32) -> Answer {
    let (path, name) = (k.path(path)?, attribute(k, name)?);
    host::setxattr(&path, &name, &value(k, at, size)?, flags)
}

pub fn lsetxattr(k: &mut Call<'_>, path: Addr, name: Addr, at: Addr, size: u64, flags: i32) -> Answer {
    let (path, name) = (k.path(path)?, attribute(k, name)?);
    host::lsetxattr(&path, &name, &value(k, at, size)?, flags)
}

pub fn fsetxattr(k: &mut Call<'_>, fd: Fd, name: Addr, at: Addr, size: u64, flags: i32) -> Answer {
    let name = attribute(k, name)?;
    host::fsetxattr(fd.0, &name, &value(k, at, size)?, flags)
}

pub fn removexattr(k: &mut Call<'_>, path: Addr, name: Addr) -> Answer {
    host::removexattr(&k.path(path)?, &attribute(k, name)?)
}

pub fn lremovexattr(k: &mut Call<'_>, path: Addr, name: Addr) -> Answer {
    host::lremovexattr(&k.path(path)?, &attribute(k, name)?)
}

pub fn fremovexattr(k: &mut Call<'_>, fd: Fd, name: Addr) -> Answer {
    host::fremovexattr(fd.0, &attribute(k, name)?)
}
