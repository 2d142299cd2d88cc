//! What can be noticed while a vCPU runs: memory accesses, breakpoints, watchpoints.

mod record;
mod stops;

pub use record::{Recorder, Touch};
pub use stops::{Found, Stops, Watched};
