//! Encoding undoes decoding, assembling undoes disassembling.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Numbers, soak};
use rstest::rstest;
use spec::asm;
use spec::disasm::{self, Style};
use spec::encode::encode;
use spec::random;
use spec::riscv::{GUESTS, Guest, Insn, RV32, RV64, Row, decoder, row};

fn check_encode(guest: &Guest, word: u32) {
    let Some(insn) = decoder(guest.xlen).decode(word) else { return };
    let back = encode(row(insn.op), &insn);
    assert_eq!(back, Ok(insn.word), "{word:#010x} is {insn:?}");
}

#[rstest]
fn every_16_bit_word_encodes_back(#[values(&RV32, &RV64)] guest: &'static Guest) {
    (0..=0xffff).filter(|w| w & 3 != 3).for_each(|w| check_encode(guest, w));
}

/// A hundred million words over both widths: three in five with the fixed bits of a row, so that each
/// row has its share, the others uniform.
#[rstest]
fn sampled_32_bit_words_encode_back(#[values(&RV32, &RV64)] guest: &'static Guest) {
    let mut numbers = Numbers(11);
    let rows: Vec<&Row> = guest.rows().filter(|r| r.pattern.width == 32).collect();
    for i in 0..50_000_000 * soak() {
        let number = numbers.next();
        let bytes = number.to_le_bytes();
        let uniform = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let word = if i % 5 < 3 {
            let which = usize::from(u16::from_le_bytes([bytes[4], bytes[5]])) % rows.len();
            random::uniform(rows[which], &mut || number)
        } else {
            uniform | 3
        };
        check_encode(guest, word);
    }
}

#[test]
fn an_instruction_made_by_hand_encodes_only_where_its_operands_fit() {
    use spec::riscv::Op;
    let insn = |op, rd, rs1, imm| Insn { rd, rs1, imm, ..Insn::new(op, 4) };
    let text = |i: Insn| encode(row(i.op), &i).unwrap_err().to_string();
    assert_eq!(encode(row(Op::Addi), &insn(Op::Addi, 10, 10, -1)), Ok(0xfff5_0513));
    assert_eq!(text(insn(Op::Addi, 10, 10, 2048)), "imm 2048 is out of range: write -2048 to 2047");
    assert_eq!(text(insn(Op::Jal, 1, 0, 3)), "imm 3 has no encoding: write a multiple of 2");
    assert_eq!(text(insn(Op::Addi, 32, 0, 0)), "register 32 does not fit rd: write register 0 to 31");
    assert_eq!(text(insn(Op::CAndi, 3, 3, 0)), "register 3 does not fit rd'/rs1': write register 8 to 15");
    assert!(text(insn(Op::CLwsp, 0, 2, 0)).contains("excluded"), "c.lwsp has no form for x0");
    assert!(text(insn(Op::CAddi16sp, 5, 2, 16)).contains("implies 2"));
}

/// Whether `got` is what the text of `insn` should assemble to: its word. The text with aliases of a
/// short instruction may also give its expansion, or a word that reads the same (`mv`).
fn acceptable(guest: &Guest, insn: &Insn, text: &str, pc: u64, style: Style, got: u32) -> bool {
    if got == insn.word {
        return true;
    }
    let Some(base) = guest.expand(insn).filter(|_| style == Style::Aliases) else { return false };
    encode(row(base.op), &base) == Ok(got) || disasm::word(guest, got, pc, style).0 == text
}

fn check_text(guest: &Guest, word: u32, pc: u64) {
    let Some(insn) = (guest.decode)(word) else { return };
    for style in [Style::Aliases, Style::Plain] {
        let text = disasm::text(guest, &insn, pc, style);
        // Reserved rounding modes and empty fence sets have no name that could be read back.
        if text.contains("unknown") {
            continue;
        }
        match asm::line_text(guest, &text, pc) {
            Ok(done) => {
                let good = acceptable(guest, &insn, &text, pc, style, done.word);
                assert!(good, "{word:#010x} '{text}' gives {:#010x}", done.word);
            }
            Err(error) => panic!("{word:#010x} '{text}': {error}"),
        }
    }
}

fn anywhere(guest: &Guest, numbers: &mut Numbers) -> u64 {
    guest.wrap(numbers.next()) & !1
}

#[test]
fn the_text_of_every_16_bit_word_assembles_back() {
    let mut numbers = Numbers(13);
    for guest in GUESTS {
        for word in (0..=0xffff).filter(|w| w & 3 != 3) {
            check_text(guest, word, anywhere(guest, &mut numbers));
        }
    }
}

#[rstest]
fn the_text_of_sampled_words_assembles_back(#[values(&RV32, &RV64)] guest: &'static Guest) {
    let mut numbers = Numbers(17);
    let rows: Vec<&Row> = guest.rows().collect();
    for i in 0..500_000 * soak() {
        let row = rows[numbers.below(rows.len())];
        let mut source = || numbers.next();
        let word =
            if i % 2 == 0 { random::word(row, &mut source) } else { random::uniform(row, &mut source) };
        check_text(guest, word, anywhere(guest, &mut numbers));
    }
}

#[test]
fn a_word_without_a_row_reads_as_data_and_assembles_back() {
    for (word, text) in [(0, "unimp"), (0xffff_ffff, ".4byte 0xffffffff"), (0x8000, ".2byte 0x8000")] {
        assert_eq!(disasm::word(&RV64, word, 0, Style::Aliases).0, text);
        let plain = disasm::word(&RV64, word, 0, Style::Plain).0;
        assert_eq!(asm::line_text(&RV64, &plain, 0).unwrap().word, word, "{plain}");
    }
}
