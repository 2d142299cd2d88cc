//! B: bit manipulation. [Unpriv. ISA, B: Zba, Zbb, Zbc, Zbs]

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use spec::bits::{Low, Sext};

type H<X, M> = Hart<X, M>;

#[inline(always)]
fn word(x: u64) -> u64 {
    u64::from(x.low32())
}

#[inline(always)]
pub fn add_uw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(word(h.x(i.rs1))))
}
#[inline(always)]
pub fn sh1add<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(h.x(i.rs1) << 1))
}
#[inline(always)]
pub fn sh2add<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(h.x(i.rs1) << 2))
}
#[inline(always)]
pub fn sh3add<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(h.x(i.rs1) << 3))
}
#[inline(always)]
pub fn sh1add_uw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(word(h.x(i.rs1)) << 1))
}
#[inline(always)]
pub fn sh2add_uw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(word(h.x(i.rs1)) << 2))
}
#[inline(always)]
pub fn sh3add_uw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs2).wrapping_add(word(h.x(i.rs1)) << 3))
}
#[inline(always)]
pub fn slli_uw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, word(h.x(i.rs1)) << (i.bits() % 64))
}

#[inline(always)]
pub fn andn<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) & !h.x(i.rs2))
}
#[inline(always)]
pub fn orn<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) | !h.x(i.rs2))
}
#[inline(always)]
pub fn xnor<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, !(h.x(i.rs1) ^ h.x(i.rs2)))
}
#[inline(always)]
pub fn clz<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(X::unsigned(h.x(i.rs1)).leading_zeros() - (64 - X::XLEN)))
}
#[inline(always)]
pub fn clzw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().leading_zeros()))
}
#[inline(always)]
pub fn ctz<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).trailing_zeros().min(X::XLEN)))
}
#[inline(always)]
pub fn ctzw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().trailing_zeros()))
}
#[inline(always)]
pub fn cpop<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(X::unsigned(h.x(i.rs1)).count_ones()))
}
#[inline(always)]
pub fn cpopw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().count_ones()))
}
#[inline(always)]
pub fn max<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).cast_signed().max(h.x(i.rs2).cast_signed()).cast_unsigned())
}
#[inline(always)]
pub fn maxu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).max(h.x(i.rs2)))
}
#[inline(always)]
pub fn min<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).cast_signed().min(h.x(i.rs2).cast_signed()).cast_unsigned())
}
#[inline(always)]
pub fn minu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).min(h.x(i.rs2)))
}
#[inline(always)]
pub fn sext_b<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).sext8())
}
#[inline(always)]
pub fn sext_h<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).sext16())
}
#[inline(always)]
pub fn zext_h<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low16()))
}

/// Rotation right by `n` at the register width.
#[inline(always)]
fn rotated<X: Rv>(x: u64, n: u32) -> u64 {
    if X::XLEN == 32 { u64::from(x.low32().rotate_right(n % 32)) } else { x.rotate_right(n % 64) }
}
#[inline(always)]
pub fn rol<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, rotated::<X>(h.x(i.rs1), h.x(i.rs2).low32().wrapping_neg()))
}
#[inline(always)]
pub fn rolw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().rotate_left(h.x(i.rs2).low32() % 32)).sext32())
}
#[inline(always)]
pub fn ror<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, rotated::<X>(h.x(i.rs1), h.x(i.rs2).low32()))
}
#[inline(always)]
pub fn rorw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().rotate_right(h.x(i.rs2).low32() % 32)).sext32())
}
#[inline(always)]
pub fn rori<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, rotated::<X>(h.x(i.rs1), i.bits()))
}
#[inline(always)]
pub fn roriw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32().rotate_right(i.bits() % 32)).sext32())
}
#[inline(always)]
pub fn orc_b<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from_le_bytes(h.x(i.rs1).to_le_bytes().map(|b| if b == 0 { 0 } else { 0xff })))
}
#[inline(always)]
pub fn rev8<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).swap_bytes() >> (64 - X::XLEN))
}

/// The carry-less product, 128 bits.
fn carryless(a: u64, b: u64) -> u128 {
    (0..64).filter(|k| b >> k & 1 == 1).fold(0, |sum, k| sum ^ u128::from(a) << k)
}
#[inline(always)]
pub fn clmul<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, carryless(h.x(i.rs1), h.x(i.rs2)).low64())
}
#[inline(always)]
pub fn clmulh<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let product = carryless(X::unsigned(h.x(i.rs1)), X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, (product >> X::XLEN).low64())
}
#[inline(always)]
pub fn clmulr<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let product = carryless(X::unsigned(h.x(i.rs1)), X::unsigned(h.x(i.rs2)));
    h.set_x(i.rd, (product >> (X::XLEN - 1)).low64())
}

#[inline(always)]
fn bit<X: Rv>(index: u32) -> u64 {
    1 << (index % X::XLEN)
}
#[inline(always)]
pub fn bclr<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) & !bit::<X>(h.x(i.rs2).low32()))
}
#[inline(always)]
pub fn bclri<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) & !bit::<X>(i.bits()))
}
#[inline(always)]
pub fn bext<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1) & bit::<X>(h.x(i.rs2).low32()) != 0))
}
#[inline(always)]
pub fn bexti<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1) & bit::<X>(i.bits()) != 0))
}
#[inline(always)]
pub fn binv<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) ^ bit::<X>(h.x(i.rs2).low32()))
}
#[inline(always)]
pub fn binvi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) ^ bit::<X>(i.bits()))
}
#[inline(always)]
pub fn bset<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) | bit::<X>(h.x(i.rs2).low32()))
}
#[inline(always)]
pub fn bseti<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) | bit::<X>(i.bits()))
}
