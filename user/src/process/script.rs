//! What a file is to the kernel that shall start it: a guest program, a script of an interpreter, or the host's.

use super::Error;
use super::root::{Last, Sysroot};
use crate::stack::c_string;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Scripts that lead from one to the next, at most. [exec_binprm in fs/exec.c]
const MOST_SCRIPTS: usize = 5;
/// Bytes of a file that decide. [BINPRM_BUF_SIZE]
const HEAD: usize = 256;

/// What the first bytes of a file make of it.
#[derive(PartialEq, Eq, Debug)]
enum Form {
    /// Ours to run.
    Guest,
    /// `#!`: interpreter and optional argument.
    Script(Vec<u8>, Option<Vec<u8>>),
    /// The host's, which its kernel knows without help.
    Native,
    /// The host's to run or to refuse.
    Other,
}

/// Where the search for a program ended.
#[derive(Debug)]
pub(crate) struct Found {
    /// The file, under a name of the host's.
    pub path: PathBuf,
    /// The words it starts with, its own name first.
    pub args: Vec<OsString>,
    form: Form,
    /// The last script, if there was one, and what its first line names.
    pub script: Option<(PathBuf, PathBuf)>,
}

/// Follows scripts to the program that runs them. `name` is what the first file is called, `path` where the
/// host has it; the others are looked up below the root first.
///
/// # Errors
/// [`Error::Open`] and its like for the first file, [`Error::NoInterpreter`] for another,
/// [`Error::Scripts`] if there is no end.
pub(crate) fn follow(name: &OsStr, path: PathBuf, args: &[OsString], root: &Sysroot) -> Result<Found, Error> {
    let mut name = name.to_owned();
    let mut found = Found { path, args: args.to_vec(), form: Form::Other, script: None };
    for _ in 0..=MOST_SCRIPTS {
        let (interpreter, argument) = match form(&head(&found)?) {
            Form::Script(interpreter, argument) => (OsString::from_vec(interpreter), argument),
            form => return Ok(Found { form, ..found }),
        };
        // A script is handed on under the name that the program used.
        let mut args = vec![interpreter.clone()];
        args.extend(argument.map(OsString::from_vec));
        args.push(name);
        args.extend(found.args.drain(..).skip(1));
        let there = root.find(&c_string(interpreter.as_bytes()), Last::Target);
        let there = there.map_or_else(|| interpreter.clone(), |path| OsString::from_vec(path.into_bytes()));
        let script = Some((found.path, interpreter.clone().into()));
        found = Found { path: there.into(), args, form: Form::Other, script };
        name = interpreter;
    }
    let first = found.script.map_or(found.path, |(script, _)| script);
    Err(Error::Scripts { script: first, most: MOST_SCRIPTS })
}

/// Whether a file is there to be executed, or for the host to say.
///
/// # Errors
/// As [`follow`] for the first file.
pub(crate) fn look(path: &Path) -> Result<(), Error> {
    match super::load::open(path) {
        Err(Error::Open { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        other => other.map(drop),
    }
}

/// The first bytes of what has been found so far; none of a program that may be run but not read.
fn head(found: &Found) -> Result<Vec<u8>, Error> {
    let opened = super::load::open(&found.path).map(|file| beginning(&file));
    match (opened, &found.script) {
        (Ok(Ok(bytes)), _) => Ok(bytes),
        (Ok(Err(source)), _) => Err(Error::Open { path: found.path.clone(), source }),
        // Whether it may be run is for the host to say.
        (Err(Error::Open { source, .. }), _) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Ok(vec![])
        }
        (Err(Error::Open { source, .. }), Some((script, interpreter))) => {
            Err(Error::NoInterpreter { script: script.clone(), interpreter: interpreter.clone(), source })
        }
        (Err(error), _) => Err(error),
    }
}

fn beginning(file: &File) -> std::io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut len = 0;
    while len < HEAD {
        match file.read_at(&mut head[len..], len as u64) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(len);
    Ok(head)
}

/// The kernel's own rules: RISC-V by its ELF header, else a script by its first line.
fn form(head: &[u8]) -> Form {
    let elf = head.starts_with(b"\x7fELF\x01\x01") || head.starts_with(b"\x7fELF\x02\x01");
    // ET_EXEC or ET_DYN; EM_RISCV, EM_X86_64.
    match head.get(16..20) {
        Some(&[2 | 3, 0, 243, 0]) if elf => return Form::Guest,
        Some(&[2 | 3, 0, 62, 0]) if elf && head.get(4) == Some(&2) => return Form::Native,
        _ => {}
    }
    first_line(head).map_or(Form::Other, |(name, argument)| Form::Script(name, argument))
}

/// Interpreter and argument of a script. Only spaces and tabs separate; everything behind the interpreter is
/// one argument; a name that may go on behind the bytes at hand is none. [fs/binfmt_script.c]
fn first_line(head: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let text = head.strip_prefix(b"#!")?;
    let whole = text.contains(&b'\n') || head.len() < HEAD;
    // The last byte of a full buffer is where the kernel puts a zero.
    let line = if whole { text.split(|byte| *byte == b'\n').next()? } else { &text[..text.len() - 1] };
    let line = &line[line.iter().position(|byte| !blank(byte))?..];
    let end = line.iter().position(|byte| blank(byte) || *byte == 0);
    let (name, rest) = match end {
        Some(end) => line.split_at(end),
        None if whole => (line, &[][..]),
        None => return None,
    };
    let argument = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    let start = argument.iter().position(|byte| !blank(byte)).unwrap_or(argument.len());
    let end = argument.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    let argument = &argument[start..end];
    (!name.is_empty()).then(|| (name.to_vec(), (!argument.is_empty()).then(|| argument.to_vec())))
}

impl Found {
    /// A guest program that need not be looked for.
    pub fn itself(path: &Path, args: &[OsString]) -> Self {
        Self { path: path.to_owned(), args: args.to_vec(), form: Form::Guest, script: None }
    }

    /// Whether it is a guest program; the host's otherwise.
    pub fn is_guest(&self) -> bool {
        self.form == Form::Guest
    }

    /// Whether the host's kernel knows its format without help.
    pub fn is_native(&self) -> bool {
        self.form == Form::Native
    }

    /// The same, if a guest program was found or there is no script.
    ///
    /// # Errors
    /// [`Error::HostInterpreter`] if a script leads to no guest program.
    pub fn for_guest(self) -> Result<Self, Error> {
        match (&self.script, self.is_guest()) {
            (Some((script, interpreter)), false) => {
                Err(Error::HostInterpreter { script: script.clone(), interpreter: interpreter.clone() })
            }
            _ => Ok(self),
        }
    }

    /// The path as bytes without a zero.
    pub fn c_path(&self) -> std::ffi::CString {
        c_string(self.path.as_os_str().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn script(name: &str, argument: Option<&str>) -> Form {
        Form::Script(name.into(), argument.map(Into::into))
    }

    #[rstest]
    #[case(b"#!/bin/sh\necho", script("/bin/sh", None))]
    #[case(b"#! /usr/bin/env -S a b \n", script("/usr/bin/env", Some("-S a b")))]
    #[case(b"#!\t/bin/awk\t-f", script("/bin/awk", Some("-f")))]
    #[case(b"#!/bin/sh\r\n", script("/bin/sh\r", None))]
    #[case(b"#!/bin/sh\0x\n", script("/bin/sh", None))]
    #[case(b"#!/bin/sh x\0y\n", script("/bin/sh", Some("x")))]
    #[case(b"#!\n", Form::Other)]
    #[case(b"#! \t\nx", Form::Other)]
    #[case(b"#!", Form::Other)]
    #[case(b"", Form::Other)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0", Form::Guest)]
    #[case(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xf3\0", Form::Guest)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xf3\0", Form::Other)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", Form::Native)]
    #[case(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02", Form::Other)]
    fn a_file_is_what_its_first_bytes_say(#[case] bytes: &[u8], #[case] wanted: Form) {
        assert_eq!(form(bytes), wanted);
    }

    #[test]
    fn a_name_that_may_go_on_is_none() {
        let long = |end: &str| format!("#!/{}{end}", "a".repeat(HEAD)).into_bytes();
        assert_eq!(form(&long("\n")[..HEAD]), Form::Other);
        let cut = format!("#!/bin/sh {}", "a".repeat(HEAD));
        assert_eq!(form(&cut.as_bytes()[..HEAD]), script("/bin/sh", Some(&"a".repeat(HEAD - 11))));
    }
}
