//! B: bit manipulation. [Unpriv. ISA, B: Zba, Zbb, Zbc, Zbs]

use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{Bin, Cond, Op, Size, Un, Value, Width};

/// `rs2 + (rs1 << shift)`, where `word` says of rs1's low 32 bits only.
fn shift_add<X: Rv>(l: &mut Lifter<X>, i: &Insn, shift: u64, word: bool) {
    let mut a = l.x(i.rs1);
    if word {
        a = l.b.ext(false, Size::B4, a);
    }
    if shift != 0 {
        let shift = l.b.int(shift);
        a = l.b.bin(Bin::Shl, Lifter::<X>::WIDTH, a, shift);
    }
    let b = l.x(i.rs2);
    let value = l.bin(Bin::Add, a, b);
    l.set_x(i.rd, value);
}
pub fn slli_uw<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let a = l.x(i.rs1);
    let a = l.b.ext(false, Size::B4, a);
    let n = l.amount(i, Width::W64);
    let value = l.bin64(Bin::Shl, a, n);
    l.set_x(i.rd, value);
}

pub fn andn<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let value = l.bin64(Bin::Andn, a, b);
    l.set_x(i.rd, value);
}
fn not<X: Rv>(l: &mut Lifter<X>, a: Value) -> Value {
    let ones = l.b.int(u64::MAX);
    l.bin64(Bin::Xor, a, ones)
}
pub fn orn<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let b = not(l, b);
    let value = l.bin64(Bin::Or, a, b);
    l.set_x(i.rd, value);
}
pub fn xnor<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let differ = l.bin64(Bin::Xor, a, b);
    let value = not(l, differ);
    l.set_x(i.rd, value);
}

fn count<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Un, width: Width) {
    let a = l.x(i.rs1);
    let value = l.un(op, width, a);
    l.set_x(i.rd, value);
}
fn pick<X: Rv>(l: &mut Lifter<X>, i: &Insn, first: Cond) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let compare = l.compare(first, a, b);
    let value = l.b.push(Op::Select { compare, yes: a, no: b });
    l.set_x(i.rd, value);
}
fn extend<X: Rv>(l: &mut Lifter<X>, i: &Insn, signed: bool, from: Size) {
    let a = l.x(i.rs1);
    let value = l.b.ext(signed, from, a);
    l.set_x(i.rd, value);
}

/// Rotation to the right by `n`, its result sign-extended where it has 32 bits.
fn rotate<X: Rv>(l: &mut Lifter<X>, i: &Insn, width: Width, n: Value) {
    let a = l.x(i.rs1);
    let value = l.b.bin(Bin::Ror, width, a, n);
    let value = if width == Width::W32 { l.word(value) } else { value };
    l.set_x(i.rd, value);
}
fn rotate_right<X: Rv>(l: &mut Lifter<X>, i: &Insn, width: Width) {
    let n = l.x(i.rs2);
    rotate(l, i, width, n);
}
fn rotate_left<X: Rv>(l: &mut Lifter<X>, i: &Insn, width: Width) {
    let (zero, n) = (l.b.int(0), l.x(i.rs2));
    let n = l.bin64(Bin::Sub, zero, n);
    rotate(l, i, width, n);
}
fn rotate_imm<X: Rv>(l: &mut Lifter<X>, i: &Insn, width: Width) {
    let n = l.amount(i, width);
    rotate(l, i, width, n);
}

/// The low half of the product does not depend on what is above the operands' low halves.
pub fn clmul<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let product = l.bin64(Bin::Clmul, a, b);
    let value = l.keep(product);
    l.set_x(i.rd, value);
}
/// The product of unsigned 32-bit numbers from bit `from` up.
fn clmul_from<X: Rv>(l: &mut Lifter<X>, i: &Insn, from: u64) -> Value {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let (a, b) = (l.unsigned(a), l.unsigned(b));
    let product = l.bin64(Bin::Clmul, a, b);
    let from = l.b.int(from);
    l.bin64(Bin::Shr, product, from)
}
/// Of 32-bit numbers the product has no bit 63, so that its upper half is a register's value.
pub fn clmulh<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let value = if X::XLEN == 32 {
        clmul_from(l, i, 32)
    } else {
        let (a, b) = (l.x(i.rs1), l.x(i.rs2));
        l.bin64(Bin::ClmulHigh, a, b)
    };
    l.set_x(i.rd, value);
}
pub fn clmulr<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let value = if X::XLEN == 32 {
        let value = clmul_from(l, i, 31);
        l.word(value)
    } else {
        let (a, b) = (l.x(i.rs1), l.x(i.rs2));
        let (low, high) = (l.bin64(Bin::Clmul, a, b), l.bin64(Bin::ClmulHigh, a, b));
        let (top, one) = (l.b.int(63), l.b.int(1));
        let (low, high) = (l.bin64(Bin::Shr, low, top), l.bin64(Bin::Shl, high, one));
        l.bin64(Bin::Or, high, low)
    };
    l.set_x(i.rd, value);
}

/// `rs1 op` the bit that rs2 names.
fn with_bit<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, one, n) = (l.x(i.rs1), l.b.int(1), l.x(i.rs2));
    let bit = l.b.bin(Bin::Shl, Lifter::<X>::WIDTH, one, n);
    let value = l.bin(op, a, bit);
    l.set_x(i.rd, value);
}
/// `rs1 op` the bit that the immediate names, all bits inverted first where `inverted`.
fn with_bit_imm<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin, inverted: bool) {
    let bit = X::keep(1 << (i.bits() % X::XLEN));
    let (a, bit) = (l.x(i.rs1), l.b.int(if inverted { !bit } else { bit }));
    let value = l.bin64(op, a, bit);
    l.set_x(i.rd, value);
}
fn extract<X: Rv>(l: &mut Lifter<X>, i: &Insn, n: Value) {
    let (a, one) = (l.x(i.rs1), l.b.int(1));
    let shifted = l.b.bin(Bin::Shr, Lifter::<X>::WIDTH, a, n);
    let value = l.bin(Bin::And, shifted, one);
    l.set_x(i.rd, value);
}
pub fn bext<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let n = l.x(i.rs2);
    extract(l, i, n);
}
pub fn bexti<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let n = l.amount(i, Lifter::<X>::WIDTH);
    extract(l, i, n);
}

macro_rules! lifts {
    ($($name:ident: $of:ident $($with:expr),+;)*) => {
        $(pub fn $name<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            $of(l, i, $($with),+);
        })*
    };
}
lifts! {
    add_uw: shift_add 0, true;
    sh1add: shift_add 1, false;
    sh2add: shift_add 2, false;
    sh3add: shift_add 3, false;
    sh1add_uw: shift_add 1, true;
    sh2add_uw: shift_add 2, true;
    sh3add_uw: shift_add 3, true;
    clz: count Un::Clz, Lifter::<X>::WIDTH;
    clzw: count Un::Clz, Width::W32;
    ctz: count Un::Ctz, Lifter::<X>::WIDTH;
    ctzw: count Un::Ctz, Width::W32;
    cpop: count Un::Popcnt, Lifter::<X>::WIDTH;
    cpopw: count Un::Popcnt, Width::W32;
    orc_b: count Un::OrcB, Lifter::<X>::WIDTH;
    rev8: count Un::Bswap, Lifter::<X>::WIDTH;
    max: pick Cond::Ge;
    maxu: pick Cond::GeU;
    min: pick Cond::Lt;
    minu: pick Cond::LtU;
    sext_b: extend true, Size::B1;
    sext_h: extend true, Size::B2;
    zext_h: extend false, Size::B2;
    rol: rotate_left Lifter::<X>::WIDTH;
    rolw: rotate_left Width::W32;
    ror: rotate_right Lifter::<X>::WIDTH;
    rorw: rotate_right Width::W32;
    rori: rotate_imm Lifter::<X>::WIDTH;
    roriw: rotate_imm Width::W32;
    bclr: with_bit Bin::Andn;
    binv: with_bit Bin::Xor;
    bset: with_bit Bin::Or;
    bclri: with_bit_imm Bin::And, true;
    binvi: with_bit_imm Bin::Xor, false;
    bseti: with_bit_imm Bin::Or, false;
}
