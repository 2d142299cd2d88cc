//! Our text against capstone's, for IMAFDC and the privileged rows: a second opinion beside GNU's.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use capstone::prelude::*;
use common::Numbers;
use spec::disasm::{self, Style};
use spec::random;
use spec::riscv::{Guest, RV32, RV64};
use std::collections::BTreeMap;

fn engine(guest: &Guest) -> Capstone {
    let mode = if guest.xlen == 64 { arch::riscv::ArchMode::RiscV64 } else { arch::riscv::ArchMode::RiscV32 };
    Capstone::new()
        .riscv()
        .mode(mode)
        .extra_mode([arch::riscv::ArchExtraMode::RiscVC].into_iter())
        .build()
        .unwrap()
}

/// The text with every number in decimal and every control register as its number, so that only what is
/// meant is compared. Targets are distances, as the address is zero.
fn normal(guest: &Guest, text: &str) -> String {
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((text, ""));
    let mut out = format!("{mnemonic} ");
    let mut token = String::new();
    for c in operands.chars().chain([',']) {
        if c.is_alphanumeric() || c == '-' || c == '.' {
            token.push(c);
        } else {
            out.push_str(&number(guest, &token).map_or(token.clone(), |n| n.to_string()));
            token.clear();
            out.push(c);
        }
    }
    out
}

fn number(guest: &Guest, token: &str) -> Option<i64> {
    if let Some((number, _)) = guest.controls.iter().find(|(_, name)| *name == token) {
        return Some(i64::from(*number));
    }
    let value = spec::asm::expr::number(token.trim_start_matches('-'))?;
    let value = if token.starts_with('-') { -value } else { value };
    Some(if guest.xlen == 32 { value << 32 >> 32 } else { value })
}

/// Differences that are known, each with its reason; all else is a failure.
fn excused(ours: &str, plain: &str, theirs: &str) -> bool {
    let name = ours.split(' ').next().unwrap_or_default();
    // GNU has names for shifts by zero.
    let shift_by_zero = ours.starts_with("c.s") && name.ends_with("i64");
    // Capstone leaves out the immediate of a hint.
    let nop = plain.starts_with("c.addi zero,") && theirs == "c.nop ,";
    // It has no pause and no prefetch: these are hints in the encodings of fence and ori.
    let hint = name == "pause" || name.starts_with("prefetch.");
    let zero = plain.starts_with("addi ") && plain.ends_with(",zero,0,") && theirs.starts_with("mv ");
    let written_out = ours.replace("zero,", "") == theirs;
    // It writes the base register of jalr as the second of three operands.
    let split = |text: &str| text.split([' ', ',', '(', ')']).map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (split(plain), split(theirs));
    let jalr = a[0] == "jalr" && b[0] == "jalr" && (&a[1], &a[2], &a[3]) == (&b[1], &b[3], &b[2]);
    // It knows control registers that left the specification (user-level traps): one word differs.
    let old = |text| split(text).iter().zip(&b).filter(|(a, b)| a != b).count() == 1;
    let control = plain.starts_with("csrr") && (old(ours) || old(plain));
    shift_by_zero || nop || hint || zero || written_out || jalr || control
}

#[test]
fn capstone_reads_sampled_words_as_we_do() {
    const EXTENSIONS: [&str; 9] = ["I", "M", "A", "F", "D", "C", "Zcf", "Zcd", "Zicsr"];
    for guest in [&RV64, &RV32] {
        let engine = engine(guest);
        let mut numbers = Numbers(37);
        let mut differ: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut words, mut read) = (0, 0);
        for row in guest.rows().filter(|r| EXTENSIONS.contains(&r.ext)) {
            for _ in 0..500 {
                let word = random::word(row, &mut || numbers.next());
                words += 1;
                let decoded = engine.disasm_count(&word.to_le_bytes(), 0, 1).unwrap();
                // Hints, reserved rounding modes and the like are no instructions to it.
                let Some(their) = decoded.iter().next() else { continue };
                read += 1;
                let their = format!("{} {}", their.mnemonic().unwrap(), their.op_str().unwrap());
                let their = normal(guest, &their.replace(", ", ","));
                let text = |style| normal(guest, &disasm::word(guest, word, 0, style).0);
                let (ours, plain) = (text(Style::Aliases), text(Style::Plain));
                if ours != their && plain != their && !excused(&ours, &plain, &their) {
                    let example = format!("{word:08x} ours '{ours}' or '{plain}' theirs '{their}'");
                    differ.entry(row.mnemonic.to_owned()).or_default().push(example);
                }
            }
        }
        let shown: Vec<String> = differ
            .iter()
            .map(|(name, all)| {
                format!("{name}: {}\n    {}", all.len(), all[..all.len().min(3)].join("\n    "))
            })
            .collect();
        assert!(differ.is_empty(), "{}:\n{}", guest.name, shown.join("\n"));
        assert!(read * 10 > words * 9, "capstone read only {read} of {words} words");
    }
}
