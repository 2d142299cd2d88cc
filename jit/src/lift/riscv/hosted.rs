//! RISC-V on an x86-64 host.

use super::places::{F, X};
use crate::code::Hosted;
use crate::ir::Place;
use interp::riscv::{Rv, Rv32, Rv64};
use spec::riscv::State;

/// What compilers use most: arguments first, as temporaries too, then sp and saved registers.
const INTEGERS: &[Place] = &[x(15), x(14), x(10), x(13), x(2), x(11), x(12), x(8), x(9)];
/// fa0 to fa7, ft0 to ft3.
const NUMBERS: &[Place] = &[f(15), f(14), f(13), f(12), f(11), f(10), f(16), f(17), f(0), f(1), f(2), f(3)];

const fn x(number: u8) -> Place {
    Place(X.0 + number)
}
const fn f(number: u8) -> Place {
    Place(F.0 + number)
}

/// The host's spelling of modes 0 to 3: nearest, toward zero, down, up. [Unpriv. ISA, F, frm; Intel SDM vol. 1,
/// table 4-8]
fn rounding(state: &State) -> Option<u32> {
    [0, 3, 1, 2].get(state.frm as usize).copied()
}

macro_rules! hosted {
    ($($guest:ty)*) => { $(impl Hosted for $guest {
        const HOT: (&'static [Place], &'static [Place]) = (INTEGERS, NUMBERS);
        fn rounding(state: &State) -> Option<u32> {
            rounding(state)
        }
        fn address(pc: u64) -> u64 {
            Self::unsigned(pc)
        }
    })* };
}
hosted!(Rv32 Rv64);
