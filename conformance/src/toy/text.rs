//! The toy for the text tools.

use super::{Op, ROWS, decoder, forms};
use spec::rows::{Effects, Guest, Row};

/// The toy's rows and names.
pub static TEXT: Guest<Op> = Guest {
    name: "toy",
    xlen: 32,
    rows: ROWS,
    row: |op| &ROWS[op as usize],
    decode: |word| decoder().decode(word),
    length: |_| 4,
    aliases: &[],
    registers: &[('r', &forms::NAMES)],
    also: &[],
    controls: &[],
    rounding: &[""; 8],
    dynamic: 0,
    ordering: &[""; 4],
    fence: "",
    words: &[],
    operators: &[],
    macros: &[],
    // addi r0, r0, 0
    padding: &[(0x1000_0000, 4)],
    traps,
    big_endian: true,
    machine: 0,
    elf_flags: 0,
};

fn traps(row: &Row<Op>) -> Vec<&'static str> {
    match row.op {
        Op::Divu => vec!["division by zero"],
        Op::Call => vec!["monitor request, always"],
        _ if row.effects.any(Effects::LOAD.and(Effects::STORE)) => vec!["bus error"],
        _ => vec![],
    }
}
