//! Options of `run` and `step`, spelled as QEMU spells them.

mod comparison;
mod error;
mod known;
mod value;

#[cfg(test)]
mod tests;

pub use comparison::{Comparison, Tracing};
pub use error::OptionError;

use accel::Tier;
use control::log::{self, Item};
use known::Known;
pub use known::find;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use user::MemoryLimits;

/// Who reads the options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// `strata run`.
    Run,
    /// `strata step`.
    Step,
    /// `strata diff`.
    Diff,
    /// `strata trace`.
    Trace,
    /// `strata run` under QEMU's name for it.
    Qemu(&'static str),
    /// `strata run` started by the host's kernel, which gives no options (`binfmt_misc`).
    Kernel,
}

impl Command {
    /// What a person types.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run | Self::Kernel => "strata run",
            Self::Step => "strata step",
            Self::Diff => "strata diff",
            Self::Trace => "strata trace",
            Self::Qemu(name) => name,
        }
    }

    /// The only machine whose programs it runs.
    pub fn machine(self) -> Option<&'static str> {
        match self {
            Self::Qemu(name) => name.strip_prefix("qemu-"),
            Self::Run | Self::Step | Self::Diff | Self::Trace | Self::Kernel => None,
        }
    }

    /// Where QEMU looks for the guest's files if nobody says where.
    fn usual_root(self) -> Option<&'static str> {
        match self {
            Self::Qemu("qemu-riscv32") => Some("/etc/qemu-binfmt/riscv32"),
            Self::Qemu(_) | Self::Kernel => Some("/etc/qemu-binfmt/riscv64"),
            Self::Run | Self::Step | Self::Diff | Self::Trace => None,
        }
    }
}

/// What to run and how.
#[derive(Debug)]
pub struct Options {
    /// Who read them.
    pub command: Command,
    /// The tier.
    pub tier: Tier,
    /// Whether somebody named the tier, and not only asked for the fastest.
    pub tier_named: bool,
    /// Whether perf gets a map of translated code.
    pub perf: bool,
    /// Log items.
    pub items: Vec<Item>,
    /// Where the log goes if not to standard error.
    pub log: Option<PathBuf>,
    /// Whether what the log holds already is kept.
    pub append: bool,
    /// The program's environment, `NAME=value`.
    pub env: Vec<OsString>,
    /// The program's name, if not the path.
    pub name: Option<OsString>,
    /// What the program is told its file is called, if not the path.
    pub told: Option<OsString>,
    /// The limits on memory that its process has.
    pub memory_limits: MemoryLimits,
    /// The folder below which files of the guest's system are.
    pub root: Option<PathBuf>,
    /// Whether system calls are logged.
    pub strace: bool,
    /// The kernel's release, if not the host's.
    pub release: Option<OsString>,
    /// Bytes of stack, if not the usual.
    pub stack: Option<u64>,
    /// Bytes of address space, if not the usual.
    pub reserved: Option<u64>,
    /// The host address of guest address 0, if not the host's choice.
    pub base: Option<u64>,
    /// Seed of the program's randomness.
    pub seed: Option<u64>,
    /// Where to wait for gdb.
    pub gdb: Option<crate::gdb::Place>,
    /// The program.
    pub program: PathBuf,
    /// Its arguments, without its name.
    pub arguments: Vec<OsString>,
    /// What `strata diff` is told.
    pub diff: Comparison,
    /// What `strata trace` is told.
    pub trace: Tracing,
    /// The words that were options, to be given to whoever runs a further program.
    pub words: Vec<OsString>,
}

/// What a command line asks for.
#[derive(Debug)]
enum Asked {
    /// To run a program.
    Run(Box<Options>),
    /// To read this text.
    Text(String),
}

/// Reads the words after the command's name and has `then` run what they name.
pub fn read(command: Command, words: &[OsString], then: fn(&Options) -> ExitCode) -> ExitCode {
    match parse(command, words, std::env::vars_os()) {
        Ok(Asked::Run(options)) => then(&options),
        Ok(Asked::Text(text)) => crate::say(&text),
        Err(error) => {
            crate::complain(&crate::program::chain(&error));
            ExitCode::from(crate::USAGE)
        }
    }
}

/// Variables that are for this program alone: what it starts does not see them.
const SPENT: &[&str] = &["QEMU_GDB", "QEMU_SET_ENV", "QEMU_UNSET_ENV", "QEMU_ARGV0"];

/// Reads the words after the command's name.
///
/// # Errors
/// An [`OptionError`] that names the word and the remedy.
fn parse(
    command: Command,
    words: &[OsString],
    env: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Asked, OptionError> {
    let env: Vec<_> = env.collect();
    let line = Line::read(command, words)?;
    let mut options = Options::new(command, &env);
    for name in SPENT {
        options.unset(OsStr::new(name));
    }
    for known in known::of(command) {
        let Some(variable) = known.variable else { continue };
        let Some((_, value)) = env.iter().find(|(name, _)| name == variable) else { continue };
        // What is given as a word is not added to the words once more, however long a chain of programs is.
        if !line.gives(known.name)
            && let Some(text) = options.take(known, value)?
        {
            return Ok(Asked::Text(text));
        }
    }
    for (known, value) in &line.options {
        if let Some(text) = options.take(known, value)? {
            return Ok(Asked::Text(text));
        }
    }
    options.check_sizes()?;
    options.look_where_qemu_does();
    match line.program {
        Some(program) => options.program = program.into(),
        None if options.diff.replay.is_some() => {}
        None => return Err(OptionError::Program(command.name())),
    }
    options.arguments = line.rest.to_vec();
    if command == Command::Kernel {
        options.be_named_by_the_kernel();
    }
    Ok(Asked::Run(Box::new(options)))
}

/// The program and the words that a command line gives it; `None` if it only asks for a text or is wrong.
pub fn command_in(command: Command, words: &[OsString]) -> Option<user::Command> {
    let line = Line::read(command, words).ok()?;
    let program = line.program?;
    let named = line.options.iter().rev().find(|(known, _)| known.name == "0").map(|(_, name)| *name);
    let mut rest = line.rest.to_vec();
    let name = match command {
        Command::Kernel if !rest.is_empty() => rest.remove(0),
        _ => named.unwrap_or(program).to_owned(),
    };
    Some(user::Command { program: program.into(), args: [name].into_iter().chain(rest).collect() })
}

/// A command line cut into its parts.
struct Line<'a> {
    options: Vec<(&'static Known, &'a OsStr)>,
    program: Option<&'a OsString>,
    rest: &'a [OsString],
}

impl<'a> Line<'a> {
    fn read(command: Command, words: &'a [OsString]) -> Result<Self, OptionError> {
        let mut line = Self { options: vec![], program: None, rest: words };
        while let Some((word, rest)) = line.rest.split_first() {
            let text = word.to_string_lossy();
            let option = command != Command::Kernel && text.starts_with('-') && text != "-";
            if !option {
                (line.program, line.rest) = (Some(word), rest);
                break;
            }
            line.rest = rest;
            if text == "--" {
                line.program = line.rest.split_off_first();
                break;
            }
            let unknown = || OptionError::Unknown(text.to_string(), command.name());
            let known = known::find(command, &text).ok_or_else(unknown)?;
            let value = match known.value {
                None => OsStr::new(""),
                Some(what) => line.rest.split_off_first().ok_or(OptionError::Value(known.name, what))?,
            };
            line.options.push((known, value));
        }
        Ok(line)
    }

    /// Whether a word says what the variable of option `name` would say.
    fn gives(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| match name {
            // Each adds to what the others did.
            "E" | "U" => false,
            "D" => matches!(known.name, "D" | "Dappend"),
            "singlestep" | "one-insn-per-tb" => {
                matches!(known.name, "accel" | "singlestep" | "one-insn-per-tb")
            }
            _ => known.name == name,
        })
    }
}

impl Options {
    fn new(command: Command, env: &[(OsString, OsString)]) -> Self {
        Self {
            command,
            tier: Tier::default(),
            tier_named: false,
            perf: false,
            items: vec![],
            log: None,
            append: false,
            env: env.iter().map(|(name, value)| assignment(name, value)).collect(),
            name: None,
            told: None,
            memory_limits: MemoryLimits::default(),
            root: None,
            strace: false,
            release: None,
            stack: None,
            reserved: None,
            base: None,
            // What is traced is to be repeated.
            seed: (command == Command::Trace).then_some(0),
            gdb: None,
            program: PathBuf::new(),
            arguments: vec![],
            diff: Comparison::usual(),
            trace: Tracing::usual(),
            words: vec![],
        }
    }

    /// Takes one option, and keeps its words for a further program; returns a text if that is what it asks
    /// for.
    fn take(&mut self, known: &'static Known, value: &OsStr) -> Result<Option<String>, OptionError> {
        let text = self.set(known.name, value)?;
        let absolute = || std::path::absolute(value).unwrap_or_else(|_| value.into()).into_os_string();
        match known.name {
            // A further program has no gdb, and names of its own.
            "0" | "execfn" | "rlimit" | "E" | "U" | "g" | "replay" | "o" | "states" => {}
            "every" if self.command == Command::Trace => {}
            // A further program adds to the log, wherever this one has gone meanwhile.
            "D" | "Dappend" => self.words.extend(["-Dappend".into(), absolute()]),
            "L" => self.words.extend(["-L".into(), absolute()]),
            name => {
                self.words.push(format!("-{name}").into());
                self.words.extend(known.value.map(|_| value.to_owned()));
            }
        }
        Ok(text)
    }

    fn set(&mut self, name: &str, value: &OsStr) -> Result<Option<String>, OptionError> {
        let text = value.to_string_lossy();
        match name {
            "h" => return Ok(Some(known::help(self.command))),
            "version" => return Ok(Some(version())),
            "accel" if text == "help" => return Ok(Some(known::tiers())),
            "accel" if self.command == Command::Diff => self.diff.choose(&text)?,
            "accel" if text.starts_with("diff=") => {
                return Err(OptionError::Diff(text.into(), self.command.name()));
            }
            "accel" => {
                self.tier = Tier::parse(&text)?;
                self.tier_named = text.split(',').next() != Some("auto");
            }
            "perfmap" => self.perf = true,
            "replay" => self.diff.replay = Some(value.into()),
            "o" => self.trace.out = Some(value.into()),
            "states" => {
                let range = value::range(&text).ok_or_else(|| OptionError::States(text.into()))?;
                self.trace.states = Some(range);
            }
            "tally" => self.diff.tally = Some(value.into()),
            "singlestep" | "one-insn-per-tb" => self.tier = Tier::interp(accel::Driver::Step),
            "cpu" if text == "help" => return Ok(Some(known::cpus())),
            "cpu" => known::check_cpu(&text)?,
            "d" if text == "help" => return Ok(Some(known::items())),
            "d" => self.items.extend(log::items(&text)?),
            "D" | "Dappend" => (self.log, self.append) = (Some(value.into()), name == "Dappend"),
            "E" => self.assign(value).ok_or_else(|| OptionError::Variable(text.into()))?,
            "U" => value::names(value).iter().for_each(|name| self.unset(name)),
            "0" => self.name = Some(value.to_owned()),
            "execfn" => self.told = Some(value.to_owned()),
            "rlimit" => {
                self.memory_limits = text.parse().map_err(|()| OptionError::Limits(text.clone().into()))?;
            }
            "L" => self.root = Some(folder(value)?),
            "strace" => self.strace = true,
            "r" if value.len() > user::MOST_RELEASE => return Err(OptionError::Release(text.into())),
            "r" => self.release = Some(value.to_owned()),
            "g" => self.gdb = Some(crate::gdb::Place::parse(value)?),
            _ => self.set_number(name, &text)?,
        }
        Ok(None)
    }

    /// An option whose value is a number.
    fn set_number(&mut self, name: &str, text: &str) -> Result<(), OptionError> {
        let wrong = |error: fn(String) -> OptionError| error(text.into());
        match name {
            "s" => {
                let bytes = value::size(text, user::stack::SIZES);
                self.stack = Some(bytes.ok_or_else(|| wrong(OptionError::Stack))?);
            }
            "R" => {
                let bytes = value::size(text, value::SPACES).filter(|bytes| bytes % PAGE == 0);
                self.reserved = Some(bytes.ok_or_else(|| wrong(OptionError::Reserved))?);
            }
            "B" => {
                let base = value::number(text).filter(|base| *base != 0 && base % PAGE == 0);
                self.base = Some(base.ok_or_else(|| wrong(OptionError::Base))?);
            }
            "every" if self.command == Command::Trace => {
                let every = value::number(text).filter(|n| n.is_power_of_two() && *n <= EVERY);
                self.trace.every = every.ok_or_else(|| wrong(OptionError::Power))?;
            }
            "every" => {
                let count = value::number(text).ok_or_else(|| wrong(OptionError::Every))?;
                self.diff.grain = control::diff::Grain::of(count)?;
            }
            "p" if value::number(text) == Some(PAGE) => {}
            "p" => return Err(wrong(OptionError::Page)),
            _ => self.seed = Some(value::number(text).ok_or_else(|| wrong(OptionError::Seed))?),
        }
        Ok(())
    }

    fn assign(&mut self, list: &OsStr) -> Option<()> {
        for entry in value::assignments(list)? {
            self.unset(name_of(&entry));
            self.env.push(entry);
        }
        Some(())
    }

    fn unset(&mut self, name: &OsStr) {
        self.env.retain(|entry| name_of(entry) != name);
    }

    fn check_sizes(&self) -> Result<(), OptionError> {
        match (self.reserved, self.stack) {
            (Some(space), Some(stack)) if stack > space / 4 => Err(OptionError::Sizes { stack, space }),
            _ => Ok(()),
        }
    }

    /// Under QEMU's name, takes QEMU's folder if nobody names one and it is there.
    fn look_where_qemu_does(&mut self) {
        let usual =
            self.command.usual_root().filter(|usual| self.root.is_none() && Path::new(usual).is_dir());
        if let Some(usual) = usual {
            self.root = Some(usual.into());
            self.words.extend(["-L".into(), usual.into()]);
        }
    }

    /// The kernel's first argument is the name that the program's caller gave it.
    fn be_named_by_the_kernel(&mut self) {
        if !self.arguments.is_empty() {
            self.name = Some(self.arguments.remove(0));
        }
    }
}

/// The most instructions between two hashes of a trace.
const EVERY: u64 = 1 << 40;

/// Bytes of a page of RISC-V Linux.
const PAGE: u64 = 4096;

fn version() -> String {
    format!("{} {}\n", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// A folder that is there.
fn folder(path: &OsStr) -> Result<PathBuf, OptionError> {
    let refuse = |source| OptionError::Root { path: path.into(), source };
    let facts = std::fs::metadata(path).map_err(refuse)?;
    if facts.is_dir() { Ok(path.into()) } else { Err(refuse(std::io::ErrorKind::NotADirectory.into())) }
}

fn assignment(name: &OsStr, value: &OsStr) -> OsString {
    let mut text = name.to_owned();
    text.push("=");
    text.push(value);
    text
}

/// What an assignment assigns to.
fn name_of(entry: &OsStr) -> &OsStr {
    use std::os::unix::ffi::OsStrExt;
    let bytes = entry.as_bytes();
    OsStr::from_bytes(bytes.split(|b| *b == b'=').next().unwrap_or_default())
}
