//! Passes that make units shorter, one a file, each with a switch.
//!
//! Two walks do it all. The forward one ([`forward`]) copies the unit operation by operation; the passes look at each
//! with its operands already rewritten and at what is known of them, and say what becomes of it: another
//! operation, a value that exists already, or nothing. The backward one finds what nobody needs. Both are linear in
//! the unit's length and know values by index only.

mod backward;
mod forward;
mod passes;

pub use passes::{Passes, UnknownPass};

use crate::ir::{GuestPlaces, Op, Unit, Value};
use backward::Need;
use forward::Walk;

/// Runs passes. It keeps its buffers from one unit to the next.
#[derive(Debug)]
pub struct Optimizer {
    passes: Passes,
    walk: Walk,
    sets: backward::Overwritten,
    used: Vec<Need>,
    keep: Vec<bool>,
}

impl Optimizer {
    /// Runs these passes.
    pub fn new(passes: Passes) -> Self {
        let sets = backward::Overwritten::default();
        Self { passes, walk: Walk::default(), sets, used: vec![], keep: vec![] }
    }

    /// Improves a unit that passes [`crate::ir::check()`]. Where a branch turns out to be always taken, the unit
    /// ends there, and the guest instructions after it are no longer in it.
    pub fn run(&mut self, unit: &mut Unit, places: &GuestPlaces) {
        if self.passes.any(Passes::FORWARD) {
            self.walk.run(unit, places, self.passes);
        }
        if self.passes.any(Passes::BACKWARD) && self.sweep(unit, places) {
            self.compact(unit);
        }
    }

    /// Marks what is needed, from the last operation to the first; whether anything is not.
    fn sweep(&mut self, unit: &mut Unit, places: &GuestPlaces) -> bool {
        let Self { passes, used, keep, sets, .. } = self;
        used.clear();
        used.resize(unit.ops.len(), Need::Nothing);
        keep.clear();
        keep.resize(unit.ops.len(), true);
        *sets = backward::Overwritten::default();
        let mut all = true;
        for index in (0..unit.ops.len()).rev() {
            if matches!(unit.ops[index], Op::Insn(_)) {
                continue;
            }
            let (op, need) = (&unit.ops[index], used[index]);
            let dead = passes.has(Passes::VALUES) && backward::dead(op, need != Need::Nothing)
                || passes.has(Passes::SETS) && sets.dead(op, places);
            if dead {
                keep[index] = false;
                all = false;
                continue;
            }
            let mut uses = |value: Value, need: Need| {
                let before = &mut used[value.index()];
                *before = need.max(*before);
            };
            match *op {
                Op::Const(..) | Op::Get(_) => {}
                Op::Set(_, a) => uses(a, Need::Whole),
                Op::Load { address, .. } => uses(address.at, Need::Whole),
                _ if passes.has(Passes::NARROW) => backward::narrow(&mut unit.ops, index, need, uses),
                _ => op.uses(|value| uses(value, Need::Whole)),
            }
        }
        !all
    }

    /// Leaves out what is not kept, and renumbers.
    fn compact(&mut self, unit: &mut Unit) {
        let map = &mut self.walk.map;
        map.clear();
        let mut next = 0;
        for kept in &self.keep {
            map.push(Value(next));
            next += u32::from(*kept);
        }
        let mut to = 0;
        for from in (0..unit.ops.len()).filter(|from| self.keep[*from]) {
            let mut op = unit.ops[from];
            op.operands(|value| *value = map[value.index()]);
            unit.ops[to] = op;
            to += 1;
        }
        unit.ops.truncate(to);
    }
}

/// Whether the operation is one that marks a guest instruction, and which.
fn insn(op: &Op) -> Option<usize> {
    if let Op::Insn(number) = op { Some(usize::from(*number)) } else { None }
}
