//! Bits that are known of values, and extensions and masks that are not needed for them.

use super::{Step, Walk};
use crate::ir::eval::extended;
use crate::ir::{Bin, Cond, Op, Size, Type, Un, Value, Width};

/// What is known of the 64 bits of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// Bits that may be one.
    possible: u64,
    /// The value is the sign extension of so many of its low bits: 1 to 64.
    signed: u32,
}

/// `bits` ones from bit 0.
fn ones(bits: u32) -> u64 {
    extended(false, bits, u64::MAX) & if bits == 0 { 0 } else { u64::MAX }
}

/// Bits up to the highest one.
fn length(value: u64) -> u32 {
    64 - value.leading_zeros()
}

impl Known {
    /// Nothing is known. So it is of all values of 32 bits, whose upper half is unspecified.
    pub const NOTHING: Self = Self { possible: u64::MAX, signed: 64 };

    /// Both: a value without its highest bits is also the extension of fewer bits.
    fn new(possible: u64, signed: u32) -> Self {
        Self { possible, signed: signed.clamp(1, 64).min(length(possible) + 1) }
    }

    fn possible(possible: u64) -> Self {
        Self::new(possible, 64)
    }

    fn signed(signed: u32) -> Self {
        Self::new(u64::MAX, signed)
    }

    fn extended(signed: bool, from: Size, of: Self) -> Self {
        let bits = from.bits();
        let mask = ones(bits);
        let positive = of.possible & mask & !(mask >> 1) == 0;
        let low = Self::possible(of.possible & mask);
        match signed {
            true if !positive => Self::signed(of.signed.min(bits)),
            _ => low,
        }
    }

    /// Either of two values.
    fn or(self, other: Self) -> Self {
        Self::new(self.possible | other.possible, self.signed.max(other.signed))
    }

    /// Of a constant.
    pub fn of_const(ty: Type, bits: u64) -> Self {
        if ty != Type::I64 {
            return Self::NOTHING;
        }
        let sign = if bits >> 63 == 0 { bits } else { !bits };
        Self::new(bits, length(sign) + 1)
    }

    /// Of what an operation defines.
    pub fn of(walk: &Walk, op: &Op) -> Self {
        let known = |value| walk.fact(value).known;
        match *op {
            Op::Const(ty, bits) => Self::of_const(ty, bits),
            Op::Ext { from: Size::B4, a, .. } if shifted_right(walk, a) > 0 => {
                Self::possible(ones(32 - shifted_right(walk, a)))
            }
            Op::Ext { signed, from, a } => Self::extended(signed, from, known(a)),
            Op::Load { size: Size::B8, .. } => Self::NOTHING,
            Op::Load { size, signed, .. } => Self::extended(signed, size, Self::NOTHING),
            Op::Cmp(_) | Op::FCmp(..) => Self::possible(1),
            Op::Select { yes, no, .. } => known(yes).or(known(no)),
            Op::Bin(op, Width::W64, a, b) => bin(op, known(a), known(b), walk.constant(b)),
            Op::Un(Un::Clz | Un::Ctz | Un::Popcnt, Width::W64, _) => Self::possible(0x7f),
            Op::Rmw { size: Size::B4, .. }
            | Op::Cas { size: Size::B4, .. }
            | Op::FToInt { width: Width::W32, .. } => Self::signed(32),
            _ => Self::NOTHING,
        }
    }
}

/// By how much a word is shifted to the right, zeros from the left; zero for anything else.
fn shifted_right(walk: &Walk, value: Value) -> u32 {
    match walk.op(value) {
        Op::Bin(Bin::Shr, Width::W32, _, count) => {
            walk.constant(count).map_or(0, |count| u32::try_from(count % 32).unwrap_or(0))
        }
        _ => 0,
    }
}

fn bin(op: Bin, a: Known, b: Known, constant: Option<u64>) -> Known {
    let signed = a.signed.max(b.signed);
    let below = ones(a.possible.trailing_zeros().min(b.possible.trailing_zeros()).min(63));
    let count = || constant.map(|count| u32::try_from(count % 64).unwrap_or(0));
    match (op, count()) {
        (Bin::And, _) => Known::new(a.possible & b.possible, signed),
        (Bin::Or | Bin::Xor, _) => Known::new(a.possible | b.possible, signed),
        (Bin::Andn, _) => Known::new(a.possible, signed),
        (Bin::Add, _) => {
            let length = length(a.possible | b.possible) + 1;
            let possible = if length > 63 { u64::MAX } else { ones(length) };
            Known::new(possible & !below, signed + 1)
        }
        (Bin::Sub, _) => Known::new(!below, signed + 1),
        (Bin::Mul, _) if length(a.possible) + length(b.possible) < 64 => {
            Known::possible(ones(length(a.possible) + length(b.possible)))
        }
        (Bin::Shl, Some(n)) => Known::new(a.possible << n, a.signed + n),
        (Bin::Shr, Some(n)) => Known::possible(a.possible >> n),
        (Bin::Shr, None) => Known::possible(ones(length(a.possible))),
        (Bin::Sar, Some(n)) => {
            let possible = (a.possible.cast_signed() >> n).cast_unsigned();
            Known::new(possible, a.signed.saturating_sub(n))
        }
        _ => Known::NOTHING,
    }
}

/// Replaces operands of which only low bits are read by what these bits were extended or masked from. A value whose
/// place has been overwritten would have to be kept for that.
pub fn skip(walk: &Walk, op: &mut Op) {
    let low = |value: &mut Value, bits: u32| {
        let inner = match walk.op(*value) {
            Op::Ext { from, a, .. } if from.bits() >= bits => a,
            Op::Bin(Bin::And, _, a, b) if walk.constant(b).is_some_and(|c| !c & ones(bits) == 0) => a,
            _ => return,
        };
        if !walk.fact(inner).lost() || walk.fact(*value).homes == 0 {
            *value = inner;
        }
    };
    match op {
        Op::Bin(op, width, a, b) => {
            let shift = matches!(op, Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror);
            if *width == Width::W32 {
                low(a, 32);
            }
            match (shift, *width) {
                (true, width) => low(b, width.bits().ilog2()),
                (false, Width::W32) => low(b, 32),
                (false, Width::W64) => {}
            }
        }
        Op::Un(_, Width::W32, a) | Op::IntToF { width: Width::W32, a, .. } | Op::Bits(Type::F32, a) => {
            low(a, 32)
        }
        Op::Ext { from, a, .. } => low(a, from.bits()),
        Op::Store { size, value, .. } if *size != Size::B8 => low(value, size.bits()),
        Op::Rmw { size: Size::B4, value, .. } => low(value, 32),
        Op::Cas { size: Size::B4, old, new, .. } => {
            low(old, 32);
            low(new, 32);
        }
        _ => {
            if let Some(compare) = super::comparison(op).filter(|compare| compare.width == Width::W32) {
                low(&mut compare.a, 32);
                low(&mut compare.b, 32);
            }
        }
    }
}

/// An operation that changes none of the bits its operand may have, or whose result is known to be zero.
pub fn rewrite(walk: &Walk, op: Op) -> Step {
    let known = |value| walk.fact(value).known;
    match op {
        Op::Ext { signed, from, a } => {
            let of = known(a);
            let kept = if signed { of.signed <= from.bits() } else { of.possible & !ones(from.bits()) == 0 };
            match kept {
                true => Step::Is(a),
                // A host clears the upper half by itself.
                false if signed && from == Size::B4 && shifted_right(walk, a) > 0 => {
                    Step::Op(Op::Ext { signed: false, from, a })
                }
                false => Step::Op(op),
            }
        }
        Op::Bin(Bin::And, width, a, b) => mask(walk, op, width, a, b),
        Op::Cmp(compare) if compare.cond == Cond::Ne && walk.constant(compare.b) == Some(0) => {
            if known(compare.a).possible <= 1 { Step::Is(compare.a) } else { Step::Op(op) }
        }
        _ => Step::Op(op),
    }
}

fn mask(walk: &Walk, op: Op, width: Width, a: Value, b: Value) -> Step {
    let Some(constant) = walk.constant(b) else { return Step::Op(op) };
    let possible = walk.fact(a).known.possible & ones(width.bits());
    if possible & !constant == 0 {
        return Step::Is(a);
    }
    if possible & constant == 0 {
        return Step::Const(width.int(), 0);
    }
    let from = match constant {
        0xff => Size::B1,
        0xffff => Size::B2,
        0xffff_ffff => Size::B4,
        _ => return Step::Op(op),
    };
    if width == Width::W64 { Step::Op(Op::Ext { signed: false, from, a }) } else { Step::Op(op) }
}
