//! The protocol's crate, made anew for each packet: what it is to remember is kept here.
//!
//! So a target may be borrowed for the time of a packet, and a packet that the crate gives up on does no harm.

use super::Failure;
use super::wire::{LONGEST, Port, packet};
use crate::gdb::arch::Riscv;
use crate::gdb::child::Terms;
use gdbstub::stub::state_machine::GdbStubStateMachine as Machine;
use gdbstub::stub::{DisconnectReason, GdbStub, MultiThreadStopReason};
use gdbstub::target::Target;

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fed {
    /// It was answered.
    Answered,
    /// The target is to go on; gdb waits until it stops.
    Runs,
    /// gdb leaves.
    Leaves,
    /// The target is to die.
    Kills,
}

/// A line to gdb and what both sides have agreed on.
pub struct Protocol {
    /// The line.
    pub port: Port,
    /// What was agreed on.
    pub terms: Terms,
    /// The packet that chose the thread whose registers are asked for.
    pub chosen: Vec<u8>,
}

impl Protocol {
    /// A line to a gdb that has said nothing yet, or all of `terms`.
    pub fn new(port: Port, terms: Terms) -> Self {
        Self { port, terms, chosen: packet("Hg0") }
    }

    /// Gives a packet to the crate, and sends its answer.
    pub fn feed<T: Target<Arch = Riscv>>(&self, target: &mut T, bytes: &[u8]) -> Result<Fed, Failure> {
        let stub = self.made(target)?;
        let stub = push(stub, target, bytes)?;
        self.port.send()?;
        Ok(match stub {
            Machine::Running(_) => Fed::Runs,
            Machine::Disconnected(stub) if matches!(stub.get_reason(), DisconnectReason::Kill) => Fed::Kills,
            Machine::Disconnected(_) => Fed::Leaves,
            Machine::Idle(_) | Machine::CtrlCInterrupt(_) => Fed::Answered,
        })
    }

    /// Tells gdb, which waits, why the target has stopped.
    pub fn tell<T: Target<Arch = Riscv>>(
        &self,
        target: &mut T,
        reason: MultiThreadStopReason<u64>,
    ) -> Result<(), Failure> {
        let stub = self.made(target)?;
        self.port.mute(true);
        let stub = push(stub, target, &packet("vCont;c"));
        self.port.mute(false);
        let Machine::Running(stub) = stub? else { return Err(Failure::Packet) };
        stub.report_stop(target, reason).map_err(|_| Failure::Line)?;
        Ok(self.port.send()?)
    }

    /// Answers a packet without the crate.
    pub fn answer(&self, answer: &[u8]) -> Result<(), Failure> {
        if !self.terms.quiet {
            self.port.say(b"+")?;
        }
        Ok(self.port.say(&packet(answer))?)
    }

    /// Keeps what the crate must be told again.
    pub fn remember(&mut self, bytes: &[u8]) {
        if bytes.starts_with(b"$qSupported") {
            let has = |feature: &[u8]| bytes.windows(feature.len()).any(|part| part == feature);
            self.terms.many = has(b"multiprocess+");
            // Without names of processes nobody could speak of a child.
            self.terms.forks = self.terms.many && has(b"fork-events+");
        }
        self.terms.quiet |= bytes.starts_with(b"$QStartNoAckMode#");
        if bytes.starts_with(b"$Hg") {
            self.chosen = bytes.to_vec();
        }
    }

    /// The crate's machine, told of what was agreed on. Nobody hears its answers.
    fn made<T: Target<Arch = Riscv>>(&self, target: &mut T) -> Result<Machine<'static, T, Port>, Failure> {
        let made = GdbStub::builder(self.port.clone()).packet_buffer_size(LONGEST + 1).build();
        let stub = made.map_err(|_| Failure::Line)?;
        let mut stub = stub.run_state_machine(target).map_err(|_| Failure::Line)?;
        let terms = [
            self.terms.many.then(|| packet("qSupported:multiprocess+")),
            self.terms.quiet.then(|| packet("QStartNoAckMode")),
            // A thread that has gone is no reason to give up.
            Some(self.chosen.clone()),
        ];
        self.port.mute(true);
        for bytes in terms.into_iter().flatten() {
            stub = push(stub, target, &bytes).inspect_err(|_| self.port.mute(false))?;
        }
        self.port.mute(false);
        Ok(stub)
    }
}

fn push<T: Target<Arch = Riscv>>(
    mut stub: Machine<'static, T, Port>,
    target: &mut T,
    bytes: &[u8],
) -> Result<Machine<'static, T, Port>, Failure> {
    for byte in bytes {
        let next = match stub {
            Machine::Idle(stub) => stub.incoming_data(target, *byte),
            Machine::Running(stub) => stub.incoming_data(target, *byte),
            other => return Ok(other),
        };
        stub =
            next.map_err(|error| if error.is_connection_error() { Failure::Line } else { Failure::Packet })?;
    }
    Ok(stub)
}
