//! Zfhmin: half-precision loads, stores and moves, which are integer operations. [Unpriv. ISA, Zfhmin]

use super::float;
use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{Bin, Op, Prec, Size, Type, Value};

/// Writes 16 bits to `f` register `number`, boxed.
fn set<X: Rv>(l: &mut Lifter<X>, number: u8, low: Value) {
    let ones = l.b.int(0xffff_ffff_ffff_0000);
    let boxed = l.bin64(Bin::Or, low, ones);
    let value = l.b.push(Op::Bits(Type::F64, boxed));
    float::set(l, Prec::F64, number, value);
}
fn bits<X: Rv>(l: &mut Lifter<X>, number: u8) -> Value {
    let held = float::raw(l, number);
    l.b.push(Op::Bits(Type::I64, held))
}

pub fn flh<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let address = l.address(i);
    let low = l.b.push(Op::Load { size: Size::B2, signed: false, big: false, address });
    set(l, i.rd, low);
}
pub fn fsh<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let address = l.address(i);
    let value = bits(l, i.rs2);
    l.b.push(Op::Store { size: Size::B2, big: false, address, value });
}
pub fn fmv_x_h<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let low = bits(l, i.rs1);
    let value = l.b.ext(true, Size::B2, low);
    l.set_x(i.rd, value);
}
pub fn fmv_h_x<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let low = l.x(i.rs1);
    set(l, i.rd, low);
}
