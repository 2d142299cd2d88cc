//! The options of `strata boot`.

/// An option: its name, what its value is called, what `-h` says.
pub struct Known {
    /// As written, without its dash.
    pub name: &'static str,
    /// What its value is called, if it has one.
    pub value: Option<&'static str>,
    /// One line.
    pub help: &'static str,
}

const fn option(name: &'static str, value: Option<&'static str>, help: &'static str) -> Known {
    Known { name, value, help }
}

/// Every option.
pub const KNOWN: &[Known] = &[
    option("h", None, "show this text"),
    option("version", None, "show the version"),
    option("M", Some("BOARD"), "the board; help lists them; ,dumpdtb=FILE writes its device tree"),
    option("arch", Some("ARCH"), "riscv64 or riscv32"),
    option("cpu", Some("MODEL"), "the CPU and its properties; help lists them"),
    option("accel", Some("TIER"), "interp or interp,step=on; help lists them"),
    option("smp", Some("N"), "harts"),
    option("m", Some("SIZE"), "RAM in MiB, or with k, M or G"),
    option("bios", Some("FILE"), "firmware: none, default (OpenSBI) or a file"),
    option("kernel", Some("FILE"), "a kernel: an ELF file, or Linux's Image"),
    option("initrd", Some("FILE"), "the initial file system of a kernel"),
    option("append", Some("TEXT"), "the kernel's command line"),
    option("dtb", Some("FILE"), "a device tree in place of the board's"),
    option("device", Some("NAME,…"), "a device; help lists them, NAME,help its properties"),
    option("drive", Some("file=FILE,…"), "a disk: if=virtio, if=none,id=NAME; if=pflash is a bank of flash"),
    option("object", Some("KIND,id=NAME"), "a source of entropy: rng-builtin, or rng-random for the host's"),
    option("snapshot", None, "what the guest writes to drives is forgotten"),
    option("rtc", Some("base=TIME"), "the date at power-on: utc, or seconds since 1970"),
    option("global", Some("NAME.PROPERTY=VALUE"), "a property of every device of a kind"),
    option("serial", Some("WHERE"), "the serial port: stdio, mon:stdio, pty, file:FILE, unix:PATH,…, null"),
    option("monitor", Some("WHERE"), "a monitor, at a place like that of -serial"),
    option("chardev", Some("TYPE,id=ID,…"), "such a place, for chardev:ID; help lists them"),
    option("mon", Some("chardev=ID"), "a monitor at a -chardev"),
    option("nographic", None, "serial port and monitor share the terminal; Ctrl-A h says how"),
    option("display", Some("KIND"), "none"),
    option("nodefaults", None, "no device that nobody asked for"),
    option("no-reboot", None, "a reset ends the machine"),
    option("no-shutdown", None, "power off stops the machine and keeps it"),
    option("S", None, "do not run until the monitor or gdb says so"),
    option("gdb", Some("WHERE"), "gdb may come here: tcp:HOST:PORT, unix:PATH, stdio, pty, chardev:ID, none"),
    option("s", None, "-gdb tcp::1234"),
    option(
        "icount",
        Some("shift=N"),
        "an instruction takes 2^N ns of guest time; 0; sleep=on|off: idle time",
    ),
    option(
        "seed",
        Some("N"),
        "random numbers of virtio-rng and of the device tree; the same N, the same numbers",
    ),
    option("rt", None, "guest time is the wall clock's"),
    option("name", Some("NAME"), "what the machine is called"),
    option("d", Some("ITEM,…"), "log items; help lists them"),
    option("trace", Some("PATTERN"), "trace events; help lists them; events=FILE, file=FILE"),
    option("msg", Some("timestamp=on"), "guest time before each line of -trace"),
    option("D", Some("FILE"), "write the log to FILE, not to standard error"),
];

/// Other spellings.
const ALIASES: &[(&str, &str)] = &[("machine", "M"), ("help", "h")];

/// The option that a word with a dash names, with one dash or two.
pub fn find(word: &str) -> Option<&'static Known> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    KNOWN.iter().find(|known| known.name == name)
}

/// Every name there is.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name).chain(ALIASES.iter().map(|(alias, _)| *alias))
}

/// What `-h` prints.
pub fn help(command: &str) -> String {
    let mut text = format!("{command} [options]\n\n");
    for known in KNOWN {
        let option = format!("-{} {}", known.name, known.value.unwrap_or_default());
        text += format!("  {option:<30} {}", known.help).trim_end();
        text += "\n";
    }
    text += "\nValues are lists, name=value,name=value, with ,, for a comma in a value; or JSON objects.\n\
             The exit status is what the guest says, 0 when it switches itself off, 1 if something failed,\n\
             2 for wrong usage.\n";
    text
}
