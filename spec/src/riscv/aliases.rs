//! Other spellings of rows. [Unpriv. ISA, RISC-V assembly programmer's handbook; spelled as GNU does]
//!
//! Order counts: of the aliases of one row the disassembler takes the first that fits.

use super::Op;
use super::Op::*;
use crate::rows::Cond::{Is, Same};
use crate::rows::Role::{Always, Both, Plain, Print, Read};
use crate::rows::Slot::{Imm, Rd, Rs1, Rs2};
use crate::rows::{Alias, Cond, Role};

const fn alias(
    mnemonic: &'static str,
    op: Op,
    text: &'static str,
    when: &'static [Cond],
    role: Role,
) -> Alias<Op> {
    Alias { mnemonic, op, text, when, role }
}

const ZERO_RD: Cond = Is(Rd, 0);
const ZERO_RS1: Cond = Is(Rs1, 0);
const ZERO_RS2: Cond = Is(Rs2, 0);
const RA: Cond = Is(Rd, 1);
const NO_IMM: Cond = Is(Imm, 0);
const TWICE: Cond = Same(Rs2, Rs1);
/// Predecessor and successor set `iorw`.
const ALL: Cond = Is(Imm, 0xff);
const FFLAGS: Cond = Is(Imm, 1);
const FRM: Cond = Is(Imm, 2);
const FCSR: Cond = Is(Imm, 3);

/// Every alias.
#[rustfmt::skip]
pub static ALIASES: &[Alias<Op>] = &[
    // Integer registers and constants.
    alias("nop",    Addi,  "",      &[ZERO_RD, ZERO_RS1, NO_IMM], Both),
    alias("li",     Addi,  "d,i",   &[ZERO_RS1], Both),
    alias("mv",     Addi,  "d,s",   &[NO_IMM], Both),
    alias("move",   Addi,  "d,s",   &[NO_IMM], Read),
    alias("not",    Xori,  "d,s",   &[Is(Imm, -1)], Both),
    alias("zext.b", Andi,  "d,s",   &[Is(Imm, 255)], Both),
    alias("neg",    Sub,   "d,t",   &[ZERO_RS1], Both),
    alias("negw",   Subw,  "d,t",   &[ZERO_RS1], Both),
    alias("sext.w", Addiw, "d,s",   &[NO_IMM], Both),
    alias("zext.w", AddUw, "d,s",   &[ZERO_RS2], Both),
    alias("seqz",   Sltiu, "d,s",   &[Is(Imm, 1)], Both),
    alias("snez",   Sltu,  "d,t",   &[ZERO_RS1], Both),
    alias("sltz",   Slt,   "d,s",   &[ZERO_RS2], Both),
    alias("sgtz",   Slt,   "d,t",   &[ZERO_RS1], Both),
    alias("sgt",    Slt,   "d,t,s", &[], Read),
    alias("sgtu",   Sltu,  "d,t,s", &[], Read),
    // A register operation written with a constant.
    alias("add",    Addi,  "d,s,i", &[], Read),
    alias("addw",   Addiw, "d,s,i", &[], Read),
    alias("and",    Andi,  "d,s,i", &[], Read),
    alias("or",     Ori,   "d,s,i", &[], Read),
    alias("xor",    Xori,  "d,s,i", &[], Read),
    alias("slt",    Slti,  "d,s,i", &[], Read),
    alias("sltu",   Sltiu, "d,s,i", &[], Read),
    alias("sll",    Slli,  "d,s,i", &[], Read),
    alias("srl",    Srli,  "d,s,i", &[], Read),
    alias("sra",    Srai,  "d,s,i", &[], Read),
    alias("sll",    Slli32, "d,s,i", &[], Read),
    alias("srl",    Srli32, "d,s,i", &[], Read),
    alias("sra",    Srai32, "d,s,i", &[], Read),
    alias("sllw",   Slliw, "d,s,i", &[], Read),
    alias("srlw",   Srliw, "d,s,i", &[], Read),
    alias("sraw",   Sraiw, "d,s,i", &[], Read),
    alias("ror",    Rori,  "d,s,i", &[], Read),
    alias("ror",    Rori32, "d,s,i", &[], Read),
    alias("rorw",   Roriw, "d,s,i", &[], Read),
    alias("bclr",   Bclri, "d,s,i", &[], Read),
    alias("bext",   Bexti, "d,s,i", &[], Read),
    alias("binv",   Binvi, "d,s,i", &[], Read),
    alias("bset",   Bseti, "d,s,i", &[], Read),
    alias("bclr",   Bclri32, "d,s,i", &[], Read),
    alias("bext",   Bexti32, "d,s,i", &[], Read),
    alias("binv",   Binvi32, "d,s,i", &[], Read),
    alias("bset",   Bseti32, "d,s,i", &[], Read),
    // Branches and jumps.
    alias("beqz",   Beq,   "s,i",   &[ZERO_RS2], Both),
    alias("bnez",   Bne,   "s,i",   &[ZERO_RS2], Both),
    alias("blez",   Bge,   "t,i",   &[ZERO_RS1], Both),
    alias("bgez",   Bge,   "s,i",   &[ZERO_RS2], Both),
    alias("bltz",   Blt,   "s,i",   &[ZERO_RS2], Both),
    alias("bgtz",   Blt,   "t,i",   &[ZERO_RS1], Both),
    alias("ble",    Bge,   "t,s,i", &[], Read),
    alias("bleu",   Bgeu,  "t,s,i", &[], Read),
    alias("bgt",    Blt,   "t,s,i", &[], Read),
    alias("bgtu",   Bltu,  "t,s,i", &[], Read),
    alias("j",      Jal,   "i",     &[ZERO_RD], Both),
    alias("jal",    Jal,   "i",     &[RA], Both),
    alias("ret",    Jalr,  "",      &[ZERO_RD, Is(Rs1, 1), NO_IMM], Both),
    alias("jr",     Jalr,  "s",     &[ZERO_RD, NO_IMM], Both),
    alias("jr",     Jalr,  "i(s)",  &[ZERO_RD], Both),
    alias("jr",     Jalr,  "s,i",   &[ZERO_RD], Read),
    alias("jalr",   Jalr,  "s",     &[RA, NO_IMM], Both),
    alias("jalr",   Jalr,  "i(s)",  &[RA], Both),
    alias("jalr",   Jalr,  "d,s",   &[NO_IMM], Both),
    alias("jalr",   Jalr,  "d,s,i", &[], Read),
    alias("jalr",   Jalr,  "s,i",   &[RA], Read),
    // Memory order and the environment.
    alias("fence",  Fence, "",      &[ALL], Both),
    alias("sfence.vma", SfenceVma, "", &[ZERO_RS1, ZERO_RS2], Both),
    alias("sfence.vma", SfenceVma, "s", &[ZERO_RS2], Both),
    alias("scall",  Ecall, "",      &[], Read),
    alias("sbreak", Ebreak, "",     &[], Read),
    // Control registers.
    alias("unimp",     Csrrw,  "",    &[ZERO_RD, ZERO_RS1, Is(Imm, 0xc00)], Both),
    alias("frflags",   Csrrs,  "d",   &[FFLAGS, ZERO_RS1], Both),
    alias("frrm",      Csrrs,  "d",   &[FRM, ZERO_RS1], Both),
    alias("frcsr",     Csrrs,  "d",   &[FCSR, ZERO_RS1], Both),
    alias("rdcycle",   Csrrs,  "d",   &[Is(Imm, 0xc00), ZERO_RS1], Both),
    alias("rdtime",    Csrrs,  "d",   &[Is(Imm, 0xc01), ZERO_RS1], Both),
    alias("rdinstret", Csrrs,  "d",   &[Is(Imm, 0xc02), ZERO_RS1], Both),
    alias("csrr",      Csrrs,  "d,c", &[ZERO_RS1], Both),
    alias("fsflags",   Csrrw,  "s",   &[FFLAGS, ZERO_RD], Both),
    alias("fsflags",   Csrrw,  "d,s", &[FFLAGS], Both),
    alias("fsrm",      Csrrw,  "s",   &[FRM, ZERO_RD], Both),
    alias("fsrm",      Csrrw,  "d,s", &[FRM], Both),
    alias("fscsr",     Csrrw,  "s",   &[FCSR, ZERO_RD], Both),
    alias("fscsr",     Csrrw,  "d,s", &[FCSR], Both),
    alias("fsflagsi",  Csrrwi, "d,z", &[FFLAGS], Both),
    alias("fsflagsi",  Csrrwi, "z",   &[FFLAGS, ZERO_RD], Read),
    alias("fsrmi",     Csrrwi, "d,z", &[FRM], Both),
    alias("fsrmi",     Csrrwi, "z",   &[FRM, ZERO_RD], Read),
    alias("csrw",      Csrrw,  "c,s", &[ZERO_RD], Both),
    alias("csrs",      Csrrs,  "c,s", &[ZERO_RD], Both),
    alias("csrc",      Csrrc,  "c,s", &[ZERO_RD], Both),
    alias("csrwi",     Csrrwi, "c,z", &[ZERO_RD], Both),
    alias("csrsi",     Csrrsi, "c,z", &[ZERO_RD], Both),
    alias("csrci",     Csrrci, "c,z", &[ZERO_RD], Both),
    alias("csrw",      Csrrwi, "c,z", &[ZERO_RD], Read),
    alias("csrs",      Csrrsi, "c,z", &[ZERO_RD], Read),
    alias("csrc",      Csrrci, "c,z", &[ZERO_RD], Read),
    // Floating point.
    alias("fmv.s",  FsgnjS,  "d,s",   &[TWICE], Both),
    alias("fneg.s", FsgnjnS, "d,s",   &[TWICE], Both),
    alias("fabs.s", FsgnjxS, "d,s",   &[TWICE], Both),
    alias("fgt.s",  FltS,    "d,t,s", &[], Read),
    alias("fge.s",  FleS,    "d,t,s", &[], Read),
    alias("fmv.x.s", FmvXW,  "d,s",   &[], Read),
    alias("fmv.s.x", FmvWX,  "d,s",   &[], Read),
    alias("fmv.d",  FsgnjD,  "d,s",   &[TWICE], Both),
    alias("fneg.d", FsgnjnD, "d,s",   &[TWICE], Both),
    alias("fabs.d", FsgnjxD, "d,s",   &[TWICE], Both),
    alias("fgt.d",  FltD,    "d,t,s", &[], Read),
    alias("fge.d",  FleD,    "d,t,s", &[], Read),
    // Compressed rows that objdump does not expand: hints.
    alias("nop",       CNop,   "",        &[NO_IMM], Print),
    alias("c.nop",     CNop,   "i",       &[], Both),
    alias("c.addi",    CNop,   "{zero},i", &[], Plain),
    alias("addi",      CAddi,  "d,d,i",   &[NO_IMM], Print),
    alias("c.li",      CLi,    "d,i",     &[ZERO_RD], Both),
    alias("c.lui",     CLui,   "d,i",     &[ZERO_RD], Both),
    alias("c.mv",      CMv,    "d,t",     &[ZERO_RD], Both),
    alias("c.add",     CAdd,   "d,t",     &[ZERO_RD], Both),
    alias("mv",        CMv,    "d,t",     &[], Print),
    alias("c.slli64",  CSlli,  "d",       &[NO_IMM], Always),
    alias("c.srli64",  CSrli,  "d",       &[NO_IMM], Always),
    alias("c.srai64",  CSrai,  "d",       &[NO_IMM], Always),
    alias("c.slli64",  CSlli32, "d",      &[NO_IMM], Always),
    alias("c.srli64",  CSrli32, "d",      &[NO_IMM], Always),
    alias("c.srai64",  CSrai32, "d",      &[NO_IMM], Always),
    alias("c.slli",    CSlli,  "d,i",     &[ZERO_RD], Both),
    alias("c.slli",    CSlli32, "d,i",    &[ZERO_RD], Both),
    // Older names that programs use.
    alias("c.addi16sp", CAddi16sp, "i",   &[], Read),
    alias("c.addi4spn", CAddi4spn, "d,i", &[], Read),
];
