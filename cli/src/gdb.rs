//! Where strata waits for gdb: a port of this machine only, or a socket in the file system.

use crate::program::chain;
use rustix::io::DupFlags;
use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The value of `-g`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A TCP port of the loopback address; the host chooses one for zero.
    Port(u16),
    /// The path of a socket that is made there.
    Socket(PathBuf),
}

/// A value of `-g` that is neither.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is no port; write a number up to 65535, or the path of a socket")]
pub struct PlaceError(String);

impl Place {
    /// Reads a number as a port and anything else as a path.
    ///
    /// # Errors
    /// When a number is too large for a port, or there is nothing.
    pub fn parse(value: &OsStr) -> Result<Self, PlaceError> {
        let text = value.to_string_lossy();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Port).map_err(|_| PlaceError(text.into_owned()));
        }
        Ok(Self::Socket(value.into()))
    }
}

/// A socket that gdb can connect to.
pub struct Gate {
    /// At a high number, where the program does not meet it.
    socket: OwnedFd,
    /// For the person.
    place: String,
    /// The path to remove, once gdb is there.
    path: Option<PathBuf>,
}

impl Gate {
    /// Begins to listen.
    ///
    /// # Errors
    /// A sentence that says why that cannot be, with a remedy.
    pub fn open(place: &Place) -> Result<Self, String> {
        match place {
            Place::Port(port) => Self::port(*port).map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => format!("port {port} is in use; choose another with -g"),
                _ => format!("port {port} cannot be used: {}; choose another with -g", chain(&error)),
            }),
            Place::Socket(path) => Self::socket(path).map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!("{} exists; remove it or name another socket with -g", path.display())
                }
                _ => format!("no socket at {}: {}; name another with -g", path.display(), chain(&error)),
            }),
        }
    }

    fn port(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let place = format!(":{}", listener.local_addr()?.port());
        Ok(Self { socket: user::host::out_of_the_way(listener.into()), place, path: None })
    }

    fn socket(path: &Path) -> io::Result<Self> {
        let listener = UnixListener::bind(path).or_else(|error| {
            // Nobody listens at a socket that was left behind.
            let left = error.kind() == io::ErrorKind::AddrInUse
                && UnixStream::connect(path).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
            if !left {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        })?;
        let path = std::path::absolute(path)?;
        let place = path.display().to_string();
        Ok(Self { socket: user::host::out_of_the_way(listener.into()), place, path: Some(path) })
    }

    /// The descriptor's number, which is also that of the connection.
    pub fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Stops listening; nothing is left in the file system.
    pub fn close(self) {
        if let Some(path) = self.path {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Waits until gdb connects. From then on nobody else can.
    ///
    /// # Errors
    /// A sentence that says why that cannot be.
    pub fn wait(self) -> Result<TcpStream, String> {
        crate::complain(&format!("waits for gdb: target remote {}", self.place));
        self.accept().map_err(|error| format!("gdb cannot connect: {}", chain(&error)))
    }

    fn accept(self) -> io::Result<TcpStream> {
        let listener = self.socket.try_clone()?;
        let stream: OwnedFd = match &self.path {
            None => {
                let (stream, _) = TcpListener::from(listener).accept()?;
                stream.set_nodelay(true)?;
                stream.into()
            }
            Some(path) => {
                let (stream, _) = UnixListener::from(listener).accept()?;
                std::fs::remove_file(path)?;
                stream.into()
            }
        };
        // The connection takes the number that is hidden from the program.
        let mut place = self.socket;
        rustix::io::dup3(&stream, &mut place, DupFlags::CLOEXEC)?;
        // Reading and writing do not depend on the family; only this type never raises SIGPIPE.
        Ok(TcpStream::from(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1234", Place::Port(1234))]
    #[case("./1234", Place::Socket("./1234".into()))]
    #[case("/tmp/gdb", Place::Socket("/tmp/gdb".into()))]
    fn a_number_is_a_port_and_the_rest_a_path(#[case] text: &str, #[case] place: Place) {
        assert_eq!(Place::parse(text.as_ref()).unwrap(), place);
    }
}
