//! A machine under gdb: its harts are threads, and all of them stop together.
//!
//! Bytes come and go by whoever runs the machine; nothing here blocks. While gdb does not wait the machine stands,
//! and with it guest time.

mod packets;
mod target;

use super::arch::Layout;
use super::child::Terms;
use super::points::Points;
use super::session::{Cutter, Failure, Fed, Piece, Port, Protocol, body, number, own, packet};
use super::team::Stop;
use crate::monitor::Desk;
use accel::hooks::Touch;
use gdbstub::common::Signal;
use gdbstub::stub::BaseStopReason;
use interp::Access;
use machine::Machine;
use machine::debug::{Caught, Pace};
use machine::life::{End, RunState};
use memory::tlb::{Kind, Stops, Watch};
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use target::Target;

/// A gdb at a machine.
pub struct Gdb {
    protocol: Protocol,
    cutter: Cutter,
    layout: Layout,
    facts: Facts,
    /// For gdb's command `monitor`.
    desk: Desk,
    /// What is still to be looked at.
    heard: VecDeque<u8>,
    /// Whether gdb waits for the machine to stop.
    waits: bool,
}

/// What is remembered of what gdb wants.
#[derive(Default)]
struct Facts {
    points: Points,
    /// Whether memory is asked for by physical addresses.
    physical: bool,
    /// What each hart does next, by number; of several words for one the first counts.
    orders: Vec<(usize, Order)>,
    /// Whether harts that are not named stand.
    locked: bool,
    /// The hart that gdb was told of last.
    told: usize,
}

/// How a hart goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Order {
    Run,
    Step,
    /// Steps until it is out of these addresses.
    Leave(Range<u64>),
}

impl Facts {
    fn order(&self, hart: usize) -> Option<&Order> {
        self.orders.iter().find(|(number, _)| *number == hart).map(|(_, order)| order)
    }

    fn pace(&self, hart: usize) -> Pace {
        match self.order(hart) {
            Some(Order::Run) => Pace::Run,
            Some(Order::Step | Order::Leave(_)) => Pace::Step,
            None if self.locked => Pace::Stand,
            None => Pace::Run,
        }
    }
}

impl Gdb {
    /// A gdb that is not there yet; `to` sends bytes to it. Its command `monitor` works at `desk`.
    pub fn new(
        machine: &Machine,
        desk: Desk,
        to: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let hart = machine.harts.first();
        let controls = hart.map(|hart| hart.controls()).unwrap_or_default();
        let xlen = hart.map_or(64, |hart| hart.xlen());
        Self {
            protocol: Protocol::new(Port::new(to), Terms::default()),
            cutter: Cutter::default(),
            layout: Layout::machine(xlen, controls.into_iter().map(|(number, name, _)| (number, name))),
            facts: Facts::default(),
            desk,
            heard: VecDeque::new(),
            waits: false,
        }
    }

    /// Somebody has come: the machine stops for him.
    pub fn opened(&mut self, machine: &mut Machine) {
        self.forget();
        machine.undebug();
        machine.stop();
    }

    /// gdb has gone. A machine that it has not left to itself goes on.
    pub fn closed(&mut self, machine: &mut Machine) {
        self.forget();
        machine.undebug();
        machine.cont();
    }

    fn forget(&mut self) {
        self.protocol.terms = Terms::default();
        self.protocol.chosen = packet("Hg0");
        (self.cutter, self.facts, self.waits) = (Cutter::default(), Facts::default(), false);
        self.heard.clear();
    }

    /// Takes bytes from gdb; [`Gdb::look`] answers them.
    pub fn hear(&mut self, bytes: impl IntoIterator<Item = u8>) {
        self.heard.extend(bytes);
    }

    /// Bytes that were heard and wait.
    pub fn backlog(&self) -> usize {
        self.heard.len()
    }

    /// Answers what was heard, and tells gdb when the machine has stopped. Says whether it did anything.
    pub fn look(&mut self, machine: &mut Machine) -> bool {
        let mut looked = self.report(machine);
        // A machine that is let go has to run before what comes after is looked at, but for Ctrl-C.
        while let Some(byte) = self.heard.pop_front() {
            looked = true;
            let Some(piece) = self.cutter.take(byte) else { continue };
            // A broken line is told by who reads from it.
            let _ = self.piece(machine, &piece);
            self.report(machine);
        }
        looked
    }

    /// Tells gdb of the machine's end.
    pub fn ended(&mut self, machine: &mut Machine, end: End) {
        if !std::mem::take(&mut self.waits) {
            return;
        }
        let reason = match end {
            End::PowerOff | End::Reset | End::Quit => BaseStopReason::Exited(0),
            End::Exit(status) => BaseStopReason::Exited(status),
            End::Signal(_) => BaseStopReason::Terminated(Signal::SIGTERM),
            End::Stuck | End::Broken => BaseStopReason::Exited(1),
        };
        let Self { protocol, layout, facts, desk, .. } = self;
        // Whether or not gdb hears it, this is the end.
        let _ = protocol.tell(&mut Target { machine, layout, facts, desk }, reason);
    }

    fn piece(&mut self, machine: &mut Machine, piece: &Piece) -> Result<(), Failure> {
        match piece {
            Piece::Again => self.protocol.port.send_again()?,
            Piece::Broken if self.protocol.terms.quiet => self.protocol.port.say(&packet("E16"))?,
            Piece::Broken => self.protocol.port.say(b"-")?,
            // What stands already has been told, or is about to be.
            Piece::Interrupt => machine.stop(),
            Piece::Packet(bytes) => self.packet(machine, bytes)?,
        }
        Ok(())
    }

    fn packet(&mut self, machine: &mut Machine, bytes: &[u8]) -> Result<(), Failure> {
        if self.waits {
            return self.protocol.answer(b"E16");
        }
        // A monitor may have let it run.
        machine.stop();
        let Self { protocol, layout, facts, desk, .. } = self;
        let mut target = Target { machine, layout, facts, desk };
        if let Some(answer) = packets::answer(&mut target, body(bytes)) {
            return protocol.answer(&answer);
        }
        let told = i32::try_from(target.facts.told + 1).ok();
        let words = own::in_full(body(bytes), told).map_or_else(|| bytes.to_vec(), packet);
        let fed = protocol.feed(&mut target, &words);
        match fed {
            Err(Failure::Packet) => protocol.answer(b"E16")?,
            Err(Failure::Line) => return Err(Failure::Line),
            Ok(Fed::Answered) => protocol.remember(bytes),
            Ok(Fed::Runs) => self.start(machine),
            Ok(Fed::Leaves) => {
                self.forget();
                machine.undebug();
                machine.cont();
            }
            Ok(Fed::Kills) => machine.quit(),
        }
        Ok(())
    }

    /// The machine is to go on.
    fn start(&mut self, machine: &mut Machine) {
        self.waits = true;
        machine.debug.paces = (0..machine.harts.len()).map(|hart| self.facts.pace(hart)).collect();
        machine.set_stops(&self.stops());
        machine.cont();
    }

    fn stops(&self) -> Stops {
        let watches = self.facts.points.watched();
        let watches = watches.map(|(range, what)| Watch {
            range,
            loads: what.notices(Access::Load),
            stores: what.notices(Access::Store),
        });
        Stops { breaks: self.facts.points.breaks(), watches: watches.collect(), all: false }
    }

    /// Tells gdb that the machine has stopped, if it has and gdb waits for it.
    fn report(&mut self, machine: &mut Machine) -> bool {
        if !self.waits || machine.state() == RunState::Running {
            return false;
        }
        let caught = machine.debug.take_caught().filter(|_| machine.state() == RunState::Debug);
        let (hart, stop) = match caught {
            None => (self.facts.told, None),
            Some((hart, caught)) => match self.stop(machine, hart, caught) {
                Some(stop) => (hart, Some(stop)),
                None => {
                    machine.cont();
                    return true;
                }
            },
        };
        self.facts.told = hart;
        self.waits = false;
        let tid = number(i32::try_from(hart + 1).unwrap_or(1));
        self.protocol.chosen = packet(format!("Hg{tid:x}"));
        let signal = |signal| BaseStopReason::SignalWithThread { tid, signal };
        let reason = match stop {
            Some(Stop::Soft) => BaseStopReason::SwBreak(tid),
            Some(Stop::Hard) => BaseStopReason::HwBreak(tid),
            Some(Stop::Watch(kind, addr)) => BaseStopReason::Watch { tid, kind, addr },
            Some(_) => signal(Signal::SIGTRAP),
            None if machine.state() == RunState::Shutdown => signal(Signal::SIGQUIT),
            None => signal(Signal::SIGINT),
        };
        let Self { protocol, layout, facts, desk, .. } = self;
        // A broken line is told by who reads from it.
        let _ = protocol.tell(&mut Target { machine, layout, facts, desk }, reason);
        true
    }

    /// What gdb is told of what has stopped a hart; nothing if it is to go on.
    fn stop(&mut self, machine: &mut Machine, hart: usize, caught: Caught) -> Option<Stop> {
        let mask = u64::MAX >> (64 - self.layout.xlen);
        let cpu = machine.harts.get_mut(hart)?;
        let pc = cpu.state().pc & mask;
        let touches: Vec<Touch> = cpu.take_touches().into_iter().map(touch).collect();
        let found = match caught {
            Caught::Breakpoint => self.facts.points.find(pc, &[]),
            Caught::Watchpoint => self.facts.points.find(pc, &touches),
            Caught::Step => None,
        };
        match (found, self.facts.order(hart)) {
            (Some(stop), _) => Some(stop),
            (None, Some(Order::Leave(range))) if range.contains(&pc) => None,
            _ => Some(Stop::Stepped),
        }
    }
}

/// An access as hooks know it.
pub fn touch(touch: memory::tlb::Touch) -> Touch {
    let access = match touch.kind {
        Kind::Load => Access::Load,
        Kind::Store => Access::Store,
        Kind::Fetch => Access::Fetch,
    };
    Touch { at: touch.at, size: touch.size, access, value: touch.value }
}
