//! No text makes the assembler, the program assembler or the explanation panic.
//!
//! STRATA_FUZZ_N sets the number of texts.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Numbers, from_env};
use spec::asm::{self, Options, elf};
use spec::explain::explain;
use spec::riscv::GUESTS;

/// Lines that reach every part of the parsers.
const SEEDS: &[&str] = &[
    "addi a0, a0, 1",
    "lw a0, -4(sp)",
    "lw a0, message",
    "sw a0, message, t0",
    "beq a0, a1, 1f",
    "fadd.s fa0, fa1, fa2, rtz",
    "amoadd.w.aqrl a0, a1, (a2)",
    "csrrw a0, mstatus, a1",
    "fence rw, w",
    "lui a0, %hi(message + 4)",
    "1: auipc a0, %pcrel_hi(message)",
    "addi a0, a0, %pcrel_lo(1b)",
    "c.addi16sp sp, -64",
    "c.lwsp a0, 4(sp)",
    "li a0, 0x123456789abcdef0",
    "la a0, message",
    "call start",
    "message: .asciz \"a \\x41\\101\\n\\\"\"",
    ".section .rodata.x, \"a\", @progbits",
    ".balign 8",
    ".align 3",
    ".zero 1 << 4",
    ".equ x, (1 + 2) * -3 | ~'a'",
    "x = x + 1",
    ".fill 3, 2, -1",
    ".word 1, 0b101, 0777, 'a', message - .",
    ".size message, . - message",
    "/* comment */ nop # end",
    "0x00150513",
    "8082",
    ".float 1.5e3, nan",
    "start: j start ; ret // end",
];

/// Pieces that mutations insert.
const PIECES: &[&str] = &[
    "(",
    ")",
    ",",
    "%",
    "'",
    "\"",
    "\\",
    "-",
    "~",
    ":",
    "1b",
    "0x",
    "é",
    "\u{0}",
    "9223372036854775808",
    "<<",
    "/0",
    ".",
    "  ",
    "x31",
    "f32",
    "\n",
    "{sp}",
    "%hi(",
    "𝄞",
    "=",
    "0b",
    "/*",
    "*/",
    ";",
    "18446744073709551615",
];

fn mutated(numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = SEEDS[numbers.below(SEEDS.len())].chars().collect();
    for _ in 0..numbers.below(5) {
        let at = numbers.below(text.len() + 1);
        let end = (at + numbers.below(4)).min(text.len());
        match numbers.below(5) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
            2 => drop(text.splice(at..end, SEEDS[numbers.below(SEEDS.len())].chars().take(9))),
            3 => text.truncate(at),
            _ => {
                let code = u32::try_from(numbers.below(0x3000)).unwrap();
                text.splice(at..end, char::from_u32(code));
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn no_line_panics() {
    let mut numbers = Numbers(23);
    for _ in 0..from_env("STRATA_FUZZ_N", 200_000) {
        let text = mutated(&mut numbers);
        let guest = GUESTS[numbers.below(2)];
        let pc = numbers.next();
        // Errors are sentences too: writing them must not panic either.
        let _ = asm::line_text(guest, &text, pc).map_err(|e| e.to_string());
        let _ = explain(guest, &text, pc).map(|all| all.iter().map(ToString::to_string).collect::<String>());
    }
}

#[test]
fn no_program_panics() {
    let mut numbers = Numbers(29);
    for _ in 0..from_env("STRATA_FUZZ_N", 200_000) / 10 {
        let lines: Vec<_> = (0..1 + numbers.below(8)).map(|_| mutated(&mut numbers)).collect();
        let guest = GUESTS[numbers.below(2)];
        let options = Options { base: numbers.next() >> numbers.below(64), page: numbers.next() >> 40 };
        match asm::program(guest, &lines.join("\n"), &options) {
            Ok(image) => drop(elf::write(&image, elf::Target::of(guest))),
            Err(faults) => assert!(!faults.iter().map(ToString::to_string).collect::<String>().is_empty()),
        }
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
    for deep in ["(", "-", "%hi(", "~(", "'"] {
        let text = format!("addi a0, a0, {}", deep.repeat(100_000));
        assert!(asm::line_text(GUESTS[0], &text, 0).is_err());
        assert!(
            asm::program(GUESTS[0], &format!(".word {}", deep.repeat(100_000)), &Options::default()).is_err()
        );
    }
}
