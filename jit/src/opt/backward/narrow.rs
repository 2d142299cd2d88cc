//! Operations of 64 bits of whose results only the low half is looked at: they need no more than 32, and operands
//! that need not be extended for them.

use crate::ir::{Bin, Op, Size, Type, Value, Width};

/// Which halves of a value somebody looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Need {
    /// Neither.
    #[default]
    Nothing,
    /// The low one.
    Low,
    /// Both.
    Whole,
}

/// Makes `ops[index]` as narrow as what is needed of it allows, and says what it needs of its operands.
pub fn rewrite(ops: &mut [Op], index: usize, need: Need, mut each: impl FnMut(Value, Need)) {
    let mut op = ops[index];
    if need == Need::Low
        && let Op::Bin(bin, width @ Width::W64, ..) = &mut op
        && low_only(*bin)
    {
        *width = Width::W32;
    }
    let reads = |nth: usize| reads(&op, nth);
    let mut nth = 0;
    let mut copy = op;
    copy.operands(|value| {
        let need = reads(nth);
        nth += 1;
        if need == Need::Low {
            *value = unextended(ops, *value);
        }
        each(*value, need);
    });
    ops[index] = copy;
}

/// Whether the low half of the result depends on the low halves of the operands only, at either width.
fn low_only(op: Bin) -> bool {
    matches!(op, Bin::Add | Bin::Sub | Bin::Mul | Bin::And | Bin::Or | Bin::Xor | Bin::Andn)
}

/// What the operation reads of its operand number `nth`.
fn reads(op: &Op, nth: usize) -> Need {
    match *op {
        Op::Bin(_, Width::W32, ..)
        | Op::Un(_, Width::W32, _)
        | Op::Ext { .. }
        | Op::IntToF { width: Width::W32, .. }
        | Op::Bits(Type::F32, _) => Need::Low,
        Op::Store { size, .. } if size != Size::B8 && nth == 1 => Need::Low,
        Op::Cmp(compare) | Op::Branch(compare, _) | Op::Guard(compare) | Op::Select { compare, .. }
            if compare.width == Width::W32 && nth < 2 =>
        {
            Need::Low
        }
        _ => Need::Whole,
    }
}

/// What has the same low half without being extended.
fn unextended(ops: &[Op], value: Value) -> Value {
    match ops[value.index()] {
        Op::Ext { from: Size::B4, a, .. } => a,
        _ => value,
    }
}
