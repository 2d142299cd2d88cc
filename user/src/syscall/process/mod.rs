//! Processes: making, replacing, ending, awaiting, naming and scheduling them.

pub mod clone;
pub mod exec;
pub mod exit;
pub mod ids;
pub mod others;
pub mod prctl;
pub mod schedule;
pub mod wait;

/// Whether a process number is the program's own.
pub fn is_own(pid: i32) -> bool {
    crate::host::getpid().is_ok_and(|own| crate::abi::int(own) == pid)
}
