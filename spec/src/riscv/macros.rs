//! Instructions of a program that are written as several. [Unpriv. ISA, assembly programmer's handbook]

use crate::rows::Expansion::{Lines, Ordinary, Refused};
use crate::rows::{Call, Expansion, Macro};

/// The lower part of the distance that the instruction just before took the upper part of.
pub(super) const PREVIOUS_LOW: &str = "%pcrel_lo_before";

const fn expands(mnemonic: &'static str, operands: &'static str, expand: fn(&Call) -> Expansion) -> Macro {
    Macro { mnemonic, operands, expand }
}

/// Every macro.
pub static MACROS: &[Macro] = &[
    expands("li", "rd, constant", li),
    expands("la", "rd, symbol", la),
    expands("lla", "rd, symbol", la),
    expands("call", "symbol", call),
    expands("tail", "symbol", tail),
    expands("lb", "rd, symbol", load),
    expands("lbu", "rd, symbol", load),
    expands("lh", "rd, symbol", load),
    expands("lhu", "rd, symbol", load),
    expands("lw", "rd, symbol", load),
    expands("lwu", "rd, symbol", load),
    expands("ld", "rd, symbol", load),
    expands("sb", "rs2, symbol, temporary", store),
    expands("sh", "rs2, symbol, temporary", store),
    expands("sw", "rs2, symbol, temporary", store),
    expands("sd", "rs2, symbol, temporary", store),
    expands("flw", "rd, symbol, temporary", store),
    expands("fld", "rd, symbol, temporary", store),
    expands("fsw", "rs2, symbol, temporary", store),
    expands("fsd", "rs2, symbol, temporary", store),
];

fn la(call: &Call) -> Expansion {
    let [rd, symbol] = call.operands else { return Ordinary };
    Lines(vec![
        format!("auipc {rd}, %pcrel_hi({symbol})"),
        format!("addi {rd}, {rd}, {PREVIOUS_LOW}({symbol})"),
    ])
}

fn call(call: &Call) -> Expansion {
    jump(call, "ra", "ra")
}

fn tail(call: &Call) -> Expansion {
    jump(call, "t1", "zero")
}

fn jump(call: &Call, temporary: &str, link: &str) -> Expansion {
    let [symbol] = call.operands else { return Ordinary };
    Lines(vec![
        format!("auipc {temporary}, %pcrel_hi({symbol})"),
        format!("jalr {link}, {PREVIOUS_LOW}({symbol})({temporary})"),
    ])
}

fn load(call: &Call) -> Expansion {
    let [rd, symbol] = call.operands else { return Ordinary };
    if symbol.contains('(') {
        return Ordinary;
    }
    access(call.mnemonic, rd, symbol, rd)
}

fn store(call: &Call) -> Expansion {
    let [value, symbol, temporary] = call.operands else { return Ordinary };
    access(call.mnemonic, value, symbol, temporary)
}

fn access(mnemonic: &str, value: &str, symbol: &str, temporary: &str) -> Expansion {
    Lines(vec![
        format!("auipc {temporary}, %pcrel_hi({symbol})"),
        format!("{mnemonic} {value}, {PREVIOUS_LOW}({symbol})({temporary})"),
    ])
}

fn li(call: &Call) -> Expansion {
    let [rd, constant] = call.operands else { return Ordinary };
    let Some(value) = (call.value)(constant) else {
        return Refused(format!(
            "the value of {constant} is not known here: define it above, or load an address with la"
        ));
    };
    if call.xlen == 32 {
        if !(-0x8000_0000..=0xffff_ffff).contains(&value) {
            return Refused(format!("constant {value:#x} does not fit a 32-bit register"));
        }
        return Lines(constant_lines(rd, value << 32 >> 32, "addi"));
    }
    Lines(constant_lines(rd, value, "addiw"))
}

/// Builds `value` in `rd`: 32-bit values by `lui` and an addition, wider ones by building what lies
/// above the lower twelve bits, shifting it left over its zeros, and adding those twelve.
fn constant_lines(rd: &str, value: i64, add: &str) -> Vec<String> {
    let low = (value & 0xfff ^ 0x800) - 0x800;
    if low == value {
        return vec![format!("addi {rd}, zero, {value}")];
    }
    let above = value.wrapping_sub(low) >> 12;
    if (-0x8000_0000..0x8000_0000).contains(&value) {
        let mut lines = vec![format!("lui {rd}, {:#x}", above & 0xf_ffff)];
        if low != 0 {
            lines.push(format!("{add} {rd}, {rd}, {low}"));
        }
        return lines;
    }
    let zeros = above.trailing_zeros();
    let mut lines = constant_lines(rd, above >> zeros, add);
    lines.push(format!("slli {rd}, {rd}, {}", zeros + 12));
    if low != 0 {
        lines.push(format!("addi {rd}, {rd}, {low}"));
    }
    lines
}
