//! What a step says: the instruction before, the changes after.

use super::{Done, Session};
use crate::log::{code, spaced};
use crate::program::Ended;
use accel::Accelerated;
use accel::hooks::Touch;
use interp::Access;
use interp::riscv::Rv;
use spec::disasm::{Style, text_with};
use spec::riscv::{Op, State, names, row};
use std::io::{self, Write};

impl<X: Rv + Accelerated> Session<X> {
    /// ` <main+0x12>`, or nothing.
    pub(super) fn name(&mut self, at: u64) -> String {
        self.thread.process().symbols().describe(at).map_or(String::new(), |name| format!(" <{name}>"))
    }

    /// The instruction that runs next: address, bytes, assembly, meaning.
    pub(super) fn announce(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let pc = self.state().pc;
        let name = self.name(pc);
        let Some(insn) = self.insn_at(pc) else {
            return writeln!(out, "{pc:#10x}{name}  no instruction can be fetched here");
        };
        let symbols = self.thread.process().symbols();
        let text = text_with(self.guest, &insn, pc, Style::Aliases, &|at| symbols.describe(at));
        writeln!(out, "{pc:#10x}{name}  {:<8}  {}", code(&insn), spaced(&text))?;
        writeln!(out, "            {}", row(insn.op).meaning)
    }

    /// What an instruction changed.
    pub(super) fn tell(&mut self, done: &Done, out: &mut dyn Write) -> io::Result<()> {
        let after = self.state();
        for (name, old, new) in changes(&done.before, &after) {
            writeln!(out, "            {name}: {old:#x} → {new:#x}")?;
        }
        for touch in &done.touches {
            writeln!(out, "            {}", told(touch))?;
        }
        if done.ended.is_some() {
            return self.farewell(out);
        }
        let length = done.insn.map_or(0, |insn| u64::from(insn.len));
        if after.pc != done.before.pc.wrapping_add(length) {
            let name = self.name(after.pc);
            writeln!(out, "            pc: {:#x} → {:#x}{name}", done.before.pc, after.pc)?;
        }
        Ok(())
    }

    /// How the program ended.
    pub(super) fn farewell(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let count = self.state().instret;
        match self.ended {
            Some(Ended::Exited(status)) => {
                writeln!(out, "the program exited with status {status} after {count} instructions")
            }
            Some(Ended::Killed(death)) => {
                let line = self.thread.process().describe(&death);
                writeln!(out, "the program was killed by {line} after {count} instructions")
            }
            Some(Ended::Left) => {
                writeln!(out, "the thread ended after {count} instructions; the program's others go on")
            }
            None => Ok(()),
        }
    }

    /// Rows executed so far, the most frequent first.
    pub(super) fn show_rows(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows: Vec<(Op, u64)> = self.rows.iter().map(|(op, count)| (*op, *count)).collect();
        rows.sort_by_key(|(op, count)| (std::cmp::Reverse(*count), *op));
        for (op, count) in &rows {
            let row = row(*op);
            writeln!(out, "{count:>10}  {:<12} {:<8} {}", row.mnemonic, row.ext, row.meaning)?;
        }
        let all = self.guest.rows().count();
        writeln!(out, "{} of {all} rows", rows.len())
    }
}

/// Registers that differ: name, old value, new value.
pub(super) fn changes(before: &State, after: &State) -> Vec<(String, u64, u64)> {
    let integer = names::X.iter().zip(before.x.iter().zip(&after.x));
    let float = names::F.iter().zip(before.f.iter().zip(&after.f));
    let wide = |(name, (old, new)): (&&str, (&u64, &u64))| ((*name).to_string(), *old, *new);
    let other = [
        ("fflags", u64::from(before.fflags), u64::from(after.fflags)),
        ("frm", u64::from(before.frm), u64::from(after.frm)),
        ("reservation", before.reservation, after.reservation),
    ];
    (integer.map(wide).chain(float.map(wide)))
        .chain(other.map(|(name, old, new)| (name.to_string(), old, new)))
        .filter(|(_, old, new)| old != new)
        .collect()
}

/// An access.
pub(super) fn told(touch: &Touch) -> String {
    let Touch { at, size, access, value } = touch;
    let digits = usize::try_from(2 * size).unwrap_or(16);
    match access {
        Access::Store => format!("[{at:#x}] ← {value:0digits$x}"),
        _ => format!("[{at:#x}] = {value:0digits$x}"),
    }
}
