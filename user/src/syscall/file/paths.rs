//! Names of files: access, permissions, owners, times, the working directory.

use super::super::time::times_at;
use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, named};
use crate::abi::structs::HandleHead;
use crate::abi::{Errno, RISCV64, index};
use crate::host;
use spec::bits::Low;

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

pub fn fchmodat2(k: &mut Call<'_>, dir: Fd, path: Addr, mode: u32, flags: u32) -> Answer {
    host::fchmodat2(dir.0, &k.path(path)?, mode, flags)
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

/// Bytes of a file's handle. [MAX_HANDLE_SZ]
const HANDLE: usize = 128;

/// The handle of a file, for a server that outlives its names. A buffer that is too small is told the
/// right size.
pub fn name_to_handle_at(k: &mut Call<'_>, dir: Fd, path: Addr, at: Addr, mount: Addr, flags: i32) -> Answer {
    const MNT_ID_UNIQUE: i32 = 1;
    let path = named(k, path, if flags & libc::AT_SYMLINK_FOLLOW != 0 { Last::Target } else { Last::Link })?;
    let head: HandleHead = k.load(at)?;
    if index(head.bytes.into()) > HANDLE {
        return Err(Errno::EINVAL);
    }
    k.must_write(at, k.size::<HandleHead>() + u64::from(head.bytes))?;
    let mut handle = [0; HandleHead::SIZE + HANDLE];
    handle[..HandleHead::SIZE].copy_from_slice(&RISCV64.encode(&head));
    let mut id = [0; 8];
    let answer = host::name_to_handle_at(dir.0, &path, &mut handle, &mut id, flags);
    if answer.is_ok() || answer == Err(Errno::EOVERFLOW) {
        let id = u64::from_ne_bytes(id);
        if flags & MNT_ID_UNIQUE != 0 { k.store(mount, &id) } else { k.store(mount, &id.low32()) }?;
        let got: HandleHead = RISCV64.decode(&handle);
        k.store(at, &got)?;
        if answer.is_ok() {
            let len = index(got.bytes.into()).min(HANDLE);
            k.put(at.plus(k.size::<HandleHead>()), &handle[HandleHead::SIZE..][..len])?;
        }
    }
    answer
}

pub fn open_by_handle_at(k: &mut Call<'_>, mount: Fd, at: Addr, flags: u64) -> Answer {
    let head: HandleHead = k.load(at)?;
    let len = index(head.bytes.into());
    let mut handle = [0; HandleHead::SIZE + HANDLE];
    let room = handle.get_mut(HandleHead::SIZE..HandleHead::SIZE + len).ok_or(Errno::EINVAL)?;
    k.space.copy_in(at.plus(k.size::<HandleHead>()).0, room)?;
    handle[..HandleHead::SIZE].copy_from_slice(&RISCV64.encode(&head));
    host::open_by_handle_at(mount.0, &handle, k.abi().open_to_host(flags))
}
