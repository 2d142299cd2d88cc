//! The program assembler: directives, expressions, macros, and its ELF files.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Numbers, have_gnu, skip};
use object::{Object as _, ObjectSection as _, ObjectSegment as _, ObjectSymbol as _};
use rstest::rstest;
use spec::asm::{self, Image, Options, elf};
use spec::riscv::{Guest, Op, RV32, RV64};

fn faults(guest: &Guest, source: &str) -> String {
    let faults = asm::program(guest, source, &Options::default()).map(|_| ()).unwrap_err();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn assemble(guest: &Guest, source: &str) -> Image {
    asm::program(guest, source, &Options::default())
        .unwrap_or_else(|f| panic!("{}", f.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// The bytes of `.data` of a program that has only that.
fn data(directives: &str) -> Vec<u8> {
    assemble(&RV64, &format!(".data\n{directives}"))
        .section(".data")
        .map(|s| s.bytes.clone())
        .unwrap_or_default()
}

const HELLO: &str = r#"
# Writes a greeting and ends.
        .globl  _start
        .equ    SYS_write, 64
        .equ    SYS_exit, 93
        .text
_start: li      a0, 1           // stdout
        la      a1, message
        li      a2, 13
        li      a7, SYS_write
        ecall
        call    finish
1:      beqz    a0, 1b
        bnez    a0, 1f
        tail    finish
1:      j       1b
        .type   finish, @function
finish: lw      a0, status
        sw      a0, status, t0
        fld     fa0, table, t0
        li      a7, SYS_exit
2:      auipc   a3, %pcrel_hi(table)
        ld      a3, %pcrel_lo(2b)(a3)
        lui     a4, %hi(message)
        addi    a4, a4, %lo(message)
        ecall
        ret
        .size   finish, . - finish
        .section .rodata
message: .ascii "hello, world\n"
        .data
        .balign 8
status: .word 0
        .balign 8
table:  .dword finish, 0x1122334455667788
        .byte 1, -1, 'a', '\n'
        .half 0x1234
        .asciz "tab\tquote\"nul\0oct\101hex\x41"
        .zero 3
        .align 2
        .word (1 + 2) * 3 - 8 / 2, 1 << 4 | 3, ~0, table - status
        .bss
buffer: .zero 64
"#;

#[test]
fn a_program_assembles_and_links_to_the_bytes_of_gnus_tools() {
    if !have_gnu() {
        return skip("GNU binutils for RISC-V are not installed: the program assembler is not compared");
    }
    let image = assemble(&RV64, HELLO);
    let starts: Vec<(&str, u64)> = image.sections.iter().map(|s| (s.name.as_str(), s.address)).collect();
    assert_eq!(starts.iter().map(|s| s.0).collect::<Vec<_>>(), [".text", ".rodata", ".data", ".bss"]);
    let theirs = common::gnu_link(&HELLO.replace("//", "#"), &starts);
    for (section, bytes) in image.sections.iter().zip(&theirs) {
        // GNU fills sections up to their alignment.
        let (ours, pad) = bytes.split_at(section.bytes.len().min(bytes.len()));
        assert_eq!(&section.bytes[..ours.len()], ours, "{}", section.name);
        assert!(pad.iter().all(|b| *b == 0), "{}", section.name);
    }
}

#[test]
fn a_program_has_sections_symbols_and_an_entry() {
    let image = assemble(&RV64, HELLO);
    assert_eq!(image.entry, 0x1_0000);
    assert_eq!(image.symbol("SYS_exit"), Some(93));
    assert_eq!(image.symbol("message"), Some(0x1_1000));
    let finish = image.symbols.iter().find(|s| s.name == "finish").unwrap();
    assert!(finish.function && !finish.global && finish.size > 0 && finish.section == Some(0));
    assert!(image.symbols.iter().any(|s| s.name == "_start" && s.global));
}

#[rstest]
#[case(&RV64, false)]
#[case(&RV32, false)]
#[case(&RV64, true)]
#[case(&RV32, true)]
fn its_elf_file_reads_back(#[case] guest: &Guest, #[case] big_endian: bool) {
    let source = HELLO.replace("ld      a3", "lw      a3").replace(", 0x1122334455667788", "");
    let image = assemble(guest, &source);
    let target = elf::Target { big_endian, ..elf::Target::of(guest) };
    let bytes = elf::write(&image, target);
    let file = object::File::parse(&*bytes).unwrap();
    assert_eq!(file.is_64(), guest.xlen == 64);
    assert_eq!(file.is_little_endian(), !big_endian);
    assert_eq!(
        file.architecture(),
        if guest.xlen == 64 { object::Architecture::Riscv64 } else { object::Architecture::Riscv32 }
    );
    assert_eq!(file.entry(), image.entry);
    for section in &image.sections {
        let read = file.section_by_name(&section.name).unwrap();
        assert_eq!((read.address(), read.size()), (section.address, section.bytes.len() as u64));
        if section.name != ".bss" {
            assert_eq!(read.data().unwrap(), section.bytes);
        }
    }
    for symbol in &image.symbols {
        let read = file.symbol_by_name(&symbol.name).unwrap();
        assert_eq!((read.address(), read.is_global()), (symbol.value, symbol.global), "{}", symbol.name);
    }
    let segments: Vec<_> =
        file.segments().map(|s| (s.address(), s.size() > s.data().unwrap().len() as u64)).collect();
    assert_eq!(segments, [(0x1_0000, false), (0x1_1000, false), (0x1_2000, true)]);
}

/// Runs the few instructions that `li` uses.
fn run(guest: &Guest, code: &[u8]) -> u64 {
    let mut a0 = 0u64;
    for word in code.chunks(4) {
        let insn = (guest.decode)(u32::from_le_bytes(word.try_into().unwrap())).unwrap();
        assert_eq!(insn.rd, 10);
        let source = if insn.rs1 == 0 { 0 } else { a0 };
        let narrow =
            |v: u64| i64::from(i32::from_le_bytes(v.to_le_bytes()[..4].try_into().unwrap())).cast_unsigned();
        a0 = match insn.op {
            Op::Lui => insn.simm(),
            Op::Addi => source.wrapping_add(insn.simm()),
            Op::Addiw => narrow(source.wrapping_add(insn.simm())),
            Op::Slli => source << insn.imm,
            op => panic!("li wrote {op:?}"),
        };
        a0 = if guest.xlen == 32 { narrow(a0) } else { a0 };
    }
    a0
}

#[test]
fn li_builds_any_64_bit_constant_in_at_most_eight_instructions() {
    let mut numbers = Numbers(31);
    let edges =
        [0, 1, 0x7ff, 0x800, 0xfff, 0x7fff_f7ff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 63, u64::MAX];
    let around = edges.iter().flat_map(|e| [e.wrapping_sub(1), *e, e.wrapping_add(1), e.wrapping_neg()]);
    let random = (0..2000).map(|i| numbers.next() >> (i % 64));
    for value in around.chain(random).collect::<Vec<_>>() {
        let image = assemble(&RV64, &format!("li a0, {value:#x}"));
        let code = &image.sections[0].bytes;
        assert_eq!(run(&RV64, code), value, "{value:#x}");
        assert!(code.len() <= 32, "{value:#x} takes {} bytes", code.len());
    }
    for value in ["-1", "0xffffffff", "0x80000000", "-2147483648", "0x12345678"] {
        let image = assemble(&RV32, &format!("li a0, {value}"));
        let wanted = spec::asm::expr::number(value.trim_start_matches('-')).unwrap();
        let wanted = if value.starts_with('-') { -wanted } else { wanted };
        assert_eq!(run(&RV32, &image.sections[0].bytes) << 32, wanted.cast_unsigned() << 32, "{value}");
    }
}

#[rstest]
#[case(".byte 1, 0xff, -1, 'a', '\\n', '\\x41'", &[1, 255, 255, 97, 10, 65])]
#[case(".half 0x1234\n.2byte 1", &[0x34, 0x12, 1, 0])]
#[case(".dword 1", &[1, 0, 0, 0, 0, 0, 0, 0])]
#[case(".ascii \"a#b\", \"//;\" # comment", b"a#b//;")]
#[case(".asciz \"é\"", &[0xc3, 0xa9, 0])]
#[case(".byte 1; .balign 4; .byte 2", &[1, 0, 0, 0, 2])]
#[case(".byte 1\n.align 1\n.byte 2", &[1, 0, 2])]
#[case(".space 2, 7", &[7, 7])]
#[case(".fill 2, 2, 0x102", &[2, 1, 2, 1])]
#[case(".byte end - start\nstart: .zero 5\nend:", &[5, 0, 0, 0, 0, 0])]
#[case(".set x, 1\n.byte x\n.set x, x + 1\n.byte x", &[1, 2])]
#[case("y = 3\n.byte y /* between */, y", &[3, 3])]
#[case("1: .byte 1f - 1b\n1: .byte 1b - 1b", &[1, 0])]
#[case("/* one\n two */ .byte 1 // three", &[1])]
#[case(".float 1.5", &[0, 0, 0xc0, 0x3f])]
#[case(".byte '#', ';', ','", b"#;,")]
fn directives_give_bytes(#[case] directives: &str, #[case] bytes: &[u8]) {
    assert_eq!(data(directives), bytes, "{directives}");
}

#[test]
fn code_is_aligned_with_instructions_that_do_nothing() {
    let image = assemble(&RV64, "c.nop\n.balign 16\nret");
    let text = &image.sections[0].bytes;
    assert_eq!(text.len(), 20);
    assert_eq!(text[2..8], [0x01, 0, 0x13, 0, 0, 0], "c.nop, then nop");
}

#[rstest]
#[case("x: nop\nx: nop", "line 2: 'x' is defined twice: rename one of them")]
#[case("nop\n\nadi a0, a0, 1", "line 3: unknown mnemonic 'adi': did you mean 'add', 'addi' or 'andi'?")]
#[case("j nowhere", "line 1: symbol 'nowhere' is not defined: add a label or .equ of that name")]
#[case(".wrod 1", "line 1: unknown directive '.wrod': did you mean '.word'?")]
#[case(".byte 256", "line 1: 0x100 does not fit 1 bytes")]
#[case(".bss\n.word 1", "line 2: .bss holds only zeros: move this to .data")]
#[case(".byte 1\nnop", "line 2: an instruction cannot start at 0x10001: align to 2 bytes before it")]
#[case("call", "line 1: call takes other operands; write 'call symbol'")]
#[case(".ascii hello", "line 1: hello is no string: write \"…\"")]
#[case(".balign 3", "line 1: alignments are powers of two up to 65536 bytes")]
#[case(".zero 999999999999", "line 1: a size of 999999999999 bytes is out of range: write 0 to 16777216")]
#[case(
    "addi a0, a0, %pcrel_lo(x)\nx: nop",
    "line 1: 'x' marks no instruction that takes the upper part of a distance"
)]
#[case("a: .zero b - a + 1\nb:", "line 0: sizes and addresses depend on each other without end")]
fn a_mistake_is_named_with_its_line(#[case] source: &str, #[case] says: &str) {
    assert_eq!(faults(&RV64, source), says);
}

#[test]
fn every_mistake_is_reported_and_none_causes_another() {
    let said = faults(&RV64, "addi a0, a0, 5000\nfoo:\n j foo\n lw a0, 4(x99)\n j bar");
    let lines: Vec<_> = said.lines().map(|l| l.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["line 1", "line 4", "line 5"]);
}
