//! What a file name means: the program itself, a file of its own system (`-L`), or what it says.
//!
//! Names of files that are to be made, moved, removed or changed are taken as they stand.

use super::super::{Addr, Call};
use crate::abi::Errno;
pub use crate::process::Last;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

impl Last {
    /// As the flags of a call have it (`AT_SYMLINK_NOFOLLOW`).
    pub fn of(flags: i32) -> Self {
        if flags & libc::AT_SYMLINK_NOFOLLOW != 0 { Self::Link } else { Self::Target }
    }
}

/// The host's name of the file that a name in guest memory means.
pub fn named(k: &Call<'_>, at: Addr, last: Last) -> Result<CString, Errno> {
    Ok(meant(k, k.path(at)?, last))
}

/// The host's name of the file that a program means.
pub fn meant(k: &Call<'_>, path: CString, last: Last) -> CString {
    if last == Last::Target
        && let Some(program) = super::own::program_of(k, path.as_bytes())
    {
        return crate::stack::c_string(program.as_os_str().as_bytes());
    }
    k.p.root.find(&path, last).unwrap_or(path)
}
