//! A: load-reserved, store-conditional and atomic memory operations. [Unpriv. ISA, A]

use super::lifter::Lifter;
use super::{Insn, RESERVATION, RESERVED_VALUE, Rv};
use crate::ir::{Cond, Op, Rmw, Size, Width};
use spec::riscv::NO_RESERVATION;

/// Bit 0 of the ordering: no earlier access may come after this one.
const RELEASE: u32 = 1;

/// The host lets a load overtake earlier stores; nothing else here needs a fence, because the host's atomic
/// operations are ordered with everything. [Intel SDM 3A, 9.2.2; Unpriv. ISA, A and RVWMO]
fn lr<X: Rv>(l: &mut Lifter<X>, i: &Insn, size: Size) {
    let address = l.aligned(i, size);
    l.b.push(if i.bits() & RELEASE != 0 { Op::Fence } else { Op::Order });
    let value = l.b.push(Op::Load { size, signed: size == Size::B4, big: false, address });
    l.b.push(Op::Order);
    let at = l.unsigned(address.at);
    l.b.set(RESERVATION, at);
    l.b.set(RESERVED_VALUE, value);
    l.set_x(i.rd, value);
}

/// The interpreter says that it failed where the address is not the reserved one.
fn sc<X: Rv>(l: &mut Lifter<X>, i: &Insn, size: Size) {
    let address = l.aligned(i, size);
    let at = l.unsigned(address.at);
    let (reserved, old) = l.reserved();
    l.b.guard(Cond::Ne, reserved, at);
    let new = l.x(i.rs2);
    let found = l.b.push(Op::Cas { size, address, old, new });
    let none = l.b.int(NO_RESERVATION);
    l.b.set(RESERVATION, none);
    let width = if size == Size::B4 { Width::W32 } else { Width::W64 };
    let failed = l.b.cmp(Cond::Ne, width, found, old);
    l.set_x(i.rd, failed);
}

/// A swap without an order whose old value is lost is a store. One with release order is not: a later load-reserved
/// with acquire order may not overtake it. [Unpriv. ISA, RVWMO, preserved program order, rule 7]
fn amo<X: Rv>(l: &mut Lifter<X>, i: &Insn, op: Rmw, size: Size) {
    let address = l.aligned(i, size);
    let value = l.x(i.rs2);
    if op == Rmw::Swap && i.rd & 31 == 0 && i.bits() == 0 {
        l.b.push(Op::Store { size, big: false, address, value });
        return;
    }
    let old = l.b.push(Op::Rmw { op, size, address, value });
    l.set_x(i.rd, old);
}

macro_rules! sized {
    ($size:ident: $lr:ident $sc:ident $($amo:ident $op:ident),*) => {
        pub fn $lr<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            lr(l, i, Size::$size);
        }
        pub fn $sc<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            sc(l, i, Size::$size);
        }
        $(pub fn $amo<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
            amo(l, i, Rmw::$op, Size::$size);
        })*
    };
}
sized!(B4: lr_w sc_w amoswap_w Swap, amoadd_w Add, amoxor_w Xor, amoand_w And, amoor_w Or, amomin_w Min,
    amomax_w Max, amominu_w MinU, amomaxu_w MaxU);
sized!(B8: lr_d sc_d amoswap_d Swap, amoadd_d Add, amoxor_d Xor, amoand_d And, amoor_d Or, amomin_d Min,
    amomax_d Max, amominu_d MinU, amomaxu_d MaxU);
