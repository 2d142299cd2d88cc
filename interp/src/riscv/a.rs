//! A: load-reserved, store-conditional and atomic memory operations. [Unpriv. ISA, A]
//!
//! Addresses must be naturally aligned. SC succeeds when the address is still the reserved one and
//! memory still holds the value that LR read; the host's compare-exchange makes that one step. Where that is too
//! little, LR is executed while others stand still: [`crate::guest::Reserving`].

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::mem::Scalar;
use spec::bits::{Low, Sext};
use spec::riscv::{NO_RESERVATION, Trap};

type H<X, M> = Hart<X, M>;

/// A memory operand of 32 or 64 bits and its value in a register.
trait Cell: Scalar + Eq {
    const BYTES: u64;
    fn from_x(x: u64) -> Self;
    fn to_x(self) -> u64;
}
impl Cell for u32 {
    const BYTES: u64 = 4;
    fn from_x(x: u64) -> Self {
        x.low32()
    }
    fn to_x(self) -> u64 {
        u64::from(self).sext32()
    }
}
impl Cell for u64 {
    const BYTES: u64 = 8;
    fn from_x(x: u64) -> Self {
        x
    }
    fn to_x(self) -> u64 {
        self
    }
}

fn lr<X: Rv, M: Memory, T: Cell, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let at = X::unsigned(h.x(i.rs1));
    if !at.is_multiple_of(T::BYTES) {
        return h.raise(Trap::LoadMisaligned { at });
    }
    if !h.may_reserve() {
        return Flow::Alone;
    }
    match h.read::<T>(at) {
        Ok(value) => {
            h.state.reservation = at;
            h.state.reserved_value = value.to_x();
            h.set_x(i.rd, value.to_x())
        }
        Err(flow) => flow,
    }
}

fn sc<X: Rv, M: Memory, T: Cell, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let at = X::unsigned(h.x(i.rs1));
    if !at.is_multiple_of(T::BYTES) {
        return h.raise(Trap::StoreMisaligned { at });
    }
    let expected = T::from_x(h.state.reserved_value);
    let mut failed = 1;
    if h.state.reservation == at {
        match h.exchange(at, expected, T::from_x(h.x(i.rs2))) {
            Ok(found) => failed = u64::from(found != expected),
            Err(flow) => return flow,
        }
    }
    h.state.reservation = NO_RESERVATION;
    h.set_x(i.rd, failed)
}

/// `new` computes what goes to memory from the old value and rs2, both as registers hold them.
fn amo<X: Rv, M: Memory, T: Cell, O>(h: &mut H<X, M>, i: &Insn<O>, new: impl Fn(u64, u64) -> u64) -> Flow {
    let at = X::unsigned(h.x(i.rs1));
    if !at.is_multiple_of(T::BYTES) {
        return h.raise(Trap::StoreMisaligned { at });
    }
    let operand = T::from_x(h.x(i.rs2)).to_x();
    // An AMO's faults are store faults even where it could not read.
    let mut old = match h.read_to_write::<T>(at) {
        Ok(value) => value,
        Err(flow) => return flow,
    };
    loop {
        let value = T::from_x(new(old.to_x(), operand));
        match h.exchange(at, old, value) {
            Ok(found) if found == old => return h.set_x(i.rd, old.to_x()),
            Ok(found) => old = found,
            Err(flow) => return flow,
        }
    }
}

fn smaller(a: u64, b: u64) -> u64 {
    a.cast_signed().min(b.cast_signed()).cast_unsigned()
}
fn larger(a: u64, b: u64) -> u64 {
    a.cast_signed().max(b.cast_signed()).cast_unsigned()
}

macro_rules! sized {
    ($lr:ident $sc:ident $swap:ident $add:ident $xor:ident $and:ident $or:ident
        $min:ident $max:ident $minu:ident $maxu:ident: $t:ty) => {
        pub fn $lr<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            lr::<X, M, $t, O>(h, i)
        }
        pub fn $sc<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            sc::<X, M, $t, O>(h, i)
        }
        pub fn $swap<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, |_, b| b)
        }
        pub fn $add<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, u64::wrapping_add)
        }
        pub fn $xor<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, |a, b| a ^ b)
        }
        pub fn $and<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, |a, b| a & b)
        }
        pub fn $or<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, |a, b| a | b)
        }
        pub fn $min<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, smaller)
        }
        pub fn $max<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, larger)
        }
        // Sign extension keeps the order of unsigned 32-bit values.
        pub fn $minu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, u64::min)
        }
        pub fn $maxu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
            amo::<X, M, $t, O>(h, i, u64::max)
        }
    };
}
sized!(lr_w sc_w amoswap_w amoadd_w amoxor_w amoand_w amoor_w amomin_w amomax_w amominu_w amomaxu_w: u32);
sized!(lr_d sc_d amoswap_d amoadd_d amoxor_d amoand_d amoor_d amomin_d amomax_d amominu_d amomaxu_d: u64);
