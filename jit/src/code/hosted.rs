//! What code on this host needs to know of a guest beyond its lifts.

use crate::ir::Place;
use crate::lift::Lift;

/// A guest that can run as host code.
pub trait Hosted: Lift {
    /// The registers that lie in host registers between units, the hottest first: integers and floating point.
    const HOT: (&'static [Place], &'static [Place]);

    /// The rounding mode as the host's control register spells it (to nearest, down, up, toward zero), or `None`
    /// where the host has no such mode, so that only the interpreter may run.
    fn rounding(state: &Self::State) -> Option<u32>;

    /// The address of memory that a pc names.
    fn address(pc: u64) -> u64;
}
