//! Which board: RAM, CPUs and devices soldered together, what is loaded into them, and their life.
#![forbid(unsafe_code)]

pub mod board;
pub mod boot;
pub mod config;
pub mod cpu;
pub mod run;
pub mod solder;
pub mod tree;

pub use run::machine::{Machine, Rules};
pub use run::{console, debug, drive, host, life};
