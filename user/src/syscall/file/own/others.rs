//! Other processes that strata runs: what their programs are, read from the command lines of strata.

use super::super::super::Call;
use crate::process::script;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;

/// A program and the words it was started with, its own name first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The program, or a script.
    pub program: PathBuf,
    /// Its words.
    pub args: Vec<OsString>,
}

/// What a command line of strata's runs, if it runs a program.
pub type Reader = Arc<dyn Fn(&[OsString]) -> Option<Command> + Send + Sync>;

/// What another process runs; `None` if it is not strata, is not there, or may not be looked at.
fn command_of(k: &Call<'_>, pid: u32) -> Option<Command> {
    let reader = k.p.reader.as_ref()?;
    let own = std::fs::read_link("/proc/self/exe").ok()?;
    if std::fs::read_link(format!("/proc/{pid}/exe")).ok()? != own {
        return None;
    }
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<OsString> = (line.strip_suffix(b"\0")?.split(|b| *b == 0))
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    let command = reader(&words)?;
    // A relative name is one below the folder in which the process began, most often the one it is in.
    let path = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default().join(&command.program);
    let name: &OsStr = command.program.as_ref();
    Some(match script::follow(name, path.clone(), &command.args, &k.p.root) {
        Ok(found) => Command { program: found.path, args: found.args },
        Err(_) => Command { program: path, ..command },
    })
}

/// The `cmdline` of another process that strata runs.
pub fn arguments_of(k: &Call<'_>, pid: u32) -> Option<Vec<u8>> {
    let command = command_of(k, pid)?;
    Some(command.args.iter().flat_map(|word| word.as_bytes().iter().copied().chain([0])).collect())
}

/// The host's name of the program behind a name of `/proc/PID/exe`.
pub fn program_of(k: &Call<'_>, path: &[u8]) -> Option<PathBuf> {
    match super::inside(path)? {
        (super::Whose::Own, b"exe") => Some(k.p.program.clone()),
        (super::Whose::Other(pid), b"exe") => {
            let command = command_of(k, pid)?;
            Some(command.program.canonicalize().unwrap_or(command.program))
        }
        _ => None,
    }
}
