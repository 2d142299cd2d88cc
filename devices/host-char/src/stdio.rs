//! The terminal, pipe or file that strata runs on.

use crate::backend::{Backend, Input, Source, read_from, write_to};
use crate::terminal::RawMode;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::stdio::{stdin, stdout};

/// Bytes written at once. A descriptor that is ready takes so many without waiting. [POSIX PIPE_BUF]
const CHUNK: usize = 512;

/// Standard input and output. They belong to whoever started strata, too, and are not switched to non-blocking:
/// that would outlive strata. Each is asked whether it is ready instead.
pub struct Stdio {
    ended: bool,
    /// Whether an event loop can wait for input and output. It cannot for files, which are always ready.
    waits: (bool, bool),
    _raw: Option<RawMode>,
}

impl Stdio {
    /// Puts the terminal into raw mode, if it is one.
    pub fn new(signal: bool) -> Self {
        let waits = (can_wait(stdin()), can_wait(stdout()));
        Self { ended: false, waits, _raw: RawMode::enter(signal) }
    }
}

/// Whether the host lets an event loop wait for `fd`. [epoll_ctl(2), EPERM]
fn can_wait(fd: BorrowedFd) -> bool {
    let tried = epoll::create(epoll::CreateFlags::CLOEXEC)
        .and_then(|set| epoll::add(&set, fd, epoll::EventData::new_u64(0), epoll::EventFlags::empty()));
    tried.is_ok()
}

/// Whether `fd` can be read or written without waiting. A file always can; a hang-up counts, too.
fn is_ready(fd: BorrowedFd, flags: PollFlags) -> bool {
    let mut fds = [PollFd::new(&fd, flags)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|n| n > 0)
}

struct Fd<'a>(BorrowedFd<'a>);

impl std::io::Read for Fd<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        Ok(rustix::io::read(self.0, into)?)
    }
}

impl std::io::Write for Fd<'_> {
    fn write(&mut self, from: &[u8]) -> std::io::Result<usize> {
        Ok(rustix::io::write(self.0, from)?)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Backend for Stdio {
    fn read(&mut self, into: &mut [u8]) -> Input {
        if self.ended {
            return Input::End;
        }
        if !is_ready(stdin(), PollFlags::IN) {
            return Input::Later;
        }
        let input = read_from(&mut Fd(stdin()), into);
        self.ended = input == Input::End;
        input
    }

    fn write(&mut self, from: &[u8]) -> usize {
        if !is_ready(stdout(), PollFlags::OUT) {
            return 0;
        }
        let chunk = from.get(..CHUNK).unwrap_or(from);
        // With nobody to read it, output goes nowhere.
        write_to(&mut Fd(stdout()), chunk).unwrap_or(chunk.len())
    }

    fn sources(&self, output: bool) -> Vec<Source> {
        let input = Source { fd: stdin().as_fd().as_raw_fd(), readable: true, writable: false };
        let out = Source { fd: stdout().as_fd().as_raw_fd(), readable: false, writable: true };
        let mut sources = vec![];
        if !self.ended && self.waits.0 {
            sources.push(input);
        }
        if output && self.waits.1 {
            sources.push(out);
        }
        sources
    }

    /// A file is no person.
    fn is_live(&self) -> bool {
        !self.ended && self.waits.0
    }

    fn text(&self) -> String {
        "stdio".into()
    }
}
