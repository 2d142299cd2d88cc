//! Operations that algebra makes simpler: neutral operands, equal operands, powers of two, comparisons of
//! comparisons. Constants go to the right.

use super::{Step, Walk, comparison, decided};
use crate::ir::eval::extended;
use crate::ir::{Bin, Compare, Cond, Op, Size, Value, Width};

/// A simpler form of `op`.
pub fn rewrite(walk: &mut Walk, mut op: Op) -> Step {
    if let Some(compare) = comparison(&mut op) {
        let holds = reduced(walk, compare);
        if let Some(holds) = holds {
            return decided(op, holds);
        }
    }
    match op {
        Op::Bin(op, width, a, b) => Binary { walk, op, width, a, b }.rewrite(),
        Op::Select { yes, no, .. } if yes == no => Step::Is(yes),
        _ => Step::Op(op),
    }
}

/// Simplifies a comparison in place; whether it holds, where that is certain.
fn reduced(walk: &mut Walk, compare: &mut Compare) -> Option<bool> {
    if compare.a == compare.b {
        return Some(matches!(compare.cond, Cond::Eq | Cond::Ge | Cond::GeU));
    }
    let of = |walk: &Walk, value, width: Width| {
        walk.constant(value).map(|constant| extended(false, width.bits(), constant))
    };
    let (a, b) = (of(walk, compare.a, compare.width), of(walk, compare.b, compare.width));
    match (compare.cond, a, b) {
        (Cond::Eq | Cond::Ne, Some(_), None) => std::mem::swap(&mut compare.a, &mut compare.b),
        (Cond::LtU, _, Some(0)) => return Some(false),
        (Cond::GeU, _, Some(0)) => return Some(true),
        // Zero is below, or not below: the other is not zero, or is.
        (Cond::LtU, Some(0), None) => *compare = swapped(compare, Cond::Ne),
        (Cond::GeU, Some(0), None) => *compare = swapped(compare, Cond::Eq),
        (Cond::LtU, None, Some(1)) => *compare = with_zero(walk, compare, Cond::Eq),
        (Cond::GeU, None, Some(1)) => *compare = with_zero(walk, compare, Cond::Ne),
        _ => {}
    }
    fuse(walk, compare);
    None
}

fn swapped(compare: &Compare, cond: Cond) -> Compare {
    Compare { cond, width: compare.width, a: compare.b, b: compare.a }
}

fn with_zero(walk: &mut Walk, compare: &Compare, cond: Cond) -> Compare {
    Compare { cond, b: walk.new_constant(compare.width.int(), 0), ..*compare }
}

/// A comparison with zero of what a comparison gave is that comparison or its opposite.
fn fuse(walk: &Walk, compare: &mut Compare) {
    let Op::Cmp(inner) = walk.op(compare.a) else { return };
    let at_hand = walk.at_hand(inner.a, compare.a) && walk.at_hand(inner.b, compare.a);
    if walk.constant(compare.b) != Some(0) || !at_hand {
        return;
    }
    match compare.cond {
        Cond::Ne => *compare = inner,
        Cond::Eq => *compare = Compare { cond: opposite(inner.cond), ..inner },
        _ => {}
    }
}

fn opposite(cond: Cond) -> Cond {
    match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::Lt => Cond::Ge,
        Cond::Ge => Cond::Lt,
        Cond::LtU => Cond::GeU,
        Cond::GeU => Cond::LtU,
    }
}

struct Binary<'a> {
    walk: &'a mut Walk,
    op: Bin,
    width: Width,
    a: Value,
    b: Value,
}

impl Binary<'_> {
    fn rewrite(mut self) -> Step {
        let commutes = matches!(
            self.op,
            Bin::Add | Bin::Mul | Bin::MulHigh | Bin::MulHighU | Bin::And | Bin::Or | Bin::Xor
        );
        if commutes && self.known(self.a).is_some() && self.known(self.b).is_none() {
            std::mem::swap(&mut self.a, &mut self.b);
        }
        if self.a == self.b {
            match self.op {
                Bin::And | Bin::Or => return Step::Is(self.a),
                Bin::Sub | Bin::Xor | Bin::Andn => return self.constant(0),
                _ => {}
            }
        }
        match (self.known(self.a), self.known(self.b)) {
            (Some(0), _) if matches!(self.op, Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror | Bin::Andn) => {
                self.constant(0)
            }
            (_, Some(constant)) => self.right(constant),
            _ => self.unchanged(),
        }
    }

    /// The low bits of a constant that the operation reads.
    fn known(&self, value: Value) -> Option<u64> {
        self.walk.constant(value).map(|constant| extended(false, self.width.bits(), constant))
    }

    fn unchanged(&self) -> Step {
        self.becomes(self.op, self.b)
    }

    fn becomes(&self, op: Bin, b: Value) -> Step {
        Step::Op(Op::Bin(op, self.width, self.a, b))
    }

    fn constant(&self, bits: u64) -> Step {
        Step::Const(self.width.int(), extended(false, self.width.bits(), bits))
    }

    /// Another operation with another constant.
    fn with(&mut self, op: Bin, constant: u64) -> Step {
        let bits = extended(false, self.width.bits(), constant);
        let b = self.walk.new_constant(self.width.int(), bits);
        self.becomes(op, b)
    }

    /// With a constant on the right.
    fn right(&mut self, constant: u64) -> Step {
        let all = extended(false, self.width.bits(), u64::MAX);
        let power = constant.is_power_of_two().then(|| u64::from(constant.trailing_zeros()));
        match (self.op, constant, power) {
            (Bin::Add | Bin::Sub | Bin::Or | Bin::Xor | Bin::Andn, 0, _)
            | (Bin::Mul | Bin::Div | Bin::DivU | Bin::Clmul, 1, _)
            | (Bin::Rem | Bin::RemU, 0, _) => Step::Is(self.a),
            (Bin::And, _, _) if constant == all => Step::Is(self.a),
            (Bin::And | Bin::Mul | Bin::MulHigh | Bin::MulHighU | Bin::MulHighSu | Bin::Clmul, 0, _)
            | (Bin::MulHighU | Bin::Rem | Bin::RemU, 1, _)
            | (Bin::ClmulHigh, 0 | 1, _) => self.constant(0),
            (Bin::Andn, _, _) if constant == all => self.constant(0),
            (Bin::Or, _, _) if constant == all => self.constant(all),
            (Bin::Div | Bin::DivU, 0, _) => self.constant(all),
            (Bin::Sub, _, _) => self.with(Bin::Add, constant.wrapping_neg()),
            (Bin::Andn, _, _) => self.with(Bin::And, !constant),
            (Bin::Mul, _, Some(n)) => self.with(Bin::Shl, n),
            (Bin::MulHighU, _, Some(n)) => self.with(Bin::Shr, 64 - n),
            (Bin::DivU, _, Some(n)) => self.with(Bin::Shr, n),
            (Bin::RemU, _, Some(_)) => self.with(Bin::And, constant - 1),
            (Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror, _, _) => self.shift(constant),
            _ => self.unchanged(),
        }
    }

    /// By a constant. A shift to the left and back by 32, 48 or 56 bits is an extension.
    fn shift(&self, count: u64) -> Step {
        if count.is_multiple_of(self.width.bits().into()) {
            return Step::Is(self.a);
        }
        let from = match count {
            32 => Size::B4,
            48 => Size::B2,
            56 => Size::B1,
            _ => return self.unchanged(),
        };
        match (self.op, self.width, self.walk.op(self.a)) {
            (Bin::Shr | Bin::Sar, Width::W64, Op::Bin(Bin::Shl, Width::W64, a, n))
                if self.walk.constant(n) == Some(count) =>
            {
                Step::Op(Op::Ext { signed: self.op == Bin::Sar, from, a })
            }
            _ => self.unchanged(),
        }
    }
}
