//! A machine under a debugger: which harts may run, and what has stopped one.
//!
//! Debugging does not change what a machine does. A hart that is stopped in the middle of its turn has the rest of it
//! when the machine goes on, and no timer is looked at before.

use super::life::RunState;
use crate::Machine;
use accel::machine::{Exit, MachineCpu};
use memory::tlb::Stops;

/// What a hart does when the machine runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pace {
    /// It takes its turns.
    #[default]
    Run,
    /// It runs one instruction, and stops the machine.
    Step,
    /// It stands.
    Stand,
}

/// What has stopped a hart, and the machine with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caught {
    /// Its next instruction has a breakpoint.
    Breakpoint,
    /// It has made a watched access.
    Watchpoint,
    /// It has made its step.
    Step,
}

/// What a step leaves aside. [QEMU: gdbstub, SSTEP_NOIRQ and SSTEP_NOTIMER]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepRules {
    /// The hart takes no interrupts.
    pub no_interrupts: bool,
    /// Timers of devices do not expire.
    pub no_timers: bool,
}

impl Default for StepRules {
    fn default() -> Self {
        Self { no_interrupts: true, no_timers: true }
    }
}

/// Turns of harts, from one look at timers to the next.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    /// Guest time at its beginning.
    pub start: u64,
    /// Instructions of a hart.
    pub budget: u64,
    /// The hart whose turn it is.
    pub hart: usize,
    /// What that hart has left of a turn that was interrupted.
    pub left: Option<u64>,
    /// Harts that wait for an interrupt, or stand.
    pub waiting: usize,
    /// The latest guest time that a hart has reached.
    pub latest: u64,
}

/// A machine's debugger.
#[derive(Default)]
pub struct Debug {
    /// What each hart does; those that are not named run.
    pub paces: Vec<Pace>,
    /// What a step leaves aside.
    pub rules: StepRules,
    /// The HMP command `gdbserver`, and what it said: a device.
    pub asked: Option<String>,
    caught: Option<(usize, Caught)>,
    pub(super) cut: Option<Slice>,
    /// Whether every hart waited when the last slice ended.
    pub(super) idle: bool,
}

impl Debug {
    pub(super) fn pace(&self, hart: usize) -> Pace {
        self.paces.get(hart).copied().unwrap_or_default()
    }

    /// The harts that do not stand.
    pub(super) fn moves<'a>(
        &'a self,
        harts: &'a [Box<dyn MachineCpu>],
    ) -> impl Iterator<Item = &'a dyn MachineCpu> {
        let numbered = harts.iter().enumerate();
        numbered.filter(|(number, _)| self.pace(*number) != Pace::Stand).map(|(_, hart)| &**hart)
    }

    /// The hart in whose turn the machine was stopped.
    pub fn turn(&self) -> Option<usize> {
        self.cut.as_ref().map(|slice| slice.hart)
    }

    /// What has stopped the machine since this was last asked.
    pub fn take_caught(&mut self) -> Option<(usize, Caught)> {
        self.caught.take()
    }

    /// Whether timers wait: a hart is stepped, and not for the end of its waiting.
    pub(super) fn holds_timers(&self) -> bool {
        self.rules.no_timers && !self.idle && self.paces.contains(&Pace::Step)
    }
}

impl Machine {
    /// Where harts stop from now on.
    pub fn set_stops(&mut self, stops: &Stops) {
        self.harts.iter_mut().for_each(|hart| hart.set_stops(stops.clone()));
    }

    /// Every hart runs freely; nobody debugs the machine.
    pub fn undebug(&mut self) {
        self.set_stops(&Stops::default());
        self.debug.paces.clear();
        self.debug.caught = None;
    }

    /// Gives the harts of `slice` their turns; false where one was stopped in the middle of its own.
    pub(super) fn turns(&mut self, slice: &mut Slice) -> bool {
        while let Some(hart) = self.harts.get_mut(slice.hart) {
            let pace = self.debug.pace(slice.hart);
            if pace == Pace::Stand {
                slice.waiting += 1;
            } else {
                if slice.left.is_none() {
                    hart.skip_to(slice.start);
                }
                let left = slice.left.unwrap_or(slice.budget);
                let steps = pace == Pace::Step && left > 0;
                hart.hold_interrupts(steps && self.debug.rules.no_interrupts);
                self.wiring.world.tracer.set_cpu(i32::try_from(slice.hart).unwrap_or(-1));
                let exit = hart.run(if steps { 1 } else { left });
                self.wiring.world.tracer.set_cpu(-1);
                hart.hold_interrupts(false);
                slice.latest = slice.latest.max(hart.now());
                let caught = match exit {
                    Exit::Breakpoint => Some(Caught::Breakpoint),
                    Exit::Watchpoint { .. } => Some(Caught::Watchpoint),
                    Exit::Budget | Exit::Device if steps => Some(Caught::Step),
                    // Its step was the instruction that waits.
                    Exit::Wait if steps && hart.left() == 0 => Some(Caught::Step),
                    Exit::Budget | Exit::Device | Exit::Wait => None,
                };
                if let Some(caught) = caught {
                    // What reaches a device ends the hart's turn.
                    let ended = matches!(exit, Exit::Device | Exit::Watchpoint { device: true });
                    let more = if steps { left - 1 + hart.left() } else { hart.left() };
                    slice.left = Some(if ended { 0 } else { more });
                    self.debug.caught = Some((slice.hart, caught));
                    self.go(RunState::Debug);
                    return false;
                }
                slice.waiting += usize::from(exit == Exit::Wait);
            }
            (slice.hart, slice.left) = (slice.hart + 1, None);
            if self.wishes.any() {
                break;
            }
        }
        true
    }
}
