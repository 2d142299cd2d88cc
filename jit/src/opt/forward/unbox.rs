//! Boxing and unboxing of binary32 numbers.

use super::{Step, Walk};
use crate::ir::{Op, Prec, Type};

/// The number itself, where the unit boxed or unboxed it.
pub fn rewrite(walk: &Walk, op: Op) -> Step {
    match op {
        Op::Unbox(a) => walk.fact(a).unboxed.map_or(Step::Op(op), Step::Is),
        Op::StoreF { prec: Prec::F32, address, value } => match walk.op(value) {
            Op::Box(value) => Step::Op(Op::StoreF { prec: Prec::F32, address, value }),
            _ => Step::Op(op),
        },
        Op::Bits(Type::I32, a) => match walk.op(a) {
            Op::Box(a) => Step::Op(Op::Bits(Type::I32, a)),
            _ => Step::Op(op),
        },
        _ => Step::Op(op),
    }
}
