//! What translation tells those who ask: each unit as it is made, and what the interpreter did for units.

use super::cache::{CodeError, Counts};
use super::frame;
use super::hosted::Hosted;
use super::stubs::{self, Pins};
use crate::emit::host::Features;
use crate::emit::{self, EmitError, Emitted, Refusal, Target};
use crate::ir::{GuestPlaces, Unit};
use interp::Guest;
use spec::insn::Insn;
use std::ops::Range;

/// A unit that has just got host code.
pub struct Translation<'a, G: Guest> {
    /// Its guest instructions; the passes may have left out the last ones.
    pub insns: &'a [Insn<G::Op>],
    /// The guest's registers.
    pub places: &'static GuestPlaces,
    /// The unit as it was lifted.
    pub before: &'a Unit,
    /// The unit after the passes.
    pub after: &'a Unit,
    /// Its host code.
    pub host: &'a Emitted,
    /// The host address of that.
    pub at: u32,
}

/// Told of translations by the thread that makes them, which holds no lock meanwhile.
pub trait Witness<G: Guest>: Send + Sync {
    /// A unit got host code.
    fn translated(&self, translation: &Translation<'_, G>);
    /// What begins at `pc` stays with the interpreter.
    fn refused(&self, pc: u64, why: &'static str);
}

/// How a thread ran its instructions.
#[derive(Clone, Debug)]
pub struct Tally<Op> {
    /// Instructions that ran as host code.
    pub native: u64,
    /// Instructions that host code left to their handlers, by row.
    pub handled: Vec<(Op, u64)>,
    /// Rows that the emitter refused, why, and how often.
    pub refused: Vec<(Op, &'static str, u64)>,
    /// Instructions that the interpreter executed again because their access faulted in host code.
    pub faults: u64,
    /// What the threads on the same memory have translated together.
    pub counts: Counts,
}

/// What a thread counts while somebody watches.
pub(super) struct Census<G: Guest> {
    handled: Vec<(G::Op, u64)>,
    refused: Vec<(G::Op, &'static str, u64)>,
    /// Handlers that ran within units, whose instructions the units count as their own.
    inside: u64,
    pub faults: u64,
    /// Counts of retired instructions between which handlers ran, if somebody wants to know.
    interpreted: Option<Vec<Range<u64>>>,
    /// What the count will be when the code that was entered has spent its budget.
    spent: u64,
}

impl<G: Guest> Census<G> {
    pub fn new() -> Self {
        Self { handled: vec![], refused: vec![], inside: 0, faults: 0, interpreted: None, spent: 0 }
    }

    /// Keeps what [`Census::interpreted`] is told from now on.
    pub fn note(&mut self) {
        self.interpreted.get_or_insert_default();
    }

    /// What was kept since the last call.
    pub fn noted(&mut self) -> Vec<Range<u64>> {
        self.interpreted.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Handlers executed the instructions between two counts.
    pub fn interpreted(&mut self, retired: Range<u64>) {
        let Some(all) = self.interpreted.as_mut().filter(|_| !retired.is_empty()) else { return };
        match all.last_mut() {
            Some(last) if last.end == retired.start => last.end = retired.end,
            _ => all.push(retired),
        }
    }

    /// Code is entered which may run until the count is `spent`.
    pub fn entered(&mut self, spent: u64) {
        self.spent = spent;
    }

    /// A handler ran for a unit.
    pub fn handled(&mut self, op: G::Op) {
        match self.handled.iter_mut().find(|(row, _)| *row == op) {
            Some((_, count)) => *count += 1,
            None => self.handled.push((op, 1)),
        }
    }

    /// The same in the middle of a unit, with `left` of the budget before it.
    pub fn handled_inside(&mut self, op: G::Op, left: i64) {
        self.handled(op);
        self.inside += 1;
        let at = self.spent.wrapping_sub(left.cast_unsigned());
        self.interpreted(at..at.wrapping_add(1));
    }

    pub fn refused(&mut self, op: G::Op, why: &'static str) {
        match self.refused.iter_mut().find(|(row, other, _)| (*row, *other) == (op, why)) {
            Some((.., count)) => *count += 1,
            None => self.refused.push((op, why, 1)),
        }
    }

    /// `native` are the instructions that units count.
    pub fn tally(&self, native: u64, counts: Counts) -> Tally<G::Op> {
        Tally {
            native: native.saturating_sub(self.inside),
            handled: self.handled.clone(),
            refused: self.refused.clone(),
            faults: self.faults,
            counts,
        }
    }
}

/// Why the emitter refuses, in a few words.
pub(super) fn reason(error: EmitError) -> &'static str {
    match error {
        EmitError::Registers => "more values are alive than there is room for",
        EmitError::Unsupported { .. } => "an operation has no host code on this host",
        EmitError::Asm(_) => "the assembler refused",
    }
}

/// Why a unit has no host code although each of its instructions could have some.
pub(super) const NO_ROOM: &str = "the code cache has no room for it";
/// Why nothing was translated at a hot address.
pub(super) const NO_UNIT: &str = "there is no unit there";

/// Where an arena might begin.
const ARENA: u32 = 0x4000_0000;

/// The host code that a unit would have as the first of an arena, and its address; `private` as
/// [`memory::user::Space::is_private`].
///
/// # Errors
/// A [`CodeError`] where the stubs cannot be assembled, and the [`Refusal`] of a unit without host code.
pub fn preview<G: Hosted>(
    unit: &Unit,
    features: Features,
    private: bool,
) -> Result<Result<(Emitted, u32), Refusal>, CodeError> {
    let pins = Pins { places: G::places(), hot: G::HOT.0, hot_floats: G::HOT.1 };
    let (code, _, stubs) = stubs::emit(ARENA, frame::own()?, &pins)?;
    let len = u32::try_from(code.len().next_multiple_of(16)).map_err(|_| CodeError::Stubs)?;
    let at = ARENA + len;
    let (hot, hot_floats) = G::HOT;
    let target = Target { places: G::places(), hot, hot_floats, features, stubs, first_site: 0, at, private };
    Ok(emit::emit(unit, target).map(|emitted| (emitted, at)))
}
