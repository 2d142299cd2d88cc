//! Rotations that a guest without them spells as two shifts and an addition, or, or exclusive or.

use super::{Step, Walk};
use crate::ir::{Bin, Op, Size, Value, Width};

/// What a shift by a constant shifts, and by how much: at `width`, and for 32 bits sign-extended.
fn shifted(walk: &Walk, value: Value, op: Bin, width: Width) -> Option<(Value, u64)> {
    let inner = match (width, walk.op(value)) {
        // Of the part shifted to the left zeros above would be another number than copies of its sign.
        (Width::W32, Op::Ext { signed, from: Size::B4, a }) if signed || op == Bin::Shr => a,
        (Width::W32, _) => return None,
        (Width::W64, _) => value,
    };
    match walk.op(inner) {
        Op::Bin(found, at, a, count) if found == op && at == width => Some((a, walk.constant(count)?)),
        _ => None,
    }
}

/// The value rotated to the right, and by how much, where `a` and `b` are its two parts in either order. The parts
/// have no bit in common, so that they may be joined by any of three operations. At 32 bits the part shifted to the
/// right has no sign, so the result is the rotation's sign extension.
fn rotated(walk: &Walk, a: Value, b: Value, width: Width) -> Option<(Value, u64)> {
    let bits = u64::from(width.bits());
    let parts = |left, right| {
        let (x, up) = shifted(walk, left, Bin::Shl, width)?;
        let (y, down) = shifted(walk, right, Bin::Shr, width)?;
        (x == y && up + down == bits && up % bits != 0).then_some((x, down))
    };
    parts(a, b).or_else(|| parts(b, a))
}

/// A rotation instead of `op`, where it is one.
pub fn rewrite(walk: &mut Walk, op: Op) -> Step {
    let Op::Bin(Bin::Or | Bin::Xor | Bin::Add, Width::W64, a, b) = op else { return Step::Op(op) };
    if let Some((value, count)) = rotated(walk, a, b, Width::W64) {
        let count = walk.new_constant(crate::ir::Type::I64, count);
        return Step::Op(Op::Bin(Bin::Ror, Width::W64, value, count));
    }
    match rotated(walk, a, b, Width::W32) {
        Some((value, count)) => {
            let count = walk.new_constant(crate::ir::Type::I64, count);
            let word = walk.new_value(Op::Bin(Bin::Ror, Width::W32, value, count));
            Step::Op(Op::Ext { signed: true, from: Size::B4, a: word })
        }
        None => Step::Op(op),
    }
}
