//! Disks and other virtio devices: `-drive`, `-device virtio-…`, `-object rng-…`, `-global virtio-mmio.…`.

use super::error::OptionError;
use super::read::bad;
use host_block::{Disk, Image, Options};
use machine::config::Properties;
use machine::solder;
use spec::asm::did_you_mean;
use std::error::Error;
use virtio::{Block, Config, Entropy, Function, Source};

/// Properties and their meanings.
type Known = &'static [(&'static str, &'static str)];

/// Devices: name, what it is, properties.
pub const DEVICES: &[(&str, &str, Known)] = &[
    (
        "virtio-blk-device",
        "a disk",
        &[
            ("drive", "the id of a -drive with if=none"),
            ("serial", "what the guest reads as its serial number, 20 bytes"),
            ("bus", "virtio-mmio-bus.N, by address; the last free one if left out"),
            ("id", "its name"),
        ],
    ),
    (
        "virtio-rng-device",
        "a source of entropy, the same in every run if -object does not say otherwise",
        &[
            ("rng", "the id of an -object rng-builtin or rng-random"),
            ("bus", "virtio-mmio-bus.N, by address; the last free one if left out"),
            ("id", "its name"),
        ],
    ),
];

/// The generator's start where nobody asks for the host's entropy.
const SEED: u64 = 0x7374_7261_7461;

/// What a command line says of virtio devices.
#[derive(Debug)]
pub struct Virtio {
    legacy: bool,
    drives: Vec<Drive>,
    devices: Vec<Device>,
    /// Sources of entropy, and whether they are the host's.
    sources: Vec<(String, bool)>,
}

#[derive(Debug)]
struct Drive {
    id: Option<String>,
    options: Options,
    used: bool,
}

#[derive(Debug)]
struct Device {
    kind: Kind,
    bus: Option<usize>,
}

/// A drive.
#[derive(Debug)]
enum Which {
    /// As a device names it.
    Id(String),
    /// As it was found.
    Number(usize),
}

#[derive(Debug)]
enum Kind {
    Disk {
        drive: Which,
        serial: String,
    },
    /// The source's name.
    Entropy {
        rng: Option<String>,
    },
}

impl Default for Virtio {
    fn default() -> Self {
        let legacy = Config::default().legacy;
        Self { legacy, drives: vec![], devices: vec![], sources: vec![] }
    }
}

impl Virtio {
    /// `-drive if=virtio` or `if=none`.
    pub fn drive(&mut self, mut list: Properties, plugged: bool) -> Result<(), OptionError> {
        let mut options = Options::new(list.require("file")?);
        options.read_only = list.switch("readonly")?.or(list.switch("read-only")?).unwrap_or(false);
        options.snapshot = list.switch("snapshot")?.unwrap_or(false);
        options.locking = list.take("file.locking").as_deref() != Some("off");
        options.discard = match list.take("discard").as_deref() {
            None | Some("ignore" | "off") => false,
            Some("unmap" | "on") => true,
            Some(other) => return Err(bad("drive", other, "is no way to discard; write unmap or ignore")),
        };
        if let Some(format) = list.take("format").filter(|format| format != "raw") {
            return Err(bad(
                "drive",
                &format,
                "is a format that strata does not read yet; convert it to raw",
            ));
        }
        let id = list.take("id");
        if id.is_some() && self.drives.iter().any(|drive| drive.id == id) {
            return Err(bad(
                "drive",
                id.as_deref().unwrap_or_default(),
                "is a drive already; choose another id",
            ));
        }
        // Whether the host caches changes no byte that a guest sees.
        list.take("cache");
        let known = [
            "if",
            "file",
            "format",
            "id",
            "readonly",
            "read-only",
            "snapshot",
            "discard",
            "cache",
            "file.locking",
        ];
        list.finish(&known)?;
        if plugged {
            let kind = Kind::Disk { drive: Which::Number(self.drives.len()), serial: String::new() };
            self.devices.push(Device { kind, bus: None });
        }
        self.drives.push(Drive { id, options, used: plugged });
        Ok(())
    }

    /// `-device`; a text if that asks for help.
    pub fn device(&mut self, driver: &str, mut list: Properties) -> Result<Option<String>, OptionError> {
        let properties =
            DEVICES.iter().find(|(name, ..)| *name == driver).map_or(&[][..], |(.., list)| *list);
        if list.has("help") {
            return Ok(Some(super::help::listed(properties.iter().copied())));
        }
        let bus = list.read("bus", "virtio-mmio-bus.0 to virtio-mmio-bus.7", |text| {
            text.strip_prefix("virtio-mmio-bus.")?.parse().ok()
        })?;
        list.take("id");
        let kind = if driver == "virtio-blk-device" {
            let serial = list.take("serial").unwrap_or_default();
            Kind::Disk { drive: Which::Id(list.require("drive")?), serial }
        } else {
            Kind::Entropy { rng: list.take("rng") }
        };
        list.finish(&properties.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        self.devices.push(Device { kind, bus });
        Ok(None)
    }

    /// `-object`.
    pub fn object(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("object", text, Some("qom-type"))?;
        let kind = list.require("qom-type")?;
        let host = match &*kind {
            "rng-builtin" => false,
            "rng-random" => true,
            kind => {
                let near = did_you_mean(kind, ["rng-builtin", "rng-random"].into_iter());
                return Err(bad(
                    "object",
                    kind,
                    format!("is no object{near}; write rng-builtin or rng-random"),
                ));
            }
        };
        let id = list.require("id")?;
        // All of the host's files of entropy are one source.
        list.take("filename");
        list.finish(&["id", "filename"])?;
        self.sources.push((id, host));
        Ok(())
    }

    /// `-global virtio-mmio.force-legacy=off`.
    pub fn global(&mut self, text: &str) -> Result<(), OptionError> {
        let value = text.strip_prefix("virtio-mmio.force-legacy=");
        self.legacy = match value {
            Some("on" | "true" | "yes") => true,
            Some("off" | "false" | "no") => false,
            Some(_) => return Err(bad("global", text, "is neither on nor off")),
            None => {
                let why = "is no property that can be set for all; write virtio-mmio.force-legacy=off";
                return Err(bad("global", text, why));
            }
        };
        Ok(())
    }

    /// Finds what devices name; `snapshot` holds for all drives.
    pub fn finish(&mut self, snapshot: bool) -> Result<(), OptionError> {
        self.drives.iter_mut().for_each(|drive| drive.options.snapshot |= snapshot);
        for device in &mut self.devices {
            match &mut device.kind {
                Kind::Disk { drive, .. } => {
                    let Which::Id(name) = &*drive else { continue };
                    let found = self.drives.iter().position(|drive| drive.id.as_deref() == Some(name));
                    let found = found.ok_or_else(|| {
                        let near =
                            did_you_mean(name, self.drives.iter().filter_map(|drive| drive.id.as_deref()));
                        bad(
                            "device",
                            name,
                            format!("is no drive{near}; write -drive if=none,id={name},file=FILE"),
                        )
                    })?;
                    if std::mem::replace(&mut self.drives[found].used, true) {
                        return Err(bad("device", name, "is a drive of another device; a disk has one"));
                    }
                    *drive = Which::Number(found);
                }
                Kind::Entropy { rng: Some(name) } if !self.sources.iter().any(|(id, _)| id == name) => {
                    let why = format!("is no source of entropy; write -object rng-random,id={name}");
                    return Err(bad("device", name, why));
                }
                Kind::Entropy { .. } => {}
            }
        }
        Ok(())
    }

    /// The drives, as people know them.
    pub fn drives(&self) -> impl Iterator<Item = machine::drive::Drive> {
        self.drives.iter().enumerate().map(|(number, drive)| {
            let id = drive.id.clone().unwrap_or_else(|| format!("virtio{number}"));
            let (file, options) = (drive.options.path.clone(), &drive.options);
            let device = drive.used.then(|| "virtio-blk-device".into());
            machine::drive::Drive {
                id,
                file,
                read_only: options.read_only,
                snapshot: options.snapshot,
                device,
            }
        })
    }

    /// What the board's transports are.
    pub fn transport(&self) -> Config {
        Config { legacy: self.legacy }
    }

    /// Opens what the devices need.
    pub fn build(&self) -> Result<Vec<solder::Virtio>, Box<dyn Error>> {
        self.devices
            .iter()
            .map(|device| Ok(solder::Virtio { function: self.function(device)?, bus: device.bus }))
            .collect()
    }

    fn function(&self, device: &Device) -> Result<Box<dyn Function>, Box<dyn Error>> {
        Ok(match &device.kind {
            Kind::Disk { drive, serial } => {
                let found = match drive {
                    Which::Number(number) => self.drives.get(*number),
                    Which::Id(_) => None,
                };
                let options = &found.ok_or("a disk without a drive")?.options;
                Box::new(Block::new(Disk::new(Image::open(options)?)?, serial))
            }
            Kind::Entropy { rng } => {
                let host = self.sources.iter().any(|(id, host)| *host && rng.as_ref() == Some(id));
                Box::new(Entropy::new(if host { Source::Host } else { Source::Seed(SEED) }))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{Asked, Machine, read};
    use super::*;
    use rstest::rstest;
    use std::ffi::OsString;

    fn asked(line: &str) -> Result<Box<Machine>, OptionError> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        match read("strata boot", &words, None)? {
            Asked::Machine(machine) => Ok(machine),
            Asked::Text(text) => panic!("{text}"),
        }
    }

    #[test]
    fn a_line_of_qemus_is_read() {
        let machine = asked(
            "-drive file=a.img,if=none,id=a,format=raw -device virtio-blk-device,drive=a,bus=virtio-mmio-bus.3 \
             -drive file=b.img,readonly=on,discard=unmap -device virtio-rng-device \
             -global virtio-mmio.force-legacy=false -snapshot",
        );
        let virtio = machine.unwrap().virtio;
        assert!(!virtio.transport().legacy);
        assert_eq!(virtio.devices.iter().map(|device| device.bus).collect::<Vec<_>>(), [Some(3), None, None]);
        let options: Vec<_> = virtio.drives.iter().map(|drive| &drive.options).collect();
        assert!(options.iter().all(|options| options.snapshot));
        assert_eq!(options.iter().map(|options| options.read_only).collect::<Vec<_>>(), [false, true]);
        assert!(options[1].discard);
    }

    #[rstest]
    #[case(
        "-device virtio-blk-device,drive=dsik -drive if=none,file=f,id=disk",
        "-device: \"dsik\" is no drive: did you mean 'disk'?; write -drive if=none,id=dsik,file=FILE"
    )]
    #[case(
        "-drive if=none,file=f,id=a -device virtio-blk-device,drive=a -device virtio-blk-device,drive=a",
        "-device: \"a\" is a drive of another device; a disk has one"
    )]
    #[case(
        "-drive file=f,format=qcow2",
        "-drive: \"qcow2\" is a format that strata does not read yet; convert it to raw"
    )]
    #[case(
        "-device virtio-rng-device,rng=r",
        "-device: \"r\" is no source of entropy; write -object rng-random,id=r"
    )]
    #[case(
        "-global virtio-mmio.force-legcy=on",
        "-global: \"virtio-mmio.force-legcy=on\" is no property that can be set for all; write virtio-mmio.force-legacy=off"
    )]
    #[case(
        "-device virtio-bkl-device",
        "-device: \"virtio-bkl-device\" is no device here: did you mean 'virtio-blk-device'?; see -device help"
    )]
    #[case(
        "-device virtio-blk-device,drive=a,serail=x",
        "-device virtio-blk-device has no property \"serail\": did you mean 'serial'?"
    )]
    fn a_wrong_word_is_named(#[case] line: &str, #[case] sentence: &str) {
        assert_eq!(asked(line).unwrap_err().to_string(), sentence);
    }
}
