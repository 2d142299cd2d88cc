//! Descriptor chains: what is read and what is written of a request.

use crate::Fault;
use memory::ram::GuestRam;
use serde::{Deserialize, Serialize};
use vm_memory::{Bytes, GuestAddress};

/// A piece of guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Physical address.
    pub at: u64,
    /// Bytes.
    pub len: u32,
}

/// One request of a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The index of its first descriptor, by which it is given back.
    pub head: u16,
    /// What the device reads.
    pub readable: Vec<Segment>,
    /// What the device writes.
    pub writable: Vec<Segment>,
}

impl Chain {
    /// Writes as much of `bytes` as fits, and says how much that is.
    pub fn fill(&self, memory: &GuestRam, bytes: &[u8]) -> Result<u32, Fault> {
        let room = usize::try_from(size(&self.writable)).unwrap_or(usize::MAX).min(bytes.len());
        scatter(memory, &self.writable, &bytes[..room])?;
        u32::try_from(room).map_err(|_| Fault::Buffer)
    }
}

/// Bytes of all segments; no chain has more than 2^32.
pub fn size(segments: &[Segment]) -> u64 {
    segments.iter().map(|segment| u64::from(segment.len)).sum()
}

/// The part of `segments` behind the first `skip` bytes, at most `most` bytes of it.
pub fn part(segments: &[Segment], skip: u64, most: u64) -> Vec<Segment> {
    let (mut skip, mut left) = (skip, most);
    let mut found = vec![];
    for segment in segments {
        let len = u64::from(segment.len);
        let skipped = skip.min(len);
        skip -= skipped;
        let taken = (len - skipped).min(left);
        left -= taken;
        if let Ok(len @ 1..) = u32::try_from(taken) {
            found.push(Segment { at: segment.at.wrapping_add(skipped), len });
        }
    }
    found
}

/// Reads all of `segments`.
pub fn gather(memory: &GuestRam, segments: &[Segment]) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; usize::try_from(size(segments)).map_err(|_| Fault::Buffer)?];
    let mut left = bytes.as_mut_slice();
    for segment in segments {
        let (piece, rest) = left.split_at_mut_checked(segment.len as usize).ok_or(Fault::Buffer)?;
        memory.read_slice(piece, GuestAddress(segment.at)).map_err(|_| Fault::Buffer)?;
        left = rest;
    }
    Ok(bytes)
}

/// Writes `bytes` to the beginning of `segments`.
pub fn scatter(memory: &GuestRam, segments: &[Segment], bytes: &[u8]) -> Result<(), Fault> {
    let mut left = bytes;
    for segment in segments {
        let (piece, rest) = left.split_at(left.len().min(segment.len as usize));
        memory.write_slice(piece, GuestAddress(segment.at)).map_err(|_| Fault::Buffer)?;
        left = rest;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, 100, &[(10, 4), (20, 8)])]
    #[case(3, 2, &[(13, 1), (20, 1)])]
    #[case(4, 8, &[(20, 8)])]
    #[case(12, 1, &[])]
    fn a_part_of_segments_goes_across_them(
        #[case] skip: u64,
        #[case] most: u64,
        #[case] expected: &[(u64, u32)],
    ) {
        let segments = [Segment { at: 10, len: 4 }, Segment { at: 20, len: 8 }];
        let expected: Vec<_> = expected.iter().map(|&(at, len)| Segment { at, len }).collect();
        assert_eq!(part(&segments, skip, most), expected);
    }
}
