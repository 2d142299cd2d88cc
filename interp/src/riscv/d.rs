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

shared! { @
    fcvt_s_d: |h, i| float::convert::<F64, F32, X, M, O>(h, i);
    fcvt_d_s: |h, i| float::convert::<F32, F64, X, M, O>(h, i);
    fmv_x_d: |h, i| h.set_x(i.rd, h.state.f[usize::from(i.rs1 & 31)]);
    fmv_d_x: |h, i| float::set::<F64, X, M>(h, i.rd, h.x(i.rs1));
}
