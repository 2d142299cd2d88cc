//! A character device: one backend, one frontend or several behind a mux.

use crate::backend::{Backend, FileOut, Input, Null, Ring, RingReader, Source};
use crate::mux::{Mux, Typed};
use crate::{Action, Error, Event, Frontend, pty, socket, stdio};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Input that is held for one frontend; more stays in the host. A mux reads ahead so that its escape
/// character works although a guest does not listen.
const READ_AHEAD: usize = 4096;
/// Reads of one pump, so that a source that never dries up does not keep the machine from running.
const ROUNDS: usize = 64;

/// Which backend.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// The terminal strata runs on. `signal`: Ctrl-C interrupts strata and does not reach the guest.
    Stdio {
        /// See there.
        signal: bool,
    },
    /// A new pseudo-terminal.
    Pty,
    /// A file for output, and one for input.
    File {
        /// For output.
        path: PathBuf,
        /// For input.
        input: Option<PathBuf>,
        /// Adds to `path` instead of emptying it.
        append: bool,
    },
    /// A Unix or TCP socket.
    Socket(socket::SocketConfig),
    /// A buffer of so many bytes (a power of two).
    Ring {
        /// Bytes.
        size: usize,
    },
}

/// What all backends have.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// Several frontends share the device.
    pub mux: bool,
    /// Output is also written here.
    pub logfile: Option<PathBuf>,
    /// Adds to `logfile` instead of emptying it.
    pub logappend: bool,
}

/// A character device as `-chardev` asks for it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub id: String,
    /// Which backend.
    pub kind: Kind,
    /// What all backends have.
    pub common: Common,
}

/// Opens a character device. A server socket that is to wait waits here until somebody has come.
///
/// # Errors
/// The file, socket or pseudo-terminal cannot be had.
pub fn open(config: &Config) -> Result<Chardev, Error> {
    let id = &config.id;
    let mut ring = None;
    let backend: Box<dyn Backend> = match &config.kind {
        Kind::Null => Box::new(Null),
        Kind::Stdio { signal } => Box::new(stdio::Stdio::new(*signal)),
        Kind::Pty => Box::new(pty::Pty::open().map_err(|source| Error::Pty { id: id.clone(), source })?),
        Kind::File { path, input, append } => {
            let out = create(id, path, *append)?;
            let input = input.as_ref().map(|path| open_input(id, path)).transpose()?;
            Box::new(FileOut::new(out, input, path.display().to_string()))
        }
        Kind::Socket(socket) => Box::new(socket::Socket::open(id, socket)?),
        Kind::Ring { size } if !size.is_power_of_two() => {
            return Err(Error::Ring { id: id.clone(), size: *size });
        }
        Kind::Ring { size } => {
            let (backend, reader) = Ring::new(*size);
            ring = Some(reader);
            Box::new(backend)
        }
    };
    let log = config.common.logfile.as_ref().map(|path| create(id, path, config.common.logappend));
    let mut chardev = Chardev::new(id, backend, config.common.mux);
    (chardev.ring, chardev.log) = (ring, log.transpose()?);
    Ok(chardev)
}

fn create(id: &str, path: &Path, append: bool) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    options.open(path).map_err(|source| Error::File { id: id.into(), path: path.into(), source })
}

fn open_input(id: &str, path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::File { id: id.into(), path: path.into(), source })
}

/// Writes to a character device from any place, also from within one of its frontends.
#[derive(Clone, Default)]
pub struct Writer(Arc<Mutex<VecDeque<u8>>>);

impl Writer {
    /// Queues `bytes`. They leave with the next [`Chardev::pump`].
    pub fn write(&self, bytes: &[u8]) {
        self.0.lock().extend(bytes);
    }

    /// Bytes that the host has not taken yet. A machine stops its CPUs while this is large.
    pub fn backlog(&self) -> usize {
        self.0.lock().len()
    }
}

struct Seat {
    frontend: Box<dyn Frontend>,
    pending: VecDeque<u8>,
}

/// A character device.
pub struct Chardev {
    id: String,
    backend: Box<dyn Backend>,
    out: Writer,
    log: Option<File>,
    seats: Vec<Seat>,
    mux: Option<Mux>,
    ring: Option<RingReader>,
    /// Whether a read may find something. Cleared by a read that finds nothing.
    ready: bool,
}

impl Chardev {
    /// A device named `id` with a backend of any kind, shared by several frontends if it is a `mux`.
    pub fn new(id: &str, backend: Box<dyn Backend>, mux: bool) -> Self {
        let (out, mux) = (Writer::default(), mux.then(Mux::default));
        Self { id: id.into(), backend, out, log: None, seats: vec![], mux, ring: None, ready: true }
    }

    /// The device's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the backend leads, as `info chardev` shows it.
    pub fn text(&self) -> String {
        self.backend.text()
    }

    /// Whether somebody can type, now or later. A machine's idle time passes as the wall clock does then.
    pub fn is_live(&self) -> bool {
        self.backend.is_live()
    }

    /// Whether somebody is at the other side.
    pub fn is_connected(&self) -> bool {
        self.backend.is_connected()
    }

    /// Whether input waits until a frontend has room. To be asked after [`Chardev::pump`].
    pub fn has_waiting(&self) -> bool {
        self.seats.iter().any(|seat| !seat.pending.is_empty()) || self.ready && !self.seats.is_empty()
    }

    /// Whether several frontends may join.
    pub fn is_mux(&self) -> bool {
        self.mux.is_some()
    }

    /// Sets the mux's escape character (`-echr`), which is Ctrl-A otherwise.
    pub fn set_escape(&mut self, escape: u8) {
        if let Some(mux) = &mut self.mux {
            mux.escape = escape;
        }
    }

    /// The way to write to the device.
    pub fn writer(&self) -> Writer {
        self.out.clone()
    }

    /// The reading end, of a ring buffer.
    pub fn ring(&self) -> Option<RingReader> {
        self.ring.clone()
    }

    /// Joins a frontend. Of a mux the first one has the focus.
    ///
    /// # Errors
    /// There is one already and the device is no mux.
    pub fn attach(&mut self, frontend: Box<dyn Frontend>) -> Result<(), Error> {
        if !self.seats.is_empty() && self.mux.is_none() {
            return Err(Error::Busy { id: self.id.clone() });
        }
        self.seats.push(Seat { frontend, pending: VecDeque::new() });
        Ok(())
    }

    /// What the event loop waits for. Ask again after every [`Chardev::pump`].
    ///
    /// While input waits for a frontend nothing is to be read, so that a source does not wake the loop for nothing.
    pub fn sources(&self) -> Vec<Source> {
        let mut sources = self.backend.sources(self.out.backlog() > 0);
        // Somebody may come who is not typing yet.
        let room = self.room() > 0 || !self.is_connected();
        sources.iter_mut().for_each(|source| source.readable &= room);
        sources.retain(|source| source.readable || source.writable);
        sources
    }

    /// How long the event loop may wait before it calls [`Chardev::pump`] although no source is ready.
    pub fn patience(&self) -> Option<Duration> {
        self.backend.patience()
    }

    /// A source of this device is ready.
    pub fn wake(&mut self) {
        self.ready = true;
    }

    /// Moves bytes in both directions as far as they go, and says what a person asked for. Cheap when
    /// there is nothing to do; call it in every round of the event loop.
    pub fn pump(&mut self) -> Vec<Action> {
        let mut actions = vec![];
        if let Some(event) = self.backend.service() {
            self.ready = true;
            self.seats.iter().for_each(|seat| seat.frontend.event(event));
        }
        for _ in 0..ROUNDS {
            self.send();
            let delivered = self.deliver();
            if !self.fetch(&mut actions) && !delivered {
                break;
            }
        }
        self.send();
        actions
    }

    fn focus(&self) -> usize {
        self.mux.as_ref().map_or(0, |mux| mux.focus)
    }

    /// Bytes that may be read from the host now.
    fn room(&self) -> usize {
        let Some(seat) = self.seats.get(self.focus()) else { return 0 };
        let most = if self.mux.is_some() { READ_AHEAD } else { seat.frontend.can_receive().min(READ_AHEAD) };
        most.saturating_sub(seat.pending.len())
    }

    /// Reads once; says whether there may be more.
    fn fetch(&mut self, actions: &mut Vec<Action>) -> bool {
        let room = self.room();
        if !self.ready && self.backend.patience() != Some(Duration::ZERO) || room == 0 {
            return false;
        }
        let mut bytes = vec![0; room];
        match self.backend.read(&mut bytes) {
            Input::Bytes(n) => {
                bytes.iter().take(n).for_each(|byte| self.typed(*byte, actions));
                true
            }
            Input::Later | Input::End => {
                self.ready = false;
                false
            }
        }
    }

    /// One byte has come.
    fn typed(&mut self, byte: u8, actions: &mut Vec<Action>) {
        let seats = self.seats.len();
        let typed = self.mux.as_mut().map_or(Typed::Byte(byte), |mux| mux.typed(byte, seats));
        let focus = self.focus();
        match typed {
            Typed::Byte(byte) => {
                if let Some(seat) = self.seats.get_mut(focus) {
                    seat.pending.push_back(byte);
                }
            }
            Typed::Nothing => {}
            Typed::Text(text) => self.out.write(text.as_bytes()),
            Typed::Action(action) => {
                if action == Action::Quit {
                    self.out.write(Mux::goodbye().as_bytes());
                }
                actions.push(action);
            }
            Typed::Break => self.tell(focus, Event::Break),
            Typed::Focus { from } => {
                self.tell(from, Event::MuxOut);
                self.tell(focus, Event::MuxIn);
            }
        }
    }

    fn tell(&self, seat: usize, event: Event) {
        if let Some(seat) = self.seats.get(seat) {
            seat.frontend.event(event);
        }
    }

    /// Gives frontends what they have room for; says whether anything moved.
    fn deliver(&mut self) -> bool {
        let mut moved = false;
        for seat in &mut self.seats {
            while !seat.pending.is_empty() {
                let n = seat.frontend.can_receive().min(seat.pending.len());
                if n == 0 {
                    break;
                }
                let bytes: Vec<u8> = seat.pending.drain(..n).collect();
                seat.frontend.receive(&bytes);
                moved = true;
            }
        }
        moved
    }

    /// Writes what the host takes.
    fn send(&mut self) {
        let mut out = self.out.0.lock();
        if out.is_empty() {
            return;
        }
        if let Some(mux) = &mut self.mux {
            mux.stamp(&mut out);
        }
        while !out.is_empty() {
            let bytes = out.make_contiguous();
            let n = self.backend.write(bytes).min(bytes.len());
            if let (Some(log), Some(sent)) = (&mut self.log, bytes.get(..n)) {
                // A log that cannot be written does not stop the machine.
                let _ = log.write_all(sent);
            }
            if n == 0 {
                break;
            }
            out.drain(..n);
            if let Some(mux) = &mut self.mux {
                mux.sent(n);
            }
        }
    }
}
