//! Character devices of the host: where the bytes of serial ports and consoles come from and go to.
#![forbid(unsafe_code)]

/// What happens to a character device besides bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The other side has come.
    Opened,
    /// The other side has gone.
    Closed,
    /// The other side asks for attention (a serial break).
    Break,
    /// A mux has turned to this frontend.
    MuxIn,
    /// A mux has turned to another frontend.
    MuxOut,
}

/// The guest's end of a character device: a serial port, a console, a monitor.
///
/// Called on the machine's thread only.
pub trait Frontend: Send {
    /// How many bytes [`Frontend::receive`] takes now. Asked before each delivery; bytes wait until there is room.
    fn can_receive(&self) -> usize;
    /// Bytes from the host, never more than there is room for.
    fn receive(&self, bytes: &[u8]);
    /// Something happened.
    fn event(&self, event: Event) {
        let _ = event;
    }
}
