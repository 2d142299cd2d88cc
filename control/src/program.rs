//! The run loop of a program: a vCPU for each thread, the kernel behind it, and how it ended.

use accel::Vcpu;
use interp::Stop;
use interp::riscv::Rv;
use memory::user::Space;
use spec::riscv::{State, Trap};
use user::{Backing, Crew, Death, Next, Process, Thread};

/// Instructions between two looks at signals that have arrived: well under a millisecond.
const SLICE: u64 = 1 << 17;

/// `execve` and `execveat`. [asm-generic/unistd.h]
pub(crate) const EXECS: [u64; 2] = [221, 281];

/// How a thread ended, and mostly its program with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The program, by `exit_group` or by its last thread, with this status.
    Exited(i32),
    /// The program, by a signal.
    Killed(Death),
    /// The thread alone; others go on.
    Left,
}

impl Ended {
    /// What a kernel's answer means for the thread; `None` if it goes on.
    pub(crate) fn of(next: Next) -> Option<Self> {
        match next {
            Next::Continue | Next::Replace => None,
            Next::Left => Some(Self::Left),
            Next::Exited(status) => Some(Self::Exited(status)),
            Next::Killed(death) => Some(Self::Killed(death)),
        }
    }
}

/// Runs a thread to its end.
pub fn run<X: Rv, M: Backing>(vcpu: &mut dyn Vcpu<X, M>, thread: &mut Thread) -> Ended {
    loop {
        if let Some(ended) = Ended::of(to_end(vcpu, thread)) {
            return ended;
        }
    }
}

/// Runs up to `budget` instructions, answering the trap if there is one; says whether that was the end.
pub fn advance<X: Rv, M: Backing>(
    vcpu: &mut dyn Vcpu<X, M>,
    thread: &mut Thread,
    budget: u64,
) -> Option<Ended> {
    let stop = vcpu.run(budget);
    Ended::of(answer(vcpu, thread, stop))
}

/// What the kernel does about the end of a run.
fn answer<X: Rv, M: Backing>(vcpu: &mut dyn Vcpu<X, M>, thread: &mut Thread, stop: Stop<Trap>) -> Next {
    match stop {
        // A program's hart asks for nothing.
        Stop::Budget | Stop::Exit(_) => thread.interrupt(vcpu.hart()),
        Stop::Trap(trap) => thread.trap(vcpu.hart(), trap),
    }
}

/// Runs a thread until what is next is not to continue.
pub(crate) fn to_end<X: Rv, M: Backing>(vcpu: &mut dyn Vcpu<X, M>, thread: &mut Thread) -> Next {
    loop {
        let stop = vcpu.run_slice(SLICE);
        match answer(vcpu, thread, stop) {
            Next::Continue => {}
            next => return next,
        }
    }
}

/// Threads that run freely, each on its own host thread and on a vCPU that `make` makes for it. A thread
/// that ends tells `left` how many instructions it ran. `end` is called on the thread that ends the program.
pub fn crew<X: Rv>(
    make: impl Fn(State) -> Box<dyn Vcpu<X, Space>> + Send + Sync + 'static,
    left: impl Fn(&mut dyn Vcpu<X, Space>, u64) + Send + Sync + 'static,
    end: impl Fn(Ended, &Process) + Send + Sync + 'static,
) -> Crew {
    let run = move |thread: &mut Thread, state: State| {
        let before = state.instret;
        let mut vcpu = make(state);
        let next = to_end(vcpu.as_mut(), thread);
        let state = vcpu.hart().state.clone();
        left(vcpu.as_mut(), state.instret.wrapping_sub(before));
        (next, state)
    };
    let end = move |next: Next, process: &Process| {
        if let Some(ended) = Ended::of(next) {
            end(ended, process);
        }
    };
    Crew { run: Box::new(run), end: Box::new(end) }
}

/// The clock that a program's `time` register counts: nanoseconds since the host started.
pub fn clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(now.tv_sec).wrapping_mul(1_000_000_000).wrapping_add(part(now.tv_nsec))
}
