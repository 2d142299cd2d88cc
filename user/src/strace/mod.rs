//! System calls as text, one line each, in the format of strace(1), version 6.
//!
//! `name(arguments) = result`: flags, commands and error numbers by name, structures by their members, bytes up
//! to 32, and what a call fills in once it has done so. A process that has several threads or was forked puts
//! `[pid N] ` before its lines. Between the calls are the signals whose handlers are entered, and the end.
//!
//! The tables [`calls`], [`choices`] and [`records`] say what is shown, the modules of `words` how it is called;
//! the rest is the same for every call. Left out: padding before ` = `, and the halves of a call that another
//! thread interrupts: a call is one line once it is done.

mod calls;
mod choices;
mod kinds;
mod records;
mod sockets;
mod special;
mod text;
mod words;

use crate::abi::{Abi, Errno, Siginfo, int};
use crate::syscall::{Answer, SIGNATURES, Sysno};
use kinds::{Change, Kind, Ret};
use memory::user::Space;
use spec::bits::Low;
use text::{Scope, pointer};

/// How a call came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// This is in the result register.
    Answered(Answer),
    /// It was interrupted and will be made again.
    Again,
    /// It was the return from a handler: the mask of signals since, and the result register.
    Resumed(u64, u64),
}

/// Whose lines they are: the number of the thread where it must be told from others.
pub(crate) type Who = Option<u32>;

/// A call under way.
pub(crate) struct Line {
    abi: &'static Abi,
    who: Who,
    /// The process that made it: not the child that it may have made.
    pid: u32,
    sysno: Option<Sysno>,
    name: String,
    args: [u64; 6],
    shown: Vec<Shown>,
    ret: Ret,
}

/// An argument that is shown.
struct Shown {
    label: &'static str,
    kind: Kind,
    word: u64,
    /// Its text before the call, unless the call fills it.
    before: Option<String>,
}

impl Line {
    /// Reads the arguments of a call that is about to be made.
    pub fn new(
        abi: &'static Abi,
        space: &Space,
        who: Who,
        number: u64,
        sysno: Option<Sysno>,
        args: [u64; 6],
    ) -> Self {
        let named = abi.numbers.name(number);
        let name = named.map_or_else(|| format!("syscall_{number:#x}"), str::to_owned);
        // Calls of an ABI under another name have the row of the call that answers them.
        let known = sysno.map(Sysno::name).or(named);
        let row = known.and_then(|name| calls::ROWS.iter().find(|row| row.name == name));
        let mut line = Self {
            abi,
            who,
            pid: std::process::id(),
            sysno,
            name,
            args,
            shown: vec![],
            ret: row.map_or(Ret::Int, |row| row.ret),
        };
        let scope = Scope { abi, space, words: &args, result: None };
        match row {
            Some(row) => line.add(&scope, row.args, 0),
            None => line.add(&scope, &by_type(sysno), 0),
        }
        line
    }

    /// Adds the arguments from the `first` on.
    fn add(&mut self, scope: &Scope<'_>, kinds: &[Kind], first: usize) {
        for (n, kind) in (first..).zip(kinds) {
            let (mut label, mut kind, mut word) = ("", *kind, scope.word(n));
            if let Kind::If(when, inner) = kind {
                if !scope.holds(when) {
                    continue;
                }
                kind = *inner;
            }
            if let Kind::Arg(n, name, inner) = kind {
                (label, kind, word) = (name, *inner, scope.word(n));
            }
            if let Kind::Choose(by, mask, list) = kind {
                let Some((other, known)) = list.split_last() else { continue };
                let wanted = scope.word(by) & mask;
                let (_, kinds, ret) = known.iter().find(|(value, ..)| *value == wanted).unwrap_or(other);
                self.ret = *ret;
                self.add(scope, kinds, n);
                continue;
            }
            let before = match kind {
                Kind::After(_) => None,
                kind => Some(scope.show(kind, word)),
            };
            self.shown.push(Shown { label, kind, word, before });
        }
    }

    /// What is to be said before a call from which the program may not come back.
    pub fn before(&self, space: &Space) -> Option<String> {
        let ends = match self.sysno? {
            Sysno::exit | Sysno::exit_group => true,
            Sysno::kill | Sysno::tkill => self.kills(0, 1),
            Sysno::tgkill => self.kills(0, 2),
            _ => false,
        };
        ends.then(|| format!("{}{}({}) = ?", prefix(self.who), self.name, self.arguments(space, None)))
    }

    /// Whether this process is killed by the call without a chance to say more.
    fn kills(&self, pid: usize, signal: usize) -> bool {
        let word = |n: usize| self.args.get(n).map_or(0, |word| word.low32());
        word(pid) == self.pid && int(word(signal).into()) == libc::SIGKILL
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
        let arguments = match outcome {
            Outcome::Resumed(mask, _) => format!("{{mask={}}}", special::signals(mask)),
            _ => self.arguments(space, result),
        };
        let name = &self.name;
        let result = match outcome {
            Outcome::Answered(Ok(value)) => self.scope(space, result).result(self.ret, value),
            Outcome::Answered(Err(errno)) => failure(errno),
            Outcome::Resumed(_, value) => match i32::try_from(value.cast_signed()) {
                Ok(number @ -4095..0) => failure(Errno::from_host(-number)),
                _ => value.cast_signed().to_string(),
            },
            Outcome::Again => "? ERESTARTSYS (To be restarted if SA_RESTART is set)".to_owned(),
        };
        Some(format!("{}{name}({arguments}) = {result}", prefix(self.who)))
    }

    fn scope<'a>(&'a self, space: &'a Space, result: Option<u64>) -> Scope<'a> {
        Scope { abi: self.abi, space, words: &self.args, result }
    }

    fn arguments(&self, space: &Space, result: Option<u64>) -> String {
        let scope = self.scope(space, result);
        let texts = self.shown.iter().map(|shown| format!("{}{}", shown.label, shown.text(&scope)));
        texts.collect::<Vec<_>>().join(", ")
    }
}

impl Shown {
    fn text(&self, scope: &Scope<'_>) -> String {
        let now = || scope.show(self.kind, self.word);
        match (&self.before, self.kind) {
            // A wait that found no child has no status.
            (None, Kind::After(Kind::Ref(kinds::Elem::One(_, Kind::Status)))) if scope.result == Some(0) => {
                pointer(self.word)
            }
            (None, _) if scope.result.is_some() => now(),
            (None, kind) => scope.unfilled(kind, self.word),
            (Some(text), Kind::Changed(_, change)) if scope.result.is_some() => change.text(text, &now()),
            (Some(text), _) => text.clone(),
        }
    }
}

impl Change {
    fn text(self, before: &str, after: &str) -> String {
        match (self, before.strip_suffix(']'), after.strip_prefix('[')) {
            _ if before == after => before.to_owned(),
            (Self::Inside, Some(before), Some(after)) => format!("{before} => {after}"),
            _ => format!("{before} => {after}"),
        }
    }
}

/// The line for a signal whose handler is entered.
pub(crate) fn signal(who: Who, info: &Siginfo) -> String {
    let name = special::signal_name(info.signo);
    format!("{}--- {name} {} ---", prefix(who), special::siginfo(info))
}

/// The line for a signal that kills the program.
pub(crate) fn death(who: Who, signal: i32) -> String {
    format!("{}+++ killed by {} +++", prefix(who), special::signal_name(signal))
}

/// The line for a program that has ended by itself.
pub(crate) fn end(who: Who, status: i32) -> String {
    format!("{}+++ exited with {status} +++", prefix(who))
}

fn prefix(who: Who) -> String {
    who.map(|id| format!("[pid {id:5}] ")).unwrap_or_default()
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

/// How the arguments of a call without a row print: by their types.
fn by_type(sysno: Option<Sysno>) -> Vec<Kind> {
    let types = SIGNATURES.iter().find(|(row, _)| Some(*row) == sysno).map(|(_, types)| *types);
    let kind = |name: &&str| match *name {
        "Fd" | "i32" => Kind::Int,
        "i64" => Kind::Long,
        "Addr" => Kind::Pointer,
        _ => Kind::Size,
    };
    types.map_or_else(|| vec![Kind::Hex; 6], |types| types.iter().map(kind).collect())
}

#[cfg(test)]
mod tests;
