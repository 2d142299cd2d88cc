//! Which kernel interface: Linux programs.
//!
//! A [`Process`] is the kernel's side of one program: it loads it, and answers its traps through
//! [`Thread::trap`]. Who runs the instructions between two traps is not its business.
#![deny(unsafe_code)]

pub mod abi;
pub mod elf;
#[allow(unsafe_code, reason = "the host's kernel is reached through raw calls")]
pub mod host;
mod process;
mod signal;
pub mod stack;
mod strace;
pub mod syscall;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use process::{
    Backing, Crew, Death, EndProcess, Error, ErrorKind, Launcher, Log, Next, Options, Process, Quiet,
    RunThread, Task, Thread,
};
pub use signal::{Actions, Cause};
pub use syscall::{Command, MOST_RELEASE, MemoryLimits, Reader};

/// Locks a mutex. What it guards is whole even where a thread panicked: nothing here is left half changed.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
