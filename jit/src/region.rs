//! Formation of units: which guest instructions are translated together.

use crate::ir::{At, Builder, Op, Unit};
use crate::lift::Lift;
use spec::insn::Insn;
use spec::rows::Effects;

/// Longest unit, in guest instructions.
pub const LONGEST: usize = 64;

/// The unit that starts at `start`, and its instructions: on through branches that are not taken and through
/// direct jumps to what is not yet in it. `fetch` fetches and decodes the instruction at an address. `None` where
/// the first cannot be fetched; where a later one cannot, the unit ends before it.
///
/// An instruction that the interpreter executes by design is a unit's only one: the unit before ends ahead of it.
pub fn unit<G: Lift>(
    start: u64,
    fetch: &mut dyn FnMut(u64) -> Result<Insn<G::Op>, G::Trap>,
) -> Option<(Unit, Vec<Insn<G::Op>>)> {
    form::<G>(start, LONGEST, But::NOTHING, fetch)
}

/// As [`unit()`], of at most `longest` instructions.
pub fn up_to<G: Lift>(
    start: u64,
    longest: usize,
    fetch: &mut dyn FnMut(u64) -> Result<Insn<G::Op>, G::Trap>,
) -> Option<(Unit, Vec<Insn<G::Op>>)> {
    form::<G>(start, longest, But::NOTHING, fetch)
}

/// Instructions that are the interpreter's, whatever their lifts say.
#[derive(Clone, Copy)]
pub struct But<'a> {
    /// Those at these addresses.
    pub handled: &'a [u64],
    /// Those with any of these effects, each of which is a unit's only one.
    pub alone: Effects,
}

impl But<'_> {
    /// None are.
    pub const NOTHING: But<'static> = But { handled: &[], alone: Effects::NONE };
}

/// As [`unit()`], but for some instructions.
pub fn unit_but<G: Lift>(
    start: u64,
    but: But<'_>,
    fetch: &mut dyn FnMut(u64) -> Result<Insn<G::Op>, G::Trap>,
) -> Option<(Unit, Vec<Insn<G::Op>>)> {
    form::<G>(start, LONGEST, but, fetch)
}

fn form<G: Lift>(
    start: u64,
    longest: usize,
    but: But<'_>,
    fetch: &mut dyn FnMut(u64) -> Result<Insn<G::Op>, G::Trap>,
) -> Option<(Unit, Vec<Insn<G::Op>>)> {
    let mut b = Builder::new();
    let mut insns = Vec::with_capacity(longest.min(LONGEST));
    let mut pc = start;
    while insns.len() < longest {
        let Ok(insn) = fetch(pc) else { break };
        let at = At { pc, len: insn.len };
        b.insn(at);
        if G::effects(insn.op).any(but.alone) {
            b.push(Op::Leave);
        } else if but.handled.contains(&pc) {
            by_handler::<G>(&mut b, &insn);
        } else {
            G::lift(&mut b, &insn, at);
        }
        if b.leaves() && !insns.is_empty() {
            b.retract();
            break;
        }
        insns.push(insn);
        if !b.ended() {
            pc = G::after(at);
            continue;
        }
        match b.jumps_to().filter(|&target| !b.covers(target)) {
            Some(target) => pc = target,
            None => return Some((b.finish(), insns)),
        }
        b.reopen();
    }
    if insns.is_empty() {
        return None;
    }
    b.push(Op::Jump(pc));
    Some((b.finish(), insns))
}

/// The interpreter executes the instruction, and the unit goes on behind it if every such instruction does.
fn by_handler<G: Lift>(b: &mut Builder, insn: &Insn<G::Op>) {
    let elsewhere = Effects::JUMP.and(Effects::SYSTEM).and(Effects::SYNC);
    b.push(if G::effects(insn.op).any(elsewhere) { Op::Leave } else { Op::Interpret });
}
