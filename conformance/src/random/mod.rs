//! Random programs that two drivers run in lockstep.
//!
//! A seed makes a [`Program`]: some sixty words drawn from the guest's rows, a state, data, budgets and
//! faults. [`run`] drives the step driver and another one through it and compares everything at every
//! stop. [`sweep`] does so for many seeds; a difference is [shrunk](shrink()) and [told](Report).

mod build;
mod coverage;
mod report;
mod run;
mod shrink;
mod source;
mod subject;
mod sweep;
mod watched;

pub(crate) use build::CODE;
pub use build::{Program, Slot, program};
pub use coverage::Coverage;
pub use report::Report;
pub use run::{Difference, Outcome, run};
pub(crate) use run::{TRAPS, after_trap};
pub(crate) use shrink::Shrinker;
pub use shrink::{is_idle, shrink};
pub use source::Source;
pub use subject::{Like, Subject};
pub use sweep::{seed_of, seeds, sweep};
pub use watched::{Stale, Watched};
