//! The host's kernel: its calls, fork, signals and the way strata dies.
//!
//! The only part of this crate with `unsafe`.

mod calls;
mod die;
mod fork;
mod gate;
mod kernel;
mod program;
pub(crate) mod signals;
mod streams;
mod vectors;

pub(crate) use calls::*;
pub use die::{die_of, leave_thread, signal_name};
pub(crate) use fork::{Child, fork, fork_with, vfork};
pub use fork::{beside, out_of_the_way};
pub(crate) use gate::{GuestMemory, Plain, Typed};
pub(crate) use kernel::{auxiliary, caches};
pub use kernel::{keeps_argv0, opened_by_kernel};
pub(crate) use program::Program;
pub use streams::restore_streams;
pub(crate) use vectors::*;
