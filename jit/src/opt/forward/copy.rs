//! Places whose contents are known.

use super::{Step, Walk};
use crate::ir::Op;

/// A read of what is known, or a write of what is there already.
pub fn rewrite(walk: &Walk, op: Op) -> Step {
    match op {
        Op::Get(place) => walk.held(place).map_or(Step::Op(op), Step::Is),
        Op::Set(place, a) if walk.held(place) == Some(a) => Step::Gone,
        _ => Step::Op(op),
    }
}
