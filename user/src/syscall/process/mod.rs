//! Processes: making, replacing, ending, awaiting and naming them.

pub mod clone;
pub mod exec;
pub mod exit;
pub mod ids;
pub mod wait;
