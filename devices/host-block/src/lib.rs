//! Disk images of the host: raw files, locked against other emulators, with an IO thread each.
//!
//! [`Image`] is the file, [`Disk`] the thread. What a guest asks of a disk is done in the order of asking, and
//! its completion reaches the guest at a time fixed then ([`model::Inbox`]): neither hangs on the host's speed.
#![forbid(unsafe_code)]

mod disk;
mod image;
mod lock;
mod overlay;

pub use disk::{Committer, Disk, Outcome, Request};
pub use image::{Image, Options};

use std::path::PathBuf;

/// Bytes of a sector, the unit of a disk's size.
pub const SECTOR: u64 = 512;

/// An image that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened.
    #[error("{} cannot be opened", path.display())]
    Open {
        /// The image.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is neither a file nor a block device.
    #[error("{} is no file and no block device; name an image", path.display())]
    Kind {
        /// The image.
        path: PathBuf,
    },
    /// Another process uses it in a way that excludes this one.
    #[error("{} is in use by {holder}; give up one of the two, or open the image in both with readonly=on", path.display())]
    Locked {
        /// The image.
        path: PathBuf,
        /// The process, by number and name, as far as the host tells.
        holder: String,
    },
    /// There is no room for changes that are not to be kept.
    #[error("no temporary file for the changes of {}; set TMPDIR to a folder that can be written", path.display())]
    Overlay {
        /// The image.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The IO thread cannot be started.
    #[error("no thread for the disk {}", path.display())]
    Thread {
        /// The image.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
