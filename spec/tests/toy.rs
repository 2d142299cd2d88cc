//! The text tools with a guest that is not RISC-V: big-endian, other registers, other syntax.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(missing_docs, reason = "a guest of this test only")]

mod common;

use common::Numbers;
use spec::asm::{self, Options, elf};
use spec::decode::{Decoder, Key};
use spec::disasm::{self, Style};
use spec::encode::encode;
use spec::explain::explain;
use spec::random;
use spec::rows::{Alias, Cond, Guest, Role, Row, Slot};
use std::sync::LazyLock;

mod forms {
    use spec::rows::{Code, Field, Form, Show, Slot, scatter};

    pub static R: [&str; 32] = [
        "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "link",
        "stack", "flags",
    ];
    const fn reg(letter: u8, slots: &'static [Slot], name: &'static str) -> Field {
        Field { letter, slots, code: Code::Reg { width: 5, bias: 0 }, show: Show::Reg(&R), name }
    }
    const fn imm(bits: &str, show: Show) -> Field {
        Field { letter: b'i', slots: &[Slot::Imm], code: Code::Imm(scatter(bits, true)), show, name: "value" }
    }
    const D: Field = reg(b'd', &[Slot::Rd], "to");
    const S: Field = reg(b's', &[Slot::Rs1], "from");
    pub const SET: Form = Form { text: "d,i", fields: &[D, imm("15:0", Show::Decimal)] };
    pub const MOVE: Form = Form { text: "d,s", fields: &[D, S] };
    pub const JUMP: Form = Form { text: "i", fields: &[imm("25:2", Show::Target)] };
}

spec::rows! { []
Set  "set"  "000001 00000 ddddd iiiiiiiiiiiiiiii" {}    SET  "base" ANY [];     "to ← value"
Move "move" "000010 00000 ddddd sssss 00000000000" {d=0} MOVE "base" ANY [];     "to ← from"
Jump "jump" "000011 00 iiiiiiiiiiiiiiiiiiiiiiii" {}    JUMP "base" ANY [JUMP]; "continue at pc + value"
}

fn decode(word: u32) -> Option<spec::insn::Insn<Op>> {
    static DECODER: LazyLock<Decoder<Op>> = LazyLock::new(|| {
        Decoder::new(ROWS.iter(), [Key { shift: 26, width: 3 }, Key { shift: 29, width: 3 }])
    });
    DECODER.decode(word)
}

fn row(op: Op) -> &'static Row<Op> {
    &ROWS[op as usize]
}

static ALIASES: &[Alias<Op>] =
    &[Alias { mnemonic: "clear", op: Op::Set, text: "d", when: &[Cond::Is(Slot::Imm, 0)], role: Role::Both }];
static REGISTERS: [(char, &[&str]); 1] = [('r', &forms::R)];

static TOY: Guest<Op> = Guest {
    name: "toy",
    xlen: 32,
    rows: ROWS,
    row,
    decode,
    length: |_| 4,
    aliases: ALIASES,
    registers: &REGISTERS,
    also: &[],
    controls: &[],
    rounding: &["", "", "", "", "", "", "", ""],
    dynamic: 0,
    ordering: &["", "", "", ""],
    fence: "",
    words: &[],
    operators: &[],
    macros: &[],
    padding: &[(0x0400_0000, 4)],
    traps: |_| vec![],
    big_endian: true,
    machine: 0xffff,
    elf_flags: 0,
};

#[test]
fn a_big_endian_guest_assembles_disassembles_and_explains() {
    assert_eq!(asm::bytes(&TOY, "set r1, -2", 0).unwrap(), [0x04, 0x01, 0xff, 0xfe]);
    assert_eq!(disasm::word(&TOY, 0x0401_fffe, 0, Style::Aliases).0, "set r1,-2");
    assert_eq!(disasm::word(&TOY, 0x041e_0000, 0, Style::Aliases).0, "clear stack");
    assert_eq!(disasm::word(&TOY, 0x041e_0000, 0, Style::Plain).0, "set stack,0");
    assert_eq!(disasm::word(&TOY, 0, 0, Style::Aliases).0, ".4byte 0x0");
    assert!(asm::bytes(&TOY, "move r0, r1", 0).unwrap_err().to_string().contains("excluded"));
    assert_eq!(explain(&TOY, "jump", 0).unwrap()[0].form, "jump target");
}

#[test]
fn its_random_words_go_through_text_and_back() {
    let mut numbers = Numbers(41);
    for row in ROWS {
        for _ in 0..2000 {
            let word = random::word(row, &mut || numbers.next());
            let insn = decode(word).unwrap();
            assert_eq!(encode(row, &insn), Ok(word));
            let text = disasm::text(&TOY, &insn, 0x8000_0000, Style::Aliases);
            assert_eq!(asm::line_text(&TOY, &text, 0x8000_0000).unwrap().word, word, "{text}");
        }
    }
}

#[test]
fn its_programs_are_big_endian_and_padded_with_its_own_instruction() {
    let source = "again: set r5, 7\n.balign 16\njump again\n.data\n.word 0x01020304\n.half 5";
    let image = asm::program(&TOY, source, &Options { base: 0x4000, page: 0x1000 }).unwrap();
    assert_eq!(image.sections[0].bytes[..8], [0x04, 0x05, 0, 7, 0x04, 0, 0, 0]);
    assert_eq!(image.sections[0].bytes[16..], [0x0c, 0xff, 0xff, 0xfc]);
    assert_eq!(image.sections[1].bytes, [1, 2, 3, 4, 0, 5]);
    let file = elf::write(&image, elf::Target::of(&TOY));
    assert_eq!(file[..20], [0x7f, b'E', b'L', b'F', 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xff, 0xff]);
}
