//! What the text tools need to know of a guest: its rows, its names, its aliases.
//!
//! Disassembler, assembler, explanation and random generator are the same code for every guest; one
//! [`Guest`] value holds all that differs.

use super::{Row, Slot};
use crate::insn::Insn;

/// One guest CPU, as the text tools see it.
pub struct Guest<O: 'static> {
    /// Name on the command line: `riscv64`.
    pub name: &'static str,
    /// Register width in bits, 32 or 64. Targets of branches wrap at this width.
    pub xlen: u32,
    /// Every row; only those whose widths have `xlen` belong to this guest.
    pub rows: &'static [Row<O>],
    /// The row of an operation.
    pub row: fn(O) -> &'static Row<O>,
    /// Decodes a word; of a short instruction only the lower half is looked at.
    pub decode: fn(u32) -> Option<Insn<O>>,
    /// Length in bytes, 2 or 4, of the instruction whose first two bytes are the word's lower half.
    pub length: fn(u32) -> u8,
    /// Other spellings of a row with some operands fixed.
    pub aliases: &'static [Alias<O>],
    /// Register lists, each with the letter by which a register is also named: `x` for `x10`.
    pub registers: &'static [(char, &'static [&'static str])],
    /// Further register names: name and the name in a register list.
    pub also: &'static [(&'static str, &'static str)],
    /// Control registers: number and name. Of several names of one number the first is printed.
    pub controls: &'static [(u16, &'static str)],
    /// Rounding modes by number; empty for a reserved one.
    pub rounding: &'static [&'static str; 8],
    /// The rounding mode meant when none is written.
    pub dynamic: i32,
    /// Suffixes of the mnemonic by ordering number; the first is empty.
    pub ordering: &'static [&'static str; 4],
    /// Letters of a fence set, highest bit first.
    pub fence: &'static str,
    /// Words without a row that have a name.
    pub words: &'static [NamedWord],
    /// Operators that take a part of an address: `%hi(symbol)`.
    pub operators: &'static [Operator],
    /// Instructions of a program that are written as several.
    pub macros: &'static [Macro],
    /// Instruction that pads code to an alignment: word and length in bytes, shortest first.
    pub padding: &'static [(u32, u8)],
    /// The exceptions a row can raise, in words.
    pub traps: fn(&Row<O>) -> Vec<&'static str>,
    /// Whether data is big-endian. Instruction bytes follow the same order.
    pub big_endian: bool,
    /// `e_machine` of this guest's ELF files.
    pub machine: u16,
    /// `e_flags` of this guest's ELF files.
    pub elf_flags: u32,
}

impl<O: Copy + PartialEq + 'static> Guest<O> {
    /// The rows of this guest, in table order.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row<O>> + use<O> {
        let xlen = self.xlen;
        self.rows.iter().filter(move |r| r.widths.has(xlen))
    }

    /// `address` cut to the register width.
    pub fn wrap(&self, address: u64) -> u64 {
        if self.xlen == 32 { address & 0xffff_ffff } else { address }
    }

    /// What a short instruction behaves as: the row it expands to with the same operands.
    pub fn expand(&self, insn: &Insn<O>) -> Option<Insn<O>> {
        let op = (self.row)(insn.op).expands?;
        let base = (self.row)(op);
        let len = if base.pattern.width == 16 { 2 } else { 4 };
        let word = base.pattern.bits;
        Some(Insn { op, len, word, ..*insn })
    }

    /// The mnemonics of this guest's rows and aliases, each once per spelling.
    pub fn mnemonics(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.rows().map(|r| r.mnemonic);
        let aliases = self.aliases().map(|a| a.mnemonic);
        rows.chain(aliases).chain(self.words.iter().map(|w| w.plain))
    }

    /// The aliases whose row this guest has.
    pub fn aliases(&self) -> impl Iterator<Item = &'static Alias<O>> {
        let (xlen, row) = (self.xlen, self.row);
        self.aliases.iter().filter(move |a| row(a.op).widths.has(xlen))
    }
}

/// Another spelling of a row.
pub struct Alias<O: 'static> {
    /// The spelling.
    pub mnemonic: &'static str,
    /// The row's operation.
    pub op: O,
    /// Operand text in the letters of the row's form.
    pub text: &'static str,
    /// What must hold of the operands for the alias to stand for the row.
    pub when: &'static [Cond],
    /// Who uses it.
    pub role: Role,
}

/// A condition on operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cond {
    /// A slot has this value.
    Is(Slot, i32),
    /// A slot has the value of an earlier written one.
    Same(Slot, Slot),
}

/// Who uses an alias.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The assembler reads it, the disassembler prints it when aliases are on.
    Both,
    /// Only the assembler.
    Read,
    /// Only the disassembler, when aliases are on.
    Print,
    /// The assembler reads it, the disassembler prints it in either style.
    Always,
    /// The assembler reads it, the disassembler prints it when aliases are off.
    Plain,
}

/// A word that has a name but no row.
#[derive(Clone, Copy, Debug)]
pub struct NamedWord {
    /// Printed when aliases are on; not read.
    pub alias: &'static str,
    /// Printed when aliases are off, and read.
    pub plain: &'static str,
    /// The word.
    pub word: u32,
    /// Its length in bytes.
    pub len: u8,
}

/// An operator of an operand expression.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// Its spelling, `%` included.
    pub name: &'static str,
    /// What it looks at.
    pub of: Of,
    /// The part of that number it takes.
    pub part: fn(i64) -> i64,
}

/// What an operator looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// The operand's value.
    Value,
    /// The distance from this instruction to the operand.
    Distance,
    /// The operand is the address of an instruction that uses a `Distance` operator: that distance.
    Paired,
    /// The distance from the instruction four bytes before to the operand.
    Previous,
}

/// An instruction that a program may use and that is written as others.
#[derive(Clone, Copy)]
pub struct Macro {
    /// Its mnemonic.
    pub mnemonic: &'static str,
    /// Its operands, for messages: `rd, symbol`.
    pub operands: &'static str,
    /// Writes it as lines of assembly.
    pub expand: fn(&Call) -> Expansion,
}

/// What a macro is given.
pub struct Call<'a> {
    /// The mnemonic.
    pub mnemonic: &'a str,
    /// The operands, split at commas outside parentheses and trimmed.
    pub operands: &'a [&'a str],
    /// Register width in bits.
    pub xlen: u32,
    /// Evaluates an operand from what is defined so far.
    pub value: &'a dyn Fn(&str) -> Option<i64>,
}

/// What a macro answers.
pub enum Expansion {
    /// These lines stand for it.
    Lines(Vec<String>),
    /// It is an ordinary instruction after all.
    Ordinary,
    /// It cannot be written: a sentence that says why.
    Refused(String),
}
