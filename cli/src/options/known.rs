//! The table of options, and the lists that some of them print.

use super::Command;
use accel::Tier;
use control::log;
use spec::riscv::RV64;

/// An option: its name, what its value is called, QEMU's environment variable for it, what `-h` says.
pub struct Known {
    /// As written, without its dash.
    pub name: &'static str,
    /// What its value is called, if it has one.
    pub value: Option<&'static str>,
    /// The variable that stands for it. One without a value is on when the variable exists.
    pub variable: Option<&'static str>,
    /// One line.
    pub help: &'static str,
}

const fn option(
    name: &'static str,
    value: Option<&'static str>,
    variable: Option<&'static str>,
    help: &'static str,
) -> Known {
    Known { name, value, variable, help }
}

/// Every option; see [`of`].
const KNOWN: &[Known] = &[
    option("h", None, None, "show this text"),
    option("version", None, Some("QEMU_VERSION"), "show the version"),
    option("accel", Some("TIER"), None, "auto, jit, interp or interp,step=on; help lists them"),
    option("cpu", Some("MODEL"), Some("QEMU_CPU"), "the CPU; help lists them"),
    option(
        "L",
        Some("FOLDER"),
        Some("QEMU_LD_PREFIX"),
        "look for libraries and other files below FOLDER first",
    ),
    option("E", Some("NAME=VALUE"), Some("QEMU_SET_ENV"), "set environment variables of the program"),
    option("U", Some("NAME"), Some("QEMU_UNSET_ENV"), "remove environment variables of the program"),
    option("0", Some("NAME"), Some("QEMU_ARGV0"), "what the program is told it is called"),
    option("execfn", Some("NAME"), None, "what it is told its file is called"),
    option("rlimit", Some("LIMITS"), None, "limits on memory that its process has been given"),
    option("r", Some("RELEASE"), Some("QEMU_UNAME"), "the kernel's release, as uname -r shows it"),
    option("s", Some("BYTES"), Some("QEMU_STACK_SIZE"), "size of the stack; k and M at the end multiply"),
    option(
        "R",
        Some("BYTES"),
        Some("QEMU_RESERVED_VA"),
        "size of the address space; k, M, G and T at the end multiply",
    ),
    option(
        "B",
        Some("ADDRESS"),
        Some("QEMU_GUEST_BASE"),
        "where strata's own memory holds the program's address 0",
    ),
    option("p", Some("BYTES"), Some("QEMU_PAGESIZE"), "size of a page: 4096"),
    option(
        "seed",
        Some("NUMBER"),
        Some("QEMU_RAND_SEED"),
        "make the program's random numbers depend on NUMBER only",
    ),
    option("g", Some("PORT|SOCKET"), Some("QEMU_GDB"), "wait for gdb there, and debug the program"),
    option("strace", None, Some("QEMU_STRACE"), "log every system call"),
    option("d", Some("ITEM,…"), Some("QEMU_LOG"), "log items; help lists them"),
    option(
        "perfmap",
        None,
        Some("QEMU_PERFMAP"),
        "write /tmp/perf-PID.map, which names translated code to perf",
    ),
    option("D", Some("FILE"), Some("QEMU_LOG_FILENAME"), "write the log to FILE, not to standard error"),
    option("Dappend", Some("FILE"), None, "the same, after what FILE holds already"),
    option("singlestep", None, Some("QEMU_SINGLESTEP"), "the same as -accel interp,step=on"),
    option("one-insn-per-tb", None, Some("QEMU_ONE_INSN_PER_TB"), "the same"),
];

/// Options of `diff` alone.
const COMPARING: &[Known] = &[
    option("every", Some("COUNT"), None, "compare registers after each COUNT instructions; 16384"),
    option("replay", Some("SCENE"), None, "run what a report of a difference names, in place of a program"),
    option("tally", Some("FILE"), None, "add what was compared to FILE, and end as the program ends"),
];

/// Options of `trace` alone.
const TRACING: &[Known] = &[
    option("o", Some("FILE"), None, "write the trace to FILE"),
    option("every", Some("COUNT"), None, "a hash each COUNT instructions, a power of two; 65536"),
    option("states", Some("FROM-TO"), None, "write the states between two counts of instructions, as text"),
];

/// The CPU models, and what `-cpu help` says of them.
const CPUS: &[(&str, &str)] = &[
    ("rv64", "64-bit RISC-V with all extensions that strata has"),
    ("max", "the same"),
    ("any", "the same"),
];

/// The options of a command. The stepper is a debugger itself; what is compared cannot be debugged or logged
/// block by block.
pub fn of(command: Command) -> impl Iterator<Item = &'static Known> {
    let has = move |known: &&Known| match command {
        Command::Step => !matches!(known.name, "g" | "perfmap"),
        Command::Diff | Command::Trace => {
            !matches!(known.name, "g" | "singlestep" | "one-insn-per-tb" | "perfmap")
        }
        _ => true,
    };
    let more = match command {
        Command::Diff => COMPARING,
        Command::Trace => TRACING,
        _ => &[],
    };
    KNOWN.iter().filter(has).chain(more)
}

/// The option that a word with a dash names, with one dash or two.
pub fn find(command: Command, word: &str) -> Option<&'static Known> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let name = if name == "help" { "h" } else { name };
    of(command).find(|known| known.name == name)
}

/// Why a value of `-cpu` is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CpuError {
    /// No such model.
    #[error("there is no CPU model \"{0}\"; see -cpu help")]
    Model(String),
    /// An extension that is not there.
    #[error("the CPU has no property \"{0}\"; strata spec riscv64 lists the extensions there are")]
    Property(String),
    /// An extension that is there.
    #[error("\"{0}\" would take away what every CPU of strata has; leave it out")]
    Off(String),
}

/// Checks a model and its properties, `rv64,zba=true`: an extension that strata has may be asked for.
///
/// # Errors
/// [`CpuError`], which names the first word that asks for something else.
pub fn check_cpu(text: &str) -> Result<(), CpuError> {
    let mut words = text.split(',');
    let model = words.next().unwrap_or_default();
    if !CPUS.iter().any(|(name, _)| *name == model) {
        return Err(CpuError::Model(model.into()));
    }
    for property in words {
        let (name, value) = property.split_once('=').unwrap_or((property, "on"));
        let there = RV64.rows().any(|row| row.ext.eq_ignore_ascii_case(name));
        match value {
            "on" | "true" | "yes" if there => {}
            "off" | "false" | "no" if there => return Err(CpuError::Off(property.into())),
            "off" | "false" | "no" if !name.is_empty() => {}
            _ => return Err(CpuError::Property(property.into())),
        }
    }
    Ok(())
}

/// What `strata diff -h` says beyond its options.
const DIFF: &str = "
Runs PROG in two tiers at once, -accel diff=A:B, and compares registers and memory. The exit status is 0 if
nothing differed, however PROG ended, and 1 if something did; 125 means that the comparison could not be made.
";

/// What `strata trace -h` says beyond its options.
const TRACE: &str = "
strata trace cmp [-rerun] A B
  the first difference of two traces; with -rerun the programs are run again, by the commands that the
  traces name, to find its instruction

Runs PROG with time that counts instructions, and writes hashes of its state. cmp exits with 0 if the traces
are equal, 1 if they differ, 125 if they cannot be compared.
";

/// What `-h` prints.
pub fn help(command: Command) -> String {
    let mut text = format!("{} [options] PROG [arguments]\n\n", command.name());
    for known in of(command) {
        let option = format!("-{} {}", known.name, known.value.unwrap_or_default());
        let variable = known.variable.unwrap_or_default();
        text += format!("  {option:<18} {variable:<20} {}", known.help).trim_end();
        text += "\n";
    }
    text += match command {
        Command::Diff => DIFF,
        Command::Trace => TRACE,
        Command::Step => STEP,
        _ => "",
    };
    text += "\nA variable of the environment stands for the option beside it, which wins if both are given. -E and -U\n\
             may be repeated, and take several at once with commas between them.\n\n\
             PROG is an ELF program for 64-bit RISC-V Linux, or a script that one runs. Its exit status is strata's;\n\
             127 means that PROG was not found, 126 that it cannot be executed, 1 that the host refused something,\n\
             2 wrong usage.\n";
    text
}

/// What `-h` says of steps.
const STEP: &str = "\nWith an option of strata boot, such as -M, -bios or -kernel, a machine is stepped: strata step -bios none -kernel
FILE. All options are those of strata boot then; its console is told among the steps, unless -serial leads elsewhere.
";

/// What `-d help` prints.
pub fn items() -> String {
    listed(log::ITEMS.iter().map(|(_, name, help)| (*name, *help)))
}

/// What `-cpu help` prints.
pub fn cpus() -> String {
    listed(CPUS.iter().copied())
}

fn listed<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    rows.map(|(name, help)| format!("  {name:<10} {help}\n")).collect()
}

/// The tiers of this build, each tried on a tiny guest.
pub fn tiers() -> String {
    let usable = |tier| match accel::probe::probe(tier) {
        Ok(()) => "usable: yes".to_string(),
        Err(why) => format!("usable: no, because {why}"),
    };
    let mut text = String::new();
    for (name, what) in [
        ("interp", "the interpreter, block by block"),
        ("interp,step=on", "the interpreter, one instruction at a time: the oracle"),
        ("jit", "translation of what is hot to code of this host"),
        ("auto", "the fastest that is usable: jit"),
    ] {
        let tried = Tier::parse(name).map_or_else(|e| e.to_string(), usable);
        text += &format!("  {name:<16} {what}; {tried}\n");
    }
    text += "\n";
    for (property, what) in accel::tier::PROPERTIES {
        text += &format!("  {property:<22} {what}\n");
    }
    text
}
