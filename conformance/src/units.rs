//! The driver that lifts guest code to units and runs them by the representation's interpreter.

use interp::{Fault, Hart, Memory, Stop, step};
use jit::ir::eval::Exit;
use jit::ir::{GuestPlaces, Unit, check};
use jit::lift::{self, Lift};
use jit::opt::{Optimizer, Passes};
use jit::region;
use spec::bits::Low;
use spec::insn::Insn;
use spec::rows::Effects;
use std::collections::HashMap;

/// Units of one hart.
#[derive(Default)]
pub struct Units {
    known: HashMap<u64, Option<Unit>>,
    passes: Option<Optimizer>,
}

impl Units {
    /// Units that every pass has improved.
    pub fn optimized() -> Self {
        Self::improved(Passes::ALL)
    }

    /// Units that these passes have improved.
    pub fn improved(passes: Passes) -> Self {
        Self { passes: Some(Optimizer::new(passes)), ..Self::default() }
    }

    /// Runs `budget` instructions, or fewer if one traps. What the budget has no room for is formed into a
    /// shorter unit, so that every instruction is lifted.
    ///
    /// # Panics
    /// When a unit faults where its instruction's handler does not.
    pub fn run<G: Lift, M: Memory<Fault = Fault>>(
        &mut self,
        h: &mut Hart<G, M>,
        budget: u64,
    ) -> Stop<G::Trap> {
        let mut left = budget;
        while left > 0 {
            let before = *G::retired(&mut h.state);
            if let Err(stop) = self.advance(h, left) {
                return stop;
            }
            left -= G::retired(&mut h.state).wrapping_sub(before).min(left);
        }
        Stop::Budget
    }

    /// Runs the unit at the pc, or one instruction by its handler where there is none.
    fn advance<G: Lift, M: Memory<Fault = Fault>>(
        &mut self,
        h: &mut Hart<G, M>,
        left: u64,
    ) -> Result<(), Stop<G::Trap>> {
        let pc = G::pc(&h.state);
        let passes = &mut self.passes;
        let mut make = |longest| improved(form(h, pc, longest), passes, G::places());
        let whole = self.known.entry(pc).or_insert_with(|| make(usize::MAX));
        let short;
        let unit = match whole {
            Some(unit) if unit.insns.len() as u64 > left => {
                short = make(left.low32() as usize);
                short.as_ref()
            }
            whole => whole.as_ref(),
        };
        let stepped = match unit.filter(|_| ready::<G>(&h.state)) {
            Some(unit) => {
                let (exit, then) = run(h, unit);
                let excused = !matches!(exit, Exit::Fault(_)) || then.is_err();
                assert!(excused, "{exit:?} in a unit, where the handler can access memory");
                then?
            }
            None => Some(step::step(h)?),
        };
        if stepped.is_some_and(|insn| G::effects(insn.op).any(Effects::SYNC)) {
            self.known.clear();
        }
        Ok(())
    }
}

/// Whether units may run in this state: only while dynamic rounding is one of the host's four modes.
pub fn ready<G: Lift>(state: &G::State) -> bool {
    G::places().float.is_none_or(|float| G::read(state, float.round) < 4)
}

/// What the handler of a unit's instruction said, if one ran, with the instruction.
type Handled<G> = Result<Option<Insn<<G as interp::Guest>::Op>>, Stop<<G as interp::Guest>::Trap>>;

/// Runs the unit of the instructions at the pc and, where it leaves to the interpreter, one instruction by its
/// handler, which is returned. How it was left comes first.
///
/// # Errors
/// The trap that an instruction raised; the state is that before it.
pub fn run<G: Lift, M: Memory<Fault = Fault>>(h: &mut Hart<G, M>, unit: &Unit) -> (Exit, Handled<G>) {
    let exit = lift::run(h, unit).exit;
    let then = match exit {
        Exit::Jump(_) | Exit::Goto(..) => Ok(None),
        Exit::Leave | Exit::Fault(_) => step::step(h).map(Some),
        Exit::Interpreted => h.trap.take().map_or(Ok(None), |trap| Err(Stop::Trap(trap))),
    };
    (exit, then)
}

/// A unit after the passes, if there are some.
fn improved(unit: Option<Unit>, passes: &mut Option<Optimizer>, places: &GuestPlaces) -> Option<Unit> {
    let (Some(mut unit), Some(passes)) = (unit.clone(), passes) else { return unit };
    passes.run(&mut unit, places);
    checked(&unit, places);
    Some(unit)
}

fn checked(unit: &Unit, places: &GuestPlaces) {
    if let Err(error) = check(unit, places) {
        panic!("{error}\n{}", jit::ir::text::print(unit, places));
    }
}

/// The unit at `pc`, of at most `longest` instructions; `None` where none can be fetched.
///
/// # Panics
/// When the lifts made one that breaks a rule of the representation.
pub fn form<G: Lift, M: Memory<Fault = Fault>>(h: &mut Hart<G, M>, pc: u64, longest: usize) -> Option<Unit> {
    let longest = longest.min(region::LONGEST);
    let (unit, _) = region::up_to::<G>(pc, longest, &mut |pc| G::fetch(h, pc))?;
    checked(&unit, G::places());
    Some(unit)
}
