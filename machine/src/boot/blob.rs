//! Pieces of memory's first contents.

use super::{BootError, Contents, Target};
use crate::board::Part;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that lie at a physical address when the machine starts.
#[derive(Debug)]
pub struct Blob {
    /// Where they come from.
    pub name: String,
    /// Physical address.
    pub at: u64,
    /// They.
    pub contents: Contents,
    /// Bytes with the zeros behind them, if there are any.
    pub size: u64,
}

impl Blob {
    /// The physical address behind it.
    pub fn end(&self) -> u64 {
        self.at.saturating_add(self.size.max(self.contents.size()))
    }
}

/// ELF files may be larger than RAM, as not all of them is loaded.
const MORE: u64 = 512 << 20;
/// Most bytes of what does not know its size, such as a pipe.
const STREAM: u64 = 256 << 20;

/// Reads a whole file that is to be `what`. One that cannot fit, or has no end, is not read.
pub fn read(target: Target, path: &Path, what: &'static str) -> Result<Contents, BootError> {
    let failed = |source| BootError::Read { what, path: path.into(), source };
    let (mut file, mut bytes) = (File::open(path).map_err(failed)?, vec![]);
    let small = |size| BootError::Small { what: format!("{what} {}", path.display()), size, ram: target.ram };
    let facts = file.metadata().map_err(failed)?;
    let most = if facts.is_file() { target.ram.saturating_add(MORE) } else { STREAM };
    if facts.len() > most {
        return Err(small(facts.len()));
    }
    file.by_ref().take(most).read_to_end(&mut bytes).map_err(failed)?;
    match file.read(&mut [0]).map_err(failed)? {
        0 => Ok(Contents::whole(bytes, file, &facts)),
        _ => Err(BootError::Endless { what, path: path.into(), read: most }),
    }
}

/// Sorts blobs by address; refuses those that overlap, and those outside RAM, ROM and flash.
pub fn check(target: Target, blobs: &mut [Blob]) -> Result<(), BootError> {
    blobs.sort_by_key(|blob| blob.at);
    for pair in blobs.windows(2) {
        if pair[0].end() > pair[1].at {
            let (first, second) = (pair[0].name.clone(), pair[1].name.clone());
            return Err(BootError::Overlap { first, second, at: pair[1].at });
        }
    }
    let (ram, ram_end) = (target.board.ram, target.board.ram + target.ram);
    let slots = target.board.slots.iter().filter(|slot| matches!(slot.part, Part::Rom | Part::Flash));
    let places: Vec<_> =
        slots.map(|slot| (slot.at, slot.at + slot.size)).chain(std::iter::once((ram, ram_end))).collect();
    for blob in blobs {
        if !places.iter().any(|(start, end)| blob.at >= *start && blob.end() <= *end) {
            let (name, at, end) = (blob.name.clone(), blob.at, blob.end());
            return Err(BootError::Outside { name, at, end, ram, ram_end });
        }
    }
    Ok(())
}
