//! The table itself: its layout is a contract with generated code.

use super::Cached;
use crate::addr::{PAGE, host_size};
use crate::fault::Scalar;

/// Entries of a table, by the low bits of the virtual page's number.
pub const ENTRIES: usize = 512;

/// A virtual page for one kind of access, or a reason why generated code must not go by it. Page address in bits
/// 63:12; any bit below makes the comparison fail.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Tag(u64);

impl Tag {
    /// No page.
    pub(super) const NONE: Self = Self(1);
    /// A device, or a page that is not one device or memory as a whole.
    pub(super) const DEVICE: u64 = 2;
    /// A store must be noted.
    pub(super) const WATCHED: u64 = 4;
    /// A store is dropped: ROM.
    pub(super) const DROPPED: u64 = 8;
    /// The page holds what a debugger wants to notice.
    pub(super) const NOTICED: u64 = 16;

    pub(super) const fn new(page: u64, flags: u64) -> Self {
        Self(page | flags)
    }

    /// Whether all bytes of a `T` at `at` are in the page and need no further care.
    ///
    /// The last byte is compared: where the access leaves the page, that byte belongs to the next entry and
    /// cannot be in this one.
    #[inline(always)]
    pub(super) fn allows<T: Scalar>(self, at: u64) -> bool {
        at.wrapping_add(T::SIZE - 1) & !(PAGE - 1) == self.0
    }

    /// The low bits, if the tag is for the page of `at`.
    pub(super) const fn flags(self, at: u64) -> Option<u64> {
        let flags = self.0 ^ at & !(PAGE - 1);
        if flags < PAGE && flags & Self::NONE.0 == 0 { Some(flags) } else { None }
    }

    /// Adds `flags` to a tag that is in use.
    pub(super) const fn with(self, flags: u64) -> Self {
        if self.0 & Self::NONE.0 == 0 { Self(self.0 | flags) } else { self }
    }

    /// Takes `flags` away.
    pub(super) const fn without(self, flags: u64) -> Self {
        Self(self.0 & !flags)
    }
}

/// A virtual page and where it is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    /// For loads.
    pub(super) read: Tag,
    /// For stores and atomic updates.
    pub(super) write: Tag,
    /// For fetches.
    pub(super) execute: Tag,
    /// Host address less virtual address; of no meaning for a device.
    pub(super) addend: u64,
}

impl Entry {
    /// Offset of the tag for loads.
    pub const READ: usize = std::mem::offset_of!(Self, read);
    /// Offset of the tag for stores.
    pub const WRITE: usize = std::mem::offset_of!(Self, write);
    /// Offset of the tag for fetches.
    pub const EXECUTE: usize = std::mem::offset_of!(Self, execute);
    /// Offset of what is added to a virtual address.
    pub const ADDEND: usize = std::mem::offset_of!(Self, addend);

    pub(super) const NONE: Self = Self { read: Tag::NONE, write: Tag::NONE, execute: Tag::NONE, addend: 0 };
}

/// The TLB of one key.
#[repr(C)]
pub struct Table {
    entries: [Entry; ENTRIES],
    /// The physical page of each entry.
    physical: [u64; ENTRIES],
    pub(super) key: u64,
    /// The aligned range that holds all pages larger than 4 KiB: its start, and the mask of its address bits.
    large: Option<(u64, u64)>,
    /// Whether any entry may be in use.
    used: bool,
}

impl Table {
    /// Offset of the first [`Entry`].
    pub const ENTRIES: usize = std::mem::offset_of!(Self, entries);

    pub(super) fn new(key: u64) -> Box<Self> {
        Box::new(Self {
            entries: [Entry::NONE; ENTRIES],
            physical: [0; ENTRIES],
            key,
            large: None,
            used: false,
        })
    }

    /// Where `at` is, if anywhere.
    #[inline(always)]
    pub(super) const fn index(at: u64) -> usize {
        host_size(at / PAGE) % ENTRIES
    }

    #[inline(always)]
    pub(super) const fn entry(&self, at: u64) -> &Entry {
        &self.entries[Self::index(at)]
    }

    pub(super) const fn at_mut(&mut self, index: usize) -> &mut Entry {
        &mut self.entries[index % ENTRIES]
    }

    /// The physical page of an entry.
    pub(super) const fn physical(&self, index: usize) -> u64 {
        self.physical[index % ENTRIES]
    }

    /// Puts an entry in for the 4 KiB around `at`, which are part of a page of `2^log2` bytes.
    pub(super) fn put(&mut self, at: u64, entry: Entry, physical: u64, log2: u32) {
        let index = Self::index(at);
        self.entries[index] = entry;
        self.physical[index] = physical;
        self.used = true;
        if log2 > PAGE.trailing_zeros() {
            self.note_large(at, log2);
        }
    }

    /// Grows the range of large pages so that it holds this one.
    fn note_large(&mut self, at: u64, log2: u32) {
        let mask = u64::MAX.checked_shl(log2).unwrap_or(0);
        let (start, mask) = match self.large {
            None => (at & mask, mask),
            Some((start, known)) => {
                let mut mask = mask & known;
                while (start ^ at) & mask != 0 {
                    mask <<= 1;
                }
                (start & mask, mask)
            }
        };
        self.large = Some((start, mask));
    }

    /// Forgets everything.
    pub(super) fn flush(&mut self) {
        if self.used {
            self.entries.fill(Entry::NONE);
            self.large = None;
            self.used = false;
        }
    }

    /// Forgets the page at `at`: all of it, however large it is.
    pub(super) fn flush_page(&mut self, at: u64) {
        match self.large {
            Some((start, mask)) if at & mask == start => self.flush(),
            _ => {
                let entry = &mut self.entries[Self::index(at)];
                if [entry.read, entry.write, entry.execute].iter().any(|tag| tag.flags(at).is_some()) {
                    *entry = Entry::NONE;
                }
            }
        }
    }

    /// The pages, by where they are in the table.
    pub(super) fn cached(&self) -> impl Iterator<Item = Cached> {
        self.entries.iter().zip(&self.physical).filter_map(|(entry, physical)| {
            let tags = [entry.read, entry.write, entry.execute];
            let valid = tags.map(|tag| tag.0 & Tag::NONE.0 == 0);
            let page = tags.iter().zip(valid).find(|(_, valid)| *valid)?.0.0 & !(PAGE - 1);
            let [readable, writable, executable] = valid;
            let (key, physical_at) = (self.key, *physical);
            Some(Cached { key, virtual_at: page, physical_at, readable, writable, executable })
        })
    }

    /// Has stores to the memory page at host address `host` be noted.
    pub(super) fn watch(&mut self, host: u64) {
        for entry in &mut self.entries {
            let page = entry.write.0 & !(PAGE - 1);
            if page.wrapping_add(entry.addend) == host {
                entry.write = entry.write.with(Tag::WATCHED);
            }
        }
    }
}
