//! A new pseudo-terminal.

use crate::Event;
use crate::backend::{Backend, Input, Source, read_from, write_to};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// How often to look whether somebody has opened the other end: no descriptor tells.
const LOOK: Duration = Duration::from_millis(200);

/// The controlling end of a pseudo-terminal. While nobody has the other end open, output is dropped.
pub struct Pty {
    end: File,
    name: String,
    open: bool,
}

impl Pty {
    /// A new pseudo-terminal in raw mode.
    pub fn open() -> std::io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let end = openpt(flags)?;
        rustix::io::ioctl_fionbio(&end, true)?;
        grantpt(&end)?;
        unlockpt(&end)?;
        let mut mode = tcgetattr(&end)?;
        mode.make_raw();
        tcsetattr(&end, OptionalActions::Now, &mode)?;
        // Only once the other end has been open does a poll tell whether it is.
        drop(ioctl_tiocgptpeer(&end, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?);
        let name = ptsname(&end, vec![])?.to_string_lossy().into_owned();
        Ok(Self { end: end.into(), name, open: false })
    }
}

impl Backend for Pty {
    fn service(&mut self) -> Option<Event> {
        let mut fds = [PollFd::new(&self.end, PollFlags::IN)];
        let asked = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok();
        let open = asked && !fds[0].revents().contains(PollFlags::HUP);
        let changed = open != std::mem::replace(&mut self.open, open);
        changed.then_some(if open { Event::Opened } else { Event::Closed })
    }

    fn read(&mut self, into: &mut [u8]) -> Input {
        match read_from(&mut self.end, into) {
            // A pseudo-terminal whose other end is closed answers EIO, and may be opened again.
            Input::End => Input::Later,
            input => input,
        }
    }

    fn write(&mut self, from: &[u8]) -> usize {
        if !self.open {
            return from.len();
        }
        write_to(&mut self.end, from).unwrap_or(from.len())
    }

    fn sources(&self, output: bool) -> Vec<Source> {
        let source = Source { fd: self.end.as_raw_fd(), readable: true, writable: output };
        if self.open { vec![source] } else { vec![] }
    }

    fn patience(&self) -> Option<Duration> {
        (!self.open).then_some(LOOK)
    }

    fn is_live(&self) -> bool {
        true
    }

    fn text(&self) -> String {
        format!("pty:{}", self.name)
    }
}
