//! The program under gdb: how it runs until there is something to say.

use super::guard::Guarded;
use super::signal::to_gdb;
use crate::program::Ended;
use accel::hooks::{Found, Recorder, Stops, Touch};
use accel::{Blockwise, Stepwise, Vcpu};
use gdbstub::common::Signal;
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::target::ext::breakpoints::WatchKind;
use interp::riscv::Rv64;
use interp::{Hart, Stop};
use memory::user::Space;
use rustix::process::{Pid, getpid, kill_process};
use spec::riscv::{State, Trap};
use std::ops::Range;
use user::{Death, Next, Thread};

/// Instructions between two looks at gdb where blocks run: about a millisecond.
const SLICE: u64 = 1 << 17;
/// The same where single instructions run.
const STEPS: u32 = 1 << 14;
/// System calls and signals between two looks at gdb.
const TRAPS: u32 = 64;

/// How far to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// To whatever stops it.
    Continue,
    /// One instruction.
    Step,
    /// Until the pc leaves this range.
    Leave(Range<u64>),
}

/// What there is to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The program stopped.
    Stopped(SingleThreadStopReason<u64>),
    /// The program ended.
    Ended(Ended),
    /// This process is a child that the program forked; gdb talks to the parent.
    Child,
}

/// A kind of breakpoint or watchpoint that gdb sets and removes by its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// `Z0`.
    Soft,
    /// `Z1`.
    Hard,
    /// `Z2` to `Z4`, on this many bytes.
    Watch(WatchKind, u64),
}

/// A program under gdb.
pub struct Inferior<'a> {
    pub(super) vcpu: Blockwise<Rv64, Guarded>,
    pub(super) thread: &'a mut Thread,
    pub(super) stops: Stops,
    /// What gdb has set: the kind, the address, the number among the stops.
    pub(super) points: Vec<(Point, u64, usize)>,
    way: Way,
    /// Whether the next instruction runs even if it has a breakpoint.
    leaving: bool,
    /// The signal to go on with.
    signal: Option<Signal>,
    /// The exception that was reported as a signal and has not been delivered.
    pending: Option<Trap>,
    owner: Pid,
}

impl<'a> Inferior<'a> {
    /// A program at its first instruction.
    pub fn new(hart: Hart<Rv64, Space>, thread: &'a mut Thread) -> Self {
        let mut guarded = Hart::new(hart.state, Guarded::new(hart.mem));
        guarded.clock = hart.clock;
        Self {
            vcpu: Blockwise::new(guarded, None),
            thread,
            stops: Stops::default(),
            points: vec![],
            way: Way::Continue,
            leaving: true,
            signal: None,
            pending: None,
            owner: getpid(),
        }
    }

    /// The process.
    pub fn owner(&self) -> Pid {
        self.owner
    }

    /// The registers.
    pub fn state(&mut self) -> &mut State {
        &mut self.vcpu.hart().state
    }

    /// The memory.
    pub fn space(&mut self) -> &Space {
        &self.vcpu.hart().mem.space
    }

    /// To be called after a change of the pc: what was about to happen at the old one does not.
    pub fn moved(&mut self) {
        self.pending = None;
    }

    /// Decides how [`Inferior::run`] goes on.
    pub fn resume(&mut self, way: Way, signal: Option<Signal>) {
        let breaks = self.stops.breaks().map(|(_, at)| at).collect();
        self.vcpu.hart().mem.set(breaks);
        self.way = way;
        // The breakpoint that it stands at is behind it.
        self.leaving = true;
        self.signal = signal.filter(|signal| signal.0 != 0);
    }

    /// Forgets every breakpoint, and goes on freely.
    pub fn release(&mut self) {
        self.stops = Stops::default();
        self.points.clear();
        self.resume(Way::Continue, None);
    }

    /// Runs until there is something to say, or for about a millisecond.
    pub fn run(&mut self) -> Option<Event> {
        let before = self.state().pc;
        if let Some(event) = self.deliver() {
            return Some(event);
        }
        if self.state().pc != before {
            // A step that enters a handler ends at its first instruction.
            if self.way != Way::Continue {
                return Some(stopped(Signal::SIGTRAP));
            }
            self.leaving = false;
        }
        match self.way {
            Way::Continue if self.stops.watches().next().is_none() => {
                let pc = self.state().pc;
                let leaving = std::mem::take(&mut self.leaving) && self.vcpu.hart().mem.has(pc);
                if leaving { self.steps(1) } else { self.blocks() }
            }
            _ => self.steps(STEPS),
        }
    }

    /// Hands the program the signal that gdb lets through.
    fn deliver(&mut self) -> Option<Event> {
        let pending = self.pending.take();
        let signal = self.signal.take()?;
        let hart = self.vcpu.hart();
        let next = match pending.filter(|trap| to_gdb(signal_of(*trap, &hart.mem.space)) == signal) {
            Some(trap) => self.thread.trap(hart, trap),
            None => {
                let linux = super::signal::from_gdb(signal)?;
                // SIGKILL and those that it does not handle end this process as they would end the program.
                if let Some(signal) = rustix::process::Signal::from_named_raw(linux) {
                    let _ = kill_process(self.owner, signal);
                }
                self.thread.interrupt(hart)
            }
        };
        self.ended(next)
    }

    /// Runs at full speed to a breakpoint, a signal or the end.
    fn blocks(&mut self) -> Option<Event> {
        for _ in 0..TRAPS {
            let next = match self.vcpu.run(SLICE) {
                Stop::Budget => {
                    let next = self.thread.interrupt(self.vcpu.hart());
                    return self.ended(next);
                }
                Stop::Trap(Trap::EnvironmentCall) => {
                    self.thread.trap(self.vcpu.hart(), Trap::EnvironmentCall)
                }
                Stop::Trap(trap) => return Some(self.broke().unwrap_or_else(|| self.caught(trap))),
            };
            if let Some(event) = self.ended(next).or_else(|| self.forked()) {
                return Some(event);
            }
        }
        None
    }

    /// Runs instruction by instruction and looks at each.
    fn steps(&mut self, most: u32) -> Option<Event> {
        let hart = self.vcpu.hart();
        let mut watched = Hart::new(hart.state.clone(), Recorder::new(&mut hart.mem.space));
        watched.clock = hart.clock;
        let mut vcpu = Stepwise::<Rv64, _>::new(watched, None);
        let mut found = None;
        let mut caught = None;
        for _ in 0..most {
            vcpu.hart().mem.clear();
            let next = match vcpu.run(1) {
                Stop::Budget => self.thread.interrupt(vcpu.hart()),
                Stop::Trap(Trap::EnvironmentCall) => {
                    let next = self.thread.trap(vcpu.hart(), Trap::EnvironmentCall);
                    if getpid() != self.owner {
                        found = Some(Event::Child);
                    }
                    next
                }
                Stop::Trap(trap) => {
                    caught = Some(trap);
                    break;
                }
            };
            let hart = vcpu.hart();
            found = end(next)
                .or(found)
                .or_else(|| {
                    self.stops.find(hart.state.pc, hart.mem.touches()).and_then(|f| told(f, &self.points))
                })
                .or_else(|| arrived(&self.way, hart.state.pc));
            if found.is_some() {
                break;
            }
        }
        let state = vcpu.hart().state.clone();
        drop(vcpu);
        self.vcpu.hart().state = state;
        match caught {
            Some(trap) => Some(self.caught(trap)),
            None => found,
        }
    }

    /// An exception that becomes a signal: gdb hears of it first.
    fn caught(&mut self, trap: Trap) -> Event {
        self.pending = Some(trap);
        stopped(Signal(to_gdb(signal_of(trap, &self.vcpu.hart().mem.space)).0))
    }

    /// The breakpoint at the pc, if there is one.
    fn broke(&mut self) -> Option<Event> {
        let pc = self.state().pc;
        self.stops.find(pc, &[]).and_then(|found| told(found, &self.points))
    }

    fn ended(&self, next: Next) -> Option<Event> {
        end(next)
    }

    fn forked(&self) -> Option<Event> {
        (getpid() != self.owner).then_some(Event::Child)
    }
}

fn end(next: Next) -> Option<Event> {
    match next {
        Next::Continue | Next::Replace => None,
        Next::Left => Some(Event::Ended(Ended::Left)),
        Next::Exited(status) => Some(Event::Ended(Ended::Exited(status))),
        Next::Killed(death) => Some(Event::Ended(Ended::Killed(death))),
    }
}

/// The program stopped on account of a signal.
pub fn stopped(signal: Signal) -> Event {
    Event::Stopped(SingleThreadStopReason::SignalWithThread { tid: (), signal })
}

fn arrived(way: &Way, pc: u64) -> Option<Event> {
    let there = match way {
        Way::Continue => false,
        Way::Step => true,
        Way::Leave(range) => !range.contains(&pc),
    };
    there.then(|| stopped(Signal::SIGTRAP))
}

fn told(found: Found, points: &[(Point, u64, usize)]) -> Option<Event> {
    let (number, touch): (usize, Option<Touch>) = match found {
        Found::Break(number) => (number, None),
        Found::Watch(number, touch) => (number, Some(touch)),
    };
    let (point, at, _) = points.iter().find(|(_, _, n)| *n == number)?;
    Some(Event::Stopped(match point {
        Point::Soft => SingleThreadStopReason::SwBreak(()),
        Point::Hard => SingleThreadStopReason::HwBreak(()),
        // gdb looks for a watchpoint that holds the address: the first watched byte that was touched.
        Point::Watch(kind, _) => {
            let addr = touch.map_or(*at, |touch| touch.at.max(*at));
            SingleThreadStopReason::Watch { tid: (), kind: *kind, addr }
        }
    }))
}

/// The number of the signal that an exception becomes, as a kernel decides it.
/// [arch/riscv/kernel/traps.c, arch/riscv/mm/fault.c]
fn signal_of(trap: Trap, space: &Space) -> i32 {
    const SIGILL: i32 = 4;
    const SIGTRAP: i32 = 5;
    const SIGBUS: i32 = 7;
    const SIGSEGV: i32 = 11;
    match trap {
        Trap::LoadFault { at } | Trap::StoreFault { at } | Trap::InstructionFault { at } => {
            let behind_its_file = space.load::<u8>(at).is_err_and(|fault| fault.bus);
            if behind_its_file { SIGBUS } else { SIGSEGV }
        }
        Trap::LoadMisaligned { .. } | Trap::StoreMisaligned { .. } | Trap::InstructionMisaligned { .. } => {
            SIGBUS
        }
        Trap::Breakpoint { .. } => SIGTRAP,
        Trap::IllegalInstruction { .. } | Trap::EnvironmentCall => SIGILL,
    }
}

/// The death of a program that gdb kills.
pub fn killed(pc: u64) -> Ended {
    Ended::Killed(Death { signal: 9, pc, address: None, word: None })
}
