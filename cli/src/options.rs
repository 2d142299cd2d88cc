//! Options of `run` and `step`, spelled as QEMU spells them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use accel::Tier;
use control::log::{self, Item};

/// An option: its name, what its value is called, what `-h` says.
struct Known {
    name: &'static str,
    value: Option<&'static str>,
    help: &'static str,
}

/// Options that an environment variable of strata's stands for, as QEMU names them.
const VARIABLES: &[(&str, &str)] =
    &[("QEMU_LD_PREFIX", "L"), ("QEMU_STRACE", "strace"), ("QEMU_STACK_SIZE", "s"), ("QEMU_CPU", "cpu")];

/// The CPU models, and what `-cpu help` says of them.
const CPUS: &[(&str, &str)] =
    &[("rv64", "64-bit RISC-V with all extensions that strata has"), ("max", "the same")];

const KNOWN: &[Known] = &[
    Known { name: "h", value: None, help: "show this text" },
    Known { name: "accel", value: Some("TIER"), help: "interp, interp,step=on or auto; help lists them" },
    Known { name: "d", value: Some("ITEM,…"), help: "log items; help lists them" },
    Known { name: "D", value: Some("FILE"), help: "write the log to FILE, not to standard error" },
    Known { name: "Dappend", value: Some("FILE"), help: "the same, after what FILE holds already" },
    Known { name: "E", value: Some("NAME=VALUE"), help: "set an environment variable of the program" },
    Known { name: "U", value: Some("NAME"), help: "remove an environment variable of the program" },
    Known { name: "0", value: Some("NAME"), help: "what the program is told it is called" },
    Known { name: "L", value: Some("FOLDER"), help: "look for libraries and other files below FOLDER first" },
    Known { name: "cpu", value: Some("MODEL"), help: "the CPU; help lists them" },
    Known { name: "s", value: Some("BYTES"), help: "size of the stack; k and M at the end multiply" },
    Known { name: "strace", value: None, help: "log every system call" },
    Known { name: "version", value: None, help: "show the version" },
    Known { name: "g", value: Some("PORT|SOCKET"), help: "wait for gdb there, and debug the program" },
    Known {
        name: "seed",
        value: Some("NUMBER"),
        help: "make the program's random numbers depend on NUMBER only",
    },
];

/// What to run and how.
#[derive(Debug)]
pub struct Options {
    /// The tier.
    pub tier: Tier,
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
    /// The folder below which files of the guest's system are.
    pub root: Option<PathBuf>,
    /// Whether system calls are logged.
    pub strace: bool,
    /// Bytes of stack, if not the usual.
    pub stack: Option<u64>,
    /// Seed of the program's randomness.
    pub seed: Option<u64>,
    /// Where to wait for gdb.
    pub gdb: Option<crate::gdb::Place>,
    /// The program.
    pub program: PathBuf,
    /// Its arguments, without its name.
    pub arguments: Vec<OsString>,
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

/// A command line that is not understood.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// No such option.
    #[error("there is no option {0}; see strata {1} -h")]
    Unknown(String, &'static str),
    /// A value is missing.
    #[error("option -{0} needs a value: {1}")]
    Value(&'static str, &'static str),
    /// No program.
    #[error("which program? strata {0} [options] PROG [arguments]")]
    Program(&'static str),
    /// A seed that is no number.
    #[error("\"{0}\" is no seed; write a number up to 2^64 − 1")]
    Seed(String),
    /// A stack that is no size, or one that is of no use.
    #[error("\"{0}\" is no stack size; write bytes, or a number and k or M, from 64k to 16384M")]
    Stack(String),
    /// A CPU that is not there.
    #[error("there is no CPU model \"{0}\"; see -cpu help")]
    Cpu(String),
    /// A variable without a value.
    #[error("\"{0}\" sets nothing; write NAME=VALUE")]
    Variable(String),
    /// See [`crate::gdb::PlaceError`].
    #[error(transparent)]
    Gdb(#[from] crate::gdb::PlaceError),
    /// See [`accel::tier::TierError`].
    #[error(transparent)]
    Tier(#[from] accel::tier::TierError),
    /// See [`log::UnknownItem`].
    #[error(transparent)]
    Item(#[from] log::UnknownItem),
}

/// Reads the words after `strata run` or `strata step` and has `then` run what they name.
pub fn read(command: &'static str, words: &[OsString], then: fn(&Options) -> ExitCode) -> ExitCode {
    match parse(command, words, std::env::vars_os()) {
        Ok(Asked::Run(options)) => then(&options),
        Ok(Asked::Text(text)) => crate::say(&text),
        Err(error) => {
            crate::complain(&error);
            ExitCode::from(crate::USAGE)
        }
    }
}

/// Reads the words after the command's name.
///
/// # Errors
/// An [`OptionError`] that names the word and the remedy.
fn parse(
    command: &'static str,
    words: &[OsString],
    env: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Asked, OptionError> {
    let env: Vec<_> = env.collect();
    let mut options = Options {
        tier: Tier::Interp(accel::Driver::Block),
        items: vec![],
        log: None,
        append: false,
        env: env.iter().map(|(name, value)| assignment(name, value)).collect(),
        name: None,
        root: None,
        strace: false,
        stack: None,
        seed: None,
        gdb: None,
        program: PathBuf::new(),
        arguments: vec![],
        words: vec![],
    };
    let mut given = vec![];
    let mut rest = words.iter();
    let program = loop {
        let word = rest.next().ok_or(OptionError::Program(command))?;
        let text = word.to_string_lossy();
        if !text.starts_with('-') || text == "-" {
            break word;
        }
        if text == "--" {
            break rest.next().ok_or(OptionError::Program(command))?;
        }
        let known = known(&text).ok_or_else(|| OptionError::Unknown(text.to_string(), command))?;
        let value = match known.value {
            None => OsStr::new(""),
            Some(what) => rest.next().ok_or(OptionError::Value(known.name, what))?,
        };
        if let Some(text) = options.take(known.name, &text, value, command)? {
            return Ok(Asked::Text(text));
        }
        given.push(known.name);
    };
    // What is given as a word is not added to the words once more, however long a chain of programs is.
    for (variable, name) in VARIABLES.iter().filter(|(_, name)| !given.contains(name)) {
        let Some((_, value)) = env.iter().find(|(name, _)| name == variable) else { continue };
        if let Some(text) = options.take(name, &format!("-{name}"), value, command)? {
            return Ok(Asked::Text(text));
        }
    }
    options.inherit_gdb(command)?;
    options.program = program.into();
    options.arguments = rest.cloned().collect();
    Ok(Asked::Run(Box::new(options)))
}

fn known(word: &str) -> Option<&'static Known> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let name = if name == "help" { "h" } else { name };
    KNOWN.iter().find(|known| known.name == name)
}

fn assignment(name: &OsStr, value: &OsStr) -> OsString {
    let mut text = name.to_owned();
    text.push("=");
    text.push(value);
    text
}

impl Options {
    /// Takes one option, and keeps its words for a further program; returns a text if that is what it asks
    /// for.
    fn take(
        &mut self,
        name: &'static str,
        word: &str,
        value: &OsStr,
        command: &'static str,
    ) -> Result<Option<String>, OptionError> {
        let text = self.set(name, value, command)?;
        let absolute = || std::path::absolute(value).unwrap_or_else(|_| value.into()).into_os_string();
        match name {
            // A further program has no gdb.
            "0" | "E" | "U" | "g" => {}
            // A further program adds to the log, wherever this one has gone meanwhile.
            "D" | "Dappend" => self.words.extend(["-Dappend".into(), absolute()]),
            "L" => self.words.extend(["-L".into(), absolute()]),
            _ => {
                self.words.push(word.into());
                let known = KNOWN.iter().find(|known| known.name == name);
                self.words.extend(known.and_then(|known| known.value).map(|_| value.to_owned()));
            }
        }
        Ok(text)
    }

    fn set(
        &mut self,
        name: &str,
        value: &OsStr,
        command: &'static str,
    ) -> Result<Option<String>, OptionError> {
        let text = value.to_string_lossy();
        match name {
            "h" => return Ok(Some(help(command))),
            "accel" if text == "help" => return Ok(Some(tiers())),
            "accel" => self.tier = Tier::parse(&text)?,
            "d" if text == "help" => return Ok(Some(items())),
            "d" => self.items.extend(log::items(&text)?),
            "D" | "Dappend" => (self.log, self.append) = (Some(value.into()), name == "Dappend"),
            "E" if !text.contains('=') || text.starts_with('=') => {
                return Err(OptionError::Variable(text.into()));
            }
            "E" => {
                self.unset(text.split('=').next().unwrap_or_default());
                self.env.push(value.to_owned());
            }
            "U" => self.unset(&text),
            "0" => self.name = Some(value.to_owned()),
            "L" => self.root = Some(value.into()),
            "strace" => self.strace = true,
            "s" => self.stack = Some(stack(&text).ok_or_else(|| OptionError::Stack(text.into()))?),
            "cpu" if text == "help" => return Ok(Some(listed(CPUS.iter().copied()))),
            "cpu" if CPUS.iter().any(|(name, _)| *name == text) => {}
            "cpu" => return Err(OptionError::Cpu(text.into())),
            "version" => {
                return Ok(Some(format!("{} {}\n", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))));
            }
            "g" if command == "run" => self.gdb = Some(crate::gdb::Place::parse(value)?),
            "g" => return Err(OptionError::Unknown("-g".into(), command)),
            _ => self.seed = Some(text.parse().map_err(|_| OptionError::Seed(text.into()))?),
        }
        Ok(None)
    }

    /// Where `-g` does not say where to wait for gdb, QEMU's variable may. The program does not see it:
    /// what it starts must not wait too.
    fn inherit_gdb(&mut self, command: &str) -> Result<(), OptionError> {
        const NAME: &str = "QEMU_GDB";
        let set = self.env.iter().find_map(|entry| {
            let value = entry.as_bytes().strip_prefix(NAME.as_bytes())?.strip_prefix(b"=")?;
            Some(OsStr::from_bytes(value).to_owned())
        });
        if let (Some(value), "run") = (set, command) {
            self.unset(NAME);
            if self.gdb.is_none() {
                self.gdb = Some(crate::gdb::Place::parse(&value)?);
            }
        }
        Ok(())
    }

    fn unset(&mut self, name: &str) {
        self.env.retain(|entry| entry.to_string_lossy().split('=').next() != Some(name));
    }
}

fn help(command: &str) -> String {
    let mut text = format!("strata {command} [options] PROG [arguments]\n\n");
    // The stepper is a debugger itself.
    for known in KNOWN.iter().filter(|known| known.name != "g" || command == "run") {
        let option = format!("-{} {}", known.name, known.value.unwrap_or_default());
        text += &format!("  {option:<18} {}\n", known.help);
    }
    text += "\nPROG is an ELF program for 64-bit RISC-V Linux. Its exit status is strata's; 127 means that\n\
             PROG was not found, 126 that it cannot be executed, 1 that the host refused something, 2 wrong usage.\n";
    text
}

fn items() -> String {
    listed(log::ITEMS.iter().map(|(_, name, help)| (*name, *help)))
}

fn listed<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    rows.map(|(name, help)| format!("  {name:<10} {help}\n")).collect()
}

/// A size in bytes: decimal, or hexadecimal after `0x`, with `k` or `M` behind it.
fn stack(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let number = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    number.ok()?.checked_mul(unit).filter(|bytes| user::stack::SIZES.contains(bytes))
}

/// The tiers of this build, each tried on a tiny guest.
fn tiers() -> String {
    let usable = |tier| match accel::probe::probe(tier) {
        Ok(()) => "usable: yes".to_string(),
        Err(why) => format!("usable: no, because {why}"),
    };
    let mut text = String::new();
    for (name, what) in [
        ("interp", "the interpreter, block by block"),
        ("interp,step=on", "the interpreter, one instruction at a time: the oracle"),
        ("auto", "the fastest that is usable: interp"),
    ] {
        let tried = Tier::parse(name).map_or_else(|e| e.to_string(), usable);
        text += &format!("  {name:<16} {what}; {tried}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn asked(line: &str) -> Options {
        let env = [("HOME".into(), "/root".into()), ("LANG".into(), "C".into())];
        match parse("run", &words(line), env.into_iter()).unwrap() {
            Asked::Run(options) => *options,
            Asked::Text(text) => panic!("{text}"),
        }
    }

    #[test]
    fn options_end_at_the_program() {
        let options = asked("-d exec,cpu -D /log -seed 7 ./prog -d in_asm --help");
        assert_eq!(options.items, [Item::Exec, Item::Cpu]);
        assert_eq!(options.program, PathBuf::from("./prog"));
        assert_eq!(options.arguments, words("-d in_asm --help"));
        assert_eq!(options.words, words("-d exec,cpu -Dappend /log -seed 7"));
    }

    #[test]
    fn a_further_program_gets_the_options_by_absolute_names() {
        let options = asked("-L /root -strace -s 1M -cpu max -0 x prog");
        assert_eq!((options.root, options.strace), (Some("/root".into()), true));
        assert_eq!(options.words, words("-L /root -strace -s 1M -cpu max"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(asked("-L sub prog").words, ["-L".into(), here.join("sub").into_os_string()]);
    }

    #[test]
    fn a_variable_stands_for_an_option_and_the_option_wins() {
        let env = [("QEMU_LD_PREFIX", "/a"), ("QEMU_STRACE", "1"), ("QEMU_STACK_SIZE", "128k")];
        let env = env.map(|(name, value)| (name.into(), value.into()));
        let Asked::Run(options) = parse("run", &words("-L /b prog"), env.into_iter()).unwrap() else {
            panic!("no text was asked for")
        };
        assert_eq!((options.root, options.strace, options.stack), (Some("/b".into()), true, Some(128 << 10)));
        assert_eq!(options.words, words("-L /b -strace -s 128k"));
    }

    #[rstest]
    #[case("-version", concat!("strata ", env!("CARGO_PKG_VERSION"), "\n"))]
    #[case("-cpu help", "rv64 ")]
    #[case("-h", "-strace ")]
    fn a_question_is_answered_without_a_program(#[case] line: &str, #[case] part: &str) {
        match parse("run", &words(line), std::iter::empty()).unwrap() {
            Asked::Text(text) => assert!(text.contains(part), "{text}"),
            Asked::Run(options) => panic!("{options:?}"),
        }
    }

    #[rstest]
    #[case("65536", Some(65536))]
    #[case("0x20000", Some(0x2_0000))]
    #[case("64k", Some(64 << 10))]
    #[case("16384M", Some(16 << 30))]
    #[case("63k", None)]
    #[case("16385M", None)]
    #[case("18446744073709551615M", None)]
    #[case("k", None)]
    #[case("", None)]
    #[case("é", None)]
    fn a_stack_size_is_read(#[case] text: &str, #[case] bytes: Option<u64>) {
        assert_eq!(stack(text), bytes);
    }

    #[test]
    fn the_environment_can_be_changed() {
        let options = asked("-U LANG -E HOME=/ -E NEW=a=b prog");
        assert_eq!(options.env, ["HOME=/", "NEW=a=b"]);
    }

    #[test]
    fn gdb_is_for_one_program_only() {
        let options = asked("-g 1234 -seed 7 prog");
        assert_eq!(options.gdb, Some(crate::gdb::Place::Port(1234)));
        assert_eq!(options.words, words("-seed 7"));
        let env = [("QEMU_GDB".into(), "/tmp/gdb".into()), ("HOME".into(), "/root".into())];
        let Asked::Run(options) = parse("run", &words("prog"), env.into_iter()).unwrap() else { panic!() };
        assert_eq!(options.gdb, Some(crate::gdb::Place::Socket("/tmp/gdb".into())));
        assert_eq!(options.env, ["HOME=/root"]);
    }

    #[rstest]
    #[case("-x prog", "there is no option -x; see strata run -h")]
    #[case("-d", "option -d needs a value: ITEM,…")]
    #[case("-d exec", "which program? strata run [options] PROG [arguments]")]
    #[case("", "which program? strata run [options] PROG [arguments]")]
    #[case("-seed many prog", "\"many\" is no seed; write a number up to 2^64 − 1")]
    #[case("-E HOME prog", "\"HOME\" sets nothing; write NAME=VALUE")]
    #[case("-s 1 prog", "\"1\" is no stack size; write bytes, or a number and k or M, from 64k to 16384M")]
    #[case("-cpu host prog", "there is no CPU model \"host\"; see -cpu help")]
    #[case("-L", "option -L needs a value: FOLDER")]
    #[case("-g 65536 prog", "\"65536\" is no port; write a number up to 65535, or the path of a socket")]
    #[case("-d fish prog", "there is no log item \"fish\"; see -d help")]
    fn a_wrong_word_is_named(#[case] line: &str, #[case] sentence: &str) {
        assert_eq!(parse("run", &words(line), std::iter::empty()).unwrap_err().to_string(), sentence);
    }
}
