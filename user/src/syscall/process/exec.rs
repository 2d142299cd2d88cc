//! Replacing the program.
//!
//! A RISC-V program is run by a new strata, through the launcher that the command line gave; a
//! script by its interpreter; anything else natively by the host, as `binfmt_misc` would have it.

use super::super::file::names::{Last, meant};
use super::super::{Addr, Answer, Call, Sysno};
use crate::abi::Errno;
use crate::host::Program;
use crate::process::Next;
use crate::stack::c_string;
use crate::strace::{Line, Outcome};
use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Bytes of arguments and environment together, as the stack has room for.
const MOST_BYTES: usize = 2 << 20;
/// Bytes of one string. [MAX_ARG_STRLEN]
const MOST_STRING: usize = 128 * 1024 - 1;
/// Scripts whose interpreter is a script, at most. [fs/exec.c]
const MOST_SCRIPTS: usize = 4;

pub fn execve(k: &mut Call<'_>, path: Addr, args: Addr, env: Addr) -> Answer {
    let words = [path.0, args.0, env.0, 0, 0, 0];
    let path = k.path(path)?;
    // The kernel opens the file before it reads the lists.
    head(&meant(k, path.clone(), Last::Target))?;
    let mut room = MOST_BYTES;
    let mut args = strings(k, args, &mut room)?;
    let env = strings(k, env, &mut room)?;
    if args.is_empty() {
        args.push(CString::default());
    }
    let (program, runs) = find(k, path, args, env)?;
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

/// What the first bytes of a file make of it.
#[derive(PartialEq, Eq, Debug)]
enum Form {
    /// Ours to run.
    Riscv,
    /// `#!`: interpreter and optional argument.
    Script(Vec<u8>, Option<Vec<u8>>),
    /// The host's to run or to refuse.
    Other,
}

fn form(head: &[u8]) -> Form {
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
        let end = line.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(line.len());
        let rest = line[end..].trim_ascii();
        if line.is_empty() {
            return Form::Other;
        }
        return Form::Script(line[..end].to_vec(), (!rest.is_empty()).then(|| rest.to_vec()));
    }
    let little = head.starts_with(b"\x7fELF\x02\x01") || head.starts_with(b"\x7fELF\x01\x01");
    let riscv = little && head.get(18..20) == Some(&[243, 0]);
    if riscv { Form::Riscv } else { Form::Other }
}

fn head(path: &CString) -> Result<Vec<u8>, Errno> {
    let from_io = |e: std::io::Error| Errno::from_host(e.raw_os_error().unwrap_or(libc::EIO));
    let path = Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()));
    let facts = std::fs::metadata(path).map_err(from_io)?;
    if !facts.is_file() || facts.permissions().mode() & 0o111 == 0 {
        return Err(Errno::EACCES);
    }
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => drop(file.take(256).read_to_end(&mut head).map_err(from_io)?),
        // A program that may be run but not read: only the host can.
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {}
        Err(e) => return Err(from_io(e)),
    }
    Ok(head)
}

/// What the host is to execute for it, and whether that is sure to be possible.
fn find(
    k: &Call<'_>,
    mut path: CString,
    mut args: Vec<CString>,
    env: Vec<CString>,
) -> Result<(Program, bool), Errno> {
    for _ in 0..=MOST_SCRIPTS {
        // A script is handed on under the name that the program used.
        let file = meant(k, path.clone(), Last::Target);
        let head = head(&file)?;
        match form(&head) {
            Form::Other => return Ok((Program::new(file, args, env), runs_here(&head))),
            Form::Riscv => return Ok((relaunch(k, file, args, env)?, true)),
            Form::Script(interpreter, argument) => {
                let interpreter = c_string(&interpreter);
                let mut new = vec![interpreter.clone()];
                new.extend(argument.as_deref().map(c_string));
                new.push(path);
                new.extend(args.drain(1..));
                (path, args) = (interpreter, new);
            }
        }
    }
    Err(Errno::ELOOP)
}

/// Whether the host's kernel knows the format of a file without help.
fn runs_here(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF\x02\x01") && head.get(18..20) == Some(&object::elf::EM_X86_64.0.to_le_bytes())
}

/// Logs the call, which nobody does once it has succeeded.
fn announce(k: &Call<'_>, words: [u64; 6]) {
    if k.p.logs.traces() {
        let line = Line::new(k.abi(), k.space, k.p.who(), k.state.x[17], Some(Sysno::execve), words);
        k.p.logs.trace(line.after(k.space, Outcome::Answered(Ok(0))));
    }
}

fn relaunch(k: &Call<'_>, path: CString, args: Vec<CString>, env: Vec<CString>) -> Result<Program, Errno> {
    let mut line: Vec<CString> = k.p.launcher.iter().map(|word| c_string(word.as_bytes())).collect();
    let command = line.first().cloned().ok_or(Errno::ENOEXEC)?;
    line.push(c_string(b"-0"));
    let mut args = args.into_iter();
    line.extend(args.next());
    line.push(path);
    line.extend(args);
    Ok(Program::new(command, line, env))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"#!/bin/sh\necho", Form::Script(b"/bin/sh".to_vec(), None))]
    #[case(b"#! /usr/bin/env -S a b \n", Form::Script(b"/usr/bin/env".to_vec(), Some(b"-S a b".to_vec())))]
    #[case(b"#!\n", Form::Other)]
    #[case(b"", Form::Other)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0", Form::Riscv)]
    #[case(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0", Form::Riscv)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", Form::Other)]
    fn a_file_is_what_its_first_bytes_say(#[case] bytes: &[u8], #[case] wanted: Form) {
        assert_eq!(form(bytes), wanted);
    }
}
