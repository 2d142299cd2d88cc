//! Changes that are not kept: a temporary file over an image.

use rustix::fs::{Mode, OFlags, open};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes that are copied at once when a part of them is first written.
const CLUSTER: u64 = 4096;
const NOTHING: [u8; 4096] = [0; 4096];

/// Clusters that were written, in a file without a name. They disappear with the process.
pub struct Overlay {
    file: File,
    written: BTreeSet<u64>,
}

impl Overlay {
    /// Nothing is changed yet.
    pub fn new() -> io::Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = open(std::env::temp_dir(), flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Self { file: file.into(), written: BTreeSet::new() })
    }

    /// Reads, from `below` what was not written.
    pub fn read(
        &self,
        at: u64,
        into: &mut [u8],
        below: impl Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.pieces(at, into.len()).try_for_each(|(cluster, from, range)| {
            let part = into.get_mut(range).unwrap_or_default();
            if self.written.contains(&cluster) {
                self.file.read_exact_at(part, from)
            } else {
                below(from, part)
            }
        })
    }

    /// Writes; what else is in a cluster comes from `below`.
    pub fn write(
        &mut self,
        at: u64,
        from: &[u8],
        below: impl Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for (cluster, to, range) in self.pieces(at, from.len()).collect::<Vec<_>>() {
            let part = from.get(range).unwrap_or_default();
            if !self.written.contains(&cluster) {
                let mut whole = NOTHING;
                if part.len() as u64 != CLUSTER {
                    below(cluster * CLUSTER, &mut whole)?;
                }
                self.file.write_all_at(&whole, cluster * CLUSTER)?;
            }
            self.file.write_all_at(part, to)?;
            self.written.insert(cluster);
        }
        Ok(())
    }

    /// Gives every changed cluster to `below`, then forgets them.
    pub fn commit(&mut self, mut below: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut whole = NOTHING;
        while let Some(cluster) = self.written.first().copied() {
            self.file.read_exact_at(&mut whole, cluster * CLUSTER)?;
            below(cluster * CLUSTER, &whole)?;
            self.written.remove(&cluster);
        }
        Ok(())
    }

    /// The parts of a range that lie in one cluster each: cluster, offset, range of the buffer.
    fn pieces(
        &self,
        at: u64,
        len: usize,
    ) -> impl Iterator<Item = (u64, u64, std::ops::Range<usize>)> + use<> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let from = at + done as u64;
            let left = usize::try_from(CLUSTER - from % CLUSTER).unwrap_or(1).min(len - done);
            let range = done..done + left;
            done += left;
            (left > 0).then_some((from / CLUSTER, from, range))
        })
    }
}
