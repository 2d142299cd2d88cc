//! From a unit to host code.
//!
//! One walk over the operations, in order: each is emitted when it is reached, into registers that
//! [`alloc`](self) keeps account of. What is seldom run lies behind the rest.

mod alloc;
mod flags;
mod float;
mod flow;
pub mod host;
mod int;
mod memory;
mod nan;

use crate::ir::{GuestPlaces, Op, Place, Unit, Value};
use crate::x64::{Asm, AsmError, Gpr, Label};
use alloc::{Alloc, Pinned};
pub use flow::{TABLE_ENTRIES, TABLE_MASK};
use host::{Features, Stubs};

/// Why a unit has no host code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmitError {
    /// More values are alive at once than there are registers and spill slots.
    #[error("more values are alive at once than there is room for; the unit stays with the interpreter")]
    Registers,
    /// An operation has no host code here.
    #[error("operation {op} has no host code on this host; the unit stays with the interpreter")]
    Unsupported {
        /// Its index in the unit.
        op: u32,
    },
    /// The assembler refused.
    #[error(transparent)]
    Asm(#[from] AsmError),
}

/// The guest instruction for which a unit has no host code, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("guest instruction {insn} of the unit: {why}")]
pub struct Refusal {
    /// Its number in the unit.
    pub insn: u8,
    /// Why.
    pub why: EmitError,
}

/// A direct jump out of the unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkSite {
    /// The guest address it goes to.
    pub to: u64,
    /// Offset of its displacement of 32 bits; aligned to four bytes where the code lies at an aligned address.
    pub displacement: u32,
    /// Offset of the code that it goes to until it is linked, which names the site.
    pub stub: u32,
}

/// Host code that may fault at an access to guest memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultSite {
    /// Offset of the host instruction.
    pub offset: u32,
    /// The guest instruction it belongs to, which has not happened where it faults.
    pub insn: u8,
}

/// The host code of a unit.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// The code, entered at its first byte; jumps to stubs are relative to `at` of [`emit`].
    pub bytes: Vec<u8>,
    /// Numbered from `first_site` of [`Target`] on.
    pub links: Vec<LinkSite>,
    /// In the order of their offsets.
    pub faults: Vec<FaultSite>,
    /// Where each guest instruction begins, for logs.
    pub starts: Vec<u32>,
    /// Whether it may run only while one thread alone reaches memory.
    pub private: bool,
}

/// What code is emitted for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The guest's registers.
    pub places: &'a GuestPlaces,
    /// The integer registers that are pinned, the hottest first.
    pub hot: &'a [Place],
    /// The same for floating-point registers.
    pub hot_floats: &'a [Place],
    /// What the host can do.
    pub features: Features,
    /// Code outside of units.
    pub stubs: Stubs,
    /// The number of the first site.
    pub first_site: u32,
    /// Where the code will lie.
    pub at: u32,
    /// Whether one thread alone reaches memory: atomic accesses are not locked, and there are no fences.
    pub private: bool,
}

/// Code that is seldom run, to be put behind the rest.
enum Cold {
    /// The budget does not reach.
    Budget { label: Label },
    /// A branch out of the unit's middle: gives the rest back to the budget.
    Taken { label: Label, count: usize, to: u64, calls: Vec<u64> },
    /// What a direct jump goes to until it is linked.
    Unlinked { displacement: usize, to: u64 },
    /// The table does not have the target of an indirect jump.
    Miss { label: Label, target: Gpr },
    /// Leaves to the interpreter at a guest instruction.
    Leave { label: Label, insn: u8 },
    /// A floating-point result that needs a second look.
    Fix { label: Label, back: Label, fix: float::Fix },
    /// Results one of which is a NaN.
    Canonical { label: Label, back: Label, suspects: Vec<nan::Suspect> },
    /// A quotient that the host's division refuses.
    Divide { label: Label, back: Label, fix: int::Quotient },
    /// Emitted.
    Done,
}

struct Emitter<'a> {
    asm: Asm,
    unit: &'a Unit,
    places: &'a GuestPlaces,
    target: Target<'a>,
    pinned: Pinned,
    alloc: Alloc,
    /// The guest instruction at hand.
    insn: u8,
    entry: Label,
    /// Behind the count of the budget.
    body: Label,
    /// Where the budget does not reach.
    short: Label,
    cold: Vec<Cold>,
    sites: Vec<LinkSite>,
    faults: Vec<FaultSite>,
    starts: Vec<u32>,
    /// Whether anything was emitted that holds only for private memory.
    private: bool,
    /// Displacements within the code: offset of the displacement, and what it goes to.
    links: Vec<(usize, usize)>,
    /// Displacements to addresses outside: offset of the displacement, and the address.
    outside: Vec<(usize, u32)>,
    /// Values that are not computed by themselves, but by what uses them.
    folded: Vec<bool>,
    /// Comparisons that give flags back, and these.
    restores: Vec<(Value, Value)>,
    /// Results of which it is not known yet whether they are NaNs.
    doubts: Vec<nan::Doubt>,
    /// Where the guest's calls in the unit that it has not come back from are to return to.
    calls: Vec<u64>,
}

/// Bytes of host code to expect for a guest instruction: most need less.
const ROOM: usize = 16;

/// Emits a unit.
///
/// # Errors
/// A [`Refusal`] that names the guest instruction that has to be left to the interpreter.
pub fn emit(unit: &Unit, target: Target<'_>) -> Result<Emitted, Refusal> {
    let pinned = Pinned::new(target.hot, target.hot_floats);
    let alloc = Alloc::new(&unit.ops, &pinned);
    let mut asm = Asm::with_room(ROOM * unit.insns.len());
    let (entry, body, short) = (asm.label(), asm.label(), asm.label());
    let mut emitter = Emitter {
        asm,
        unit,
        places: target.places,
        target,
        pinned,
        alloc,
        insn: 0,
        entry,
        body,
        short,
        cold: Vec::with_capacity(unit.insns.len()),
        sites: vec![],
        faults: Vec::with_capacity(unit.insns.len()),
        starts: Vec::with_capacity(unit.insns.len()),
        private: false,
        links: vec![],
        outside: vec![],
        folded: vec![false; unit.ops.len()],
        restores: vec![],
        doubts: vec![],
        calls: vec![],
    };
    let done = emitter.run();
    let insn = emitter.insn;
    done.and_then(|()| emitter.finish()).map_err(|why| Refusal { insn, why })
}

impl Emitter<'_> {
    fn run(&mut self) -> Result<(), EmitError> {
        self.find_folded();
        self.find_restores();
        self.enter();
        for (number, op) in (0u32..).zip(&self.unit.ops) {
            self.begin(number);
            if self.folded[number as usize] {
                continue;
            }
            if self.reveals(op) {
                self.settle_doubts()?;
                self.begin(number);
            }
            self.op(Value(number), *op)?;
        }
        Ok(())
    }

    fn op(&mut self, value: Value, op: Op) -> Result<(), EmitError> {
        match op {
            Op::Insn(insn) => {
                self.insn = insn;
                self.starts.push(offset(self.asm.len()));
                Ok(())
            }
            Op::Const(..) | Op::Order => Ok(()),
            Op::Get(place) if self.is_flags(place) => self.get_flags(value),
            Op::Set(place, from) if self.is_flags(place) => self.set_flags(from),
            Op::Get(place) => self.get(value, place),
            Op::Set(place, from) => self.set(place, from),
            Op::Bin(..) | Op::Un(..) | Op::Ext { .. } | Op::Cmp(_) | Op::Select { .. } => self.int(value, op),
            Op::Load { .. }
            | Op::Store { .. }
            | Op::LoadF { .. }
            | Op::StoreF { .. }
            | Op::Rmw { .. }
            | Op::Cas { .. }
            | Op::Fence => self.access(value, op),
            Op::Branch(..)
            | Op::Guard(_)
            | Op::Interpret
            | Op::Call(_)
            | Op::Back(_)
            | Op::Jump(_)
            | Op::Goto(..)
            | Op::Leave => self.flow(value, op),
            _ => self.float(value, op),
        }
    }

    fn finish(mut self) -> Result<Emitted, EmitError> {
        self.emit_cold();
        let at = i64::from(self.target.at);
        let (outside, links) = (std::mem::take(&mut self.outside), std::mem::take(&mut self.links));
        let (sites, faults, starts, private) = (self.sites, self.faults, self.starts, self.private);
        let mut bytes = self.asm.finish()?;
        let inside = links.into_iter().map(|(displacement, to)| (displacement, at + i64::from(offset(to))));
        let outside = outside.into_iter().map(|(displacement, to)| (displacement, i64::from(to)));
        for (displacement, to) in inside.chain(outside) {
            let from = at + i64::from(offset(displacement)) + 4;
            #[allow(clippy::cast_possible_truncation, reason = "both lie in the low 2 GiB")]
            let distance = (to - from) as i32;
            bytes[displacement..displacement + 4].copy_from_slice(&distance.to_le_bytes());
        }
        Ok(Emitted { bytes, links: sites, faults, starts, private })
    }

    /// The operation at hand cannot be emitted.
    fn unsupported(&self, value: Value) -> EmitError {
        EmitError::Unsupported { op: value.0 }
    }
}

/// A length as the 32 bits that any offset in a unit fits.
fn offset(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
