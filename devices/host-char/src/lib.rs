//! Character devices of the host: where the bytes of serial ports and consoles come from and go to.
//!
//! A [`Chardev`] joins a [`Backend`] (terminal, file, socket) and one [`Frontend`], or several behind a mux. It
//! has no thread: the machine's event loop waits for its [`Chardev::sources`] and calls [`Chardev::pump`].
//! Nothing blocks and nothing is lost: input stays in the host while no frontend has room, and output that the host
//! does not take waits ([`Writer::backlog`]).
#![forbid(unsafe_code)]

mod backend;
mod chardev;
mod mux;
mod pty;
mod socket;
mod stdio;
pub mod terminal;

pub use backend::{Backend, FileOut, Input, Null, Ring, RingReader, Source};
pub use chardev::{Chardev, Common, Config, Kind, Writer, open};
pub use mux::ESCAPE;
pub use socket::{Address, Role, SocketConfig};

use std::path::PathBuf;

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
/// Called on the machine's thread only. A frontend may write to its device while it is called.
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

/// What a person asks for with the mux's escape character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// End the machine (Ctrl-A x).
    Quit,
    /// Write disks out (Ctrl-A s).
    Sync,
}

/// A character device that could not be opened or joined.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened.
    #[error("chardev {id}: {path} cannot be opened")]
    File {
        /// The device.
        id: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No pseudo-terminal.
    #[error("chardev {id}: the host gives no pseudo-terminal")]
    Pty {
        /// The device.
        id: String,
        /// Why.
        source: std::io::Error,
    },
    /// The socket cannot be made.
    #[error("chardev {id}: {address} cannot be {verb}")]
    Socket {
        /// The device.
        id: String,
        /// Where.
        address: String,
        /// "listened on" or "connected to".
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A device that is no mux has its frontend already.
    #[error("chardev {id} is in use already; add mux=on to share it")]
    Busy {
        /// The device.
        id: String,
    },
    /// A ring buffer of no power of two.
    #[error("chardev {id}: a ring buffer of {size} bytes is impossible; use a power of two")]
    Ring {
        /// The device.
        id: String,
        /// What was asked for.
        size: usize,
    },
}
