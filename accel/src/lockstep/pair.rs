//! Two vCPUs on two copies of a guest, run for equal budgets.

use super::pages::{self, Byte};
use super::scene::Scene;
use crate::tier::{Options, Tier};
use crate::units::Again;
use crate::vcpu::{Accelerated, Vcpu};
use interp::riscv::Rv;
use interp::{Hart, Stop};
use memory::user::{MapError, Space, SpaceError};
use spec::riscv::{State, Trap};
use std::cell::Cell;
use std::sync::Arc;

/// Bytes that a comparison lists at most.
pub const MOST_BYTES: usize = 16;

thread_local! {
    /// Guest time on this host thread, in nanoseconds.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// The counted clock: one nanosecond an instruction, the same on both sides of a pair.
pub fn counted() -> u64 {
    NOW.get()
}

/// Sets the counted clock of this host thread from the instructions that have been retired.
pub fn count_to(retired: u64) {
    NOW.set(retired);
}

/// Makes a vCPU from a hart.
pub type Make<X> = Arc<dyn Fn(Hart<X, Space>) -> Box<dyn Vcpu<X, Space>> + Send + Sync>;

/// What a tier can tell of how it ran something, for the report of a divergence: intermediate code before and
/// after each pass, host instructions.
pub trait Explain<X: Rv>: Send + Sync {
    /// Tells of the `count` instructions from the state's pc on, which lie in `space`.
    fn explain(&self, state: &State, space: &Space, count: usize) -> String;
}

/// One side of a comparison.
pub struct Side<X: Rv> {
    /// What it is called, a value of `-accel`.
    pub name: String,
    /// Makes its vCPUs.
    pub make: Make<X>,
    /// Makes vCPUs that do at once what those of `make` do when something has run often, if there is such a thing:
    /// for the search, which runs everything only once.
    pub eager: Option<Make<X>>,
    /// What it can tell.
    pub explain: Option<Arc<dyn Explain<X>>>,
}

impl<X: Rv> Clone for Side<X> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            make: self.make.clone(),
            eager: self.eager.clone(),
            explain: self.explain.clone(),
        }
    }
}

impl<X: Rv + Accelerated> Side<X> {
    /// The side that a tier is.
    pub fn of(tier: Tier, name: &str) -> Self {
        let maker = |tier| -> Make<X> { Arc::new(move |hart| X::vcpu(tier, hart, None)) };
        let (eager, explain) = match tier {
            Tier::Jit(options) => {
                let eager = maker(Tier::Jit(Options { hot: 0, ..options }));
                (Some(eager), Some(Arc::new(Again(options)) as _))
            }
            Tier::Interp(..) => (None, None),
        };
        Self { name: name.into(), make: maker(tier), eager, explain }
    }

    /// The side with vCPUs that wait for nothing.
    #[must_use]
    pub fn eager(&self) -> Self {
        Self { make: self.eager.clone().unwrap_or_else(|| self.make.clone()), ..self.clone() }
    }
}

/// How a run of one side ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halt {
    /// Why it came back.
    pub stop: Stop<Trap>,
    /// Its state then.
    pub state: State,
}

/// Two vCPUs that should be equal.
pub struct Pair<X: Rv> {
    /// The first, whose calls are executed.
    pub a: Box<dyn Vcpu<X, Space>>,
    /// The second, which follows.
    pub b: Box<dyn Vcpu<X, Space>>,
}

impl<X: Rv> Pair<X> {
    /// Both sides in the same state, each on its own memory.
    pub fn new(sides: &[Side<X>; 2], state: &State, spaces: [Space; 2]) -> Self {
        let [a, b] = spaces;
        let make = |side: &Side<X>, space| {
            let mut hart = Hart::new(state.clone(), space);
            hart.clock = interp::Clock::Wall(counted);
            (side.make)(hart)
        };
        Self { a: make(&sides[0], a), b: make(&sides[1], b) }
    }

    /// Both sides in a scene.
    ///
    /// # Errors
    /// [`LockstepError`] if the host has no room for two copies of it.
    pub fn in_scene(sides: &[Side<X>; 2], scene: &Scene) -> Result<Self, LockstepError> {
        Ok(Self::new(sides, &scene.state, [scene.space()?, scene.space()?]))
    }

    /// The memories.
    pub fn spaces(&mut self) -> [Space; 2] {
        [self.a.hart().mem.clone(), self.b.hart().mem.clone()]
    }

    /// Runs both for a budget; says how each ended.
    pub fn run(&mut self, budget: u64) -> [Halt; 2] {
        let run = |vcpu: &mut dyn Vcpu<X, Space>| {
            count_to(vcpu.hart().state.instret);
            let stop = vcpu.run(budget);
            Halt { stop, state: vcpu.hart().state.clone() }
        };
        [run(self.a.as_mut()), run(self.b.as_mut())]
    }

    /// The first bytes in which the memories differ.
    pub fn bytes(&mut self) -> Vec<Byte> {
        let [a, b] = self.spaces();
        pages::differing(&a, &b, MOST_BYTES)
    }

    /// Puts both into a state.
    pub fn set(&mut self, state: &State) {
        self.a.hart().state.clone_from(state);
        self.b.hart().state.clone_from(state);
    }
}

/// What keeps two copies of a guest from being run.
#[derive(Debug, thiserror::Error)]
pub enum LockstepError {
    /// The host has no address space for the second copy.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The host has no memory for it.
    #[error("the second copy of the program does not fit in the host's memory (errno {}); free some", .0.errno)]
    Map(MapError),
    /// Two views of the same memory, of which a copy would have to be two views as well.
    #[error(
        "the program shows the same shared memory at {first:#x} and at {second:#x}, which a second copy of it cannot do; run it in one tier"
    )]
    Alias {
        /// First byte of one region.
        first: u64,
        /// First byte of the other.
        second: u64,
    },
}

impl From<MapError> for LockstepError {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}
