//! System V shared memory in the window, as `shmat(2)` and `shmdt(2)` have it.

use super::region::{FileId, FilePart, Region};
use super::{CodeChange, MapError, Placement, Prot, Space};
use crate::addr::page_up;
use std::sync::Arc;

/// The device that the kernel keeps segments on: its own memory file system, 0:1.
const DEVICE: u64 = 1;

/// A segment, as `shmctl(2)` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The host's number for it.
    pub id: i32,
    /// Its key.
    pub key: i32,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Segment {
    /// Its name in `/proc/PID/maps`.
    fn part(&self) -> FilePart {
        let path = format!("/SYSV{:08x} (deleted)", self.key).into();
        let file = FileId { path, dev: DEVICE, inode: u64::from(self.id.unsigned_abs()) };
        FilePart { file: Arc::new(file), offset: 0 }
    }
}

/// Whether a region is a part of the attachment that starts at `at`.
fn belongs(region: &Region, at: u64) -> bool {
    let part = region.file.as_ref().filter(|part| {
        let name = part.file.path.as_os_str().as_encoded_bytes();
        part.file.dev == DEVICE && name.starts_with(b"/SYSV")
    });
    part.is_some_and(|part| region.shared && region.start.checked_sub(at) == Some(part.offset))
}

impl Space {
    /// Attaches a segment and returns its first address. `prot` without [`Prot::WRITE`] attaches it
    /// read-only.
    ///
    /// # Errors
    /// As [`Space::map`], and what the host says: `EACCES`, `EIDRM`, `EINVAL` for a segment that is
    /// not there, `EFAULT` for one that is smaller than said.
    pub fn attach(&self, placement: Placement, segment: Segment, prot: Prot) -> Result<u64, MapError> {
        let len = page_up(segment.bytes).filter(|len| *len != 0).ok_or(MapError::EINVAL)?;
        let mut regions = self.lock();
        let start = self.place(&regions, placement, len)?;
        let end = start + len;
        let exec = prot.contains(Prot::EXEC) || regions.any_exec(start, end);
        let read_only = !prot.contains(Prot::WRITE);
        self.replace(&mut regions, start, end, |window| window.attach(start, end, segment.id, read_only))?;
        regions.insert(Region { start, end, prot, shared: true, file: Some(segment.part()) });
        if !read_only {
            self.note_shared();
        }
        if exec {
            self.shared.exec.change(CodeChange::Mapped(start, end));
        }
        Ok(start)
    }

    /// Detaches the segment that is attached at `at`, in whatever pieces it is mapped by now.
    ///
    /// # Errors
    /// `EINVAL` if none is.
    pub fn detach(&self, at: u64) -> Result<(), MapError> {
        let mut regions = self.lock();
        let first = regions.overlapping(at, self.limit).find(|region| belongs(region, at)).cloned();
        let file = first.and_then(|region| region.file).ok_or(MapError::EINVAL)?.file;
        let same = |region: &&Region| {
            belongs(region, at) && region.file.as_ref().is_some_and(|part| part.file == file)
        };
        let all: Vec<Region> = regions.overlapping(at, self.limit).filter(same).cloned().collect();
        for region in all {
            self.unmap_locked(&mut regions, region.start, region.end)?;
        }
        Ok(())
    }
}
