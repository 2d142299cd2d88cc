//! RAM blocks: host memory that guest RAM is made of.
//!
//! The host gives a page when the guest first touches it, so that a machine weighs what it uses. Accesses by
//! offset go through [`crate::fault`], so that a backing file that somebody cut short answers
//! [`BusError::Device`]. A device that uses [`GuestRam`] directly has no such protection.

mod guest;

pub use guest::{GuestRam, RamPart};

use crate::addr::{host_size, page_up};
use crate::dirty::Dirty;
use crate::fault::{self, InstallError, Scalar};
use crate::mmio::BusError;
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use vm_memory::{FileOffset, MmapRegion, mmap::MmapRegionBuilder, mmap::MmapRegionError};

/// What a block's bytes are kept in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Backing {
    /// Memory of this process.
    Anonymous,
    /// Memory that this process shares with those it forks.
    Shared,
    /// A file without a name, which another process can be handed.
    Memfd,
    /// A file.
    File {
        /// Where it is. It is made where it does not exist, and made longer where it is too short.
        path: PathBuf,
        /// Where in the file the block starts; a multiple of the page size.
        offset: u64,
        /// Whether writes reach the file, or stay in this process.
        share: bool,
    },
}

/// A block that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RamError {
    /// Nothing can be that long.
    #[error("RAM block {name} cannot have {bytes} bytes; give it at least one, and fewer than 2^47")]
    Size {
        /// The block.
        name: String,
        /// What was asked for.
        bytes: u64,
    },
    /// The host has no room.
    #[error(
        "no {bytes} bytes of host memory for RAM block {name}; give the machine less, or raise the limit"
    )]
    Map {
        /// The block.
        name: String,
        /// What was asked for.
        bytes: u64,
        /// The host's answer.
        source: MmapRegionError,
    },
    /// The backing file cannot be used.
    #[error("file {} cannot hold RAM block {name}", path.display())]
    File {
        /// The block.
        name: String,
        /// The file.
        path: PathBuf,
        /// The host's answer.
        source: io::Error,
    },
    /// Faults could not be caught.
    #[error("faults of backing files cannot be caught")]
    Handler(#[from] InstallError),
}

/// Host memory with a name.
#[derive(Debug)]
pub struct RamBlock {
    name: String,
    backing: Backing,
    size: u64,
    map: MmapRegion<Dirty>,
}

impl RamBlock {
    /// A block of `bytes` bytes, rounded up to whole pages; all zero unless a file says otherwise.
    ///
    /// # Errors
    /// [`RamError`] with the host's reason.
    pub fn new(name: impl Into<String>, bytes: u64, backing: Backing) -> Result<Self, RamError> {
        let name = name.into();
        fault::install()?;
        let size = page_up(bytes).filter(|size| (1..1 << 47).contains(size));
        let Some(size) = size else { return Err(RamError::Size { name, bytes }) };
        let (file, flags) = match open(&name, size, &backing) {
            Ok(opened) => opened,
            Err(source) => {
                let path = if let Backing::File { path, .. } = backing { path } else { "memfd".into() };
                return Err(RamError::File { name, path, source });
            }
        };
        let mut builder = MmapRegionBuilder::new_with_bitmap(host_size(size), Dirty::new(size))
            .with_mmap_prot(libc::PROT_READ | libc::PROT_WRITE)
            .with_mmap_flags(flags | libc::MAP_NORESERVE);
        if let Some(file) = file {
            builder = builder.with_file_offset(file);
        }
        match builder.build() {
            Ok(map) => {
                // The accessors get at the memory by number, see `host`.
                let _exposed = map.as_ptr().expose_provenance();
                Ok(Self { name, backing, size, map })
            }
            Err(source) => Err(RamError::Map { name, bytes, source }),
        }
    }

    /// Memory of this process.
    ///
    /// # Errors
    /// As [`RamBlock::new`].
    pub fn anonymous(name: impl Into<String>, bytes: u64) -> Result<Self, RamError> {
        Self::new(name, bytes, Backing::Anonymous)
    }

    /// What it is called in `info ramblock`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes; whole pages.
    #[allow(clippy::len_without_is_empty, reason = "no block is empty")]
    pub const fn len(&self) -> u64 {
        self.size
    }

    /// What its bytes are kept in.
    pub const fn backing(&self) -> &Backing {
        &self.backing
    }

    /// Who wrote what.
    pub fn dirty(&self) -> &Dirty {
        self.map.bitmap()
    }

    /// The file behind it, to hand to another process.
    pub fn file(&self) -> Option<&FileOffset> {
        self.map.file_offset()
    }

    /// The mapping as vm-memory knows it.
    pub(crate) const fn map(&self) -> &MmapRegion<Dirty> {
        &self.map
    }

    /// The host address of the first byte. It is mapped, and holds guest memory only, as long as the block lives.
    pub(crate) fn host(&self) -> *mut u8 {
        self.map.as_ptr()
    }

    /// The value at `offset` in the host's byte order.
    ///
    /// # Errors
    /// [`BusError::Decode`] beyond the end, [`BusError::Device`] where the backing file ends.
    pub fn load<T: Scalar>(&self, offset: u64) -> Result<T, BusError> {
        self.check(offset, T::SIZE)?;
        // SAFETY: the bytes lie inside the mapping, where no Rust object lives, and `new` installed the handler.
        let (value, status) = unsafe { T::load(self.host(), offset) };
        if status.is_ok() { Ok(value) } else { Err(BusError::Device) }
    }

    /// Stores `value` at `offset` in the host's byte order.
    ///
    /// # Errors
    /// As [`RamBlock::load`]; then nothing was stored.
    pub fn store<T: Scalar>(&self, offset: u64, value: T) -> Result<(), BusError> {
        self.check(offset, T::SIZE)?;
        // SAFETY: as in `load`.
        let status = unsafe { T::store(self.host(), offset, value) };
        if !status.is_ok() {
            return Err(BusError::Device);
        }
        self.dirty().mark(offset, T::SIZE);
        Ok(())
    }

    /// Replaces the value at `offset` by `new` if it is `old`, atomically, and returns the value found.
    ///
    /// # Errors
    /// As [`RamBlock::store`].
    pub fn compare_exchange<T: Scalar>(&self, offset: u64, old: T, new: T) -> Result<T, BusError> {
        self.check(offset, T::SIZE)?;
        // SAFETY: as in `load`.
        let (found, status) = unsafe { T::compare_exchange(self.host(), offset, old, new) };
        if !status.is_ok() {
            return Err(BusError::Device);
        }
        self.dirty().mark(offset, T::SIZE);
        Ok(found)
    }

    /// Fills `into` from `offset`.
    ///
    /// # Errors
    /// As [`RamBlock::load`]; then `into` holds what could be read.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), BusError> {
        self.check(offset, into.len() as u64)?;
        let from = self.host().wrapping_add(host_size(offset));
        // SAFETY: `into` is a slice of ours; the other side is as in `load`, and the two cannot overlap.
        let (_left, status) = unsafe { fault::copy(into.as_mut_ptr(), from, into.len()) };
        if status.is_ok() { Ok(()) } else { Err(BusError::Device) }
    }

    /// Writes `from` at `offset`.
    ///
    /// # Errors
    /// As [`RamBlock::load`]; then bytes before the missing one were written.
    pub fn write(&self, offset: u64, from: &[u8]) -> Result<(), BusError> {
        self.check(offset, from.len() as u64)?;
        let to = self.host().wrapping_add(host_size(offset));
        // SAFETY: as in `read`.
        let (_left, status) = unsafe { fault::copy(to, from.as_ptr(), from.len()) };
        self.dirty().mark(offset, from.len() as u64);
        if status.is_ok() { Ok(()) } else { Err(BusError::Device) }
    }

    fn check(&self, offset: u64, len: u64) -> Result<(), BusError> {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.size);
        if inside { Ok(()) } else { Err(BusError::Decode) }
    }
}

/// The file to map, if any, and the flags to map with.
fn open(name: &str, size: u64, backing: &Backing) -> io::Result<(Option<FileOffset>, i32)> {
    match backing {
        Backing::Anonymous => Ok((None, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)),
        Backing::Shared => Ok((None, libc::MAP_SHARED | libc::MAP_ANONYMOUS)),
        Backing::Memfd => {
            let file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
            file.set_len(size)?;
            Ok((Some(FileOffset::new(file, 0)), libc::MAP_SHARED))
        }
        Backing::File { path, offset, share } => {
            let file = open_file(path, offset.checked_add(size), *share)?;
            let flags = if *share { libc::MAP_SHARED } else { libc::MAP_PRIVATE };
            Ok((Some(FileOffset::new(file, *offset)), flags))
        }
    }
}

/// Opens a backing file that is to have `end` bytes at least. A file that is only read may be read-only.
fn open_file(path: &Path, end: Option<u64>, share: bool) -> io::Result<File> {
    let end = end.ok_or(io::ErrorKind::InvalidInput)?;
    let mut options = File::options();
    options.read(true);
    if share || !path.exists() {
        options.write(true).create(true).truncate(false);
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    if about.is_file() && about.len() < end {
        file.set_len(end)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
