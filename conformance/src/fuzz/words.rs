//! Targets around the rows: decoder, texts, assembler, case files.

use crate::case;
use crate::toy;
use spec::asm::{self, elf, program};
use spec::bits::Low;
use spec::disasm::{self, Style};
use spec::rows::Guest;
use spec::{encode, explain, riscv};
use std::fmt::Debug;
use std::path::Path;

/// Every four bytes are an instruction word of every guest.
///
/// # Panics
/// When a decoded word does not encode to itself, or its length is not the guest's.
pub fn decoder(data: &[u8]) {
    for (place, bytes) in (0u64..).zip(data.chunks(4)) {
        let mut four = [0; 4];
        four[..bytes.len()].copy_from_slice(bytes);
        let word = u32::from_le_bytes(four);
        // Targets of branches wrap at the ends of the address space.
        let pc = (place * 4).wrapping_sub(u64::from(word) << 32 & 0x1000);
        one_word(&riscv::RV64, word, pc);
        one_word(&riscv::RV32, word, pc);
        one_word(&toy::TEXT, word, pc);
    }
}

fn one_word<O: Copy + PartialEq + Debug>(guest: &Guest<O>, word: u32, pc: u64) {
    for style in [Style::Aliases, Style::Plain] {
        let (text, len) = disasm::word(guest, word, pc, style);
        assert!(!text.is_empty() && len == (guest.length)(word), "{word:#x} has an odd text: {text:?}");
    }
    let explained = explain::word(guest, word, pc);
    let Some(insn) = (guest.decode)(word) else {
        assert!(explained.is_err(), "{word:#x} is explained and is no instruction");
        return;
    };
    let row = (guest.row)(insn.op);
    assert_eq!(insn.len, (guest.length)(word), "{word:#x}: the row and the first bits disagree");
    let kept = if insn.len == 2 { word & 0xffff } else { word };
    assert_eq!(insn.word, kept, "{word:#x} was not kept");
    assert_eq!(encode::encode(row, &insn), Ok(kept), "{word:#x} does not encode to itself: {insn:?}");
    assert!(row.widths.has(guest.xlen), "{word:#x} decodes to a row of another width");
    let picture = explained.map(|e| e.picture);
    assert!(picture.is_ok(), "{word:#x} is an instruction and is not explained");
    let _ = guest.expand(&insn).map(|base| disasm::text(guest, &base, pc, Style::Aliases));
}

/// The bytes are a program's text, and its lines are instructions.
///
/// # Panics
/// When a line assembles to no word of its length, or an image has sections out of place.
pub fn assembler(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for guest in riscv::GUESTS {
        for line in text.lines().take(16) {
            if let Ok(done) = asm::line_text(guest, line, 0x1_0000) {
                assert!(done.len == 4 || done.word >> 16 == 0, "{line:?} is too long for its length");
            }
            let _ = explain::explain(guest, line, 0x1_0000);
        }
        match program(guest, &text, &asm::Options::default()) {
            Ok(image) => {
                let ends = image.sections.iter().map(|s| s.address.checked_add(s.bytes.len() as u64));
                let starts = image.sections.iter().skip(1).map(|s| s.address);
                assert!(ends.zip(starts).all(|(end, next)| end.is_some_and(|end| end <= next)));
                let file = elf::write(&image, elf::Target::of(guest));
                assert!(file.starts_with(b"\x7fELF"));
            }
            Err(faults) => assert!(faults.iter().all(|f| !f.to_string().is_empty()) && !faults.is_empty()),
        }
    }
}

/// The bytes are a case file of every guest.
///
/// # Panics
/// When an error names a line that the file does not have.
pub fn cases(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines = text.lines().count() + 1;
    let path = Path::new("fuzzed.case");
    let riscv = case::parse(path, &text, &case::riscv::Names).err();
    let toy = case::parse(path, &text, &toy::names::Names).err();
    for error in riscv.into_iter().chain(toy) {
        assert!(error.line <= lines, "{error}: the file has {lines} lines");
        assert!(error.to_string().len().low32() > 0);
    }
}
