//! The forward walk: a unit copied operation by operation, and what is known of what was copied.

mod address;
mod copy;
mod fold;
mod known;
mod loads;
mod rotate;
mod simplify;
mod unbox;

use super::{Passes, insn};
use crate::ir::{Compare, GuestPlaces, Op, Place, Type, Unit, Value};
use known::Known;

/// What becomes of an operation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Step {
    /// It is this operation.
    Op(Op),
    /// What it defines is this value.
    Is(Value),
    /// What it defines is this constant.
    Const(Type, u64),
    /// It does nothing.
    Gone,
}

impl Step {
    /// What `next` makes of the operation, where it still is one.
    #[inline(always)]
    fn then(self, next: impl FnOnce(Op) -> Self) -> Self {
        match self {
            Self::Op(op) => next(op),
            done => done,
        }
    }
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// Its bits.
    pub known: Known,
    /// Places that hold it.
    pub homes: u16,
    /// Whether one did that holds another value now.
    pub evicted: bool,
    /// The binary32 number that it is as a register.
    pub unboxed: Option<Value>,
}

impl Fact {
    /// Whether a place held it and none does any more: a register must be found to go on using it.
    pub fn lost(&self) -> bool {
        self.evicted && self.homes == 0
    }
}

/// The walk's state.
#[derive(Debug, Default)]
pub struct Walk {
    /// The new operations.
    ops: Vec<Op>,
    /// What is known of each.
    facts: Vec<Fact>,
    /// The new values by the old ones.
    pub map: Vec<Value>,
    /// What places hold, where that is known.
    held: Vec<Option<Value>>,
    /// What memory holds, where that is known.
    memory: loads::Memory,
}

/// What the value of an operation that defines none is; nobody looks at it.
const NOTHING: Value = Value(u32::MAX);

impl Walk {
    /// Rewrites a unit.
    pub fn run(&mut self, unit: &mut Unit, places: &GuestPlaces, passes: Passes) {
        self.ops.clear();
        self.facts.clear();
        self.map.clear();
        self.memory.forget();
        self.held.clear();
        self.held.resize(places.infos.len(), None);
        let mut insns = 0;
        for &op in &unit.ops {
            insns = insn(&op).map_or(insns, |number| number + 1);
            let step = self.step(op, passes);
            if self.cut(&op, step) {
                self.memory.forget();
            }
            let value = match step {
                Step::Op(op) => self.emit(op, places, passes),
                Step::Is(value) => value,
                Step::Const(ty, bits) => self.emit(Op::Const(ty, bits), places, passes),
                Step::Gone => NOTHING,
            };
            self.map.push(value);
            if self.ops.last().is_some_and(Op::ends) {
                break;
            }
        }
        unit.insns.truncate(insns);
        std::mem::swap(&mut unit.ops, &mut self.ops);
    }

    /// What the passes make of an operation. Each kind of operation sees only the passes that know it.
    fn step(&mut self, mut op: Op, passes: Passes) -> Step {
        match op {
            Op::Insn(_) | Op::Const(..) | Op::Fence | Op::Order | Op::Interpret | Op::Jump(_) | Op::Leave => {
                Step::Op(op)
            }
            Op::Get(_) => self.copied(op, passes),
            Op::Set(_, ref mut a) => {
                *a = self.renamed(*a);
                self.copied(op, passes)
            }
            Op::Load { ref mut address, .. } | Op::LoadF { ref mut address, .. } => {
                address.at = self.renamed(address.at);
                let step = self.addressed(op, passes);
                if passes.has(Passes::LOADS) { step.then(|op| loads::rewrite(self, op)) } else { step }
            }
            _ => self.computed(op, passes),
        }
    }

    /// Whether a value that was made of others turns out not to depend on some of them.
    fn cut(&self, op: &Op, step: Step) -> bool {
        let chosen = matches!((op, step), (Op::Select { .. }, Step::Is(_)));
        if !chosen && !matches!(step, Step::Const(..)) {
            return false;
        }
        let mut varies = false;
        op.uses(|value| varies |= self.constant(self.renamed(value)).is_none());
        varies
    }

    /// The new name of a value.
    fn renamed(&self, value: Value) -> Value {
        self.map.get(value.index()).copied().unwrap_or(NOTHING)
    }

    fn copied(&self, op: Op, passes: Passes) -> Step {
        if passes.has(Passes::COPY) { copy::rewrite(self, op) } else { Step::Op(op) }
    }

    fn addressed(&self, op: Op, passes: Passes) -> Step {
        if passes.has(Passes::ADDRESS) { address::rewrite(self, op) } else { Step::Op(op) }
    }

    /// Of an operation that computes, compares, or writes what was computed.
    fn computed(&mut self, mut op: Op, passes: Passes) -> Step {
        let map = &self.map;
        op.operands(|value| *value = map.get(value.index()).copied().unwrap_or(NOTHING));
        if passes.has(Passes::BITS) {
            known::skip(self, &mut op);
        }
        if op.accesses() {
            let step = if passes.has(Passes::UNBOX) { unbox::rewrite(self, op) } else { Step::Op(op) };
            return step.then(|op| self.addressed(op, passes));
        }
        let mut step = Step::Op(op);
        if passes.has(Passes::UNBOX) {
            step = step.then(|op| unbox::rewrite(self, op));
        }
        if passes.has(Passes::CONST) {
            step = step.then(|op| fold::rewrite(self, op));
        }
        if passes.has(Passes::SIMPLIFY) {
            step = step.then(|op| simplify::rewrite(self, op));
        }
        if passes.has(Passes::ROTATE) {
            step = step.then(|op| rotate::rewrite(self, op));
        }
        if passes.has(Passes::BITS) {
            step = step.then(|op| known::rewrite(self, op));
        }
        step
    }

    /// Appends an operation and notes what is known after it.
    fn emit(&mut self, op: Op, places: &GuestPlaces, passes: Passes) -> Value {
        let silent = matches!(op, Op::Insn(_) | Op::Get(_) | Op::Set(..));
        let known = match !silent && passes.has(Passes::BITS) {
            true => Known::of(self, &op),
            false => Known::NOTHING,
        };
        self.facts.push(Fact { known, homes: 0, evicted: false, unboxed: None });
        self.ops.push(op);
        let value = Value(u32::try_from(self.ops.len() - 1).unwrap_or(u32::MAX));
        if passes.has(Passes::LOADS) {
            let ops = &self.ops;
            self.memory.note(&op, value, |value| ops[value.index()].result(places));
        }
        match op {
            Op::Get(place) => self.hold(place, Some(value)),
            Op::Set(place, a) => self.hold(place, Some(a)),
            Op::Interpret => self.forget(),
            Op::Box(a) => self.facts[value.index()].unboxed = Some(a),
            Op::Unbox(a) => self.facts[a.index()].unboxed = Some(value),
            _ if op.accrues() => {
                if let Some(float) = places.float {
                    self.hold(float.flags, None);
                }
            }
            _ => {}
        }
        value
    }

    /// Notes what a place holds.
    fn hold(&mut self, place: Place, value: Option<Value>) {
        let Some(held) = self.held.get_mut(usize::from(place.0)) else { return };
        let before = std::mem::replace(held, value);
        if let Some(before) = before {
            self.evict(before);
        }
        if let Some(value) = value {
            self.facts[value.index()].homes += 1;
        }
    }

    /// Forgets what places hold.
    fn forget(&mut self) {
        for number in 0..self.held.len() {
            if let Some(before) = self.held[number].take() {
                self.evict(before);
            }
        }
    }

    fn evict(&mut self, value: Value) {
        let fact = &mut self.facts[value.index()];
        fact.homes = fact.homes.saturating_sub(1);
        fact.evicted = true;
    }

    /// The operation that defines a value.
    pub fn op(&self, value: Value) -> Op {
        self.ops[value.index()]
    }

    /// What is known of a value.
    pub fn fact(&self, value: Value) -> &Fact {
        &self.facts[value.index()]
    }

    /// The constant that a value is.
    pub fn constant(&self, value: Value) -> Option<u64> {
        if let Op::Const(_, bits) = self.op(value) { Some(bits) } else { None }
    }

    /// What a place is known to hold.
    pub fn held(&self, place: Place) -> Option<Value> {
        self.held.get(usize::from(place.0)).copied().flatten()
    }

    /// Whether using `instead` costs no register where `value` was used: a place holds it or it is a constant, or
    /// no place holds `value`, which may then not be needed any more.
    pub fn at_hand(&self, instead: Value, value: Value) -> bool {
        self.fact(instead).homes > 0 || self.fact(value).homes == 0 || self.constant(instead).is_some()
    }

    /// A step of a rewritten operation, of which nothing is known.
    pub fn new_value(&mut self, op: Op) -> Value {
        self.facts.push(Fact { known: Known::NOTHING, homes: 0, evicted: false, unboxed: None });
        self.ops.push(op);
        Value(u32::try_from(self.ops.len() - 1).unwrap_or(u32::MAX))
    }

    /// A constant for a rewritten operation.
    pub fn new_constant(&mut self, ty: Type, bits: u64) -> Value {
        let op = Op::Const(ty, bits);
        self.facts.push(Fact { known: Known::of_const(ty, bits), homes: 0, evicted: false, unboxed: None });
        self.ops.push(op);
        Value(u32::try_from(self.ops.len() - 1).unwrap_or(u32::MAX))
    }
}

/// What becomes of an operation that depends on a comparison whose outcome is known.
pub fn decided(op: Op, holds: bool) -> Step {
    match (op, holds) {
        (Op::Cmp(_), _) => Step::Const(Type::I64, holds.into()),
        (Op::Select { yes, .. }, true) => Step::Is(yes),
        (Op::Select { no, .. }, false) => Step::Is(no),
        (Op::Branch(..) | Op::Guard(_), false) => Step::Gone,
        (Op::Branch(_, pc), true) => Step::Op(Op::Jump(pc)),
        (Op::Guard(_), true) => Step::Op(Op::Leave),
        _ => Step::Op(op),
    }
}

/// The comparison that an operation depends on.
pub fn comparison(op: &mut Op) -> Option<&mut Compare> {
    match op {
        Op::Cmp(compare) | Op::Select { compare, .. } | Op::Branch(compare, _) | Op::Guard(compare) => {
            Some(compare)
        }
        _ => None,
    }
}
