//! Who listens: logs, the stepper, the monitor, gdb, and the comparison of tiers.
#![forbid(unsafe_code)]

pub mod diff;
pub mod gdb;
pub mod log;
pub mod monitor;
pub mod program;
pub mod step;
pub mod tiers;
pub mod trace;
