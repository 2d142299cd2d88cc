//! Text of instructions: the two styles, targets, symbols.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use rstest::rstest;
use spec::disasm::{Style, text_with, word};
use spec::riscv::{Guest, RV32, RV64};

#[rstest]
#[case(0x0015_0513, "addi a0,a0,1", "addi a0,a0,1")]
#[case(0x0505, "addi a0,a0,1", "c.addi a0,1")]
#[case(0x8082, "ret", "c.jr ra")]
#[case(0x0000_8067, "ret", "jalr zero,0(ra)")]
#[case(0x852e, "mv a0,a1", "c.mv a0,a1")]
#[case(0x4501, "li a0,0", "c.li a0,0")]
#[case(0x0001, "nop", "c.addi zero,0")]
#[case(0x2501, "sext.w a0,a0", "c.addiw a0,0")]
#[case(0x0ff5_7513, "zext.b a0,a0", "andi a0,a0,255")]
#[case(0xc000_2573, "rdcycle a0", "csrrs a0,cycle,zero")]
#[case(0x3000_2573, "csrr a0,mstatus", "csrrs a0,mstatus,zero")]
#[case(0x20b5_8553, "fmv.s fa0,fa1", "fsgnj.s fa0,fa1,fa1")]
#[case(0x00c5_8553, "fadd.s fa0,fa1,fa2,rne", "fadd.s fa0,fa1,fa2,rne")]
#[case(0x0ff0_000f, "fence", "fence iorw,iorw")]
#[case(0x1405_252f, "lr.w.aq a0,(a0)", "lr.w.aq a0,(a0)")]
#[case(0x1330_000f, ".4byte 0x1330000f", ".4byte 0x1330000f")]
#[case(0x0000, "unimp", "c.unimp")]
fn each_style_has_its_spelling(#[case] number: u32, #[case] aliases: &str, #[case] plain: &str) {
    assert_eq!(word(&RV64, number, 0, Style::Aliases).0, aliases);
    assert_eq!(word(&RV64, number, 0, Style::Plain).0, plain);
}

#[rstest]
#[case(&RV64, 0x1_0074, "beqz a0,0x10070")]
#[case(&RV64, 0, "beqz a0,0xfffffffffffffffc")]
#[case(&RV32, 0, "beqz a0,0xfffffffc")]
fn targets_are_absolute_and_wrap_at_the_register_width(
    #[case] guest: &Guest,
    #[case] pc: u64,
    #[case] text: &str,
) {
    assert_eq!(word(guest, 0xfe05_0ee3, pc, Style::Aliases).0, text);
}

#[test]
fn a_symbolizer_names_targets() {
    let insn = (RV64.decode)(0xfe05_0ee3).unwrap();
    let name = |at: u64| (at == 0x1_0070).then(|| "loop".to_owned());
    assert_eq!(text_with(&RV64, &insn, 0x1_0074, Style::Aliases, &name), "beqz a0,0x10070 <loop>");
    assert_eq!(text_with(&RV64, &insn, 0x1_0078, Style::Aliases, &name), "beqz a0,0x10074");
}
