//! Mapping a planned program.

use super::plan::{Plan, Segment};
use crate::abi::index;
use memory::addr::{PAGE, page_down, page_up};
use memory::user::{MapError, MapKind, Placement, Prot, Space};
use std::fs::File;
use std::os::fd::AsFd;

/// Where a program's bytes are.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// In an open file, which is mapped.
    File(&'a File),
    /// In memory, from which they are copied.
    Bytes(&'a [u8]),
}

/// Where a program ended up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// First byte after the program, a page boundary: where the heap starts.
    pub end: u64,
}

/// Maps every segment of a plan.
///
/// # Errors
/// What the host says when it has no memory for it, and `EFAULT` if the file shrank meanwhile.
pub fn map(plan: &Plan, source: Source<'_>, space: &Space) -> Result<Loaded, MapError> {
    let mut mapped = 0;
    for segment in &plan.segments {
        match source {
            Source::File(file) => map_file(segment, file, space)?,
            Source::Bytes(bytes) => copy(segment, bytes, mapped, space)?,
        }
        mapped = page_up(segment.end()).ok_or(MapError::ENOMEM)?;
    }
    Ok(Loaded { end: plan.high() })
}

fn map_file(segment: &Segment, file: &File, space: &Space) -> Result<(), MapError> {
    let first = page_down(segment.start);
    let file_end = segment.start + segment.file;
    let file_pages = if segment.file == 0 { first } else { page_up(file_end).ok_or(MapError::ENOMEM)? };
    if file_pages > first {
        let kind = MapKind::private_file(file.as_fd(), page_down(segment.offset));
        space.map(Placement::Fixed(first), file_pages - first, segment.prot, kind)?;
    }
    if segment.memory > segment.file {
        // The rest of the last file page shows what follows in the file until it is cleared.
        if file_pages > file_end && segment.file > 0 {
            clear(file_end, file_pages - file_end, segment.prot, space)?;
        }
        let end = page_up(segment.end()).ok_or(MapError::ENOMEM)?;
        if end > file_pages {
            space.map(Placement::Fixed(file_pages), end - file_pages, segment.prot, MapKind::ANONYMOUS)?;
        }
    }
    Ok(())
}

/// Zeroes less than a page of a segment, also where the program may not write.
fn clear(at: u64, len: u64, prot: Prot, space: &Space) -> Result<(), MapError> {
    let page = page_down(at);
    let writable = prot.contains(Prot::WRITE);
    if !writable {
        space.protect(page, PAGE, prot | Prot::WRITE)?;
    }
    let done = space.copy_out(at, &[0; 4096][..index(len).min(4096)]);
    if !writable {
        space.protect(page, PAGE, prot)?;
    }
    done.map_err(|_| MapError::EFAULT)
}

/// Copies a segment into fresh pages; the one before it, which ends at `mapped`, may share a page.
fn copy(segment: &Segment, bytes: &[u8], mapped: u64, space: &Space) -> Result<(), MapError> {
    let first = page_down(segment.start);
    let end = page_up(segment.end()).ok_or(MapError::ENOMEM)?;
    let file =
        bytes.get(index(segment.offset)..index(segment.offset + segment.file)).ok_or(MapError::EFAULT)?;
    if mapped > first {
        space.protect(first, mapped - first, Prot::RW)?;
    }
    let fresh = first.max(mapped);
    if end > fresh {
        space.map(Placement::Fixed(fresh), end - fresh, Prot::RW, MapKind::ANONYMOUS)?;
    }
    space.copy_out(segment.start, file).map_err(|_| MapError::EFAULT)?;
    space.protect(first, end - first, segment.prot)
}
