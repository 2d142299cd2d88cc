//! Files of `/proc` that the host would fill with facts about strata: answered for the program.
//!
//! A file is a fresh memory file with the text of the moment. Of other processes that strata runs, the command line
//! and the program are told. Left out: `smaps` and what else tells of memory in detail.

mod maps;
mod others;
mod status;

pub use others::{Command, Reader, program_of};

use super::super::{Answer, Call};
use crate::abi::{Abi, Errno, int};
use crate::host;
use crate::process::Process;
use memory::user::Space;
use std::ffi::{CString, OsStr};
use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

/// One of the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    /// The auxiliary vector.
    Auxv,
    /// The arguments, as they are on the stack now.
    Cmdline,
    /// The arguments of another process that strata runs.
    CmdlineOf(u32),
    /// The processors.
    Cpuinfo,
    /// The environment, as it is on the stack now.
    Environ,
    /// The mappings.
    Maps,
    /// The memory itself, which nobody gets: its addresses would be strata's.
    Mem,
    /// Numbers about a thread.
    Stat,
    /// How large the memory is.
    Statm,
    /// The same numbers for people.
    Status,
}

/// Whose folder of `/proc` a name is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The process's own, or that of one of its threads.
    Own,
    /// Another process's.
    Other(u32),
}

/// Whose folder an absolute name is in, and what follows it.
pub fn inside(path: &[u8]) -> Option<(Whose, &[u8])> {
    let (who, file) = cut(path.strip_prefix(b"/proc/")?)?;
    let whose = match number(who) {
        None if who == b"self" || who == b"thread-self" => Whose::Own,
        None => return None,
        Some(pid) if pid == std::process::id() => Whose::Own,
        Some(pid) => Whose::Other(pid),
    };
    let thread = file.strip_prefix(b"task/").and_then(cut).filter(|(tid, _)| number(tid).is_some());
    Some((whose, thread.map_or(file, |(_, file)| file)))
}

/// The parts before and after the first slash.
fn cut(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = path.iter().position(|b| *b == b'/')?;
    Some((&path[..end], &path[end + 1..]))
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Last parts of the names that are answered here.
const NAMES: &[&[u8]] =
    &[b"auxv", b"cmdline", b"cpuinfo", b"environ", b"exe", b"maps", b"mem", b"stat", b"statm", b"status"];

/// A name relative to a folder of `/proc` as an absolute one, if its last part is answered here; any other as it is.
pub fn absolute(dir: i32, path: CString) -> CString {
    let last = path.as_bytes().rsplit(|b| *b == b'/').next().unwrap_or_default();
    if path.as_bytes().starts_with(b"/") || !NAMES.contains(&last) {
        return path;
    }
    let folder = match dir {
        libc::AT_FDCWD => std::fs::read_link("/proc/self/cwd"),
        _ => std::fs::read_link(format!("/proc/self/fd/{dir}")),
    };
    match folder {
        Ok(folder) if folder.starts_with("/proc") => {
            let whole = folder.join(OsStr::from_bytes(path.as_bytes()));
            CString::new(whole.into_os_string().into_encoded_bytes()).unwrap_or(path)
        }
        _ => path,
    }
}

/// The file that an absolute name means.
pub fn file_of(path: &[u8]) -> Option<Own> {
    if path == b"/proc/cpuinfo" {
        return Some(Own::Cpuinfo);
    }
    Some(match inside(path)? {
        (Whose::Other(pid), b"cmdline") => Own::CmdlineOf(pid),
        (Whose::Other(_), _) => return None,
        (Whose::Own, b"auxv") => Own::Auxv,
        (Whose::Own, b"cmdline") => Own::Cmdline,
        (Whose::Own, b"environ") => Own::Environ,
        (Whose::Own, b"maps") => Own::Maps,
        (Whose::Own, b"mem") => Own::Mem,
        (Whose::Own, b"stat") => Own::Stat,
        (Whose::Own, b"statm") => Own::Statm,
        (Whose::Own, b"status") => Own::Status,
        _ => return None,
    })
}

/// Opens one of the files, which can only be read; `None` if the host has the right one.
pub fn open(k: &mut Call<'_>, path: &[u8], flags: i32) -> Option<Answer> {
    let file = file_of(path)?;
    if let Own::CmdlineOf(pid) = file {
        let text = others::arguments_of(k, pid)?;
        return Some(give(&text, flags));
    }
    if flags & libc::O_ACCMODE != libc::O_RDONLY || file == Own::Mem {
        return Some(Err(Errno::EACCES));
    }
    Some(text(k, file, path).and_then(|text| give(&text, flags)))
}

fn text(k: &Call<'_>, file: Own, path: &[u8]) -> Result<Vec<u8>, Errno> {
    if let Some(text) = of_all(k.p, k.space, file) {
        return Ok(text);
    }
    Ok(match file {
        Own::Stat => status::stat(k, &status::of_host(path)?),
        Own::Statm => status::statm(k, &status::of_host(path)?),
        Own::Status => status::status(k, &status::of_host(path)?),
        _ => return Err(Errno::EACCES),
    })
}

/// The text of a file that says the same to every thread.
fn of_all(p: &Process, space: &Space, file: Own) -> Option<Vec<u8>> {
    Some(match file {
        Own::Auxv => p.first.vector.clone(),
        Own::Cmdline => from_stack(space, &p.first.args),
        Own::Environ => from_stack(space, &p.first.env),
        Own::Cpuinfo => processors(p.abi()).into_bytes(),
        Own::Maps => maps::maps(p, space),
        _ => return None,
    })
}

impl Process {
    /// What the program, whose memory is `space`, reads from a file of `/proc` that says the same to all its
    /// threads; `None` for any other file.
    pub fn own_file(&self, space: &Space, name: &[u8]) -> Option<Vec<u8>> {
        of_all(self, space, file_of(name)?)
    }
}

/// A descriptor of a file that holds a text.
fn give(text: &[u8], flags: i32) -> Answer {
    let close = if flags & libc::O_CLOEXEC != 0 { libc::MFD_CLOEXEC } else { 0 };
    let fd = host::memfd_create(c"proc", close)?;
    let filled = fill(int(fd), text);
    if filled.is_err() {
        // The error that is told is the first one.
        let _ = host::close(int(fd));
    }
    filled.map(|_| fd)
}

fn fill(fd: i32, text: &[u8]) -> Answer {
    let mut done = 0;
    while done < text.len() {
        let n = host::pwrite(fd, &text[done..], i64::try_from(done).unwrap_or(i64::MAX))?;
        done += crate::abi::index(n).max(1);
    }
    Ok(0)
}

/// A part of the stack. As under Linux, nothing is left to read where the program has unmapped it.
fn from_stack(space: &Space, range: &Range<u64>) -> Vec<u8> {
    let mut bytes = vec![0; crate::abi::index(range.end - range.start)];
    space.copy_in(range.start, &mut bytes).map_or(vec![], |()| bytes)
}

/// As `arch/riscv/kernel/cpu.c` prints them, one for each processor the program may run on.
fn processors(abi: &Abi) -> String {
    let Abi { isa, mmu, .. } = abi;
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            "processor\t: {n}\nhart\t\t: {n}\nisa\t\t: {isa}\nmmu\t\t: {mmu}\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/proc/self/maps", Some(Own::Maps))]
    #[case("/proc/thread-self/auxv", Some(Own::Auxv))]
    #[case("/proc/cpuinfo", Some(Own::Cpuinfo))]
    #[case("/proc/self/mapsx", None)]
    #[case("/proc/self/task/1/stat", Some(Own::Stat))]
    #[case("/proc/self/task/x/stat", None)]
    #[case("/proc/self/fd/1/stat", None)]
    #[case("/proc/1/maps", None)]
    #[case("/proc/1/cmdline", Some(Own::CmdlineOf(1)))]
    #[case("proc/self/maps", None)]
    #[case("/proc/self", None)]
    fn a_file_of_the_process_is_known_by_name(#[case] path: &str, #[case] wanted: Option<Own>) {
        assert_eq!(file_of(path.as_bytes()), wanted);
        let id = std::process::id().to_string();
        let numbered = path.replace("thread-self", &id).replace("self", &id);
        assert_eq!(file_of(numbered.as_bytes()).is_some(), wanted.is_some());
    }
}
