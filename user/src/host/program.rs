//! Becoming another program.

use crate::abi::Errno;
use std::ffi::CString;

/// A program with its arguments and environment, as `execve` takes them.
pub(crate) struct Program {
    path: CString,
    /// Owners of what `lists` points to.
    _strings: [Vec<CString>; 2],
    /// Addresses of the arguments and of the environment, each list ended by a zero.
    lists: [Vec<usize>; 2],
}

impl Program {
    pub fn new(path: CString, args: Vec<CString>, env: Vec<CString>) -> Self {
        let list = |all: &[CString]| -> Vec<usize> {
            all.iter().map(|s| s.as_ptr().expose_provenance()).chain([0]).collect()
        };
        let lists = [list(&args), list(&env)];
        Self { path, _strings: [args, env], lists }
    }

    /// Replaces the program of this process, allocating nothing. Comes back only with the error.
    pub fn start(&self) -> Errno {
        let [args, env] = &self.lists;
        // SAFETY: the path is a C string; both lists end in null and point to C strings that this
        // value owns.
        unsafe { libc::execve(self.path.as_ptr(), args.as_ptr().cast(), env.as_ptr().cast()) };
        super::gate::last_errno()
    }
}
