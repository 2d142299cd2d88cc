//! What each row is lifted to, as text.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use interp::riscv::{Rv, Rv32, Rv64};
use jit::ir::{At, Builder, Op, check, text};
use jit::lift::Lift;
use rstest::rstest;
use spec::disasm::{self, Style};
use spec::encode::encode;
use spec::insn::Insn;
use spec::riscv::{ROWS, RV32, RV64, Row, decoder};
use spec::rows::{Code, Slot};

const PC: u64 = 0x1000;

/// The row with x10 to x13 for its registers and the first immediate that it has an encoding for.
fn example(row: &Row, xlen: u32) -> spec::riscv::Insn {
    let register = |slot| match slot {
        Slot::Rd => 10,
        Slot::Rs1 => 11,
        Slot::Rs2 => 12,
        Slot::Rs3 | Slot::Imm => 13,
    };
    let immediates = [0x33, 7, 16, 24, 3, 1, 0x7000_0000, 0x1_f000, 0];
    let with = |imm| {
        let mut insn = Insn::new(row.op, 4);
        for field in row.form.fields {
            // A register that is target and operand is named by the first.
            let named = field.slots.first().map_or(0, |slot| register(*slot));
            for &slot in field.slots {
                let value = match field.code {
                    Code::Fixed(implied) => implied,
                    Code::Reg { .. } => named,
                    Code::Imm(_) => imm,
                };
                insn.set_slot(slot, value);
            }
        }
        encode(row, &insn).ok().and_then(|word| decoder(xlen).decode(word)).filter(|insn| insn.op == row.op)
    };
    immediates.into_iter().find_map(with).unwrap_or_else(|| panic!("{} has no example", row.mnemonic))
}

/// An instruction and its operations, line by line.
fn told<G: Lift + Rv>(row: &Row) -> String {
    let insn = example(row, G::XLEN);
    let at = At { pc: PC, len: insn.len };
    let mut b = Builder::new();
    b.insn(at);
    G::lift(&mut b, &insn, at);
    if !b.ended() {
        b.push(Op::Jump(G::after(at)));
    }
    let unit = b.finish();
    check(&unit, G::places()).unwrap_or_else(|e| panic!("{}: {e}", row.mnemonic));
    let guest = if G::XLEN == 32 { &RV32 } else { &RV64 };
    let all = text::print(&unit, G::places()).to_string();
    let falls = format!("  jump {:#x}", G::after(at));
    let lines = all.lines().skip(2).filter(|line| *line != falls);
    let name = disasm::text(guest, &insn, PC, Style::Plain);
    [name.as_str()].into_iter().chain(lines).collect::<Vec<_>>().join("\n") + "\n"
}

fn lifts<G: Lift + Rv>(extensions: &[&str]) -> String {
    let rows = ROWS.iter().filter(|row| row.widths.has(G::XLEN) && extensions.contains(&row.ext));
    rows.map(told::<G>).collect()
}

#[rstest]
#[case("i", &["I"])]
#[case("m", &["M"])]
#[case("a", &["A"])]
#[case("f", &["F"])]
#[case("d", &["D"])]
#[case("zfh", &["Zfhmin"])]
#[case("z", &["Zicsr", "Zifencei", "Zicond", "Zicbom", "Zicboz", "Zicbop", "Zihintpause"])]
#[case("b", &["Zba", "Zbb", "Zbc", "Zbs"])]
#[case("c", &["C", "Zcd", "Zcf"])]
#[case("privileged", &["S", "M-mode", "Svinval"])]
fn rows_are_lifted_to(#[case] name: &str, #[case] extensions: &[&str]) {
    insta::assert_snapshot!(name, lifts::<Rv64>(extensions));
    insta::assert_snapshot!(format!("{name}_rv32"), lifts::<Rv32>(extensions));
}

#[test]
fn every_extension_has_its_text() {
    let told = [
        "I",
        "M",
        "A",
        "F",
        "D",
        "Zfhmin",
        "Zicsr",
        "Zifencei",
        "Zicond",
        "Zicbom",
        "Zicboz",
        "Zicbop",
        "Zihintpause",
        "Zba",
        "Zbb",
        "Zbc",
        "Zbs",
        "C",
        "Zcd",
        "Zcf",
        "S",
        "M-mode",
        "Svinval",
    ];
    let missing: Vec<_> = ROWS.iter().map(|row| row.ext).filter(|ext| !told.contains(ext)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
