//! Replacing the program.
//!
//! A guest program is run by a new strata, through the launcher that the command line gave; a
//! script by its interpreter; anything else natively by the host, as `binfmt_misc` would have it.

use super::super::file::names::{Last, meant};
use super::super::{Addr, Answer, Call, Sysno};
use crate::abi::Errno;
use crate::host::Program;
use crate::process::script::{self, Found};
use crate::process::{Error, Next};
use crate::stack::c_string;
use crate::strace::{Line, Outcome};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bytes of arguments and environment together, as the stack has room for.
const MOST_BYTES: usize = 2 << 20;
/// Bytes of one string. [MAX_ARG_STRLEN]
const MOST_STRING: usize = 128 * 1024 - 1;

pub fn execve(k: &mut Call<'_>, path: Addr, args: Addr, env: Addr) -> Answer {
    let words = [path.0, args.0, env.0, 0, 0, 0];
    let path = k.path(path)?;
    // The kernel opens the file before it reads the lists.
    script::look(&file(k, &path)).map_err(|error| errno_of(&error))?;
    let mut room = MOST_BYTES;
    let mut args = strings(k, args, &mut room)?;
    let env = strings(k, env, &mut room)?;
    if args.is_empty() {
        args.push(CString::default());
    }
    let (program, runs) = find(k, &path, &args, env)?;
    if k.p.borrowed {
        // What runs this thread is put away first: the memory it lies in stays behind.
        k.task.program = Some(program);
        (k.next, k.keep) = (Next::Replace, true);
        return Ok(0);
    }
    if runs {
        announce(k, words);
    }
    Err(program.start())
}

/// A null-terminated list of strings; a null list is empty.
fn strings(k: &Call<'_>, list: Addr, room: &mut usize) -> Result<Vec<CString>, Errno> {
    let mut all = Vec::new();
    if list.is_null() {
        return Ok(all);
    }
    for n in 0.. {
        let at = k.load_word(list.plus(n * k.abi().word_size()))?;
        if at == 0 {
            break;
        }
        let text = match k.space.cstr(at, MOST_STRING) {
            Err(memory::user::StrFault::TooLong) => return Err(Errno::E2BIG),
            text => text?,
        };
        *room = room.checked_sub(text.as_bytes().len() + 9).ok_or(Errno::E2BIG)?;
        all.push(text);
    }
    Ok(all)
}

/// What the host is to execute for it, and whether that is sure to be possible.
fn find(k: &Call<'_>, path: &CStr, args: &[CString], env: Vec<CString>) -> Result<(Program, bool), Errno> {
    let words: Vec<OsString> = args.iter().map(|arg| os(arg).to_owned()).collect();
    let found =
        script::follow(os(path), file(k, path), &words, &k.p.root).map_err(|error| errno_of(&error))?;
    if found.is_guest() {
        return Ok((relaunch(k, path, &found, env)?, true));
    }
    let args = found.args.iter().map(|arg| c_string(arg.as_bytes())).collect();
    Ok((Program::new(found.c_path(), args, env), found.is_native()))
}

/// The host's name of a program.
fn file(k: &Call<'_>, path: &CStr) -> PathBuf {
    os(&meant(k, path.to_owned(), Last::Target)).into()
}

/// Logs the call, which nobody does once it has succeeded.
fn announce(k: &Call<'_>, words: [u64; 6]) {
    if k.p.logs.traces() {
        let line = Line::new(k.abi(), k.space, k.p.who(), k.state.x[17], Some(Sysno::execve), words);
        k.p.logs.trace(line.after(k.space, Outcome::Answered(Ok(0))));
    }
}

fn os(text: &CStr) -> &OsStr {
    OsStr::from_bytes(text.to_bytes())
}

/// What the kernel would say of a program that cannot be found.
fn errno_of(error: &Error) -> Errno {
    match error {
        Error::Open { source, .. } | Error::NoInterpreter { source, .. } => {
            Errno::from_host(source.raw_os_error().unwrap_or(libc::EIO))
        }
        Error::Scripts { .. } => Errno::ELOOP,
        _ => Errno::EACCES,
    }
}

/// Has a new strata run the program, which is told the name that was used here.
fn relaunch(k: &Call<'_>, path: &CStr, found: &Found, env: Vec<CString>) -> Result<Program, Errno> {
    let launcher = k.p.launcher.as_ref().ok_or(Errno::ENOEXEC)?;
    let mut line: Vec<CString> = launcher.words.iter().map(|word| c_string(word.as_bytes())).collect();
    let (name, rest) = found.args.split_first().ok_or(Errno::EINVAL)?;
    line.extend([c_string(b"-0"), c_string(name.as_bytes())]);
    line.extend([c_string(b"-execfn"), path.to_owned(), found.c_path()]);
    line.extend(rest.iter().map(|word| c_string(word.as_bytes())));
    Ok(Program::new(c_string(launcher.file.as_os_str().as_bytes()), line, env))
}
