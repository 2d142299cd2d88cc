//! M: integer multiplication and division; neither traps. [Unpriv. ISA, M]

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use spec::bits::{Low, Sext};

type H<X, M> = Hart<X, M>;

#[inline(always)]
pub fn mul<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_mul(h.x(i.rs2)))
}
#[inline(always)]
pub fn mulh<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let product = i128::from(h.x(i.rs1).cast_signed()) * i128::from(h.x(i.rs2).cast_signed());
    h.set_x(i.rd, (product >> X::XLEN).low64())
}
#[inline(always)]
pub fn mulhsu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let product = i128::from(h.x(i.rs1).cast_signed()) * i128::from(X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, (product >> X::XLEN).low64())
}
#[inline(always)]
pub fn mulhu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let product = u128::from(X::unsigned(h.x(i.rs1))) * u128::from(X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, (product >> X::XLEN).low64())
}

/// By zero: −1. Most negative by −1: itself, which the wrapping division and the register width give.
#[inline(always)]
pub fn div<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).cast_signed(), h.x(i.rs2).cast_signed());
    h.set_x(i.rd, if b == 0 { u64::MAX } else { a.wrapping_div(b).cast_unsigned() })
}
/// By zero: all ones.
#[inline(always)]
pub fn divu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (X::unsigned(h.x(i.rs1)), X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, a.checked_div(b).unwrap_or(u64::MAX))
}
/// By zero: the dividend. Most negative by −1: zero.
#[inline(always)]
pub fn rem<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).cast_signed(), h.x(i.rs2).cast_signed());
    h.set_x(i.rd, if b == 0 { a } else { a.wrapping_rem(b) }.cast_unsigned())
}
/// By zero: the dividend.
#[inline(always)]
pub fn remu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (X::unsigned(h.x(i.rs1)), X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, a.checked_rem(b).unwrap_or(a))
}

#[inline(always)]
pub fn mulw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_mul(h.x(i.rs2)).sext32())
}
/// As [`div`], on 32-bit values.
#[inline(always)]
pub fn divw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).low32().cast_signed(), h.x(i.rs2).low32().cast_signed());
    h.set_x(i.rd, u64::from(if b == 0 { u32::MAX } else { a.wrapping_div(b).cast_unsigned() }).sext32())
}
/// As [`divu`], on 32-bit values.
#[inline(always)]
pub fn divuw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).low32(), h.x(i.rs2).low32());
    h.set_x(i.rd, u64::from(a.checked_div(b).unwrap_or(u32::MAX)).sext32())
}
/// As [`rem`], on 32-bit values.
#[inline(always)]
pub fn remw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).low32().cast_signed(), h.x(i.rs2).low32().cast_signed());
    h.set_x(i.rd, u64::from(if b == 0 { a } else { a.wrapping_rem(b) }.cast_unsigned()).sext32())
}
/// As [`remu`], on 32-bit values.
#[inline(always)]
pub fn remuw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let (a, b) = (h.x(i.rs1).low32(), h.x(i.rs2).low32());
    h.set_x(i.rd, u64::from(a.checked_rem(b).unwrap_or(a)).sext32())
}
