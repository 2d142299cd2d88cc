//! Hooks for logs: what was decoded and what is about to run.

use crate::guest::Guest;
use spec::insn::Insn;

/// Told of what a driver does.
pub trait Observer<G: Guest> {
    /// A run of instructions starting at `pc` was decoded: by the block driver once, by the step driver
    /// each time it runs one.
    fn translated(&mut self, _pc: u64, _insns: &[Insn<G::Op>]) {}
    /// The run of up to `count` instructions at the state's pc is about to be executed.
    fn entered(&mut self, _state: &G::State, _count: usize) {}
}
