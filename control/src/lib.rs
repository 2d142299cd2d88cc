//! Who listens: logs, the stepper and gdb.
#![forbid(unsafe_code)]

pub mod gdb;
pub mod log;
pub mod program;
pub mod step;
