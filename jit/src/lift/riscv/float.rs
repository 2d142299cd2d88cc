//! What the lifts of F and D have in common: boxing and rounding modes. The operations accrue exception flags by
//! themselves.

use super::lifter::{Lifter, interpret};
use super::{F, FRM, Insn, Rv};
use crate::ir::{Compare, Cond, FBin, FCond, FSign, Op, Place, Prec, Round, Type, Value, Width};

type L<'a, X> = Lifter<'a, X>;

/// `f` register `number` as it is, 64 bits.
pub fn raw<X: Rv>(l: &mut L<X>, number: u8) -> Value {
    l.b.get(Place(F.0 + (number & 31)))
}

/// The number in `f` register `number`. One that was boxed in this unit needs no unboxing.
pub fn get<X: Rv>(l: &mut L<X>, prec: Prec, number: u8) -> Value {
    let held = raw(l, number);
    match (prec, l.b.op(held)) {
        (Prec::F64, _) => held,
        (Prec::F32, Some(Op::Box(single))) => single,
        (Prec::F32, _) => l.b.push(Op::Unbox(held)),
    }
}

/// Writes a number to `f` register `number`.
pub fn set<X: Rv>(l: &mut L<X>, prec: Prec, number: u8, value: Value) {
    let value = if prec == Prec::F32 { l.b.push(Op::Box(value)) } else { value };
    l.b.set(Place(F.0 + (number & 31)), value);
}

/// Where the instruction names a rounding mode of the host, leaves to the interpreter unless that is the dynamic
/// one, in which operations round. False where it names another: the interpreter executes the instruction.
fn rounds_dynamically<X: Rv>(l: &mut L<X>, i: &Insn) -> bool {
    match i.bits() {
        7 => {}
        mode @ 0..=3 => {
            let a = l.b.get(FRM);
            let b = l.b.push(Op::Const(Type::I32, u64::from(mode)));
            l.b.push(Op::Guard(Compare { cond: Cond::Ne, width: Width::W32, a, b }));
        }
        _ => {
            interpret(l, i);
            return false;
        }
    }
    true
}

/// Whether the rounding mode that the instruction names exists; the interpreter raises the trap if not. For
/// operations that are exact.
fn names_a_mode<X: Rv>(l: &mut L<X>, i: &Insn) -> bool {
    let exists = !matches!(i.bits(), 5 | 6);
    if !exists {
        interpret(l, i);
    }
    exists
}

pub fn load<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec) {
    let address = l.address(i);
    let value = l.b.push(Op::LoadF { prec, address });
    set(l, prec, i.rd, value);
}
/// The low bits as they are, boxed or not.
pub fn store<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec) {
    let address = l.address(i);
    let value = raw(l, i.rs2);
    l.b.push(Op::StoreF { prec, address, value });
}

/// An operation that rounds.
pub fn binary<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, op: FBin) {
    if rounds_dynamically(l, i) {
        pick(l, i, prec, op);
    }
}
/// An operation that does not round.
pub fn pick<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, op: FBin) {
    let (a, b) = (get(l, prec, i.rs1), get(l, prec, i.rs2));
    let value = l.b.push(Op::FBin(op, prec, a, b));
    set(l, prec, i.rd, value);
}
pub fn fused<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, negate_product: bool, negate_addend: bool) {
    if rounds_dynamically(l, i) {
        let (a, b, c) = (get(l, prec, i.rs1), get(l, prec, i.rs2), get(l, prec, i.rs3));
        let value = l.b.push(Op::Fma { prec, negate_product, negate_addend, a, b, c });
        set(l, prec, i.rd, value);
    }
}
pub fn sqrt<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec) {
    if rounds_dynamically(l, i) {
        let a = get(l, prec, i.rs1);
        let value = l.b.push(Op::FSqrt(prec, a));
        set(l, prec, i.rd, value);
    }
}
/// A move, where both operands are one number and keep its sign.
pub fn sign<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, op: FSign) {
    let a = get(l, prec, i.rs1);
    let value = if op == FSign::Copy && i.rs1 == i.rs2 {
        a
    } else {
        let b = get(l, prec, i.rs2);
        l.b.push(Op::FSign(op, prec, a, b))
    };
    set(l, prec, i.rd, value);
}
pub fn compare<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, cond: FCond) {
    let (a, b) = (get(l, prec, i.rs1), get(l, prec, i.rs2));
    let value = l.b.push(Op::FCmp(cond, prec, a, b));
    l.set_x(i.rd, value);
}

/// To the other format; to the wider one it is exact.
pub fn convert<X: Rv>(l: &mut L<X>, i: &Insn, from: Prec, to: Prec) {
    let ready = if from == Prec::F32 { names_a_mode(l, i) } else { rounds_dynamically(l, i) };
    if ready {
        let a = get(l, from, i.rs1);
        let value = l.b.push(Op::FConv { from, a });
        set(l, to, i.rd, value);
    }
}
pub fn to_int<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, width: Width, signed: bool) {
    let round = match i.bits() {
        0 => Round::Nearest,
        1 => Round::Zero,
        2 => Round::Down,
        3 => Round::Up,
        4 => Round::Away,
        7 => Round::Dynamic,
        _ => return interpret(l, i),
    };
    let a = get(l, prec, i.rs1);
    let value = l.b.push(Op::FToInt { prec, width, signed, round, a });
    l.set_x(i.rd, value);
}
/// A double holds every integer of 32 bits.
pub fn from_int<X: Rv>(l: &mut L<X>, i: &Insn, prec: Prec, width: Width, signed: bool) {
    let exact = (prec, width) == (Prec::F64, Width::W32);
    let ready = if exact { names_a_mode(l, i) } else { rounds_dynamically(l, i) };
    if ready {
        let a = l.x(i.rs1);
        let value = l.b.push(Op::IntToF { width, signed, prec, a });
        set(l, prec, i.rd, value);
    }
}

/// The rows that F and D share, for one format.
macro_rules! shared {
    ($prec:ident: $load:ident $store:ident
        $fmadd:ident $fmsub:ident $fnmsub:ident $fnmadd:ident $fadd:ident $fsub:ident $fmul:ident $fdiv:ident
        $fsqrt:ident $fsgnj:ident $fsgnjn:ident $fsgnjx:ident $fmin:ident $fmax:ident $feq:ident $flt:ident $fle:ident
        $to_w:ident $to_wu:ident $to_l:ident $to_lu:ident
        $from_w:ident $from_wu:ident $from_l:ident $from_lu:ident) => {
        shared! { @ $prec
            $load: load;
            $store: store;
            $fmadd: fused false, false;
            $fmsub: fused false, true;
            $fnmsub: fused true, false;
            $fnmadd: fused true, true;
            $fadd: binary FBin::Add;
            $fsub: binary FBin::Sub;
            $fmul: binary FBin::Mul;
            $fdiv: binary FBin::Div;
            $fsqrt: sqrt;
            $fsgnj: sign FSign::Copy;
            $fsgnjn: sign FSign::Negate;
            $fsgnjx: sign FSign::Xor;
            $fmin: pick FBin::Min;
            $fmax: pick FBin::Max;
            $feq: compare FCond::Eq;
            $flt: compare FCond::Lt;
            $fle: compare FCond::Le;
            $to_w: to_int Width::W32, true;
            $to_wu: to_int Width::W32, false;
            $to_l: to_int Width::W64, true;
            $to_lu: to_int Width::W64, false;
            $from_w: from_int Width::W32, true;
            $from_wu: from_int Width::W32, false;
            $from_l: from_int Width::W64, true;
            $from_lu: from_int Width::W64, false;
        }
    };
    (@ $prec:ident $($name:ident: $of:ident $($with:expr),*;)*) => {
        $(pub fn $name<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            float::$of(l, i, Prec::$prec, $($with),*);
        })*
    };
}
pub(super) use shared;
