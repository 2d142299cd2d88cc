//! Control messages between driver and device. [virtio 1.2, 5.3.6.2; Linux: struct virtio_console_control]

/// What a message is about.
pub struct Event;

impl Event {
    /// The driver is ready.
    pub const DEVICE_READY: u16 = 0;
    /// There is a port.
    pub const PORT_ADD: u16 = 1;
    /// The driver knows the port.
    pub const PORT_READY: u16 = 3;
    /// The port is a console.
    pub const CONSOLE_PORT: u16 = 4;
    /// A side has opened or closed the port.
    pub const PORT_OPEN: u16 = 6;
    /// The port's name, which follows.
    pub const PORT_NAME: u16 = 7;
}

/// A message, without the name that may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The port's number.
    pub port: u32,
    /// Which of [`Event`].
    pub event: u16,
    /// Yes or no, mostly.
    pub value: u16,
}

impl Message {
    /// Its bytes.
    pub const SIZE: u64 = 8;

    /// A message.
    pub fn new(port: u32, event: u16, value: u16) -> Self {
        Self { port, event, value }
    }

    /// Reads one; none where bytes are missing.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 8] = bytes.try_into().ok()?;
        let [a, b, c, d, e, f, g, h] = bytes;
        Some(Self {
            port: u32::from_le_bytes([a, b, c, d]),
            event: u16::from_le_bytes([e, f]),
            value: u16::from_le_bytes([g, h]),
        })
    }

    /// As they lie in memory.
    pub fn bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.port.to_le_bytes();
        let ([e, f], [g, h]) = (self.event.to_le_bytes(), self.value.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = Message::new(0x0102_0304, Event::PORT_NAME, 0x0506);
        assert_eq!(message.bytes(), [4, 3, 2, 1, 7, 0, 6, 5]);
        assert_eq!(Message::read(&message.bytes()), Some(message));
        assert_eq!(Message::read(&message.bytes()[..7]), None);
    }
}
