//! What random programs need to know of a guest beyond its rows.

use super::source::Source;
use crate::toy::{self, Toy};
use interp::Guest;
use interp::riscv::{Rv, Rv32, Rv64};
use jit::lift::Lift;
use spec::bits::Low;
use spec::riscv::NO_RESERVATION;
use spec::rows;

/// A guest that random programs can be made for.
pub trait Subject: Lift {
    /// Registers that point into the data area and are seldom written.
    const BASES: &'static [u8];
    /// Registers that point into the code and are seldom written but as links.
    const POINTERS: &'static [u8];
    /// A register that holds an instruction, for programs that overwrite their code.
    const PATCH: u8;
    /// Control registers that a program may use.
    const CONTROLS: &'static [i32];
    /// Where code and data may lie.
    const PLACES: &'static [(u64, u64)];
    /// The test that replays a seed.
    const TEST: &'static str;

    /// Rows and names.
    fn text() -> &'static rows::Guest<Self::Op>;
    /// The row's number in the table.
    fn number(op: Self::Op) -> usize;
    /// A state with anything in its registers.
    fn any_state(source: &mut Source) -> Self::State;
    /// Sets an integer register.
    fn set(state: &mut Self::State, register: u8, value: u64);
    /// The pc as an address of memory.
    fn address(pc: u64) -> u64 {
        pc
    }
}

/// A guest with another's rows, state and traps: the one under test beside the one that is right.
pub trait Like<S: Guest>: Lift<Op = S::Op, State = S::State, Trap = S::Trap> {}
impl<S: Guest, T: Lift<Op = S::Op, State = S::State, Trap = S::Trap>> Like<S> for T {}

/// A RISC-V state: any registers, a valid rounding mode most of the time, a reservation sometimes.
fn any_riscv<X: Rv>(source: &mut Source) -> spec::riscv::State {
    let mut state = spec::riscv::State::new();
    for x in &mut state.x[1..] {
        *x = X::keep(source.biased());
    }
    for f in &mut state.f {
        *f = source.float();
    }
    state.fflags = if source.one_in(2) { 0 } else { source.any().low32() & 0x1f };
    let modes = if source.one_in(8) { 8 } else { 5 };
    state.frm = source.below(modes).low32();
    // The upper half is a register of its own on 32-bit guests: counting over its edge matters.
    state.instret = source.pick(&[0, 0xffff_ffe0, 0x0123_4567_ffff_fff0]);
    state.reservation = NO_RESERVATION;
    state
}

macro_rules! riscv {
    ($($g:ident $text:ident $test:literal $places:expr;)*) => { $(impl Subject for $g {
        // Compressed instructions name sp and x8 to x15.
        const BASES: &'static [u8] = &[2, 8, 9, 18];
        const POINTERS: &'static [u8] = &[1, 5];
        const PATCH: u8 = 14;
        // fflags, frm, fcsr, the counters and their upper halves.
        const CONTROLS: &'static [i32] = &[1, 2, 3, 1, 2, 3, 0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82];
        const PLACES: &'static [(u64, u64)] = $places;
        const TEST: &'static str = $test;

        fn text() -> &'static rows::Guest<Self::Op> {
            &spec::riscv::$text
        }
        fn number(op: Self::Op) -> usize {
            op as usize
        }
        fn any_state(source: &mut Source) -> Self::State {
            any_riscv::<$g>(source)
        }
        fn set(state: &mut Self::State, register: u8, value: u64) {
            state.x[usize::from(register)] = $g::keep(value);
            state.f[usize::from(register)] = value;
        }
        fn address(pc: u64) -> u64 {
            $g::unsigned(pc)
        }
    })* };
}
riscv! {
    Rv64 RV64 "rv64" &[(0x1_0000, 0x2_0000), (0x1_0000, 0x8000_0000 - 0x1000), (0x7fff_fe00, 0x3f_ffff_0000)];
    Rv32 RV32 "rv32" &[(0x1_0000, 0x2_0000), (0x7fff_fe00, 0xffff_0000), (0xffff_0000, 0x8000_0000 - 0x1000)];
}

impl Subject for Toy {
    const BASES: &'static [u8] = &[1, 2, 3];
    const POINTERS: &'static [u8] = &[14];
    const PATCH: u8 = 13;
    const CONTROLS: &'static [i32] = &[0];
    const PLACES: &'static [(u64, u64)] = &[(0x1000, 0x8000), (0x7fff_fe00, 0xffff_0000)];
    const TEST: &'static str = "toy";

    fn text() -> &'static rows::Guest<Self::Op> {
        &toy::TEXT
    }
    fn number(op: Self::Op) -> usize {
        op as usize
    }
    fn any_state(source: &mut Source) -> Self::State {
        let mut state = toy::State::default();
        for r in &mut state.r {
            *r = source.biased().low32();
        }
        state.carry = source.below(2).low32();
        state.test = source.below(2).low32();
        state
    }
    fn set(state: &mut Self::State, register: u8, value: u64) {
        state.r[usize::from(register)] = value.low32();
    }
}
