//! One thread of a program under gdb: how it runs until there is something to say.

use super::debugger::Debugger;
use super::points::Points;
use super::team::{Leash, Sent, Stop, Team, Way};
use crate::program::EXECS;
use accel::hooks::{Guarded, Recorder};
use accel::{Accelerated, Vcpu};
use interp::riscv::Rv64;
use interp::{Hart, Stop as Halt};
use memory::user::Space;
use rustix::process::getpid;
use spec::riscv::{State, Trap};
use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use user::{Backing, Cause, Next, Thread};

/// Instructions between two looks at the others where blocks run: about a millisecond.
const SLICE: u64 = 1 << 17;
/// The same where single instructions run.
const STEPS: u32 = 1 << 14;
/// System calls and signals between two looks at the others.
const TRAPS: u32 = 64;

/// What there is to say.
pub enum Event {
    /// The thread stopped.
    Stopped(Stop),
    /// The thread ended, and perhaps the program.
    Ended(Next),
    /// This process is a child that the program forked, and waits at the other end of this until it is
    /// told what becomes of it.
    Child(Option<UnixStream>),
}

/// A thread under gdb.
pub struct Inferior<'a> {
    vcpu: Box<dyn Vcpu<Rv64, Guarded>>,
    kernel: Kernel<'a>,
    way: Way,
    /// Whether the next instruction runs even if it has a breakpoint.
    leaving: bool,
}

/// The thread's kernel, and what gdb wants to hear of what it does.
struct Kernel<'a> {
    thread: &'a mut Thread,
    debugger: &'a Debugger,
    tid: i32,
    points: Arc<Points>,
    holds_children: bool,
    /// Whether gdb has been told of the system call at the pc.
    entered: bool,
    /// Whether the thread must wait for its turn.
    waits: bool,
    /// What is to be told before the thread goes on.
    later: VecDeque<Stop>,
}

impl<'a> Inferior<'a> {
    /// A thread that has not run yet.
    pub fn new(hart: Hart<Rv64, Space>, thread: &'a mut Thread, debugger: &'a Debugger, tid: i32) -> Self {
        let mut guarded = Hart::new(hart.state, Guarded::new(hart.mem));
        guarded.clock = hart.clock;
        let kernel = Kernel {
            thread,
            debugger,
            tid,
            points: Arc::default(),
            holds_children: false,
            entered: false,
            waits: true,
            later: VecDeque::new(),
        };
        Self { vcpu: Rv64::guarded(guarded), kernel, way: Way::Continue, leaving: false }
    }

    /// The registers.
    pub fn state(&mut self) -> &mut State {
        &mut self.vcpu.hart().state
    }

    /// What gdb wants to hear of.
    pub fn points(&self) -> &Arc<Points> {
        &self.kernel.points
    }

    /// It does not go on before [`Inferior::wait`].
    pub fn must_wait(&mut self) {
        self.kernel.waits = true;
    }

    /// Waits until it is this thread's turn, if somebody wants that. What gdb has the thread do then may
    /// be something to say.
    pub fn wait(&mut self) -> (Leash, Option<Event>) {
        if !self.kernel.waits && !self.team().wants() {
            return (Leash::Held, None);
        }
        let (debugger, tid) = (self.kernel.debugger, self.kernel.tid);
        let hart = self.vcpu.hart();
        let before = hart.state.pc;
        let (leash, turn) = debugger.team.turn(tid, &mut hart.state);
        hart.mem.set(turn.points.breaks());
        self.kernel.entered &= hart.state.pc == before;
        self.kernel.points = turn.points;
        self.kernel.holds_children = turn.holds_children;
        self.kernel.waits = false;
        self.way = turn.way;
        self.leaving = turn.leaving;
        let Some(signal) = turn.signal else { return (leash, None) };
        let before = hart.state.pc;
        let mut event = self.kernel.deliver(hart, signal);
        if hart.state.pc != before {
            self.leaving = false;
            // A step that enters a handler ends at its first instruction.
            if self.way != Way::Continue {
                event = event.or(Some(Event::Stopped(Stop::Stepped)));
            }
        }
        (leash, event)
    }

    fn team(&self) -> &'a Team {
        &self.kernel.debugger.team
    }

    /// Runs until there is something to say, or for about a millisecond.
    pub fn run(&mut self) -> Option<Event> {
        if let Some(stop) = self.kernel.later.pop_front() {
            return Some(Event::Stopped(stop));
        }
        match self.way {
            Way::Continue if !self.kernel.points.watches() => {
                let pc = self.state().pc;
                let leaving = std::mem::take(&mut self.leaving) && self.vcpu.hart().mem.has(pc);
                if leaving { self.steps(1) } else { self.blocks() }
            }
            _ => self.steps(STEPS),
        }
    }

    /// Runs at full speed to a breakpoint, a signal or the end.
    fn blocks(&mut self) -> Option<Event> {
        for _ in 0..TRAPS {
            let halt = self.vcpu.run(SLICE);
            let hart = self.vcpu.hart();
            let event = match halt {
                Halt::Budget | Halt::Exit(_) => return self.kernel.interrupt(hart),
                Halt::Trap(Trap::EnvironmentCall) => self.kernel.trap(hart, Trap::EnvironmentCall),
                Halt::Trap(trap) => match self.kernel.points.find(hart.state.pc, &[]) {
                    Some(stop) => Some(Event::Stopped(stop)),
                    None => self.kernel.trap(hart, trap),
                },
            };
            if event.is_some() || self.kernel.waits || self.team().wants() {
                return event;
            }
        }
        None
    }

    /// Runs instruction by instruction and looks at each.
    fn steps(&mut self, most: u32) -> Option<Event> {
        let hart = self.vcpu.hart();
        let mut watched = Hart::new(hart.state.clone(), Recorder::new(hart.mem.space.clone()));
        watched.clock = hart.clock;
        let mut vcpu = Rv64::recorded(watched);
        let mut found = None;
        for _ in 0..most {
            vcpu.hart().mem.clear();
            let event = match vcpu.run(1) {
                Halt::Budget | Halt::Exit(_) => self.kernel.interrupt(vcpu.hart()),
                Halt::Trap(trap) => self.kernel.trap(vcpu.hart(), trap),
            };
            let hart = vcpu.hart();
            let (pc, touches) = (hart.state.pc, hart.mem.touches());
            found = match event {
                Some(event) => Some(event),
                None => {
                    let stop = self.kernel.points.find(pc, touches).or_else(|| arrived(&self.way, pc));
                    stop.map(Event::Stopped)
                }
            };
            if found.is_some() || self.kernel.waits {
                break;
            }
        }
        self.vcpu.hart().state = vcpu.hart().state.clone();
        found
    }
}

fn arrived(way: &Way, pc: u64) -> Option<Stop> {
    let there = match way {
        Way::Continue => false,
        Way::Step => true,
        Way::Leave(range) => !range.contains(&pc),
    };
    there.then_some(Stop::Stepped)
}

impl Kernel<'_> {
    /// Answers a trap, unless gdb is to hear of it first.
    fn trap<M: Backing>(&mut self, hart: &mut Hart<Rv64, M>, trap: Trap) -> Option<Event> {
        if trap == Trap::EnvironmentCall {
            return self.call(hart);
        }
        let cause = Cause::at(trap, hart.mem.space(), hart.state.pc);
        if !self.passes(cause.signal) {
            return Some(Event::Stopped(Stop::Signal(Sent { info: cause.info(), trap: Some(trap) })));
        }
        let next = self.thread.trap(hart, trap);
        end(next).or_else(|| self.interrupt(hart))
    }

    /// Has the thread make its system call.
    fn call<M: Backing>(&mut self, hart: &mut Hart<Rv64, M>) -> Option<Event> {
        let (number, pc) = (hart.state.x[17], hart.state.pc);
        let catches = self.points.calls.has(number);
        if catches && !std::mem::replace(&mut self.entered, true) {
            return Some(Event::Stopped(Stop::Entry(number)));
        }
        let held = if self.holds_children { super::child::hold(hart) } else { None };
        let ends = held.map(|(mine, its)| (Some(mine), Some(its))).unwrap_or_default();
        self.debugger.team.calling(self.tid, &hart.state);
        let replaces = EXECS.contains(&number);
        if replaces {
            // What is noted for gdb is not noted for the next program.
            self.debugger.actions.watch(0);
        }
        let next = self.thread.trap(hart, Trap::EnvironmentCall);
        if replaces {
            self.debugger.actions.watch(!self.points.pass);
        }
        if super::child::makes_one(number) && getpid() != self.debugger.owner {
            return Some(Event::Child(ends.1));
        }
        self.waits |= self.debugger.team.called(self.tid);
        // A call that is to be made again has not returned.
        self.entered = hart.state.pc == pc && self.entered;
        if let Some(event) = end(next) {
            return Some(event);
        }
        if let (Some(mine), Ok(child @ 1..)) = (ends.0, i32::try_from(hart.state.x[10])) {
            self.debugger.held(child, self.tid, mine);
            self.later.push_back(Stop::Forked(child));
        }
        if catches && !self.entered {
            self.later.push_back(Stop::Return(number));
        }
        match self.interrupt(hart) {
            Some(Event::Stopped(stop)) => {
                self.later.push_back(stop);
                self.later.pop_front().map(Event::Stopped)
            }
            None => self.later.pop_front().map(Event::Stopped),
            event => event,
        }
    }

    /// Delivers signals that have arrived, unless gdb is to hear of them first.
    fn interrupt<M: Backing>(&mut self, hart: &mut Hart<Rv64, M>) -> Option<Event> {
        if let Some(event) = end(self.thread.interrupt(hart)) {
            return Some(event);
        }
        while let Some(info) = self.thread.arrived() {
            let sent = Sent { info, trap: None };
            if !self.passes(info.signo) {
                return Some(Event::Stopped(Stop::Signal(sent)));
            }
            if let Some(event) = self.deliver(hart, sent) {
                return Some(event);
            }
        }
        None
    }

    /// Hands the thread a signal.
    fn deliver<M: Backing>(&mut self, hart: &mut Hart<Rv64, M>, sent: Sent) -> Option<Event> {
        end(match sent.trap {
            Some(trap) => self.thread.trap(hart, trap),
            None => self.thread.deliver(hart, &sent.info),
        })
    }

    fn passes(&self, signal: i32) -> bool {
        self.points.pass & 1 << (signal - 1) != 0
    }
}

fn end(next: Next) -> Option<Event> {
    (next != Next::Continue).then_some(Event::Ended(next))
}
