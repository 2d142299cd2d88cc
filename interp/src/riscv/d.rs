//! D: double-precision floating point. [Unpriv. ISA, D]

use super::float::{self, shared};
use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::fpu::{self, F32, F64, Negate};
use spec::bits::{Low, Sext};

shared! {
    F64 low64: fld fsd
    fmadd_d fmsub_d fnmsub_d fnmadd_d fadd_d fsub_d fmul_d fdiv_d
    fsqrt_d fsgnj_d fsgnjn_d fsgnjx_d fmin_d fmax_d feq_d flt_d fle_d
    fclass_d fcvt_w_d fcvt_wu_d fcvt_l_d fcvt_lu_d
    fcvt_d_w fcvt_d_wu fcvt_d_l fcvt_d_lu
}

pub fn fcvt_s_d<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F64, F32, X, M, O>(h, i)
}
pub fn fcvt_d_s<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F32, F64, X, M, O>(h, i)
}
pub fn fmv_x_d<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.state.f[usize::from(i.rs1 & 31)])
}
pub fn fmv_d_x<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::set::<F64, X, M>(h, i.rd, h.x(i.rs1))
}
