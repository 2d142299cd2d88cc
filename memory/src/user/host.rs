//! The window: host mappings behind guest addresses.
//!
//! Everything here takes guest addresses that the caller has checked to be whole pages inside the
//! window. The window never has a hole that the host could fill with memory of its own: whatever
//! the guest unmaps is reserved again in the same call.

use super::{FileId, MapError, Prot, SpaceError};
use crate::addr::host_size;
use crate::fault;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

/// Bytes reserved before the first guest byte and after the last, wider choices first. The narrow ones are for
/// windows whose place somebody chose, where neighbours may be near.
///
/// The widest access that starts below the limit must fault inside our own reservation. Generated code besides
/// compares nothing with the limit: what it addresses by a pointer near null or near the limit, give or take any
/// displacement of 32 bits, faults here.
const GUARDS: [(u64, u64); 4] = [(WIDE, WIDE), (WIDE, NARROW), (NARROW, NARROW), (0, NARROW)];
const WIDE: u64 = 1 << 32;
const NARROW: u64 = 64 * 1024;

const RESERVE: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;

/// A reserved range of host addresses; guest address 0 is its first byte.
pub(super) struct Window {
    base: *mut u8,
    bytes: u64,
    /// Reserved before it and after it.
    guards: (u64, u64),
}

/// What to map and how.
#[derive(Clone, Copy)]
pub(super) struct Source {
    pub prot: i32,
    /// `MAP_SHARED` or `MAP_PRIVATE`, and `MAP_NORESERVE` if wanted.
    pub flags: i32,
    /// A descriptor and an offset, or anonymous memory.
    pub file: Option<(RawFd, i64)>,
}

impl Source {
    /// Private anonymous memory.
    pub fn private(prot: Prot) -> Self {
        Self { prot: prot.host(), flags: libc::MAP_PRIVATE, file: None }
    }
}

impl Window {
    /// Reserves a window of `bytes` bytes, which must be whole pages, at a host address or anywhere.
    pub fn reserve(bytes: u64, wanted: Option<u64>) -> Result<Self, SpaceError> {
        let refused = |errno| match wanted {
            Some(base) => SpaceError::Base { base, bytes, errno },
            None => SpaceError::Window { bytes, errno },
        };
        let mut failed = libc::ENOMEM;
        for guards in GUARDS {
            match Self::try_reserve(bytes, wanted, guards) {
                Ok(window) => return Ok(window),
                Err(errno) => failed = errno,
            }
        }
        Err(refused(failed))
    }

    fn try_reserve(bytes: u64, wanted: Option<u64>, guards: (u64, u64)) -> Result<Self, i32> {
        let (before, after) = guards;
        let all = bytes.checked_add(before + after).ok_or(libc::ENOMEM)?;
        let (hint, fixed) = match wanted {
            Some(base) => {
                let start = base.checked_sub(before).ok_or(libc::EINVAL)?;
                (ptr::without_provenance_mut(host_size(start)), libc::MAP_FIXED_NOREPLACE)
            }
            None => (ptr::null_mut(), 0),
        };
        // SAFETY: a fresh mapping, at an address of the kernel's choice or where nothing is, touches nothing
        // there is.
        let start = unsafe { libc::mmap(hint, host_size(all), libc::PROT_NONE, RESERVE | fixed, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(errno());
        }
        let base = start.cast::<u8>().wrapping_add(host_size(before));
        let window = Self { base, bytes, guards };
        // A kernel before 4.17 takes the address for a mere wish.
        match wanted.is_some_and(|wanted| base.addr() != host_size(wanted)) {
            true => Err(libc::EEXIST),
            false => Ok(window),
        }
    }

    /// The host address of guest address 0.
    pub const fn base(&self) -> *mut u8 {
        self.base
    }

    /// Maps `source` over `start..end`. On an error what was there is still there, or gone as
    /// [`Window::is_lost`] tells.
    pub fn map(&self, start: u64, end: u64, source: Source) -> Result<(), MapError> {
        let (fd, offset) = source.file.unwrap_or((-1, 0));
        let anonymous = if fd < 0 { libc::MAP_ANONYMOUS } else { 0 };
        let flags = source.flags | anonymous | libc::MAP_FIXED;
        // SAFETY: the range lies inside our window, where no Rust object lives; accessors that
        // race with this see the old page, the new one or a fault.
        let got = unsafe { libc::mmap(self.host(start), len(start, end), source.prot, flags, fd, offset) };
        check(got)
    }

    /// Attaches a System V segment over `start..end`, in place of what was there. The kernel first
    /// puts it where it likes, so that a segment of another size cannot reach out of the window.
    pub fn attach(&self, start: u64, end: u64, id: i32, read_only: bool) -> Result<(), MapError> {
        let flags = if read_only { libc::SHM_RDONLY } else { 0 };
        // SAFETY: a fresh mapping at an address of the kernel's choice touches nothing there is.
        let outside = unsafe { libc::shmat(id, ptr::null(), flags) };
        check(outside)?;
        self.drop_in(outside, len(start, end), start, end - start).inspect_err(|_| {
            // SAFETY: the mapping made above, which nobody else knows.
            unsafe { libc::shmdt(outside) };
        })
    }

    /// Gives `start..end` back to the host, keeping the addresses reserved.
    pub fn release(&self, start: u64, end: u64) -> Result<(), MapError> {
        self.map(start, end, Source { prot: libc::PROT_NONE, flags: RESERVE, file: None })
    }

    /// After a failed change: whether the host has already dropped what was at `start..end`. If so
    /// the range is reserved again.
    pub fn is_lost(&self, start: u64, end: u64) -> bool {
        let flags = RESERVE | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: this mapping is refused if anything at all is in the range.
        let got = unsafe { libc::mmap(self.host(start), len(start, end), libc::PROT_NONE, flags, -1, 0) };
        check(got).is_ok()
    }

    /// Changes the host protection of `start..end`.
    pub fn protect(&self, start: u64, end: u64, prot: i32) -> Result<(), MapError> {
        // SAFETY: inside our window; accessors that race with this succeed or fault.
        match unsafe { libc::mprotect(self.host(start), len(start, end), prot) } {
            0 => Ok(()),
            _ => Err(MapError { errno: errno() }),
        }
    }

    /// Moves the mapping at `start..end` to `to` and makes it `bytes` long there, in place of what
    /// was at `to`. `to` may be `start`; otherwise the ranges must not overlap, and the old one is
    /// reserved again.
    pub fn relocate(&self, start: u64, end: u64, to: u64, bytes: u64) -> Result<(), MapError> {
        // The mapping leaves the window by a detour: the kernel lets a move keep the old range
        // occupied only if the length stays, and growing beside our reservation is impossible.
        let outside = self.lift(start, end)?;
        let moved = self.drop_in(outside, len(start, end), to, bytes);
        if let Err(error) = moved {
            self.drop_in(outside, len(start, end), start, end - start)?;
            return Err(error);
        }
        if to == start { Ok(()) } else { self.release(start, end) }
    }

    /// What [`Window::relocate`] does, for private memory that the host holds in several mappings:
    /// copies the bytes. `to` must not overlap the old range.
    pub fn copy(&self, start: u64, end: u64, to: u64, bytes: u64, prot: Prot) -> Result<(), MapError> {
        self.map(to, to + bytes, Source::private(Prot::RW))?;
        self.protect(start, end, libc::PROT_READ)?;
        let wanted = len(start, end).min(host_size(bytes));
        // SAFETY: both ranges lie in the window, where no Rust object lives, and do not overlap.
        let (left, _) = unsafe { fault::copy(self.host(to).cast(), self.host(start).cast(), wanted) };
        if left != 0 {
            return Err(MapError::EFAULT);
        }
        self.protect(to, to + bytes, prot.host())?;
        self.release(start, end)
    }

    /// A second mapping, at `to`, of the shared object that is mapped at `start`.
    pub fn duplicate(&self, start: u64, to: u64, bytes: u64) -> Result<(), MapError> {
        self.drop_in(self.host(start), 0, to, bytes)
    }

    /// Moves `start..end` to an address of the kernel's choice, leaving the old range mapped (but
    /// without the pages), so that no hole opens in the window.
    fn lift(&self, start: u64, end: u64) -> Result<*mut libc::c_void, MapError> {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP;
        match self.move_out(start, end, flags) {
            // A host before Linux 5.13 cannot leave the old range in place; then a hole opens for
            // the time between two calls.
            Err(MapError::EINVAL) => {
                let outside = self.move_out(start, end, libc::MREMAP_MAYMOVE)?;
                self.release(start, end)?;
                Ok(outside)
            }
            done => done,
        }
    }

    fn move_out(&self, start: u64, end: u64, flags: i32) -> Result<*mut libc::c_void, MapError> {
        // SAFETY: the range is ours and holds no Rust object.
        let got = unsafe { libc::mremap(self.host(start), len(start, end), len(start, end), flags) };
        check(got).map(|()| got)
    }

    fn drop_in(&self, from: *mut libc::c_void, old: usize, to: u64, bytes: u64) -> Result<(), MapError> {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: `from` is a mapping of ours and the target lies inside our window; neither holds
        // a Rust object.
        let got = unsafe { libc::mremap(from, old, host_size(bytes), flags, self.host(to)) };
        check(got)
    }

    fn host(&self, at: u64) -> *mut libc::c_void {
        self.base.wrapping_add(host_size(at)).cast()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: our own reservation; whoever could reach it borrowed the space, and is gone.
        unsafe {
            let start = self.base.wrapping_sub(host_size(self.guards.0));
            libc::munmap(start.cast(), host_size(self.guards.0 + self.bytes + self.guards.1));
        }
    }
}

/// Names the object behind a descriptor.
pub(super) fn identify(fd: BorrowedFd<'_>) -> Result<FileId, MapError> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the descriptor is open for the borrow, and the buffer is one `stat`.
    if unsafe { libc::fstat(fd.as_raw_fd(), stat.as_mut_ptr()) } != 0 {
        return Err(MapError { errno: errno() });
    }
    // SAFETY: the call succeeded, so the kernel filled the buffer.
    let stat = unsafe { stat.assume_init() };
    // Without /proc the mapping is merely nameless.
    let path = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap_or_default();
    Ok(FileId { path, dev: stat.st_dev, inode: stat.st_ino })
}

fn len(start: u64, end: u64) -> usize {
    host_size(end - start)
}

fn check(got: *mut libc::c_void) -> Result<(), MapError> {
    if got == libc::MAP_FAILED { Err(MapError { errno: errno() }) } else { Ok(()) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
