//! Lists: directories and extended attributes.

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, named};
use crate::abi::structs::DirentHead;
use crate::abi::{Abi, Errno, RISCV64, Record, index};
use crate::host;

/// Directory bytes read at a time.
const MOST: u64 = 64 * 1024;

/// Entries have the same members at the same places under every ABI, in its own byte order.
pub fn getdents64(k: &mut Call<'_>, fd: Fd, at: Addr, size: u32) -> Answer {
    let room = k.writable(at, u64::from(size).min(MOST));
    if room == 0 {
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        return Err(if size == 0 { Errno::EINVAL } else { Errno::EFAULT });
    }
    let mut buffer = k.borrow(room);
    let got = host::getdents64(fd.0, &mut buffer);
    let put = got.and_then(|n| {
        let bytes = &mut buffer[..index(n)];
        convert(k.abi(), bytes);
        k.put(at, bytes).map(|_| n)
    });
    k.give_back(buffer);
    put
}

/// From the host's entries, which are riscv64's too.
fn convert(abi: &'static Abi, bytes: &mut [u8]) {
    let size = DirentHead::size(&abi.structs.dirent);
    let mut rest = bytes;
    while let Some((head, _)) = rest.split_at_mut_checked(size) {
        let entry: DirentHead = RISCV64.decode(head);
        head.copy_from_slice(&abi.encode(&entry));
        let len = usize::from(entry.reclen);
        if len < size || len > rest.len() {
            break;
        }
        rest = &mut rest[len..];
    }
}

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

fn attribute(k: &Call<'_>, name: Addr) -> Result<std::ffi::CString, Errno> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_entries_end_the_conversion() {
        let head = DirentHead { ino: 1, off: 2, reclen: 24, kind: 4 };
        let mut bytes = [0u8; 48];
        bytes[..19].copy_from_slice(&RISCV64.encode(&head));
        let before = bytes;
        convert(&RISCV64, &mut bytes);
        assert_eq!(bytes, before);
        bytes[16] = 0;
        convert(&RISCV64, &mut bytes);
        bytes[16] = 255;
        convert(&RISCV64, &mut bytes);
    }
}
