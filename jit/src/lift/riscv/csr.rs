//! Zicsr: the registers of floating point, which code around comparisons and roots reads and writes often. All
//! others are the interpreter's. [Unpriv. ISA, Zicsr; F, fcsr]

use super::lifter::{Lifter, leave};
use super::{FFLAGS, FRM, Insn, Rv};
use crate::ir::{Bin, Compare, Cond, Op, Size, Value, Width};

type L<'a, X> = Lifter<'a, X>;

const NUMBER_FFLAGS: u32 = 1;
const NUMBER_FRM: u32 = 2;
const NUMBER_FCSR: u32 = 3;

/// Bits of the exception flags.
const FLAGS: u64 = 0x1f;
/// Where the rounding mode lies in `fcsr`.
const MODE: u64 = 5;

/// What becomes of the register.
#[derive(Clone, Copy)]
enum Change {
    Write(Value),
    Or(Value),
    Andn(Value),
    Nothing,
}

/// Exceptions accrue outside of the builder's sight: the place is read anew each time.
fn flags<X: Rv>(l: &mut L<X>) -> Value {
    let flags = l.b.push(Op::Get(FFLAGS));
    l.b.ext(false, Size::B4, flags)
}

fn mode<X: Rv>(l: &mut L<X>) -> Value {
    let mode = l.b.get(FRM);
    l.b.ext(false, Size::B4, mode)
}

fn old<X: Rv>(l: &mut L<X>, number: u32) -> Value {
    match number {
        NUMBER_FFLAGS => flags(l),
        NUMBER_FRM => mode(l),
        _ => {
            let (flags, mode) = (flags(l), mode(l));
            let shift = l.b.int(MODE);
            let mode = l.bin64(Bin::Shl, mode, shift);
            l.bin64(Bin::Or, mode, flags)
        }
    }
}

/// Leaves to the interpreter where the low bits of `new` are another rounding mode: units are entered with one.
fn same_mode<X: Rv>(l: &mut L<X>, new: Value) {
    let (mask, a) = (l.b.int(7), mode(l));
    let b = l.bin64(Bin::And, new, mask);
    l.b.push(Op::Guard(Compare { cond: Cond::Ne, width: Width::W64, a, b }));
}

fn access<X: Rv>(l: &mut L<X>, i: &Insn, change: impl FnOnce(&mut L<X>) -> Change) {
    let number = i.bits();
    if !matches!(number, NUMBER_FFLAGS | NUMBER_FRM | NUMBER_FCSR) {
        return leave(l, i);
    }
    let (change, old) = (change(l), old(l, number));
    let new = match change {
        Change::Write(value) => value,
        Change::Or(value) => l.bin64(Bin::Or, old, value),
        Change::Andn(value) => l.bin64(Bin::Andn, old, value),
        Change::Nothing => return l.set_x(i.rd, old),
    };
    match number {
        NUMBER_FRM => same_mode(l, new),
        NUMBER_FCSR => {
            let shift = l.b.int(MODE);
            let mode = l.bin64(Bin::Shr, new, shift);
            same_mode(l, mode);
        }
        _ => {}
    }
    if number != NUMBER_FRM {
        let mask = l.b.int(FLAGS);
        let flags = l.bin64(Bin::And, new, mask);
        l.b.push(Op::Set(FFLAGS, flags));
    }
    l.set_x(i.rd, old);
}

pub fn csrrw<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| Change::Write(l.x(i.rs1)));
}
pub fn csrrs<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| if i.rs1 == 0 { Change::Nothing } else { Change::Or(l.x(i.rs1)) });
}
pub fn csrrc<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| if i.rs1 == 0 { Change::Nothing } else { Change::Andn(l.x(i.rs1)) });
}
pub fn csrrwi<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| Change::Write(l.b.int(i.rs1.into())));
}
pub fn csrrsi<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| if i.rs1 == 0 { Change::Nothing } else { Change::Or(l.b.int(i.rs1.into())) });
}
pub fn csrrci<X: Rv>(l: &mut L<X>, i: &Insn) {
    access(l, i, |l| if i.rs1 == 0 { Change::Nothing } else { Change::Andn(l.b.int(i.rs1.into())) });
}
