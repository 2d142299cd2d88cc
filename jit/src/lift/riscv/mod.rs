//! RISC-V, a file per extension as in the rows.

mod a;
mod b;
mod bind;
mod csr;
mod d;
mod f;
mod float;
mod hosted;
mod i;
mod lifter;
mod m;
mod places;
mod z;
mod zfh;

pub use places::{F, FFLAGS, FRM, PLACES, RESERVATION, RESERVED_VALUE, X};

use super::Lift;
use crate::ir::{At, Builder, GuestPlaces, Place};
use interp::riscv::{Rv, Rv32, Rv64};
use lifter::Lifter;
use spec::riscv::{Insn, State};

macro_rules! guest {
    ($($g:ty)*) => { $(impl Lift for $g {
        fn places() -> &'static GuestPlaces {
            &PLACES
        }
        fn read(state: &State, place: Place) -> u64 {
            places::read(state, place)
        }
        fn write(state: &mut State, place: Place, value: u64) {
            places::write(state, place, value);
        }
        fn lift(b: &mut Builder, insn: &Insn, at: At) {
            bind::lift(&mut Lifter::<$g>::new(b, at), insn);
        }
        fn after(at: At) -> u64 {
            Self::keep(at.pc.wrapping_add(u64::from(at.len)))
        }
    })* };
}
guest!(Rv32 Rv64);
