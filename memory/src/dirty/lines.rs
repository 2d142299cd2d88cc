//! Lines of a RAM block that hold decoded code, and a log of those that were written.
//!
//! Marks are kept as a word of 64 lines for each page, in pieces that are made when code is first found in
//! them. A written line loses its mark: whoever decodes it again marks it again.

use crate::addr::{PAGE, host_size};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes in a line.
pub const LINE: u64 = 64;
/// Pages in a piece.
const PIECE: u64 = 512;
/// Written ranges that are remembered for readers who come late.
const LOG: usize = 1024;

/// The marks of one block.
#[derive(Debug)]
pub struct Lines {
    pieces: Box<[OnceLock<Box<[AtomicU64]>>]>,
    log: Mutex<VecDeque<Range<u64>>>,
    /// Ranges ever logged.
    logged: AtomicU64,
}

/// What was written since a reader last looked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stale {
    /// Code in these bytes of the block.
    Ranges(Vec<Range<u64>>),
    /// More than is remembered: any code in the block.
    All,
}

impl Lines {
    pub(super) fn new(bytes: u64) -> Self {
        let pieces = bytes.div_ceil(PAGE * PIECE);
        Self {
            pieces: (0..pieces).map(|_| OnceLock::new()).collect(),
            log: Mutex::default(),
            logged: AtomicU64::new(0),
        }
    }

    /// Marks the lines that `range` touches. Whether a page had no mark before.
    pub fn mark(&self, range: Range<u64>) -> bool {
        let mut first = false;
        for (page, mask) in self.pages(range.start, range.end) {
            let Some(piece) = self.pieces.get(host_size(page / PIECE)) else { continue };
            let make = || (0..PIECE).map(|_| AtomicU64::new(0)).collect();
            if let Some(word) = piece.get_or_init(make).get(host_size(page % PIECE)) {
                first |= word.fetch_or(mask, Ordering::AcqRel) == 0;
            }
        }
        first
    }

    /// Whether a line that `len` bytes at `offset` touch is marked.
    pub fn any(&self, offset: u64, len: u64) -> bool {
        let held = |(page, mask)| self.word(page).is_some_and(|w| w.load(Ordering::Acquire) & mask != 0);
        self.pages(offset, offset.saturating_add(len)).any(held)
    }

    /// Whether a line in the page at `offset` is marked.
    pub fn any_in_page(&self, offset: u64) -> bool {
        self.word(offset / PAGE).is_some_and(|word| word.load(Ordering::Acquire) != 0)
    }

    /// Takes the marks off the lines that `len` bytes at `offset` touch, and logs those that had one.
    #[inline]
    pub fn written(&self, offset: u64, len: u64) {
        for (page, mask) in self.pages(offset, offset.saturating_add(len)) {
            if let Some(word) = self.word(page)
                && word.load(Ordering::Acquire) & mask != 0
            {
                let had = word.fetch_and(!mask, Ordering::AcqRel) & mask;
                self.note(page, had);
            }
        }
    }

    /// How many ranges were ever logged: where a new reader starts.
    pub fn logged(&self) -> u64 {
        self.logged.load(Ordering::Acquire)
    }

    /// What was logged since `seen`, which moves on.
    pub fn since(&self, seen: &mut u64) -> Stale {
        let log = self.log.lock();
        let now = self.logged();
        let new = usize::try_from(now - *seen).unwrap_or(usize::MAX);
        *seen = now;
        match log.len().checked_sub(new) {
            Some(old) => Stale::Ranges(log.iter().skip(old).cloned().collect()),
            None => Stale::All,
        }
    }

    #[cold]
    fn note(&self, page: u64, mut lines: u64) {
        let mut log = self.log.lock();
        while lines != 0 {
            let first = lines.trailing_zeros();
            let run = (lines >> first).trailing_ones();
            let start = page * PAGE + u64::from(first) * LINE;
            log.push_back(start..start + u64::from(run) * LINE);
            self.logged.fetch_add(1, Ordering::AcqRel);
            lines &= !(u64::MAX >> (64 - run) << first);
        }
        let over = log.len().saturating_sub(LOG);
        log.drain(..over);
    }

    fn word(&self, page: u64) -> Option<&AtomicU64> {
        self.pieces.get(host_size(page / PIECE))?.get()?.get(host_size(page % PIECE))
    }

    /// The pages of the block that `start..end` touches, each with the bits of its touched lines.
    fn pages(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + use<> {
        let end = end.min(self.pieces.len() as u64 * PIECE * PAGE);
        let range = if start < end { start / PAGE..(end - 1) / PAGE + 1 } else { 0..0 };
        range.map(move |page| {
            let base = page * PAGE;
            let first = start.saturating_sub(base) / LINE;
            let last = (end - 1 - base).min(PAGE - 1) / LINE;
            (page, u64::MAX >> (63 - (last - first)) << first)
        })
    }
}
