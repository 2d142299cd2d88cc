//! Host code against the step driver, on the memory of a program: whole state and whole memory at every stop.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod changes;
mod common;
mod edges;
mod evictions;
mod golden;
mod numbers;
mod random;
mod returns;
