//! Building a unit, one operation after another.

use super::{Address, At, Bin, Compare, Cond, Op, Place, Size, Type, Unit, Value, Width};

/// Guest instructions that most units have at most, and operations.
const INSNS: usize = 64;
const OPS: usize = 4 * INSNS;

/// Places a builder keeps in mind.
const PLACES: usize = 256;

/// Appends operations to a unit. It keeps in mind which value each place holds, so that a place is read at
/// most once between two writes that others make, and it folds what is constant from the start.
pub struct Builder {
    unit: Unit,
    held: [Option<Value>; PLACES],
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// An empty unit.
    pub fn new() -> Self {
        let unit = Unit { insns: Vec::with_capacity(INSNS), ops: Vec::with_capacity(OPS) };
        Self { unit, held: [None; PLACES] }
    }

    /// Starts the next guest instruction.
    pub fn insn(&mut self, at: At) {
        let number = u8::try_from(self.unit.insns.len()).unwrap_or(u8::MAX);
        self.unit.insns.push(at);
        self.push(Op::Insn(number));
    }

    /// Appends an operation; its value, should it define one.
    pub fn push(&mut self, op: Op) -> Value {
        let value = Value(u32::try_from(self.unit.ops.len()).unwrap_or(u32::MAX));
        if op == Op::Interpret {
            self.held = [None; PLACES];
        }
        self.unit.ops.push(op);
        value
    }

    /// A constant of 64 bits.
    pub fn int(&mut self, value: u64) -> Value {
        self.push(Op::Const(Type::I64, value))
    }

    /// The operation that defines `value`.
    pub fn op(&self, value: Value) -> Option<Op> {
        self.unit.ops.get(value.index()).copied()
    }

    /// The constant that `value` is.
    pub fn constant(&self, value: Value) -> Option<u64> {
        match self.op(value) {
            Some(Op::Const(_, bits)) => Some(bits),
            _ => None,
        }
    }

    /// What a place holds.
    pub fn get(&mut self, place: Place) -> Value {
        if let Some(value) = self.held[usize::from(place.0)] {
            return value;
        }
        let value = self.push(Op::Get(place));
        self.held[usize::from(place.0)] = Some(value);
        value
    }

    /// Writes a place.
    pub fn set(&mut self, place: Place, value: Value) {
        self.push(Op::Set(place, value));
        self.held[usize::from(place.0)] = Some(value);
    }

    /// An integer operation of two operands.
    pub fn bin(&mut self, op: Bin, width: Width, a: Value, b: Value) -> Value {
        self.push(Op::Bin(op, width, a, b))
    }

    /// Low bits of an integer, extended to 64.
    pub fn ext(&mut self, signed: bool, from: Size, a: Value) -> Value {
        self.push(Op::Ext { signed, from, a })
    }

    /// One where the comparison holds, else zero.
    pub fn cmp(&mut self, cond: Cond, width: Width, a: Value, b: Value) -> Value {
        self.push(Op::Cmp(Compare { cond, width, a, b }))
    }

    /// Leaves to the interpreter where `cond` holds.
    pub fn guard(&mut self, cond: Cond, a: Value, b: Value) {
        self.push(Op::Guard(Compare { cond, width: Width::W64, a, b }));
    }

    /// An address.
    pub fn address(&self, at: Value, offset: i32, narrow: bool) -> Address {
        Address { at, offset, narrow }
    }

    /// Whether the last operation ends the unit.
    pub fn ended(&self) -> bool {
        self.unit.ops.last().is_some_and(Op::ends)
    }

    /// Whether the last guest instruction does nothing but leave to the interpreter.
    pub fn leaves(&self) -> bool {
        matches!(self.unit.ops.as_slice(), [.., Op::Insn(_), Op::Leave])
    }

    /// Takes the last guest instruction back, which only leaves to the interpreter.
    pub fn retract(&mut self) {
        if self.leaves() {
            self.unit.ops.truncate(self.unit.ops.len() - 2);
            self.unit.insns.pop();
        }
    }

    /// The address that the unit ends at, should it end at a known one.
    pub fn jumps_to(&self) -> Option<u64> {
        match self.unit.ops.last() {
            Some(&Op::Jump(target)) => Some(target),
            _ => None,
        }
    }

    /// Takes the end away: the unit goes on.
    pub fn reopen(&mut self) {
        self.unit.ops.pop_if(|op| op.ends());
    }

    /// Whether the guest instruction at `pc` is in the unit.
    pub fn covers(&self, pc: u64) -> bool {
        self.unit.insns.iter().any(|at| at.pc == pc)
    }

    /// Guest instructions so far.
    pub fn insns(&self) -> usize {
        self.unit.insns.len()
    }

    /// The unit.
    pub fn finish(self) -> Unit {
        self.unit
    }
}
