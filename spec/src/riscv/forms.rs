//! RISC-V forms: operands and their assembly text. [Unpriv. ISA, instruction formats]
//!
//! Letters: `d` rd, `s` rs1, `t` rs2, `u` rs3, `i` immediate, `m` rounding mode, `q` aq/rl, `c` CSR,
//! `z` the five-bit immediate of a CSR instruction, `p` fence sets.

use super::names;
use crate::rows::{Code, Field, Form, Show, Slot, scatter};

const X: Show = Show::Reg(&names::X);
const F: Show = Show::Reg(&names::F);
const WIDE: Code = Code::Reg { width: 5, bias: 0 };
/// The three-bit register fields of compressed instructions name x8 to x15.
const PRIME: Code = Code::Reg { width: 3, bias: 8 };

const fn field(letter: u8, slots: &'static [Slot], code: Code, show: Show, name: &'static str) -> Field {
    Field { letter, slots, code, show, name }
}
const fn rd(show: Show) -> Field {
    field(b'd', &[Slot::Rd], WIDE, show, "rd")
}
const fn rs1(show: Show) -> Field {
    field(b's', &[Slot::Rs1], WIDE, show, "rs1")
}
const fn rs2(show: Show) -> Field {
    field(b't', &[Slot::Rs2], WIDE, show, "rs2")
}
const fn rs3(show: Show) -> Field {
    field(b'u', &[Slot::Rs3], WIDE, show, "rs3")
}
const fn simm(bits: &str, show: Show) -> Field {
    field(b'i', &[Slot::Imm], Code::Imm(scatter(bits, true)), show, "imm")
}
const fn uimm(bits: &str) -> Field {
    field(b'i', &[Slot::Imm], Code::Imm(scatter(bits, false)), Show::Decimal, "uimm")
}
const fn shamt(bits: &str) -> Field {
    field(b'i', &[Slot::Imm], Code::Imm(scatter(bits, false)), Show::Hex, "shamt")
}
const fn rm(show: Show) -> Field {
    field(b'm', &[Slot::Imm], Code::Imm(scatter("2:0", false)), show, "rm")
}
const fn form(text: &'static str, fields: &'static [Field]) -> Form {
    Form { text, fields }
}
/// A register that is not encoded.
const fn implied(slots: &'static [Slot], number: i32) -> Field {
    field(0, slots, Code::Fixed(number), Show::Hidden, "")
}

const ROUND: Field = rm(Show::Rounding);
const EXACT: Field = rm(Show::ExactRounding);
const ORDER: Field = field(b'q', &[Slot::Imm], Code::Imm(scatter("1:0", false)), Show::Ordering, "aqrl");
const CSR_: Field = field(b'c', &[Slot::Imm], Code::Imm(scatter("11:0", false)), Show::Csr, "csr");
const SETS: Field = field(b'p', &[Slot::Imm], Code::Imm(scatter("11:0", false)), Show::Fence, "pred,succ");
const BITS5: Field = field(b'z', &[Slot::Rs1], WIDE, Show::Decimal, "uimm");

pub const NONE: Form = form("", &[]);
pub const R: Form = form("d,s,t", &[rd(X), rs1(X), rs2(X)]);
pub const R1: Form = form("d,s", &[rd(X), rs1(X)]);
pub const I: Form = form("d,s,i", &[rd(X), rs1(X), simm("11:0", Show::Decimal)]);
pub const SHIFT6: Form = form("d,s,i", &[rd(X), rs1(X), shamt("5:0")]);
pub const SHIFT5: Form = form("d,s,i", &[rd(X), rs1(X), shamt("4:0")]);
pub const LOAD: Form = form("d,i(s)", &[rd(X), rs1(X), simm("11:0", Show::Decimal)]);
pub const JALR: Form = form("d,i(s)", &[rd(X), rs1(X), simm("11:0", Show::Decimal)]);
pub const S: Form = form("t,i(s)", &[rs1(X), rs2(X), simm("11:5|4:0", Show::Decimal)]);
pub const B: Form = form("s,t,i", &[rs1(X), rs2(X), simm("12|10:5|4:1|11", Show::Target)]);
pub const U: Form = form("d,i", &[rd(X), simm("31:12", Show::Upper)]);
pub const J: Form = form("d,i", &[rd(X), simm("20|10:1|11|19:12", Show::Target)]);
pub const FENCE: Form = form(
    "p",
    &[field(b'd', &[], WIDE, Show::Hidden, "rd"), field(b's', &[], WIDE, Show::Hidden, "rs1"), SETS],
);
pub const FENCE_I: Form = form(
    "",
    &[
        field(b'd', &[], WIDE, Show::Hidden, "rd"),
        field(b's', &[], WIDE, Show::Hidden, "rs1"),
        field(b'i', &[], Code::Imm(scatter("11:0", false)), Show::Hidden, "imm"),
    ],
);
pub const CSR: Form = form("d,c,s", &[rd(X), rs1(X), CSR_]);
pub const CSRI: Form = form("d,c,z", &[rd(X), BITS5, CSR_]);
pub const CBO: Form = form("(s)", &[rs1(X)]);
pub const PREFETCH: Form = form("i(s)", &[rs1(X), simm("11:5", Show::Decimal)]);
pub const SFENCE: Form = form("s,t", &[rs1(X), rs2(X)]);

pub const AMO: Form = form("d,t,(s)", &[rd(X), rs1(X), rs2(X), ORDER]);
pub const LR: Form = form("d,(s)", &[rd(X), rs1(X), ORDER]);

pub const FLOAD: Form = form("d,i(s)", &[rd(F), rs1(X), simm("11:0", Show::Decimal)]);
pub const FSTORE: Form = form("t,i(s)", &[rs1(X), rs2(F), simm("11:5|4:0", Show::Decimal)]);
pub const FR: Form = form("d,s,t", &[rd(F), rs1(F), rs2(F)]);
pub const FR_RM: Form = form("d,s,t,m", &[rd(F), rs1(F), rs2(F), ROUND]);
pub const FR4: Form = form("d,s,t,u,m", &[rd(F), rs1(F), rs2(F), rs3(F), ROUND]);
pub const FF_RM: Form = form("d,s,m", &[rd(F), rs1(F), ROUND]);
pub const FF_EXACT: Form = form("d,s,m", &[rd(F), rs1(F), EXACT]);
pub const FCMP: Form = form("d,s,t", &[rd(X), rs1(F), rs2(F)]);
pub const F2X: Form = form("d,s", &[rd(X), rs1(F)]);
pub const X2F: Form = form("d,s", &[rd(F), rs1(X)]);
pub const F2X_RM: Form = form("d,s,m", &[rd(X), rs1(F), ROUND]);
pub const X2F_RM: Form = form("d,s,m", &[rd(F), rs1(X), ROUND]);
pub const X2F_EXACT: Form = form("d,s,m", &[rd(F), rs1(X), EXACT]);

// Compressed. [Unpriv. ISA, C]
const SP: i32 = 2;
const RD_RS1: &[Slot] = &[Slot::Rd, Slot::Rs1];
const CD: Field = field(b'd', &[Slot::Rd], PRIME, X, "rd'");
const CFD: Field = field(b'd', &[Slot::Rd], PRIME, F, "rd'");
const CS: Field = field(b's', &[Slot::Rs1], PRIME, X, "rs1'");
const CT: Field = field(b't', &[Slot::Rs2], PRIME, X, "rs2'");
const CFT: Field = field(b't', &[Slot::Rs2], PRIME, F, "rs2'");
const CDS: Field = field(b'd', RD_RS1, PRIME, X, "rd'/rs1'");
const DS: Field = field(b'd', RD_RS1, WIDE, X, "rd/rs1");

pub const CIW: Form = form("d,{sp},i", &[CD, implied(&[Slot::Rs1], SP), uimm("5:4|9:6|2|3")]);
pub const CL_W: Form = form("d,i(s)", &[CD, CS, uimm("5:3|2|6")]);
pub const CL_D: Form = form("d,i(s)", &[CD, CS, uimm("5:3|7:6")]);
pub const CFL_W: Form = form("d,i(s)", &[CFD, CS, uimm("5:3|2|6")]);
pub const CFL_D: Form = form("d,i(s)", &[CFD, CS, uimm("5:3|7:6")]);
pub const CS_W: Form = form("t,i(s)", &[CT, CS, uimm("5:3|2|6")]);
pub const CS_D: Form = form("t,i(s)", &[CT, CS, uimm("5:3|7:6")]);
pub const CFS_W: Form = form("t,i(s)", &[CFT, CS, uimm("5:3|2|6")]);
pub const CFS_D: Form = form("t,i(s)", &[CFT, CS, uimm("5:3|7:6")]);
pub const CNOP: Form = form(
    "",
    &[implied(RD_RS1, 0), field(b'i', &[Slot::Imm], Code::Imm(scatter("5:0", true)), Show::Decimal, "imm")],
);
pub const CI: Form = form("d,i", &[DS, simm("5:0", Show::Decimal)]);
pub const CLI: Form = form("d,i", &[rd(X), implied(&[Slot::Rs1], 0), simm("5:0", Show::Decimal)]);
pub const CLUI: Form = form("d,i", &[rd(X), simm("17|16:12", Show::Upper)]);
pub const CI16SP: Form = form("{sp},i", &[implied(RD_RS1, SP), simm("9|4|6|8:7|5", Show::Decimal)]);
pub const CSHIFT: Form = form("d,i", &[DS, shamt("5:0")]);
pub const CSHIFT_PRIME: Form = form("d,i", &[CDS, shamt("5:0")]);
pub const CANDI: Form = form("d,i", &[CDS, simm("5:0", Show::Decimal)]);
pub const CA: Form = form("d,t", &[CDS, CT]);
pub const CR: Form = form("d,t", &[DS, rs2(X)]);
pub const CMV: Form = form("d,t", &[rd(X), implied(&[Slot::Rs1], 0), rs2(X)]);
pub const CJ: Form = form("i", &[implied(&[Slot::Rd], 0), simm("11|4|9:8|10|6|7|3:1|5", Show::Target)]);
pub const CJAL: Form = form("i", &[implied(&[Slot::Rd], 1), simm("11|4|9:8|10|6|7|3:1|5", Show::Target)]);
pub const CJR: Form = form("s", &[implied(&[Slot::Rd], 0), rs1(X)]);
pub const CJALR: Form = form("s", &[implied(&[Slot::Rd], 1), rs1(X)]);
pub const CB: Form = form("s,i", &[CS, implied(&[Slot::Rs2], 0), simm("8|4:3|7:6|2:1|5", Show::Target)]);
pub const CLWSP: Form = form("d,i({sp})", &[rd(X), implied(&[Slot::Rs1], SP), uimm("5|4:2|7:6")]);
pub const CLDSP: Form = form("d,i({sp})", &[rd(X), implied(&[Slot::Rs1], SP), uimm("5|4:3|8:6")]);
pub const CFLWSP: Form = form("d,i({sp})", &[rd(F), implied(&[Slot::Rs1], SP), uimm("5|4:2|7:6")]);
pub const CFLDSP: Form = form("d,i({sp})", &[rd(F), implied(&[Slot::Rs1], SP), uimm("5|4:3|8:6")]);
pub const CSWSP: Form = form("t,i({sp})", &[rs2(X), implied(&[Slot::Rs1], SP), uimm("5:2|7:6")]);
pub const CSDSP: Form = form("t,i({sp})", &[rs2(X), implied(&[Slot::Rs1], SP), uimm("5:3|8:6")]);
pub const CFSWSP: Form = form("t,i({sp})", &[rs2(F), implied(&[Slot::Rs1], SP), uimm("5:2|7:6")]);
pub const CFSDSP: Form = form("t,i({sp})", &[rs2(F), implied(&[Slot::Rs1], SP), uimm("5:3|8:6")]);
pub const CSHIFT5: Form = form("d,i", &[DS, shamt("4:0")]);
pub const CSHIFT5_PRIME: Form = form("d,i", &[CDS, shamt("4:0")]);
