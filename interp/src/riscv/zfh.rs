//! Zfhmin: half-precision loads, stores, moves and conversions. [Unpriv. ISA, Zfhmin]

use super::float;
use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::fpu::{F16, F32, F64};
use spec::bits::{Low, Sext};

pub fn flh<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::load::<F16, X, M, O>(h, i)
}
pub fn fsh<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::store::<F16, X, M, O>(h, i, |f| f.low16())
}
pub fn fcvt_s_h<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F16, F32, X, M, O>(h, i)
}
pub fn fcvt_h_s<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F32, F16, X, M, O>(h, i)
}
pub fn fcvt_d_h<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F16, F64, X, M, O>(h, i)
}
pub fn fcvt_h_d<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::convert::<F64, F16, X, M, O>(h, i)
}
pub fn fmv_x_h<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.state.f[usize::from(i.rs1 & 31)].sext16())
}
pub fn fmv_h_x<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    float::set::<F16, X, M>(h, i.rd, h.x(i.rs1).low16())
}
