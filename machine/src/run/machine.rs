//! A machine: a board, its harts, what they boot, and the loop that runs them.
//!
//! One thread runs everything: the harts in turn, timers and devices between them. Guest time is the count of
//! retired instructions, and what a live input types is stamped with the time at which it is delivered.

use super::console::{Console, Source};
use super::life::{End, RunState, Wishes};
use crate::boot::Boot;
use crate::cpu::is_woken;
use crate::solder::Wiring;
use accel::machine::{Exit, MachineCpu};
use host_char::Frontend as _;
use model::{Request, Waiting};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Instructions of a hart before the next one's turn, and before somebody looks whether input has come.
const TURN: u64 = 1_000_000;
/// The same where several harts take turns: what one waits for another to do comes soon.
const SHORT_TURN: u64 = 50_000;

/// How time passes, and what becomes of a machine that is switched off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// An instruction takes 2^shift nanoseconds (`-icount shift=`).
    pub shift: u32,
    /// Guest time is the wall clock's (`-rt`).
    pub realtime: bool,
    /// A reset ends the machine (`-no-reboot`).
    pub no_reboot: bool,
    /// Power off stops the machine and keeps it (`-no-shutdown`).
    pub no_shutdown: bool,
    /// It does not run until it is told to (`-S`).
    pub stopped: bool,
}

/// A machine.
pub struct Machine {
    /// Its board.
    pub wiring: Wiring,
    /// Its harts.
    pub harts: Vec<Box<dyn MachineCpu>>,
    /// What it boots.
    pub boot: Boot,
    /// Its console.
    pub console: Console,
    /// What has been asked of it.
    pub wishes: Wishes,
    /// What has come from IO threads.
    pub inbox: Arc<model::Inbox>,
    rules: Rules,
    state: RunState,
    /// Guest time in nanoseconds.
    now: u64,
    start: Instant,
    quit: bool,
}

impl Machine {
    /// A machine that has just been switched on.
    pub fn new(
        wiring: Wiring,
        harts: Vec<Box<dyn MachineCpu>>,
        boot: Boot,
        console: Console,
        wishes: Wishes,
        inbox: Arc<model::Inbox>,
        rules: Rules,
    ) -> Self {
        let state = if rules.stopped { RunState::Prelaunch } else { RunState::Running };
        let start = Instant::now();
        let mut machine =
            Self { wiring, harts, boot, console, wishes, inbox, rules, state, now: 0, start, quit: false };
        machine.reset();
        machine
    }

    /// What it is doing.
    pub fn state(&self) -> RunState {
        self.state
    }

    /// Guest time in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Stops the harts.
    pub fn stop(&mut self) {
        if self.state == RunState::Running {
            self.state = RunState::Paused;
        }
    }

    /// Lets the harts run. A machine that was switched off is not switched on by this.
    pub fn cont(&mut self) {
        if self.state != RunState::Shutdown {
            self.state = RunState::Running;
        }
    }

    /// Ends the machine's run.
    pub fn quit(&mut self) {
        self.quit = true;
    }

    /// Resets devices and harts and loads what is booted anew.
    pub fn reset(&mut self) {
        for placed in &self.wiring.devices {
            placed.device.reset();
        }
        for blob in &self.boot.blobs {
            let zeros = blob.size.saturating_sub(blob.bytes.len() as u64);
            // Where they lie was checked against the board when they were read.
            let _ = self.wiring.space.write_rom(blob.at, &blob.bytes);
            let _ = self.zero(blob.at + blob.bytes.len() as u64, zeros);
        }
        for hart in &mut self.harts {
            hart.reset(self.boot.pc);
        }
        if self.state == RunState::Shutdown {
            self.state = RunState::Running;
        }
    }

    fn zero(&self, at: u64, bytes: u64) -> Result<(), memory::mmio::BusError> {
        let zeros = [0; 4096];
        (0..bytes).step_by(zeros.len()).try_for_each(|done| {
            let size = usize::try_from(bytes - done).unwrap_or(zeros.len()).min(zeros.len());
            self.wiring.space.write_rom(at + done, &zeros[..size])
        })
    }

    /// Lets disks end what the guest has asked of them: a machine that is switched off loses no write. Nothing else
    /// goes on; what a guest could have its devices ask of themselves ends after a second of guest time.
    pub fn drain(&mut self) {
        let end = self.now.saturating_add(1_000_000_000);
        while let Some(due) = self.inbox.next_due().filter(|due| *due <= end) {
            self.set_time(self.now.max(due));
            self.inbox.deliver(self.now, Waiting::Block);
        }
    }

    /// Runs until something ends it. `look` is called between slices, and says whether it did something; there a
    /// monitor does its work.
    pub fn run(&mut self, mut look: impl FnMut(&mut Self) -> bool) -> End {
        loop {
            if let Some(end) = self.wishes() {
                return end;
            }
            let looked = look(self);
            if self.quit {
                return End::Quit;
            }
            if self.state != RunState::Running {
                if !looked {
                    self.wishes.sleep(None);
                }
                continue;
            }
            if let Some(end) = self.slice() {
                return end;
            }
        }
    }

    /// What devices, signals and people have asked for.
    fn wishes(&mut self) -> Option<End> {
        if !self.wishes.any() {
            return None;
        }
        let (request, signal) = self.wishes.take();
        if let Some(signal) = signal {
            return Some(End::Signal(signal));
        }
        match request? {
            Request::Exit { status } => Some(End::Exit(status)),
            Request::PowerOff if self.rules.no_shutdown => {
                self.state = RunState::Shutdown;
                None
            }
            Request::PowerOff => Some(End::PowerOff),
            Request::Reset if self.rules.no_reboot => Some(End::Reset),
            Request::Reset => {
                self.reset();
                None
            }
        }
    }

    fn set_time(&mut self, now: u64) {
        self.now = now;
        self.wiring.world.clock.set(now);
    }

    /// Timers, input, and a turn of each hart.
    fn slice(&mut self) -> Option<End> {
        if self.rules.realtime {
            let wall = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.set_time(self.now.max(wall));
        }
        self.wiring.world.timers.expire(self.now);
        self.inbox.deliver(self.now, Waiting::Block);
        self.input(false);
        let deadline = self.deadline();
        let turn = if self.harts.len() == 1 { TURN } else { SHORT_TURN };
        let start = self.now;
        let room = deadline.into_iter().chain(self.alarms()).filter(|at| *at > start).min();
        let room = room.map_or(u64::MAX, |at| at - start);
        let budget = room.div_ceil(1 << self.rules.shift).clamp(1, turn);
        let (mut waiting, mut latest) = (0, start);
        for hart in &mut self.harts {
            hart.skip_to(start);
            waiting += usize::from(hart.run(budget) == Exit::Wait);
            latest = latest.max(hart.now());
            if self.wishes.any() {
                break;
            }
        }
        self.set_time(latest);
        if waiting == self.harts.len() && !self.wishes.any() { self.idle() } else { None }
    }

    /// When the harts' own timers raise interrupts.
    fn alarms(&self) -> impl Iterator<Item = u64> {
        self.harts.iter().filter_map(|hart| hart.deadline())
    }

    /// The earliest time at which something is due that harts do not know of.
    fn deadline(&self) -> Option<u64> {
        let timers = self.wiring.world.timers.next_deadline();
        [timers, self.inbox.next_due(), self.console.due()].into_iter().flatten().min()
    }

    /// Gives the serial port what was typed.
    fn input(&mut self, stuck: bool) -> bool {
        let Some(tty) = &self.wiring.tty else { return false };
        tty.can_receive() > 0 && self.console.deliver(tty, self.now, stuck)
    }

    /// All harts wait: time goes to the next deadline, at once or as the wall clock goes.
    fn idle(&mut self) -> Option<End> {
        if self.harts.iter().any(|hart| is_woken(&**hart)) {
            return None;
        }
        let next = self.alarms().chain(self.deadline()).filter(|at| *at > self.now).min();
        let live = self.rules.realtime || self.console.source() == Source::Live;
        match next {
            Some(next) if !live => self.set_time(next.max(self.now)),
            Some(next) => {
                let rest = next.saturating_sub(self.now);
                let (slept, woken) = self.wishes.sleep(Some(Duration::from_nanos(rest)));
                let slept = u64::try_from(slept.as_nanos()).unwrap_or(u64::MAX);
                self.set_time(self.now + if woken { slept.min(rest) } else { rest });
            }
            None if live => {
                self.wishes.sleep(None);
            }
            None if self.input(true) => {}
            None => return Some(End::Stuck),
        }
        None
    }
}
