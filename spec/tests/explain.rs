//! Explanations, as a person reads them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use rstest::rstest;
use spec::explain::{ExplainError, explain};
use spec::riscv::{Guest, RV32, RV64};

fn told(guest: &Guest, text: &str) -> String {
    let all = explain(guest, text, 0x1_0000).unwrap_or_else(|e| panic!("{text}: {e}"));
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case("a-mnemonic", "addi")]
#[case("a-word", "0x00150513")]
#[case("a-branch", "beq a0, a1, 0x10010")]
#[case("a-compressed-word", "8082")]
#[case("a-compressed-row", "c.lw")]
#[case("an-atomic-with-suffix", "amoadd.w.aq a0, a1, (a2)")]
#[case("an-alias", "li")]
#[case("floating-point-with-rounding", "fadd.s fa0, fa1, fa2, rtz")]
#[case("a-control-register", "csrrs a0, cycle, zero")]
#[case("an-upper-immediate", "lui a0, 0x80000")]
#[case("a-fence", "fence rw, w")]
#[case("a-call-of-the-system", "ecall")]
#[case("a-privileged-row", "sfence.vma")]
fn an_explanation_reads_well(#[case] name: &str, #[case] text: &str) {
    insta::assert_snapshot!(name, told(&RV64, text));
}

#[test]
fn a_mnemonic_of_several_rows_explains_each() {
    // Without compressed loads of singles on the wide guest, with them on the narrow one.
    assert_eq!(explain(&RV64, "c.flw", 0).map(|all| all.len()), Err(unknown("c.flw")));
    assert_eq!(explain(&RV32, "c.flw", 0).unwrap().len(), 1);
    let all = explain(&RV64, "csrw", 0).unwrap();
    assert_eq!(
        all.iter().map(|e| e.form.as_str()).collect::<Vec<_>>(),
        ["csrrw rd, csr, rs1", "csrrwi rd, csr, uimm"]
    );
}

fn unknown(name: &str) -> ExplainError {
    let error = spec::asm::line_text(&RV64, name, 0).unwrap_err();
    ExplainError::Text(error)
}

#[test]
fn every_row_has_an_explanation_with_a_box_of_its_bits() {
    for guest in [&RV64, &RV32] {
        for row in guest.rows() {
            let told = spec::explain::about(guest, row);
            let lines: Vec<_> = told.picture.lines().collect();
            assert_eq!(lines.len(), 4, "{:?}", row.op);
            assert!(lines[1..].iter().all(|l| l.len() == lines[1].len()), "{}", told.picture);
            assert!(lines[0].len() <= lines[1].len() && lines[0].is_ascii(), "{}", told.picture);
            assert!(lines[1].len() <= 100, "{}", told.picture);
        }
    }
}

#[test]
fn a_word_without_a_row_says_so() {
    let error = explain(&RV64, "0xffffffff", 0).unwrap_err();
    assert_eq!(error.to_string(), "no instruction of riscv64 has the encoding 0xffffffff");
}
