//! Files that cannot be booted.

use crate::tree::{BadTree, TreeError};
use std::path::PathBuf;

/// Why a machine cannot be booted.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The host does not give a file.
    #[error("{what} {path} cannot be read")]
    Read {
        /// What it was to be.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that was booted cannot be loaded again.
    #[error("{name} cannot be loaded again after a reset; leave it as it is while the machine runs")]
    Again {
        /// Where the bytes came from.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file without an end, such as a device.
    #[error("{what} {} does not end after {read} bytes; name a file", path.display())]
    Endless {
        /// What it was to be.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// Bytes that were read.
        read: u64,
    },
    /// No firmware anywhere.
    #[error(
        "OpenSBI is not installed: install the package opensbi, run make debian, name a file with -bios FILE, or leave firmware out with -bios none"
    )]
    NoFirmware,
    /// A kernel of a kind that cannot be booted.
    #[error("{path} is {found}; {remedy}")]
    Format {
        /// Its path.
        path: String,
        /// What it looks like.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An ELF file that cannot be read.
    #[error("{path} is a damaged ELF file")]
    Elf {
        /// Its path.
        path: String,
        /// Why.
        source: object::Error,
    },
    /// Something does not fit.
    #[error("{what} needs {size} bytes, and RAM has {ram}; give the machine more with -m")]
    Small {
        /// What.
        what: String,
        /// Bytes it needs.
        size: u64,
        /// Bytes of RAM.
        ram: u64,
    },
    /// Something lies where there is no memory.
    #[error(
        "{name} would lie at {at:#x} to {end:#x}, and RAM is at {ram:#x} to {ram_end:#x}; link it for this machine, or give the machine more RAM with -m"
    )]
    Outside {
        /// The file.
        name: String,
        /// First address.
        at: u64,
        /// Address behind the last.
        end: u64,
        /// First address of RAM.
        ram: u64,
        /// Address behind the last of RAM.
        ram_end: u64,
    },
    /// Two things at one place.
    #[error(
        "{first} and {second} would both lie at {at:#x}; put one of them elsewhere; a program linked for the start of RAM is booted with -bios none"
    )]
    Overlap {
        /// One.
        first: String,
        /// The other.
        second: String,
        /// First address of both.
        at: u64,
    },
    /// A device tree that is none.
    #[error("device tree {path} cannot be used")]
    Tree {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: BadTree,
    },
    /// See [`TreeError`].
    #[error(transparent)]
    Flatten(#[from] TreeError),
    /// An initrd without a kernel that could use it.
    #[error("-initrd without -kernel is of no use; add -kernel FILE")]
    InitrdAlone,
    /// A raw file without an address.
    #[error("-device loader: {path} is no ELF file, so it does not say where it belongs; add addr=ADDRESS")]
    NoAddress {
        /// Its path.
        path: PathBuf,
    },
    /// A loader without anything to load.
    #[error(
        "-device loader: neither file= nor addr= says what to do; add file=FILE, or data=, data-len= and addr="
    )]
    NothingToLoad,
    /// The reset vector cannot be assembled.
    #[error("the reset vector cannot be assembled: {0}")]
    Reset(String),
}
