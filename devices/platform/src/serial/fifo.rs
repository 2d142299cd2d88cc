//! A FIFO of sixteen bytes.

use std::collections::VecDeque;

/// Bytes a FIFO holds. [PC16550D 8.6.4]
pub const DEPTH: usize = 16;

/// A FIFO.
#[derive(Clone, Debug, Default)]
pub struct Fifo(VecDeque<u8>);

impl Fifo {
    /// A FIFO that holds `bytes`, if they fit.
    pub fn holding(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= DEPTH).then(|| Self(bytes.iter().copied().collect()))
    }

    /// Adds a byte, or says that it is lost.
    pub fn push(&mut self, byte: u8) -> bool {
        let fits = self.room() > 0;
        if fits {
            self.0.push_back(byte);
        }
        fits
    }

    /// The oldest byte.
    pub fn pop(&mut self) -> Option<u8> {
        self.0.pop_front()
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        DEPTH - self.0.len()
    }

    /// The bytes held, oldest first.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().copied().collect()
    }
}
