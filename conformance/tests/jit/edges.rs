//! Accesses to addresses that no program has, and what the register allocator once got wrong.

use super::common::{Machine, options};
use interp::Stop;
use interp::riscv::{Rv32, Rv64};
use jit::code::Hosted;
use jit::emit::host::Features;
use rstest::rstest;
use spec::riscv::{State, Trap};

const CODE: u64 = 0x1_0000;

/// Runs `lines` as host code and by the step driver from the same state until a trap or the last line's end.
fn same<G: Hosted<State = State, Trap = Trap> + interp::riscv::Rv>(
    lines: &str,
    set: &dyn Fn(&mut State),
) -> State {
    let mut machine = Machine::<G>::new(options(Features::detect()));
    machine.program(CODE, lines);
    let mut state = State { pc: CODE, ..State::new() };
    set(&mut state);
    let (stepped, expected) = machine.step(state.clone(), 1000);
    let (found, got) = machine.run(state, 1000);
    assert_eq!((stepped, &expected), (found, &got), "{lines}");
    assert!(machine.native() > 0 || matches!(found, Stop::Trap(_)), "nothing ran as host code");
    got
}

#[rstest]
fn an_access_outside_the_space_faults_as_in_the_step_driver(
    #[values(
        "lb a1, (a0)",
        "ld a1, -1(a0)",
        "sd a1, (a0)",
        "lw a1, 2047(a0)",
        "amoadd.d a1, a2, (a0)",
        "fld fa0, (a0)"
    )]
    access: &str,
    #[values(0, 7, u64::MAX, -8i64 as u64, -0x1_0000i64 as u64, -0x1_0008i64 as u64, (1 << 39) - 8, (1 << 39) - 4,
             1 << 39, (1 << 39) + 0x1_0000, 1 << 63, 0x8000_0000_0000_0008)]
    at: u64,
) {
    let lines = format!("addi a3, a3, 1\n{access}\naddi a3, a3, 1\nebreak\n");
    let end = same::<Rv64>(&lines, &|state| (state.x[10], state.x[12]) = (at, 5));
    assert_eq!(end.x[13], 1, "{at:#x}");
}

#[rstest]
fn an_access_at_the_end_of_32_bits_faults_as_in_the_step_driver(
    #[values("lw a1, (a0)", "sw a1, (a0)", "lw a1, 4(a0)", "sh a1, 1(a0)")] access: &str,
    #[values(-1i64 as u64, -2i64 as u64, -4i64 as u64, 0)] at: u64,
) {
    let lines = format!("addi a3, a3, 1\n{access}\naddi a3, a3, 1\nebreak\n");
    same::<Rv32>(&lines, &|state| state.x[10] = at);
}

/// `a0` and `a1` hold one value when the next values of both are computed ahead in their registers.
#[test]
fn a_value_in_two_pinned_registers_survives_both() {
    let lines = "mv a0, a1\nadd a2, a3, a4\nadd a1, a5, a3\nadd s2, a0, a5\nmv a0, a2\nebreak\n";
    let end = same::<Rv64>(lines, &|state| (10..16).for_each(|i| state.x[i] = 1 << i));
    assert_eq!(end.x[18], (1 << 11) + (1 << 15));
}

/// The host rounds up to the limit and says that it was inexact before it can be asked whether it fits.
#[test]
fn a_number_that_rounds_out_of_range_is_invalid_and_not_inexact() {
    let end =
        same::<Rv64>("fcvt.wu.d a0, fa0, dyn\nebreak\n", &|state| state.f[10] = 4_294_967_295.7f64.to_bits());
    assert_eq!((end.x[10], end.fflags), (u64::MAX, 16));
}

#[test]
fn a_register_moved_to_itself_stays_host_code() {
    same::<Rv64>("addi s5, s5, 0\nfsgnj.d fs5, fs5, fs5\naddi s5, s5, 1\nebreak\n", &|state| state.x[21] = 7);
}
