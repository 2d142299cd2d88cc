//! Operand forms of the toy.

use spec::rows::{Code, Field, Form, Show, Slot, scatter};

pub static NAMES: [&str; 16] =
    ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

const REG: Code = Code::Reg { width: 4, bias: 0 };

const fn reg(letter: u8, slots: &'static [Slot], name: &'static str) -> Field {
    Field { letter, slots, code: REG, show: Show::Reg(&NAMES), name }
}
const fn imm(bits: &str, signed: bool, show: Show) -> Field {
    Field { letter: b'i', slots: &[Slot::Imm], code: Code::Imm(scatter(bits, signed)), show, name: "imm" }
}

const A: Field = reg(b'a', &[Slot::Rd], "a");
const B: Field = reg(b'b', &[Slot::Rs1], "b");
const C: Field = reg(b'c', &[Slot::Rs2], "c");

pub const ABC: Form = Form { text: "a,b,c", fields: &[A, B, C] };
pub const BC: Form = Form { text: "b,c", fields: &[B, C] };
pub const ABI: Form = Form { text: "a,b,i", fields: &[A, B, imm("15:0", true, Show::Decimal)] };
pub const MEM: Form = Form { text: "a,i(b)", fields: &[A, B, imm("15:0", true, Show::Decimal)] };
pub const AHI: Form = Form { text: "a,i", fields: &[A, imm("31:16", true, Show::Hex)] };
pub const GO: Form = Form { text: "i", fields: &[imm("25:2", true, Show::Target)] };
pub const B_ONLY: Form = Form { text: "b", fields: &[B] };
pub const CALL: Form = Form { text: "i", fields: &[imm("15:0", false, Show::Decimal)] };
