//! F: single-precision floating point. [Unpriv. ISA, F]

use super::float::{self, shared};
use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{FBin, FCond, FSign, Op, Prec, Type, Width};

shared! {
    F32: flw fsw
    fmadd_s fmsub_s fnmsub_s fnmadd_s fadd_s fsub_s fmul_s fdiv_s
    fsqrt_s fsgnj_s fsgnjn_s fsgnjx_s fmin_s fmax_s feq_s flt_s fle_s
    fcvt_w_s fcvt_wu_s fcvt_l_s fcvt_lu_s
    fcvt_s_w fcvt_s_wu fcvt_s_l fcvt_s_lu
}

/// The low bits as they are, boxed or not.
pub fn fmv_x_w<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let held = float::raw(l, i.rs1);
    let bits = l.b.push(Op::Bits(Type::I32, held));
    let value = l.word(bits);
    l.set_x(i.rd, value);
}
pub fn fmv_w_x<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let bits = l.x(i.rs1);
    let value = l.b.push(Op::Bits(Type::F32, bits));
    float::set(l, Prec::F32, i.rd, value);
}
