//! D: double-precision floating point. [Unpriv. ISA, D]

use super::float::{self, shared};
use super::lifter::Lifter;
use super::{Insn, Rv};
use crate::ir::{FBin, FCond, FSign, Op, Prec, Type, Width};

shared! {
    F64: fld fsd
    fmadd_d fmsub_d fnmsub_d fnmadd_d fadd_d fsub_d fmul_d fdiv_d
    fsqrt_d fsgnj_d fsgnjn_d fsgnjx_d fmin_d fmax_d feq_d flt_d fle_d
    fcvt_w_d fcvt_wu_d fcvt_l_d fcvt_lu_d
    fcvt_d_w fcvt_d_wu fcvt_d_l fcvt_d_lu
}

pub fn fcvt_s_d<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    float::convert(l, i, Prec::F64, Prec::F32);
}
pub fn fcvt_d_s<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    float::convert(l, i, Prec::F32, Prec::F64);
}
pub fn fmv_x_d<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let held = float::raw(l, i.rs1);
    let value = l.b.push(Op::Bits(Type::I64, held));
    l.set_x(i.rd, value);
}
pub fn fmv_d_x<X: Rv>(l: &mut Lifter<X>, i: &Insn) {
    let bits = l.x(i.rs1);
    let value = l.b.push(Op::Bits(Type::F64, bits));
    float::set(l, Prec::F64, i.rd, value);
}
