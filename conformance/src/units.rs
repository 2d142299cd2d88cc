//! The driver that lifts guest code to units and runs them by the representation's interpreter.

use interp::{Hart, Memory, Stop, step};
use jit::ir::eval::Exit;
use jit::ir::{Unit, check};
use jit::lift::{self, Lift};
use jit::region;
use spec::bits::Low;
use spec::rows::Effects;
use std::collections::HashMap;

/// Units of one hart.
#[derive(Default)]
pub struct Units {
    known: HashMap<u64, Option<Unit>>,
    /// Instructions that units completed.
    pub lifted: u64,
    /// Instructions that the step driver ran, because a unit left to it or there was none.
    pub stepped: u64,
}

impl Units {
    /// Runs `budget` instructions, or fewer if one traps. What the budget has no room for is formed into a
    /// shorter unit, so that every instruction is lifted.
    pub fn run<G: Lift, M: Memory>(&mut self, h: &mut Hart<G, M>, budget: u64) -> Stop<G::Trap> {
        let mut left = budget;
        while left > 0 {
            let before = *G::retired(&mut h.state);
            let stop = if self.advance(h, left) { Ok(()) } else { self.step(h) };
            if let Err(trap) = stop {
                return Stop::Trap(trap);
            }
            left -= G::retired(&mut h.state).wrapping_sub(before).min(left);
        }
        Stop::Budget
    }

    /// Runs the unit at the pc; whether it went on without the interpreter.
    fn advance<G: Lift, M: Memory>(&mut self, h: &mut Hart<G, M>, left: u64) -> bool {
        if !G::ready(&h.state) {
            return false;
        }
        let pc = G::pc(&h.state);
        let whole = self.known.entry(pc).or_insert_with(|| form(h, pc, usize::MAX));
        let short;
        let unit = match whole {
            Some(unit) if unit.insns.len() as u64 > left => {
                short = form(h, pc, left.low32() as usize);
                short.as_ref()
            }
            whole => whole.as_ref(),
        };
        let Some(unit) = unit else { return false };
        let before = *G::retired(&mut h.state);
        let outcome = lift::run(h, unit);
        self.lifted += G::retired(&mut h.state).wrapping_sub(before);
        match outcome.exit {
            Exit::Jump(_) | Exit::Goto(..) => true,
            Exit::Leave | Exit::Fault(_) => false,
            Exit::Interpreted => h.trap.is_none(),
        }
    }

    /// Runs one instruction by its handler.
    fn step<G: Lift, M: Memory>(&mut self, h: &mut Hart<G, M>) -> Result<(), G::Trap> {
        if let Some(trap) = h.trap.take() {
            return Err(trap);
        }
        let insn = step::step(h)?;
        self.stepped += 1;
        if G::effects(insn.op).any(Effects::SYNC) {
            self.known.clear();
        }
        Ok(())
    }
}

/// The unit at `pc`, of at most `longest` instructions; one that breaks a rule of the representation is the
/// lifts' mistake.
fn form<G: Lift, M: Memory>(h: &mut Hart<G, M>, pc: u64, longest: usize) -> Option<Unit> {
    let longest = longest.min(region::LONGEST);
    let (unit, _) = region::up_to::<G>(pc, longest, &mut |pc| G::fetch(h, pc))?;
    if let Err(error) = check(&unit, G::places()) {
        panic!("{pc:#x}: {error}\n{}", jit::ir::text::print(&unit, G::places()));
    }
    Some(unit)
}
