//! Calls that the guest returns from, and returns that nobody called.

use crate::common::{Machine, options};
use interp::riscv::{Rv, Rv32, Rv64};
use jit::code::{Hosted, Options};
use jit::emit::host::Features;
use rstest::rstest;
use spec::riscv::{State, Trap};

const CODE: u64 = 0x10000;

/// Goes down until a0 is zero and comes back as many times.
const DEEP: &str = "
    addi a0, a0, -1
    beq a0, x0, 0x10010
    jal ra, 0x10000
    addi a1, a1, 1
    bge a1, a2, 0x10018
    jalr x0, 0(ra)
    ecall";

/// A function calls another, which returns to the caller of the first.
const PAST_THE_CALLER: &str = "
    addi a1, a1, 1
    jal ra, 0x10018
    addi a4, a4, 3
    blt a1, a2, 0x10000
    ecall
    nop
    sw ra, 0(a5)
    addi t2, x0, 2
    addi t2, t2, -1
    bne t2, x0, 0x10020
    jal ra, 0x10030
    ecall
    lw ra, 0(a5)
    jalr x0, 0(ra)";

/// Returns to where nobody has called from.
const UNCALLED: &str = "
    addi a1, a1, 1
    auipc t1, 0
    addi t1, t1, 16
    sw t1, 0(a5)
    lw ra, 0(a5)
    jalr x0, 0(ra)
    addi a4, a4, 1
    blt a1, a2, 0x10000
    ecall";

/// A call by address of a function that returns from its middle or its end.
const BY_ADDRESS: &str = "
    addi a1, a1, 1
    auipc t1, 0
    sw t1, 0(a5)
    lw t1, 0(a5)
    jalr ra, 24(t1)
    blt a1, a2, 0x10000
    ecall
    andi t2, a1, 1
    bne t2, x0, 0x10028
    jalr x0, 0(ra)
    addi a4, a4, 1
    jalr x0, 0(ra)";

fn agree<G: Hosted<State = State, Trap = Trap> + Rv>(lines: &str, times: u64) {
    for options in [options(Features::detect()), Options { hot: 40, ..options(Features::detect()) }] {
        let mut machine = Machine::<G>::new(options);
        machine.program(CODE, lines);
        let mut start = State { pc: CODE, ..State::new() };
        (start.x[10], start.x[12], start.x[15]) = (times, times - 1, CODE + 0x2000);
        for budget in [1000 + times, 20 * times] {
            assert_eq!(machine.run(start.clone(), budget), machine.step(start.clone(), budget), "{budget}");
        }
        assert!(machine.native() > times);
    }
}

#[rstest]
#[case::deep(DEEP, 300)]
#[case::deeper_than_the_stack_remembers(DEEP, 200_000)]
#[case::past_the_caller(PAST_THE_CALLER, 1000)]
#[case::uncalled(UNCALLED, 1000)]
#[case::by_address(BY_ADDRESS, 1000)]
fn the_guest_returns_where_it_says(#[case] lines: &str, #[case] times: u64) {
    agree::<Rv64>(lines, times);
    agree::<Rv32>(lines, times);
}
