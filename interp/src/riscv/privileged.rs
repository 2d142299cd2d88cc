//! Instructions that need more than user privilege. [Priv. ISA]

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};

/// Harts run in user mode only, where every privileged instruction is illegal.
pub fn refused<X: Rv, M: Memory, O>(h: &mut Hart<X, M>, i: &Insn<O>) -> Flow {
    h.illegal(i)
}
