//! What a file is.

use super::super::{Addr, Answer, Call, Fd};
use super::names::{Last, named};
use crate::abi::Errno;
use crate::abi::structs::{Stat, Statfs, Statx};
use crate::host;
use spec::bits::Low;

/// The host's `struct stat` as the guest's. A count of links that does not fit is cut: no file system
/// counts this far.
pub fn stat_to_guest(s: &libc::stat) -> Stat {
    Stat {
        dev: s.st_dev,
        ino: s.st_ino,
        mode: s.st_mode,
        nlink: s.st_nlink,
        uid: s.st_uid,
        gid: s.st_gid,
        rdev: s.st_rdev,
        size: s.st_size,
        blksize: s.st_blksize,
        blocks: s.st_blocks,
        atime: s.st_atime,
        atime_nsec: s.st_atime_nsec.cast_unsigned(),
        mtime: s.st_mtime,
        mtime_nsec: s.st_mtime_nsec.cast_unsigned(),
        ctime: s.st_ctime,
        ctime_nsec: s.st_ctime_nsec.cast_unsigned(),
    }
}

pub fn fstat(k: &mut Call<'_>, fd: Fd, at: Addr) -> Answer {
    let mut facts = host::zeroed();
    host::fstat(fd.0, &mut facts)?;
    k.store(at, &stat_to_guest(&facts))
}

pub fn newfstatat(k: &mut Call<'_>, dir: Fd, path: Addr, at: Addr, flags: i32) -> Answer {
    let path = named(k, path, Last::of(flags))?;
    let mut facts = host::zeroed();
    host::newfstatat(dir.0, &path, &mut facts, flags)?;
    k.store(at, &stat_to_guest(&facts))
}

/// The host's `struct statx` as the guest's; they are one, and are copied member by member.
pub fn statx_to_guest(s: &libc::statx) -> Statx {
    Statx {
        mask: s.stx_mask,
        blksize: s.stx_blksize,
        attributes: s.stx_attributes,
        nlink: s.stx_nlink,
        uid: s.stx_uid,
        gid: s.stx_gid,
        mode: s.stx_mode,
        ino: s.stx_ino,
        size: s.stx_size,
        blocks: s.stx_blocks,
        attributes_mask: s.stx_attributes_mask,
        atime: s.stx_atime.tv_sec,
        atime_nsec: s.stx_atime.tv_nsec,
        btime: s.stx_btime.tv_sec,
        btime_nsec: s.stx_btime.tv_nsec,
        ctime: s.stx_ctime.tv_sec,
        ctime_nsec: s.stx_ctime.tv_nsec,
        mtime: s.stx_mtime.tv_sec,
        mtime_nsec: s.stx_mtime.tv_nsec,
        rdev_major: s.stx_rdev_major,
        rdev_minor: s.stx_rdev_minor,
        dev_major: s.stx_dev_major,
        dev_minor: s.stx_dev_minor,
        mnt_id: s.stx_mnt_id,
        dio_mem_align: s.stx_dio_mem_align,
        dio_offset_align: s.stx_dio_offset_align,
    }
}

pub fn statx(k: &mut Call<'_>, dir: Fd, path: Addr, flags: i32, mask: u32, at: Addr) -> Answer {
    let path = named(k, path, Last::of(flags))?;
    let mut facts = host::zeroed();
    host::statx_at(dir.0, &path, flags, mask, &mut facts)?;
    k.store(at, &statx_to_guest(&facts))
}

/// The host's `struct statfs` as words: each member is one, or two halves of one.
fn statfs_to_guest(words: &[i64; 15]) -> Statfs {
    let [kind, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags, ..] = *words;
    Statfs {
        kind,
        bsize,
        blocks: blocks.cast_unsigned(),
        bfree: bfree.cast_unsigned(),
        bavail: bavail.cast_unsigned(),
        files: files.cast_unsigned(),
        ffree: ffree.cast_unsigned(),
        fsid: [fsid.low32().cast_signed(), (fsid >> 32).low32().cast_signed()],
        namelen,
        frsize,
        flags,
    }
}

pub fn statfs(k: &mut Call<'_>, path: Addr, at: Addr) -> Answer {
    let path = named(k, path, Last::Target)?;
    let mut words = [0; 15];
    host::statfs_path(&path, &mut words)?;
    k.store(at, &statfs_to_guest(&words))
}

pub fn fstatfs(k: &mut Call<'_>, fd: Fd, at: Addr) -> Answer {
    let mut words = [0; 15];
    host::fstatfs(fd.0, &mut words)?;
    k.store(at, &statfs_to_guest(&words))
}

/// A program with 32-bit words says how large it takes the structure to be.
fn check_size(k: &Call<'_>, size: u64) -> Answer {
    if size == k.size::<Statfs>() { Ok(0) } else { Err(Errno::EINVAL) }
}

pub fn statfs64(k: &mut Call<'_>, path: Addr, size: u64, at: Addr) -> Answer {
    check_size(k, size)?;
    statfs(k, path, at)
}

pub fn fstatfs64(k: &mut Call<'_>, fd: Fd, size: u64, at: Addr) -> Answer {
    check_size(k, size)?;
    fstatfs(k, fd, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::RISCV64;

    #[test]
    fn a_stat_keeps_every_member_in_its_asm_generic_place() {
        let mut host: libc::stat = host::zeroed();
        host.st_dev = 0x1122_3344_5566_7788;
        host.st_nlink = 3;
        host.st_mode = 0o100_644;
        host.st_size = -5;
        host.st_blksize = 4096;
        host.st_mtime = 77;
        host.st_mtime_nsec = 88;
        let bytes = RISCV64.encode(&stat_to_guest(&host));
        assert_eq!(bytes[..8], 0x1122_3344_5566_7788u64.to_le_bytes());
        assert_eq!(bytes[16..24], [0xa4, 0x81, 0, 0, 3, 0, 0, 0]);
        assert_eq!(bytes[48..56], (-5i64).to_le_bytes());
        assert_eq!(bytes[56..60], 4096i32.to_le_bytes());
        assert_eq!(bytes[88..96], 77i64.to_le_bytes());
        assert_eq!(bytes[96..104], 88i64.to_le_bytes());
    }
}
