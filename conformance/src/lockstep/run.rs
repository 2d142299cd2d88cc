//! One random program in two tiers.
//!
//! The oracle runs each piece first and alone. It tells where overwritten code would run that was not
//! synchronised, of which nothing can be expected, and which page the access that is to fail goes to.

use super::reached::Reached;
use super::room::Room;
use crate::random::{CODE, Program, Stale, Subject, TRAPS, after_trap};
use accel::hooks::{Recorder, Touch};
use accel::lockstep::narrow::instruction;
use accel::lockstep::{Difference, LockstepError, Pair, Scene, Side, count_to, counted};
use accel::{Accelerated, Vcpu};
use interp::riscv::Rv;
use interp::{Access, Hart, Stop};
use memory::addr::page_down;
use memory::user::{Prot, Space};
use spec::riscv::{Op, State, Trap};
use spec::rows::Effects;

/// A guest that random programs can be run on in any tier.
pub trait Tried: Subject + Rv + Accelerated {}
impl<X: Subject + Rv + Accelerated> Tried for X {}

/// What a program did in which no difference was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ran {
    /// Instructions retired.
    pub instructions: u64,
    /// Traps raised.
    pub traps: u64,
    /// Of these, accesses that were made to fail.
    pub faults: u64,
}

/// Where two tiers part.
pub struct Parted {
    /// The moment before the piece that differs.
    pub scene: Scene,
    /// Its budget.
    pub budget: u64,
    /// Instructions of the program up to the end of the piece.
    pub seen: u64,
    /// How they differ after it.
    pub difference: Difference,
}

/// What the oracle did with a budget.
struct Walk {
    /// The row of each instruction, as far as there is one.
    rows: Vec<Op>,
    /// The accesses of each instruction, the last of which may have trapped.
    touches: Vec<Vec<Touch>>,
    retired: u64,
    stop: Stop<Trap>,
    stale: bool,
}

struct Runner<'a, X: Tried> {
    program: &'a Program<X>,
    room: Room,
    pair: Pair<X>,
    spaces: [Space; 3],
    oracle: Box<dyn Vcpu<X, Recorder<Space>>>,
    stale: Stale,
    reached: &'a mut Reached<X>,
    ran: Ran,
    /// Accesses until one is made to fail.
    left: Option<u64>,
}

/// Runs a program in both tiers.
///
/// # Errors
/// [`LockstepError`] if the host has no room for it.
pub fn run<X: Tried>(
    sides: &[Side<X>; 2],
    program: &Program<X>,
    reached: &mut Reached<X>,
) -> Result<Result<Ran, Box<Parted>>, LockstepError> {
    let room = Room::of(program, X::XLEN);
    let spaces = [room.space(program)?, room.space(program)?, room.space(program)?];
    let [a, b, own] = spaces.clone();
    let mut hart = Hart::new(program.state.clone(), Recorder::new(own));
    hart.clock = interp::Clock::Wall(counted);
    reached.coverage.programs += 1;
    let mut pair = Pair::new(sides, &program.state, [a, b]);
    pair.a.note();
    pair.b.note();
    let runner = Runner {
        program,
        room,
        pair,
        spaces,
        oracle: X::recorded(hart),
        stale: Stale::new(program.code..program.code + CODE),
        reached,
        ran: Ran::default(),
        left: program.faults.first().copied().flatten(),
    };
    runner.all()
}

impl<X: Tried> Runner<'_, X> {
    fn all(mut self) -> Result<Result<Ran, Box<Parted>>, LockstepError> {
        let end = self.program.at(self.program.slots.len());
        for budget in self.program.budgets.iter().cycle() {
            let budget = (*budget).min(self.program.limit - self.ran.instructions);
            let walk = match self.piece(budget)? {
                Ok(walk) => walk,
                Err(parted) => return Ok(Err(parted)),
            };
            let at = <X as Subject>::address(X::pc(&self.oracle.hart().state));
            let trapped = walk.stop != Stop::Budget;
            self.ran.traps += u64::from(trapped);
            self.reached.coverage.cut += u64::from(walk.stale);
            let over = self.ran.instructions >= self.program.limit || self.ran.traps >= TRAPS as u64;
            if walk.stale || over || at == end {
                break;
            }
            if trapped {
                self.go_on(at)?;
            }
        }
        Ok(Ok(self.ran))
    }

    /// Runs a piece; an access in it may be made to fail.
    fn piece(&mut self, budget: u64) -> Result<Result<Walk, Box<Parted>>, LockstepError> {
        let (state, stale) = (self.oracle.hart().state.clone(), self.stale.clone());
        let kept = self.room.read(&self.spaces[2]);
        let walk = self.walk(budget);
        let made: u64 = walk.touches.iter().map(|touches| touches.len() as u64).sum();
        let Some(left) = self.left.filter(|left| *left < made) else {
            self.left = self.left.map(|left| left - made);
            return self.both(walk, budget, &kept);
        };
        self.left = None;
        let (first, page, prot) = self.failing(&walk, left);
        self.rewind(&state, &kept, stale);
        let before = self.walk(first);
        if let Err(parted) = self.both(before, first, &kept)? {
            return Ok(Err(parted));
        }
        let kept = self.room.read(&self.spaces[2]);
        if self.room.has(page) {
            for space in &self.spaces {
                space.protect(page, memory::addr::PAGE, prot)?;
            }
            self.ran.faults += 1;
        }
        let walk = self.walk(budget - first);
        self.both(walk, budget - first, &kept)
    }

    /// Takes the oracle back to a moment.
    fn rewind(&mut self, state: &State, kept: &[u8], stale: Stale) {
        self.oracle.hart().state.clone_from(state);
        self.room.write(&self.spaces[2], kept);
        self.stale = stale;
    }

    /// The number of instructions before which nothing touches the page of access `left` again, the page, and
    /// a protection under which that access fails.
    fn failing(&self, walk: &Walk, left: u64) -> (u64, u64, Prot) {
        let all = walk.touches.iter().enumerate().flat_map(|(n, all)| all.iter().map(move |t| (n, *t)));
        let mut all = all.skip(memory::addr::host_size(left));
        let Some((index, touch)) = all.next() else { return (0, 0, Prot::NONE) };
        let page = page_down(touch.at);
        let on_page = |t: &Touch| page_down(t.at) <= page && page <= page_down(t.at + t.size - 1);
        let before = walk.touches[..index].iter().rposition(|touches| touches.iter().any(on_page));
        let prot = match touch.access {
            // Code must stay what it is: only stores can be made to fail.
            _ if self.room.is_code(page) => Prot::RX,
            Access::Store => Prot::READ,
            _ => Prot::NONE,
        };
        (before.map_or(0, |last| last as u64 + 1), page, prot)
    }

    /// Has the oracle run, up to a trap or to code that may run as it was or is.
    fn walk(&mut self, budget: u64) -> Walk {
        let mut walk = Walk { rows: vec![], touches: vec![], retired: 0, stop: Stop::Budget, stale: false };
        count_to(self.oracle.hart().state.instret);
        while walk.retired < budget {
            let pc = X::unsigned(self.oracle.hart().state.pc);
            if self.stale.holds(pc) {
                walk.stale = true;
                break;
            }
            let insn = instruction::<X>(&self.spaces[2], pc);
            walk.stop = self.oracle.run(1);
            let mem = &mut self.oracle.hart().mem;
            let touches = mem.touches().to_vec();
            mem.clear();
            for touch in touches.iter().filter(|touch| touch.access == Access::Store) {
                self.stale.wrote(touch.at, touch.size);
            }
            walk.touches.push(touches);
            let trapped = walk.stop != Stop::Budget;
            if let Some(insn) = insn {
                walk.rows.push(insn.op);
                if !trapped && X::effects(insn.op).any(Effects::SYNC) {
                    self.stale.sync();
                }
            }
            if trapped {
                break;
            }
            walk.retired += 1;
        }
        walk
    }

    /// Has both tiers do what the oracle did.
    fn both(
        &mut self,
        walk: Walk,
        budget: u64,
        kept: &[u8],
    ) -> Result<Result<Walk, Box<Parted>>, LockstepError> {
        let before = self.pair.a.hart().state.clone();
        // Where the program runs overwritten code, the tiers must stop just before.
        let budget = if walk.stale { walk.retired } else { budget };
        let halts = self.pair.run(budget);
        self.ran.instructions += walk.retired;
        let noted = [self.pair.a.noted(), self.pair.b.noted()];
        self.reached.walked(&walk.rows, walk.retired);
        let bytes = if self.same_memory() { vec![] } else { self.pair.bytes() };
        if halts[0] == halts[1] && bytes.is_empty() {
            self.reached.ran(&walk.rows, walk.retired, before.instret, &noted);
            return Ok(Ok(walk));
        }
        let scene = self.room.scene(&before, &self.spaces[0], kept);
        let difference = Difference { halts, bytes };
        let budget = budget.min(self.program.limit);
        Ok(Err(Box::new(Parted { scene, budget, seen: self.ran.instructions, difference })))
    }

    /// Whether the tiers' memories are equal, as far as they are open.
    fn same_memory(&self) -> bool {
        self.room.read(&self.spaces[0]) == self.room.read(&self.spaces[1])
    }

    /// Goes on after a trap at `at`.
    fn go_on(&mut self, at: u64) -> Result<(), LockstepError> {
        let traps = memory::addr::host_size(self.ran.traps);
        let next = after_trap(self.program, at, traps);
        for space in &self.spaces {
            self.room.open(space)?;
        }
        X::set_pc(&mut self.oracle.hart().state, next);
        X::set_pc(&mut self.pair.a.hart().state, next);
        X::set_pc(&mut self.pair.b.hart().state, next);
        self.left = self.program.faults[traps % self.program.faults.len()];
        Ok(())
    }
}
