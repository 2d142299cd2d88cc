//! Which board: RAM, CPUs and devices soldered together, what is loaded into them, and their life.
#![forbid(unsafe_code)]

pub mod board;
pub mod boot;
pub mod config;
pub mod tree;
