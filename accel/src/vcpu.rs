//! A virtual CPU: a hart and the tier that drives it.

use crate::hooks::{Guarded, Recorder};
use crate::strict::Strict;
use crate::tier::{Driver, Tier};
use interp::block::Blocks;
use interp::observe::Observer;
use interp::riscv::{Rv32, Rv64};
use interp::{Guest, Hart, Llsc, Memory, Stop, step};
use jit::code::{CodeError, Hosted, Runner, Tally, Witness};
use memory::user::Space;
use std::ops::Range;
use std::sync::Arc;

/// A hart that can be run. Between two calls of `run` the hart may be read and changed freely.
pub trait Vcpu<G: Guest, M: Memory> {
    /// The hart.
    fn hart(&mut self) -> &mut Hart<G, M>;
    /// Runs exactly `budget` instructions, or fewer if one of them traps.
    fn run(&mut self, budget: u64) -> Stop<G::Trap>;
    /// As [`Vcpu::run`], but the budget may be spent where less than a unit of it is left: to count to its last
    /// instruction costs more than a slice of a program is worth.
    fn run_slice(&mut self, budget: u64) -> Stop<G::Trap> {
        self.run(budget)
    }
    /// Runs one instruction, or none if it traps, by its handler.
    fn step(&mut self) -> Stop<G::Trap> {
        self.run(1)
    }
    /// Has a tier that translates tell `witness` of it, and count by row what [`Vcpu::tally`] says.
    fn watch(&mut self, _witness: Option<Arc<dyn Witness<G>>>) {}
    /// How a tier that translates ran its instructions; `None` from one that does not.
    fn tally(&self) -> Option<Tally<G::Op>> {
        None
    }
    /// Has a tier that translates keep what [`Vcpu::noted`] says.
    fn note(&mut self) {}
    /// Which instructions handlers executed since the last call, as ranges of the count of retired instructions before
    /// each: all others ran as host code, but for one that trapped, which is always a handler's. `None` from a tier
    /// that does not translate.
    fn noted(&mut self) -> Option<Vec<Range<u64>>> {
        None
    }
    /// Why this interprets where a translator was asked for.
    fn instead(&self) -> Option<CodeError> {
        None
    }
}

/// A guest that programs can be run on.
///
/// A driver holds every handler of a guest for a memory, so compiling one takes long. Its functions have no
/// parameters but lifetimes: the drivers are compiled in this crate, and in no other.
pub trait Accelerated: Hosted {
    /// A vCPU of `tier` that tells `log` what it does. A log, which is told of each block that runs, has the
    /// interpreter run them all; so has a host without executable memory, see [`Vcpu::instead`].
    fn vcpu(
        tier: Tier,
        hart: Hart<Self, Space>,
        log: Option<Box<dyn Observer<Self>>>,
    ) -> Box<dyn Vcpu<Self, Space>>;

    /// A vCPU that runs instruction by instruction on a memory that keeps a list.
    fn recorded(hart: Hart<Self, Recorder<Space>>) -> Box<dyn Vcpu<Self, Recorder<Space>>>;

    /// A vCPU that runs by blocks, which end at breakpoints.
    fn guarded(hart: Hart<Self, Guarded>) -> Box<dyn Vcpu<Self, Guarded>>;
}

macro_rules! accelerated {
    ($($guest:ty),*) => { $(
        impl Accelerated for $guest {
            #[inline(never)]
            fn vcpu(
                tier: Tier,
                hart: Hart<Self, Space>,
                log: Option<Box<dyn Observer<Self>>>,
            ) -> Box<dyn Vcpu<Self, Space>> {
                let vcpu: Box<dyn Vcpu<Self, Space>> = match tier {
                    Tier::Interp(Driver::Block, _) => Box::new(Blockwise::new(hart, log)),
                    Tier::Interp(Driver::Step, _) => Box::new(Stepwise::new(hart, log)),
                    Tier::Jit(_) if log.is_some() => Box::new(Blockwise::new(hart, log)),
                    Tier::Jit(options) => match Runner::new(&hart.mem, options) {
                        Ok(runner) => Box::new(Translated { hart, runner }),
                        Err(error) => Box::new(Blockwise { instead: Some(error), ..Blockwise::new(hart, log) }),
                    },
                };
                match tier.llsc() {
                    Llsc::Fast => vcpu,
                    Llsc::Strict => Box::new(Strict::new(vcpu)),
                }
            }

            #[inline(never)]
            fn recorded(hart: Hart<Self, Recorder<Space>>) -> Box<dyn Vcpu<Self, Recorder<Space>>> {
                Box::new(Stepwise::new(hart, None))
            }

            #[inline(never)]
            fn guarded(hart: Hart<Self, Guarded>) -> Box<dyn Vcpu<Self, Guarded>> {
                Box::new(Blockwise::new(hart, None))
            }
        }
    )* };
}

accelerated!(Rv64, Rv32);

/// Driven by the step driver: every instruction is fetched and decoded anew.
struct Stepwise<G: Guest, M> {
    hart: Hart<G, M>,
    log: Option<Box<dyn Observer<G>>>,
}

impl<G: Guest, M: Memory> Stepwise<G, M> {
    fn new(hart: Hart<G, M>, log: Option<Box<dyn Observer<G>>>) -> Self {
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
struct Blockwise<G: Guest, M> {
    hart: Hart<G, M>,
    blocks: Blocks<G>,
    log: Option<Box<dyn Observer<G>>>,
    /// Why there is no translator in its place.
    instead: Option<CodeError>,
}

impl<G: Guest, M: Memory> Blockwise<G, M> {
    fn new(hart: Hart<G, M>, log: Option<Box<dyn Observer<G>>>) -> Self {
        Self { hart, blocks: Blocks::new(), log, instead: None }
    }
}

impl<G: Guest, M: Memory> Vcpu<G, M> for Blockwise<G, M> {
    fn hart(&mut self) -> &mut Hart<G, M> {
        &mut self.hart
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        self.blocks.run(&mut self.hart, budget, self.log.as_deref_mut().map(|log| log as _))
    }
    fn step(&mut self) -> Stop<G::Trap> {
        step::run(&mut self.hart, 1, self.log.as_deref_mut().map(|log| log as _))
    }
    fn instead(&self) -> Option<CodeError> {
        self.instead
    }
}

/// Driven by host code where that is worth its translation.
struct Translated<G: Hosted> {
    hart: Hart<G, Space>,
    runner: Runner<G>,
}

impl<G: Hosted> Vcpu<G, Space> for Translated<G> {
    fn hart(&mut self) -> &mut Hart<G, Space> {
        &mut self.hart
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        self.runner.run(&mut self.hart, budget)
    }
    fn run_slice(&mut self, budget: u64) -> Stop<G::Trap> {
        self.runner.run_slice(&mut self.hart, budget)
    }
    fn step(&mut self) -> Stop<G::Trap> {
        self.runner.step(&mut self.hart)
    }
    fn watch(&mut self, witness: Option<Arc<dyn Witness<G>>>) {
        self.runner.watch(witness);
    }
    fn tally(&self) -> Option<Tally<G::Op>> {
        Some(self.runner.tally())
    }
    fn note(&mut self) {
        self.runner.note();
    }
    fn noted(&mut self) -> Option<Vec<Range<u64>>> {
        Some(self.runner.noted())
    }
}
