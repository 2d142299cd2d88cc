//! Locks on images, which QEMU understands, too.
//!
//! Each kind of access is a byte of the file: at 100 + kind a process says that it does this, at 200 + kind that it does
//! not bear others doing this. Both are read locks, so that many can say the same; who wants to do something asks whether the
//! other byte is free. [QEMU block/file-posix.c, "RAW_LOCK_PERM_BASE"; fcntl(2), open file description locks]

use crate::Error;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

const DOES: i64 = 100;
const BEARS_NOT: i64 = 200;
const READ: i64 = 0;
const WRITE: i64 = 1;
const RESIZE: i64 = 3;

fn range(kind: i32, at: i64) -> libc::flock {
    // The kernel takes these constants in 16 bits.
    let short = |value: i32| i16::try_from(value).unwrap_or(0);
    libc::flock { l_type: short(kind), l_whence: short(libc::SEEK_SET), l_start: at, l_len: 1, l_pid: 0 }
}

/// Whether somebody else holds the byte.
fn is_held(file: &File, at: i64) -> bool {
    let mut asked = range(libc::F_WRLCK, at);
    let answered = fcntl(file, FcntlArg::F_OFD_GETLK(&mut asked)).is_ok();
    answered && i32::from(asked.l_type) != libc::F_UNLCK
}

/// Locks `file` for as long as it is open: nobody else may write or resize it, and if it is to be written here,
/// nobody may mind that. A file system without locks locks nothing.
pub fn lock(file: &File, path: &Path, write: bool) -> Result<(), Error> {
    let does: &[i64] = if write { &[READ, WRITE] } else { &[READ] };
    let bears_not = [WRITE, RESIZE];
    let said = does.iter().map(|kind| DOES + kind).chain(bears_not.map(|kind| BEARS_NOT + kind));
    for at in said {
        // A read lock that is refused: somebody else has a write lock, which QEMU never takes for long.
        if let Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EACCES) =
            fcntl(file, FcntlArg::F_OFD_SETLK(&range(libc::F_RDLCK, at)))
        {
            return Err(refused(file, path));
        }
    }
    let minds = does.iter().map(|kind| BEARS_NOT + kind).chain(bears_not.map(|kind| DOES + kind));
    match minds.into_iter().any(|at| is_held(file, at)) {
        true => Err(refused(file, path)),
        false => Ok(()),
    }
}

fn refused(file: &File, path: &Path) -> Error {
    let holder = holder(file).unwrap_or_else(|| "another process".into());
    Error::Locked { path: path.into(), holder }
}

/// A process that has the same file open. Such locks name no process, so the open files of all are looked through.
fn holder(file: &File) -> Option<String> {
    let mine = file.metadata().ok()?;
    let same = |path: &Path| {
        std::fs::metadata(path)
            .is_ok_and(|other| other.st_dev() == mine.st_dev() && other.st_ino() == mine.st_ino())
    };
    let me = std::process::id();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if files.flatten().filter(|entry| same(&entry.path())).count() > usize::from(pid == me) {
            if pid == me {
                return Some("another drive of this machine".into());
            }
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("process {pid} ({})", name.trim()));
        }
    }
    None
}
