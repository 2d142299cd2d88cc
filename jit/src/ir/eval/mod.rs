//! The representation's interpreter: what a unit means, operation by operation.
//!
//! It is the judge of passes and of host code, so it has no other merit than to be plain. It runs on a
//! [`Machine`]; [`crate::lift::HartMachine`] makes one of any guest's hart.

mod floats;
mod ints;

pub use floats::{bits, boxed, fsign, unboxed};
pub use ints::{bin, ext, extended, holds, rmw, un};

use super::{Address, Compare, GuestPlaces, Hint, Op, Place, Prec, Round, Size, Type, Unit, Value};
use interp::fpu::{self, Env, Flags, Negate};
use interp::{Access, Fault};
use spec::bits::Low;

/// What a unit runs on.
pub trait Machine {
    /// What a place holds.
    fn get(&self, place: Place) -> u64;
    /// Writes a place; where it has 32 bits, the low ones.
    fn set(&mut self, place: Place, value: u64);

    /// Reads guest memory, zeros above.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that cannot be read.
    fn load(&mut self, size: Size, big: bool, at: u64) -> Result<u64, Fault>;

    /// Writes the low bytes of `value` to guest memory.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that cannot be written.
    fn store(&mut self, size: Size, big: bool, at: u64, value: u64) -> Result<(), Fault>;

    /// Writes the low bytes of `new` where memory holds those of `old`, in one step; returns what it held, zeros
    /// above. Least significant byte first.
    ///
    /// # Errors
    /// A [`Fault`] when the bytes cannot be written.
    fn compare_exchange(&mut self, size: Size, at: u64, old: u64, new: u64) -> Result<u64, Fault>;

    /// The guest's rounding mode.
    fn round(&self) -> fpu::Round;
    /// Accrues exceptions.
    fn raise(&mut self, flags: Flags);

    /// Executes a guest instruction of the unit by its handler; whether it goes on at the next one.
    fn interpret(&mut self, unit: &Unit, insn: usize) -> bool;
}

/// How a unit was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// To this guest address, after the instruction: a branch or the end.
    Jump(u64),
    /// To an address that was computed, after the instruction.
    Goto(u64, Hint),
    /// To the interpreter, before the instruction.
    Leave,
    /// By a fault, before the instruction. Those of atomic operations are stores.
    Fault(Fault),
    /// By the instruction's own handler, which trapped or went elsewhere: the machine knows.
    Interpreted,
}

/// Where and how a unit was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The guest instruction of the unit.
    pub insn: usize,
    /// How.
    pub exit: Exit,
}

impl Outcome {
    /// Guest instructions of the unit that have been completed. What [`Exit::Interpreted`] completed is the
    /// machine's to say; it is not counted.
    pub fn completed(&self) -> usize {
        self.insn + usize::from(matches!(self.exit, Exit::Jump(_) | Exit::Goto(..)))
    }
}

/// What results of 32 bits have in their upper half here, so that whoever reads it is found out.
const UNSPECIFIED: u64 = 0x5eed_c0de_0000_0000;

/// Runs a unit that passes [`crate::ir::check()`]. A unit without an end is left to the interpreter after its
/// last operation.
pub fn run<M: Machine>(unit: &Unit, places: &GuestPlaces, machine: &mut M) -> Outcome {
    let mut run = Run { machine, unit, insn: 0, values: Vec::with_capacity(unit.ops.len()) };
    for op in &unit.ops {
        let exit = match run.op(op) {
            Ok(value) => {
                let partial = matches!(op.result(places), Some(Type::I32 | Type::F32));
                run.values.push(if partial { u64::from(value.low32()) | UNSPECIFIED } else { value });
                continue;
            }
            Err(exit) => exit,
        };
        return Outcome { insn: run.insn, exit };
    }
    Outcome { insn: run.insn, exit: Exit::Leave }
}

struct Run<'a, M> {
    machine: &'a mut M,
    unit: &'a Unit,
    insn: usize,
    /// What each operation so far defined; zero for one that defines nothing.
    values: Vec<u64>,
}

impl<M: Machine> Run<'_, M> {
    fn value(&self, value: Value) -> u64 {
        self.values.get(value.index()).copied().unwrap_or(0)
    }

    fn holds(&self, c: Compare) -> bool {
        holds(c.cond, c.width, self.value(c.a), self.value(c.b))
    }

    fn at(&self, address: Address) -> u64 {
        let at = self.value(address.at).wrapping_add_signed(address.offset.into());
        if address.narrow { u64::from(at.low32()) } else { at }
    }

    /// Runs one operation: what it defines, or how it leaves.
    fn op(&mut self, op: &Op) -> Result<u64, Exit> {
        if op.accesses() {
            return self.access(op).map_err(Exit::Fault);
        }
        if let Some(value) = self.pure(op) {
            return Ok(value);
        }
        match *op {
            Op::Insn(number) => self.insn = number.into(),
            Op::Set(place, a) => self.machine.set(place, self.value(a)),
            Op::Branch(compare, pc) if self.holds(compare) => return Err(Exit::Jump(pc)),
            Op::Guard(compare) if self.holds(compare) => return Err(Exit::Leave),
            Op::Interpret if !self.machine.interpret(self.unit, self.insn) => {
                return Err(Exit::Interpreted);
            }
            Op::Call(_) | Op::Back(_) | Op::Order => {}
            Op::Jump(pc) => return Err(Exit::Jump(pc)),
            Op::Goto(a, hint) => return Err(Exit::Goto(self.value(a), hint)),
            Op::Leave => return Err(Exit::Leave),
            _ => return Ok(self.float(op)),
        }
        Ok(0)
    }

    fn pure(&self, op: &Op) -> Option<u64> {
        Some(match *op {
            Op::Const(_, bits) => bits,
            Op::Get(place) => self.machine.get(place),
            Op::Bin(op, width, a, b) => bin(op, width, self.value(a), self.value(b)),
            Op::Un(op, width, a) => un(op, width, self.value(a)),
            Op::Ext { signed, from, a } => ext(signed, from, self.value(a)),
            Op::Cmp(compare) => self.holds(compare).into(),
            Op::Select { compare, yes, no } => self.value(if self.holds(compare) { yes } else { no }),
            Op::FSign(op, prec, a, b) => fsign(op, prec, self.value(a), self.value(b)),
            Op::Bits(ty, a) => bits(ty, self.value(a)),
            Op::Box(a) => boxed(self.value(a)),
            Op::Unbox(a) => unboxed(self.value(a)),
            _ => return None,
        })
    }

    fn access(&mut self, op: &Op) -> Result<u64, Fault> {
        match *op {
            Op::Load { size, signed, big, address } => {
                let found = self.machine.load(size, big, self.at(address))?;
                Ok(ext(signed, size, found))
            }
            Op::Store { size, big, address, value } => {
                self.machine.store(size, big, self.at(address), self.value(value)).map(|()| 0)
            }
            Op::LoadF { prec, address } => self.machine.load(size_of_prec(prec), false, self.at(address)),
            Op::StoreF { prec, address, value } => {
                self.machine.store(size_of_prec(prec), false, self.at(address), self.value(value)).map(|()| 0)
            }
            Op::Rmw { op, size, address, value } => {
                let (at, operand) = (self.at(address), self.value(value));
                let store = |fault| Fault { access: Access::Store, ..fault };
                let mut old = self.machine.load(size, false, at).map_err(store)?;
                loop {
                    let new = rmw(op, size, old, operand);
                    let found = self.machine.compare_exchange(size, at, old, new)?;
                    if found == old {
                        return Ok(ext(true, size, old));
                    }
                    old = found;
                }
            }
            Op::Cas { size, address, old, new } => {
                let (at, old, new) = (self.at(address), self.value(old), self.value(new));
                self.machine.compare_exchange(size, at, old, new).map(|found| ext(true, size, found))
            }
            _ => Ok(0),
        }
    }

    /// An operation that may raise floating-point exceptions.
    fn float(&mut self, op: &Op) -> u64 {
        match *op {
            Op::FBin(op, prec, a, b) => {
                self.flagged(Round::Dynamic, [a, b], |e, [a, b]| floats::fbin(op, prec, e, a, b))
            }
            Op::FSqrt(prec, a) => self.flagged(Round::Dynamic, [a], |e, [a]| floats::sqrt(prec, e, a)),
            Op::Fma { prec, negate_product, negate_addend, a, b, c } => {
                let negate = Negate { product: negate_product, addend: negate_addend };
                self.flagged(Round::Dynamic, [a, b, c], |e, [a, b, c]| floats::fma(prec, negate, e, a, b, c))
            }
            Op::FCmp(cond, prec, a, b) => {
                self.flagged(Round::Nearest, [a, b], |e, [a, b]| floats::fcmp(cond, prec, e, a, b).into())
            }
            Op::FConv { from, a } => self.flagged(Round::Dynamic, [a], |e, [a]| floats::fconv(from, e, a)),
            Op::FToInt { prec, width, signed, round, a } => {
                self.flagged(round, [a], |e, [a]| floats::to_int(prec, width, signed, e, a))
            }
            Op::IntToF { width, signed, prec, a } => {
                self.flagged(Round::Dynamic, [a], |e, [a]| floats::from_int(width, signed, prec, e, a))
            }
            _ => 0,
        }
    }

    fn flagged<const N: usize>(
        &mut self,
        round: Round,
        operands: [Value; N],
        run: impl FnOnce(&mut Env, [u64; N]) -> u64,
    ) -> u64 {
        let operands = operands.map(|value| self.value(value));
        let round = floats::mode(round, self.machine.round());
        floats::flagged(round, |flags| self.machine.raise(flags), |e| run(e, operands))
    }
}

fn size_of_prec(prec: Prec) -> Size {
    match prec {
        Prec::F32 => Size::B4,
        Prec::F64 => Size::B8,
    }
}
