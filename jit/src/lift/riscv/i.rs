//! I: the base integer instructions. [Unpriv. ISA, RV32I and RV64I]

use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{Bin, Cond, Hint, Op, Size, Value, Width};

pub fn lui<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let value = l.b.int(i.simm());
    l.set_x(i.rd, value);
}
pub fn auipc<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let value = l.b.int(l.near(i.simm()));
    l.set_x(i.rd, value);
}

/// Where the hint says that this is a call, what it calls is expected to return.
fn link<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let next = l.b.int(l.next());
    if is_link(i.rd) {
        l.b.push(Op::Call(next));
    }
    l.set_x(i.rd, next);
}
/// The registers that hold return addresses. [Unpriv. ISA, RV32I, table of return-address stack prediction hints]
fn is_link(number: u8) -> bool {
    matches!(number, 1 | 5)
}
pub fn jal<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    link(l, i);
    let target = l.near(i.simm());
    l.b.push(Op::Jump(target));
}
/// The target is computed before the link is written: they may be the same register. One that is constant, of
/// `auipc` and `jalr`, needs no search.
pub fn jalr<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let base = l.x(i.rs1);
    let sum = l.plus(base, i.simm());
    if let Some(target) = l.b.constant(sum) {
        let target = target & !1;
        if hint(i) == Hint::Return {
            let back = l.b.int(target);
            l.b.push(Op::Back(back));
        }
        link(l, i);
        l.b.push(Op::Jump(target));
        return;
    }
    let even = l.b.int(!1);
    let target = l.bin64(Bin::And, sum, even);
    link(l, i);
    l.b.push(Op::Goto(target, hint(i)));
}
/// One that pops and pushes, to and from
/// different link registers, counts as a call.
fn hint(i: &Insn) -> Hint {
    match (is_link(i.rd), is_link(i.rs1)) {
        (true, _) => Hint::Call,
        (false, true) => Hint::Return,
        (false, false) => Hint::Jump,
    }
}

fn branch<X: Rv>(l: &mut Lifter<X>, i: &Insn, cond: Cond) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let op = Op::Branch(l.compare(cond, a, b), l.near(i.simm()));
    l.b.push(op);
}
fn load<X: Rv>(l: &mut Lifter<X>, i: &Insn, size: Size, signed: bool) {
    let address = l.address(i);
    let value = l.b.push(Op::Load { size, signed, big: false, address });
    l.set_x(i.rd, value);
}
fn store<X: Rv>(l: &mut Lifter<X>, i: &Insn, size: Size) {
    let address = l.address(i);
    let value = l.x(i.rs2);
    l.b.push(Op::Store { size, big: false, address, value });
}
/// `rs1 op imm` of 64 bits: sign-extended operands of 32 bits have a sign-extended result.
fn bitwise_imm<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, b) = (l.x(i.rs1), l.b.int(i.simm()));
    let value = l.bin64(op, a, b);
    l.set_x(i.rd, value);
}
fn bitwise<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    let value = l.bin64(op, a, b);
    l.set_x(i.rd, value);
}
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
fn shift_imm<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, n) = (l.x(i.rs1), l.amount(i, Lifter::<X>::WIDTH));
    let value = l.bin(op, a, n);
    l.set_x(i.rd, value);
}
fn shift_imm_word<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Bin) {
    let (a, n) = (l.x(i.rs1), l.amount(i, Width::W32));
    let value = l.bin_word(op, a, n);
    l.set_x(i.rd, value);
}
fn less<X: Rv>(l: &mut Lifter<X>, i: &Insn, cond: Cond, b: Value) {
    let a = l.x(i.rs1);
    let value = l.b.cmp(cond, Lifter::<X>::WIDTH, a, b);
    l.set_x(i.rd, value);
}

macro_rules! lifts {
    ($($name:ident: $of:ident $($with:expr),+;)*) => {
        $(pub fn $name<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            $of(l, i, $($with),+);
        })*
    };
}
lifts! {
    beq: branch Cond::Eq;
    bne: branch Cond::Ne;
    blt: branch Cond::Lt;
    bge: branch Cond::Ge;
    bltu: branch Cond::LtU;
    bgeu: branch Cond::GeU;
    lb: load Size::B1, true;
    lh: load Size::B2, true;
    lw: load Size::B4, true;
    ld: load Size::B8, false;
    lbu: load Size::B1, false;
    lhu: load Size::B2, false;
    lwu: load Size::B4, false;
    sb: store Size::B1;
    sh: store Size::B2;
    sw: store Size::B4;
    sd: store Size::B8;
    xori: bitwise_imm Bin::Xor;
    ori: bitwise_imm Bin::Or;
    andi: bitwise_imm Bin::And;
    slli: shift_imm Bin::Shl;
    srli: shift_imm Bin::Shr;
    srai: shift_imm Bin::Sar;
    sub: operate Bin::Sub;
    sll: operate Bin::Shl;
    srl: operate Bin::Shr;
    sra: operate Bin::Sar;
    xor: bitwise Bin::Xor;
    or: bitwise Bin::Or;
    and: bitwise Bin::And;
    slliw: shift_imm_word Bin::Shl;
    srliw: shift_imm_word Bin::Shr;
    sraiw: shift_imm_word Bin::Sar;
    addw: operate_word Bin::Add;
    subw: operate_word Bin::Sub;
    sllw: operate_word Bin::Shl;
    srlw: operate_word Bin::Shr;
    sraw: operate_word Bin::Sar;
}

pub fn addi<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let a = l.x(i.rs1);
    let sum = l.plus(a, i.simm());
    l.set_x(i.rd, sum);
}
/// A move, where one of them is zero.
pub fn add<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    match (i.rs1 & 31, i.rs2 & 31) {
        (from, 0) | (0, from) => {
            let value = l.x(from);
            l.set_x(i.rd, value);
        }
        _ => operate(l, i, Bin::Add),
    }
}
pub fn slti<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let b = l.b.int(i.simm());
    less(l, i, Cond::Lt, b);
}
pub fn sltiu<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let b = l.b.int(i.simm());
    less(l, i, Cond::LtU, b);
}
pub fn slt<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let b = l.x(i.rs2);
    less(l, i, Cond::Lt, b);
}
pub fn sltu<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let b = l.x(i.rs2);
    less(l, i, Cond::LtU, b);
}
/// `addiw rd, rs1, 0` is `sext.w`.
pub fn addiw<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let a = l.x(i.rs1);
    let sum = if i.imm == 0 {
        a
    } else {
        let b = l.b.int(i.simm());
        l.b.bin(Bin::Add, Width::W32, a, b)
    };
    let value = l.word(sum);
    l.set_x(i.rd, value);
}

/// Of two accesses in order the host lets only a load overtake an earlier store, so that a fence is needed where
/// the predecessors write and the successors read. [Intel SDM 3A, 9.2.2]
pub fn fence<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    const WRITES: u32 = 0b0101;
    const READS: u32 = 0b1010;
    let (before, after) = (i.bits() >> 4, i.bits());
    let needed = before & WRITES != 0 && after & READS != 0;
    l.b.push(if needed { Op::Fence } else { Op::Order });
}

/// Orders all but earlier stores before later loads, as the host does.
pub fn fence_tso<X: Rv>(l: &mut Lifter<X>, _: &Insn) {
    l.b.push(Op::Order);
}
