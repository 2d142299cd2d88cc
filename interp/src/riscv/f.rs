//! F: single-precision floating point. [Unpriv. ISA, F]

use super::float::{self, shared};
use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::fpu::{self, F32, Negate};
use spec::bits::{Low, Sext};

shared! {
    F32 low32: flw fsw
    fmadd_s fmsub_s fnmsub_s fnmadd_s fadd_s fsub_s fmul_s fdiv_s
    fsqrt_s fsgnj_s fsgnjn_s fsgnjx_s fmin_s fmax_s feq_s flt_s fle_s
    fclass_s fcvt_w_s fcvt_wu_s fcvt_l_s fcvt_lu_s
    fcvt_s_w fcvt_s_wu fcvt_s_l fcvt_s_lu
}

shared! { @
    // Moves the low bits as they are, boxed or not.
    fmv_x_w: |h, i| h.set_x(i.rd, h.state.f[usize::from(i.rs1 & 31)].sext32());
    fmv_w_x: |h, i| float::set::<F32, X, M>(h, i.rd, h.x(i.rs1).low32());
}
