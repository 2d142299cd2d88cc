//! RISC-V for the text tools.

use super::{Guest, Op, ROWS, Row, aliases, decoder, macros, names, row};
use crate::rows::{Effects, NamedWord, Of, Operator, Show};

/// RISC-V with 64-bit registers.
pub static RV64: Guest = guest_of("riscv64", 64, |word| decoder(64).decode(word));
/// RISC-V with 32-bit registers.
pub static RV32: Guest = guest_of("riscv32", 32, |word| decoder(32).decode(word));
/// Every RISC-V guest.
pub static GUESTS: [&Guest; 2] = [&RV64, &RV32];

/// The guest called `name` on the command line.
pub fn guest(name: &str) -> Option<&'static Guest> {
    GUESTS.into_iter().find(|g| g.name == name)
}

/// `EM_RISCV`. [RISC-V ELF psABI]
const EM_RISCV: u16 = 243;
/// Compressed instructions may occur; floating-point arguments travel in 64-bit registers.
const RVC_DOUBLE_FLOAT: u32 = 1 | 4;
/// `nop` and `c.nop`.
const PADDING: &[(u32, u8)] = &[(0x0001, 2), (0x0000_0013, 4)];

static REGISTERS: [(char, &[&str]); 2] = [('x', &names::X), ('f', &names::F)];

const fn guest_of(name: &'static str, xlen: u32, decode: fn(u32) -> Option<super::Insn>) -> Guest {
    Guest {
        name,
        xlen,
        rows: ROWS,
        row,
        decode,
        length: |word| if word & 3 == 3 { 4 } else { 2 },
        aliases: aliases::ALIASES,
        registers: &REGISTERS,
        also: &[("fp", "s0")],
        controls: names::CSR,
        rounding: &names::ROUNDING,
        dynamic: 7,
        ordering: &["", ".rl", ".aq", ".aqrl"],
        fence: "iorw",
        words: &[NamedWord { alias: "unimp", plain: "c.unimp", word: 0, len: 2 }],
        operators: OPERATORS,
        macros: macros::MACROS,
        padding: PADDING,
        traps,
        big_endian: false,
        machine: EM_RISCV,
        elf_flags: RVC_DOUBLE_FLOAT,
    }
}

/// An address is its upper part plus its sign-extended lower twelve bits. [RISC-V ELF psABI, relocations]
const OPERATORS: &[Operator] = &[
    Operator { name: "%hi", of: Of::Value, part: high },
    Operator { name: "%lo", of: Of::Value, part: low },
    Operator { name: "%pcrel_hi", of: Of::Distance, part: high },
    Operator { name: "%pcrel_lo", of: Of::Paired, part: low },
    Operator { name: macros::PREVIOUS_LOW, of: Of::Previous, part: low },
];

fn low(value: i64) -> i64 {
    (value & 0xfff ^ 0x800) - 0x800
}

fn high(value: i64) -> i64 {
    value.wrapping_add(0x800) >> 12 & 0xf_ffff
}

/// The exceptions that `row` can raise, from its effects and operands. [Priv. ISA, mcause]
fn traps(row: &Row) -> Vec<&'static str> {
    let mut traps = vec![];
    let has = |e| row.effects.all(e);
    let reserves = row.form.fields.iter().any(|f| matches!(f.show, Show::Ordering));
    if has(Effects::PRIVILEGED) {
        traps.push("illegal instruction in user mode");
    }
    if has(Effects::ROUND) {
        traps.push(
            "illegal instruction if the rounding mode, or frm when dynamic, is reserved (5, 6; 7 in frm)",
        );
    }
    if row.form.fields.iter().any(|f| matches!(f.show, Show::Csr)) {
        traps.push(
            "illegal instruction if the control register does not exist, needs privilege, or is read-only and written",
        );
    }
    if reserves && !has(Effects::STORE) {
        traps.push("load address misaligned");
    }
    if reserves && has(Effects::STORE) {
        traps.push("store/AMO address misaligned");
    }
    // Managing a cache block needs the right to load or store, and its refusal counts as a store's.
    let manages = row.ext == "Zicbom";
    if has(Effects::LOAD) && !has(Effects::STORE) && !manages {
        traps.push("load page fault");
    }
    if has(Effects::STORE) || manages {
        traps.push("store/AMO page fault");
    }
    match row.expands.unwrap_or(row.op) {
        Op::Ecall => traps.push("environment call, always"),
        Op::Ebreak => traps.push("breakpoint, always"),
        _ if has(Effects::JUMP) && !has(Effects::SYSTEM) && !has(Effects::SYNC) => {
            traps.push("instruction page fault at the target");
        }
        _ => {}
    }
    traps
}
