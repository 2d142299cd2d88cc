//! What a driver needs to know of a guest CPU.

use crate::mem::Memory;
use spec::insn::Insn;

/// What a handler says about where to go on. The trap itself lies in the hart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Flow {
    /// The instruction after this one.
    Next,
    /// The pc has been set.
    Branch,
    /// The pc has been set, and translations of guest code may be stale.
    Sync,
    /// The pc has been set, and an interrupt may be due: the driver is to come back.
    Look,
    /// The pc has been set, and the hart waits for an interrupt.
    Wait,
    /// The instruction did not happen; [`Hart::trap`] says why.
    Trap,
    /// The instruction did not happen: it must run alone, with the exact time, or while others stand still.
    Alone,
}

impl Flow {
    /// Whether the instruction did not happen.
    #[inline(always)]
    pub fn refused(self) -> bool {
        self >= Self::Trap
    }
}

/// Why a driver came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop<T> {
    /// The budget of instructions is spent.
    Budget,
    /// The next instruction raises this trap; the state is that before it.
    Trap(T),
    /// The machine is asked to do something. Programs ask only where reservations are [`Llsc::Strict`].
    Exit(Exit),
}

impl<T> Stop<T> {
    /// The trap, if it was one.
    pub fn trap(self) -> Option<T> {
        match self {
            Self::Trap(trap) => Some(trap),
            Self::Budget | Self::Exit(_) => None,
        }
    }
}

/// What a hart asks of its machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The next instruction reaches a device, or code that is known: it is to run alone, with the exact time.
    Alone,
    /// An interrupt may be due.
    Look,
    /// Wait for an interrupt.
    Wait,
}

/// Where a hart's time comes from, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// From somewhere else.
    Wall(fn() -> u64),
    /// From the instructions that were retired: `base + (retired << shift)`, modulo 2^64.
    Counted {
        /// Time when nothing was retired.
        base: u64,
        /// An instruction takes 2^shift nanoseconds; below 64.
        shift: u32,
    },
}

impl Clock {
    /// The time when `retired` instructions have been retired.
    pub fn now(self, retired: u64) -> u64 {
        match self {
            Self::Wall(now) => now(),
            Self::Counted { base, shift } => base.wrapping_add(retired.wrapping_shl(shift)),
        }
    }
}

/// What a store-conditional asks of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Llsc {
    /// That it holds what the load-reserved read: also where it was changed and changed back in between.
    #[default]
    Fast,
    /// That nobody has written to it since.
    Strict,
}

/// Whether a load-reserved may be executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reserving {
    /// Yes.
    #[default]
    Free,
    /// No: it is [`Flow::Alone`], so that the driver's owner can stop who might write.
    Asks,
    /// One, and then no other.
    Granted,
}

/// A hart: the guest's state, its memory and the trap it is about to take.
#[repr(C)]
pub struct Hart<G: Guest, M> {
    /// Registers; first, so that generated code finds them at offset zero.
    pub state: G::State,
    /// Set by a handler that returns [`Flow::Trap`].
    pub trap: Option<G::Trap>,
    /// The clock that the guest can read.
    pub clock: Clock,
    /// Whether a load-reserved may be executed.
    pub reserving: Reserving,
    /// Memory.
    pub mem: M,
}

impl<G: Guest, M> Hart<G, M> {
    /// A hart in `state` on `mem`, whose clock stands still at zero.
    pub fn new(state: G::State, mem: M) -> Self {
        Self { state, trap: None, clock: Clock::Wall(|| 0), reserving: Reserving::Free, mem }
    }

    /// Whether the load-reserved that asks may be executed; the next one asks again.
    #[inline(always)]
    pub fn may_reserve(&mut self) -> bool {
        match self.reserving {
            Reserving::Free => true,
            Reserving::Asks => false,
            Reserving::Granted => {
                self.reserving = Reserving::Asks;
                true
            }
        }
    }

    /// Leaves the trap in the hart for the driver.
    #[cold]
    #[inline(never)]
    pub fn raise(&mut self, trap: G::Trap) -> Flow {
        self.trap = Some(trap);
        Flow::Trap
    }
}

/// A guest CPU: how its instructions are fetched, decoded and executed, and which fields of its state
/// every driver must know.
pub trait Guest: Sized + 'static {
    /// Rows.
    type Op: Copy + PartialEq + std::fmt::Debug;
    /// Registers.
    type State: Clone + PartialEq + std::fmt::Debug;
    /// Synchronous exceptions.
    type Trap: Copy + PartialEq + std::fmt::Debug;

    /// Fetches and decodes the instruction at `pc`.
    ///
    /// # Errors
    /// The trap that executing there raises: no such address, or no such instruction.
    fn fetch<M: Memory>(h: &mut Hart<Self, M>, pc: u64) -> Result<Insn<Self::Op>, Self::Trap>;

    /// Executes one instruction through its handler. While it runs, the pc in the state plus twice
    /// `insn.off` is the instruction's address.
    fn execute<M: Memory>(h: &mut Hart<Self, M>, insn: &Insn<Self::Op>) -> Flow;

    /// Where `insn` at `pc` goes if it always jumps, and always there: the driver may go on with the target's
    /// instructions in the same block. [`Guest::run`] then goes on through such a jump when it is not the
    /// block's last instruction.
    fn target(_insn: &Insn<Self::Op>, _pc: u64) -> Option<u64> {
        None
    }

    /// Where the code at `pc` lies, in the addresses that blocks are known by: the pc itself, unless the memory
    /// translates. `None` where no block may be made: what is there is run one by one.
    ///
    /// # Errors
    /// The trap that fetching there raises.
    #[inline(always)]
    fn place<M: Memory>(_h: &mut Hart<Self, M>, pc: u64) -> Result<Option<u64>, Self::Trap> {
        Ok(Some(pc))
    }

    /// The address at which memory is asked for the instruction at `pc`.
    #[inline(always)]
    fn fetch_address(pc: u64) -> u64 {
        pc
    }

    /// What the block driver dispatches on; the row itself where a guest has nothing faster.
    type Code: Copy;

    /// The records of a block, one an instruction, in order.
    fn plan(insns: &[Insn<Self::Op>]) -> Box<[Insn<Self::Code>]>;

    /// Executes records in turn until one does not return [`Flow::Next`]. Returns what the last one said and
    /// how many were left after it.
    fn run<M: Memory>(h: &mut Hart<Self, M>, insns: &[Insn<Self::Code>]) -> (Flow, usize);

    /// The pc.
    fn pc(state: &Self::State) -> u64;
    /// Sets the pc.
    fn set_pc(state: &mut Self::State, pc: u64);
    /// The count of retired instructions.
    fn retired(state: &mut Self::State) -> &mut u64;

    /// Whether an address is reserved, of a guest that has such.
    fn has_reservation(_state: &Self::State) -> bool {
        false
    }
    /// Ends the reservation, if there is one.
    fn drop_reservation(_state: &mut Self::State) {}

    /// What the row does beyond its destination: what ends a block and what must run alone.
    fn effects(op: Self::Op) -> spec::rows::Effects;
}

/// [`Guest::run`] for a guest that dispatches on rows.
#[inline(always)]
pub fn run_rows<G: Guest, M: Memory>(h: &mut Hart<G, M>, insns: &[Insn<G::Op>]) -> (Flow, usize) {
    let mut rest = insns.iter();
    while let Some(insn) = rest.next() {
        let flow = G::execute(h, insn);
        if flow != Flow::Next {
            return (flow, rest.len());
        }
    }
    (Flow::Next, 0)
}
