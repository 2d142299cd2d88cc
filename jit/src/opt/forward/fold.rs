//! Operations on constants.

use super::{Step, Walk, comparison, decided};
use crate::ir::eval::{bin, bits, boxed, ext, fsign, holds, un, unboxed};
use crate::ir::{Hint, Op, Type};

/// What `op` is where its operands are constants.
pub fn rewrite(walk: &Walk, mut op: Op) -> Step {
    if let Some(compare) = comparison(&mut op) {
        let (a, b) = (walk.constant(compare.a), walk.constant(compare.b));
        let (Some(a), Some(b)) = (a, b) else { return Step::Op(op) };
        let holds = holds(compare.cond, compare.width, a, b);
        return decided(op, holds);
    }
    pure(walk, &op).map_or_else(|| end(walk, op), |(ty, bits)| Step::Const(ty, bits))
}

/// The constant that a pure operation is. What accrues floating-point flags is not.
fn pure(walk: &Walk, op: &Op) -> Option<(Type, u64)> {
    let constant = |value| walk.constant(value);
    Some(match *op {
        Op::Bin(op, width, a, b) => (width.int(), bin(op, width, constant(a)?, constant(b)?)),
        Op::Un(op, width, a) => (width.int(), un(op, width, constant(a)?)),
        Op::Ext { signed, from, a } => (Type::I64, ext(signed, from, constant(a)?)),
        Op::FSign(op, prec, a, b) => (prec.ty(), fsign(op, prec, constant(a)?, constant(b)?)),
        Op::Bits(ty, a) => (ty, bits(ty, constant(a)?)),
        Op::Box(a) => (Type::F64, boxed(constant(a)?)),
        Op::Unbox(a) => (Type::F32, unboxed(constant(a)?)),
        _ => return None,
    })
}

/// A jump to a constant address is a direct one. A return stays one, so that calls and returns remain in pairs.
fn end(walk: &Walk, op: Op) -> Step {
    match op {
        Op::Goto(a, Hint::Jump | Hint::Call) => Step::Op(walk.constant(a).map_or(op, Op::Jump)),
        _ => Step::Op(op),
    }
}
