//! The small Z extensions. [Unpriv. ISA, Zicond, CMO, Zihintpause]

use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{Cond, Op};

fn zero_where<X: Rv>(l: &mut Lifter<X>, i: &Insn, cond: Cond) {
    let (a, b, zero) = (l.x(i.rs1), l.x(i.rs2), l.b.int(0));
    let compare = l.compare(cond, b, zero);
    let value = l.b.push(Op::Select { compare, yes: zero, no: a });
    l.set_x(i.rd, value);
}
pub fn czero_eqz<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    zero_where(l, i, Cond::Eq);
}
pub fn czero_nez<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    zero_where(l, i, Cond::Ne);
}

/// Nothing happens, and nothing can go wrong.
pub fn hint<X: Rv>(_: &mut Lifter<X>, _: &Insn) {}
