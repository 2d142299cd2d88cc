//! The fuzz targets on inputs that are the same in every run. `STRATA_FUZZ_N` is how many each gets;
//! `STRATA_FUZZ_INPUT` is one input in hexadecimal, to replay it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod devices;

use conformance::case;
use conformance::fuzz::{self, Mutator};
use conformance::random::{Source, Subject};
use conformance::toy::Toy;
use interp::riscv::{Rv32, Rv64};
use spec::disasm::{self, Style};
use spec::riscv::{RV64, executable};
use std::path::Path;

const PROGRAM: &str = "\
    .globl _start
    .equ COUNT, 3
_start:
    li a0, 0x12345678
    la a1, message
1:  lbu a2, 0(a1)
    addi a1, a1, 1
    bnez a2, 1b
    call twice
    li a7, 93
    ecall
twice: slli a0, a0, 1
    ret
    .align 4
    .rodata
message: .asciz \"one\\n\"
    .data
    .word COUNT, message + 4
    .bss
    .zero 64
";

const COMMANDS: &str = "step 3\nn\nfinish\nc\nuntil main+0x12\nb 0x10184\nwatch $sp,8\ndelete 1\nregs\nx/4xw main\nx/3i $pc-4\n\
     disas main 5\ninfo maps\nsymbols pri\nq\n";

/// How many inputs each target gets.
fn count(usual: u64) -> u64 {
    std::env::var("STRATA_FUZZ_N").map_or(usual, |n| n.parse().expect("STRATA_FUZZ_N is a number"))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..][..2], 16).unwrap()).collect()
}

/// Runs `target` on its inputs.
fn fuzz(name: &str, target: fn(&[u8]), seeds: Vec<Vec<u8>>) {
    fuzz_for(count(20_000), &format!("fuzz_{name}"), target, seeds);
}

/// Runs `target` on `count` inputs in the test that is called `name`; a panic is repeated with the input that did it.
fn fuzz_for(count: u64, name: &str, target: fn(&[u8]), seeds: Vec<Vec<u8>>) {
    if let Ok(text) = std::env::var("STRATA_FUZZ_INPUT") {
        return target(&unhex(&text));
    }
    for seed in &seeds {
        target(seed);
    }
    let mut inputs = Mutator::new(u64::from(name.as_bytes()[0]), seeds);
    for number in 0..count {
        let input = inputs.input();
        let ran = std::panic::catch_unwind(|| target(&input));
        if ran.is_err() {
            let hex: String = input.iter().map(|b| format!("{b:02x}")).collect();
            panic!(
                "input {number} of {name} ({:?}) failed; replay:\n\
                 STRATA_FUZZ_INPUT={hex} cargo test -p conformance --test fuzz {name}",
                String::from_utf8_lossy(&input)
            );
        }
    }
    println!("{name}: {count} inputs");
}

/// Words of every row of a guest.
fn words<S: Subject>() -> Vec<u32> {
    let mut source = Source::new(1);
    let rows = S::text().rows().chain(S::text().rows());
    rows.map(|row| spec::random::word(row, &mut || source.any())).collect()
}

#[test]
fn fuzz_decoder() {
    let all = [words::<Rv64>(), words::<Rv32>(), words::<Toy>()].concat();
    fuzz(
        "decoder",
        fuzz::decoder,
        all.chunks(4).map(|c| c.iter().flat_map(|w| w.to_le_bytes()).collect()).collect(),
    );
}

#[test]
fn fuzz_assembler() {
    let lines: Vec<String> =
        words::<Rv64>().iter().map(|w| disasm::word(&RV64, *w, 0x1_0000, Style::Aliases).0).collect();
    let mut seeds: Vec<Vec<u8>> = lines.chunks(3).map(|c| c.join("\n").into_bytes()).collect();
    let parts: Vec<&str> = PROGRAM.lines().collect();
    seeds.extend(parts.chunks(4).map(|c| c.join("\n").into_bytes()));
    seeds.push(PROGRAM.into());
    fuzz("assembler", fuzz::assembler, seeds);
}

#[test]
fn fuzz_cases() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    let mut seeds = vec![];
    for path in case::files(&golden).unwrap() {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().take(12).collect();
        seeds.push(lines.join("\n").into_bytes());
    }
    fuzz("cases", fuzz::cases, seeds);
}

#[test]
fn fuzz_elf() {
    let file = executable(&RV64, PROGRAM).unwrap();
    fuzz("elf", fuzz::elf, vec![file.clone(), file[..file.len() / 2].to_vec()]);
}

#[test]
fn fuzz_commands() {
    let seeds = COMMANDS.lines().map(Vec::from).chain([COMMANDS.into()]).collect();
    fuzz("commands", fuzz::commands, seeds);
}

/// The way a find is reported and replayed, on a target that has one.
#[test]
fn a_fuzz_find_is_reported_with_its_input() {
    let picky = |data: &[u8]| assert!(!data.ends_with(b"x"), "ends with x");
    let found = std::panic::catch_unwind(|| fuzz("picky", picky, vec![b"abc".to_vec()]));
    let message = *found.unwrap_err().downcast::<String>().unwrap();
    let hex = message.split("STRATA_FUZZ_INPUT=").nth(1).unwrap().split(' ').next().unwrap();
    assert!(unhex(hex).ends_with(b"x"), "{message}");
}
