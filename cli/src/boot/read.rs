//! Reading a machine's command line.

use super::chars::{Chars, Words};
use super::devices::Virtio;
use super::devices::flash::Drive;
use super::devices::table::{self, Globals};
use super::error::OptionError;
use super::known::{self, Known};
use super::trace::Trace;
use control::log::{MACHINE_ITEMS, Wanted};
use machine::Rules;
use machine::board::{BOARDS, Board};
use machine::boot::{Bios, Files, Load};
use machine::config::{Properties, value};
use spec::asm::did_you_mean;
use spec::riscv::system::cpu::Cpu;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a machine is built from.
#[derive(Debug)]
pub struct Machine {
    /// Its board.
    pub board: &'static Board,
    /// Where its device tree is to be written, in place of running it.
    pub dumpdtb: Option<PathBuf>,
    /// Bits of a register.
    pub xlen: u32,
    /// The model of its harts.
    pub cpu: Cpu,
    /// Whether instructions run one at a time.
    pub step: bool,
    /// Harts.
    pub harts: u32,
    /// Bytes of RAM.
    pub ram: u64,
    /// What is booted.
    pub files: Files,
    /// Time, and what ends it.
    pub rules: Rules,
    /// Where the serial port and monitors lead.
    pub chars: Chars,
    /// Banks of flash.
    pub flash: Vec<Drive>,
    /// What is behind virtio transports.
    pub virtio: Virtio,
    /// Nanoseconds since 1970 when guest time is zero, if somebody said.
    pub epoch: Option<u64>,
    /// What is logged.
    pub items: Wanted,
    /// What is traced.
    pub trace: Trace,
    /// Where the machine's random numbers start.
    pub seed: u64,
    /// Where the log goes if not to standard error.
    pub log: Option<PathBuf>,
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// A machine.
    Machine(Box<Machine>),
    /// A text.
    Text(String),
}

impl Machine {
    /// The drives, as people know them.
    pub fn drives(&self) -> Vec<machine::drive::Drive> {
        let flash = self.flash.iter().enumerate().map(|(unit, drive)| machine::drive::Drive {
            id: format!("pflash{unit}"),
            file: drive.path.clone(),
            read_only: drive.read_only,
            snapshot: drive.snapshot,
            device: Some(format!("virt.flash{unit}")),
            committer: None,
        });
        self.virtio.drives().chain(flash).collect()
    }
}

/// The start of random numbers where nobody names one.
const SEED: u64 = 0x7374_7261_7461;

/// Reads the words after the command's name; `xlen` is what the command's name says, if anything.
///
/// # Errors
/// An [`OptionError`] that names the word and the remedy.
pub fn read(command: &str, words: &[OsString], xlen: Option<u32>) -> Result<Asked, OptionError> {
    let mut reader = Reader::new(xlen);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let word = word.to_str().ok_or_else(|| OptionError::Text(word.clone()))?;
        if !word.starts_with('-') {
            return Err(OptionError::Word(word.into()));
        }
        let known = known::find(word).ok_or_else(|| {
            let near = did_you_mean(word.trim_start_matches('-'), known::names());
            OptionError::Unknown { word: word.into(), near, command: command.into() }
        })?;
        let text = match known.value {
            None => "",
            Some(what) => {
                let value = words.next().ok_or(OptionError::Value(known.name, what))?;
                value.to_str().ok_or_else(|| OptionError::Text(value.clone()))?
            }
        };
        if known.name == "h" {
            return Ok(Asked::Text(known::help(command)));
        }
        if let Some(text) = reader.take(known, text)? {
            return Ok(Asked::Text(text));
        }
    }
    reader.finish().map(|machine| Asked::Machine(Box::new(machine)))
}

struct Reader {
    machine: Machine,
    ram: Option<u64>,
    cpu: Option<String>,
    devices: Vec<(&'static str, Properties)>,
    globals: Globals,
    words: Words,
    snapshot: bool,
    named: Option<u32>,
}

pub fn bad(option: &'static str, value: &str, why: impl Into<String>) -> OptionError {
    OptionError::Bad { option, value: value.into(), why: why.into() }
}

impl Reader {
    fn new(named: Option<u32>) -> Self {
        let machine = Machine {
            board: BOARDS[0],
            dumpdtb: None,
            xlen: named.unwrap_or(64),
            cpu: Cpu::new(64),
            step: false,
            harts: 1,
            ram: 0,
            files: Files::default(),
            rules: Rules::default(),
            chars: Chars::default(),
            flash: vec![],
            virtio: Virtio::default(),
            epoch: None,
            items: Wanted::default(),
            trace: Trace::default(),
            seed: SEED,
            log: None,
        };
        let (words, devices, globals) = (Words::default(), vec![], Globals::default());
        Self { machine, ram: None, cpu: None, devices, globals, words, snapshot: false, named }
    }

    /// Takes one option; returns a text if that is what it asks for.
    fn take(&mut self, known: &'static Known, text: &str) -> Result<Option<String>, OptionError> {
        let machine = &mut self.machine;
        match known.name {
            "version" => return Ok(Some(format!("strata {}\n", env!("CARGO_PKG_VERSION")))),
            "M" if matches!(text, "help" | "?") => return Ok(Some(boards())),
            "M" => self.board(text)?,
            "arch" => match (text, self.named) {
                ("riscv64", None | Some(64)) => machine.xlen = 64,
                ("riscv32", None | Some(32)) => machine.xlen = 32,
                _ => return Err(bad("arch", text, "cannot be had here; write riscv64 or riscv32")),
            },
            "cpu" if matches!(text, "help" | "?") => return Ok(Some(super::help::cpus())),
            "cpu" => self.cpu = Some(text.into()),
            "accel" if text == "help" => return Ok(Some(super::help::TIERS.into())),
            "accel" => self.accel(text)?,
            "smp" => self.smp(text)?,
            "m" => self.memory(text)?,
            "bios" => {
                machine.files.bios = match text {
                    "none" => Bios::None,
                    "default" => Bios::Default,
                    path => Bios::File(path.into()),
                }
            }
            "kernel" => machine.files.kernel = Some(text.into()),
            "initrd" => machine.files.initrd = Some(text.into()),
            "append" => machine.files.append = text.into(),
            "dtb" => machine.files.dtb = Some(text.into()),
            "device" if matches!(text, "help" | "?") => return Ok(Some(table::text())),
            "device" => return self.ask_device(text),
            "drive" => self.drive(text)?,
            "rtc" => self.rtc(text)?,
            "chardev" if matches!(text, "help" | "?") => return Ok(Some(super::chars::help())),
            "chardev" => self.words.chardevs.push(text.into()),
            "serial" => self.words.serials.push(text.into()),
            "monitor" => self.words.monitors.push(text.into()),
            "mon" => self.words.mons.push(text.into()),
            "gdb" => self.words.gdb = Some(text.into()),
            "s" => self.words.gdb = Some("tcp::1234".into()),
            "display" if text == "none" => {}
            "display" => {
                return Err(bad("display", text, "cannot be shown: strata has no display; write none"));
            }
            "d" if text == "help" => return Ok(Some(super::help::listed(MACHINE_ITEMS.iter().copied()))),
            "d" => return self.items(text),
            "trace" if matches!(text, "help" | "?") => return Ok(Some(super::trace::help())),
            "trace" => machine.trace.add(text)?,
            "msg" => machine.trace.message(text)?,
            "seed" => {
                let seed = value::number(text);
                machine.seed = seed.ok_or_else(|| bad("seed", text, "is no number; write one, such as 7"))?;
            }
            "D" => machine.log = Some(text.into()),
            "icount" => self.icount(text)?,
            "global" => self.globals.read(text)?,
            "object" => machine.virtio.object(text)?,
            // They name what is so already, or what nobody shows.
            "name" => {}
            name => self.flag(name),
        }
        Ok(None)
    }

    fn flag(&mut self, name: &str) {
        let rules = &mut self.machine.rules;
        match name {
            "nodefaults" => self.words.nodefaults = true,
            "nographic" => self.words.nographic = true,
            "snapshot" => self.snapshot = true,
            "no-reboot" => rules.no_reboot = true,
            "no-shutdown" => rules.no_shutdown = true,
            "S" => rules.stopped = true,
            _ => rules.realtime = true,
        }
    }

    fn board(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("M", text, Some("type"))?;
        if let Some(name) = list.take("type") {
            let near = did_you_mean(&name, BOARDS.iter().map(|board| board.name));
            self.machine.board = Board::named(&name)
                .ok_or_else(|| bad("M", &name, format!("is no board{near}; see -M help")))?;
        }
        self.machine.dumpdtb = list.take("dumpdtb").map(PathBuf::from);
        let known: Vec<_> = self.machine.board.properties.iter().map(|(name, _)| *name).collect();
        Ok(list.finish(&known)?)
    }

    fn accel(&mut self, text: &str) -> Result<(), OptionError> {
        // The usual tier of machines, by whatever name.
        match accel::Tier::parse(text)? {
            tier if tier.llsc() == accel::tier::Llsc::Strict => {
                return Err(bad("accel", text, "stops threads of programs; machines run with llsc=fast"));
            }
            accel::Tier::Interp(driver, _) => self.machine.step = driver == accel::Driver::Step,
            accel::Tier::Jit(_) if text == "auto" => {}
            accel::Tier::Jit(_) => {
                return Err(bad(
                    "accel",
                    text,
                    "translates programs only so far; machines run with -accel interp",
                ));
            }
        }
        Ok(())
    }

    fn smp(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("smp", text, Some("cpus"))?;
        let cpus = list.number("cpus")?;
        let mut product = None;
        for name in ["sockets", "cores", "threads"] {
            let number = list.number(name)?;
            product = number.map(|number| product.unwrap_or(1u64).saturating_mul(number)).or(product);
        }
        let most = list.number("maxcpus")?;
        list.finish(&["cpus", "sockets", "cores", "threads", "maxcpus"])?;
        let harts = cpus.or(product).unwrap_or(1);
        // Harts are not plugged in later, so that all there can be are there.
        if product.or(most).is_some_and(|product| product != harts) || most.is_some_and(|most| most != harts)
        {
            let why = "names two numbers of harts: cpus, maxcpus and sockets * cores * threads; write -smp N";
            return Err(bad("smp", text, why));
        }
        let fits = u32::try_from(harts).ok().filter(|harts| (1..=512).contains(harts));
        self.machine.harts = fits.ok_or_else(|| bad("smp", text, "is no number of harts; write 1 to 512"))?;
        Ok(())
    }

    /// A number alone means MiB, as nowhere else.
    fn memory(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("m", text, Some("size"))?;
        let wanted = "MiB, or a number and k, M or G";
        let size = list.read("size", wanted, |text| match value::number(text) {
            Some(mebibytes) => mebibytes.checked_mul(1 << 20),
            None => value::size(text),
        })?;
        list.finish(&["size"])?;
        if size == Some(0) {
            return Err(bad(
                "m",
                text,
                "is no memory; write a size, or leave -m out for the board's usual one",
            ));
        }
        self.ram = size.map(|size| size.next_multiple_of(4096));
        Ok(())
    }

    fn icount(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("icount", text, Some("shift"))?;
        let wanted = "a number from 0 to 10; the clock of strata's machines counts instructions always";
        let shift = list.read("shift", wanted, |text| text.parse().ok().filter(|shift| *shift <= 10))?;
        self.machine.rules.sleep = list.switch("sleep")?;
        list.finish(&["shift", "sleep"])?;
        self.machine.rules.shift = shift.unwrap_or(0);
        Ok(())
    }

    fn items(&mut self, text: &str) -> Result<Option<String>, OptionError> {
        if text == "trace:help" {
            return Ok(Some(super::trace::help()));
        }
        self.machine.items.add(text).map_err(|(word, why)| bad("d", &word, why))?;
        Ok(None)
    }

    /// A device is made when all options are known, as `-global` may follow; a text, if it asks for help.
    fn ask_device(&mut self, text: &str) -> Result<Option<String>, OptionError> {
        let mut list = Properties::parse("device", text, Some("driver"))?;
        let driver = table::find("device", &list.require("driver")?)?;
        if list.has("help") {
            return Ok(Some(driver.text()));
        }
        if !driver.plugged {
            return Err(bad("device", driver.name, "is soldered on boards; see -device help"));
        }
        list.be_of(driver.name);
        self.devices.push((driver.name, list));
        Ok(None)
    }

    fn loader(&mut self, mut list: Properties) -> Result<(), OptionError> {
        list.take("id");
        let mut load = Load { file: None, at: list.number("addr")?, data: vec![], raw: false, start: false };
        load.file = list.take("file").map(PathBuf::from);
        load.raw = list.switch("force-raw")?.unwrap_or(false);
        let hart = list.number("cpu-num")?;
        let (data, size) = (list.number("data")?, list.number("data-len")?);
        let big = list.switch("data-be")?.unwrap_or(false);
        if let Some(data) = data {
            let size = usize::try_from(size.unwrap_or(8)).ok().filter(|size| (1..=8).contains(size));
            let size =
                size.ok_or_else(|| bad("device", "loader", "has no data-len from 1 to 8; write data-len=N"))?;
            load.data = if big {
                data.to_be_bytes()[8 - size..].to_vec()
            } else {
                data.to_le_bytes()[..size].to_vec()
            };
        }
        // A hart's number says that it starts where this lies.
        load.start = hart == Some(0);
        list.finish(&table::find("device", "loader")?.names())?;
        self.machine.files.loads.push(load);
        Ok(())
    }

    fn drive(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("drive", text, None)?;
        let place = list.take("if").unwrap_or_else(|| "virtio".into());
        if let "none" | "virtio" = &*place {
            return self.machine.virtio.drive(list, place == "virtio");
        }
        if place != "pflash" {
            let why = "is for a device that no board has here; write if=virtio, if=none or if=pflash";
            return Err(bad("drive", text, why));
        }
        let path = list.require("file")?.into();
        let read_only = list.switch("readonly")?.unwrap_or(false);
        let snapshot = list.switch("snapshot")?.unwrap_or(false);
        let unit = list.number("unit")?;
        match list.take("format").as_deref() {
            None | Some("raw") => {}
            Some(format) => return Err(bad("drive", format, "is no format of flash; write raw")),
        }
        list.finish(&["if", "file", "format", "readonly", "snapshot", "unit"])?;
        let next = self.machine.flash.len() as u64;
        if next >= 2 || unit.is_some_and(|unit| unit != next) {
            return Err(bad("drive", text, "is no bank: a board has two, unit=0 first"));
        }
        self.machine.flash.push(Drive { path, read_only, snapshot });
        self.machine.files.flash = true;
        Ok(())
    }

    /// A date is one of `date -d @N`: seconds since 1970.
    fn rtc(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("rtc", text, None)?;
        let base = list.take("base");
        list.take("clock");
        list.finish(&["base", "clock"])?;
        let now = || std::time::UNIX_EPOCH.elapsed().ok().map(|now| now.as_secs());
        let seconds = match base.as_deref() {
            None => return Ok(()),
            Some("utc" | "localtime") => now(),
            Some(text) => value::number(text),
        };
        let wanted = "is no start of the clock; write base=utc, or base= and seconds since 1970";
        let nanoseconds = seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000));
        self.machine.epoch = Some(nanoseconds.ok_or_else(|| bad("rtc", text, wanted))?);
        Ok(())
    }

    fn finish(mut self) -> Result<Machine, OptionError> {
        let machine = &mut self.machine;
        if self.cpu.as_deref().is_some_and(|cpu| cpu.starts_with("rv32")) {
            machine.xlen = 32;
        }
        let usual = if machine.xlen == 32 { "rv32" } else { "rv64" };
        let cpu = self.cpu.as_deref().unwrap_or(usual);
        machine.cpu = Cpu::parse(cpu, machine.xlen)?;
        if machine.cpu.xlen != machine.xlen {
            let why = "has other registers than -arch asks for; leave one of them out";
            return Err(bad("cpu", cpu, why));
        }
        machine.flash.iter_mut().for_each(|drive| drive.snapshot |= self.snapshot);
        machine.ram = self.ram.unwrap_or(machine.board.usual_ram);
        if machine.harts > machine.board.harts {
            let why =
                format!("harts are more than the {} of board {}", machine.board.harts, machine.board.name);
            return Err(bad("smp", &machine.harts.to_string(), why));
        }
        machine.chars = std::mem::take(&mut self.words).read()?;
        for (driver, mut list) in std::mem::take(&mut self.devices) {
            self.globals.apply(driver, &mut list);
            match driver {
                "loader" => self.loader(list)?,
                _ => self.machine.virtio.device(driver, list)?,
            }
        }
        let mut transports = Properties::empty("-global virtio-mmio");
        self.globals.apply("virtio-mmio", &mut transports);
        let machine = &mut self.machine;
        machine.virtio.transports(transports)?;
        machine.virtio.finish(self.snapshot, &mut machine.chars)?;
        Ok(self.machine)
    }
}

fn boards() -> String {
    super::help::listed(BOARDS.iter().map(|board| (board.name, board.help)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn asked(line: &str) -> Result<Asked, OptionError> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        read("strata boot", &words, None)
    }

    fn machine(line: &str) -> Machine {
        match asked(line).unwrap() {
            Asked::Machine(machine) => *machine,
            Asked::Text(text) => panic!("{text}"),
        }
    }

    #[test]
    fn a_usual_line_is_read() {
        let machine = machine(
            "-M virt -m 1G --smp 2 -kernel Image -initrd i.gz -append console=ttyS0 -nographic -no-reboot",
        );
        assert_eq!((machine.board.name, machine.ram, machine.harts), ("virt", 1 << 30, 2));
        assert_eq!(machine.files.kernel, Some("Image".into()));
        assert_eq!(machine.files.append, "console=ttyS0");
        assert!(machine.rules.no_reboot);
        assert_eq!(machine.chars.monitors, ["serial0"]);
    }

    #[rstest]
    #[case("-m 64", 64 << 20)]
    #[case("-m size=64k", 64 << 10)]
    #[case("", 128 << 20)]
    fn memory_is_in_mebibytes(#[case] line: &str, #[case] bytes: u64) {
        assert_eq!(machine(line).ram, bytes);
    }

    #[rstest]
    #[case("-smp 4", 4)]
    #[case("-smp sockets=2,cores=2", 4)]
    #[case("-smp 4,sockets=2,cores=2,maxcpus=4", 4)]
    #[case("", 1)]
    fn harts_are_counted(#[case] line: &str, #[case] harts: u32) {
        assert_eq!(machine(line).harts, harts);
    }

    #[test]
    fn a_loader_says_where_hart_0_starts() {
        let machine = machine(
            "-device loader,addr=0x80000000,data=0x13,data-len=4 -device loader,file=a,addr=4096,cpu-num=0",
        );
        assert_eq!(machine.files.loads[0].data, [0x13, 0, 0, 0]);
        assert!(!machine.files.loads[0].start && machine.files.loads[1].start);
        assert_eq!(machine.files.loads[1].at, Some(4096));
    }

    #[rstest]
    #[case("-kernle x", "there is no option -kernle: did you mean 'kernel'?; see strata boot -h")]
    #[case("disk.img", "\"disk.img\" is no option; name a kernel with -kernel FILE")]
    #[case("-kernel", "option -kernel needs a value: FILE")]
    #[case("-M vrit", "-M: \"vrit\" is no board: did you mean 'virt'?; see -M help")]
    #[case("-M virt,dumpdbt=x", "-M has no property \"dumpdbt\": did you mean 'dumpdtb'?")]
    #[case(
        "-smp 2,sockets=3",
        "-smp: \"2,sockets=3\" names two numbers of harts: cpus, maxcpus and sockets * cores * threads; write -smp N"
    )]
    #[case("-m 0", "-m: \"0\" is no memory; write a size, or leave -m out for the board's usual one")]
    #[case("-cpu rv65", "there is no CPU model \"rv65\" here; the models are rv64, rv32 and max")]
    #[case("-cpu rv64,svadw=on", "CPU model rv64 has no property \"svadw\"; did you mean \"svade\"?")]
    #[case(
        "-cpu rv64 -arch riscv32",
        "-cpu: \"rv64\" has other registers than -arch asks for; leave one of them out"
    )]
    #[case("-smp 0", "-smp: \"0\" is no number of harts; write 1 to 512")]
    #[case("-m lots", "-m: \"lots\" is no value for size; write MiB, or a number and k, M or G")]
    #[case("-device loader,fiel=x", "-device loader has no property \"fiel\": did you mean 'file'?")]
    #[case("-device loadr", "-device: \"loadr\" is no device here: did you mean 'loader'?; see -device help")]
    #[case("-d hush", "-d: \"hush\" is no log item: did you mean 'hash'?; see -d help")]
    #[case("-M spike -smp 9", "-smp: \"9\" harts are more than the 8 of board spike")]
    fn a_wrong_word_is_named(#[case] line: &str, #[case] sentence: &str) {
        assert_eq!(asked(line).unwrap_err().to_string(), sentence);
    }
}
