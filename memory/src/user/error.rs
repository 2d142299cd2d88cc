//! How accesses, mappings and the making of a space fail.

use crate::fault::InstallError;
use std::io;

/// What an access wanted to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read data.
    Load,
    /// Write data; an atomic update counts as one.
    Store,
    /// Read an instruction.
    Fetch,
}

/// A guest access that was not done, and of which nothing was done.
///
/// A value the guest sees as a page fault or a signal; not an error of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first guest byte that could not be reached.
    pub at: u64,
    /// What was tried.
    pub access: Access,
    /// The page is mapped but has nothing behind it (SIGBUS): the file is shorter than its mapping.
    pub bus: bool,
}

/// A C string that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrFault {
    /// A byte before the terminator could not be reached.
    Fault(Fault),
    /// No terminator within the limit.
    TooLong,
}

/// A refused change of the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", io::Error::from_raw_os_error(*errno))]
pub struct MapError {
    /// The error number Linux answers with, in the host's numbering.
    pub errno: i32,
}

impl MapError {
    /// A misaligned address, an empty length, or flags that contradict each other.
    pub const EINVAL: Self = Self { errno: libc::EINVAL };
    /// No room, or pages in the range that are not mapped.
    pub const ENOMEM: Self = Self { errno: libc::ENOMEM };
    /// The range is taken.
    pub const EEXIST: Self = Self { errno: libc::EEXIST };
    /// The range is not one mapping.
    pub const EFAULT: Self = Self { errno: libc::EFAULT };
}

/// A space that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// The host has no room for the window.
    #[error(
        "no {bytes} bytes of address space for the guest (errno {errno}); raise the limit with `ulimit -v unlimited`"
    )]
    Window {
        /// The smallest window that was tried.
        bytes: u64,
        /// The host's error number.
        errno: i32,
    },
    /// The window does not fit where it was to be.
    #[error(
        "the guest's {bytes} bytes of address space do not fit at host address {base:#x} (errno {errno}); choose another with -B, or fewer with -R"
    )]
    Base {
        /// The host address.
        base: u64,
        /// The bytes that were tried.
        bytes: u64,
        /// The host's error number.
        errno: i32,
    },
    /// A window must be a whole number of pages, at least one.
    #[error("a window of {bytes} bytes is not a whole number of pages")]
    Size {
        /// What was asked for.
        bytes: u64,
    },
    /// Faults could not be caught.
    #[error("guest faults cannot be caught")]
    Handler(#[from] InstallError),
}
