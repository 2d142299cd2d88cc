//! What can be noticed while a vCPU runs: memory accesses, breakpoints, watchpoints.

mod guard;
mod record;
mod stops;

pub use guard::Guarded;
pub use record::{Recorder, Touch};
pub use stops::{Found, Stops, Watched};
