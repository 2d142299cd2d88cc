//! Memory of a random program: pieces, and which code was overwritten since the last `fence.i`.

use crate::mem::Pieces;
use interp::{Fault, Memory, Order, Scalar};
use std::ops::Range;

/// Which code was overwritten.
///
/// Code that was overwritten may run as it was or as it is until the guest synchronises; nothing can
/// be expected of a program that runs it sooner.
#[derive(Clone, Debug)]
pub struct Stale {
    /// Where code lies.
    code: Range<u64>,
    /// Stores into it.
    written: Vec<Range<u64>>,
}

impl Stale {
    /// Code at `code`, none of it overwritten.
    pub fn new(code: Range<u64>) -> Self {
        Self { code, written: vec![] }
    }

    /// Whether the instruction at `pc`, of up to four bytes, was overwritten since [`Stale::sync`].
    pub fn holds(&self, pc: u64) -> bool {
        self.written.iter().any(|w| pc < w.end && w.start < pc.saturating_add(4))
    }

    /// Code was synchronised.
    pub fn sync(&mut self) {
        self.written.clear();
    }

    /// `size` bytes were stored at `at`.
    pub fn wrote(&mut self, at: u64, size: u64) {
        let end = at.saturating_add(size);
        if at < self.code.end && self.code.start < end {
            self.written.push(at..end);
        }
    }
}

/// Pieces of memory that remember stores into code.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The memory.
    pub pieces: Pieces,
    /// What was stored into code.
    pub stale: Stale,
}

impl Watched {
    /// `pieces` with code at `code`.
    pub fn new(pieces: Pieces, code: Range<u64>) -> Self {
        Self { pieces, stale: Stale::new(code) }
    }
}

impl Memory for Watched {
    type Fault = Fault;

    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        self.pieces.load(at, order)
    }

    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Fault> {
        self.pieces.store(at, value, order)?;
        self.stale.wrote(at, size_of::<T>() as u64);
        Ok(())
    }

    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, Fault> {
        let found = self.pieces.compare_exchange(at, old, new, order)?;
        self.stale.wrote(at, size_of::<T>() as u64);
        Ok(found)
    }

    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        self.pieces.fetch(at, order)
    }

    fn code_epoch(&self) -> u64 {
        self.pieces.code_epoch()
    }
}
