//! Unix and TCP sockets, as server or client.

use crate::backend::{Backend, Input, Source, read_from, write_to};
use crate::{Error, Event};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where a socket is.
#[derive(Clone, Debug)]
pub enum Address {
    /// A path.
    Unix(PathBuf),
    /// A host and a port.
    Tcp {
        /// Name or address; empty for all addresses of this host.
        host: String,
        /// 0 lets the host choose.
        port: u16,
    },
}

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Listens, for one client at a time.
    Server {
        /// Opening the device waits for the first client.
        wait: bool,
    },
    /// Connects.
    Client {
        /// Tries again after so long when there is no connection.
        reconnect: Option<Duration>,
    },
}

/// A socket as `-chardev socket` asks for it.
#[derive(Clone, Debug)]
pub struct SocketConfig {
    /// Where.
    pub address: Address,
    /// Which end.
    pub role: Role,
    /// Sends small pieces at once (TCP).
    pub nodelay: bool,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
        }
    }
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    fn connect(address: &Address, nodelay: bool) -> io::Result<Self> {
        let stream = match address {
            Address::Unix(path) => Self::Unix(UnixStream::connect(path)?),
            Address::Tcp { host, port } => {
                let host = if host.is_empty() { "localhost" } else { host };
                Self::Tcp(TcpStream::connect((host, *port))?)
            }
        };
        stream.ready(nodelay)
    }

    fn ready(self, nodelay: bool) -> io::Result<Self> {
        match &self {
            Self::Unix(stream) => stream.set_nonblocking(true)?,
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(nodelay)?;
            }
        }
        Ok(self)
    }

    fn fd(&self) -> RawFd {
        match self {
            Self::Unix(stream) => stream.as_raw_fd(),
            Self::Tcp(stream) => stream.as_raw_fd(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(into),
            Self::Tcp(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(from),
            Self::Tcp(stream) => stream.write(from),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Listener {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

impl Listener {
    /// A socket file that nobody listens on any more is replaced.
    fn bind(address: &Address) -> io::Result<Self> {
        Ok(match address {
            Address::Unix(path) => {
                if UnixStream::connect(path).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
                    std::fs::remove_file(path)?;
                }
                Self::Unix(UnixListener::bind(path)?, path.clone())
            }
            Address::Tcp { host, port } => {
                let host = if host.is_empty() { "0.0.0.0" } else { host };
                Self::Tcp(TcpListener::bind((host, *port))?)
            }
        })
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        match self {
            Self::Unix(listener, _) => listener.set_nonblocking(on),
            Self::Tcp(listener) => listener.set_nonblocking(on),
        }
    }

    fn accept(&self, nodelay: bool) -> io::Result<Stream> {
        match self {
            Self::Unix(listener, _) => Stream::Unix(listener.accept()?.0),
            Self::Tcp(listener) => Stream::Tcp(listener.accept()?.0),
        }
        .ready(nodelay)
    }

    fn fd(&self) -> RawFd {
        match self {
            Self::Unix(listener, _) => listener.as_raw_fd(),
            Self::Tcp(listener) => listener.as_raw_fd(),
        }
    }

    /// Where it listens; of a port that the host chose, which.
    fn address(&self) -> String {
        match self {
            Self::Unix(_, path) => format!("unix:{}", path.display()),
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| "tcp:?".into(), |address| format!("tcp:{address}"))
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Somebody may have removed it already.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A socket. While nobody is at the other side, output is dropped.
pub struct Socket {
    config: SocketConfig,
    listener: Option<Listener>,
    stream: Option<Stream>,
    /// Whether frontends were told that the other side is there.
    told: bool,
    next_try: Option<Instant>,
}

impl Socket {
    /// Listens or connects.
    pub fn open(id: &str, config: &SocketConfig) -> Result<Self, Error> {
        let error = |verb| {
            let (id, address) = (id.to_owned(), config.address.to_string());
            move |source| Error::Socket { id, address, verb, source }
        };
        let mut socket =
            Self { config: config.clone(), listener: None, stream: None, told: false, next_try: None };
        match config.role {
            Role::Server { wait } => {
                let listener = Listener::bind(&config.address).map_err(error("listened on"))?;
                if wait {
                    socket.stream = Some(listener.accept(config.nodelay).map_err(error("listened on"))?);
                }
                listener.set_nonblocking(true).map_err(error("listened on"))?;
                socket.listener = Some(listener);
            }
            Role::Client { reconnect } => match Stream::connect(&config.address, config.nodelay) {
                Ok(stream) => socket.stream = Some(stream),
                Err(_) if reconnect.is_some() => socket.next_try = Some(Instant::now()),
                Err(source) => return Err(error("connected to")(source)),
            },
        }
        Ok(socket)
    }

    fn lost(&mut self) {
        self.stream = None;
        if let Role::Client { reconnect: Some(pause) } = self.config.role {
            self.next_try = Some(Instant::now() + pause);
        }
    }

    fn look(&mut self) {
        if let Some(listener) = &self.listener {
            self.stream = listener.accept(self.config.nodelay).ok();
        } else if let Some(next) = self.next_try.filter(|next| *next <= Instant::now()) {
            self.stream = Stream::connect(&self.config.address, self.config.nodelay).ok();
            let Role::Client { reconnect: Some(pause) } = self.config.role else { return };
            self.next_try = if self.stream.is_none() { Some(next + pause) } else { None };
        }
    }
}

impl Backend for Socket {
    fn service(&mut self) -> Option<Event> {
        if self.stream.is_none() && !self.told {
            self.look();
        }
        let here = self.stream.is_some();
        let changed = here != std::mem::replace(&mut self.told, here);
        changed.then_some(if here { Event::Opened } else { Event::Closed })
    }

    fn read(&mut self, into: &mut [u8]) -> Input {
        let Some(stream) = &mut self.stream else { return Input::Later };
        let input = read_from(stream, into);
        if input == Input::End {
            self.lost();
            return Input::Later;
        }
        input
    }

    fn write(&mut self, from: &[u8]) -> usize {
        let Some(stream) = &mut self.stream else { return from.len() };
        write_to(stream, from).unwrap_or_else(|| {
            self.lost();
            from.len()
        })
    }

    fn sources(&self, output: bool) -> Vec<Source> {
        let connection = self.stream.as_ref().map(|stream| (stream.fd(), output));
        let comers = self.listener.as_ref().map(|listener| (listener.fd(), false));
        let source = |(fd, writable)| Source { fd, readable: true, writable };
        connection.or(comers).map(source).into_iter().collect()
    }

    fn patience(&self) -> Option<Duration> {
        if self.stream.is_none() && self.told {
            return Some(Duration::ZERO);
        }
        Some(self.next_try?.saturating_duration_since(Instant::now()))
    }

    fn is_live(&self) -> bool {
        self.is_connected() || self.listener.is_some() || self.next_try.is_some()
    }

    fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    fn text(&self) -> String {
        let state = if self.stream.is_some() { "" } else { "disconnected:" };
        match &self.listener {
            Some(listener) => format!("{state}{},server=on", listener.address()),
            None => format!("{state}{}", self.config.address),
        }
    }
}
