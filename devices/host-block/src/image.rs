//! A raw image: a file or block device whose bytes are the disk's.

use crate::overlay::Overlay;
use crate::{Error, SECTOR, lock};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::PathBuf;

/// How to open an image.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file or block device.
    pub path: PathBuf,
    /// Writing is refused.
    pub read_only: bool,
    /// Changes go to a temporary file (`-snapshot`); the image itself is only read.
    pub snapshot: bool,
    /// Discarded ranges give their room back to the host (`discard=unmap`), else nothing is done.
    pub discard: bool,
    /// The image is locked against other processes (`file.locking`).
    pub locking: bool,
}

impl Options {
    /// An image to be read and written.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read_only: false, snapshot: false, discard: false, locking: true }
    }
}

/// An open image.
pub struct Image {
    file: File,
    options: Options,
    overlay: Option<Overlay>,
    bytes: u64,
}

impl Image {
    /// Opens and locks an image.
    ///
    /// # Errors
    /// It is not there, is no image, or another process excludes us.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let path = &options.path;
        let error = |source| Error::Open { path: path.clone(), source };
        let write = !options.read_only && !options.snapshot;
        // The kind is looked at before opening: opening a pipe would wait for its other end.
        let kind = std::fs::metadata(path).map_err(error)?.file_type();
        if !kind.is_file() && !kind.is_block_device() {
            return Err(Error::Kind { path: path.clone() });
        }
        let mut file = OpenOptions::new().read(true).write(write).open(path).map_err(error)?;
        if options.locking {
            lock::lock(&file, path, write)?;
        }
        // Of a block device only seeking tells the size.
        let bytes = file.seek(SeekFrom::End(0)).map_err(error)?.next_multiple_of(SECTOR);
        let overlay = options.snapshot.then(Overlay::new).transpose();
        let overlay = overlay.map_err(|source| Error::Overlay { path: path.clone(), source })?;
        Ok(Self { file, options: options.clone(), overlay, bytes })
    }

    /// Bytes, rounded up to whole sectors. What a file lacks at its end reads as zeros.
    #[allow(clippy::len_without_is_empty, reason = "an empty image is as good as another")]
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether writing is refused.
    pub fn read_only(&self) -> bool {
        self.options.read_only
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// An error unless the range lies in the image and, if it is to change, may.
    fn check(&self, at: u64, len: u64, change: bool) -> io::Result<()> {
        if at.checked_add(len).is_none_or(|end| end > self.bytes) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "beyond the end of the image"));
        }
        match change && self.options.read_only {
            true => Err(io::Error::new(ErrorKind::ReadOnlyFilesystem, "the image is read-only")),
            false => Ok(()),
        }
    }

    /// Reads at an offset.
    ///
    /// # Errors
    /// The range is not in the image, or the host fails.
    pub fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.check(at, into.len() as u64, false)?;
        match &self.overlay {
            Some(overlay) => overlay.read(at, into, |at, into| read_padded(&self.file, at, into)),
            None => read_padded(&self.file, at, into),
        }
    }

    /// Writes at an offset.
    ///
    /// # Errors
    /// As for reading, or the image is read-only.
    pub fn write(&mut self, at: u64, from: &[u8]) -> io::Result<()> {
        self.check(at, from.len() as u64, true)?;
        let file = &self.file;
        match &mut self.overlay {
            Some(overlay) => overlay.write(at, from, |at, into| read_padded(file, at, into)),
            None => file.write_all_at(from, at),
        }
    }

    /// Returns when everything written is on the host's disk.
    ///
    /// # Errors
    /// The host fails.
    pub fn flush(&self) -> io::Result<()> {
        // Changes that are not to be kept need not be kept safely.
        if self.overlay.is_some() || self.options.read_only { Ok(()) } else { self.file.sync_data() }
    }

    /// Gives the room of a range back, where the options and the host allow. Its contents are undefined then
    /// as far as the guest is concerned; here they are zeros or unchanged.
    ///
    /// # Errors
    /// The range is not in the image, or the image is read-only.
    pub fn discard(&mut self, at: u64, len: u64) -> io::Result<()> {
        self.check(at, len, true)?;
        if self.options.discard && self.overlay.is_none() && len > 0 {
            // A host that cannot do this keeps the bytes, which a discard allows.
            let _ = punch(&self.file, at, len);
        }
        Ok(())
    }

    /// Makes a range zeros; with `unmap`, its room may be given back.
    ///
    /// # Errors
    /// As for writing.
    pub fn write_zeroes(&mut self, at: u64, len: u64, unmap: bool) -> io::Result<()> {
        self.check(at, len, true)?;
        let may_punch = unmap && self.options.discard && self.overlay.is_none();
        if len == 0 || may_punch && punch(&self.file, at, len).is_ok() {
            return Ok(());
        }
        let zeros = vec![0; 64 << 10];
        let mut done = 0;
        while done < len {
            let part = usize::try_from(len - done).unwrap_or(usize::MAX).min(zeros.len());
            self.write(at + done, zeros.get(..part).unwrap_or_default())?;
            done += part as u64;
        }
        Ok(())
    }

    /// Writes the changes that were not to be kept into the image after all (the monitor's `commit`).
    ///
    /// # Errors
    /// The image cannot be written, or another process excludes that.
    pub fn commit(&mut self) -> io::Result<()> {
        let Some(overlay) = &mut self.overlay else { return Ok(()) };
        let file = OpenOptions::new().write(true).open(&self.options.path)?;
        let bytes = self.bytes;
        overlay.commit(|at, cluster| {
            // The last cluster may reach beyond the image.
            let len = usize::try_from(bytes.saturating_sub(at)).unwrap_or(usize::MAX).min(cluster.len());
            file.write_all_at(cluster.get(..len).unwrap_or_default(), at)
        })?;
        file.sync_data()
    }
}

/// Reads; what lies behind the end of the file is zeros.
fn read_padded(file: &File, mut at: u64, mut into: &mut [u8]) -> io::Result<()> {
    while !into.is_empty() {
        match file.read_at(into, at) {
            Ok(0) => {
                into.fill(0);
                return Ok(());
            }
            Ok(n) => {
                at += n as u64;
                into = into.get_mut(n..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn punch(file: &File, at: u64, len: u64) -> io::Result<()> {
    Ok(fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, at, len)?)
}
