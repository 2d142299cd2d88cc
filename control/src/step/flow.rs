//! Going on: one instruction, to a return, to a breakpoint, to the end.

use super::Session;
use accel::Accelerated;
use accel::hooks::Found;
use interp::riscv::Rv;
use spec::riscv::{Insn, Op, names};
use std::io::{self, Write};

/// What an instruction does to the depth of calls, by the convention that `ra` and `t0` hold return
/// addresses. [Unpriv. ISA, return-address stack hints]
pub(super) fn depth_change(insn: &Insn) -> i32 {
    let link = |register: u8| register == 1 || register == 5;
    match insn.op {
        Op::Jal | Op::CJal if link(insn.rd) => 1,
        Op::Jalr | Op::CJalr if link(insn.rd) => 1,
        Op::Jalr | Op::CJr if insn.rd == 0 && link(insn.rs1) => -1,
        _ => 0,
    }
}

impl<X: Rv + Accelerated> Session<X> {
    /// Runs `count` instructions and tells of each.
    pub(super) fn step(&mut self, count: u64, out: &mut dyn Write) -> io::Result<()> {
        for _ in 0..count {
            if self.over(out)? {
                break;
            }
            self.announce(out)?;
            // The program may write to the same terminal.
            out.flush()?;
            let done = self.one();
            if self.child {
                break;
            }
            self.tell(&done, out)?;
            if done.interrupted {
                return writeln!(out, "interrupted");
            }
        }
        Ok(())
    }

    /// As one step; a call runs to its return.
    pub(super) fn next(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let pc = self.state().pc;
        if self.insn_at(pc).is_none_or(|insn| depth_change(&insn) <= 0) {
            return self.step(1, out);
        }
        if self.over(out)? {
            return Ok(());
        }
        self.announce(out)?;
        self.run(out, |_, depth| depth <= 0)
    }

    /// Runs until the current function has returned.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.run(out, |_, depth| depth < 0)
    }

    /// Runs until the pc is `at`.
    pub(super) fn until(&mut self, at: u64, out: &mut dyn Write) -> io::Result<()> {
        self.run(out, move |pc, _| pc == at)
    }

    /// Runs until something stops it.
    pub(super) fn go(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.run(out, |_, _| false)
    }

    /// Runs until `arrived` (given the pc and the depth of calls since), a breakpoint, a watchpoint or the
    /// end; then says where it is.
    fn run(&mut self, out: &mut dyn Write, arrived: impl Fn(u64, i32) -> bool) -> io::Result<()> {
        if self.over(out)? {
            return Ok(());
        }
        out.flush()?;
        let start = self.state().instret;
        let mut depth = 0;
        loop {
            let done = self.one();
            let pc = self.state().pc;
            if self.child {
                return Ok(());
            }
            if done.ended.is_some() {
                return self.farewell(out);
            }
            depth += done.insn.as_ref().map_or(0, depth_change);
            let found = self.stops.find(pc, &done.touches);
            if let Some(found) = found {
                self.tell_found(found, out)?;
            }
            if done.interrupted {
                writeln!(out, "interrupted")?;
            }
            if done.interrupted || found.is_some() || arrived(pc, depth) {
                let ran = self.state().instret - start;
                writeln!(out, "{ran} {} later", if ran == 1 { "instruction" } else { "instructions" })?;
                return self.announce(out);
            }
        }
    }

    fn tell_found(&mut self, found: Found, out: &mut dyn Write) -> io::Result<()> {
        match found {
            Found::Break(number) => writeln!(out, "breakpoint {number}"),
            Found::Watch(number, touch) => {
                let (at, size, value) = (touch.at, touch.size, touch.value);
                writeln!(out, "watchpoint {number}: {size} bytes at {at:#x} ← {value:#x}")
            }
        }
    }

    /// Says so if the program has ended.
    fn over(&mut self, out: &mut dyn Write) -> io::Result<bool> {
        if self.ended.is_some() {
            writeln!(out, "the program has ended; quit leaves")?;
        }
        Ok(self.ended.is_some())
    }

    pub(super) fn add_break(&mut self, at: u64, out: &mut dyn Write) -> io::Result<()> {
        let number = self.stops.break_at(at);
        let name = self.name(at);
        writeln!(out, "breakpoint {number} at {at:#x}{name}")
    }

    pub(super) fn add_watch(&mut self, at: u64, size: u64, out: &mut dyn Write) -> io::Result<()> {
        let number = self.stops.watch(at, size);
        writeln!(out, "watchpoint {number} on {size} bytes at {at:#x}")
    }

    /// The address a place names, or a sentence that says why there is none.
    pub(super) fn find(&mut self, place: &super::command::Place) -> Result<u64, String> {
        use super::command::Base;
        let base = match &place.base {
            Base::Address(at) => *at,
            Base::Register(name) if name == "pc" => self.state().pc,
            Base::Register(name) => {
                let number = names::X.iter().position(|x| x == name).or_else(|| {
                    name.strip_prefix('x').and_then(|n| n.parse().ok()).filter(|n: &usize| *n < 32)
                });
                match number {
                    Some(number) => self.state().x[number],
                    None => return Err(format!("there is no register \"{name}\"; regs lists them")),
                }
            }
            Base::Symbol(name) => self.thread.process().symbols().find(name).ok_or_else(|| {
                format!("there is no symbol \"{name}\"; symbols lists them, 0x… is an address")
            })?,
        };
        Ok(base.wrapping_add_signed(place.offset))
    }
}
