//! What a step of a machine says.

use super::super::{examine, show};
use super::{Session, decode, text};
use crate::gdb::touch;
use crate::log::{code, spaced};
use accel::machine::Taken;
use interp::riscv::access::Purpose;
use interp::riscv::walk::{Trace, Walk};
use machine::Machine;
use memory::tlb::{Kind, Touch};
use spec::disasm::{Style, text_with};
use spec::riscv::{Insn, State, Trap, row};
use std::io::{self, Write};

/// Where what belongs to an instruction begins.
const INDENT: &str = "              ";

impl Session {
    /// What the guest has written to its console.
    pub(super) fn hear(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let bytes = (self.console)();
        if bytes.is_empty() {
            return Ok(());
        }
        writeln!(out, "{INDENT}console: {:?}", String::from_utf8_lossy(&bytes))
    }

    /// ` M`, with the hart's number where there are several.
    fn place(machine: &Machine, hart: usize, mode: u64) -> String {
        let letter = text::mode(mode);
        if machine.harts.len() > 1 { format!("{hart} {letter}") } else { letter.into() }
    }

    fn state_line(&self, place: &str, pc: u64, insn: Option<&Insn>, out: &mut dyn Write) -> io::Result<()> {
        let name = self.name(pc);
        let Some(insn) = insn else {
            return writeln!(out, "{place} {pc:#10x}{name}  no instruction can be fetched here");
        };
        let symbols = |at| self.symbol(at);
        let text = text_with(self.guest, insn, pc, Style::Aliases, &symbols);
        writeln!(out, "{place} {pc:#10x}{name}  {:<8}  {}", code(insn), spaced(&text))?;
        writeln!(out, "{INDENT}{}", row(insn.op).meaning)
    }

    /// The instruction that runs next.
    pub(super) fn announce(&mut self, machine: &mut Machine, out: &mut dyn Write) -> io::Result<()> {
        let number = self.turn(machine);
        let (xlen, pc) = (self.xlen, self.pc(machine, number));
        let Some(hart) = machine.harts.get_mut(number) else { return Ok(()) };
        let (mode, insn) = (hart.state().sys.mode, decode(&mut **hart, pc, xlen));
        self.state_line(&Self::place(machine, number, mode), pc, insn.as_ref(), out)
    }

    /// What a step has done.
    pub(super) fn tell(
        &mut self,
        machine: &mut Machine,
        number: usize,
        touches: &[Touch],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (Some(before), Some(hart)) = (self.before.get(number), machine.harts.get(number)) else {
            return Ok(());
        };
        let taken: Vec<Taken> = {
            let all = self.taken.borrow();
            all.iter().filter(|(hart, _)| *hart == number).map(|(_, taken)| *taken).collect()
        };
        let interrupt = taken.iter().find(|taken| taken.trap.is_none());
        let mask = u64::MAX >> (64 - self.xlen);
        let place = Self::place(machine, number, before.state.sys.mode);
        let pc = before.state.pc & mask;
        match interrupt {
            Some(taken) => {
                let code = taken.cause & (mask >> 1);
                writeln!(out, "{place} {pc:#10x}{}  {}", self.name(pc), text::cause(true, code))?;
            }
            None => self.state_line(&place, pc, before.insn.as_ref(), out)?,
        }
        let unsigned = |state: &State| {
            let mut state = state.clone();
            state.x.iter_mut().for_each(|x| *x &= mask);
            state
        };
        for (name, old, new) in show::changes(&unsigned(&before.state), &unsigned(hart.state())) {
            writeln!(out, "{INDENT}{name}: {old:#x} → {new:#x}")?;
        }
        for touched in touches {
            self.access(machine, &before.state, touched, out)?;
        }
        for taken in &taken {
            self.trap(machine, &before.state, taken, out)?;
        }
        for ((_, name, old), (.., new)) in before.controls.iter().zip(hart.controls()) {
            if *old != new && !counts(name) {
                writeln!(out, "{INDENT}{name}: {old:#x} → {new:#x}")?;
            }
        }
        if hart.is_waiting() {
            writeln!(out, "{INDENT}the hart waits for an interrupt")?;
        }
        let (after, mode) = (hart.state().pc & mask, hart.state().sys.mode);
        let length = before.insn.filter(|_| taken.is_empty()).map_or(0, |insn| u64::from(insn.len));
        if mode != before.state.sys.mode {
            writeln!(out, "{INDENT}mode: {} → {}", text::mode(before.state.sys.mode), text::mode(mode))?;
        }
        if after != pc.wrapping_add(length) {
            writeln!(out, "{INDENT}pc: {pc:#x} → {after:#x}{}", self.name(after))?;
        }
        Ok(())
    }

    /// An access: what, through which page tables, to which device.
    fn access(
        &self,
        machine: &Machine,
        before: &State,
        touched: &Touch,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "{INDENT}{}", show::told(&touch(*touched)))?;
        let purpose = if touched.kind == Kind::Store { Purpose::Store } else { Purpose::Load };
        let trace = self.trace(machine, before, touched.at, purpose);
        walked(&trace, out)?;
        let holds = |at: u64, size: u64| at <= touched.physical && touched.physical - at < size;
        let device = machine.wiring.devices.iter().find(|placed| holds(placed.at, placed.size));
        match device {
            Some(placed) => {
                let offset = touched.physical - placed.at;
                writeln!(
                    out,
                    "{INDENT}  device {} at {:#x}, offset {offset:#x}",
                    placed.device.kind(),
                    placed.at
                )
            }
            None => Ok(()),
        }
    }

    fn trace(&self, machine: &Machine, state: &State, at: u64, purpose: Purpose) -> Trace {
        Walk { sys: &state.sys, xlen: self.xlen, space: &machine.wiring.space }.trace(at, purpose)
    }

    /// A trap: why, and where it went.
    fn trap(&self, machine: &Machine, before: &State, taken: &Taken, out: &mut dyn Write) -> io::Result<()> {
        let mask = u64::MAX >> (64 - self.xlen);
        let interrupt = taken.trap.is_none();
        let code = taken.cause & (mask >> 1);
        let what = if interrupt { "interrupt" } else { "trap" };
        let (cause, value) = (text::cause(interrupt, code), taken.value & mask);
        writeln!(out, "{INDENT}{what}: {cause} (cause {code}, value {value:#x})")?;
        let fault = match taken.trap {
            Some(Trap::InstructionFault { at } | Trap::InstructionAccessFault { at }) => {
                Some((at, Purpose::Fetch))
            }
            Some(Trap::LoadFault { at } | Trap::LoadAccessFault { at }) => Some((at, Purpose::Load)),
            Some(Trap::StoreFault { at } | Trap::StoreAccessFault { at }) => Some((at, Purpose::Store)),
            _ => None,
        };
        if let Some((at, purpose)) = fault {
            walked(&self.trace(machine, before, at, purpose), out)?;
        }
        let delegated = if taken.to == 1 && interrupt {
            ", delegated by mideleg"
        } else if taken.to == 1 {
            ", delegated by medeleg"
        } else {
            ""
        };
        let (from, to) = (text::mode(taken.from), text::mode(taken.to));
        writeln!(out, "{INDENT}  from {from} to {to}{delegated}")
    }

    /// `walk ADDRESS`: as a load goes now.
    pub(super) fn walk(&mut self, machine: &mut Machine, at: u64, out: &mut dyn Write) -> io::Result<()> {
        let Some(hart) = machine.harts.get(self.turn(machine)) else { return Ok(()) };
        let trace = self.trace(machine, hart.state(), at, Purpose::Load);
        if trace.levels.is_none() {
            writeln!(out, "{at:#x} is a physical address: paging is off, or this is machine mode")?;
        }
        walked(&trace, out)
    }

    /// Registers of the hart that runs next.
    pub(super) fn registers(&mut self, machine: &mut Machine, out: &mut dyn Write) -> io::Result<()> {
        let number = self.turn(machine);
        let Some(hart) = machine.harts.get(number) else { return Ok(()) };
        let mut state = hart.state().clone();
        let mask = u64::MAX >> (64 - self.xlen);
        state.x.iter_mut().chain([&mut state.pc]).for_each(|value| *value &= mask);
        writeln!(out, "{}", crate::log::registers(&state, self.xlen))?;
        writeln!(out, "hart {number}, mode {}", text::mode(state.sys.mode))
    }

    /// Its control registers, but for counters of events that count nothing.
    pub(super) fn controls(&mut self, machine: &mut Machine, out: &mut dyn Write) -> io::Result<()> {
        let Some(hart) = machine.harts.get(self.turn(machine)) else { return Ok(()) };
        let controls = hart.controls();
        let idle = |name: &str, value: u64| value == 0 && (name.contains("hpm") || name.starts_with("pmp"));
        for (number, name, value) in controls.into_iter().filter(|(_, name, value)| !idle(name, *value)) {
            writeln!(out, "{number:#05x}  {name:<14} {value:#x}")?;
        }
        Ok(())
    }

    /// Where every hart is.
    pub(super) fn harts(&mut self, machine: &mut Machine, out: &mut dyn Write) -> io::Result<()> {
        let turn = self.turn(machine);
        for (number, hart) in machine.harts.iter().enumerate() {
            let mark = if number == turn { "*" } else { " " };
            let (pc, mode) = (self.pc(machine, number), text::mode(hart.state().sys.mode));
            let waits = if hart.is_waiting() { ", waits for an interrupt" } else { "" };
            let ran = hart.state().instret;
            writeln!(out, "{mark} {number} {mode} {pc:#x}{}, {ran} instructions{waits}", self.name(pc))?;
        }
        Ok(())
    }

    /// Instructions in memory.
    pub(super) fn disas(
        &mut self,
        machine: &mut Machine,
        at: u64,
        count: u32,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let number = self.turn(machine);
        let (xlen, pc) = (self.xlen, self.pc(machine, number));
        let Some(hart) = machine.harts.get_mut(number) else { return Ok(()) };
        let mut fetch = |at: u64| {
            let mut half = [0; 2];
            let insn = decode(&mut **hart, at, xlen);
            let readable = hart.read(at, &mut half);
            (insn, readable.then(|| u16::from_le_bytes(half)))
        };
        examine::code_at(&mut fetch, self.guest, &self.symbols, (at, count, pc), "walk ADDRESS", out)
    }
}

/// Whether a register changes with every instruction.
fn counts(name: &str) -> bool {
    matches!(name.trim_end_matches('h'), "mcycle" | "minstret" | "cycle" | "instret" | "time")
}

/// The entries of a walk, and what came of it.
fn walked(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let Some(levels) = trace.levels else {
        return match trace.found {
            Ok(_) => Ok(()),
            Err(refused) => writeln!(out, "{INDENT}  {}", text::refused(refused)),
        };
    };
    for entry in &trace.entries {
        let (level, at, pte) = (entry.level, entry.at, entry.pte);
        let (scheme, flags) = (text::scheme(levels), text::flags(pte));
        let text = format!("{scheme} level {level}: [{at:#x}] = {pte:#x} {flags}");
        writeln!(out, "{INDENT}  {}", text.trim_end())?;
    }
    match trace.found {
        Ok(physical) => writeln!(out, "{INDENT}  physical {physical:#x}"),
        Err(refused) => writeln!(out, "{INDENT}  refused: {}", text::refused(refused)),
    }
}
