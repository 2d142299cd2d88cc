//! Devices by QEMU's names, and what each may be told.

use super::super::error::OptionError;
use super::super::read::bad;
use machine::config::Properties;
use spec::asm::did_you_mean;

/// A kind of device.
pub struct Driver {
    /// QEMU's name.
    pub name: &'static str,
    /// One line.
    pub help: &'static str,
    /// Whether `-device` makes one; others are soldered on boards.
    pub plugged: bool,
    /// Properties and their meanings.
    pub properties: &'static [(&'static str, &'static str)],
}

const ID: (&str, &str) = ("id", "its name");
const BUS: (&str, &str) = ("bus", "virtio-mmio-bus.N, by address; the last free one if left out");
const PORT: &[(&str, &str)] = &[
    ("chardev", "the id of a -chardev; what the guest writes is lost if left out"),
    ("nr", "its number from 0; 0 is a console's"),
    ("name", "what the guest calls it in /dev/virtio-ports"),
    ("bus", "ID.0 of a virtio-serial-device; the first one if left out"),
    ID,
];

const fn plugged(
    name: &'static str,
    help: &'static str,
    properties: &'static [(&'static str, &'static str)],
) -> Driver {
    Driver { name, help, plugged: true, properties }
}

const fn soldered(name: &'static str, help: &'static str) -> Driver {
    Driver { name, help, plugged: false, properties: &[] }
}

/// All devices.
pub const DRIVERS: &[Driver] = &[
    plugged(
        "loader",
        "puts a file or a value into memory at each reset",
        &[
            ("file", "the file; an ELF file knows where it belongs"),
            ("addr", "physical address"),
            ("cpu-num", "0: hart 0 starts there"),
            ("data", "a value in place of a file"),
            ("data-len", "bytes of the value, 1 to 8"),
            ("data-be", "the value's first byte is its highest"),
            ("force-raw", "an ELF file is copied as it is"),
            ID,
        ],
    ),
    plugged(
        "virtio-blk-device",
        "a disk",
        &[
            ("drive", "the id of a -drive with if=none"),
            ("serial", "what the guest reads as its serial number, 20 bytes"),
            BUS,
            ID,
        ],
    ),
    plugged(
        "virtio-rng-device",
        "a source of entropy, the same in every run if -object does not say otherwise",
        &[("rng", "the id of an -object rng-builtin or rng-random"), BUS, ID],
    ),
    plugged(
        "virtio-serial-device",
        "a bus for virtconsole and virtserialport",
        &[("max_ports", "ports it has room for, 1 to 31"), BUS, ID],
    ),
    plugged("virtconsole", "a console, /dev/hvcN in Linux", PORT),
    plugged("virtserialport", "a port without a terminal, /dev/vportNpM in Linux", PORT),
    Driver {
        name: "virtio-mmio",
        help: "a transport of a virtio device",
        plugged: false,
        properties: &[("force-legacy", "on: version 1 of the registers; off: version 2")],
    },
    soldered("serial", "the serial port, a 16550A"),
    soldered("goldfish_rtc", "the clock"),
    soldered("riscv.sifive.test", "the test finisher"),
    soldered("riscv.aclint.swi", "interrupts between harts"),
    soldered("riscv.aclint.mtimer", "the harts' timers"),
    soldered("riscv.sifive.plic", "the interrupt controller"),
    soldered("riscv.htif.uart", "the host-target interface of spike"),
    soldered("cfi.pflash01", "a bank of flash"),
    soldered("fw_cfg", "what firmware asks the machine"),
];

/// The kind called `name`.
pub fn find(option: &'static str, name: &str) -> Result<&'static Driver, OptionError> {
    DRIVERS.iter().find(|driver| driver.name == name).ok_or_else(|| {
        let near = did_you_mean(name, DRIVERS.iter().map(|driver| driver.name));
        bad(option, name, format!("is no device here{near}; see -device help"))
    })
}

impl Driver {
    /// The names of its properties.
    pub fn names(&self) -> Vec<&'static str> {
        self.properties.iter().map(|(name, _)| *name).collect()
    }

    /// What `-device NAME,help` prints.
    pub fn text(&self) -> String {
        match self.properties {
            [] => format!("  {}: {}; it has no properties that can be set\n", self.name, self.help),
            properties => super::super::help::listed(properties.iter().copied()),
        }
    }
}

/// What `-device help` prints.
pub fn text() -> String {
    let lines = |plugged| {
        let kinds = DRIVERS.iter().filter(move |driver| driver.plugged == plugged);
        super::super::help::listed(kinds.map(|driver| (driver.name, driver.help)))
    };
    format!("{}\nsoldered on boards, for -global and NAME,help:\n{}", lines(true), lines(false))
}

/// Properties of all devices of a kind: `-global`.
#[derive(Debug, Default)]
pub struct Globals(Vec<[String; 3]>);

impl Globals {
    /// `-global DRIVER.PROPERTY=VALUE`, or `driver=,property=,value=`.
    ///
    /// # Errors
    /// Kinds and properties that are not there.
    pub fn read(&mut self, text: &str) -> Result<(), OptionError> {
        let short = text.split_once('=').and_then(|(place, value)| Some((place.rsplit_once('.')?, value)));
        let [driver, property, value] = match short {
            Some(((driver, property), value)) => [driver, property, value].map(str::to_owned),
            None if text.starts_with('{') || text.contains("driver=") => {
                let mut list = Properties::parse("global", text, None)?;
                let found = [list.require("driver")?, list.require("property")?, list.require("value")?];
                list.finish(&["driver", "property", "value"])?;
                found
            }
            None => return Err(bad("global", text, "names no property; write DRIVER.PROPERTY=VALUE")),
        };
        let known = find("global", &driver)?.names();
        if !known.contains(&&*property) {
            let near = did_you_mean(&property, known.iter().copied());
            let why = match (known.as_slice(), near.as_str()) {
                ([], _) => format!("is no property of {driver}, which has none"),
                (_, "") => format!("is no property of {driver}; it has {}", known.join(", ")),
                _ => format!("is no property of {driver}{near}"),
            };
            return Err(bad("global", &property, why));
        }
        self.0.push([driver, property, value]);
        Ok(())
    }

    /// Adds to a device's properties what holds for all of its kind and nobody has said of this one.
    pub fn apply(&self, driver: &str, list: &mut Properties) {
        let ours = self.0.iter().filter(|[kind, ..]| kind == driver);
        // The last one counts where one is repeated.
        for [_, property, value] in ours.rev() {
            list.set_if_missing(property, value);
        }
    }
}
