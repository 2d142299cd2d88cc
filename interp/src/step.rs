//! The step driver: fetch, decode and execute one instruction, with no cache.

use crate::guest::{Flow, Guest, Hart, Stop};
use crate::mem::Memory;
use crate::observe::Observer;
use spec::insn::Insn;

/// Runs one instruction and returns it.
///
/// # Errors
/// The trap it raises; the state is unchanged.
#[inline]
pub fn step<G: Guest, M: Memory>(h: &mut Hart<G, M>) -> Result<Insn<G::Op>, G::Trap> {
    let pc = G::pc(&h.state);
    let insn = G::fetch(h, pc)?;
    match G::execute(h, &insn) {
        Flow::Next => G::set_pc(&mut h.state, pc.wrapping_add(u64::from(insn.len))),
        Flow::Branch | Flow::Sync => {}
        Flow::Trap => {
            if let Some(trap) = h.trap.take() {
                return Err(trap);
            }
        }
    }
    let retired = G::retired(&mut h.state);
    *retired = retired.wrapping_add(1);
    Ok(insn)
}

/// Runs `budget` instructions, or fewer if one traps; tells `log`, if there is one.
pub fn run<G: Guest, M: Memory>(
    h: &mut Hart<G, M>,
    budget: u64,
    mut log: Option<&mut dyn Observer<G>>,
) -> Stop<G::Trap> {
    for _ in 0..budget {
        let pc = G::pc(&h.state);
        if let Some(log) = &mut log {
            log.entered(&h.state, 1);
        }
        match (step(h), &mut log) {
            (Ok(insn), Some(log)) => log.translated(pc, &[insn]),
            (Ok(_), None) => {}
            (Err(trap), _) => return Stop::Trap(trap),
        }
    }
    Stop::Budget
}
