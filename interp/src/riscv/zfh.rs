//! Zfhmin: half-precision loads, stores, moves and conversions. [Unpriv. ISA, Zfhmin]

use super::float::{self, shared};
use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::fpu::{F16, F32, F64};
use spec::bits::{Low, Sext};

shared! { @
    flh: |h, i| float::load::<F16, X, M, O>(h, i);
    fsh: |h, i| float::store::<F16, X, M, O>(h, i, |f| f.low16());
    fcvt_s_h: |h, i| float::convert::<F16, F32, X, M, O>(h, i);
    fcvt_h_s: |h, i| float::convert::<F32, F16, X, M, O>(h, i);
    fcvt_d_h: |h, i| float::convert::<F16, F64, X, M, O>(h, i);
    fcvt_h_d: |h, i| float::convert::<F64, F16, X, M, O>(h, i);
    fmv_x_h: |h, i| h.set_x(i.rd, h.state.f[usize::from(i.rs1 & 31)].sext16());
    fmv_h_x: |h, i| float::set::<F16, X, M>(h, i.rd, h.x(i.rs1).low16());
}
