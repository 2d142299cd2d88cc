//! The run loop of a program: a vCPU, the kernel behind it, and how it ended.

use accel::Vcpu;
use interp::Stop;
use interp::riscv::Rv;
use user::{Backing, Death, Next, Process};

/// Instructions between two looks at signals that have arrived: well under a millisecond.
const SLICE: u64 = 1 << 17;

/// How a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By `exit`, with this status.
    Exited(i32),
    /// By a signal.
    Killed(Death),
}

/// Runs a program to its end.
pub fn run<X: Rv, M: Backing>(vcpu: &mut dyn Vcpu<X, M>, process: &mut Process) -> Ended {
    loop {
        if let Some(ended) = advance(vcpu, process, SLICE) {
            return ended;
        }
    }
}

/// Runs up to `budget` instructions, answering the trap if there is one; says whether that was the end.
pub fn advance<X: Rv, M: Backing>(
    vcpu: &mut dyn Vcpu<X, M>,
    process: &mut Process,
    budget: u64,
) -> Option<Ended> {
    let next = match vcpu.run(budget) {
        Stop::Budget => process.interrupt(vcpu.hart()),
        Stop::Trap(trap) => process.trap(vcpu.hart(), trap),
    };
    match next {
        Next::Continue => None,
        Next::Exited(status) => Some(Ended::Exited(status)),
        Next::Killed(death) => Some(Ended::Killed(death)),
    }
}

/// The clock that a program's `time` register counts: nanoseconds since the host started.
pub fn clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(now.tv_sec).wrapping_mul(1_000_000_000).wrapping_add(part(now.tv_nsec))
}
