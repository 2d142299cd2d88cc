//! The `strata` command.
#![forbid(unsafe_code)]

mod binfmt;
mod boot;
mod compare;
mod gdb;
mod insn;
mod options;
mod program;
mod run;
mod step;
mod tour;

use compare::{diff, trace};
use insn::{asm, explain, spec_rows};

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs programs and machines of another CPU, one instruction at a time if you like.
#[derive(Parser)]
#[command(
    name = "strata",
    version,
    after_help = "Without a command, strata boots its tour: a small machine with a shell."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run a Linux program: strata run [options] PROG [arguments]; see strata run -h
    #[command(disable_help_flag = true)]
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        words: Vec<OsString>,
    },
    /// Run a machine: strata boot [QEMU's options]; see strata boot -h
    #[command(disable_help_flag = true)]
    Boot {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        words: Vec<OsString>,
    },
    /// Run a Linux program or a machine one instruction at a time: strata step [options] PROG [arguments]; see strata step -h
    #[command(disable_help_flag = true)]
    Step {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        words: Vec<OsString>,
    },
    /// Run a Linux program in two tiers at once and compare them: strata diff [options] PROG [arguments]
    #[command(disable_help_flag = true)]
    Diff {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        words: Vec<OsString>,
    },
    /// Write hashes of a program's state: strata trace -o FILE PROG, or compare two: strata trace cmp A B
    #[command(disable_help_flag = true)]
    Trace {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        words: Vec<OsString>,
    },
    /// Show how a small Linux program runs: first narrated, then at full speed
    Tour,
    /// Explain an instruction: its encoding, operands, meaning, effects and traps
    Explain(explain::Arguments),
    /// Assemble an instruction, or with -d disassemble bytes or a word
    Asm(asm::Arguments),
    /// List the instructions of a guest, counted by extension
    Spec(spec_rows::Arguments),
    /// Print the line that has the host's kernel start guest programs with strata
    Binfmt(binfmt::Arguments),
}

/// Exit status for arguments that are not understood.
const USAGE: u8 = 2;

/// Says on standard error what went wrong. If even that cannot be written, the exit status is left to tell.
fn complain(sentence: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "strata: {sentence}");
}

/// Writes a text to standard output.
fn say(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Into::into))
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some((command, words)) = binfmt::started(&words) {
        return run::run(command, words);
    }
    if let Some((name, words)) = boot::started(&words) {
        return boot::run(name, words);
    }
    let outcome = match Arguments::parse_from(words).command {
        None => return boot::tour(),
        Some(Command::Tour) => tour::show(),
        Some(Command::Run { words }) => return run::run(options::Command::Run, &words),
        Some(Command::Boot { words }) => return boot::run("strata boot", &words),
        Some(Command::Step { words }) => return step::run(&words),
        Some(Command::Diff { words }) => return diff::run(&words),
        Some(Command::Trace { words }) => return trace::run(&words),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Asm(arguments)) => asm::run(&arguments),
        Some(Command::Spec(arguments)) => spec_rows::run(&arguments),
        Some(Command::Binfmt(arguments)) => binfmt::run(&arguments),
    };
    finish(outcome)
}

/// The exit status of an outcome, after saying why if it is no success.
fn finish(outcome: Outcome) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    match error.downcast_ref::<std::io::Error>() {
        // Whoever read the output has seen enough.
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Some(error) => complain(&format!("output cannot be written: {}", program::chain(error))),
        None => complain(&error),
    }
    ExitCode::FAILURE
}

/// The outcome of a command that only prints.
type Outcome = Result<(), Box<dyn std::error::Error>>;
