//! `strata step`: a Linux program or a machine one instruction at a time.

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
    if is_machine(words) { crate::boot::step(words) } else { options::read(Command::Step, words, program) }
}

/// Whether the first option that programs do not have is one of machines: `-M`, `-kernel`, `-bios` and others.
fn is_machine(words: &[OsString]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.to_str().and_then(|word| options::find(Command::Step, word)) {
            Some(known) if known.value.is_some() => drop(words.next()),
            Some(_) => {}
            None => return crate::boot::is_option(word),
        }
    }
    false
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
    match (converse(&mut session), session.ended()) {
        (Err(error), _) => crate::finish(Err(error)),
        // A program that was left before its end has not failed.
        (_, None) => ExitCode::SUCCESS,
        (_, Some(ended)) => end(ended, session.process()),
    }
}

/// One command a line, to the end of the input or of the program.
fn converse<X: Rv + Accelerated>(session: &mut Session<X>) -> Outcome {
    let mut input = Input::new()?;
    if matches!(input, Input::Terminal(_)) {
        session.keep_interrupts();
    }
    while let Some(line) = input.line()? {
        let mut out = io::stdout().lock();
        let reply = session.line(&line, &mut out)?;
        out.flush()?;
        if reply == Reply::Quit {
            break;
        }
    }
    Ok(())
}

/// Where commands come from.
pub enum Input {
    /// A person, with line editing and history.
    Terminal(Box<rustyline::DefaultEditor>),
    /// A script.
    Script,
}

impl Input {
    /// Standard input; a person is greeted.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn new() -> Result<Self, Box<dyn std::error::Error>> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Script);
        }
        let editor = rustyline::DefaultEditor::new()?;
        writeln!(io::stdout(), "{} commands are read from here; help lists them", env!("CARGO_PKG_NAME"))?;
        Ok(Self::Terminal(Box::new(editor)))
    }

    /// The next line, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn line(&mut self) -> Result<Option<String>, Box<dyn std::error::Error>> {
        let Self::Terminal(editor) = self else {
            return Ok(read_line().map_err(|error| format!("commands cannot be read: {}", chain(&error)))?);
        };
        loop {
            match editor.readline("(strata) ") {
                Ok(line) => {
                    let _ = editor.add_history_entry(line.as_str());
                    return Ok(Some(line));
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
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
