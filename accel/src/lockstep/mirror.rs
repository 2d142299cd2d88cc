//! Making one memory equal to another: its map, and what was written into it from outside the guest.

use super::pages::{self, Pages};
use memory::addr::{PAGE, host_size, page_down};
use memory::user::{Changes, MapError, MapKind, Placement, Prot, Region, Space};
use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

/// Maps a region in `space`, where nothing is yet, so that it shows what it shows elsewhere: its file if that
/// is still there under its name, else zeros. What is shared becomes private: two copies of a guest must not
/// meet. Says whether the file is there.
///
/// # Errors
/// What the host says.
pub fn map(space: &Space, region: &Region) -> Result<bool, MapError> {
    let place = Placement::Fixed(region.start);
    let file = region.file.as_ref().filter(|_| !is_live(region)).and_then(|part| {
        let file = File::open(&part.file.path).ok()?;
        let facts = file.metadata().ok()?;
        let same = facts.is_file() && (facts.dev(), facts.ino()) == (part.file.dev, part.file.inode);
        same.then_some((file, part.offset))
    });
    let Some((file, offset)) = file else {
        let kind = MapKind { noreserve: true, ..MapKind::ANONYMOUS };
        space.map(place, region.len(), region.prot, kind)?;
        return Ok(region.file.is_none());
    };
    space.map(place, region.len(), region.prot, MapKind::private_file(file.as_fd(), offset))?;
    Ok(true)
}

/// Writes bytes whatever the guest's protection of them is.
///
/// # Errors
/// What the host says; where nothing is mapped, `EFAULT`.
pub fn write(space: &Space, at: u64, bytes: &[u8]) -> Result<(), MapError> {
    if space.copy_out(at, bytes).is_ok() {
        return Ok(());
    }
    let end = at.saturating_add(bytes.len() as u64);
    let mut page = page_down(at);
    while page < end {
        let prot = space.region_at(page).map(|region| region.prot).unwrap_or_default();
        space.protect(page, PAGE, Prot::RW)?;
        let (from, to) = (page.max(at), (page + PAGE).min(end));
        let part = &bytes[host_size(from - at)..host_size(to - at)];
        let written = space.copy_out(from, part);
        space.protect(page, PAGE, prot)?;
        written.map_err(|_| MapError::EFAULT)?;
        page += PAGE;
    }
    Ok(())
}

/// Does to `to` what was done to `from`, whose contents are what they became. Says what was written, for
/// whoever wants to do it once more.
///
/// # Errors
/// What the host says.
pub fn follow(from: &Space, to: &Space, changes: &Changes) -> Result<Vec<(u64, Vec<u8>)>, MapError> {
    for range in &changes.mapped {
        remap(from, to, range)?;
    }
    for range in &changes.protected {
        for region in clipped(from, range) {
            to.protect(region.start, region.len(), region.prot)?;
        }
    }
    let mut written = vec![];
    for range in &changes.written {
        for part in contents(from, range) {
            write(to, part.0, &part.1)?;
            written.push(part);
        }
    }
    Ok(written)
}

/// What `space` holds in a range, page by page; what cannot be read is left out.
fn contents(space: &Space, range: &Range<u64>) -> Vec<(u64, Vec<u8>)> {
    let mut parts = vec![];
    let mut at = range.start;
    while at < range.end {
        let end = (page_down(at) + PAGE).min(range.end);
        let mut bytes = vec![0; host_size(end - at)];
        if space.copy_in(at, &mut bytes).is_ok() {
            parts.push((at, bytes));
        }
        at = end;
    }
    parts
}

fn remap(from: &Space, to: &Space, range: &Range<u64>) -> Result<(), MapError> {
    to.unmap(range.start, range.end - range.start)?;
    for region in clipped(from, range) {
        let whole = map(to, &region)?;
        copy(from, to, &region, whole)?;
    }
    Ok(())
}

/// Copies what a region holds beyond what mapping it shows: all of it unless it shows the `whole` of its file.
fn copy(from: &Space, to: &Space, region: &Region, whole: bool) -> Result<(), MapError> {
    if region.prot == Prot::NONE {
        return Ok(());
    }
    let pages = if whole && !is_live(region) {
        pages::own(from, region.start, region.end)
    } else {
        (region.start..region.end).step_by(host_size(PAGE)).collect()
    };
    let mut page = [0; host_size(PAGE)];
    for at in pages {
        if pages::read(from, at, &mut page) {
            write(to, at, &page)?;
        }
    }
    Ok(())
}

/// The regions of `space` inside a range, cut to it.
fn clipped(space: &Space, range: &Range<u64>) -> Vec<Region> {
    let inside = space.regions().filter(|r| r.start < range.end && range.start < r.end);
    inside.map(|region| region.clip(range.start, range.end)).collect()
}

/// Whether others may write what a region shows.
pub fn is_live(region: &Region) -> bool {
    region.shared && region.prot.contains(Prot::WRITE)
}

/// Whether one of two regions shows what is written through the other.
pub fn is_alias(a: &Region, b: &Region) -> bool {
    let (Some(one), Some(other)) = (&a.file, &b.file) else { return false };
    let named = one.file.inode != 0 && one.file == other.file;
    let same = Arc::ptr_eq(&one.file, &other.file) || named;
    let overlap = one.offset < other.offset.saturating_add(b.len())
        && other.offset < one.offset.saturating_add(a.len());
    a.start != b.start && a.shared && b.shared && same && overlap && (is_live(a) || is_live(b))
}

/// Brings regions that others may have written up to date; says what that changed.
///
/// # Errors
/// What the host says.
pub fn shared(from: &Space, to: &Space) -> Result<Vec<(u64, Vec<u8>)>, MapError> {
    let mut changed = vec![];
    let (mut here, mut there) = ([0; host_size(PAGE)], [0; host_size(PAGE)]);
    for region in from.regions().filter(is_live) {
        for at in (region.start..region.end).step_by(host_size(PAGE)) {
            let both = pages::read(from, at, &mut here) && pages::read(to, at, &mut there);
            if both && here != there {
                write(to, at, &here)?;
                changed.push((at, here.to_vec()));
            }
        }
    }
    Ok(changed)
}

/// A memory with these regions and, beyond what they show, these pages.
///
/// # Errors
/// What the host says.
pub fn build(space: &Space, regions: &[Region], pages: &Pages) -> Result<(), MapError> {
    for region in regions {
        map(space, region)?;
    }
    for (at, page) in pages {
        write(space, *at, page.as_slice())?;
    }
    Ok(())
}
