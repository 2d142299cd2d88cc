//! The protocol's side of a debugger: what gdb said is handed on, what happened is told.

pub mod own;
mod protocol;
mod wire;

pub use own::thread;
pub use protocol::{Fed, Protocol};
pub use wire::{Cutter, Piece, Port, body, packet};

use super::child::Terms;
use super::debugger::Debugger;
use super::signal::to_gdb;
use super::target::Debugged;
use super::team::{Gone, Stop};
use gdbstub::common::{Signal, Tid};
use gdbstub::stub::{BaseStopReason, MultiThreadStopReason};
use gdbstub::target::ext::catch_syscalls::CatchSyscallPosition;
use std::net::TcpStream;
use std::sync::Arc;
use user::Next;

type Reason = MultiThreadStopReason<u64>;

/// The line is broken, or the packet was none that the protocol knows.
pub enum Failure {
    Line,
    Packet,
}

impl From<std::io::Error> for Failure {
    fn from(_: std::io::Error) -> Self {
        Self::Line
    }
}

/// What gdb wants after what it said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Nothing but the answer.
    Go,
    /// To leave.
    Leave,
    /// To leave the program for this child of it.
    Follow(i32),
    /// The program's death.
    Kill,
}

/// A session with gdb.
pub struct Session {
    protocol: Protocol,
    target: Debugged,
    cutter: Cutter,
    /// Whether gdb waits for something to happen.
    running: bool,
    /// The process that the next packets are about, if gdb said so.
    about: Option<i32>,
}

impl Session {
    /// A session on a program that stands.
    pub fn new(debugger: Arc<Debugger>, line: Arc<TcpStream>, terms: Terms) -> Self {
        Self {
            protocol: Protocol::new(Port::to_stream(line), terms),
            target: Debugged::new(debugger),
            cutter: Cutter::default(),
            running: false,
            about: None,
        }
    }

    /// Whether gdb waits for something to happen.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// What both sides have agreed on.
    pub fn terms(&self) -> Terms {
        self.protocol.terms
    }

    /// Takes bytes from gdb.
    pub fn hear(&mut self, bytes: &[u8]) -> Wish {
        for byte in bytes {
            let Some(piece) = self.cutter.take(*byte) else { continue };
            match self.piece(&piece) {
                Ok(Wish::Go) => {}
                Ok(wish) => return wish,
                Err(_) => return Wish::Leave,
            }
        }
        Wish::Go
    }

    /// Answers a piece.
    fn piece(&mut self, piece: &Piece) -> Result<Wish, Failure> {
        match piece {
            Piece::Again => self.protocol.port.send_again()?,
            Piece::Broken if self.protocol.terms.quiet => self.protocol.port.say(&packet("E16"))?,
            Piece::Broken => self.protocol.port.say(b"-")?,
            Piece::Interrupt if self.is_running() => self.interrupt()?,
            // What stands already is about to be told.
            Piece::Interrupt => {}
            Piece::Packet(bytes) => return self.packet(bytes),
        }
        Ok(Wish::Go)
    }

    fn packet(&mut self, bytes: &[u8]) -> Result<Wish, Failure> {
        if self.is_running() {
            // Nothing may be asked now; the protocol's crate would read the registers all the same.
            return self.answer(b"E16");
        }
        if let Some(wish) = self.process(body(bytes))? {
            return Ok(wish);
        }
        if let Some(answer) = own::answer(&mut self.target, body(bytes)) {
            self.remember(bytes);
            return self.answer(&answer);
        }
        let words = own::in_full(body(bytes), self.target.current());
        let words = words.map_or_else(|| bytes.to_vec(), packet);
        match self.protocol.feed(&mut self.target, &words) {
            Err(Failure::Packet) => self.answer(b"E16"),
            Ok(Fed::Runs) => {
                self.running = true;
                self.start()
            }
            Ok(fed) => {
                self.remember(bytes);
                Ok(match fed {
                    Fed::Leaves => Wish::Leave,
                    Fed::Kills => Wish::Kill,
                    Fed::Answered | Fed::Runs => Wish::Go,
                })
            }
            Err(Failure::Line) => Err(Failure::Line),
        }
    }

    /// Answers what is about another process: a child that waits.
    fn process(&mut self, body: &[u8]) -> Result<Option<Wish>, Failure> {
        let debugger = self.target.debugger.clone();
        if let Some(pid) = own::process_of(body) {
            self.about = pid;
        }
        let child = own::leaves(body);
        if let Some(child) = child.filter(|child| debugger.holds(*child)) {
            debugger.let_go(child);
            return self.answer(b"OK").map(Some);
        }
        let heir = debugger.any_child().filter(|_| child == Some(debugger.owner.as_raw_nonzero().get()));
        if let Some(heir) = heir {
            self.answer(b"OK")?;
            return Ok(Some(Wish::Follow(heir)));
        }
        // Breakpoints are not in its memory, so none is to be taken out.
        let points = matches!(body.first(), Some(b'z' | b'Z'));
        if points && self.about.is_some_and(|pid| debugger.holds(pid)) {
            return self.answer(b"OK").map(Some);
        }
        Ok(None)
    }

    /// The program is to go on.
    fn start(&mut self) -> Result<Wish, Failure> {
        let (orders, others) = self.target.orders();
        self.target.debugger.part();
        match self.target.debugger.team.go(&orders, others.as_ref()) {
            Gone::On => {}
            Gone::Told(tid, stop) => self.report(tid, stop)?,
            Gone::Nobody => self.report_nobody()?,
        }
        Ok(Wish::Go)
    }

    /// Stops the program for Ctrl-C.
    fn interrupt(&mut self) -> Result<(), Failure> {
        self.target.debugger.team.halt();
        match self.target.current() {
            Some(tid) => self.report(tid, Stop::Interrupted),
            None => self.report_nobody(),
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.protocol.remember(bytes);
        if bytes.starts_with(b"$qSupported") {
            self.target.debugger.hold_children(self.protocol.terms.forks);
        }
    }

    /// Answers a packet without the protocol's crate.
    fn answer(&mut self, answer: &[u8]) -> Result<Wish, Failure> {
        self.protocol.answer(answer)?;
        Ok(Wish::Go)
    }

    /// Tells gdb why a thread stopped.
    ///
    /// # Errors
    /// The line is broken.
    pub fn report(&mut self, tid: i32, stop: Stop) -> Result<(), Failure> {
        self.target.told(tid);
        self.protocol.chosen = packet(format!("Hg{tid:x}"));
        self.about = None;
        let id = number(tid);
        let signal = |signal| BaseStopReason::SignalWithThread { tid: id, signal };
        let call = |number, position| BaseStopReason::CatchSyscall { tid: Some(id), number, position };
        self.say(match stop {
            Stop::Soft => BaseStopReason::SwBreak(id),
            Stop::Hard => BaseStopReason::HwBreak(id),
            Stop::Watch(kind, addr) => BaseStopReason::Watch { tid: id, kind, addr },
            Stop::Stepped => signal(Signal::SIGTRAP),
            Stop::Interrupted => signal(Signal::SIGINT),
            Stop::Signal(sent) => signal(to_gdb(sent.info.signo)),
            Stop::Entry(number) => call(number, CatchSyscallPosition::Entry),
            Stop::Return(number) => call(number, CatchSyscallPosition::Return),
            Stop::Forked(child) => {
                let pid = self.target.debugger.owner.as_raw_nonzero().get();
                let text = format!("T05thread:p{pid:x}.{tid:x};fork:p{child:x}.{child:x};");
                return self.say_instead(&text);
            }
        })
    }

    /// Tells gdb that none of the threads that were to go on is left.
    ///
    /// # Errors
    /// The line is broken.
    pub fn report_nobody(&mut self) -> Result<(), Failure> {
        self.say_instead("N")
    }

    /// Tells gdb how the program ended.
    ///
    /// # Errors
    /// The line is broken.
    pub fn report_end(&mut self, next: Next) -> Result<(), Failure> {
        self.say(match next {
            Next::Killed(death) => BaseStopReason::Terminated(to_gdb(death.signal)),
            Next::Exited(status) => BaseStopReason::Exited(u8::try_from(status & 0xff).unwrap_or(1)),
            Next::Continue | Next::Left | Next::Replace => return Ok(()),
        })
    }

    fn say(&mut self, reason: Reason) -> Result<(), Failure> {
        self.running = false;
        self.protocol.tell(&mut self.target, reason)
    }

    /// Tells gdb in words that the crate does not have.
    fn say_instead(&mut self, text: &str) -> Result<(), Failure> {
        self.running = false;
        Ok(self.protocol.port.say(&packet(text))?)
    }
}

/// A thread as the protocol numbers it.
pub fn number(tid: i32) -> Tid {
    usize::try_from(tid).ok().and_then(Tid::new).unwrap_or(Tid::MIN)
}
