//! Any guest's hart as the machine that the representation's interpreter runs on.

use super::Lift;
use crate::ir::eval::{self, Exit, Machine, Outcome};
use crate::ir::{Place, Size, Unit};
use interp::fpu::{Flags, Round};
use interp::{Fault, Hart, Memory, Order, Stop};
use spec::bits::Low;

/// A hart that runs units.
pub struct HartMachine<'a, G: Lift, M> {
    hart: &'a mut Hart<G, M>,
    /// Instructions retired before the unit.
    retired: u64,
}

/// Runs a unit of the instructions at the hart's pc by the representation's interpreter, and leaves pc and count of
/// retired instructions as the drivers would. Where the outcome is [`Exit::Leave`], [`Exit::Fault`] or
/// [`Exit::Interpreted`] without a trap, the instruction at the pc is the interpreter's to run; a trap that a handler
/// raised lies in the hart.
pub fn run<G: Lift, M: Memory<Fault = Fault>>(hart: &mut Hart<G, M>, unit: &Unit) -> Outcome {
    let retired = *G::retired(&mut hart.state);
    let mut machine = HartMachine { hart, retired };
    let outcome = eval::run(unit, G::places(), &mut machine);
    match outcome.exit {
        Exit::Jump(pc) | Exit::Goto(pc, _) => G::set_pc(&mut machine.hart.state, pc),
        Exit::Leave | Exit::Fault(_) => machine.go_to(unit, outcome.insn),
        Exit::Interpreted => return outcome,
    }
    *G::retired(&mut machine.hart.state) = retired.wrapping_add(outcome.completed() as u64);
    outcome
}

impl<G: Lift, M: Memory> HartMachine<'_, G, M> {
    /// Sets the pc to a guest instruction of the unit.
    fn go_to(&mut self, unit: &Unit, insn: usize) {
        if let Some(at) = unit.insns.get(insn) {
            G::set_pc(&mut self.hart.state, at.pc);
        }
    }
}

fn order(big: bool) -> Order {
    if big { Order::Big } else { Order::Little }
}

impl<G: Lift, M: Memory<Fault = Fault>> Machine for HartMachine<'_, G, M> {
    fn get(&self, place: Place) -> u64 {
        G::read(&self.hart.state, place)
    }

    fn set(&mut self, place: Place, value: u64) {
        G::write(&mut self.hart.state, place, value);
    }

    fn load(&mut self, size: Size, big: bool, at: u64) -> Result<u64, Fault> {
        let (mem, order) = (&mut self.hart.mem, order(big));
        match size {
            Size::B1 => mem.load::<u8>(at, order).map(u64::from),
            Size::B2 => mem.load::<u16>(at, order).map(u64::from),
            Size::B4 => mem.load::<u32>(at, order).map(u64::from),
            Size::B8 => mem.load::<u64>(at, order),
        }
    }

    fn store(&mut self, size: Size, big: bool, at: u64, value: u64) -> Result<(), Fault> {
        let (mem, order) = (&mut self.hart.mem, order(big));
        match size {
            Size::B1 => mem.store(at, value.low8(), order),
            Size::B2 => mem.store(at, value.low16(), order),
            Size::B4 => mem.store(at, value.low32(), order),
            Size::B8 => mem.store(at, value, order),
        }
    }

    fn compare_exchange(&mut self, size: Size, at: u64, old: u64, new: u64) -> Result<u64, Fault> {
        let mem = &mut self.hart.mem;
        match size {
            Size::B8 => mem.compare_exchange(at, old, new, Order::Little),
            _ => mem.compare_exchange(at, old.low32(), new.low32(), Order::Little).map(u64::from),
        }
    }

    fn round(&self) -> Round {
        let mode = G::places().float.map_or(0, |float| self.get(float.round));
        Round::from_bits(mode.low32()).unwrap_or(Round::NearestEven)
    }

    fn raise(&mut self, flags: Flags) {
        if let Some(float) = G::places().float {
            self.set(float.flags, self.get(float.flags) | u64::from(flags.bits()));
        }
    }

    fn interpret(&mut self, unit: &Unit, insn: usize) -> bool {
        let Some(at) = unit.insns.get(insn).copied() else { return false };
        self.go_to(unit, insn);
        *G::retired(&mut self.hart.state) = self.retired.wrapping_add(insn as u64);
        let next = at.pc.wrapping_add(at.len.into());
        match interp::step::step(self.hart) {
            Ok(_) => {
                let mut after = self.hart.state.clone();
                G::set_pc(&mut after, next);
                G::pc(&self.hart.state) == G::pc(&after)
            }
            Err(stop) => {
                if let Stop::Trap(trap) = stop {
                    self.hart.trap = Some(trap);
                }
                false
            }
        }
    }
}
