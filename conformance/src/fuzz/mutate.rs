//! Inputs for fuzz targets without coverage: random bytes, and seeds with a few things changed.

use crate::random::Source;
use spec::bits::Low;

/// Bytes that parsers treat in a special way.
const SPECIAL: &[u8] = b"\0\x01\x7f\x80\xff\n\t ,()[]=:#@%$+-.xX0179azAZ\"'\\";
/// Longest input.
const LONGEST: usize = 1 << 14;

/// Makes inputs; the same seeds and number give the same ones.
pub struct Mutator {
    source: Source,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Mutates `seeds`; with none, every input is random bytes.
    pub fn new(number: u64, seeds: Vec<Vec<u8>>) -> Self {
        Self { source: Source::new(number), seeds }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let s = &mut self.source;
        if self.seeds.is_empty() || s.one_in(4) {
            let len = s.index(64);
            return (0..len).map(|_| if s.one_in(2) { s.any().low8() } else { s.pick(SPECIAL) }).collect();
        }
        let mut bytes = self.seeds[s.index(self.seeds.len())].clone();
        for _ in 0..1 + s.index(6) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let s = &mut self.source;
        let at = s.index(bytes.len());
        let end = (at + 1 + s.index(16)).min(bytes.len());
        match s.below(10) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 => bytes.insert(at, s.pick(SPECIAL)),
            4 => {
                let other = &self.seeds[s.index(self.seeds.len())];
                let from = s.index(other.len());
                bytes.splice(at..end, other[from..].iter().take(32).copied());
            }
            5 => {
                // A number of a binary format.
                let width = s.pick(&[1, 2, 4, 8]);
                let value = s.biased().to_le_bytes();
                for (byte, new) in bytes[at..].iter_mut().zip(&value[..width]) {
                    *byte = *new;
                }
            }
            6 => {
                // A number of a text.
                let number = if s.one_in(2) {
                    format!("{}", s.biased().cast_signed())
                } else {
                    format!("{:#x}", s.biased())
                };
                bytes.splice(at..end, number.into_bytes());
            }
            _ if bytes.is_empty() => bytes.push(s.any().low8()),
            7 => bytes[at] = s.pick(SPECIAL),
            8 => bytes[at] = s.any().low8(),
            _ => bytes[at] ^= 1 << s.below(8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_inputs() {
        let seeds = || vec![b"addi a0, a0, 1".to_vec(), vec![]];
        let (mut a, mut b) = (Mutator::new(1, seeds()), Mutator::new(1, seeds()));
        assert!((0..1000).all(|_| a.input() == b.input()));
    }
}
