//! Replacing the program.
//!
//! A guest program is run by a new strata, through the launcher that the command line gave; a
//! script by its interpreter; anything else natively by the host, as `binfmt_misc` would have it.

use super::super::file::names::{Last, meant};
use super::super::{Addr, Answer, Call, Fd};
use crate::abi::Errno;
use crate::host;
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
    execute(k, path, args, env, words)
}

/// A program named from a folder, or by an open file itself. A script then gets the name
/// `/dev/fd/NUMBER`, as under Linux.
pub fn execveat(k: &mut Call<'_>, dir: Fd, path: Addr, args: Addr, env: Addr, flags: i32) -> Answer {
    if flags & !(libc::AT_EMPTY_PATH | libc::AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let words =
        [u64::from(dir.0.cast_unsigned()), path.0, args.0, env.0, u64::from(flags.cast_unsigned()), 0];
    let path = k.path(path)?;
    let empty = path.is_empty();
    if empty && flags & libc::AT_EMPTY_PATH == 0 {
        return Err(Errno::ENOENT);
    }
    let here = dir.0 == libc::AT_FDCWD && !empty;
    let path = if path.as_bytes().starts_with(b"/") || here {
        path
    } else {
        host::fcntl(dir.0, libc::F_GETFD, 0)?;
        from_open(dir.0, path.as_bytes())
    };
    if flags & libc::AT_SYMLINK_NOFOLLOW != 0 {
        let mut facts = host::zeroed::<libc::stat>();
        host::newfstatat(libc::AT_FDCWD, &path, &mut facts, libc::AT_SYMLINK_NOFOLLOW)?;
        if facts.st_mode & libc::S_IFMT == libc::S_IFLNK {
            return Err(Errno::ELOOP);
        }
    }
    execute(k, path, args, env, words)
}

/// The name of `path` below an open file, or of that file for an empty path. Where the file still has
/// a name of its own it is that one, since the descriptor may be closed on exec.
fn from_open(dir: i32, path: &[u8]) -> CString {
    use std::os::unix::fs::MetadataExt;
    let link = format!("/proc/self/fd/{dir}");
    let same = |named: &std::path::PathBuf| {
        let (here, there) = (std::fs::metadata(&link).ok(), std::fs::metadata(named).ok());
        here.zip(there).is_some_and(|(a, b)| (a.dev(), a.ino()) == (b.dev(), b.ino()))
    };
    let named = std::fs::read_link(&link).ok().filter(same);
    let base = named.unwrap_or_else(|| format!("/dev/fd/{dir}").into());
    let whole = if path.is_empty() { base } else { base.join(std::ffi::OsStr::from_bytes(path)) };
    c_string(whole.as_os_str().as_bytes())
}

fn execute(k: &mut Call<'_>, path: CString, args: Addr, env: Addr, words: [u64; 6]) -> Answer {
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
        let number = k.abi().unsigned(k.state.x[17]);
        let sysno = k.abi().numbers.call(number);
        let line = Line::new(k.abi(), k.space, k.p.who(), number, sysno, words);
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
    let limits = k.p.memory_limits.to_string();
    if !limits.is_empty() {
        line.extend([c_string(b"-rlimit"), c_string(limits.as_bytes())]);
    }
    line.extend([c_string(b"-execfn"), path.to_owned(), found.c_path()]);
    line.extend(rest.iter().map(|word| c_string(word.as_bytes())));
    Ok(Program::new(c_string(launcher.file.as_os_str().as_bytes()), line, env))
}
