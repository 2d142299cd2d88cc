//! Values that nobody uses.

use crate::ir::Op;

/// Whether an operation is not needed: it only defines a value, which is not used.
pub fn dead(op: &Op, used: bool) -> bool {
    !used && op.pure()
}
