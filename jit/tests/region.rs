//! Which instructions become one unit, and where it ends.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{program, unit};
use interp::riscv::{Rv32, Rv64};
use jit::ir::{Op, Unit};
use rstest::rstest;

/// The addresses of a unit's instructions and its last operation.
fn shape(unit: &Unit) -> (Vec<u64>, Op) {
    assert_eq!(unit.ops.iter().filter(|op| op.ends()).count(), 1, "one operation ends a unit");
    (unit.insns.iter().map(|at| at.pc).collect(), *unit.ops.last().unwrap())
}

#[rstest]
#[case::past_a_branch(&["beq a0, a1, 0x1800", "addi a0, a0, 1"], &[0x1000, 0x1004], Op::Jump(0x1008))]
#[case::through_a_jump(&["j 0x1008", "ecall", "addi a0, a0, 1"], &[0x1000, 0x1008], Op::Jump(0x100c))]
#[case::through_a_call(&["jal 0x1008", "ecall", "addi a0, a0, 1"], &[0x1000, 0x1008], Op::Jump(0x100c))]
#[case::not_into_itself(&["addi a0, a0, 1", "j 0x1000"], &[0x1000, 0x1004], Op::Jump(0x1000))]
#[case::not_into_its_middle(&["nop", "nop", "j 0x1004"], &[0x1000, 0x1004, 0x1008], Op::Jump(0x1004))]
#[case::a_jump_to_itself(&["j 0x1000"], &[0x1000], Op::Jump(0x1000))]
#[case::before_a_system_call(&["addi a7, x0, 93", "ecall"], &[0x1000], Op::Jump(0x1004))]
#[case::a_system_call_alone(&["ecall", "nop"], &[0x1000], Op::Leave)]
#[case::before_fence_i(&["nop", "fence.i", "nop"], &[0x1000], Op::Jump(0x1004))]
#[case::past_the_flags(&["frflags a0", "nop"], &[0x1000, 0x1004], Op::Jump(0x1008))]
#[case::before_what_cannot_be_fetched(&["nop"], &[0x1000], Op::Jump(0x1004))]
#[case::through_a_far_jump(&["auipc t1, 0x1", "jalr x0, 4(t1)"], &[0x1000, 0x1004], Op::Jump(0x2004))]
fn a_unit_goes(#[case] lines: &[&str], #[case] pcs: &[u64], #[case] end: Op) {
    let (made, insns) = unit::<Rv64>(0x1000, &program(64, 0x1000, lines)).unwrap();
    assert_eq!(shape(&made), (pcs.to_vec(), end));
    assert_eq!(insns.len(), pcs.len());
}

#[test]
fn an_indirect_jump_ends_a_unit() {
    let (made, _) = unit::<Rv64>(0x1000, &program(64, 0x1000, &["jalr x0, 0(a0)", "nop"])).unwrap();
    let (pcs, end) = shape(&made);
    assert!(pcs == [0x1000] && matches!(end, Op::Goto(..)), "{end:?}");
}

#[test]
fn a_unit_has_at_most_sixty_four_instructions() {
    let (made, insns) = unit::<Rv64>(0x1000, &program(64, 0x1000, &["addi a0, a0, 1"; 100])).unwrap();
    let (pcs, end) = shape(&made);
    assert_eq!((pcs.len(), insns.len(), end), (64, 64, Op::Jump(0x1000 + 4 * 64)));
}

#[test]
fn there_is_no_unit_where_nothing_can_be_fetched() {
    assert_eq!(unit::<Rv64>(0x1000, &program(64, 0x2000, &["nop"])), None);
}

#[test]
fn addresses_of_a_32_bit_guest_are_sign_extended() {
    let mut code = program(32, 0x7fff_fffc, &["nop"]);
    code.extend(
        program(32, 0x8000_0000, &["j 0x80000010"]).into_iter().map(|(pc, i)| (pc | 0xffff_ffff << 32, i)),
    );
    let (made, _) = unit::<Rv32>(0x7fff_fffc, &code).unwrap();
    assert_eq!(shape(&made), (vec![0x7fff_fffc, 0xffff_ffff_8000_0000], Op::Jump(0xffff_ffff_8000_0010)));
}
