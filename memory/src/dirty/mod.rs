//! Which pages of a RAM block were written, told to several clients that do not disturb each other.
//!
//! A client that is not enabled costs nothing. One that is enabled finds every page written since it last
//! harvested, whoever wrote it: a CPU, a device, the monitor. Beside pages, the lines that hold decoded code
//! are known ([`lines`]), so that a write to one of them is noticed at once.

pub mod lines;

use crate::addr::{PAGE, host_size};
use lines::Lines;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use vm_memory::bitmap::{Bitmap, RefSlice, WithBitmapSlice};

/// Who wants to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Client {
    /// Whoever keeps translations of whole pages.
    Code = 0,
    /// Snapshots and migration.
    Migration = 1,
    /// The screen.
    Display = 2,
}

impl Client {
    const COUNT: usize = 3;

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Pages per word of a bitmap.
const WORD: u64 = 64;

/// The written pages of one RAM block, a bit a page for each client, and its lines of code.
#[derive(Debug)]
pub struct Dirty {
    pages: u64,
    enabled: AtomicU8,
    bits: [OnceLock<Box<[AtomicU64]>>; Client::COUNT],
    /// Lines that hold decoded code, and those of them that were written.
    pub lines: Lines,
    epoch: AtomicU64,
}

impl Dirty {
    /// Nothing written and nobody asking, for `bytes` bytes of RAM.
    pub fn new(bytes: u64) -> Self {
        Self {
            pages: bytes.div_ceil(PAGE),
            enabled: AtomicU8::new(0),
            bits: Default::default(),
            lines: Lines::new(bytes),
            epoch: AtomicU64::new(0),
        }
    }

    /// From now on writes are kept for `client`, who starts with every page clean.
    pub fn enable(&self, client: Client) {
        if !self.is_enabled(client) {
            self.words(client).iter().for_each(|word| word.store(0, Ordering::Relaxed));
            self.enabled.fetch_or(client.bit(), Ordering::AcqRel);
            self.renew();
        }
    }

    /// Writes are no longer kept for `client`.
    pub fn disable(&self, client: Client) {
        self.enabled.fetch_and(!client.bit(), Ordering::AcqRel);
    }

    /// Whether writes are kept for `client`.
    pub fn is_enabled(&self, client: Client) -> bool {
        self.enabled.load(Ordering::Acquire) & client.bit() != 0
    }

    /// The byte ranges written since the client last asked, ascending, whole pages, neighbours joined. They are
    /// clean again for this client. Empty for a client that is not enabled.
    ///
    /// A CPU that runs meanwhile tells of stores to them only after its next [`crate::tlb::SoftMmu::sync`]: let
    /// all have passed one before the bytes are read.
    pub fn harvest(&self, client: Client) -> Vec<Range<u64>> {
        let mut found: Vec<Range<u64>> = vec![];
        if !self.is_enabled(client) {
            return found;
        }
        for (index, word) in (0..).zip(self.words(client)) {
            // Reading first keeps clean words clean in the host's caches.
            let mut bits = if word.load(Ordering::Relaxed) == 0 { 0 } else { word.swap(0, Ordering::AcqRel) };
            while bits != 0 {
                let start = (index * WORD + u64::from(bits.trailing_zeros())) * PAGE;
                match found.last_mut() {
                    Some(last) if last.end == start => last.end += PAGE,
                    _ => found.push(start..start + PAGE),
                }
                bits &= bits - 1;
            }
        }
        if !found.is_empty() {
            self.renew();
        }
        found
    }

    /// Notes that `len` bytes at `offset` were written, for every enabled client and for code. Bytes beyond the
    /// block are left out.
    #[inline]
    pub fn mark(&self, offset: u64, len: u64) {
        self.lines.written(offset, len);
        if self.enabled.load(Ordering::Acquire) != 0 {
            self.mark_pages(offset, len);
        }
    }

    #[cold]
    fn mark_pages(&self, offset: u64, len: u64) {
        let Some(last) = len.checked_sub(1).map(|less| offset.saturating_add(less)) else { return };
        for client in [Client::Code, Client::Migration, Client::Display] {
            if !self.is_enabled(client) {
                continue;
            }
            for page in offset / PAGE..(last / PAGE + 1).min(self.pages) {
                if let Some(word) = self.words(client).get(host_size(page / WORD)) {
                    word.fetch_or(1 << (page % WORD), Ordering::AcqRel);
                }
            }
        }
    }

    /// Whether the page at `offset` was written as far as `client` knows.
    pub fn is_dirty(&self, client: Client, offset: u64) -> bool {
        let page = offset / PAGE;
        let word = self.bits[client as usize].get().and_then(|words| words.get(host_size(page / WORD)));
        word.is_some_and(|word| word.load(Ordering::Acquire) >> (page % WORD) & 1 != 0)
    }

    /// Whether a CPU must tell of its next store to the page at `offset`: code lies in it, or an enabled client
    /// has it clean.
    pub fn is_watched(&self, offset: u64) -> bool {
        let wants = |client| self.is_enabled(client) && !self.is_dirty(client, offset);
        self.lines.any_in_page(offset)
            || self.enabled.load(Ordering::Acquire) != 0
                && [Client::Code, Client::Migration, Client::Display].into_iter().any(wants)
    }

    /// A number that changes whenever a page may have become watched.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Tells CPUs that pages may have become watched.
    pub(crate) fn renew(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn words(&self, client: Client) -> &[AtomicU64] {
        let make = || (0..self.pages.div_ceil(WORD)).map(|_| AtomicU64::new(0)).collect();
        self.bits[client as usize].get_or_init(make)
    }
}

impl<'a> WithBitmapSlice<'a> for Dirty {
    type S = RefSlice<'a, Self>;
}

/// What vm-memory's writes are noted in.
impl Bitmap for Dirty {
    fn mark_dirty(&self, offset: usize, len: usize) {
        self.mark(offset as u64, len as u64);
    }

    fn dirty_at(&self, offset: usize) -> bool {
        [Client::Code, Client::Migration, Client::Display]
            .into_iter()
            .any(|client| self.is_enabled(client) && self.is_dirty(client, offset as u64))
    }

    fn slice_at(&self, offset: usize) -> RefSlice<'_, Self> {
        RefSlice::new(self, offset)
    }
}

#[cfg(test)]
mod tests;
