//! One line to a word: spellings that are read, and what errors say.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{gnu_assemble, have_gnu, skip};
use rstest::rstest;
use spec::asm;
use spec::riscv::{RV32, RV64};

/// Lines that our assembler and GNU's read, at address 0 and with 64-bit registers.
const LINES: &[&str] = &[
    "addi x10, x11, -2048",
    "add a0, a0, 5",
    "and a0, s0, fp",
    "andi a0, a1, 0xff",
    "addi a0,a0,'a'",
    "addi a0 , a0 , 0b101",
    "addi a0,a0,(1+2)*3",
    "addi a0,a0,1<<4|3",
    "addi a0,a0,-(7 - 3)",
    "addi a0,a0,0x10+-1",
    "addi a0,a0,~0",
    "ADDI a0,a0,1",
    "lw a0, (sp)",
    "lw a0, 0x10(sp)",
    "lw a0, (4+4)(sp)",
    "lw a0, %lo(0x12345678)(a1)",
    "sd s11, -8(sp)",
    "fld fa0, 8(a0)",
    "fsd f31, 8(x10)",
    "lui a0, 0xfffff",
    "lui a0, %hi(0x12345fff)",
    "auipc a0, 1",
    "jal 0x100",
    "jal t0, 0x100",
    "j 0x100",
    "jr a0",
    "jr 4(a0)",
    "jr a0, 4",
    "jalr a0",
    "jalr 8(a0)",
    "jalr a1, a0",
    "jalr a1, a0, 4",
    "jalr a1, 4(a0)",
    "ret",
    "beq a0, a1, 0x10",
    "bgt a0, a1, 0x10",
    "bleu a0, a1, 0x10",
    "beqz a0, 0x10",
    "bgtz a0, 0x10",
    "nop",
    "mv a0, a1",
    "move a0, a1",
    "not a0, a1",
    "neg a0, a1",
    "negw a0, a1",
    "sext.w a0, a1",
    "zext.w a0, a1",
    "zext.b a0, a1",
    "zext.h a0, a1",
    "seqz a0, a1",
    "snez a0, a1",
    "sltz a0, a1",
    "sgtz a0, a1",
    "sgt a0, a1, a2",
    "sll a0, a1, 3",
    "ror a0, a1, 3",
    "bext a0, a1, 63",
    "fence",
    "fence rw, w",
    "fence.tso",
    "fence.i",
    "pause",
    "ecall",
    "scall",
    "ebreak",
    "csrr a0, mstatus",
    "csrr a0, 0x300",
    "csrw sscratch, a0",
    "csrw mscratch, 5",
    "csrsi mstatus, 8",
    "csrrwi a0, fcsr, 31",
    "rdcycle a0",
    "frcsr a0",
    "fscsr a0, a1",
    "fsrmi 3",
    "fsflags a0",
    "lr.w a0, (a1)",
    "lr.d.aqrl a0, (a1)",
    "sc.w.rl a0, a1, (a2)",
    "amomaxu.d.aq a0, a1, (a2)",
    "fadd.s fa0, fa1, fa2",
    "fadd.s fa0, fa1, fa2, rtz",
    "fmadd.d fa0, fa1, fa2, fa3, rup",
    "fcvt.w.s a0, fa0, rtz",
    "fcvt.d.w fa0, a0",
    "fcvt.s.d fa0, fa1",
    "fmv.s fa0, fa1",
    "fneg.d fa0, fa1",
    "fabs.s fa0, fa1",
    "fgt.d a0, fa1, fa2",
    "fge.s a0, fa1, fa2",
    "fmv.x.s a0, fa0",
    "flh fa0, 2(a0)",
    "cbo.zero (a0)",
    "prefetch.w 32(a0)",
    "sfence.vma",
    "sfence.vma a0",
    "sfence.vma a0, a1",
    "c.addi a0, 1",
    "c.addi16sp sp, -64",
    "c.addi4spn a0, sp, 16",
    "c.lwsp a0, 4(sp)",
    "c.li a0, -1",
    "c.lui a0, 0xfffff",
    "c.jr ra",
    "c.beqz a0, 0x10",
    "c.nop",
    "c.unimp",
    "c.ebreak",
    "c.fsdsp fa0, 8(sp)",
];

#[test]
fn what_gnu_reads_we_read_the_same() {
    if !have_gnu() {
        return skip("GNU binutils for RISC-V are not installed: the assembler is not compared");
    }
    for line in LINES {
        // GNU compresses unless told not to.
        let option = if line.starts_with("c.") { "rvc" } else { "norvc" };
        // Targets are written relative to the instruction, so that GNU leaves no relocation.
        let relative =
            line.replace("0x100", ".+0x100").replace(", 0x10", ", .+0x10").replace(".+0x10(", "0x10(");
        let source = if line.contains('j') || line.starts_with('b') || line.starts_with("c.b") {
            relative
        } else {
            (*line).to_owned()
        };
        let theirs = gnu_assemble(&RV64, &format!(".option {option}\n{source}\n"));
        let ours = asm::bytes(&RV64, line, 0).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(ours, theirs, "{line}");
    }
}

#[rstest]
#[case("adi a0, a0, 1", "unknown mnemonic 'adi': did you mean 'add', 'addi' or 'andi'?")]
#[case("frobnicate", "unknown mnemonic 'frobnicate'")]
#[case("addi a0, a0, 2048", "imm 2048 is out of range: write -2048 to 2047")]
#[case("slli a0, a0, 64", "shamt 64 is out of range: write 0 to 63")]
#[case("addi a0, a0", "',' is missing; write 'addi rd, rs1, imm'")]
#[case("addi a0, a0,", "a value is missing")]
#[case(
    "addi a0, a32, 1",
    "'a32' is no register for rs1: did you mean 'a2' or 'a3'?; write 'addi rd, rs1, imm'"
)]
#[case(
    "fadd.s fa0, a1, fa2",
    "'a1' is no register for rs1: did you mean 'fa1', 'fa0' or 'fa2'?; write 'fadd.s rd, rs1, rs2, rm'"
)]
#[case("add a0, a1, a2, a3", "', a3' is left over; write 'add rd, rs1, rs2' or 'add rd, rs1, imm'")]
#[case("lw a0, 4(sp", "')' is missing; write 'lw rd, imm(rs1)'")]
#[case(
    "beq a0, a1, 0x10001",
    "target 0x10001 is 1 bytes away: it must be a multiple of 2 from -4096 to 4094"
)]
#[case(
    "j 0x40000000",
    "target 0x40000000 is 1073676288 bytes away: it must be a multiple of 2 from -1048576 to 1048574"
)]
#[case("j nowhere", "symbol 'nowhere' is not defined: add a label or .equ of that name")]
#[case("lui a0, 0x100000", "upper part 0x100000 is out of range: write 0 to 0xfffff")]
#[case("c.lui a0, 0x20", "upper part 0x20 is out of range: write 1 to 0x1f, or 0xfffe0 to 0xfffff")]
#[case(
    "csrr a0, mstats",
    "unknown control register 'mstats': did you mean 'mstatus', 'hstatus' or 'mstatush'?"
)]
#[case("csrr a0, 4096", "csr 4096 is out of range: write 0 to 4095")]
#[case("fadd.s fa0, fa1, fa2, up", "'up' is no rounding mode; write 'fadd.s rd, rs1, rs2, rm'")]
#[case("fence rx, w", "'rx' is no fence set of the letters iorw; write 'fence pred,succ' or 'fence'")]
#[case("c.addi sp, 0x7fffffff", "imm 2147483647 is out of range: write -32 to 31")]
#[case("c.lw a0, 2(a1)", "uimm 2 has no encoding: write a multiple of 4")]
#[case("c.lw t0, 4(a1)", "register 5 does not fit rd': write register 8 to 15")]
#[case("addi a0, a0, 0xg", "'0xg' is no number: write decimal, 0x…, 0b…, 0… (octal) or 'c'")]
#[case("addi a0, a0, 1/0", "division by zero")]
#[case("addi a0, a0, (1", "a closing ')' is missing")]
#[case("addi a0, a0, %lo(1", "a closing ')' is missing")]
#[case("addi a0, a0, %low(1)", "unknown operator '%low'")]
#[case(
    "addi a0, a0, %lo(0x123456789abcdef)",
    "0x123456789abcdef is beyond the reach of %lo, 32 bits with sign"
)]
#[case("li a0, 0x12345", "imm 74565 is out of range: write -2048 to 2047")]
fn an_error_names_the_fact_and_the_remedy(#[case] line: &str, #[case] says: &str) {
    assert_eq!(asm::line_text(&RV64, line, 0x1_0000).unwrap_err().to_string(), says);
}

#[rstest]
#[case("slli a0, a0, 31", true)]
#[case("slli a0, a0, 32", false)]
#[case("ld a0, (a1)", false)]
#[case("c.jal 0x10", true)]
#[case("addi a0, a0, 0xffffffff", true)]
#[case("zext.h a0, a0", true)]
#[case("j 0xfffffffe", true)]
fn rv32_has_its_own_rows_and_wraps_at_32_bits(#[case] line: &str, #[case] good: bool) {
    assert_eq!(asm::line_text(&RV32, line, 0).is_ok(), good, "{line}");
}

#[test]
fn suffixes_belong_to_atomic_rows_only() {
    assert!(asm::line_text(&RV64, "addi.aq a0, a0, 1", 0).is_err());
    assert!(asm::line_text(&RV64, "lr.w.aq.rl a0, (a1)", 0).is_err());
}
