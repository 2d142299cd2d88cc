//! What a person may choose about a program's surroundings.

use super::{Log, Quiet};
use crate::abi::Abi;
use crate::stack;
use crate::syscall::{MemoryLimits, Reader};
use memory::addr::{page_down, page_up};
use memory::user::{Space, SpaceError};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::RawFd;
use std::path::PathBuf;

/// The command that runs a further guest program.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// What is executed.
    pub file: PathBuf,
    /// Its first words, its own name first; `-0 NAME`, perhaps `-execfn NAME` and `-rlimit LIMITS`, and `PROGRAM ARGUMENTS…`
    /// are added.
    pub words: Vec<OsString>,
}

/// What a person may choose about a program's surroundings.
#[derive(Default)]
pub struct Options {
    /// Decides `AT_RANDOM` and `getrandom`; the host's randomness without it.
    pub seed: Option<u64>,
    /// What runs a further guest program. Without it a guest program cannot start another one.
    pub launcher: Option<Launcher>,
    /// Where `-d unimp` goes: one line, without its end, for each call that is not implemented.
    pub unimplemented: Option<Log>,
    /// Runs its argument while nobody writes to what is behind the logs, for a fork.
    pub quiet: Option<Quiet>,
    /// Descriptors of strata's own, which do not exist for the program.
    pub hidden: Vec<RawFd>,
    /// `-L`: absolute names that exist below this folder mean the files there.
    pub root: Option<PathBuf>,
    /// Where `-strace` goes: one line, without its end, for each system call.
    pub strace: Option<Log>,
    /// Bytes of stack, brought to whole pages in [`stack::SIZES`]; [`stack::SIZE`] without it.
    pub stack: Option<u64>,
    /// Bytes of address space, whole pages: the stack lies below its end; [`Abi::top`] without it, and where
    /// that is less.
    pub reserved: Option<u64>,
    /// The host address of guest address 0, a whole page; the host's choice without it.
    pub base: Option<u64>,
    /// The limits on memory that its process has; the host's without them.
    pub memory_limits: MemoryLimits,
    /// What `uname` calls the kernel's release, at most [`crate::MOST_RELEASE`] bytes; the host's without it.
    pub release: Option<OsString>,
    /// What the program is told its file is called (`AT_EXECFN`); the path without it.
    pub told: Option<OsString>,
    /// Reads the command lines of other processes that strata runs. Without it they are strata to the program.
    pub reader: Option<Reader>,
    /// Nanoseconds that the program's clocks show, counted from 2000-01-01 where they show the date; the host's
    /// clocks without it.
    pub clock: Option<fn() -> u64>,
    /// The only machine whose programs are run, as [`Abi::machine`] names it; any without it.
    pub machine: Option<&'static str>,
    /// The program's file, if the kernel has opened it.
    pub opened: Option<File>,
}

impl Options {
    /// Bytes of stack, at most a quarter of the address space.
    pub(super) fn stack_size(&self, abi: &Abi) -> u64 {
        let wanted = self.stack.unwrap_or(stack::SIZE).clamp(*stack::SIZES.start(), *stack::SIZES.end());
        page_up(wanted).unwrap_or(stack::SIZE).min(page_down(self.top(abi) / 4))
    }

    /// One past the stack's last byte.
    pub(super) fn top(&self, abi: &Abi) -> u64 {
        let reserved = self.reserved.map(page_down);
        reserved.filter(|top| *top <= abi.top || abi.word_size() == 8).unwrap_or(abi.top)
    }

    /// Where programs, mappings and heap end: below the stack and its guard.
    pub(super) fn room(&self, abi: &Abi) -> u64 {
        (self.top(abi) - self.stack_size(abi)).saturating_sub(stack::GUARD)
    }

    /// The memory that a person asked for; as much as words of 32 bits can name without that.
    pub(super) fn space(&self, abi: &Abi) -> Result<Space, SpaceError> {
        match self.reserved {
            Some(_) => Space::with_window_at(self.base, self.top(abi), self.room(abi)),
            None if abi.word_size() == 4 => Space::with_window_at(self.base, 1 << 32, self.room(abi)),
            None => Space::new_at(self.base, self.room(abi)),
        }
    }
}
