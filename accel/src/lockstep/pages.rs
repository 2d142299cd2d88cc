//! Which pages of a program's memory hold something of its own, what is in them, and where two memories differ.

use memory::addr::{PAGE, host_size};
use memory::user::{Prot, Region, Space};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes of a page, as a length of arrays.
const SIZE: usize = host_size(PAGE);

/// Contents of a page.
pub type Page = Box<[u8; SIZE]>;

/// Pages by the guest address of their first byte.
pub type Pages = BTreeMap<u64, Page>;

/// A byte in which two memories differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Byte {
    /// Its guest address.
    pub at: u64,
    /// In the first memory.
    pub a: u8,
    /// In the second.
    pub b: u8,
}

/// The host's list of this process's pages, opened anew each time: a forked child has another one, and the
/// program must not meet a descriptor of ours.
struct Pagemap(Option<File>);

/// Bits of an entry. [Documentation/admin-guide/mm/pagemap.rst]
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// A page of a file, or of shared memory.
const OF_FILE: u64 = 1 << 61;

impl Pagemap {
    fn open() -> Self {
        Self(File::open("/proc/self/pagemap").ok())
    }

    /// The pages of a region that may hold something else than zeros or its file, as their first addresses.
    /// All of them where the host does not tell.
    fn own(&self, space: &Space, region: &Region) -> Vec<u64> {
        const ENTRIES: u64 = 512;
        let pages = |from: u64, count: u64| (0..count).map(move |n| from + n * PAGE);
        let mut found = vec![];
        let mut at = region.start;
        while at < region.end {
            let count = ((region.end - at) / PAGE).min(ENTRIES);
            let mut bytes = [0; 8 * host_size(ENTRIES)];
            let wanted = &mut bytes[..host_size(8 * count)];
            let place = space.host_address(at) / PAGE * 8;
            let told = self.0.as_ref().is_some_and(|file| file.read_exact_at(wanted, place).is_ok());
            // What others write into a shared page need not be in this process's tables.
            if told && !super::mirror::is_live(region) {
                let words = wanted.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
                found.extend(pages(at, count).zip(words).filter(|(_, word)| is_own(*word)).map(|(at, _)| at));
            } else {
                found.extend(pages(at, count));
            }
            at += count * PAGE;
        }
        found
    }
}

fn is_own(entry: u64) -> bool {
    entry & SWAPPED != 0 || entry & PRESENT != 0 && entry & OF_FILE == 0
}

/// The page at `at`, unless the guest's protection hides it or there is nothing behind it.
pub fn read(space: &Space, at: u64, page: &mut [u8; SIZE]) -> bool {
    space.copy_in(at, page).is_ok()
}

/// Whether the contents of a region can be seen.
fn is_readable(region: &Region) -> bool {
    region.prot != Prot::NONE
}

/// The pages that hold something of the program's own in `space` between `start` and `end`.
pub fn own(space: &Space, start: u64, end: u64) -> Vec<u64> {
    let map = Pagemap::open();
    let inside = |at: &u64| (start..end).contains(at);
    let regions = space.regions().filter(|r| r.start < end && start < r.end && is_readable(r));
    regions.flat_map(|region| map.own(space, &region)).filter(inside).collect()
}

/// Brings `pages` up to date with `space`. Pages that cannot be read keep what was known of them.
pub fn refresh(space: &Space, pages: &mut Pages) {
    let map = Pagemap::open();
    let regions: Vec<Region> = space.regions().collect();
    let mut fresh = Pages::new();
    let mut buffer = Box::new([0; SIZE]);
    for region in &regions {
        if !is_readable(region) {
            let old: Vec<u64> = pages.range(region.start..region.end).map(|(at, _)| *at).collect();
            fresh.extend(old.into_iter().filter_map(|at| pages.remove_entry(&at)));
            continue;
        }
        for at in map.own(space, region) {
            if !read(space, at, &mut buffer) {
                continue;
            }
            let same = pages.remove(&at).filter(|old| *old == buffer);
            fresh.insert(at, same.unwrap_or_else(|| buffer.clone()));
        }
    }
    *pages = fresh;
}

/// A number that differs, but for one chance in 2^64, where two memories differ: a [`fold`] over each page of
/// their own that is not all zeros, its address first.
pub fn hash(space: &Space) -> u64 {
    let mut pages = Pages::new();
    refresh(space, &mut pages);
    let mut hash = 0;
    for (at, page) in pages.iter().filter(|(_, page)| page.iter().any(|byte| *byte != 0)) {
        hash = fold(hash, *at);
        for word in page.as_chunks::<8>().0 {
            hash = fold(hash, u64::from_le_bytes(*word));
        }
    }
    hash
}

/// Adds a word to a hash: exclusive or, times 0x9e3779b97f4a7c15, turned left by 29.
pub fn fold(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

/// The first `most` bytes in which two memories with the same map differ.
pub fn differing(a: &Space, b: &Space, most: usize) -> Vec<Byte> {
    let map = Pagemap::open();
    let mut found = vec![];
    let (mut left, mut right) = (Box::new([0; SIZE]), Box::new([0; SIZE]));
    for region in a.regions().filter(is_readable) {
        let mut pages = map.own(a, &region);
        pages.extend(map.own(b, &region));
        pages.sort_unstable();
        pages.dedup();
        for at in pages {
            // What is beyond the end of a file can be read on neither side.
            if !read(a, at, &mut left) || !read(b, at, &mut right) || left == right {
                continue;
            }
            let bytes = (at..).zip(left.iter().zip(right.iter())).filter(|(_, (a, b))| a != b);
            found.extend(bytes.map(|(at, (a, b))| Byte { at, a: *a, b: *b }).take(most - found.len()));
            if found.len() >= most {
                return found;
            }
        }
    }
    found
}
