//! What the tests of this crate run in processes of their own: `runner run [-0 NAME] [-execfn NAME] PROG ARGS…` is a
//! run loop and nothing else, `runner hostile CALL` makes one system call with every kind of bad
//! pointer.

mod hostile;

use accel::{Accelerated, Driver, Tier};
use interp::riscv::Rv64;
use interp::{Hart, Stop};
use std::ffi::OsString;
use std::path::PathBuf;
use user::{ErrorKind, Launcher, Next, Options, Process};

/// Instructions between two looks at the signals.
const BUDGET: u64 = 100_000;

fn main() {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.remove(0) == "hostile" {
        return hostile::run(&words[0].to_string_lossy());
    }
    let (mut name, mut told) = (None, None);
    while words.first().is_some_and(|w| w == "-0" || w == "-execfn") {
        let value = Some(words[1].clone());
        if words[0] == "-0" {
            name = value
        } else {
            told = value
        }
        words.drain(..2);
    }
    let program = PathBuf::from(words[0].clone());
    if let Some(name) = name {
        words[0] = name;
    }
    let env: Vec<OsString> = std::env::vars_os()
        .map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            name
        })
        .collect();
    let file = std::env::current_exe().expect("own path");
    let launcher = Some(Launcher { file, words: vec!["runner".into(), "run".into()] });
    let unimplemented: Option<user::Log> =
        std::env::var_os("RUNNER_UNIMP").map(|_| Box::new(|line: &str| eprintln!("{line}")) as _);
    let options = Options { seed: Some(1), launcher, told, unimplemented, ..Options::default() };
    let (mut thread, state, space) = match Process::load(&program, &words, &env, options) {
        Ok(all) => all,
        Err(error) => {
            let source = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
            eprintln!("runner: {error}{source}");
            std::process::exit(match error.kind() {
                ErrorKind::NotFound => 127,
                ErrorKind::NotExecutable => 126,
                ErrorKind::Host => 1,
            });
        }
    };
    let mut vcpu = Rv64::vcpu(Tier::interp(Driver::Block), Hart::new(state, space), None);
    loop {
        let next = match vcpu.run(BUDGET) {
            Stop::Budget | Stop::Exit(_) => thread.interrupt(vcpu.hart()),
            Stop::Trap(trap) => thread.trap(vcpu.hart(), trap),
        };
        match next {
            Next::Continue | Next::Replace => {}
            Next::Left => std::process::exit(0),
            Next::Exited(status) => std::process::exit(status),
            Next::Killed(death) => {
                eprintln!("runner: {}", thread.process().describe(&death));
                user::host::die_of(death.signal);
            }
        }
    }
}
