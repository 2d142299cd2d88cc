//! A machine: a board, its harts, what they boot, and the loop that runs them.
//!
//! One thread runs everything: the harts in turn, timers and devices between them. Guest time is the count of
//! retired instructions, and what a live input types is stamped with the time at which it is delivered.

use super::console::Console;
use super::debug::{Debug, Slice};
use super::drive::Drive;
use super::host::Host;
use super::life::{End, RunState, Wishes};
use crate::boot::{Boot, BootError};
use crate::cpu::is_woken;
use crate::solder::Wiring;
use accel::machine::MachineCpu;
use host_char::Action;
use model::{Event, Request, Waiting};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Instructions of a hart before the next one's turn, and before somebody looks whether input has come.
const TURN: u64 = 1_000_000;
/// The same where several harts take turns, or input waits for room: what one waits for another to do comes soon.
const SHORT_TURN: u64 = 50_000;
/// How far guest time may be before the wall clock where somebody can type, and how much it makes up for later.
const SLACK: u64 = 10_000_000;

/// How time passes, and what becomes of a machine that is switched off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// An instruction takes 2^shift nanoseconds (`-icount shift=`).
    pub shift: u32,
    /// Guest time is the wall clock's (`-rt`).
    pub realtime: bool,
    /// Whether idle time passes as the wall clock does (`-icount sleep=`); if nobody says, it does where
    /// somebody can type.
    pub sleep: Option<bool>,
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
    /// What is typed by a script, and when the guest was heard.
    pub console: Console,
    /// The host's side of it.
    pub host: Host,
    /// What has been asked of it.
    pub wishes: Wishes,
    /// What has come from IO threads.
    pub inbox: Arc<model::Inbox>,
    /// The drives, for those who ask what there is.
    pub drives: Vec<Drive>,
    /// Who debugs it, and how.
    pub debug: Debug,
    rules: Rules,
    pub(super) state: RunState,
    /// Guest time in nanoseconds.
    now: u64,
    /// A moment of the wall clock, and the guest time that belongs to it.
    anchor: (Instant, u64),
    signal: Option<i32>,
    quit: bool,
    sync: bool,
    /// See [`Machine::look_at`].
    landmark: u64,
    /// Why it could not be reset.
    broken: Option<BootError>,
}

impl Machine {
    /// A machine that has just been switched on.
    pub fn new(
        wiring: Wiring,
        harts: Vec<Box<dyn MachineCpu>>,
        boot: Boot,
        (host, console): (Host, Console),
        wishes: Wishes,
        inbox: Arc<model::Inbox>,
        rules: Rules,
    ) -> Self {
        let state = if rules.stopped { RunState::Prelaunch } else { RunState::Running };
        let anchor = (Instant::now(), 0);
        let (now, signal, quit, landmark) = (0, None, false, u64::MAX);
        let mut machine = Self {
            wiring,
            harts,
            boot,
            console,
            host,
            wishes,
            inbox,
            drives: vec![],
            debug: Debug::default(),
            rules,
            state,
            now,
            anchor,
            signal,
            quit,
            sync: false,
            landmark,
            broken: None,
        };
        machine.reset();
        machine.boot.blobs.iter_mut().for_each(|blob| blob.contents.let_go());
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

    /// Instructions that all harts have retired since power-on.
    pub fn retired(&self) -> u64 {
        self.harts.iter().map(|hart| hart.state().instret).sum()
    }

    /// Has [`Machine::run`] call its `look` when `retired` instructions have been retired. One hart stops there exactly;
    /// several end their turns, since shorter ones would change what happens.
    pub fn look_at(&mut self, retired: u64) {
        self.landmark = retired;
    }

    /// Stops the harts.
    pub fn stop(&mut self) {
        if self.state == RunState::Running {
            self.go(RunState::Paused);
        }
    }

    /// Lets the harts run. A machine that was switched off is not switched on by this.
    pub fn cont(&mut self) {
        if self.state != RunState::Shutdown {
            self.go(RunState::Running);
        }
    }

    pub(super) fn go(&mut self, state: RunState) {
        let old = std::mem::replace(&mut self.state, state);
        let what = format_args!("current_run_state {} new_state {}", old.name(), state.name());
        self.wiring.world.tracer.emit(Event::RunState, what);
    }

    /// Ends the machine's run.
    pub fn quit(&mut self) {
        self.quit = true;
    }

    /// Writes out the drives called `name`, or all, and gives back what failed.
    pub fn commit(&self, name: Option<&str>) -> Vec<String> {
        let named = self.drives.iter().filter(|drive| name.is_none_or(|name| name == drive.id));
        let fails = |drive: &Drive| {
            let error = drive.committer.as_ref()?.commit().err()?;
            Some(format!("drive {}: {} cannot be written: {error}", drive.id, drive.file.display()))
        };
        named.filter_map(fails).collect()
    }

    /// Whether somebody has asked for all drives to be written out since this was last asked.
    pub fn take_sync(&mut self) -> bool {
        std::mem::take(&mut self.sync)
    }

    /// Whether somebody has ended its run.
    pub fn has_quit(&self) -> bool {
        self.quit
    }

    /// Resets devices and harts and loads what is booted anew. Where a file is no longer what was booted, the machine
    /// cannot go on, and its run ends.
    pub fn reset(&mut self) {
        self.debug.cut = None;
        self.restart();
        self.broken = self.load().err();
    }

    /// Why the run has ended with [`End::Broken`].
    pub fn take_failure(&mut self) -> Option<BootError> {
        self.broken.take()
    }

    fn restart(&mut self) {
        for placed in &self.wiring.devices {
            placed.device.reset();
        }
        for hart in &mut self.harts {
            hart.reset(self.boot.pc);
        }
        if self.state == RunState::Shutdown {
            self.go(RunState::Running);
        }
    }

    fn load(&self) -> Result<(), BootError> {
        self.boot.blobs.iter().try_for_each(|blob| {
            let len = blob.contents.size();
            // Where they lie was checked against the board when they were read.
            let put = |at, piece: &[u8]| {
                let _ = self.wiring.space.write_rom(blob.at + at, piece);
            };
            let again = |source| BootError::Again { name: blob.name.clone(), source };
            blob.contents.pieces(put).map_err(again)?;
            let _ = self.zero(blob.at + len, blob.size.saturating_sub(len));
            Ok(())
        })
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
        let end = loop {
            if let Some(end) = self.wishes() {
                break end;
            }
            if self.broken.is_some() {
                break End::Broken;
            }
            self.attend();
            let looked = look(self);
            if let Some(signal) = self.signal {
                break End::Signal(signal);
            }
            if self.quit {
                break End::Quit;
            }
            if self.state != RunState::Running {
                if !looked && !self.host.is_live() {
                    break End::Quit;
                }
                if !looked {
                    self.host.sleep(None);
                }
                self.anchor = (Instant::now(), self.now);
                continue;
            }
            if self.host.is_clogged() {
                self.host.sleep(None);
                continue;
            }
            if let Some(end) = self.slice() {
                break end;
            }
        };
        self.host.flush();
        end
    }

    /// Waits until everybody has come whom a socket is to wait for, or a signal has.
    pub fn wait_for(&mut self, ids: &[String]) {
        let missing = |machine: &mut Self, id: &String| {
            machine.host.chardev(id).is_some_and(|chardev| !chardev.is_connected())
        };
        while self.signal.is_none() && ids.iter().any(|id| missing(self, id)) {
            self.host.sleep(None);
            self.attend();
        }
    }

    /// Moves bytes between devices and the host, and notes what people and signals want.
    fn attend(&mut self) {
        let actions = self.host.pump();
        self.quit |= actions.contains(&Action::Quit);
        self.sync |= actions.contains(&Action::Sync);
        self.signal = self.signal.or_else(|| self.host.signal());
    }

    /// What devices have asked for.
    fn wishes(&mut self) -> Option<End> {
        if !self.wishes.any() {
            return None;
        }
        let request = self.wishes.take()?;
        let event = match request {
            Request::Reset => Event::ResetRequest,
            Request::PowerOff | Request::Exit { .. } => Event::ShutdownRequest,
        };
        self.wiring.world.tracer.emit(event, format_args!("reason={request:?}"));
        match request {
            Request::Exit { status } => Some(End::Exit(status)),
            Request::PowerOff if self.rules.no_shutdown => {
                self.go(RunState::Shutdown);
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

    /// Timers and input, and a turn of each hart, or the rest of them where a debugger stopped one.
    fn slice(&mut self) -> Option<End> {
        let mut slice = self.debug.cut.take().unwrap_or_else(|| self.begin_slice());
        let whole = self.turns(&mut slice);
        self.set_time(self.now.max(slice.latest));
        if !whole {
            self.debug.cut = Some(slice);
            return None;
        }
        self.debug.idle = slice.waiting == self.harts.len() && !self.wishes.any();
        if self.debug.idle { self.idle() } else { None }
    }

    fn begin_slice(&mut self) -> Slice {
        if self.rules.realtime {
            self.set_time(self.now.max(self.wall()));
        } else if self.host.is_live() && self.rules.sleep != Some(false) {
            self.pace(self.now);
        }
        if !self.debug.holds_timers() {
            self.wiring.world.timers.expire(self.now);
        }
        self.inbox.deliver(self.now, Waiting::Block);
        self.input(false);
        let deadline = self.deadline();
        let turn = if self.harts.len() == 1 && !self.host.has_waiting() { TURN } else { SHORT_TURN };
        let start = self.now;
        let room = deadline.into_iter().chain(self.alarms()).filter(|at| *at > start).min();
        let room = room.map_or(u64::MAX, |at| at - start);
        let mut budget = room.div_ceil(1 << self.rules.shift).clamp(1, turn);
        if let [hart] = &*self.harts {
            let left = self.landmark.saturating_sub(hart.state().instret);
            budget = if left == 0 { budget } else { budget.min(left) };
        }
        Slice { start, budget, hart: 0, left: None, waiting: 0, latest: start }
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

    /// Gives the serial port what a script types.
    fn input(&mut self, stuck: bool) -> bool {
        let Some(tty) = &self.wiring.tty else { return false };
        self.console.deliver(tty, self.now, stuck)
    }

    /// Guest time as the wall clock has it.
    fn wall(&self) -> u64 {
        let (moment, time) = self.anchor;
        time.saturating_add(u64::try_from(moment.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Sleeps until the wall clock has come to guest time `until`, or something happens; says how far it has come.
    fn pace(&mut self, until: u64) -> u64 {
        // A guest that has worked for long is behind, and is not to hurry later.
        if !self.rules.realtime && self.wall() > self.now.saturating_add(SLACK) {
            let moment = Instant::now().checked_sub(Duration::from_nanos(SLACK));
            self.anchor = (moment.unwrap_or_else(Instant::now), self.now);
        }
        let rest = until.saturating_sub(self.wall());
        // Less than the host can sleep is slept later.
        if rest >= SLACK / 10 {
            self.host.sleep(Some(Duration::from_nanos(rest)));
        }
        let wall = self.wall();
        if until.saturating_sub(wall) < SLACK / 10 { until } else { wall.clamp(self.now, until) }
    }

    /// All harts wait: time goes to the next deadline, at once or as the wall clock goes.
    fn idle(&mut self) -> Option<End> {
        if self.debug.moves(&self.harts).any(is_woken) {
            return None;
        }
        let next = self.alarms().chain(self.deadline()).filter(|at| *at > self.now).min();
        let live = self.rules.realtime || self.host.is_live();
        match next {
            Some(next) if live && self.rules.sleep != Some(false) => {
                let reached = self.pace(next);
                self.set_time(reached);
            }
            Some(next) => {
                if self.rules.sleep.unwrap_or_else(|| self.console.is_forgotten(self.now)) {
                    // Nothing but a signal comes before the deadline, so that guest time is what it always is.
                    while self.signal.is_none() && !self.quit && self.pace(next) < next {
                        self.attend();
                    }
                }
                self.set_time(next);
            }
            None if live => self.host.sleep(None),
            None => {
                // The rest of a file may wait for room in the serial port.
                self.attend();
                let woken = self.harts.iter().any(|hart| is_woken(&**hart));
                if !woken && !self.quit && self.signal.is_none() && !self.input(true) {
                    return Some(End::Stuck);
                }
            }
        }
        None
    }
}
