//! One thread of a program, as its kernel sees it.

use super::Process;
use crate::abi::Siginfo;
use crate::host;
use crate::signal::{Actions, Cause, Signals};
use crate::{strace, syscall};
use accel::hooks::{Guarded, Recorder};
use interp::riscv::Rv;
use interp::{Hart, Memory};
use memory::user::Space;
use spec::riscv::{State, Trap};
use std::sync::Arc;

/// A memory that stands on a [`Space`].
pub trait Backing: Memory {
    /// The space.
    fn space(&self) -> &Space;
}

impl Backing for Space {
    fn space(&self) -> &Space {
        self
    }
}

impl<M: Backing> Backing for Recorder<M> {
    fn space(&self) -> &Space {
        self.inner.space()
    }
}

impl Backing for Guarded {
    fn space(&self) -> &Space {
        &self.space
    }
}

/// What the run loop does after a trap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Go on at the state's pc.
    Continue,
    /// The thread ended and others go on.
    Left,
    /// The program ended with this status, 0 to 255.
    Exited(i32),
    /// The process, which lives in its parent's memory, becomes another program.
    Replace,
    /// A signal killed the program.
    Killed(Death),
}

/// How a program died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Death {
    /// The signal's number.
    pub signal: i32,
    /// The address of the instruction that did it, or of the next one for a signal it was sent.
    pub pc: u64,
    /// The memory address that could not be reached, for a fault.
    pub address: Option<u64>,
    /// The instruction word that does not exist, for an illegal instruction.
    pub word: Option<u32>,
}

/// See [`Crew::run`].
pub type RunThread = Box<dyn Fn(&mut Thread, State) -> (Next, State) + Send + Sync>;
/// See [`Crew::end`].
pub type EndProcess = Box<dyn Fn(Next, &Process) + Send + Sync>;

/// How the further threads of a program run.
pub struct Crew {
    /// Runs a thread from a state on, on the calling host thread, until what is next is not to continue.
    pub run: RunThread,
    /// Ends the process as the program ended.
    pub end: EndProcess,
}

/// One thread of a program, as its kernel sees it.
pub struct Thread {
    pub(crate) process: Arc<Process>,
    pub(crate) task: Task,
}

/// What the kernel keeps for each thread.
pub struct Task {
    pub(crate) signals: Signals,
    /// Whether this is the thread that its process began with.
    pub(crate) leads: bool,
    /// A buffer that calls share, so that each need not allocate.
    pub(crate) scratch: Vec<u8>,
    /// Where the kernel writes zero when the thread ends.
    pub(crate) clear_tid: u64,
    /// What the process becomes after [`Next::Replace`].
    pub(crate) program: Option<host::Program>,
}

impl Thread {
    /// The program it belongs to.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Answers a trap: a system call, or an exception that becomes a signal.
    pub fn trap<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>, trap: Trap) -> Next {
        let space = hart.mem.space();
        let next = match trap {
            Trap::EnvironmentCall => syscall::enter(&self.process, &mut self.task, space, &mut hart.state),
            other => self.except(space, &mut hart.state, other),
        };
        let next = match next {
            Next::Continue => self.interrupt_state(hart),
            other => other,
        };
        self.tell(next, hart.mem.space())
    }

    /// Delivers a signal that has arrived, if any: to be called when a budget is spent.
    pub fn interrupt<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>) -> Next {
        let next = self.interrupt_state(hart);
        self.tell(next, hart.mem.space())
    }

    /// What the program does with each signal.
    pub fn actions(&self) -> &Arc<Actions> {
        self.task.signals.actions()
    }

    /// Takes a signal that has arrived and that [somebody watches for](Actions::watch): it is theirs to
    /// [deliver](Self::deliver).
    pub fn arrived(&mut self) -> Option<Siginfo> {
        self.task.signals.take_watched()
    }

    /// Hands the thread a signal: its handler, its default action, or its place among those that wait if the
    /// thread blocks it.
    pub fn deliver<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>, info: &Siginfo) -> Next {
        let next = self.task.signals.deliver(hart.mem.space(), &mut hart.state, info);
        self.tell(next, hart.mem.space())
    }

    /// Tells the log what has happened, and others who wait for the program that a signal has killed it.
    fn tell(&mut self, next: Next, space: &Space) -> Next {
        self.trace_signals(next);
        if let Next::Killed(_) = next {
            self.process.robust.end(self.process.abi(), space);
        }
        next
    }

    fn interrupt_state<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>) -> Next {
        if !self.task.signals.any_waiting() {
            return Next::Continue;
        }
        self.task.signals.deliver_waiting(hart.mem.space(), &mut hart.state)
    }

    /// Logs the signals whose handlers have just been entered, and the end.
    fn trace_signals(&mut self, next: Next) {
        let Some(entered) = &mut self.task.signals.entered else { return };
        let entered = std::mem::take(entered);
        if entered.is_empty() && next == Next::Continue {
            return;
        }
        let (logs, who) = (&self.process.logs, self.process.who());
        for info in &entered {
            logs.trace(Some(strace::signal(who, info)));
        }
        match next {
            Next::Killed(death) => logs.trace(Some(strace::death(who, death.signal))),
            Next::Exited(status) => logs.trace(Some(strace::end(who, status))),
            Next::Continue | Next::Left | Next::Replace => {}
        }
    }

    fn except(&mut self, space: &Space, state: &mut State, trap: Trap) -> Next {
        let pc = self.process.abi().unsigned(state.pc);
        self.task.signals.force(space, state, Cause::at(trap, space, pc))
    }
}
