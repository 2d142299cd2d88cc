//! A program under gdb, which talks the remote serial protocol over a socket.
//!
//! The protocol itself is the crate `gdbstub`'s; what gdb may ask is answered in `target`, the program
//! runs in `inferior`. Breakpoints are kept beside the code and never written into it. Left out: more
//! than one thread, following a fork, telling gdb of a signal that another process sent, and stopping
//! inside a system call that waits.

mod arch;
mod files;
mod guard;
mod inferior;
mod signal;
mod target;
mod wire;

use crate::program::{Ended, run};
use gdbstub::common::Signal;
use gdbstub::stub::state_machine::GdbStubStateMachine as Machine;
use gdbstub::stub::{DisconnectReason, GdbStub, SingleThreadStopReason};
use inferior::{Event, Inferior, killed};
use interp::Hart;
use interp::riscv::Rv64;
use memory::user::Space;
use signal::to_gdb;
use std::net::TcpStream;
use target::Debugged;
use user::Thread;
use wire::{Cutter, LONGEST, Piece, Port, packet};

type Stub<'a> = Machine<'static, Debugged<'a>, Port>;

/// The line is broken, or the packet was none that the protocol knows.
enum Failure {
    Line,
    Packet,
}

impl From<std::io::Error> for Failure {
    fn from(_: std::io::Error) -> Self {
        Self::Line
    }
}

/// What gdb wants after a packet.
enum Wish {
    Go,
    Leave,
    Kill,
}

/// Runs a program under the gdb at the other end of `stream`, which may be of any family, until it ends;
/// a gdb that goes away leaves it running.
///
/// A child that the program forks runs on by itself and ends here too.
pub fn debug(hart: Hart<Rv64, Space>, thread: &mut Thread, stream: TcpStream) -> Ended {
    let port = Port::new(stream);
    let inferior = Inferior::new(hart, thread);
    let mut session = Session {
        stub: None,
        target: Debugged::new(inferior),
        port,
        cutter: Cutter::default(),
        quiet: false,
        many: false,
    };
    match session.talk() {
        Some(ended) => ended,
        None => {
            // The line is closed before the program goes on: gdb waits for that.
            let Session { target, stub, port, .. } = session;
            drop((stub, port));
            let mut inferior = target.inferior;
            inferior.release();
            run(&mut inferior.vcpu, inferior.thread)
        }
    }
}

struct Session<'a> {
    /// The protocol's state; `None` while it is being made anew.
    stub: Option<Stub<'a>>,
    target: Debugged<'a>,
    port: Port,
    cutter: Cutter,
    /// Whether gdb has asked for answers without acknowledgement.
    quiet: bool,
    /// Whether gdb names processes along with threads.
    many: bool,
}

impl Session<'_> {
    /// Talks until the program has ended; `None` is a gdb that has left.
    fn talk(&mut self) -> Option<Ended> {
        let mut bytes = [0; 4096];
        self.renew().ok()?;
        loop {
            let running = matches!(self.stub, Some(Machine::Running(_)));
            let event = if running { self.target.inferior.run() } else { None };
            match event {
                Some(Event::Ended(ended)) => {
                    // Whether or not gdb hears it, this is the end.
                    let _ = self.report(last(ended));
                    return Some(ended);
                }
                Some(Event::Child) => return None,
                Some(Event::Stopped(reason)) => self.report(reason).ok()?,
                None => {}
            }
            let wait = !matches!(self.stub, Some(Machine::Running(_)));
            let count = match self.port.read(&mut bytes, wait) {
                Ok(0) if wait => return None,
                Ok(count) => count,
                Err(_) => return None,
            };
            for byte in &bytes[..count] {
                let Some(piece) = self.cutter.take(*byte) else { continue };
                match self.piece(&piece) {
                    Ok(Wish::Go) => {}
                    Ok(Wish::Kill) => return Some(killed(self.target.inferior.state().pc)),
                    Ok(Wish::Leave) | Err(_) => return None,
                }
            }
        }
    }

    /// Answers a piece.
    fn piece(&mut self, piece: &Piece) -> Result<Wish, Failure> {
        match piece {
            Piece::Again => self.port.send_again()?,
            Piece::Broken if self.quiet => self.port.say(&packet("E16"))?,
            Piece::Broken => self.port.say(b"-")?,
            Piece::Interrupt => return self.feed(&[3]),
            Piece::Packet(bytes) => {
                let fed = self.feed(bytes);
                match fed {
                    Err(Failure::Packet) => self.refuse()?,
                    fed => {
                        self.remember(bytes);
                        return fed;
                    }
                }
            }
        }
        Ok(Wish::Go)
    }

    /// Keeps what a protocol that is made anew must be told again.
    fn remember(&mut self, bytes: &[u8]) {
        if bytes.starts_with(b"$qSupported") {
            self.many = bytes.windows(13).any(|part| part == b"multiprocess+");
        }
        self.quiet |= bytes.starts_with(b"$QStartNoAckMode#");
    }

    /// Answers a packet that the protocol cannot read, and has given up on, with an error.
    fn refuse(&mut self) -> Result<(), Failure> {
        self.renew()?;
        if !self.quiet {
            self.port.say(b"+")?;
        }
        Ok(self.port.say(&packet("E16"))?)
    }

    /// Makes the protocol anew and tells it quietly what gdb had agreed on with the one before.
    fn renew(&mut self) -> Result<(), Failure> {
        self.port.mute(true);
        let made = GdbStub::builder(self.port.clone()).packet_buffer_size(LONGEST + 1).build();
        let stub = made.map_err(|_| Failure::Line)?;
        self.stub = Some(stub.run_state_machine(&mut self.target).map_err(|_| Failure::Line)?);
        if self.many {
            self.feed(&packet("qSupported:multiprocess+"))?;
        }
        if self.quiet {
            self.feed(&packet("QStartNoAckMode"))?;
        }
        self.port.mute(false);
        Ok(())
    }

    /// Gives bytes to the protocol.
    fn feed(&mut self, bytes: &[u8]) -> Result<Wish, Failure> {
        let target = &mut self.target;
        for byte in bytes {
            let stub = self.stub.take().ok_or(Failure::Packet)?;
            let next = match stub {
                Machine::Idle(stub) => stub.incoming_data(target, *byte),
                Machine::Running(stub) => stub.incoming_data(target, *byte),
                other => Ok(other),
            };
            let next = match next {
                Ok(Machine::CtrlCInterrupt(stub)) => {
                    let running =
                        SingleThreadStopReason::SignalWithThread { tid: (), signal: Signal::SIGINT };
                    stub.interrupt_handled(target, Some(running))
                }
                other => other,
            };
            self.stub = match next {
                Ok(Machine::Disconnected(stub)) => {
                    return Ok(match stub.get_reason() {
                        DisconnectReason::Kill => Wish::Kill,
                        _ => Wish::Leave,
                    });
                }
                Ok(stub) => Some(stub),
                Err(error) if error.is_connection_error() => return Err(Failure::Line),
                Err(_) => return Err(Failure::Packet),
            };
        }
        self.port.send()?;
        Ok(Wish::Go)
    }

    /// Tells gdb why the program stopped or how it ended.
    fn report(&mut self, reason: SingleThreadStopReason<u64>) -> Result<(), Failure> {
        let Some(Machine::Running(stub)) = self.stub.take() else { return Err(Failure::Packet) };
        self.stub = Some(stub.report_stop(&mut self.target, reason).map_err(|_| Failure::Line)?);
        Ok(self.port.send()?)
    }
}

fn last(ended: Ended) -> SingleThreadStopReason<u64> {
    match ended {
        Ended::Exited(status) => SingleThreadStopReason::Exited(u8::try_from(status & 0xff).unwrap_or(1)),
        Ended::Killed(death) => SingleThreadStopReason::Terminated(to_gdb(death.signal)),
        Ended::Left => SingleThreadStopReason::Exited(0),
    }
}
