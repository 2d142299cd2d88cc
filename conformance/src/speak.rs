//! Runs case files: every driver speaks every case.

use crate::case::{Assign, Block, Case, Vocabulary};
use crate::mem::Pieces;
use crate::units::Units;
use interp::block::Blocks;
use interp::{Guest, Hart, Stop, step};
use jit::lift::Lift;
use std::fmt::Write;

/// The interpreter's drivers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// One instruction at a time.
    Step,
    /// Blocks.
    Block,
    /// Units of the JIT's representation, run by its interpreter.
    Unit,
    /// The same after every pass.
    Optimized,
}

/// Every driver.
pub const DRIVERS: [Driver; 4] = [Driver::Step, Driver::Block, Driver::Unit, Driver::Optimized];

/// How a guest's cases are set up and read back.
pub trait Speaker {
    /// The guest.
    type Guest: Lift;
    /// The names its case files use.
    type Names: Vocabulary;

    /// State and memory before a case that mentions nothing: the instruction lies at the pc.
    fn fresh(&self) -> <Self::Guest as Guest>::State;
    /// Memory that holds `block`'s instruction at `pc` and the cases' data area.
    fn memory(&self, word: u32, len: u8, pc: u64) -> Pieces;
    /// Sets a part of the state.
    fn set(&self, state: &mut <Self::Guest as Guest>::State, part: &Part<Self>, value: u64);
    /// The trap a case names, as the hart raises it.
    fn raised(&self, trap: &Named<Self>, word: u32, pc: u64) -> <Self::Guest as Guest>::Trap;
    /// The pc, as an address of memory.
    fn address(&self, pc: u64) -> u64 {
        pc
    }
}

/// A part of the state, as a speaker's names know it.
pub type Part<S> = <<S as Speaker>::Names as Vocabulary>::Part;
/// A trap, as a speaker's names know it.
pub type Named<S> = <<S as Speaker>::Names as Vocabulary>::Trap;

/// What a case expects, and what it starts from.
struct Expected<G: Guest> {
    state: G::State,
    memory: Pieces,
    stop: Stop<G::Trap>,
}

/// Runs one case in one driver.
///
/// # Errors
/// What differs, line by line.
pub fn speak<S: Speaker>(
    s: &S,
    driver: Driver,
    block: &Block<Part<S>, Named<S>>,
    case: &Case<Part<S>, Named<S>>,
) -> Result<(), String> {
    let mut state = s.fresh();
    for assign in &case.before {
        if let Assign::Part { part, value } = assign {
            s.set(&mut state, part, *value);
        }
    }
    let pc = S::Guest::pc(&state);
    let mut memory = s.memory(block.word, block.len, s.address(pc));
    write(&mut memory, &case.before)?;
    let expected = expect(s, block, case, &state, &memory)?;

    let mut hart: Hart<S::Guest, Pieces> = Hart::new(state, memory);
    let stop = match driver {
        Driver::Step => step::run(&mut hart, 1, None),
        Driver::Block => Blocks::new().run(&mut hart, 1, None),
        Driver::Unit => Units::default().run(&mut hart, 1),
        Driver::Optimized => Units::optimized().run(&mut hart, 1),
    };
    compare(&expected, &hart, &stop)
}

fn write<P>(memory: &mut Pieces, assigns: &[Assign<P>]) -> Result<(), String> {
    for assign in assigns {
        let Assign::Memory { at, bytes } = assign else { continue };
        for (at, byte) in (*at..).zip(bytes) {
            if !memory.poke(at, *byte) {
                return Err(format!("the case names memory at {at:#x}, where there is none"));
            }
        }
    }
    Ok(())
}

fn expect<S: Speaker>(
    s: &S,
    block: &Block<Part<S>, Named<S>>,
    case: &Case<Part<S>, Named<S>>,
    before: &<S::Guest as Guest>::State,
    memory: &Pieces,
) -> Result<Expected<S::Guest>, String> {
    let mut state = before.clone();
    let pc = S::Guest::pc(before);
    let stop = match &case.trap {
        Some(trap) => Stop::Trap(s.raised(trap, block.word, s.address(pc))),
        None => {
            S::Guest::set_pc(&mut state, pc.wrapping_add(u64::from(block.len)));
            *S::Guest::retired(&mut state) += 1;
            Stop::Budget
        }
    };
    for assign in &case.after {
        if let Assign::Part { part, value } = assign {
            s.set(&mut state, part, *value);
        }
    }
    let mut memory = memory.clone();
    write(&mut memory, &case.after)?;
    Ok(Expected { state, memory, stop })
}

fn compare<G: Guest>(
    expected: &Expected<G>,
    hart: &Hart<G, Pieces>,
    stop: &Stop<G::Trap>,
) -> Result<(), String> {
    let mut wrong = String::new();
    if expected.stop != *stop {
        let _ = writeln!(wrong, "  expected to stop with {:x?}, stopped with {stop:x?}", expected.stop);
    }
    if expected.state != hart.state {
        let (wanted, got) = (format!("{:#x?}", expected.state), format!("{:#x?}", hart.state));
        for (wanted, got) in wanted.lines().zip(got.lines()).filter(|(a, b)| a != b) {
            let _ = writeln!(wrong, "  expected {}   got {}", wanted.trim(), got.trim());
        }
    }
    for (wanted, got) in expected.memory.pieces.iter().zip(&hart.mem.pieces) {
        let differ = (wanted.start..).zip(wanted.bytes.iter().zip(&got.bytes)).filter(|(_, (a, b))| a != b);
        for (at, (a, b)) in differ {
            let _ = writeln!(wrong, "  expected byte {a:02x} at {at:#x}   got {b:02x}");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
