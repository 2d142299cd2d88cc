//! Ports of virtio-serial devices: `-device virtconsole` and `virtserialport`.

use super::super::error::OptionError;
use super::super::read::bad;
use machine::config::Properties;
use virtio::Console;
use virtio::console::{FIRST_CONSOLE, MOST_PORTS, Output, Socket};

/// A virtio-serial device.
#[derive(Debug, Default)]
pub struct Bus {
    id: Option<String>,
    most: u32,
    ports: Vec<Port>,
}

/// A port of one.
#[derive(Debug)]
pub struct Port {
    /// Its number.
    pub number: u32,
    /// Its character device.
    pub chardev: Option<String>,
    console: bool,
    name: Option<String>,
}

impl Bus {
    /// What a `-device virtio-serial-device` asks for.
    pub fn read(id: Option<String>, list: &mut Properties) -> Result<Self, OptionError> {
        let most = list.read("max_ports", "a number from 1 to 31", |text| {
            text.parse().ok().filter(|most| (1..=MOST_PORTS).contains(most))
        })?;
        Ok(Self { id, most: most.unwrap_or(MOST_PORTS), ports: vec![] })
    }

    /// Its ports.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Whether `bus=` means it; `index` counts the buses.
    pub fn is_called(&self, bus: &str, index: usize) -> bool {
        match &self.id {
            Some(id) => bus.strip_suffix(".0") == Some(id),
            None => bus == format!("virtio-serial-bus.{index}"),
        }
    }

    /// Adds the port that a `-device` asks for.
    pub fn add(&mut self, console: bool, list: &mut Properties) -> Result<(), OptionError> {
        let wanted = "a number from 0 to 30";
        let asked = list.read("nr", wanted, |text| text.parse().ok().filter(|nr| *nr < MOST_PORTS))?;
        let taken = |number: u32| self.ports.iter().any(|port| port.number == number);
        // Old drivers know port 0 alone, and take it for a console.
        let first = if console { FIRST_CONSOLE } else { FIRST_CONSOLE + 1 };
        let number = match asked {
            Some(number) if number < first => {
                return Err(bad(
                    "device",
                    "nr=0",
                    "is a console's number; write another one, or virtconsole",
                ));
            }
            Some(number) if taken(number) => {
                return Err(bad("device", &format!("nr={number}"), "is the number of another port"));
            }
            Some(number) => Some(number),
            None => (first..self.most).find(|number| !taken(*number)),
        };
        let number = number.filter(|number| *number < self.most).ok_or_else(|| {
            let why = format!("has no room on its bus, which has max_ports={}", self.most);
            bad("device", if console { "virtconsole" } else { "virtserialport" }, why)
        })?;
        let name = list.take("name").filter(|name| !name.is_empty());
        self.ports.push(Port { number, chardev: list.take("chardev"), console, name });
        Ok(())
    }

    /// The device. `output` says of a character device whether somebody is there, and takes what the guest writes.
    pub fn build(&self, mut output: impl FnMut(&str) -> (bool, Output)) -> Console {
        let sockets = self.ports.iter().map(|port| {
            let nobody: (bool, Output) = (false, Box::new(|_| {}));
            let (open, output) = port.chardev.as_deref().map_or(nobody, &mut output);
            let (number, console, name) = (port.number, port.console, port.name.clone());
            Socket { number, console, name, open, output }
        });
        Console::new(self.most, sockets.collect())
    }
}
