//! What `run`, `step` and the tour share: loading a program, its log, and ending as it ended.

use crate::options::{Command, Options};
use control::log::{Item, Sink};
use control::program::{Ended, clock};
use interp::Hart;
use interp::riscv::Rv;
use memory::user::Space;
use spec::riscv::State;
use std::ffi::OsString;
use std::fs::File;
use std::io::{LineWriter, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;
use std::sync::Arc;
use user::{ErrorKind, Launcher, Process, Thread};

/// A loaded program.
pub struct Loaded {
    /// Its first thread.
    pub thread: Thread,
    /// Its first state.
    pub state: State,
    /// Its memory.
    pub space: Space,
    /// Its log.
    pub sink: Sink,
}

/// Loads what the options name; `hidden` is a descriptor that the program does not see, beside the log's.
///
/// # Errors
/// The exit status, after saying why.
pub fn load(options: &Options, hidden: Option<RawFd>) -> Result<Loaded, ExitCode> {
    let (sink, descriptor) = open_log(options).map_err(|error| {
        let name = options.log.as_deref().unwrap_or("the log".as_ref()).display();
        let why = plain(&error);
        crate::complain(&format!("{name} cannot be written ({why}); name another file with -D"));
        ExitCode::FAILURE
    })?;
    let mut arguments = vec![options.name.clone().unwrap_or_else(|| options.program.clone().into())];
    arguments.extend(options.arguments.iter().cloned());
    let surroundings = user::Options {
        seed: options.seed,
        launcher: launcher(options),
        unimplemented: unimplemented(options, &sink),
        quiet: Some(quiet(&sink)),
        hidden: descriptor.into_iter().chain(hidden).collect(),
        root: options.root.clone(),
        strace: options.strace.then(|| lines(&sink)),
        stack: options.stack,
        reserved: options.reserved,
        base: options.base,
        release: options.release.clone(),
        told: options.told.clone(),
        clock: (options.command == Command::Trace).then_some(accel::lockstep::counted as _),
        memory_limits: options.memory_limits.lend(),
        reader: Some(Arc::new(crate::binfmt::command_in)),
        machine: options.command.machine(),
        opened: user::host::opened_by_kernel().filter(|_| options.command == Command::Kernel).map(File::from),
    };
    match Process::load(&options.program, &arguments, &options.env, surroundings) {
        Ok((thread, state, space)) => Ok(Loaded { thread, state, space, sink }),
        Err(error) => {
            crate::complain(&chain(&error));
            Err(ExitCode::from(match error.kind() {
                ErrorKind::NotFound => 127,
                ErrorKind::NotExecutable => 126,
                ErrorKind::Host => 1,
            }))
        }
    }
}

/// A further program is run by `strata run` with the same options. A stepper shares its terminal with nobody:
/// what the program starts simply runs.
fn launcher(options: &Options) -> Option<Launcher> {
    let command = if options.command == Command::Diff { "diff" } else { "run" };
    let mut words = vec![OsString::from("strata"), command.into()];
    words.extend(options.words.iter().cloned());
    if options.command == Command::Diff && options.diff.tally.is_none() {
        words.extend(["-tally".into(), crate::diff::tally(options).into_os_string()]);
    }
    Some(Launcher { file: std::env::current_exe().ok()?, words })
}

fn unimplemented(options: &Options, sink: &Sink) -> Option<user::Log> {
    options.items.contains(&Item::Unimp).then(|| lines(sink))
}

/// Holds the log while the program forks.
fn quiet(sink: &Sink) -> user::Quiet {
    let sink = sink.clone();
    Box::new(move || sink.hold())
}

/// Writes each line it is given to the log.
fn lines(sink: &Sink) -> user::Log {
    let sink = sink.clone();
    Box::new(move |line: &str| sink.line(line))
}

/// Opens the log and says which descriptor it has, if it is a file of its own.
fn open_log(options: &Options) -> std::io::Result<(Sink, Option<i32>)> {
    match &options.log {
        None => Ok((Sink::new(whole_lines(std::io::stderr())), None)),
        Some(path) => {
            // All programs that write this log add to its end.
            let file = File::options().create(true).append(true).open(path)?;
            if !options.append {
                // What is no regular file has no length.
                let _ = file.set_len(0);
            }
            let file = user::host::out_of_the_way(OwnedFd::from(file));
            let number = file.as_raw_fd();
            Ok((Sink::new(whole_lines(File::from(file))), Some(number)))
        }
    }
}

/// Writes each line at once, so that those of several programs do not mix; nothing is kept back, so that what
/// a killed or forked program wrote is there, once.
fn whole_lines(out: impl Write + Send + 'static) -> Box<dyn Write + Send> {
    Box::new(LineWriter::with_capacity(1 << 14, out))
}

/// A hart on a program's memory.
pub fn hart<X: Rv, M: interp::Memory>(state: State, mem: M) -> Hart<X, M> {
    let mut hart = Hart::new(state, mem);
    hart.clock = interp::Clock::Wall(clock);
    hart
}

/// Ends strata as the program ended: the same status, or the same signal after a line that says so.
pub fn end(ended: Ended, process: &Process) -> ExitCode {
    ExitCode::from(status(ended, process))
}

/// The same from a thread that is not the first.
pub fn end_here(ended: Ended, process: &Process) {
    let status = status(ended, process);
    if !process.is_borrowed() {
        std::process::exit(status.into());
    }
}

/// The exit status that a program's end is; does not return if that is a signal.
fn status(ended: Ended, process: &Process) -> u8 {
    match ended {
        Ended::Exited(status) => u8::try_from(status & 0xff).unwrap_or(1),
        Ended::Killed(death) => {
            crate::complain(&format!("killed by {}", process.describe(&death)));
            user::host::die_of(death.signal)
        }
        Ended::Left => user::host::leave_thread(),
    }
}

/// An error and its causes in one line; the remedy, which follows a semicolon, comes last.
pub fn chain(error: &dyn std::error::Error) -> String {
    let text = plain(error);
    match (error.source().map(chain), text.split_once("; ")) {
        (None, _) => text,
        (Some(cause), None) => format!("{text}: {cause}"),
        (Some(cause), Some((fact, remedy))) => format!("{fact}: {cause}; {remedy}"),
    }
}

/// An error without the number that Rust adds to the host's words.
fn plain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) if text.ends_with(')') => text[..end].to_owned(),
        _ => text,
    }
}
