//! A virtual CPU: a hart and the tier that drives it.

use interp::block::Blocks;
use interp::observe::Observer;
use interp::{Guest, Hart, Memory, Stop, step};

/// A hart that can be run. Between two calls of `run` the hart may be read and changed freely.
pub trait Vcpu<G: Guest, M: Memory> {
    /// The hart.
    fn hart(&mut self) -> &mut Hart<G, M>;
    /// Runs exactly `budget` instructions, or fewer if one of them traps.
    fn run(&mut self, budget: u64) -> Stop<G::Trap>;
}

/// Driven by the step driver: every instruction is fetched and decoded anew.
pub struct Stepwise<G: Guest, M> {
    hart: Hart<G, M>,
    log: Option<Box<dyn Observer<G>>>,
}

impl<G: Guest, M: Memory> Stepwise<G, M> {
    /// A vCPU that tells `log` what it does.
    pub fn new(hart: Hart<G, M>, log: Option<Box<dyn Observer<G>>>) -> Self {
        Self { hart, log }
    }
}

impl<G: Guest, M: Memory> Vcpu<G, M> for Stepwise<G, M> {
    fn hart(&mut self) -> &mut Hart<G, M> {
        &mut self.hart
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        step::run(&mut self.hart, budget, self.log.as_deref_mut().map(|log| log as _))
    }
}

/// Driven by the block driver.
pub struct Blockwise<G: Guest, M> {
    hart: Hart<G, M>,
    blocks: Blocks<G>,
    log: Option<Box<dyn Observer<G>>>,
}

impl<G: Guest, M: Memory> Blockwise<G, M> {
    /// A vCPU that tells `log` what it does.
    pub fn new(hart: Hart<G, M>, log: Option<Box<dyn Observer<G>>>) -> Self {
        Self { hart, blocks: Blocks::new(), log }
    }
}

impl<G: Guest, M: Memory> Vcpu<G, M> for Blockwise<G, M> {
    fn hart(&mut self) -> &mut Hart<G, M> {
        &mut self.hart
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        self.blocks.run(&mut self.hart, budget, self.log.as_deref_mut().map(|log| log as _))
    }
}
