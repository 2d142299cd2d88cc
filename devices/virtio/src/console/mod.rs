//! virtio-serial: consoles and serial ports of one device. [virtio 1.2, 5.3; QEMU: hw/char/virtio-serial-bus.c]
//!
//! A port is a pair of queues; the device's own pair carries [control messages](control). A driver that does not know
//! them has port 0 alone.

mod control;
mod line;
mod port;

pub use line::Line;

use crate::bus::{Bus, Function};
use crate::chain::{gather, part};
use crate::fault::Fault;
use control::{Event, Message};
use host_block::Outcome;
use model::{BusOutline, SnapshotError};
use port::{Half, Port};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Ports of one device at most, and as many as QEMU gives one where nobody says. [QEMU: max_ports]
pub const MOST_PORTS: u32 = 31;
/// The number that is kept for a console. [QEMU: virtser_port_device_plug]
pub const FIRST_CONSOLE: u32 = 0;

/// Feature bits. [virtio 1.2, 5.3.3; Linux: include/uapi/linux/virtio_console.h]
const MULTIPORT: u32 = 1;
const EMERGENCY_WRITE: u32 = 2;
/// Where the driver's cry for help lies in the configuration.
const EMERGENCY: usize = 8;
/// Bytes that a port sends before guest time passes, and the nanoseconds each of them takes.
const BURST: u64 = 64 << 10;
const PER_BYTE: u64 = 1;

/// Takes what a guest writes to a port.
pub type Output = Box<dyn FnMut(&[u8]) + Send>;

/// A port as a command line asks for it.
pub struct Socket {
    /// Its number.
    pub number: u32,
    /// Whether it is a console (`virtconsole`).
    pub console: bool,
    /// The name that the guest gives its file in /dev/virtio-ports.
    pub name: Option<String>,
    /// Whether somebody is at the other side from the start; a console's other side always is.
    pub open: bool,
    /// Where its bytes go; nowhere if there is nobody.
    pub output: Output,
}

/// The device.
pub struct Console {
    most: u32,
    ports: Vec<Port>,
    /// Whether each port's continuation is expected.
    asked: u64,
}

/// The saved device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    ports: Vec<port::State>,
    asked: u64,
}

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Port(u32, Half),
    Control(Half),
}

/// What queue `index` is for: port 0, then control messages, then the other ports. [virtio 1.2, 5.3.2]
fn role(index: usize) -> Role {
    let half = if index.is_multiple_of(2) { Half::ToDriver } else { Half::FromDriver };
    match u32::try_from(index / 2).unwrap_or(u32::MAX) {
        0 => Role::Port(0, half),
        1 => Role::Control(half),
        pair => Role::Port(pair - 1, half),
    }
}

/// The queue of a port.
fn queue(number: u32, half: Half) -> usize {
    let pair = if number == 0 { 0 } else { number as usize + 1 };
    2 * pair + usize::from(half == Half::FromDriver)
}

/// The queue on which the device sends control messages.
const CONTROL: usize = 2;

impl Console {
    /// A device with these ports, and room for `most` of them, of which there are no more than [`MOST_PORTS`].
    pub fn new(most: u32, sockets: Vec<Socket>) -> Self {
        let ports = sockets.into_iter().map(Port::new).collect();
        Self { most: most.clamp(1, MOST_PORTS), ports, asked: 0 }
    }

    fn port(&mut self, number: u32) -> Option<&mut Port> {
        self.ports.iter_mut().find(|port| port.number == number)
    }

    /// Whether the driver may talk of several ports.
    fn is_multiport(bus: &Bus) -> bool {
        bus.has(MULTIPORT)
    }

    /// Sends a control message, if the driver has left a buffer for it. Others are lost, as with QEMU.
    fn send(message: Message, name: Option<&str>, bus: &mut Bus) -> Result<(), Fault> {
        if !Self::is_multiport(bus) {
            return Ok(());
        }
        let Some(chain) = bus.pop(CONTROL)? else { return Ok(()) };
        let mut bytes = message.bytes().to_vec();
        if let Some(name) = name {
            bytes.extend(name.bytes());
            bytes.push(0);
        }
        let written = chain.fill(bus.memory, &bytes)?;
        bus.push(CONTROL, chain.head, written)
    }

    /// Takes the driver's control messages.
    fn hear_control(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault> {
        for _ in 0..bus.size(queue) {
            let Some(chain) = bus.pop(queue)? else { break };
            let bytes = gather(bus.memory, &part(&chain.readable, 0, Message::SIZE))?;
            bus.push(queue, chain.head, 0)?;
            if let Some(message) = Message::read(&bytes) {
                self.obey(message, bus)?;
            }
        }
        Ok(())
    }

    fn obey(&mut self, message: Message, bus: &mut Bus) -> Result<(), Fault> {
        let Message { port, value, .. } = message;
        match message.event {
            Event::DEVICE_READY if value == 1 => {
                for port in &self.ports {
                    Self::send(Message::new(port.number, Event::PORT_ADD, 1), None, bus)?;
                }
                Ok(())
            }
            Event::PORT_READY if value == 1 => self.introduce(port, bus),
            Event::PORT_OPEN => {
                if let Some(port) = self.port(port) {
                    port.state.driver_open = value != 0;
                }
                self.give(port, bus)
            }
            // A driver that has no room for a device or port says so by another value: nothing can be done about it.
            _ => Ok(()),
        }
    }

    /// Tells the driver what a port is.
    fn introduce(&mut self, number: u32, bus: &mut Bus) -> Result<(), Fault> {
        let Some(port) = self.port(number) else { return Ok(()) };
        let (console, open) = (port.console, port.is_open());
        let name = port.name.clone();
        if console {
            Self::send(Message::new(number, Event::CONSOLE_PORT, 1), None, bus)?;
        }
        if let Some(name) = name {
            Self::send(Message::new(number, Event::PORT_NAME, 1), Some(&name), bus)?;
        }
        if open {
            Self::send(Message::new(number, Event::PORT_OPEN, 1), None, bus)?;
        }
        Ok(())
    }

    /// Gives the driver what was typed at a port, as far as it has room.
    fn give(&mut self, number: u32, bus: &mut Bus) -> Result<(), Fault> {
        let several = Self::is_multiport(bus);
        match self.port(number) {
            Some(port) => port.give(queue(number, Half::ToDriver), several, bus),
            None => Ok(()),
        }
    }

    /// Sends what the driver has written to a port, as much as a moment takes.
    fn take(&mut self, number: u32, bus: &mut Bus) -> Result<(), Fault> {
        let index = queue(number, Half::FromDriver);
        let next = self.asked;
        let Some(port) = self.port(number) else { return discard(index, bus) };
        if port.state.due.is_none() && port.take(index, bus)? {
            let due = bus.now.saturating_add(BURST * PER_BYTE);
            port.state.due = Some((next, due));
            // Nobody answers, so that the device is called when the time has come.
            drop(bus.expect(next, due));
            self.asked += 1;
        }
        Ok(())
    }
}

/// Gives back what the driver has written to a port that is not there.
fn discard(queue: usize, bus: &mut Bus) -> Result<(), Fault> {
    for _ in 0..bus.size(queue) {
        let Some(chain) = bus.pop(queue)? else { break };
        bus.push(queue, chain.head, 0)?;
    }
    Ok(())
}

impl Function for Console {
    fn name(&self) -> &'static str {
        "virtio-serial-device"
    }

    fn id(&self) -> u32 {
        virtio_bindings::virtio_ids::VIRTIO_ID_CONSOLE
    }

    fn features(&self) -> u64 {
        u64::from(self.most > 1) << MULTIPORT | 1 << EMERGENCY_WRITE
    }

    fn queues(&self) -> usize {
        2 * (self.most as usize + 1)
    }

    /// [virtio 1.2, 5.3.4]: columns and rows, which nobody knows; ports; the cry for help.
    fn config(&self) -> Vec<u8> {
        [0, self.most, 0].map(u32::to_le_bytes).as_flattened().to_vec()
    }

    fn write_config(&mut self, at: usize, byte: u8) {
        // The first byte is a letter of a driver that cannot use its queues.
        if at == EMERGENCY
            && let Some(port) = self.ports.iter_mut().find(|port| port.console)
        {
            port.say(&[byte]);
        }
    }

    fn notify(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault> {
        match role(queue) {
            Role::Port(number, Half::ToDriver) => self.give(number, bus),
            Role::Port(number, Half::FromDriver) => self.take(number, bus),
            Role::Control(Half::FromDriver) => self.hear_control(queue, bus),
            Role::Control(Half::ToDriver) => Ok(()),
        }
    }

    fn complete(&mut self, id: u64, _: Option<Outcome>, bus: &mut Bus) -> Result<(), Fault> {
        let found = self.ports.iter_mut().find(|port| port.state.due.is_some_and(|(known, _)| known == id));
        let Some(port) = found else { return Ok(()) };
        port.state.due = None;
        let number = port.number;
        self.take(number, bus)
    }

    fn room(&self, number: u32, features: u64) -> usize {
        let several = features & 1 << MULTIPORT != 0;
        self.ports.iter().find(|port| port.number == number).map_or(0, |port| port.room(several))
    }

    fn receive(&mut self, number: u32, bytes: &[u8], bus: &mut Bus) -> Result<(), Fault> {
        if let Some(port) = self.port(number) {
            port.state.typed.extend(bytes);
        }
        self.give(number, bus)
    }

    fn attend(&mut self, number: u32, open: bool, bus: &mut Bus) -> Result<(), Fault> {
        let Some(port) = self.port(number) else { return Ok(()) };
        // A console's other side is there always.
        let changed = open != std::mem::replace(&mut port.open, open);
        if !changed || port.console {
            return Ok(());
        }
        Self::send(Message::new(number, Event::PORT_OPEN, open.into()), None, bus)
    }

    fn stop(&mut self, index: usize) {
        if let Role::Port(number, Half::FromDriver) = role(index)
            && let Some(port) = self.port(number)
        {
            port.state.sending = None;
        }
    }

    fn reset(&mut self) {
        self.ports.iter_mut().for_each(Port::reset);
    }

    fn properties(&self) -> Vec<(&'static str, String)> {
        vec![("max_ports", model::counted(self.most)), ("emergency-write", "true".into())]
    }

    /// [QEMU: hw/char/virtio-serial-bus.c, virtser_bus_dev_print]
    fn bus(&self) -> Option<BusOutline> {
        let name = "virtio-serial-bus.0".into();
        let devices = self.ports.iter().rev().map(Port::outline).collect();
        Some(BusOutline { name, kind: "virtio-serial-bus", devices })
    }

    fn save(&self) -> Value {
        let ports = self.ports.iter().map(|port| port.state.clone()).collect();
        serde_json::to_value(State { ports, asked: self.asked }).unwrap_or_default()
    }

    fn restore(&mut self, state: Value, bus: &mut Bus) -> Result<(), SnapshotError> {
        let state: State = crate::mmio::fields(self.name(), state)?;
        let whole = state.ports.len() == self.ports.len()
            && state.ports.iter().all(|port| port.is_possible(state.asked));
        if !whole {
            let value = format!("{:?}", state.ports);
            return Err(SnapshotError::Value { name: self.name(), field: "ports", value });
        }
        for (id, due) in state.ports.iter().filter_map(|port| port.due) {
            drop(bus.expect(id, due));
        }
        self.asked = state.asked;
        self.ports.iter_mut().zip(state.ports).for_each(|(port, state)| port.state = state);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_numbered_as_the_specification_says() {
        let roles: Vec<Role> = (0..6).map(role).collect();
        let ports = [0, 1].map(|port| [Role::Port(port, Half::ToDriver), Role::Port(port, Half::FromDriver)]);
        let control = [Role::Control(Half::ToDriver), Role::Control(Half::FromDriver)];
        assert_eq!(roles, [ports[0], control, ports[1]].as_flattened());
        for port in [0, 1, 5, 30] {
            for half in [Half::ToDriver, Half::FromDriver] {
                assert_eq!(role(queue(port, half)), Role::Port(port, half));
            }
        }
    }
}
