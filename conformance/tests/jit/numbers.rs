//! Floating-point results and flags where host code looks at them late: NaNs, and comparisons between a read of the
//! flags and a write.

use super::common::{Machine, options};
use interp::riscv::Rv64;
use jit::emit::host::Features;
use rstest::rstest;
use spec::riscv::State;

const CODE: u64 = 0x1_0000;

/// Zero, numbers, infinities, and NaNs: canonical, negative with a payload, signalling.
const DOUBLES: [u64; 9] = [
    0,
    0x3ff8_0000_0000_0000,
    0xc000_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_1234,
    0x7ff0_0000_0000_0001,
    0x7fef_ffff_ffff_ffff,
];

/// The same as boxed floats, and one that is not boxed.
const FLOATS: [u64; 9] = [
    0xffff_ffff_0000_0000,
    0xffff_ffff_3fc0_0000,
    0xffff_ffff_c000_0000,
    0xffff_ffff_7f80_0000,
    0xffff_ffff_ff80_0000,
    0xffff_ffff_7fc0_0000,
    0xffff_ffff_ffc0_1234,
    0xffff_ffff_7f80_0001,
    0x3ff8_0000_0000_0000,
];

/// Runs `lines` as host code and by the step driver with `fa1` to `fa3` of every value.
fn same(lines: &str, values: &[u64; 9], flags: u32) {
    let mut machine = Machine::<Rv64>::new(options(Features::detect()));
    machine.program(CODE, &format!("{lines}\nebreak"));
    for (&a, &b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
        for c in [values[1], values[4], values[6]] {
            let mut state = State { pc: CODE, fflags: flags, ..State::new() };
            state.f[11..14].copy_from_slice(&[a, b, c]);
            state.x[8] = CODE + 0x1000;
            let expected = machine.step(state.clone(), 1000);
            let found = machine.run(state, 1000);
            assert_eq!(expected, found, "{a:#x} {b:#x} {c:#x}\n{lines}");
        }
    }
    assert!(machine.native() > 0, "nothing ran as host code");
}

#[rstest]
#[case::a_chain("fadd.d fa0, fa1, fa2\nfmul.d fa4, fa0, fa3\nfsub.d fa5, fa4, fa1")]
#[case::a_chain_whose_end_is_overwritten(
    "fmul.d fa0, fa1, fa2\nfadd.d fa4, fa0, fa3\nfeq.d a0, fa4, fa4\nfmv.d fa4, fa3"
)]
#[case::branches_of_a_tree(
    "fadd.d fa0, fa1, fa2\nfsub.d fa4, fa0, fa3\nfmul.d fa5, fa0, fa1\nfdiv.d fa6, fa2, fa3"
)]
#[case::its_sign("fadd.d fa0, fa1, fa2\nfneg.d fa4, fa0\nfabs.d fa5, fa0")]
#[case::its_bits("fsub.d fa0, fa1, fa2\nfmv.x.d a0, fa0")]
#[case::a_copy("fmul.d fa0, fa1, fa2\nfmv.d fs5, fa0\nfmv.d fs6, fa0\nfmv.d fa4, fa0\nfadd.d fa0, fa3, fa3")]
#[case::a_store("fmul.d fa0, fa1, fa2\nfadd.d fs5, fa0, fa3\nfsd fs5, (s0)\nld a0, (s0)\nfld fa4, (s0)")]
#[case::the_lesser("fsub.d fa0, fa1, fa2\nfmin.d fa4, fa0, fa3\nfmax.d fa5, fa3, fa0\nfmul.d fs5, fa4, fa5")]
#[case::a_root("fsqrt.d fa0, fa1\nfmul.d fa4, fa0, fa2\nfsqrt.d fs5, fa4")]
#[case::narrowed("fadd.d fa0, fa1, fa2\nfcvt.s.d fa4, fa0\nfcvt.d.s fa5, fa4\nfadd.s fs5, fa4, fa4")]
#[case::taken_for_a_float("fadd.d fa0, fa1, fa2\nfadd.s fa4, fa0, fa0")]
#[case::rounded("fadd.d fa0, fa1, fa2\nfcvt.l.d a0, fa0, rtz\nfmadd.d fa4, fa0, fa1, fa2")]
#[case::in_memory(
    "fadd.d fs2, fa1, fa2\nfsub.d fs3, fa1, fa2\nfmul.d fs4, fa1, fa2\nfdiv.d fs5, fa1, fa2\nfadd.d fs6, fa3, fa2\n\
     fsub.d fs7, fa3, fa2\nfmul.d fs8, fa3, fa2\nfdiv.d fs9, fa3, fa2\nfadd.d fs10, fa1, fa3\nadd a0, a1, a2"
)]
#[case::both_formats(
    "fadd.d fs2, fa1, fa2\nfcvt.s.d fs3, fs2\nfadd.s fs4, fs3, fs3\nfmul.d fs5, fs2, fs2\nfmul.s fs6, fs4, fs4"
)]
fn a_nan_is_canonical_whoever_looks_at_it(#[case] lines: &str) {
    same(lines, &DOUBLES, 0);
}

#[rstest]
#[case::a_chain("fadd.s fa0, fa1, fa2\nfmul.s fa4, fa0, fa3\nfsub.s fa5, fa4, fa1")]
#[case::its_sign("fadd.s fa0, fa1, fa2\nfneg.s fa4, fa0\nfabs.s fa5, fa0")]
#[case::its_bits("fsub.s fa0, fa1, fa2\nfmv.x.w a0, fa0\nfmv.x.d a1, fa0")]
#[case::widened("fdiv.s fa0, fa1, fa2\nfcvt.d.s fa4, fa0\nfadd.d fa5, fa4, fa4\nfadd.d fs5, fa0, fa4")]
#[case::a_store(
    "fmul.s fs5, fa1, fa2\nfadd.s fs6, fs5, fa3\nfsw fs6, (s0)\nlw a0, (s0)\nfsd fs5, (s0)\nld a1, (s0)"
)]
#[case::in_memory(
    "fadd.s fs2, fa1, fa2\nfsub.s fs3, fa1, fa2\nfmul.s fs4, fa1, fa2\nfdiv.s fs5, fa1, fa2\nfadd.s fs6, fa3, fa2\n\
     fsub.s fs7, fa3, fa2\nfmul.s fs8, fa3, fa2\nfdiv.s fs9, fa3, fa2\nfadd.s fs10, fa1, fa3\nadd a0, a1, a2"
)]
fn a_boxed_nan_is_canonical_whoever_looks_at_it(#[case] lines: &str) {
    same(lines, &FLOATS, 0);
}

#[rstest]
#[case::less("frflags a4\nflt.d a5, fa1, fa2\nfsflags a4\nfrflags a3")]
#[case::equal("frflags a4\nfeq.d a5, fa1, fa2\nfsflags a4\nfrflags a3")]
#[case::after_a_sum("fadd.d fa0, fa1, fa2\nfrflags a4\nfle.d a5, fa0, fa3\nfsflags a4\nfadd.d fa4, fa0, fa3")]
#[case::two("frflags a4\nflt.d a5, fa1, fa2\nfle.d a6, fa2, fa3\nfsflags a4\nfeq.d a7, fa1, fa3")]
#[case::twice("frflags a4\nflt.d a5, fa1, fa2\nfsflags a4\nflt.d a6, fa2, fa3\nfsflags a4\nfrflags a3")]
#[case::not_given_back("frflags a4\nflt.d a5, fa1, fa2\nfrflags a3\nfsflags a3")]
#[case::a_sum_between("frflags a4\nflt.d a5, fa1, fa2\nfadd.d fa0, fa1, fa2\nfsflags a4\nfrflags a3")]
#[case::a_branch_between(
    "frflags a4\nflt.d a5, fa1, fa2\nbnez a5, 0x10014\nfsflags a4\nfadd.d fa0, fa1, fa2\nebreak"
)]
#[case::a_load_between("frflags a4\nflt.d a5, fa1, fa2\nld a6, (x0)\nfsflags a4\nfrflags a3")]
#[case::another_value("frflags a4\nflt.d a5, fa1, fa2\nfsflags a3\nfrflags a4")]
#[case::a_part("frflags a4\nflt.d a5, fa1, fa2\nandi a4, a4, 1\nfsflags a4\nfrflags a3")]
#[case::the_register_reused("frflags a4\nmv a3, a4\nli a4, 9\nflt.d a4, fa1, fa2\nfsflags a3\nfrflags a5")]
fn flags_that_are_given_back_are_as_before(#[case] lines: &str, #[values(0, 1, 16, 31)] flags: u32) {
    same(lines, &DOUBLES, flags);
}

/// The branch goes back from the unit's middle.
#[test]
fn a_loop_in_a_unit_ends_where_its_budget_does() {
    let mut machine = Machine::<Rv64>::new(options(Features::detect()));
    machine.program(
        CODE,
        "addi a0, a0, -1\nadd a1, a1, a0\nbnez a0, 0x10000\nadd a2, a1, a0\nadd a3, a2, a1\nebreak",
    );
    for budget in 0..60 {
        for turns in [1, 2, 15] {
            let mut state = State { pc: CODE, ..State::new() };
            state.x[10] = turns;
            assert_eq!(machine.step(state.clone(), budget), machine.run(state, budget), "{turns} {budget}");
        }
    }
    assert!(machine.native() > 0, "nothing ran as host code");
}

#[test]
fn a_slice_ends_before_what_does_not_fit_and_the_next_goes_on_there() {
    let mut machine = Machine::<Rv64>::new(options(Features::detect()));
    machine.program(CODE, "addi a0, a0, -1\nadd a1, a1, a0\nbnez a0, 0x10000\nebreak");
    let mut state = State { pc: CODE, ..State::new() };
    state.x[10] = 1000;
    let (stop, expected) = machine.step(state.clone(), 10_000);
    let mut hart = machine.hart(state);
    let mut slices = 0;
    let found = loop {
        let before = hart.state.instret;
        match machine.runner.run_slice(&mut hart, 100) {
            interp::Stop::Budget => slices += 1,
            stop => break stop,
        }
        assert!((36..=100).contains(&(hart.state.instret - before)));
    };
    assert_eq!((stop, expected), (found, hart.state));
    assert!(slices >= 30);
}
