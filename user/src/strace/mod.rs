//! System calls as text, one line each, as strace writes them.
//!
//! `PID name(arguments) = result`: a file name is shown whole, other bytes up to 32, flags and error
//! numbers by name, and what a call fills in once it has done so. Between the calls are the signals
//! whose handlers are entered, and the one that kills. Left out: members of structures other than the
//! few that [`text`] knows.

mod shapes;
mod text;
mod words;

use crate::abi::{Abi, Errno, Siginfo};
use crate::host::signal_name;
use crate::syscall::{Answer, SIGNATURES, Sysno};
use memory::user::Space;
use shapes::Shape;
use spec::bits::Low;
use text::Guest;

/// How a call came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// This is in the result register.
    Answered(Answer),
    /// It was interrupted and will be made again.
    Again,
}

/// A call under way.
pub(crate) struct Line {
    abi: &'static Abi,
    /// Who made it.
    pid: u32,
    sysno: Option<Sysno>,
    name: String,
    args: [u64; 6],
    shapes: Vec<Shape>,
    /// The arguments as they are before the call; `None` for those that it fills.
    parts: Vec<Option<String>>,
}

impl Line {
    /// Reads the arguments of a call that is about to be made.
    pub fn new(
        abi: &'static Abi,
        space: &Space,
        number: u64,
        sysno: Option<Sysno>,
        args: [u64; 6],
    ) -> Self {
        let guest = Guest { abi, space, args, result: None };
        let shapes = sysno.map_or_else(|| vec![Shape::Hex; 6], shapes_of);
        let parts = (0..).zip(&shapes).map(|(n, shape)| text::before(&guest, *shape, n)).collect();
        let name = abi.numbers.name(number).map_or_else(|| format!("syscall_{number:#x}"), str::to_owned);
        Self { abi, pid: std::process::id(), sysno, name, args, shapes, parts }
    }

    /// What is to be said before a call from which the program may not come back.
    pub fn before(&self, space: &Space) -> Option<String> {
        let arguments = || self.arguments(&Guest { abi: self.abi, space, args: self.args, result: None });
        match self.sysno? {
            Sysno::exit | Sysno::exit_group => {
                Some(format!("{} {}({}) = ?", self.pid, self.name, arguments()))
            }
            Sysno::execve => Some(format!("{} {}({} <unfinished ...>", self.pid, self.name, arguments())),
            _ => None,
        }
    }

    /// What is to be said after the call; nothing in a child that the call has made.
    pub fn after(&self, space: &Space, outcome: Outcome) -> Option<String> {
        if self.pid != std::process::id() || matches!(self.sysno, Some(Sysno::exit | Sysno::exit_group)) {
            return None;
        }
        let result = match outcome {
            Outcome::Answered(Ok(value)) => Some(value),
            _ => None,
        };
        let call = match self.sysno {
            Some(Sysno::execve) => "<... execve resumed>".to_owned(),
            _ => format!("{}({}", self.name, self.arguments(&Guest { abi: self.abi, space, args: self.args, result })),
        };
        Some(format!("{} {call}) = {}", self.pid, self.result(outcome)))
    }

    fn arguments(&self, guest: &Guest<'_>) -> String {
        let shown = (0..).zip(&self.shapes).zip(&self.parts).map(|((n, shape), part)| match part {
            Some(text) => text.clone(),
            None => text::after(guest, *shape, n),
        });
        // An argument that the others make meaningless has no text.
        shown.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    }

    fn result(&self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Answered(Ok(value)) => match self.sysno {
                Some(Sysno::mmap | Sysno::brk | Sysno::mremap) => format!("{value:#x}"),
                _ => value.cast_signed().to_string(),
            },
            Outcome::Answered(Err(errno)) => failure(errno),
            Outcome::Again => "? ERESTARTSYS (to be made again)".to_owned(),
        }
    }
}

/// The line for a signal whose handler is entered.
pub(crate) fn signal(info: &Siginfo) -> String {
    let name = signal_name(info.signo);
    let fault =
        matches!(info.signo, libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE | libc::SIGTRAP);
    let code = match info.code {
        libc::SI_USER => "SI_USER".to_owned(),
        libc::SI_TKILL => "SI_TKILL".to_owned(),
        libc::SI_TIMER => "SI_TIMER".to_owned(),
        libc::SI_KERNEL => "SI_KERNEL".to_owned(),
        other => other.to_string(),
    };
    let from = if fault && info.code > 0 {
        format!("si_addr={:#x}", info.first)
    } else {
        format!("si_pid={}, si_uid={}", info.first.low32().cast_signed(), (info.first >> 32).low32())
    };
    let pid = std::process::id();
    format!("{pid} --- {name} {{si_signo={name}, si_code={code}, {from}}} ---")
}

/// The line for a signal that kills the program.
pub(crate) fn death(signal: i32) -> String {
    format!("{} +++ killed by {} +++", std::process::id(), signal_name(signal))
}

/// `-1 ENOENT (No such file or directory)`.
fn failure(errno: Errno) -> String {
    let number = i32::from(errno.number());
    let text = std::io::Error::from_raw_os_error(number).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match syscalls::Errno::new(number).name() {
        Some(name) => format!("-1 {name} ({text})"),
        None => format!("-1 errno {number}"),
    }
}

/// How the arguments of a call print: as its row says, else by their types.
fn shapes_of(sysno: Sysno) -> Vec<Shape> {
    if let Some((_, shapes)) = shapes::ROWS.iter().find(|(row, _)| *row == sysno) {
        return shapes.to_vec();
    }
    let Some((_, types)) = SIGNATURES.iter().find(|(row, _)| *row == sysno) else {
        return vec![Shape::Hex; 6];
    };
    types.iter().map(|name| Shape::of_type(name)).collect()
}

#[cfg(test)]
mod tests;
