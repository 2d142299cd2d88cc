//! Who runs: vCPUs, the tiers that drive them, and what is noticed while they run.
#![forbid(unsafe_code)]

pub mod hooks;
pub mod lockstep;
pub mod machine;
pub mod probe;
mod strict;
pub mod tier;
pub mod units;
pub mod vcpu;

pub use tier::{Driver, Tier};
pub use vcpu::{Accelerated, Vcpu};
