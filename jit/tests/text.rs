//! The representation's text and its checker.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod machine;

use jit::ir::random::{Shape, unit};
use jit::ir::text::{parse, print};
use jit::ir::{Op, Unit, check};
use jit::lift::riscv::PLACES;
use proptest::prelude::{ProptestConfig, any};
use rstest::rstest;
use std::collections::BTreeSet;

fn random(seed: u64, ops: usize) -> Unit {
    let shape = Shape { ops, interpret: true, control: true, memory: None };
    unit(&PLACES, shape, &mut machine::stream(seed))
}

/// The name of an operation's variant.
fn variant(op: &Op) -> String {
    let text = format!("{op:?}");
    text.split([' ', '(']).next().unwrap().into()
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_parses_back(seed in any::<u64>(), ops in 1usize..120) {
        let unit = random(seed, ops);
        let text = print(&unit, &PLACES).to_string();
        proptest::prop_assert_eq!(parse(&text, &PLACES), Ok(unit), "{}", text);
    }

    #[test]
    fn any_text_parses_or_is_refused(lines in "(unit riscv\n)?([a-z0-9.=,\\[\\]+> -]{0,24}\n){0,6}") {
        if let Ok(unit) = parse(&lines, &PLACES) {
            let _ = check(&unit, &PLACES);
        }
    }

    #[test]
    fn a_line_with_a_wrong_letter_parses_or_is_refused(seed in any::<u64>(), at in any::<usize>(), with in "[ -~]") {
        let mut text = print(&random(seed, 8), &PLACES).to_string();
        let at = at % text.len();
        text.replace_range(at..=at, &with);
        if let Ok(unit) = parse(&text, &PLACES) {
            let _ = check(&unit, &PLACES);
        }
    }
}

#[test]
fn random_units_pass_the_checker_and_have_every_operation() {
    let mut seen = BTreeSet::new();
    for seed in 0..500 {
        let unit = random(seed, 60);
        let checked = check(&unit, &PLACES);
        assert_eq!(checked, Ok(()), "{}", print(&unit, &PLACES));
        seen.extend(unit.ops.iter().map(variant));
    }
    assert_eq!(seen.len(), 34, "{seen:?}");
}

#[test]
fn a_text_reads_like_this() {
    let text = "\
unit riscv
0x10078 +4
  v1 = get x10
  v2 = const.i64 0x1
  v3 = add.64 v1, v2
  set x10, v3
  v5 = load.s4 [v3 + 8]
  v6 = load.u2.be.n [v3 - 2]
  store.8 [v1], v5
0x1007c +2
  v9 = select.ltu.64 v1, v3, v5, v6
  v10 = get f1
  v11 = unbox v10
  v12 = fmsub.f32 v11, v11, v11
  v13 = ftoint.f32.u64.zero v12
  v14 = rmw.maxu.4 [v13], v9
  guard.ne.32 v14, v9
  branch.lt.64 v3, v5 -> 0x10078
  goto.return v1
";
    let unit = parse(text, &PLACES).unwrap();
    assert_eq!(check(&unit, &PLACES), Ok(()));
    assert_eq!(print(&unit, &PLACES).to_string(), text);
}

#[test]
fn values_may_have_any_number_and_remarks_are_skipped() {
    let text = "# before\nunit riscv # which\n0x0 +4\n v700=get x1#x\n\n set x2 , v700\n  leave\n";
    let unit = parse(text, &PLACES).unwrap();
    let printed = "unit riscv\n0x0 +4\n  v1 = get x1\n  set x2, v1\n  leave\n";
    assert_eq!(print(&unit, &PLACES).to_string(), printed);
}

#[rstest]
#[case::nothing("", "line 1: a text begins with `unit` and the guest's name")]
#[case::another_guest("\nunit toy", "line 2: the unit is one of toy, not of riscv")]
#[case::mnemonic("unit riscv\n frobnicate v1", "line 2: no operation is called `frobnicate`")]
#[case::width(
    "unit riscv\n v1 = get x1\n v2 = add.65 v1, v1",
    "line 3: `65` stands where the mnemonic needs: width"
)]
#[case::no_width("unit riscv\n v1 = get x1\n v2 = add v1, v1", "line 3: what is missing: width")]
#[case::undefined("unit riscv\n set x1, v1", "line 2: `v1` is not defined above")]
#[case::twice("unit riscv\n v1 = get x1\n v1 = get x2", "line 3: `v1` is defined twice")]
#[case::nothing_to_name(
    "unit riscv\n v1 = fence",
    "line 2: the operation defines no value that `v1` could name"
)]
#[case::unnamed("unit riscv\n get x1", "line 2: the operation defines a value; name it as in `v1 = …`")]
#[case::place("unit riscv\n v1 = get x32", "line 2: the guest has no place `x32`")]
#[case::number("unit riscv\n jump 0x1ffffffffffffffff", "line 2: `0x1ffffffffffffffff` is no number here")]
#[case::offset(
    "unit riscv\n v1 = get x1\n v2 = load.u1 [v1 + 2147483648]",
    "line 3: `2147483648` is no number here"
)]
#[case::more("unit riscv\n leave it", "line 2: `it` is left over")]
#[case::name("unit riscv\n w1 = get x1", "line 2: `w1` is not the name of a value; that is `v` and a number")]
#[case::bracket("unit riscv\n v1 = get x1\n v2 = load.u1 v1", "line 3: what is missing: [")]
fn a_wrong_text_is_refused_with_line_and_reason(#[case] text: &str, #[case] sentence: &str) {
    assert_eq!(parse(text, &PLACES).unwrap_err().to_string(), sentence);
}

#[rstest]
#[case::empty("", "operation 0: a unit begins with its first guest instruction")]
#[case::no_instruction("leave", "operation 0: a unit begins with its first guest instruction")]
#[case::no_end("0x0 +4\n fence", "operation 1: the last operation does not end the unit")]
#[case::early_end("0x0 +4\n leave\n leave", "operation 1: operations follow the end of the unit")]
#[case::half(
    "0x0 +4\n v1 = get x1\n v2 = add.32 v1, v1\n set x1, v2\n leave",
    "operation 3: v2 is of type I32, which is not I64"
)]
#[case::half_compared(
    "0x0 +4\n v1 = const.i32 0x0\n branch.eq.64 v1, v1 -> 0x0\n leave",
    "operation 2: v1 is of type I32, which is not an integer of 64 bits"
)]
#[case::half_address(
    "0x0 +4\n v1 = const.i32 0x0\n v2 = load.u1 [v1]\n leave",
    "operation 2: v1 is of type I32, which is not an integer of 64 bits"
)]
#[case::wide_constant(
    "0x0 +4\n v1 = const.i32 0x100000000\n leave",
    "operation 1: a constant of 32 bits has zeros above them"
)]
#[case::number_as_integer(
    "0x0 +4\n v1 = get f1\n v2 = add.64 v1, v1\n leave",
    "operation 2: v1 is of type F64, which is not an integer of 64 bits"
)]
#[case::integer_as_number(
    "0x0 +4\n v1 = get x1\n v2 = fadd.f64 v1, v1\n leave",
    "operation 2: v1 is of type I64, which is not F64"
)]
#[case::other_format(
    "0x0 +4\n v1 = get f1\n v2 = fsqrt.f32 v1\n leave",
    "operation 2: v1 is of type F64, which is not F32"
)]
#[case::high_half(
    "0x0 +4\n v1 = get x1\n v2 = mulh.32 v1, v1\n leave",
    "operation 2: it has no form of 32 bits"
)]
#[case::ext("0x0 +4\n v1 = get x1\n v2 = ext.s8 v1\n leave", "operation 2: nothing is extended from 64 bits")]
#[case::atomic(
    "0x0 +4\n v1 = get x1\n v2 = cas.2 [v1], v1, v1\n leave",
    "operation 2: atomic accesses have four or eight bytes"
)]
fn a_unit_that_breaks_a_rule_is_found_out(#[case] ops: &str, #[case] sentence: &str) {
    let unit = parse(&format!("unit riscv\n{ops}"), &PLACES).unwrap();
    let error = check(&unit, &PLACES).map_err(|error| error.to_string());
    assert_eq!(error, Err(sentence.into()));
}

#[test]
fn an_operation_cannot_use_what_comes_after_it() {
    let mut unit = parse("unit riscv\n0x0 +4\n v1 = get x1\n set x1, v1\n leave", &PLACES).unwrap();
    unit.ops.swap(1, 2);
    assert_eq!(
        check(&unit, &PLACES).unwrap_err().to_string(),
        "operation 1: v1 is not defined before it is used"
    );
    unit.ops.swap(1, 2);
    unit.ops[0] = Op::Insn(1);
    assert_eq!(
        check(&unit, &PLACES).unwrap_err().to_string(),
        "operation 0: guest instruction 1 comes where 0 is due"
    );
    unit.ops[0] = Op::Insn(0);
    unit.insns.extend_from_within(..);
    let sentence = "operation 3: the unit has 2 guest instructions, of which operations name 1";
    assert_eq!(check(&unit, &PLACES).unwrap_err().to_string(), sentence);
}
