//! Files: bytes, descriptors, names, facts, waiting.

pub mod fds;
pub mod links;
pub mod lists;
pub mod names;
mod own;
pub mod paths;
pub mod poll;
pub mod rw;
pub mod stat;
pub mod xattr;

pub use own::{Command, Reader};
