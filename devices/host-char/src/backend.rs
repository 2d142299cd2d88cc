//! The host's end of a character device, and the simple ones.

use crate::Event;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

/// What the event loop waits for: a descriptor that lives as long as [`Backend::sources`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The descriptor.
    pub fd: RawFd,
    /// Whether to wait until it can be read.
    pub readable: bool,
    /// Whether to wait until it can be written.
    pub writable: bool,
}

/// The outcome of a read that does not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing yet.
    Later,
    /// Nothing ever again.
    End,
}

/// The host's end of a character device. No call waits.
///
/// # Order of calls
/// `service`, then any number of `write` and `read`, over and over. `sources` may be asked at any time; the answer
/// changes only in the other three.
pub trait Backend: Send {
    /// Looks for comers and goers.
    fn service(&mut self) -> Option<Event> {
        None
    }
    /// Reads what is there.
    fn read(&mut self, into: &mut [u8]) -> Input;
    /// Writes what the host takes, and says how many bytes that was. Where nobody is at the other side,
    /// bytes are taken and dropped.
    fn write(&mut self, from: &[u8]) -> usize;
    /// What to wait for; `output` says that bytes are waiting to be written.
    fn sources(&self, output: bool) -> Vec<Source>;
    /// How long the event loop may wait before it calls again although no source is ready.
    fn patience(&self) -> Option<Duration> {
        None
    }
    /// Whether somebody can type, now or later, at a time that nobody knows.
    fn is_live(&self) -> bool {
        false
    }
    /// Whether somebody is at the other side.
    fn is_connected(&self) -> bool {
        true
    }
    /// What `info chardev` shows as file name.
    fn text(&self) -> String;
}

/// A read of a descriptor that does not wait.
pub(crate) fn read_from(from: &mut impl Read, into: &mut [u8]) -> Input {
    match from.read(into) {
        Ok(0) => Input::End,
        Ok(n) => Input::Bytes(n),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Input::Later,
        Err(_) => Input::End,
    }
}

/// A write to a descriptor that does not wait; `None` if the other side is gone.
pub(crate) fn write_to(to: &mut impl Write, from: &[u8]) -> Option<usize> {
    match to.write(from) {
        Ok(n) => Some(n),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Some(0),
        Err(_) => None,
    }
}

/// Gives nothing and takes all.
pub struct Null;

impl Backend for Null {
    fn read(&mut self, _: &mut [u8]) -> Input {
        Input::End
    }
    fn write(&mut self, from: &[u8]) -> usize {
        from.len()
    }
    fn sources(&self, _: bool) -> Vec<Source> {
        vec![]
    }
    fn text(&self) -> String {
        "null".into()
    }
}

/// Output into a file, and input from another if there is one.
pub struct FileOut {
    out: File,
    input: Option<File>,
    path: String,
}

impl FileOut {
    pub(crate) fn new(out: File, input: Option<File>, path: String) -> Self {
        Self { out, input, path }
    }
}

impl Backend for FileOut {
    fn read(&mut self, into: &mut [u8]) -> Input {
        self.input.as_mut().map_or(Input::End, |input| read_from(input, into))
    }
    /// A full disk loses output, as nothing else can be done but stop the guest.
    fn write(&mut self, from: &[u8]) -> usize {
        write_to(&mut self.out, from).unwrap_or(from.len())
    }
    fn sources(&self, _: bool) -> Vec<Source> {
        vec![]
    }
    fn text(&self) -> String {
        format!("file:{}", self.path)
    }
}

/// The last bytes written, for the monitor's `ringbuf_read`. A guest reads nothing of it.
pub struct Ring(RingReader);

/// The monitor's end of a ring buffer.
#[derive(Clone)]
pub struct RingReader {
    held: Arc<Mutex<VecDeque<u8>>>,
    size: usize,
}

impl Ring {
    pub(crate) fn new(size: usize) -> (Self, RingReader) {
        let reader = RingReader { held: Arc::default(), size };
        (Self(reader.clone()), reader)
    }
}

impl RingReader {
    /// Takes up to `most` bytes, the oldest first.
    pub fn read(&self, most: usize) -> Vec<u8> {
        let mut held = self.held.lock();
        let n = most.min(held.len());
        held.drain(..n).collect()
    }

    /// Puts bytes behind those of the guest; the oldest give way.
    pub fn write(&self, bytes: &[u8]) {
        let mut held = self.held.lock();
        held.extend(bytes);
        let beyond = held.len().saturating_sub(self.size);
        held.drain(..beyond);
    }
}

impl Backend for Ring {
    fn read(&mut self, _: &mut [u8]) -> Input {
        Input::End
    }
    fn write(&mut self, from: &[u8]) -> usize {
        self.0.write(from);
        from.len()
    }
    fn sources(&self, _: bool) -> Vec<Source> {
        vec![]
    }
    fn text(&self) -> String {
        "ringbuf".into()
    }
}
