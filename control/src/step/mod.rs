//! The stepper: one instruction at a time, what it says before and what it changed after.

mod command;
mod examine;
mod flow;
pub mod machine;
mod show;

pub use command::{Command, CommandError, HELP, MACHINE_HELP};

use crate::program::{EXECS, Ended, advance};
use accel::hooks::{Recorder, Stops, Touch};
use accel::{Accelerated, Vcpu};
use interp::Hart;
use interp::riscv::Rv;
use memory::user::Space;
use rustix::process::{Pid, getpid};
use spec::riscv::{Guest, Insn, Op, State, decoder};
use std::collections::BTreeMap;
use std::io::{self, Write};
use user::{Process, Thread};

type Memory = Recorder<Space>;

/// A program under the stepper.
pub struct Session<X: Rv + Accelerated> {
    vcpu: Box<dyn Vcpu<X, Memory>>,
    thread: Thread,
    stops: Stops,
    /// Rows executed, and how often.
    rows: BTreeMap<Op, u64>,
    ended: Option<Ended>,
    last: Option<Command>,
    guest: &'static Guest,
    /// Whose stepper this is; a child that the program forks has another number.
    owner: Pid,
    /// Whether this is such a child. It has run to its end without a word: the person talks to the parent.
    child: bool,
    /// Signals that are for the stepper.
    kept: u64,
}

/// What the person sees next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The next prompt.
    Prompt,
    /// Nothing: leave.
    Quit,
}

/// What one instruction did.
struct Done {
    before: State,
    insn: Option<Insn>,
    touches: Vec<Touch>,
    ended: Option<Ended>,
    /// Whether the person wants the prompt back.
    interrupted: bool,
}

/// SIGINT, as a set.
const INTERRUPTS: u64 = 1 << 1;

impl<X: Rv + Accelerated> Session<X> {
    /// A session at the first instruction of a loaded program.
    pub fn new(thread: Thread, state: State, space: Space, clock: fn() -> u64) -> Self {
        let mut hart = Hart::new(state, Recorder::new(space));
        hart.clock = interp::Clock::Wall(clock);
        Self {
            vcpu: X::recorded(hart),
            thread,
            stops: Stops::default(),
            rows: BTreeMap::new(),
            ended: None,
            last: None,
            guest: crate::log::guest::<X>(),
            owner: getpid(),
            child: false,
            kept: 0,
        }
    }

    /// From now on SIGINT, which Ctrl-C on a terminal sends, is for the stepper and not for the program: it ends
    /// what a command runs.
    pub fn keep_interrupts(&mut self) {
        self.kept = INTERRUPTS;
        self.thread.actions().watch(self.kept);
    }

    /// How the program ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// The program's kernel, to describe its death.
    pub fn process(&self) -> &Process {
        self.thread.process()
    }

    /// Carries out one line. An empty line repeats the last command.
    ///
    /// In a child that the program forked the reply is to leave, as the child has then ended.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn line(&mut self, line: &str, out: &mut dyn Write) -> io::Result<Reply> {
        let command = match Command::parse(line) {
            Ok(Some(command)) => command,
            Ok(None) => match self.last.clone() {
                Some(command) => command,
                None => return Ok(Reply::Prompt),
            },
            Err(error) => {
                writeln!(out, "{error}")?;
                return Ok(Reply::Prompt);
            }
        };
        self.last = Some(command.clone());
        let reply = self.carry_out(command, out)?;
        Ok(if self.child { Reply::Quit } else { reply })
    }

    fn carry_out(&mut self, command: Command, out: &mut dyn Write) -> io::Result<Reply> {
        match command {
            Command::Quit => return Ok(Reply::Quit),
            Command::Help => write!(out, "{HELP}")?,
            Command::Step(count) => self.step(count, out)?,
            Command::Next => self.next(out)?,
            Command::Finish => self.finish(out)?,
            Command::Continue => self.go(out)?,
            Command::Until(place) => self.with(&place, out, |s, at, out| s.until(at, out))?,
            Command::Break(place) => self.with(&place, out, Self::add_break)?,
            Command::Watch(place, size) => self.with(&place, out, |s, at, out| s.add_watch(at, size, out))?,
            Command::Delete(number) => {
                if !self.stops.remove(number) {
                    writeln!(out, "there is no breakpoint {number}; see info breakpoints")?;
                }
            }
            Command::Regs => writeln!(out, "{}", crate::log::registers(&self.state(), X::XLEN))?,
            Command::Examine(format, place) => {
                self.with(&place, out, |s, at, out| s.examine(format, at, out))?
            }
            Command::Disas(place, count) => self.with(&place, out, |s, at, out| s.disas(at, count, out))?,
            Command::Maps => self.maps(out)?,
            Command::Breakpoints => examine::breakpoints(&self.stops, self.thread.process().symbols(), out)?,
            Command::Csrs
            | Command::Physical(..)
            | Command::Walk(_)
            | Command::Harts
            | Command::Monitor(_) => {
                writeln!(out, "that is for machines: strata step -kernel FILE")?;
            }
            Command::Rows => self.show_rows(out)?,
            Command::Symbols(part) => examine::symbols(self.thread.process().symbols(), &part, out)?,
        }
        Ok(Reply::Prompt)
    }

    /// Finds the address a place names and goes on with it, or says that there is none.
    fn with(
        &mut self,
        place: &command::Place,
        out: &mut dyn Write,
        then: impl FnOnce(&mut Self, u64, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.find(place) {
            Ok(at) => then(self, at, out),
            Err(sentence) => writeln!(out, "{sentence}"),
        }
    }

    /// The state, its registers and pc as unsigned numbers of their width.
    fn state(&mut self) -> State {
        crate::log::unsigned::<X>(&self.vcpu.hart().state)
    }

    fn space(&mut self) -> &Space {
        &self.vcpu.hart().mem.inner
    }

    /// The instruction at `at`, if there is one.
    fn insn_at(&mut self, at: u64) -> Option<Insn> {
        let space = self.space();
        let low = space.fetch::<u16>(at).ok()?;
        let word = match low & 3 {
            3 => u32::from(low) | u32::from(space.fetch::<u16>(at.wrapping_add(2)).ok()?) << 16,
            _ => u32::from(low),
        };
        decoder(X::XLEN).decode(word)
    }

    /// Runs to the end.
    fn rest(&mut self) -> Ended {
        loop {
            self.vcpu.hart().mem.clear();
            if let Some(ended) = advance(self.vcpu.as_mut(), &mut self.thread, 1) {
                return ended;
            }
        }
    }

    /// Runs one instruction, system call included.
    fn one(&mut self) -> Done {
        let before = self.state();
        let insn = self.insn_at(before.pc);
        self.vcpu.hart().mem.clear();
        let calls = insn.as_ref().is_some_and(|insn| insn.op == Op::Ecall);
        // What the stepper keeps for itself is not kept from the next program.
        let replaces = calls && EXECS.contains(&before.x[17]);
        if replaces {
            self.thread.actions().watch(0);
        }
        let mut ended = advance(self.vcpu.as_mut(), &mut self.thread, 1);
        if replaces {
            self.thread.actions().watch(self.kept);
        }
        if calls && getpid() != self.owner {
            self.child = true;
            self.thread.actions().watch(0);
            ended = ended.or_else(|| Some(self.rest()));
        }
        if let Some(insn) = insn {
            *self.rows.entry(insn.op).or_default() += 1;
        }
        self.ended = ended;
        let interrupted = self.thread.arrived().is_some();
        Done { before, insn, touches: self.vcpu.hart().mem.touches().to_vec(), ended, interrupted }
    }
}
