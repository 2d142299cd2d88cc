//! Mapping, unmapping and protecting, as `mmap(2)`, `munmap(2)` and `mprotect(2)` have it.

use super::host::{Source, identify};
use super::region::{FileId, FilePart, Region, Regions};
use super::{CodeChange, MapError, Prot, Space};
use crate::addr::{on_page, page_down, page_up};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

/// Below this no mapping is placed unasked, as under Linux's usual `vm.mmap_min_addr`: a null
/// pointer with a small offset must fault.
const LOWEST: u64 = 0x1_0000;

/// Where a mapping goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The highest free place below the space's `mmap_top`.
    Anywhere,
    /// Here if it is free (rounded up to a page), else anywhere.
    Hint(u64),
    /// Exactly here, in place of whatever is there (`MAP_FIXED`).
    Fixed(u64),
    /// Exactly here, but only if it is free (`MAP_FIXED_NOREPLACE`).
    FixedNoReplace(u64),
}

/// What a mapping shows.
#[derive(Clone, Copy, Debug)]
pub enum Backing<'fd> {
    /// Zeros.
    Anonymous,
    /// A file from a byte offset on, a whole number of pages.
    File {
        /// The open file; it may be closed once the mapping is made.
        fd: BorrowedFd<'fd>,
        /// The offset of the first byte.
        offset: u64,
    },
}

/// What a mapping shows and to whom.
#[derive(Clone, Copy, Debug)]
pub struct MapKind<'fd> {
    /// The contents.
    pub backing: Backing<'fd>,
    /// `MAP_SHARED`: stores reach the file, and forked children see them.
    pub shared: bool,
    /// `MAP_NORESERVE`: the host need not promise memory for it.
    pub noreserve: bool,
}

impl MapKind<'static> {
    /// Private anonymous memory.
    pub const ANONYMOUS: Self = Self { backing: Backing::Anonymous, shared: false, noreserve: false };
}

impl<'fd> MapKind<'fd> {
    /// A private mapping of a file, as program loaders use it.
    pub const fn private_file(fd: BorrowedFd<'fd>, offset: u64) -> Self {
        Self { backing: Backing::File { fd, offset }, shared: false, noreserve: false }
    }

    /// The object the region map remembers for it.
    fn part(&self) -> Result<Option<FilePart>, MapError> {
        let (file, offset) = match self.backing {
            Backing::File { fd, offset } => (identify(fd)?, offset),
            // Linux backs shared anonymous memory by a nameless file and shows this name.
            Backing::Anonymous if self.shared => {
                (FileId { path: "/dev/zero (deleted)".into(), dev: 0, inode: 0 }, 0)
            }
            Backing::Anonymous => return Ok(None),
        };
        Ok(Some(FilePart { file: Arc::new(file), offset }))
    }

    fn source(&self, prot: Prot) -> Result<Source, MapError> {
        let share = if self.shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE };
        let reserve = if self.noreserve { libc::MAP_NORESERVE } else { 0 };
        let file = match self.backing {
            Backing::Anonymous => None,
            Backing::File { fd, offset } if on_page(offset) => {
                let offset = i64::try_from(offset).map_err(|_| MapError { errno: libc::EOVERFLOW })?;
                Some((fd.as_raw_fd(), offset))
            }
            Backing::File { .. } => return Err(MapError::EINVAL),
        };
        Ok(Source { prot: prot.host(), flags: share | reserve, file })
    }
}

impl Space {
    /// Maps `len` bytes (rounded up to pages) and returns their first address.
    ///
    /// # Errors
    /// `EINVAL` for a length of zero or a misaligned address or offset, `ENOMEM` if there is no
    /// room, `EEXIST` from [`Placement::FixedNoReplace`], and what the host says of the file
    /// (`EACCES`, `ENODEV`, …).
    pub fn map(
        &self,
        placement: Placement,
        len: u64,
        prot: Prot,
        kind: MapKind<'_>,
    ) -> Result<u64, MapError> {
        if len == 0 {
            return Err(MapError::EINVAL);
        }
        let len = page_up(len).ok_or(MapError::ENOMEM)?;
        let (source, file) = (kind.source(prot)?, kind.part()?);
        let mut regions = self.lock();
        let start = self.place(&regions, placement, len)?;
        let end = start + len;
        let exec = prot.contains(Prot::EXEC) || regions.any_exec(start, end);
        self.replace(&mut regions, start, end, |window| window.map(start, end, source))?;
        regions.insert(Region { start, end, prot, shared: kind.shared, file });
        if kind.shared && prot.contains(Prot::WRITE) {
            self.note_shared();
        }
        if exec {
            self.shared.exec.change(CodeChange::Mapped(start, end));
        }
        Ok(start)
    }

    /// Unmaps `len` bytes (rounded up to pages) at `at`; holes in the range are no error.
    ///
    /// # Errors
    /// `EINVAL` for a length of zero, a misaligned address or a range that leaves the space;
    /// `ENOMEM` if the host cannot split its mappings any further.
    pub fn unmap(&self, at: u64, len: u64) -> Result<(), MapError> {
        let (start, end) = self.range(at, len, MapError::EINVAL)?;
        if start == end {
            return Err(MapError::EINVAL);
        }
        self.unmap_locked(&mut self.lock(), start, end)
    }

    /// Changes the protection of `len` bytes (rounded up to pages) at `at`.
    ///
    /// # Errors
    /// `EINVAL` for a misaligned address; `ENOMEM` if part of the range is not mapped, `EACCES` if
    /// the file is not open for that. As under Linux, what lies before the obstacle is changed.
    pub fn protect(&self, at: u64, len: u64, prot: Prot) -> Result<(), MapError> {
        let (start, end) = self.range(at, len, MapError::ENOMEM)?;
        let mut regions = self.lock();
        let to = regions.covered_to(start, end);
        let parts: Vec<Region> = regions.overlapping(start, to).map(|r| r.clip(start, to)).collect();
        for part in parts.into_iter().filter(|part| part.prot != prot) {
            self.shared.window.protect(part.start, part.end, prot.host())?;
            self.shared.journal.note(part.start, part.end, |changes| &mut changes.protected);
            if part.shared && prot.contains(Prot::WRITE) {
                self.note_shared();
            }
            if (part.prot | prot).contains(Prot::EXEC) {
                self.shared.exec.change(CodeChange::Mapped(part.start, part.end));
            }
            regions.insert(Region { prot, ..part });
        }
        if to == end { Ok(()) } else { Err(MapError::ENOMEM) }
    }

    pub(super) fn unmap_locked(&self, regions: &mut Regions, start: u64, end: u64) -> Result<(), MapError> {
        if regions.is_free(start, end) {
            return Ok(());
        }
        let exec = regions.any_exec(start, end);
        self.replace(regions, start, end, |window| window.release(start, end))?;
        regions.remove(start, end);
        if exec {
            self.shared.exec.change(CodeChange::Mapped(start, end));
        }
        Ok(())
    }

    /// Makes a change to the host's mappings of `start..end`. If the host refuses only after it
    /// has dropped what was there, the region map forgets it too.
    pub(super) fn replace(
        &self,
        regions: &mut Regions,
        start: u64,
        end: u64,
        change: impl FnOnce(&super::host::Window) -> Result<(), MapError>,
    ) -> Result<(), MapError> {
        self.shared.journal.note(start, end, |changes| &mut changes.mapped);
        change(&self.shared.window).inspect_err(|_| {
            if self.shared.window.is_lost(start, end) {
                let exec = regions.any_exec(start, end);
                regions.remove(start, end);
                if exec {
                    self.shared.exec.change(CodeChange::Mapped(start, end));
                }
            }
        })
    }

    /// The first address for `len` bytes, a whole number of pages.
    pub(super) fn place(&self, regions: &Regions, placement: Placement, len: u64) -> Result<u64, MapError> {
        let search = || regions.find_free(len, LOWEST, self.shared.mmap_top).ok_or(MapError::ENOMEM);
        match placement {
            Placement::Anywhere => search(),
            Placement::Hint(hint) => {
                let at = page_up(hint).filter(|at| *at >= LOWEST);
                let free = at.filter(|at| self.fits(*at, len) && regions.is_free(*at, *at + len));
                free.map_or_else(search, Ok)
            }
            Placement::Fixed(at) | Placement::FixedNoReplace(at) => {
                if !on_page(at) {
                    return Err(MapError::EINVAL);
                }
                if !self.fits(at, len) {
                    return Err(MapError::ENOMEM);
                }
                let clash =
                    matches!(placement, Placement::FixedNoReplace(_)) && !regions.is_free(at, at + len);
                if clash { Err(MapError::EEXIST) } else { Ok(at) }
            }
        }
    }

    pub(super) fn fits(&self, at: u64, len: u64) -> bool {
        at.checked_add(len).is_some_and(|end| end <= self.limit)
    }

    /// `at..at + len` in whole pages; `outside` if it leaves the space.
    pub(super) fn range(&self, at: u64, len: u64, outside: MapError) -> Result<(u64, u64), MapError> {
        if page_down(at) != at {
            return Err(MapError::EINVAL);
        }
        let len = page_up(len).ok_or(outside)?;
        if self.fits(at, len) { Ok((at, at + len)) } else { Err(outside) }
    }
}
