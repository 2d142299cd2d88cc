//! The bytes of a blob, in this process or in the file that they came from.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::SystemTime;

/// A file of fewer bytes is not worth being read a second time.
const LARGE: usize = 1 << 20;
/// Bytes that are read from a file at once.
const CHUNK: usize = 1 << 16;

/// Bytes, and the file that has them too.
#[derive(Debug, Default)]
pub struct Contents {
    bytes: Vec<u8>,
    len: u64,
    file: Option<Kept>,
}

/// An open file as it was when it was read.
#[derive(Debug)]
struct Kept {
    file: File,
    before: Stamp,
}

/// What changes when a file does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    len: u64,
    written: Option<SystemTime>,
    changed: (i64, i64),
}

impl Stamp {
    fn of(facts: &Metadata) -> Self {
        Self {
            len: facts.len(),
            written: facts.modified().ok(),
            changed: (facts.ctime(), facts.ctime_nsec()),
        }
    }
}

impl From<Vec<u8>> for Contents {
    fn from(bytes: Vec<u8>) -> Self {
        Self { len: bytes.len() as u64, bytes, file: None }
    }
}

impl Contents {
    /// All of a regular file, which had these facts before it was read.
    pub(super) fn whole(bytes: Vec<u8>, file: File, before: &Metadata) -> Self {
        let kept = before.is_file() && bytes.len() >= LARGE && before.len() == bytes.len() as u64;
        let file = kept.then(|| Kept { file, before: Stamp::of(before) });
        Self { file, ..bytes.into() }
    }

    /// The bytes, until they are let go.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many they are.
    pub const fn size(&self) -> u64 {
        self.len
    }

    /// Keeps only the file, where there is one.
    pub fn let_go(&mut self) {
        if self.file.is_some() {
            self.bytes = vec![];
        }
    }

    /// Hands on all bytes in order, with the place of each piece.
    ///
    /// # Errors
    /// The file cannot be read, or is no longer what it was.
    pub fn pieces(&self, mut take: impl FnMut(u64, &[u8])) -> io::Result<()> {
        let Some(kept) = self.file.as_ref().filter(|_| self.bytes.is_empty()) else {
            take(0, &self.bytes);
            return Ok(());
        };
        let unchanged = || -> io::Result<()> {
            let now = Stamp::of(&kept.file.metadata()?);
            if now == kept.before { Ok(()) } else { Err(io::Error::other("it has changed since")) }
        };
        unchanged()?;
        let mut piece = vec![0; CHUNK];
        for at in (0..self.len).step_by(CHUNK) {
            let size = usize::try_from(self.len - at).map_or(CHUNK, |left| left.min(CHUNK));
            kept.file.read_exact_at(&mut piece[..size], at)?;
            take(at, &piece[..size]);
        }
        unchanged()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;
    use std::io::Write;

    fn read(file: &File) -> Contents {
        let facts = file.metadata().unwrap();
        let mut bytes = vec![0; usize::try_from(facts.len()).unwrap()];
        file.read_exact_at(&mut bytes, 0).unwrap();
        Contents::whole(bytes, file.try_clone().unwrap(), &facts)
    }

    fn file(name: &str) -> File {
        let path = std::env::temp_dir().join(format!("strata-contents-{}-{name}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file
    }

    fn all(contents: &Contents) -> io::Result<Vec<u8>> {
        let mut bytes = vec![];
        contents.pieces(|at, piece| {
            assert_eq!(at, bytes.len() as u64);
            bytes.extend(piece);
        })?;
        Ok(bytes)
    }

    #[test]
    fn a_large_file_is_read_again_and_a_changed_one_refused() {
        let mut file = file("large");
        let bytes: Vec<u8> = (0..LARGE + 5).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        file.write_all(&bytes).unwrap();
        let mut contents = read(&file);
        assert_eq!(all(&contents).unwrap(), bytes);
        contents.let_go();
        assert!(contents.bytes().is_empty() && contents.size() == bytes.len() as u64);
        assert_eq!(all(&contents).unwrap(), bytes);
        file.set_len(contents.size() + 1).unwrap();
        assert_eq!(all(&contents).unwrap_err().to_string(), "it has changed since");
    }

    #[test]
    fn a_small_file_is_kept() {
        let mut file = file("small");
        file.write_all(b"small").unwrap();
        let mut contents = read(&file);
        contents.let_go();
        assert_eq!(contents.bytes(), b"small");
    }
}
