//! `strata step`: a Linux program one instruction at a time.

use crate::Outcome;
use crate::options::{self, Command, Options};
use crate::program::{Loaded, chain, end, load};
use accel::Accelerated;
use control::program::clock;
use control::step::{Reply, Session};
use interp::riscv::{Rv, Rv32, Rv64};
use rustyline::error::ReadlineError;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Runs the command.
pub fn run(words: &[OsString]) -> ExitCode {
    options::read(Command::Step, words, program)
}

fn program(options: &Options) -> ExitCode {
    let loaded = match load(options, None) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    match loaded.thread.process().abi().word_size() {
        4 => talk::<Rv32>(loaded),
        _ => talk::<Rv64>(loaded),
    }
}

fn talk<X: Rv + Accelerated>(loaded: Loaded) -> ExitCode {
    let mut session = Session::<X>::new(loaded.thread, loaded.state, loaded.space, clock);
    let talked = if io::stdin().is_terminal() { terminal(&mut session) } else { script(&mut session) };
    match (talked, session.ended()) {
        (Err(error), _) => crate::finish(Err(error)),
        // A program that was left before its end has not failed.
        (_, None) => ExitCode::SUCCESS,
        (_, Some(ended)) => end(ended, session.process()),
    }
}

/// Line editing and history.
fn terminal<X: Rv + Accelerated>(session: &mut Session<X>) -> Outcome {
    let mut editor = rustyline::DefaultEditor::new()?;
    session.keep_interrupts();
    writeln!(io::stdout(), "{} commands are read from here; help lists them", env!("CARGO_PKG_NAME"))?;
    loop {
        match editor.readline("(strata) ") {
            Ok(line) => {
                let _ = editor.add_history_entry(line.as_str());
                if answer(session, &line)? == Reply::Quit {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// One command a line, to the end of the input or of the program.
fn script<X: Rv + Accelerated>(session: &mut Session<X>) -> Outcome {
    let unreadable = |error| format!("commands cannot be read: {}", chain(&error));
    while let Some(line) = read_line().map_err(unreadable)? {
        if answer(session, &line)? == Reply::Quit {
            break;
        }
    }
    Ok(())
}

fn answer<X: Rv + Accelerated>(session: &mut Session<X>, line: &str) -> io::Result<Reply> {
    let mut out = io::stdout().lock();
    let reply = session.line(line, &mut out)?;
    out.flush()?;
    Ok(reply)
}

/// A line of standard input, byte by byte: what follows it may be meant for the program.
fn read_line() -> io::Result<Option<String>> {
    let mut line = vec![];
    let mut byte = [0];
    loop {
        match rustix::io::read(io::stdin(), &mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) => line.push(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}
