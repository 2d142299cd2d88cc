//! A program or a machine under gdb, which talks the remote serial protocol over a socket.
//!
//! The protocol itself is the crate `gdbstub`'s, and where it says too little `session`'s; what gdb may ask
//! is answered in `target`. Each thread runs in an `inferior`, and `team` says whose turn it is; `debugger`
//! brings both sides together. Breakpoints are kept beside the code and never written into it. Left out:
//! several processes at once, following a program that another one becomes, and interrupting a system call
//! that waits.

mod arch;
mod child;
mod debugger;
mod inferior;
mod machine;
mod points;
mod session;
mod signal;
mod target;
mod team;

pub use machine::Gdb;
pub(crate) use machine::touch;

use crate::program::Ended;
use child::Terms;
use debugger::{Debugger, End};
use memory::user::Space;
use points::Points;
use spec::riscv::State;
use std::net::TcpStream;
use std::sync::Arc;
use user::{Crew, Process, Thread};

/// Runs a program under the gdb at the other end of `stream`, which may be of any family, until its first
/// thread ends; a gdb that goes away leaves it running. `end` ends this process as the program ended, on
/// a thread that is not the first.
///
/// A child that the program forks runs on by itself and ends here too.
///
/// # Errors
/// The host has no room for one more thread.
pub fn debug(
    thread: &mut Thread,
    state: State,
    space: Space,
    stream: TcpStream,
    end: impl Fn(Ended, &Process) + Send + Sync + 'static,
) -> std::io::Result<Ended> {
    let end: End = Arc::new(move |next, process: &Process| {
        if let Some(ended) = Ended::of(next) {
            end(ended, process);
        }
    });
    let line = Arc::new(stream);
    let (points, terms) = (Points::default(), Terms::default());
    let debugger = Debugger::begin(thread, &state, space, line, end.clone(), points, terms)?;
    let crew = debugger.clone();
    thread.process().start_with(Crew {
        run: Box::new(move |thread, state| crew.live(thread, state)),
        end: Box::new(move |next, process| end(next, process)),
    });
    thread.actions().watch(!0);
    let (next, _) = debugger.follow(debugger.hart(state), thread);
    // A thread that goes on has not come back.
    Ok(Ended::of(next).unwrap_or(Ended::Left))
}
