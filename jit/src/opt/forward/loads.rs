//! Loads of what the unit has just loaded or stored.
//!
//! An own store is seen by the thread's later loads, and two loads of one address with nothing between may read the same
//! write, so neither needs memory [Unpriv. ISA, RVWMO, load value axiom and rule 2]. Where the access before did not
//! fault, a load of the same bytes does not either. What is known ends where it would be read too early:
//!
//! - at fences, atomic accesses and handlers;
//! - at a load of what may be some of the bytes, which may read a newer write (rule 2);
//! - where a value is found not to depend on others. An address that is made of it is read after them all the same
//!   (rule 9), though it looks like the address of an earlier access then.

use super::{Step, Walk};
use crate::ir::{Address, Op, Prec, Size, Type, Value};

/// Accesses kept in mind.
const KEPT: usize = 16;

/// What bytes of memory hold.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    address: Address,
    bytes: i64,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// The low bytes of an integer, which are extended so if they were loaded.
    Int(Value, Option<bool>),
    /// A number of this format.
    Number(Value, Prec),
}

/// What memory is known to hold instead of the load.
pub fn rewrite(walk: &Walk, op: Op) -> Step {
    match op {
        Op::Load { size, signed, big: false, address } => match find(walk, address, bytes(size)) {
            Some(What::Int(value, extended)) if size == Size::B8 || extended == Some(signed) => {
                at_hand(walk, value, op)
            }
            Some(What::Int(a, _)) if !walk.fact(a).lost() => Step::Op(Op::Ext { signed, from: size, a }),
            _ => Step::Op(op),
        },
        Op::LoadF { prec, address } => match find(walk, address, number(prec)) {
            Some(What::Number(value, found)) if found == prec => at_hand(walk, value, op),
            _ => Step::Op(op),
        },
        _ => Step::Op(op),
    }
}

/// The value, if it needs no register that the load does not.
fn at_hand(walk: &Walk, value: Value, op: Op) -> Step {
    if walk.fact(value).lost() { Step::Op(op) } else { Step::Is(value) }
}

fn find(walk: &Walk, address: Address, bytes: i64) -> Option<What> {
    walk.seen.iter().rev().find(|seen| seen.address == address && seen.bytes == bytes).map(|seen| seen.what)
}

/// Notes what memory holds after an operation, whose value is `value`.
pub fn note(seen: &mut Vec<Seen>, op: &Op, value: Value, ty: impl FnOnce(Value) -> Option<Type>) {
    match *op {
        Op::Load { size, signed, big, address } => {
            forget(seen, address, bytes(size));
            if !big {
                push(seen, address, bytes(size), What::Int(value, Some(signed)));
            }
        }
        Op::LoadF { prec, address } => {
            forget(seen, address, number(prec));
            push(seen, address, number(prec), What::Number(value, prec));
        }
        Op::Store { size, big, address, value } => {
            forget(seen, address, bytes(size));
            if !big {
                push(seen, address, bytes(size), What::Int(value, None));
            }
        }
        Op::StoreF { prec, address, value } => {
            forget(seen, address, number(prec));
            if ty(value) == Some(prec.ty()) {
                push(seen, address, number(prec), What::Number(value, prec));
            }
        }
        Op::Rmw { .. } | Op::Cas { .. } | Op::Fence | Op::Order | Op::Interpret => seen.clear(),
        _ => {}
    }
}

fn push(seen: &mut Vec<Seen>, address: Address, bytes: i64, what: What) {
    if seen.len() == KEPT {
        seen.remove(0);
    }
    seen.push(Seen { address, bytes, what });
}

/// Bytes are accessed: what may be some of them is not known any more.
fn forget(seen: &mut Vec<Seen>, to: Address, bytes: i64) {
    seen.retain(|seen| {
        let (old, new) = (i64::from(seen.address.offset), i64::from(to.offset));
        // Further apart they might meet at the end of 32 bits.
        let near = (old - new).abs() < 1 << 31;
        let apart = near && (old + seen.bytes <= new || new + bytes <= old);
        seen.address.at == to.at && seen.address.narrow == to.narrow && apart
    });
}

fn bytes(size: Size) -> i64 {
    size.bytes().cast_signed()
}

fn number(prec: Prec) -> i64 {
    if prec == Prec::F32 { 4 } else { 8 }
}
