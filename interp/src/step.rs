//! The step driver: fetch, decode and execute one instruction, with no cache.

use crate::guest::{Exit, Flow, Guest, Hart, Stop};
use crate::mem::Memory;
use crate::observe::Observer;
use spec::insn::Insn;

/// Runs one instruction and returns it.
///
/// # Errors
/// Why it did not happen: its trap, or that it must run alone. The state is unchanged.
#[inline]
pub fn step<G: Guest, M: Memory>(h: &mut Hart<G, M>) -> Result<Insn<G::Op>, Stop<G::Trap>> {
    advance(h).map(|(insn, _)| insn)
}

/// An instruction that was done, and what its handler said.
type Done<G> = (Insn<<G as Guest>::Op>, Flow);

/// The same, with what the handler said.
#[inline]
fn advance<G: Guest, M: Memory>(h: &mut Hart<G, M>) -> Result<Done<G>, Stop<G::Trap>> {
    let pc = G::pc(&h.state);
    let insn = G::fetch(h, pc).map_err(Stop::Trap)?;
    let flow = G::execute(h, &insn);
    match flow {
        Flow::Next => G::set_pc(&mut h.state, pc.wrapping_add(u64::from(insn.len))),
        Flow::Branch | Flow::Sync | Flow::Look | Flow::Wait => {}
        Flow::Alone => return Err(Stop::Exit(Exit::Alone)),
        Flow::Trap => {
            if let Some(trap) = h.trap.take() {
                return Err(Stop::Trap(trap));
            }
        }
    }
    let retired = G::retired(&mut h.state);
    *retired = retired.wrapping_add(1);
    Ok((insn, flow))
}

/// Why a driver comes back after an instruction of which `flow` was said, if it does.
pub(crate) fn exit<T>(flow: Flow) -> Option<Stop<T>> {
    match flow {
        Flow::Look => Some(Stop::Exit(Exit::Look)),
        Flow::Wait => Some(Stop::Exit(Exit::Wait)),
        Flow::Alone => Some(Stop::Exit(Exit::Alone)),
        Flow::Next | Flow::Branch | Flow::Sync | Flow::Trap => None,
    }
}

/// Runs `budget` instructions, or fewer if one traps or asks for something; tells `log`, if there is one.
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
        match advance(h) {
            Ok((insn, flow)) => {
                if let Some(log) = &mut log {
                    log.translated(pc, &[insn]);
                }
                if let Some(stop) = exit(flow) {
                    return stop;
                }
            }
            Err(stop) => return stop,
        }
    }
    Stop::Budget
}
