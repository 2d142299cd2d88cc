//! Character devices: `-chardev`, `-serial`, `-monitor` and `-mon`, as QEMU spells them.
//!
//! [QEMU: qemu-options.hx, "Character device options"; chardev/char.c, qemu_chr_parse_compat]

use super::error::OptionError;
use host_char::{Address, Common, Config, Kind, Role, SocketConfig};
use machine::config::Properties;
use spec::asm::did_you_mean;
use std::time::Duration;

/// The character devices of a machine, and who uses them.
#[derive(Clone, Debug, Default)]
pub struct Chars {
    /// The devices.
    pub devices: Vec<Config>,
    /// The one of the serial port.
    pub serial: Option<String>,
    /// Those of monitors.
    pub monitors: Vec<String>,
    /// Those of ports of virtio devices.
    pub ports: Vec<String>,
    /// The one of gdb.
    pub gdb: Option<String>,
}

/// What the command line says of them, in its order.
#[derive(Default)]
pub struct Words {
    /// Values of `-chardev`.
    pub chardevs: Vec<String>,
    /// Values of `-serial`.
    pub serials: Vec<String>,
    /// Values of `-monitor`.
    pub monitors: Vec<String>,
    /// Values of `-mon`.
    pub mons: Vec<String>,
    /// The value of `-gdb`.
    pub gdb: Option<String>,
    /// `-nodefaults`.
    pub nodefaults: bool,
    /// `-nographic`.
    pub nographic: bool,
}

/// Backends of `-chardev`, and what each may be told.
const BACKENDS: &[(&str, &[&str])] = &[
    ("file", &["path", "append", "input-path"]),
    ("null", &[]),
    ("pty", &[]),
    ("ringbuf", &["size"]),
    ("socket", &["path", "host", "port", "server", "wait", "reconnect", "nodelay", "delay"]),
    ("stdio", &["signal"]),
];
/// What every backend may be told.
const COMMON: &[&str] = &["id", "mux", "logfile", "logappend"];
/// What `-serial` and `-monitor` take.
const PLACES: &str = "write stdio, mon:stdio, pty, file:FILE, unix:PATH,server=on, tcp:HOST:PORT,server=on, \
                      chardev:ID, null or none";

fn bad(option: &'static str, value: &str, why: impl Into<String>) -> OptionError {
    OptionError::Bad { option, value: value.into(), why: why.into() }
}

/// What `-chardev help` prints.
pub fn help() -> String {
    BACKENDS.iter().map(|(name, properties)| format!("  {name:<8} {}\n", properties.join(", "))).collect()
}

impl Words {
    /// The devices that these words mean.
    ///
    /// # Errors
    /// An [`OptionError`] that names the word and the remedy.
    pub fn read(self) -> Result<Chars, OptionError> {
        let mut chars = Chars::default();
        for text in &self.chardevs {
            let config = chardev(text)?;
            chars.add("chardev", text, config)?;
        }
        // QEMU's defaults where nothing is shown: the port and a monitor share the terminal, or what is left has it.
        let usual = if self.monitors.is_empty() && self.mons.is_empty() { "mon:stdio" } else { "stdio" };
        let taken = chars.has_stdio() || self.monitors.iter().any(|text| text == "stdio");
        match self.serials.first() {
            Some(text) => chars.serial = chars.place("serial", text, "serial0")?,
            None if self.nodefaults || taken => {}
            None => chars.serial = chars.place("serial", usual, "serial0")?,
        }
        // The boards have one port: what the others are given is opened and heard by nobody, as with QEMU.
        for (number, text) in self.serials.iter().enumerate().skip(1) {
            chars.place("serial", text, &format!("serial{number}"))?;
        }
        for text in &self.mons {
            chars.mon(text)?;
        }
        for (number, text) in self.monitors.iter().enumerate() {
            let id = format!("compat_monitor{number}");
            let monitor = chars.place("monitor", text, &id)?;
            chars.monitors.extend(monitor);
        }
        if let Some(text) = &self.gdb {
            chars.gdb(text)?;
        }
        let alone = self.nographic && !self.nodefaults && self.monitors.is_empty() && self.mons.is_empty();
        if alone && chars.monitors.is_empty() && !chars.has_stdio() {
            let monitor = chars.place("monitor", "stdio", "compat_monitor0")?;
            chars.monitors.extend(monitor);
        }
        Ok(chars)
    }
}

impl Chars {
    fn has_stdio(&self) -> bool {
        self.devices.iter().any(|device| matches!(device.kind, Kind::Stdio { .. }))
    }

    fn add(&mut self, option: &'static str, text: &str, config: Config) -> Result<(), OptionError> {
        if self.devices.iter().any(|known| known.id == config.id) {
            return Err(bad(option, text, "has the id of another device; write another id="));
        }
        if matches!(config.kind, Kind::Stdio { .. }) && self.has_stdio() {
            return Err(bad(
                option,
                text,
                "wants the terminal, which another device has; write -serial mon:stdio for both",
            ));
        }
        self.devices.push(config);
        Ok(())
    }

    /// The device at which a script on standard input is typed: the serial port's or a console's that is the terminal.
    pub fn console(&self) -> Option<&str> {
        let stdio = self.devices.iter().find(|device| matches!(device.kind, Kind::Stdio { .. }))?;
        let used = self.serial.iter().chain(&self.ports).any(|id| *id == stdio.id);
        used.then_some(&*stdio.id)
    }

    /// The id of a device that is called `id`.
    pub fn known(&self, option: &'static str, text: &str, id: &str) -> Result<String, OptionError> {
        let near = did_you_mean(id, self.devices.iter().map(|device| &*device.id));
        let known = self.devices.iter().find(|device| device.id == id);
        known
            .map(|device| device.id.clone())
            .ok_or_else(|| bad(option, text, format!("names no -chardev{near}; add -chardev TYPE,id={id}")))
    }

    /// `-mon [chardev=]ID`.
    fn mon(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("mon", text, Some("chardev"))?;
        let id = list.require("chardev")?;
        match list.take("mode").as_deref() {
            None | Some("readline") => {}
            Some(_) => {
                return Err(bad("mon", text, "wants a protocol that is not spoken; write mode=readline"));
            }
        }
        list.finish(&["chardev", "mode"])?;
        let id = self.known("mon", text, &id)?;
        self.monitors.push(id);
        Ok(())
    }

    /// The device that a value of `-serial` or `-monitor` means; a new one is called `id`.
    pub fn place(
        &mut self,
        option: &'static str,
        text: &str,
        id: &str,
    ) -> Result<Option<String>, OptionError> {
        let (mux, place) = text.strip_prefix("mon:").map_or((false, text), |place| (true, place));
        if place == "none" {
            return Ok(None);
        }
        if let Some(known) = place.strip_prefix("chardev:") {
            return self.known(option, text, known).map(Some);
        }
        let kind = if let Some(path) = place.strip_prefix("file:") {
            Kind::File { path: path.into(), input: None, append: false }
        } else if let Some(rest) = place.strip_prefix("unix:") {
            let mut list = Properties::parse(option, rest, Some("path"))?;
            let kind = socket(option, text, &mut list)?;
            list.finish(&["path", "server", "wait", "reconnect"])?;
            kind
        } else if let Some(rest) = place.strip_prefix("tcp:") {
            let mut list = Properties::parse(option, rest, Some("address"))?;
            let address = list.require("address")?;
            let kind = tcp(option, text, &address, &mut list)?;
            list.finish(&["address", "server", "wait", "reconnect", "nodelay", "delay"])?;
            kind
        } else {
            match place {
                // With a monitor beside the port, Ctrl-C is the guest's: a monitor can end the machine.
                "stdio" => Kind::Stdio { signal: !mux },
                "pty" => Kind::Pty,
                "null" => Kind::Null,
                _ => return Err(bad(option, text, format!("is no place for it; {PLACES}"))),
            }
        };
        self.add(option, text, Config { id: id.into(), kind, common: Common { mux, ..Common::default() } })?;
        if mux {
            self.monitors.push(id.into());
        }
        Ok(Some(id.into()))
    }
}

/// `-chardev [backend=]TYPE,id=ID,…`.
fn chardev(text: &str) -> Result<Config, OptionError> {
    let mut list = Properties::parse("chardev", text, Some("backend"))?;
    let backend = list.require("backend")?;
    let Some((name, properties)) = BACKENDS.iter().find(|(name, _)| *name == backend) else {
        let near = did_you_mean(&backend, BACKENDS.iter().map(|(name, _)| *name));
        return Err(bad("chardev", &backend, format!("is no backend{near}; see -chardev help")));
    };
    list.be_of(name);
    let id = list.require("id")?;
    let common = Common {
        mux: list.switch("mux")?.unwrap_or(false),
        logfile: list.take("logfile").map(Into::into),
        logappend: list.switch("logappend")?.unwrap_or(false),
    };
    let kind = match *name {
        "stdio" => Kind::Stdio { signal: list.switch("signal")?.unwrap_or(true) },
        "pty" => Kind::Pty,
        "null" => Kind::Null,
        "file" => Kind::File {
            path: list.require("path")?.into(),
            input: list.take("input-path").map(Into::into),
            append: list.switch("append")?.unwrap_or(false),
        },
        "ringbuf" => {
            let size = list.size("size")?.unwrap_or(1 << 16);
            Kind::Ring { size: usize::try_from(size).unwrap_or(0) }
        }
        _ => match (list.take("host"), list.take("port")) {
            (None, None) => socket("chardev", text, &mut list)?,
            (host, port) => {
                let address = format!("{}:{}", host.unwrap_or_default(), port.unwrap_or_default());
                tcp("chardev", text, &address, &mut list)?
            }
        },
    };
    let known: Vec<&str> = COMMON.iter().chain(properties.iter()).copied().collect();
    list.finish(&known)?;
    Ok(Config { id, kind, common })
}

fn role(list: &mut Properties) -> Result<Role, OptionError> {
    let server = list.switch("server")?.unwrap_or(false);
    let wait = list.switch("wait")?;
    let reconnect = list.number("reconnect")?.filter(|seconds| *seconds > 0);
    Ok(if server {
        Role::Server { wait: wait.unwrap_or(true) }
    } else {
        Role::Client { reconnect: reconnect.map(Duration::from_secs) }
    })
}

fn socket(option: &'static str, text: &str, list: &mut Properties) -> Result<Kind, OptionError> {
    let path = list.take("path").filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| bad(option, text, "names no socket; add path=PATH, or host= and port="))?;
    let role = role(list)?;
    Ok(Kind::Socket(SocketConfig { address: Address::Unix(path.into()), role, nodelay: false }))
}

fn tcp(option: &'static str, text: &str, address: &str, list: &mut Properties) -> Result<Kind, OptionError> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let port =
        port.parse().map_err(|_| bad(option, text, "names no port from 0 to 65535; write HOST:PORT"))?;
    // An IPv6 address is written in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let nodelay = list.switch("nodelay")?;
    let nodelay = nodelay.or(list.switch("delay")?.map(|delay| !delay)).unwrap_or(false);
    let role = role(list)?;
    Ok(Kind::Socket(SocketConfig { address: Address::Tcp { host, port }, role, nodelay }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn chars(line: &str) -> Result<Chars, OptionError> {
        let mut words = Words::default();
        let mut line = line.split_whitespace();
        while let Some(word) = line.next() {
            let list = match word {
                "-chardev" => &mut words.chardevs,
                "-serial" => &mut words.serials,
                "-monitor" => &mut words.monitors,
                "-mon" => &mut words.mons,
                "-nodefaults" => {
                    words.nodefaults = true;
                    continue;
                }
                _ => {
                    words.nographic = true;
                    continue;
                }
            };
            list.extend(line.next().map(String::from));
        }
        words.read()
    }

    #[rstest]
    #[case("", "serial0 Stdio { signal: false }/mux", Some("serial0"), &["serial0"])]
    #[case("-nographic", "serial0 Stdio { signal: false }/mux", Some("serial0"), &["serial0"])]
    #[case("-serial stdio", "serial0 Stdio { signal: true }", Some("serial0"), &[])]
    #[case("-monitor none", "serial0 Stdio { signal: true }", Some("serial0"), &[])]
    #[case("-monitor stdio", "compat_monitor0 Stdio { signal: true }", None, &["compat_monitor0"])]
    #[case("-nodefaults -nographic", "", None, &[])]
    #[case("-serial null -nographic", "serial0 Null, compat_monitor0 Stdio { signal: true }",
           Some("serial0"), &["compat_monitor0"])]
    #[case("-serial null -serial pty", "serial0 Null, serial1 Pty", Some("serial0"), &[])]
    #[case("-chardev stdio,mux=on,id=c -serial chardev:c -mon chardev=c",
           "c Stdio { signal: true }/mux", Some("c"), &["c"])]
    #[case("-serial unix:/s,server=on,wait=off",
           "serial0 Socket(SocketConfig { address: Unix(\"/s\"), role: Server { wait: false }, nodelay: false })",
           Some("serial0"), &[])]
    #[case("-serial tcp::4444,server,nowait",
           "serial0 Socket(SocketConfig { address: Tcp { host: \"\", port: 4444 }, role: Server { wait: false }, nodelay: false })",
           Some("serial0"), &[])]
    #[case("-chardev socket,id=a,host=h,port=1,reconnect=2 -serial none", 
           "a Socket(SocketConfig { address: Tcp { host: \"h\", port: 1 }, role: Client { reconnect: Some(2s) }, nodelay: false })",
           None, &[])]
    fn words_mean_devices(
        #[case] line: &str,
        #[case] devices: &str,
        #[case] serial: Option<&str>,
        #[case] monitors: &[&str],
    ) {
        let chars = chars(line).unwrap();
        let text = |device: &Config| {
            format!("{} {:?}{}", device.id, device.kind, if device.common.mux { "/mux" } else { "" })
        };
        let found: Vec<String> = chars.devices.iter().map(text).collect();
        assert_eq!((found.join(", ").as_str(), chars.serial.as_deref()), (devices, serial));
        assert_eq!(chars.monitors, monitors);
    }

    #[rstest]
    #[case(
        "-serial stdio -monitor stdio",
        "-monitor: \"stdio\" wants the terminal, which another device has; write -serial mon:stdio for both"
    )]
    #[case(
        "-chardev stdoi,id=a",
        "-chardev: \"stdoi\" is no backend: did you mean 'stdio'?; see -chardev help"
    )]
    #[case("-chardev stdio", "-chardev stdio: id is missing; add id=…")]
    #[case("-chardev pty,id=a,sgnal=on", "-chardev pty has no property \"sgnal\"")]
    #[case("-serial chardev:b", "-serial: \"chardev:b\" names no -chardev; add -chardev TYPE,id=b")]
    #[case("-serial tcp:h:x", "-serial: \"tcp:h:x\" names no port from 0 to 65535; write HOST:PORT")]
    fn a_wrong_word_is_named(#[case] line: &str, #[case] sentence: &str) {
        assert!(chars(line).unwrap_err().to_string().starts_with(sentence), "{}", chars(line).unwrap_err());
    }
}
