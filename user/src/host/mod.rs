//! The host's kernel: its calls, fork, signals and the way strata dies.
//!
//! The only part of this crate with `unsafe`.

mod calls;
mod die;
mod fork;
mod gate;
mod kernel;
pub(crate) mod signals;
mod streams;

pub(crate) use calls::*;
pub use die::{die_of, signal_name};
pub(crate) use fork::fork;
pub use fork::out_of_the_way;
pub(crate) use gate::{GuestMemory, Plain};
pub use kernel::{keeps_argv0, opened_by_kernel};
pub use streams::restore_streams;
