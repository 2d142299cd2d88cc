//! A machine's vCPU for debuggers and monitors: registers by name, memory as the hart sees it.

use super::Machine;
use interp::riscv::{Leaf, Rv};
use memory::addr::{PAGE, host_size};
use memory::ram::RamBlock;
use memory::space::AddressSpace;
use memory::tlb::Cached;
use spec::disasm;
use spec::riscv::system::{csr, mode};
use spec::riscv::{RV32, RV64, State, decoder, names};
use std::ops::Range;

/// Reading and changing a vCPU that does not run. Nothing here has side effects on devices.
pub trait Inspect {
    /// The registers.
    fn state(&self) -> &State;
    /// Changes registers; translations follow.
    fn change(&mut self, change: &mut dyn FnMut(&mut State));
    /// Register width.
    fn xlen(&self) -> u32;
    /// A register by name: `pc`, `x10`, `a0`, `f3`, `fa0`, `priv`, a control register, or a control register's number.
    fn register(&self, name: &str) -> Option<u64>;
    /// Sets one; false where there is none, or it is read-only.
    fn set_register(&mut self, name: &str, value: u64) -> bool;
    /// Control registers that there are, by number, with name and value.
    fn controls(&self) -> Vec<(u16, &'static str, u64)>;
    /// The physical address behind a virtual one, as loads of the current mode go.
    fn physical(&mut self, at: u64) -> Option<u64>;
    /// Gives each page that the page tables map to `each`, by virtual address; whether those were all, since tables that
    /// lead back to themselves have no end. `None` where addresses are not translated.
    fn mappings(&mut self, each: &mut dyn FnMut(Leaf)) -> Option<bool>;
    /// What the TLB holds.
    fn cached(&self) -> Vec<Cached>;
    /// The physical memory.
    fn space(&self) -> AddressSpace;
    /// Reads virtual memory; false where some of it is not memory.
    fn read(&mut self, at: u64, into: &mut [u8]) -> bool;
    /// Writes virtual memory whatever its rights, ROM too; false where some of it is not memory.
    fn write(&mut self, at: u64, from: &[u8]) -> bool;
    /// The instruction at a virtual address: its length in bytes and its text.
    fn instruction(&mut self, at: u64) -> Option<(u8, String)>;
}

impl<X: Rv> Inspect for Machine<X> {
    fn state(&self) -> &State {
        &self.hart.state
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut State)) {
        let pc = self.hart.state.pc;
        change(&mut self.hart.state);
        if self.hart.state.pc != pc {
            self.waiting = false;
            self.hart.mem.pass(None);
        }
        self.hart.state.x[0] = 0;
        self.hart.mem.flush();
        self.hart.resync();
    }

    fn xlen(&self) -> u32 {
        X::XLEN
    }

    fn register(&self, name: &str) -> Option<u64> {
        let state = &self.hart.state;
        match place(name)? {
            Place::Pc => Some(X::unsigned(state.pc)),
            Place::Mode => Some(state.sys.mode),
            Place::X(n) => Some(X::unsigned(state.x[n])),
            Place::F(n) => Some(state.f[n]),
            Place::Control(number) => self.hart.control(number),
        }
    }

    fn set_register(&mut self, name: &str, value: u64) -> bool {
        let state = &mut self.hart.state;
        match place(name) {
            Some(Place::Pc) => {
                state.pc = X::keep(value & !1);
                self.hart.mem.pass(None);
                // A hart that is sent elsewhere is not behind its `wfi` any more.
                self.waiting = false;
            }
            Some(Place::Mode) if matches!(value, mode::USER | mode::SUPERVISOR | mode::MACHINE) => {
                state.sys.mode = value;
                self.hart.resync();
            }
            Some(Place::X(n)) if n > 0 => state.x[n] = X::keep(value),
            Some(Place::F(n)) => state.f[n] = value,
            Some(Place::Control(number)) => return self.hart.set_control(number, value),
            _ => return false,
        }
        true
    }

    fn controls(&self) -> Vec<(u16, &'static str, u64)> {
        let numbers =
            csr::ROWS.iter().flat_map(|row| (row.number..row.number + row.count).map(move |n| (row, n)));
        numbers.filter_map(|(row, n)| Some((n, row.name(n), self.hart.control(n)?))).collect()
    }

    fn physical(&mut self, at: u64) -> Option<u64> {
        self.hart.peek_place(X::unsigned(at))
    }

    fn mappings(&mut self, each: &mut dyn FnMut(Leaf)) -> Option<bool> {
        self.hart.mappings(each)
    }

    fn cached(&self) -> Vec<Cached> {
        self.hart.mem.cached()
    }

    fn space(&self) -> AddressSpace {
        self.hart.mem.space().clone()
    }

    fn read(&mut self, at: u64, into: &mut [u8]) -> bool {
        self.reach(at, into.len(), |block, offset, piece| block.read(offset, &mut into[piece]).is_ok())
    }

    fn write(&mut self, at: u64, from: &[u8]) -> bool {
        self.reach(at, from.len(), |block, offset, piece| block.write(offset, &from[piece]).is_ok())
    }

    fn instruction(&mut self, at: u64) -> Option<(u8, String)> {
        let mut bytes = [0; 4];
        if !self.read(at, &mut bytes[..2]) {
            return None;
        }
        if bytes[0] & 3 == 3 && !self.read(at.wrapping_add(2), &mut bytes[2..]) {
            return None;
        }
        let word = u32::from_le_bytes(bytes);
        let guest = if X::XLEN == 32 { &RV32 } else { &RV64 };
        let insn = decoder(X::XLEN).decode(word);
        let len = if word & 3 == 3 { 4 } else { 2 };
        let text = insn.map_or_else(
            || format!(".insn {len}, {word:#x}"),
            |insn| disasm::text(guest, &insn, at, disasm::Style::Plain),
        );
        Some((len, text))
    }
}

impl<X: Rv> Machine<X> {
    /// Hands on the memory behind `len` virtual bytes, page by page: its block, the offset there, and the piece of the
    /// bytes. False where some of it is not memory, or `then` says so; the pages before it have been handed on.
    fn reach(
        &mut self,
        at: u64,
        len: usize,
        mut then: impl FnMut(&RamBlock, u64, Range<usize>) -> bool,
    ) -> bool {
        let view = self.hart.mem.space().view();
        pieces(at, len).all(|(at, start, len)| {
            let Some(physical) = self.physical(at) else { return false };
            let whole = view.find(physical).filter(|r| r.left(physical, len as u64) == len as u64);
            whole.is_some_and(|range| {
                let block = range.leaf.readable_block();
                block.is_some_and(|block| then(block, range.offset_of(physical), start..start + len))
            })
        })
    }
}

enum Place {
    Pc,
    Mode,
    X(usize),
    F(usize),
    Control(u16),
}

fn place(name: &str) -> Option<Place> {
    let named = |names: &[&str; 32]| names.iter().position(|n| *n == name);
    let numbered = |letter: char| {
        let n: usize = name.strip_prefix(letter)?.parse().ok()?;
        (n < 32).then_some(n)
    };
    match name {
        "pc" => return Some(Place::Pc),
        "priv" => return Some(Place::Mode),
        "fp" => return Some(Place::X(8)),
        _ => {}
    }
    let x = named(&names::X).or_else(|| numbered('x')).map(Place::X);
    let f = || named(&names::F).or_else(|| numbered('f')).map(Place::F);
    let control = || {
        let known = names::CSR.iter().find(|(_, known)| *known == name).map(|(number, _)| *number);
        known.or_else(|| name.parse().ok()).map(Place::Control)
    };
    x.or_else(f).or_else(control)
}

/// The pages of a range of virtual addresses: address, place in the buffer, bytes.
fn pieces(at: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let here = at.wrapping_add(done as u64);
        let room = host_size(PAGE - here % PAGE).min(len - done);
        let piece = (here, done, room);
        done += room;
        (room > 0).then_some(piece)
    })
}
