//! Executable memory: one object of memory mapped twice, to be written and to be executed, never both at one
//! address.

use memory::fault::CodeRange;
use rustix::fs::MemfdFlags;
use rustix::mm::{self, MapFlags, ProtFlags};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Executable memory could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the host gives no executable memory of {bytes} bytes in its low 2 GiB (errno {errno}); use -accel interp"
)]
pub struct ArenaError {
    /// What was asked for.
    pub bytes: usize,
    /// The host's error number.
    pub errno: i32,
}

/// Code and the data it reads, in the low 2 GiB of the host's address space, so that any address in it fits a
/// displacement.
pub(super) struct Arena {
    /// Where it is executed.
    code: *mut u8,
    /// Where the same bytes are written.
    data: *mut u8,
    bytes: usize,
    /// What is being filled, from where the next byte goes to one past the last.
    used: usize,
    end: usize,
    /// Ends before the mappings do.
    range: Option<CodeRange>,
}

// SAFETY: the pointers are to mappings of the arena's own, written only through `&mut self` or as single aligned
// atomic words.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

/// A page.
const PAGE: usize = 4096;

impl Arena {
    /// An arena of `bytes` bytes, a whole number of pages.
    pub(super) fn new(bytes: usize) -> Result<Self, ArenaError> {
        let refused = |errno: rustix::io::Errno| ArenaError { bytes, errno: errno.raw_os_error() };
        let file = rustix::fs::memfd_create("strata-code", MemfdFlags::CLOEXEC).map_err(refused)?;
        rustix::fs::ftruncate(&file, bytes as u64).map_err(refused)?;
        let low = MapFlags::from_bits_retain(0x40); // MAP_32BIT
        let executable = ProtFlags::READ | ProtFlags::EXEC;
        // SAFETY: fresh mappings at addresses of the kernel's choice touch nothing there is.
        let code = unsafe { mm::mmap(ptr::null_mut(), bytes, executable, MapFlags::SHARED | low, &file, 0) };
        let code = code.map_err(refused)?;
        let mut arena =
            Self { code: code.cast(), data: ptr::null_mut(), bytes, used: 0, end: bytes, range: None };
        let writable = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: as above.
        let data = unsafe { mm::mmap(ptr::null_mut(), bytes, writable, MapFlags::SHARED, &file, 0) };
        arena.data = data.map_err(refused)?.cast();
        Ok(arena)
    }

    /// Faults of code in the arena go on at `resume`; false where that cannot be promised.
    #[must_use]
    pub(super) fn resume_at(&mut self, resume: u32) -> bool {
        let start = self.code.addr();
        self.range = memory::fault::register(start..start + self.bytes, resume as usize);
        self.range.is_some()
    }

    /// Where the next byte will be executed.
    pub(super) fn next(&self) -> u32 {
        self.address(self.used)
    }

    fn address(&self, offset: usize) -> u32 {
        u32::try_from(self.code.addr() + offset).unwrap_or(u32::MAX)
    }

    /// Appends bytes, then room to the next multiple of 16; where they lie, or `None` where there is no room
    /// in what is being filled.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Option<u32> {
        let end = self.used.checked_add(bytes.len())?.checked_next_multiple_of(16)?;
        if end > self.end {
            return None;
        }
        // SAFETY: `used..used + len` lies inside the writable mapping and nobody executes it yet.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.add(self.used), bytes.len()) };
        let at = self.next();
        self.used = end;
        Some(at)
    }

    /// The addresses of `N` parts of the same size, each from the first to one past the last.
    pub(super) fn parts<const N: usize>(&self) -> [(u32, u32); N] {
        let size = (self.bytes / N) & !0xf;
        std::array::from_fn(|n| (self.address(n * size), self.address((n + 1) * size)))
    }

    /// From now on bytes go to these addresses of the arena, which nobody executes.
    pub(super) fn fill(&mut self, (start, end): (u32, u32)) {
        let offset = |address: u32| (address as usize).saturating_sub(self.code.addr()).min(self.bytes);
        (self.used, self.end) = (offset(start), offset(end));
    }

    /// Makes the jump whose displacement of 32 bits lies at `displacement` go to `target`, in one write that a
    /// thread executing it sees whole: the displacement is aligned.
    pub(super) fn patch(&self, displacement: u32, target: u32) {
        let offset = (displacement as usize).wrapping_sub(self.code.addr());
        if offset.checked_add(4).is_none_or(|end| end > self.bytes) || !offset.is_multiple_of(4) {
            return;
        }
        let distance = target.wrapping_sub(displacement.wrapping_add(4));
        // SAFETY: the four bytes lie inside the writable mapping and are aligned, since both mappings begin at a
        // page. They are written by nobody but this function once the code can be reached.
        unsafe { (*self.data.add(offset).cast::<AtomicU32>()).store(distance, Ordering::Release) };
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.range = None;
        let parts = [(self.code, self.bytes), (self.data, self.bytes)];
        for (start, len) in parts.into_iter().filter(|(start, _)| !start.is_null()) {
            // SAFETY: a mapping of the arena's own. Nobody executes in it: the threads that could each hold a handle
            // to what owns the arena. A refusal only leaks.
            let _refused = unsafe { mm::munmap(start.cast(), len) };
        }
    }
}

/// A word that a forked child finds zeroed.
pub(super) struct Mark(*mut AtomicU32);

// SAFETY: the pointer is to a page of the mark's own, used only as an atomic word.
unsafe impl Send for Mark {}
// SAFETY: as above.
unsafe impl Sync for Mark {}

impl Mark {
    pub(super) fn new() -> Result<Self, ArenaError> {
        let refused = |errno: rustix::io::Errno| ArenaError { bytes: PAGE, errno: errno.raw_os_error() };
        let writable = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice touches nothing there is.
        let page = unsafe { mm::mmap_anonymous(ptr::null_mut(), PAGE, writable, MapFlags::PRIVATE) };
        let mark = Self(page.map_err(refused)?.cast());
        // SAFETY: the page is the mapping made above; the advice only concerns children.
        unsafe { mm::madvise(mark.0.cast(), PAGE, mm::Advice::LinuxWipeOnFork) }.map_err(refused)?;
        mark.set();
        Ok(mark)
    }

    fn word(&self) -> &AtomicU32 {
        // SAFETY: the page lives as long as the mark, begins zeroed and is only used as this word.
        unsafe { &*self.0 }
    }

    /// Whether nobody has forked since [`Mark::set`], or this is not the child.
    pub(super) fn is_set(&self) -> bool {
        self.word().load(Ordering::Relaxed) != 0
    }

    pub(super) fn set(&self) {
        self.word().store(1, Ordering::Relaxed);
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // SAFETY: the mark's own mapping. A refusal only leaks.
        let _refused = unsafe { mm::munmap(self.0.cast(), PAGE) };
    }
}
