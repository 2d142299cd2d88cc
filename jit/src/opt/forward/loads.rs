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
const KEPT: usize = 8;

/// What memory is known to hold at one address and distances from it. An access by another address may be to any of these
/// bytes, so no second one is kept.
#[derive(Debug, Default)]
pub struct Memory {
    near: Option<Address>,
    seen: Vec<Seen>,
    /// The next to be replaced where there are enough.
    oldest: usize,
}

/// What bytes of memory hold.
#[derive(Clone, Copy, Debug)]
struct Seen {
    offset: i32,
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
    let memory = &walk.memory;
    if memory.near != Some(base(address)) {
        return None;
    }
    memory.seen.iter().find(|seen| seen.offset == address.offset && seen.bytes == bytes).map(|seen| seen.what)
}

impl Memory {
    /// Notes what memory holds after an operation, whose value is `value`.
    #[inline]
    pub fn note(&mut self, op: &Op, value: Value, ty: impl FnOnce(Value) -> Option<Type>) {
        let (address, bytes, what) = match *op {
            Op::Load { size, signed, big, address } => {
                (address, bytes(size), (!big).then_some(What::Int(value, Some(signed))))
            }
            Op::Store { size, big, address, value } => {
                (address, bytes(size), (!big).then_some(What::Int(value, None)))
            }
            Op::LoadF { prec, address } => (address, number(prec), Some(What::Number(value, prec))),
            Op::StoreF { prec, address, value } => {
                let whole = ty(value) == Some(prec.ty());
                (address, number(prec), whole.then_some(What::Number(value, prec)))
            }
            Op::Rmw { .. } | Op::Cas { .. } | Op::Fence | Op::Order | Op::Interpret => return self.forget(),
            _ => return,
        };
        self.access(address, bytes);
        if let Some(what) = what {
            self.push(Seen { offset: address.offset, bytes, what });
        }
    }

    /// Nothing is known any more.
    pub fn forget(&mut self) {
        self.near = None;
        self.seen.clear();
    }

    /// Bytes are accessed: what may be some of them is not known any more.
    fn access(&mut self, address: Address, bytes: i64) {
        let near = Some(base(address));
        if self.near != near {
            self.seen.clear();
            self.near = near;
        }
        let new = i64::from(address.offset);
        self.seen.retain(|seen| {
            let old = i64::from(seen.offset);
            // Further apart they might meet at the end of 32 bits.
            (old - new).abs() < 1 << 31 && (old + seen.bytes <= new || new + bytes <= old)
        });
    }

    fn push(&mut self, seen: Seen) {
        if self.seen.len() < KEPT {
            return self.seen.push(seen);
        }
        self.oldest = (self.oldest + 1) % KEPT;
        self.seen[self.oldest] = seen;
    }
}

/// The address without its offset.
fn base(address: Address) -> Address {
    Address { offset: 0, ..address }
}

fn bytes(size: Size) -> i64 {
    size.bytes().cast_signed()
}

fn number(prec: Prec) -> i64 {
    if prec == Prec::F32 { 4 } else { 8 }
}
