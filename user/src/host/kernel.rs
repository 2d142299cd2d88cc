//! How the host's kernel started strata: by itself, or as the interpreter of a guest program (`binfmt_misc`).

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// `AT_FLAGS_PRESERVE_ARGV0`: behind the program's path comes the name that it was called by.
/// [linux/binfmts.h]
const PRESERVE_ARGV0: u64 = 1;

/// Whether the kernel started strata for a guest program and passed the program's path and then its words, the
/// program's own name first. It says so since Linux 5.12.
pub fn keeps_argv0() -> bool {
    auxiliary(libc::AT_FLAGS).is_some_and(|flags| flags & PRESERVE_ARGV0 != 0)
}

/// The guest program, if the kernel opened it (`AT_EXECFD`); `None` from the second call on.
pub fn opened_by_kernel() -> Option<OwnedFd> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let number = i32::try_from(auxiliary(libc::AT_EXECFD)?).ok()?;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: the kernel opened it for this process, and nothing else knows of it: this is the first call.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// A cache of the host's processor; zeros if it is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cache {
    /// Its size in bytes.
    pub bytes: u64,
    ways: u64,
    line: u64,
}

impl Cache {
    /// As the auxiliary vector of RISC-V has it. [get_cache_geometry in arch/riscv/kernel/cacheinfo.c]
    pub fn geometry(self) -> u64 {
        self.ways << 16 | self.line & 0xffff
    }
}

/// The host's caches: instructions, data, second and third level.
pub(crate) fn caches() -> [Cache; 4] {
    let ask = |name| {
        // SAFETY: the call only asks.
        u64::try_from(unsafe { libc::sysconf(name) }).unwrap_or(0)
    };
    [
        libc::_SC_LEVEL1_ICACHE_SIZE,
        libc::_SC_LEVEL1_DCACHE_SIZE,
        libc::_SC_LEVEL2_CACHE_SIZE,
        libc::_SC_LEVEL3_CACHE_SIZE,
    ]
    .map(|size| Cache { bytes: ask(size), ways: ask(size + 1), line: ask(size + 2) })
}

/// An entry of strata's own auxiliary vector.
pub(crate) fn auxiliary(key: u64) -> Option<u64> {
    // SAFETY: both only read and write the calling thread's error number and the vector, which is there
    // from the start to the end of the process.
    unsafe {
        *libc::__errno_location() = 0;
        let value = libc::getauxval(key);
        (value != 0 || *libc::__errno_location() == 0).then_some(value)
    }
}
