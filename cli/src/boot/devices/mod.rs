//! Disks and other virtio devices: `-drive`, `-device virtio-…`, `-object rng-…`.

pub mod flash;
mod serial;
pub mod table;

use super::chars::Chars;
use super::error::OptionError;
use super::read::bad;
use host_block::{Disk, Image, Options};
use machine::config::Properties;
use machine::solder;
use serial::Bus;
use spec::asm::did_you_mean;
use std::error::Error;
use virtio::console::Output;
use virtio::{Block, Config, Entropy, Function, Source};

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
    /// Whether it brings its device with it.
    plugged: bool,
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
    Serial(Bus),
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
        self.drives.push(Drive { id, options, plugged, used: plugged });
        Ok(())
    }

    /// `-device`.
    pub fn device(&mut self, driver: &str, mut list: Properties) -> Result<(), OptionError> {
        if let "virtconsole" | "virtserialport" = driver {
            return self.port(driver, list);
        }
        let bus = list.read("bus", "virtio-mmio-bus.0 to virtio-mmio-bus.7", |text| {
            text.strip_prefix("virtio-mmio-bus.")?.parse().ok()
        })?;
        let id = list.take("id");
        let kind = match driver {
            "virtio-blk-device" => {
                let serial = list.take("serial").unwrap_or_default();
                Kind::Disk { drive: Which::Id(list.require("drive")?), serial }
            }
            "virtio-serial-device" => Kind::Serial(Bus::read(id, &mut list)?),
            _ => Kind::Entropy { rng: list.take("rng") },
        };
        list.finish(&table::find("device", driver)?.names())?;
        self.devices.push(Device { kind, bus });
        Ok(())
    }

    fn buses(&mut self) -> impl Iterator<Item = &mut Bus> {
        self.devices.iter_mut().filter_map(|device| match &mut device.kind {
            Kind::Serial(bus) => Some(bus),
            _ => None,
        })
    }

    fn port(&mut self, driver: &str, mut list: Properties) -> Result<(), OptionError> {
        let name = list.take("bus");
        list.take("id");
        let mut buses = self.buses().enumerate();
        let named =
            |(index, bus): &(usize, &mut Bus)| name.as_deref().is_none_or(|n| bus.is_called(n, *index));
        let Some((_, bus)) = buses.find(named) else {
            let why = "has no bus; write -device virtio-serial-device,id=ID before it, and bus=ID.0";
            return Err(bad("device", name.as_deref().unwrap_or(driver), why));
        };
        bus.add(driver == "virtconsole", &mut list)?;
        Ok(list.finish(&table::find("device", driver)?.names())?)
    }

    /// Ports with a character device: the number of the device, that of the port, the character device.
    pub fn ports(&self) -> impl Iterator<Item = (usize, u32, &str)> {
        let buses = self.devices.iter().enumerate().filter_map(|(index, device)| match &device.kind {
            Kind::Serial(bus) => Some((index, bus)),
            _ => None,
        });
        buses.flat_map(|(index, bus)| {
            bus.ports().iter().filter_map(move |port| Some((index, port.number, port.chardev.as_deref()?)))
        })
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

    /// Properties of the board's transports.
    pub fn transports(&mut self, mut list: Properties) -> Result<(), OptionError> {
        self.legacy = list.switch("force-legacy")?.unwrap_or(self.legacy);
        Ok(())
    }

    /// Finds what devices name; `snapshot` holds for all drives. Drives that bring their device come behind others, as
    /// with QEMU.
    pub fn finish(&mut self, snapshot: bool, chars: &mut Chars) -> Result<(), OptionError> {
        self.drives.iter_mut().for_each(|drive| drive.options.snapshot |= snapshot);
        for (number, _) in self.drives.iter().enumerate().filter(|(_, drive)| drive.plugged) {
            let kind = Kind::Disk { drive: Which::Number(number), serial: String::new() };
            self.devices.push(Device { kind, bus: None });
        }
        for (.., id) in self.ports() {
            let id = chars.known("device", id, id)?;
            chars.ports.push(id);
        }
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
                Kind::Entropy { .. } | Kind::Serial(_) => {}
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
                committer: None,
            }
        })
    }

    /// What the board's transports are.
    pub fn transport(&self) -> Config {
        Config { legacy: self.legacy }
    }

    /// Opens what the devices need, and says who writes `drives` out. Entropy comes from `seed`. `output` says of a
    /// character device whether somebody is there, and takes what the guest writes.
    pub fn build(
        &self,
        seed: u64,
        drives: &mut [machine::drive::Drive],
        mut output: impl FnMut(&str) -> (bool, Output),
    ) -> Result<Vec<solder::Virtio>, Box<dyn Error>> {
        let plug = |device: &Device| {
            let function = self.function(device, seed, drives, &mut output)?;
            Ok(solder::Virtio { function, bus: device.bus })
        };
        self.devices.iter().map(plug).collect()
    }

    fn function(
        &self,
        device: &Device,
        seed: u64,
        drives: &mut [machine::drive::Drive],
        output: impl FnMut(&str) -> (bool, Output),
    ) -> Result<Box<dyn Function>, Box<dyn Error>> {
        Ok(match &device.kind {
            Kind::Disk { drive, serial } => {
                let Which::Number(number) = drive else { return Err("a disk without a drive".into()) };
                let options = &self.drives.get(*number).ok_or("a disk without a drive")?.options;
                let disk = Disk::new(Image::open(options)?)?;
                if let Some(drive) = drives.get_mut(*number) {
                    drive.committer = Some(disk.committer());
                }
                Box::new(Block::new(disk, serial))
            }
            Kind::Entropy { rng } => {
                let host = self.sources.iter().any(|(id, host)| *host && rng.as_ref() == Some(id));
                Box::new(Entropy::new(if host { Source::Host } else { Source::Seed(seed) }))
            }
            Kind::Serial(bus) => Box::new(bus.build(output)),
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

    #[test]
    fn ports_have_the_numbers_that_qemu_gives_them() {
        let machine = asked(
            "-chardev null,id=a -chardev null,id=b -chardev null,id=c -chardev null,id=d -device virtio-serial-device \
             -device virtserialport,chardev=a,name=x -device virtconsole,chardev=b -device virtconsole,chardev=c \
             -device virtio-serial-device,id=second -device virtserialport,bus=second.0,chardev=d,nr=7",
        );
        let virtio = machine.unwrap().virtio;
        let ports: Vec<_> = virtio.ports().collect();
        assert_eq!(ports, [(0, 1, "a"), (0, 0, "b"), (0, 2, "c"), (1, 7, "d")]);
    }

    #[test]
    fn a_global_property_holds_for_every_device_that_says_nothing_else_in_any_order() {
        let machine = asked(
            "-device virtio-blk-device,drive=a -device virtio-blk-device,drive=b,serial=own -global \
             virtio-blk-device.serial=all -global driver=virtio-blk-device,property=bus,value=virtio-mmio-bus.2 \
             -drive if=none,id=a,file=a -drive if=none,id=b,file=b",
        );
        let virtio = machine.unwrap().virtio;
        let serials = virtio.devices.iter().map(|device| match &device.kind {
            Kind::Disk { serial, .. } => &**serial,
            _ => "",
        });
        assert_eq!(serials.collect::<Vec<_>>(), ["all", "own"]);
        assert!(virtio.devices.iter().all(|device| device.bus == Some(2)));
    }

    #[test]
    fn every_device_says_what_it_can_be_told() {
        for driver in table::DRIVERS {
            let text = match read(
                "strata boot",
                &["-device".into(), format!("{},help", driver.name).into()],
                None,
            ) {
                Ok(Asked::Text(text)) => text,
                _ => panic!("{}", driver.name),
            };
            assert!(driver.names().iter().all(|name| text.contains(name)), "{text}");
        }
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
        "-global: \"force-legcy\" is no property of virtio-mmio: did you mean 'force-legacy'?"
    )]
    #[case(
        "-global virtio-mimo.x=y",
        "-global: \"virtio-mimo\" is no device here: did you mean 'virtio-mmio'?; see -device help"
    )]
    #[case("-global serial.x=y", "-global: \"x\" is no property of serial, which has none")]
    #[case("-global serial", "-global: \"serial\" names no property; write DRIVER.PROPERTY=VALUE")]
    #[case(
        "-global virtio-mmio.force-legacy=perhaps",
        "-global virtio-mmio: \"perhaps\" is no value for force-legacy; write on or off"
    )]
    #[case(
        "-device virtconsole",
        "-device: \"virtconsole\" has no bus; write -device virtio-serial-device,id=ID before it, and bus=ID.0"
    )]
    #[case(
        "-device virtio-serial-device,id=a -device virtconsole,bus=b.0",
        "-device: \"b.0\" has no bus; write -device virtio-serial-device,id=ID before it, and bus=ID.0"
    )]
    #[case(
        "-device virtio-serial-device -device virtserialport,nr=0",
        "-device: \"nr=0\" is a console's number; write another one, or virtconsole"
    )]
    #[case(
        "-device virtio-serial-device -device virtconsole,nr=3 -device virtserialport,nr=3",
        "-device: \"nr=3\" is the number of another port"
    )]
    #[case(
        "-device virtio-serial-device,max_ports=1 -device virtserialport",
        "-device: \"virtserialport\" has no room on its bus, which has max_ports=1"
    )]
    #[case(
        "-device virtio-serial-device -device virtconsole,chardev=c",
        "-device: \"c\" names no -chardev; add -chardev TYPE,id=c"
    )]
    #[case("-device goldfish_rtc", "-device: \"goldfish_rtc\" is soldered on boards; see -device help")]
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
