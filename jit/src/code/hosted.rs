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

    /// Accrues exception flags, in the host's order: invalid 1, denormal 2, division by zero 4, overflow 8,
    /// underflow 16, inexact 32. [Intel SDM vol. 1, 10.2.3]
    fn accrue(state: &mut Self::State, flags: u32);
}
