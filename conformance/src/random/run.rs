//! Two drivers through one program, compared at every stop.

use super::build::{CODE, Program};
use super::coverage::Coverage;
use super::subject::{Like, Subject};
use super::watched::Watched;
use crate::speak::Driver;
use crate::units::Units;
use interp::block::Blocks;
use interp::{Hart, Stop, step};
use jit::lift::Lift;
use jit::opt::Passes;
use spec::insn::Insn;
use spec::rows::Effects;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Traps after which a program ends.
pub(crate) const TRAPS: usize = 24;

/// How a program ended in which no difference was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Of the last state and memory.
    pub hash: u64,
    /// Instructions retired.
    pub retired: u64,
    /// Traps raised.
    pub traps: usize,
}

/// The first stop at which the drivers differ.
pub struct Difference<S: Subject> {
    /// Instructions retired before the part that differs.
    pub before: u64,
    /// What the step driver ran in that part: addresses and instructions; the last may have trapped.
    pub part: Vec<(u64, Insn<S::Op>)>,
    /// What the step driver said, and its state.
    pub expected: (Stop<S::Trap>, S::State),
    /// What the other one said, and its state.
    pub found: (Stop<S::Trap>, S::State),
    /// Bytes of memory that differ: address, the step driver's and the other's.
    pub bytes: Vec<(u64, u8, u8)>,
    /// Loads and stores left until the injected fault, where the drivers disagree.
    pub accesses: Option<[Option<u64>; 2]>,
}

/// The driver that is compared with the step driver.
enum Other<G: Lift> {
    Step,
    Block(Box<Blocks<G>>),
    Unit(Box<Units>),
}

impl<G: Lift> Other<G> {
    fn run(&mut self, h: &mut Hart<G, Watched>, budget: u64) -> Stop<G::Trap> {
        match self {
            Self::Step => step::run(h, budget, None),
            Self::Block(blocks) => blocks.run(h, budget, None),
            Self::Unit(units) => units.run(h, budget),
        }
    }
}

/// What the step driver did with a budget.
struct Part<S: Subject> {
    ran: Vec<(u64, Insn<S::Op>)>,
    retired: u64,
    stop: Stop<S::Trap>,
    stale: bool,
}

/// Runs `program` in the step driver on guest `S` and in `driver` on guest `T`.
///
/// # Errors
/// The first difference.
pub fn run<S: Subject, T: Like<S>>(
    program: &Program<S>,
    driver: Driver,
    coverage: &mut Coverage<S>,
) -> Result<Outcome, Box<Difference<S>>> {
    let mut memory = program.memory(S::text().big_endian);
    let first = program.faults.first().copied().flatten();
    // A load that is not made does not count towards a fault, so half of the programs have none and make fewer loads.
    let forwards = driver == Driver::Optimized && first.is_none();
    let faults: &[Option<u64>] = if forwards { &[None] } else { &program.faults };
    memory.until_fault = first;
    let end = program.at(program.slots.len());
    let memory = Watched::new(memory, program.code..program.code + CODE);
    let mut a: Hart<S, _> = Hart::new(program.state.clone(), memory.clone());
    let mut b: Hart<T, _> = Hart::new(program.state.clone(), memory);
    let mut other = match driver {
        Driver::Step => Other::Step,
        Driver::Block => Other::Block(Box::default()),
        Driver::Unit => Other::Unit(Box::default()),
        Driver::Optimized if forwards => Other::Unit(Box::new(Units::optimized())),
        Driver::Optimized => Other::Unit(Box::new(Units::improved(Passes::ALL.without(Passes::LOADS)))),
    };
    let (mut retired, mut traps) = (0, 0);
    coverage.programs += 1;
    for budget in program.budgets.iter().cycle() {
        let budget = (*budget).min(program.limit - retired);
        let part = advance(&mut a, budget, coverage);
        // Where the program runs overwritten code, the other driver must stop just before.
        let budget = if part.stale { part.retired } else { budget };
        let stop = other.run(&mut b, budget);
        compare(&a, &b, driver, retired, &part, stop)?;
        retired += part.retired;
        coverage.cut += u64::from(part.stale);
        traps += usize::from(part.stop != Stop::Budget);
        let at = S::address(S::pc(&a.state));
        if part.stale || retired >= program.limit || traps >= TRAPS || at == end {
            break;
        }
        if part.stop != Stop::Budget {
            let next = after_trap(program, at, traps);
            S::set_pc(&mut a.state, next);
            S::set_pc(&mut b.state, next);
            let fault = faults[traps % faults.len()];
            a.mem.pieces.until_fault = fault;
            b.mem.pieces.until_fault = fault;
        }
    }
    Ok(Outcome { hash: hash(&a), retired, traps })
}

/// Runs up to `budget` instructions one by one, up to a trap or to code that may run as it was or is.
fn advance<S: Subject>(h: &mut Hart<S, Watched>, budget: u64, coverage: &mut Coverage<S>) -> Part<S> {
    let mut part = Part { ran: vec![], retired: 0, stop: Stop::Budget, stale: false };
    while part.retired < budget {
        let pc = S::pc(&h.state);
        if h.mem.stale.holds(S::address(pc)) {
            part.stale = true;
            break;
        }
        match step::step(h) {
            Ok(insn) => {
                part.ran.push((pc, insn));
                part.retired += 1;
                coverage.retired(insn.op);
                if S::effects(insn.op).any(Effects::SYNC) {
                    h.mem.stale.sync();
                }
            }
            Err(stop) => {
                part.stop = stop;
                if let Ok(insn) = S::fetch(h, pc) {
                    part.ran.push((pc, insn));
                    coverage.trapped(insn.op);
                }
                break;
            }
        }
    }
    part
}

/// Where a program goes on after its `traps`th trap, which lies at address `at`.
pub(crate) fn after_trap<S: Subject>(program: &Program<S>, at: u64, traps: usize) -> u64 {
    match program.slot_at(at) {
        Some(slot) => program.at(slot + 1),
        None => program.at(program.resume[traps % program.resume.len()] % program.slots.len()),
    }
}

fn compare<S: Subject, T: Like<S>>(
    a: &Hart<S, Watched>,
    b: &Hart<T, Watched>,
    driver: Driver,
    before: u64,
    part: &Part<S>,
    stop: Stop<S::Trap>,
) -> Result<(), Box<Difference<S>>> {
    let (mine, its) = (&a.mem.pieces, &b.mem.pieces);
    // An atomic operation that reads and cannot write is tried again by the interpreter. A count starts anew after
    // each trap.
    let counted = !matches!(driver, Driver::Unit | Driver::Optimized) || stop == Stop::Budget;
    let accesses = [mine.until_fault, its.until_fault];
    let accesses = (counted && accesses[0] != accesses[1]).then_some(accesses);
    if part.stop == stop && a.state == b.state && mine.pieces == its.pieces && accesses.is_none() {
        return Ok(());
    }
    let mut bytes = vec![];
    for (mine, its) in mine.pieces.iter().zip(&its.pieces) {
        for (at, (mine, its)) in (mine.start..).zip(mine.bytes.iter().zip(&its.bytes)) {
            if mine != its {
                bytes.push((at, *mine, *its));
            }
        }
    }
    Err(Box::new(Difference {
        before,
        part: part.ran.clone(),
        expected: (part.stop, a.state.clone()),
        found: (stop, b.state.clone()),
        bytes,
        accesses,
    }))
}

/// A number that differs, but for one in 2^64 chances, when state or memory differ.
fn hash<S: Subject>(h: &Hart<S, Watched>) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", h.state).hash(&mut hasher);
    for piece in &h.mem.pieces.pieces {
        piece.bytes.hash(&mut hasher);
    }
    hasher.finish()
}
