//! Constants that are part of addresses.

use super::{Step, Walk};
use crate::ir::{Address, Bin, Op, Width};

/// Additions that are looked through; guests' compilers make no longer chains.
const LONGEST: usize = 4;

/// An access to `x + constant` is one to `x` with an offset, where that costs no register.
pub fn rewrite(walk: &Walk, mut op: Op) -> Step {
    if let Op::Load { address, .. }
    | Op::Store { address, .. }
    | Op::LoadF { address, .. }
    | Op::StoreF { address, .. }
    | Op::Rmw { address, .. }
    | Op::Cas { address, .. } = &mut op
    {
        for _ in 0..LONGEST {
            let Some(next) = folded(walk, *address) else { break };
            *address = next;
        }
    }
    Step::Op(op)
}

/// The address with one addition less.
fn folded(walk: &Walk, address: Address) -> Option<Address> {
    let Op::Bin(Bin::Add, Width::W64, at, b) = walk.op(address.at) else { return None };
    let constant = i32::try_from(walk.constant(b)?.cast_signed()).ok()?;
    let offset = address.offset.checked_add(constant)?;
    let fits = !address.narrow && walk.at_hand(at, address.at);
    fits.then_some(Address { at, offset, narrow: false })
}
