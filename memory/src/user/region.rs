//! The region map: what each part of the window is to the guest.
//!
//! Plain data, kept in step with the host's mappings by `map` and `remap`. Regions never overlap,
//! lie on page boundaries, and are merged with a neighbour that only continues them.

use super::Prot;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What lies behind a shared or file mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The name at the time of mapping, as `/proc/self/maps` shows it.
    pub path: PathBuf,
    /// The device number, in the host's encoding; zero for shared anonymous memory.
    pub dev: u64,
    /// The inode number; zero for shared anonymous memory.
    pub inode: u64,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub struct FilePart {
    /// Which file.
    pub file: Arc<FileId>,
    /// The offset of the region's first byte.
    pub offset: u64,
}

/// A stretch of guest pages that are alike.
#[derive(Clone, Debug)]
pub struct Region {
    /// First guest byte.
    pub start: u64,
    /// One past the last guest byte.
    pub end: u64,
    /// What the guest asked for.
    pub prot: Prot,
    /// Whether stores are seen by others who map the same object.
    pub shared: bool,
    /// The object behind it; `None` for private anonymous memory.
    pub file: Option<FilePart>,
}

impl Region {
    /// Bytes in the region, never zero.
    #[expect(clippy::len_without_is_empty, reason = "a region is never empty")]
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// The part of it inside `start..end`, which it must overlap.
    pub fn clip(&self, start: u64, end: u64) -> Self {
        let cut = self.start.max(start);
        let mut part = Self { start: cut, end: self.end.min(end), ..self.clone() };
        if let Some(file) = &mut part.file {
            file.offset = file.offset.wrapping_add(cut - self.start);
        }
        part
    }

    /// Whether `next`, which starts where this ends, is only more of the same.
    fn continues_in(&self, next: &Self) -> bool {
        let object = match (&self.file, &next.file) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                let same = Arc::ptr_eq(&a.file, &b.file) || a.file.inode != 0 && a.file == b.file;
                same && a.offset.wrapping_add(self.len()) == b.offset
            }
            _ => false,
        };
        object && self.end == next.start && self.prot == next.prot && self.shared == next.shared
    }
}

/// All regions of a space, by their first byte.
#[derive(Default)]
pub(super) struct Regions {
    by_start: BTreeMap<u64, Region>,
}

impl Regions {
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.by_start.values()
    }

    /// The region that holds `at`.
    pub fn at(&self, at: u64) -> Option<&Region> {
        self.by_start.range(..=at).next_back().map(|(_, r)| r).filter(|r| at < r.end)
    }

    /// The regions that overlap `start..end`, lowest first, not clipped.
    pub fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = &Region> {
        let first = self.at(start).map_or(start, |r| r.start);
        self.by_start.range(first..end.max(first)).map(|(_, r)| r)
    }

    pub fn is_free(&self, start: u64, end: u64) -> bool {
        self.overlapping(start, end).next().is_none()
    }

    /// Whether any part of `start..end` may be executed.
    pub fn any_exec(&self, start: u64, end: u64) -> bool {
        self.overlapping(start, end).any(|r| r.prot.contains(Prot::EXEC))
    }

    /// How far `start..end` is mapped without a gap: an address in it, or `end`.
    pub fn covered_to(&self, start: u64, end: u64) -> u64 {
        let mut to = start;
        for region in self.overlapping(start, end) {
            if region.start > to {
                break;
            }
            to = region.end.min(end);
        }
        to
    }

    /// Takes `start..end` out, splitting what reaches over its ends.
    pub fn remove(&mut self, start: u64, end: u64) {
        let hit: Vec<Region> = self.overlapping(start, end).cloned().collect();
        for region in hit {
            self.by_start.remove(&region.start);
            if region.start < start {
                self.by_start.insert(region.start, region.clip(region.start, start));
            }
            if region.end > end {
                self.by_start.insert(end, region.clip(end, region.end));
            }
        }
    }

    /// Puts a region in place of whatever was there, merging it with its neighbours.
    pub fn insert(&mut self, mut region: Region) {
        self.remove(region.start, region.end);
        let before = region.start.checked_sub(1).and_then(|last| self.at(last));
        if let Some(before) = before.filter(|b| b.continues_in(&region)) {
            region = Region { end: region.end, ..before.clone() };
        }
        if let Some(after) = self.by_start.get(&region.end).filter(|a| region.continues_in(a)) {
            let (old, end) = (after.start, after.end);
            self.by_start.remove(&old);
            region.end = end;
        }
        self.by_start.insert(region.start, region);
    }

    /// The highest free range of `len` bytes inside `low..high`, as its first byte.
    pub fn find_free(&self, len: u64, low: u64, high: u64) -> Option<u64> {
        let mut top = high;
        for region in self.by_start.range(..high).rev().map(|(_, r)| r) {
            if top.checked_sub(region.end.max(low)).is_some_and(|room| room >= len) {
                return Some(top - len);
            }
            top = top.min(region.start);
        }
        top.checked_sub(low).is_some_and(|room| room >= len).then(|| top - len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::PAGE;

    fn anon(start: u64, end: u64, prot: Prot) -> Region {
        Region { start: start * PAGE, end: end * PAGE, prot, shared: false, file: None }
    }

    fn part(start: u64, end: u64, file: &Arc<FileId>, offset: u64) -> Region {
        let file = Some(FilePart { file: Arc::clone(file), offset: offset * PAGE });
        Region { file, ..anon(start, end, Prot::READ) }
    }

    fn shape(regions: &Regions) -> Vec<(u64, u64, Prot)> {
        regions.iter().map(|r| (r.start / PAGE, r.end / PAGE, r.prot)).collect()
    }

    #[test]
    fn neighbours_alike_become_one_and_others_stay_apart() {
        let mut regions = Regions::default();
        regions.insert(anon(1, 2, Prot::RW));
        regions.insert(anon(3, 4, Prot::RW));
        regions.insert(anon(2, 3, Prot::RW));
        regions.insert(anon(4, 5, Prot::READ));
        assert_eq!(shape(&regions), [(1, 4, Prot::RW), (4, 5, Prot::READ)]);
    }

    #[test]
    fn a_hole_in_a_file_mapping_keeps_the_offsets_and_closes_again() {
        let file = Arc::new(FileId { path: "/f".into(), dev: 1, inode: 2 });
        let mut regions = Regions::default();
        regions.insert(part(10, 16, &file, 0));
        regions.remove(12 * PAGE, 13 * PAGE);
        let offsets: Vec<u64> = regions.iter().map(|r| r.file.as_ref().unwrap().offset / PAGE).collect();
        assert_eq!(offsets, [0, 3]);
        regions.insert(part(12, 13, &file, 7));
        assert_eq!(regions.iter().count(), 3);
        regions.insert(part(12, 13, &file, 2));
        assert_eq!(shape(&regions), [(10, 16, Prot::READ)]);
    }

    #[test]
    fn the_highest_gap_that_fits_is_found() {
        let mut regions = Regions::default();
        regions.insert(anon(4, 6, Prot::RW));
        regions.insert(anon(8, 9, Prot::RW));
        let find = |pages| regions.find_free(pages * PAGE, PAGE, 10 * PAGE).map(|at| at / PAGE);
        assert_eq!([find(1), find(2), find(3), find(4)], [Some(9), Some(6), Some(1), None]);
        assert_eq!(regions.find_free(PAGE, PAGE, 5 * PAGE), Some(3 * PAGE));
    }

    #[test]
    fn cover_ends_at_the_first_gap() {
        let mut regions = Regions::default();
        regions.insert(anon(1, 3, Prot::RW));
        regions.insert(anon(3, 4, Prot::READ));
        regions.insert(anon(5, 6, Prot::READ));
        let cover = |from, to| regions.covered_to(from * PAGE, to * PAGE) / PAGE;
        assert_eq!([cover(0, 2), cover(1, 2), cover(2, 8), cover(5, 6)], [0, 2, 4, 6]);
    }
}
