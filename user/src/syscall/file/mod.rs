//! Files: bytes, descriptors, names, facts, waiting.

pub mod fds;
pub mod ioctl;
pub mod links;
pub mod lists;
pub mod names;
mod own;
pub mod paths;
pub mod poll;
pub mod rw;
pub mod stat;

pub use own::{Command, Reader};
