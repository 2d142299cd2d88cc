//! A machine under the stepper: its privilege levels, page walks, traps and device registers.
//!
//! It sits in the machine's loop, where it is asked for the next command whenever the machine stands. The machine does
//! what it does without a stepper: harts take their turns, and interrupts come at their time.

mod show;
mod text;

use super::command::{Base, Command, Format, MACHINE_HELP, Place};
use super::{examine, flow};
use crate::monitor::{self, Desk};
use accel::hooks::{Found, Stops, Touch};
use accel::machine::{MachineCpu, Taken};
use machine::Machine;
use machine::debug::{Pace, StepRules};
use machine::life::{End, RunState};
use memory::tlb::{self, Watch};
use spec::riscv::{Guest, Insn, RV32, RV64, State, decoder};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use user::elf::Symbols;

/// Bytes behind a symbol that no longer belong to it.
const FAR: u64 = 1 << 20;

/// Reads the next line; none when there are no more.
pub type Lines<'a> = dyn FnMut() -> Result<Option<String>, Failure> + 'a;
/// Why there is no line, or no place for an answer.
pub type Failure = Box<dyn std::error::Error>;

/// A machine under the stepper.
pub struct Session {
    /// For `monitor`.
    desk: Desk,
    symbols: Symbols,
    xlen: u32,
    guest: &'static Guest,
    stops: Stops,
    last: Option<Command>,
    goal: Option<Goal>,
    /// The harts before the step.
    before: Vec<Before>,
    taken: Rc<RefCell<Vec<(usize, Taken)>>>,
    /// The hart that ran last.
    hart: usize,
    /// Instructions retired when a command began.
    start: u64,
    /// Takes what the guest has written to its console.
    console: Box<dyn FnMut() -> Vec<u8>>,
}

/// What a hart was before a step.
struct Before {
    state: State,
    insn: Option<Insn>,
    controls: Vec<(u16, &'static str, u64)>,
}

/// What a command waits for.
enum Goal {
    /// So many steps, each told.
    Steps(u64),
    /// Something to arrive at.
    Run(Reach),
}

#[derive(Clone, Copy)]
enum Reach {
    /// Nothing but breakpoints and watchpoints.
    Stops,
    /// An address.
    At(u64),
    /// As many returns: the depth of calls now, and what it is to fall to.
    Depth(i32, i32),
}

impl Session {
    /// A session on a machine that has not run. `console` takes what the guest has written since it was last called.
    pub fn new(
        machine: &mut Machine,
        desk: Desk,
        symbols: Symbols,
        console: impl FnMut() -> Vec<u8> + 'static,
    ) -> Self {
        let taken: Rc<RefCell<Vec<(usize, Taken)>>> = Rc::default();
        for (number, hart) in machine.harts.iter_mut().enumerate() {
            let taken = taken.clone();
            hart.watch_traps(Some(Box::new(move |trap| taken.borrow_mut().push((number, trap)))));
        }
        machine.debug.rules = StepRules { no_interrupts: false, no_timers: false };
        let xlen = machine.harts.first().map_or(64, |hart| hart.xlen());
        Self {
            desk,
            symbols,
            xlen,
            guest: if xlen == 32 { &RV32 } else { &RV64 },
            stops: Stops::default(),
            last: None,
            goal: None,
            before: vec![],
            taken,
            hart: 0,
            start: 0,
            console: Box::new(console),
        }
    }

    /// Called in the machine's loop: if it stands, tells why and carries out commands until it runs or is to end.
    ///
    /// # Errors
    /// When a line cannot be read, or `out` cannot be written.
    pub fn look(
        &mut self,
        machine: &mut Machine,
        lines: &mut Lines,
        out: &mut dyn Write,
    ) -> Result<bool, Failure> {
        if machine.state() == RunState::Running {
            return Ok(false);
        }
        self.arrive(machine, out)?;
        while machine.state() != RunState::Running {
            out.flush()?;
            match lines()? {
                Some(line) if self.line(machine, &line, out)? => {}
                _ => {
                    machine.quit();
                    break;
                }
            }
        }
        Ok(true)
    }

    /// How the machine has ended.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn farewell(&mut self, machine: &Machine, end: End, out: &mut dyn Write) -> io::Result<()> {
        self.hear(out)?;
        let how = match end {
            End::Quit => return Ok(()),
            End::PowerOff => "was switched off".into(),
            End::Exit(status) => format!("ended with status {status}"),
            End::Reset => "was to be reset".into(),
            End::Signal(number) => format!("was ended by signal {number}"),
            End::Broken => "could not be reset".into(),
            End::Stuck => "waits for an interrupt that nothing can raise".into(),
        };
        writeln!(out, "the machine {how} after {} instructions", machine.retired())
    }

    /// Carries out one line; an empty one repeats the last command. False to leave.
    fn line(&mut self, machine: &mut Machine, line: &str, out: &mut dyn Write) -> io::Result<bool> {
        let command = match Command::parse(line) {
            Ok(Some(command)) => command,
            Ok(None) => match self.last.clone() {
                Some(command) => command,
                None => return Ok(true),
            },
            Err(error) => return writeln!(out, "{error}").map(|()| true),
        };
        self.last = Some(command.clone());
        let place = match &command {
            Command::Until(place)
            | Command::Break(place)
            | Command::Watch(place, _)
            | Command::Examine(_, place)
            | Command::Physical(_, place)
            | Command::Walk(place)
            | Command::Disas(place, _) => self.find(machine, place),
            _ => Ok(0),
        };
        match place {
            Ok(at) => self.carry_out(machine, command, at, out),
            Err(sentence) => writeln!(out, "{sentence}").map(|()| true),
        }
    }

    fn carry_out(
        &mut self,
        machine: &mut Machine,
        command: Command,
        at: u64,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        match command {
            Command::Quit => return Ok(false),
            Command::Help => write!(out, "{MACHINE_HELP}")?,
            Command::Step(count) => self.begin(machine, Goal::Steps(count)),
            Command::Next => self.next(machine),
            Command::Finish => self.begin(machine, Goal::Run(Reach::Depth(0, -1))),
            Command::Continue => self.begin(machine, Goal::Run(Reach::Stops)),
            Command::Until(_) => self.begin(machine, Goal::Run(Reach::At(at))),
            Command::Break(_) => {
                let number = self.stops.break_at(at);
                writeln!(out, "breakpoint {number} at {at:#x}{}", self.name(at))?;
            }
            Command::Watch(_, size) => {
                let number = self.stops.watch(at, size);
                writeln!(out, "watchpoint {number} on {size} bytes at {at:#x}")?;
            }
            Command::Delete(number) if self.stops.remove(number) => {}
            Command::Delete(number) => {
                writeln!(out, "there is no breakpoint {number}; see info breakpoints")?
            }
            Command::Regs => self.registers(machine, out)?,
            Command::Csrs => self.controls(machine, out)?,
            Command::Examine(format, _) => self.examine(machine, format, at, out)?,
            Command::Physical(format, _) => {
                let space = machine.wiring.space.clone();
                let mut read = |at, into: &mut [u8]| monitor::physical(&space, at, into);
                examine::numbers(&mut read, format, at, "info mtree", out)?;
            }
            Command::Disas(_, count) => self.disas(machine, at, count, out)?,
            Command::Walk(_) => self.walk(machine, at, out)?,
            Command::Harts => self.harts(machine, out)?,
            Command::Monitor(line) => write!(out, "{}", monitor::line(machine, &mut self.desk, &line))?,
            Command::Breakpoints => examine::breakpoints(&self.stops, &self.symbols, out)?,
            Command::Symbols(part) => examine::symbols(&self.symbols, &part, out)?,
            Command::Maps => writeln!(out, "a machine has no maps; info mtree shows what lies where")?,
            Command::Rows => writeln!(out, "rows are counted for programs only")?,
        }
        Ok(true)
    }

    /// A command begins that has the machine run.
    fn begin(&mut self, machine: &mut Machine, goal: Goal) {
        if matches!(goal, Goal::Steps(0)) {
            return;
        }
        self.start = machine.retired();
        self.goal = Some(goal);
        self.single(machine);
    }

    /// As one step; a call runs to its return.
    fn next(&mut self, machine: &mut Machine) {
        let hart = self.turn(machine);
        let insn = machine.harts.get_mut(hart).and_then(|hart| insn_at(&mut **hart, self.xlen));
        let calls = insn.is_some_and(|insn| flow::depth_change(&insn) > 0);
        self.begin(machine, if calls { Goal::Run(Reach::Depth(0, 0)) } else { Goal::Steps(1) });
    }

    /// The hart that runs next.
    fn turn(&self, machine: &Machine) -> usize {
        machine.debug.turn().unwrap_or(self.hart)
    }

    /// Has the machine run one instruction of whichever hart's turn it is.
    fn single(&mut self, machine: &mut Machine) {
        let told = matches!(self.goal, Some(Goal::Steps(_)));
        self.taken.borrow_mut().clear();
        let (xlen, before) = (self.xlen, &mut self.before);
        before.clear();
        before.extend(machine.harts.iter_mut().map(|hart| Before {
            state: hart.state().clone(),
            insn: insn_at(&mut **hart, xlen),
            controls: if told { hart.controls() } else { vec![] },
        }));
        machine.set_stops(&tlb::Stops { all: true, ..tlb::Stops::default() });
        machine.debug.paces = vec![Pace::Step; machine.harts.len()];
        machine.cont();
    }

    /// Has the machine run to the next stop.
    fn freely(&mut self, machine: &mut Machine, at: Option<u64>) {
        let watch = |(_, range)| Watch { range, loads: false, stores: true };
        let breaks = self.stops.breaks().map(|(_, at)| at).chain(at).collect();
        let watches = self.stops.watches().map(watch).collect();
        machine.set_stops(&tlb::Stops { breaks, watches, all: false });
        machine.debug.paces.clear();
        machine.cont();
    }

    /// The machine stands: tells why, or has it go on.
    fn arrive(&mut self, machine: &mut Machine, out: &mut dyn Write) -> io::Result<()> {
        let Some(goal) = self.goal.take() else { return Ok(()) };
        let caught = machine.debug.take_caught();
        let Some((hart, _)) = caught.filter(|_| machine.state() == RunState::Debug) else {
            self.hear(out)?;
            writeln!(out, "interrupted")?;
            return self.announce(machine, out);
        };
        self.hart = hart;
        let touches: Vec<tlb::Touch> =
            machine.harts.get_mut(hart).map(|hart| hart.take_touches()).unwrap_or_default();
        match goal {
            Goal::Steps(left) => {
                self.tell(machine, hart, &touches, out)?;
                self.hear(out)?;
                if left > 1 {
                    self.goal = Some(Goal::Steps(left - 1));
                    self.single(machine);
                }
                Ok(())
            }
            Goal::Run(reach) => self.went(machine, reach, &touches, out),
        }
    }

    /// A command that runs has come to a stop, or has made a step.
    fn went(
        &mut self,
        machine: &mut Machine,
        mut reach: Reach,
        touches: &[tlb::Touch],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let pc = self.pc(machine, self.hart);
        if let (Reach::Depth(depth, _), Some(before)) = (&mut reach, self.before.get(self.hart)) {
            let ran = machine.harts.get(self.hart).is_some_and(|h| h.state().instret != before.state.instret);
            *depth += before.insn.as_ref().filter(|_| ran).map_or(0, flow::depth_change);
        }
        let arrived = match reach {
            Reach::Stops => false,
            Reach::At(at) => at == pc,
            Reach::Depth(depth, least) => depth <= least,
        };
        let touches: Vec<Touch> = touches.iter().map(|touch| crate::gdb::touch(*touch)).collect();
        let found = self.stops.find(pc, &touches);
        if !arrived && found.is_none() {
            self.goal = Some(Goal::Run(reach));
            match reach {
                Reach::Depth(..) => self.single(machine),
                Reach::Stops => self.freely(machine, None),
                Reach::At(at) => self.freely(machine, Some(at)),
            }
            return Ok(());
        }
        self.hear(out)?;
        match found {
            Some(Found::Break(number)) => writeln!(out, "breakpoint {number}")?,
            Some(Found::Watch(number, touch)) => {
                let (at, size, value) = (touch.at, touch.size, touch.value);
                writeln!(out, "watchpoint {number}: {size} bytes at {at:#x} ← {value:#x}")?;
            }
            None => {}
        }
        let ran = machine.retired() - self.start;
        writeln!(out, "{ran} {} later", if ran == 1 { "instruction" } else { "instructions" })?;
        self.announce(machine, out)
    }

    fn pc(&self, machine: &Machine, hart: usize) -> u64 {
        let pc = machine.harts.get(hart).map_or(0, |hart| hart.state().pc);
        pc & (u64::MAX >> (64 - self.xlen))
    }

    /// ` <main+0x12>`, or nothing.
    fn name(&self, at: u64) -> String {
        self.symbol(at).map_or(String::new(), |name| format!(" <{name}>"))
    }

    /// The symbol at an address, or not far before it: what is mapped elsewhere has no name.
    fn symbol(&self, at: u64) -> Option<String> {
        self.symbols.at(at).filter(|(_, offset)| *offset < FAR)?;
        self.symbols.describe(at)
    }

    /// The address that a place names, or a sentence that says why there is none.
    fn find(&self, machine: &Machine, place: &Place) -> Result<u64, String> {
        let hart = machine.harts.get(self.turn(machine)).ok_or("there is no hart")?;
        let base = match &place.base {
            Base::Address(at) => *at,
            Base::Register(name) => hart
                .register(name)
                .ok_or_else(|| format!("there is no register \"{name}\"; regs and csrs list them"))?,
            Base::Symbol(name) => self.symbols.find(name).ok_or_else(|| {
                format!("there is no symbol \"{name}\"; symbols lists them, 0x… is an address")
            })?,
        };
        Ok(base.wrapping_add_signed(place.offset) & (u64::MAX >> (64 - self.xlen)))
    }
}

/// The instruction that a hart runs next, if there is one.
fn insn_at(hart: &mut dyn MachineCpu, xlen: u32) -> Option<Insn> {
    let pc = hart.state().pc;
    decode(hart, pc, xlen)
}

fn decode(hart: &mut dyn MachineCpu, at: u64, xlen: u32) -> Option<Insn> {
    let mut bytes = [0; 4];
    let short = hart.read(at, &mut bytes[..2]) && bytes[0] & 3 != 3;
    let whole = short || hart.read(at, &mut bytes);
    whole.then(|| decoder(xlen).decode(u32::from_le_bytes(bytes)))?
}

impl Session {
    fn examine(
        &mut self,
        machine: &mut Machine,
        format: Format,
        at: u64,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if format.letter == 'i' {
            return self.disas(machine, at, format.count, out);
        }
        let turn = self.turn(machine);
        let Some(hart) = machine.harts.get_mut(turn) else { return Ok(()) };
        let mut read = |at, into: &mut [u8]| hart.read(at, into);
        match format.letter {
            's' => examine::texts(&mut read, format.count, at, out),
            _ => examine::numbers(&mut read, format, at, "walk ADDRESS", out),
        }
    }
}
