//! M: integer multiplication and division. [Unpriv. ISA, M]

use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{Bin, Value};

fn operate<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let value = l.bin(op, a, b);
    l.set_x(i.rd, value);
}
fn operate_word<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let value = l.bin_word(op, a, b);
    l.set_x(i.rd, value);
}
/// The upper half: of 32-bit numbers that `a` and `b` hold exactly, bits 63:32 of the product.
fn high<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin, a: Value, b: Value) {
    let value = if X::XLEN == 32 {
        let product = l.bin64(Bin::Mul, a, b);
        let half = l.b.int(32);
        l.bin64(Bin::Sar, product, half)
    } else {
        l.bin64(op, a, b)
    };
    l.set_x(i.rd, value);
}
pub fn mulh<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    high(l, i, Bin::MulHigh, a, b);
}
pub fn mulhsu<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let b = l.unsigned(b);
    high(l, i, Bin::MulHighSu, a, b);
}
pub fn mulhu<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let (a, b) = (l.unsigned(a), l.unsigned(b));
    high(l, i, Bin::MulHighU, a, b);
}

macro_rules! lifts {
    ($($name:ident: $of:ident $op:ident;)*) => {
        $(pub fn $name<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            $of(l, i, Bin::$op);
        })*
    };
}
lifts! {
    mul: operate Mul;
    div: operate Div;
    divu: operate DivU;
    rem: operate Rem;
    remu: operate RemU;
    mulw: operate_word Mul;
    divw: operate_word Div;
    divuw: operate_word DivU;
    remw: operate_word Rem;
    remuw: operate_word RemU;
}
