//! The vCPU of a machine: a hart with all of its modes, its interrupt lines, and time that its instructions make.

mod inspect;
mod lines;

pub use inspect::Inspect;
pub use lines::Lines;

use crate::tier::{Driver, Tier};
use interp::block::Blocks;
use interp::observe::Observer;
pub use interp::riscv::Leaf;
use interp::riscv::{Rv, Rv32, Rv64};
use interp::{Clock, Exit as Asked, Hart, Stop, step};
use memory::tlb::{SoftMmu, Stops, Touch};
use spec::riscv::system::cpu::Cpu;
use spec::riscv::{State, Trap};

/// Why a vCPU came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The budget is spent.
    Budget,
    /// An instruction ran that reached a device: timers may have been armed, and the machine may have been asked to
    /// end.
    Device,
    /// The hart waits for an interrupt, and none is pending that it enables.
    Wait,
    /// The next instruction has a breakpoint. It is not stopped at again before it has run.
    Breakpoint,
    /// An access that is watched was made: [`MachineCpu::take_touches`].
    Watchpoint {
        /// As [`Exit::Device`].
        device: bool,
    },
}

/// What can be told of a trap that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The exception; none for an interrupt.
    pub trap: Option<Trap>,
    /// Address of the instruction that did not happen.
    pub pc: u64,
    /// `mcause` or `scause`.
    pub cause: u64,
    /// `mtval` or `stval`.
    pub value: u64,
    /// The mode it came from.
    pub from: u64,
    /// The mode it went to.
    pub to: u64,
}

/// Told of each trap and interrupt.
pub type Witness = Box<dyn FnMut(Taken)>;

/// A machine's vCPU. Between two calls of `run` all of it may be read and changed.
pub trait MachineCpu: Inspect {
    /// Runs until `budget` instructions have been retired or something else comes first. A trap takes one off the
    /// budget, too, so that a hart that only traps comes back.
    fn run(&mut self, budget: u64) -> Exit;

    /// Runs one instruction, or takes one trap or interrupt: for debuggers.
    fn step(&mut self) -> Exit {
        self.run(1)
    }

    /// Everything as after power-on, at `vector`. Lines, clock and memory stay.
    fn reset(&mut self, vector: u64);

    /// The interrupt lines.
    fn lines(&self) -> &Lines;

    /// Guest time in nanoseconds: exact between instructions.
    fn now(&self) -> u64;

    /// Moves guest time on to `nanoseconds`, when nothing ran meanwhile. Time does not go back.
    fn skip_to(&mut self, nanoseconds: u64);

    /// When the hart's own timer (`stimecmp`) wakes it, in guest time.
    fn deadline(&self) -> Option<u64>;

    /// Where [`MachineCpu::run`] comes back: before code, after accesses to data. Where every access is to be noticed
    /// it does not come back for them.
    fn set_stops(&mut self, stops: Stops);

    /// Accesses that were noticed since this was last asked, in their order.
    fn take_touches(&mut self) -> Vec<Touch>;

    /// What the last run has left of its budget.
    fn left(&self) -> u64;

    /// Whether it waits for an interrupt.
    fn is_waiting(&self) -> bool;

    /// While held, interrupts wait, as those of a hart that is stepped.
    fn hold_interrupts(&mut self, hold: bool);

    /// Has `witness` told of traps.
    fn watch_traps(&mut self, witness: Option<Witness>);

    /// Has `log` told of what is decoded and run from now on.
    fn watch_code(&mut self, log: Option<Box<dyn Log>>);
}

/// How a vCPU is made.
pub struct Config {
    /// The CPU model.
    pub cpu: Cpu,
    /// Its number.
    pub hartid: u64,
    /// The interpreter's driver. Machines have no translator yet: others are the block driver.
    pub tier: Tier,
    /// An instruction takes 2^shift nanoseconds; below 64.
    pub shift: u32,
    /// Its interrupt lines.
    pub lines: Lines,
}

/// Told of what a vCPU decodes and runs, whatever its width.
pub trait Log: Observer<Rv64> + Observer<Rv32> {}

impl<T: Observer<Rv64> + Observer<Rv32>> Log for T {}

/// A register width with its half of a [`Log`].
trait Width: Rv {
    fn half(log: Box<dyn Log>) -> Box<dyn Observer<Self>>;
}

impl Width for Rv64 {
    fn half(log: Box<dyn Log>) -> Box<dyn Observer<Self>> {
        log
    }
}

impl Width for Rv32 {
    fn half(log: Box<dyn Log>) -> Box<dyn Observer<Self>> {
        log
    }
}

/// A vCPU on memory, reset, at address 0. `log` is told what is decoded and run.
pub fn vcpu(config: Config, mmu: SoftMmu, log: Option<Box<dyn Log>>) -> Box<dyn MachineCpu> {
    if config.cpu.xlen == 32 {
        Box::new(Machine::<Rv32>::new(config, mmu, log.map(Rv32::half)))
    } else {
        Box::new(Machine::<Rv64>::new(config, mmu, log.map(Rv64::half)))
    }
}

struct Machine<X: Rv> {
    hart: Hart<X, SoftMmu>,
    /// None where the step driver runs.
    blocks: Option<Blocks<X>>,
    log: Option<Box<dyn Observer<X>>>,
    cpu: Cpu,
    hartid: u64,
    lines: Lines,
    waiting: bool,
    /// Whether interrupts wait.
    held: bool,
    left: u64,
    witness: Option<Witness>,
}

impl<X: Rv> Machine<X> {
    fn new(config: Config, mmu: SoftMmu, log: Option<Box<dyn Observer<X>>>) -> Self {
        let state = State { sys: config.cpu.reset(config.hartid), ..State::new() };
        let mut hart = Hart::new(state, mmu);
        hart.clock = Clock::Counted { base: 0, shift: config.shift.min(63) };
        hart.resync();
        Self {
            hart,
            blocks: (config.tier != Tier::interp(Driver::Step)).then(Blocks::new),
            log,
            cpu: config.cpu,
            hartid: config.hartid,
            lines: config.lines,
            waiting: false,
            held: false,
            left: 0,
            witness: None,
        }
    }

    fn shift(&self) -> u32 {
        match self.hart.clock {
            Clock::Counted { shift, .. } => shift,
            Clock::Wall(_) => 0,
        }
    }

    fn time(&self) -> u64 {
        self.hart.clock.now(self.hart.state.instret)
    }

    /// Runs at most `budget` instructions by the tier's driver.
    fn drive(&mut self, budget: u64) -> Stop<Trap> {
        let log = self.log.as_deref_mut().map(|log| log as _);
        match &mut self.blocks {
            Some(blocks) => blocks.run(&mut self.hart, budget, log),
            None => step::run(&mut self.hart, budget, log),
        }
    }

    /// Runs one instruction for which devices and known code are open, at its exact time.
    fn alone(&mut self) -> Stop<Trap> {
        let time = self.time();
        self.hart.mem.alone(Some(time));
        let stop = step::run(&mut self.hart, 1, self.log.as_deref_mut().map(|log| log as _));
        self.hart.mem.alone(None);
        stop
    }

    /// How many instructions may run before the hart's own timer is looked at.
    fn until_timer(&self) -> u64 {
        let Some(deadline) = self.hart.compare_deadline() else { return u64::MAX - 1 };
        let left = deadline.saturating_sub(self.time());
        let instruction = 1u64 << self.shift();
        left.div_ceil(instruction).clamp(1, u64::MAX - 1)
    }

    fn take(&mut self, trap: Option<Trap>) -> bool {
        let (pc, from) = (self.hart.state.pc, self.hart.state.sys.mode);
        let taken = match trap {
            Some(trap) => {
                self.hart.take_trap(trap);
                true
            }
            None => self.hart.take_interrupt(),
        };
        if let (true, Some(witness)) = (taken, &mut self.witness) {
            let sys = &self.hart.state.sys;
            let machine = sys.mode == spec::riscv::system::mode::MACHINE;
            let (cause, value) = if machine { (sys.mcause, sys.mtval) } else { (sys.scause, sys.stval) };
            witness(Taken { trap, pc, cause, value, from, to: sys.mode });
        }
        taken
    }

    /// The breakpoint that has kept an instruction from being fetched.
    fn refused_break(&self, stop: Stop<Trap>) -> Option<u64> {
        match stop {
            Stop::Trap(Trap::InstructionAccessFault { at }) => self.hart.mem.is_break(at).then_some(at),
            _ => None,
        }
    }

    /// Runs a stretch; what it took off the budget, and what the machine is to know.
    ///
    /// An instruction takes one and a trap takes one, wherever a driver happens to come back.
    fn stretch(&mut self, left: u64) -> (u64, Option<Exit>) {
        let before = self.hart.state.instret;
        let mut trapped = 0;
        let budget = left.min(self.until_timer());
        let mut passes = self.hart.mem.passed().is_some();
        let mut stop = self.drive(if passes { 1 } else { budget });
        if let Some(at) = self.refused_break(stop).filter(|at| *at != X::unsigned(self.hart.state.pc)) {
            // The second half of an instruction, in the next page: no instruction begins there now.
            self.hart.mem.pass(Some(at));
            passes = true;
            stop = self.drive(1);
        }
        let alone = stop == Stop::Exit(Asked::Alone);
        if alone {
            stop = self.alone();
        }
        let broken = self.refused_break(stop);
        match stop {
            Stop::Trap(_) if broken.is_some() => self.hart.mem.pass(broken),
            Stop::Trap(trap) => trapped = u64::from(self.take(Some(trap))),
            Stop::Exit(Asked::Wait) => self.waiting = true,
            // A device that refuses even so was not reached: running it again is all there is to do.
            Stop::Budget | Stop::Exit(Asked::Look | Asked::Alone) => {}
        }
        let spent = self.hart.state.instret.wrapping_sub(before).saturating_add(trapped);
        if broken.is_some() {
            return (spent, Some(Exit::Breakpoint));
        }
        if passes && spent > 0 {
            self.hart.mem.pass(None);
        }
        (spent, self.hart.mem.take_reached().then_some(Exit::Device))
    }
}

impl<X: Width> MachineCpu for Machine<X>
where
    Self: Inspect,
{
    fn run(&mut self, budget: u64) -> Exit {
        self.hart.mem.sync();
        self.left = budget;
        loop {
            self.hart.state.sys.lines = self.lines.get();
            self.hart.state.sys.time_delta = self.lines.time_delta();
            if self.waiting {
                if !self.hart.has_wakeup() {
                    return Exit::Wait;
                }
                self.waiting = false;
            }
            if self.left == 0 {
                return Exit::Budget;
            }
            if !self.held && self.take(None) {
                self.hart.mem.pass(None);
                self.left -= 1;
                continue;
            }
            let (spent, exit) = self.stretch(self.left);
            let least = u64::from(exit != Some(Exit::Breakpoint));
            self.left = self.left.saturating_sub(spent.max(least));
            if self.hart.mem.has_touches() {
                return Exit::Watchpoint { device: exit.is_some() };
            }
            if let Some(exit) = exit {
                return exit;
            }
        }
    }

    fn reset(&mut self, vector: u64) {
        let instret = self.hart.state.instret;
        self.hart.state =
            State { pc: X::keep(vector), instret, sys: self.cpu.reset(self.hartid), ..State::new() };
        // Time goes on; the counters begin anew.
        self.hart.state.sys.mcycle = instret.wrapping_neg();
        self.hart.state.sys.minstret = instret.wrapping_neg();
        self.waiting = false;
        self.hart.mem.pass(None);
        self.hart.mem.flush();
        self.hart.resync();
    }

    fn lines(&self) -> &Lines {
        &self.lines
    }

    fn now(&self) -> u64 {
        self.time()
    }

    fn skip_to(&mut self, nanoseconds: u64) {
        let ahead = nanoseconds.saturating_sub(self.time());
        if let Clock::Counted { base, .. } = &mut self.hart.clock {
            *base = base.wrapping_add(ahead);
        }
    }

    fn deadline(&self) -> Option<u64> {
        self.hart.compare_deadline()
    }

    fn set_stops(&mut self, mut stops: Stops) {
        stops.breaks.iter_mut().for_each(|at| *at = X::unsigned(*at));
        self.hart.mem.set_stops(stops);
    }

    fn take_touches(&mut self) -> Vec<Touch> {
        self.hart.mem.take_touches()
    }

    fn left(&self) -> u64 {
        self.left
    }

    fn is_waiting(&self) -> bool {
        self.waiting
    }

    fn hold_interrupts(&mut self, hold: bool) {
        self.held = hold;
    }

    fn watch_traps(&mut self, witness: Option<Witness>) {
        self.witness = witness;
    }

    fn watch_code(&mut self, log: Option<Box<dyn Log>>) {
        self.log = log.map(X::half);
    }
}
