//! The explanation: what an instruction is, how it is encoded, what it does and can raise.

mod picture;
mod write;

use crate::asm::{self, AsmError};
use crate::disasm::{self, Style};
use crate::insn::Insn;
use crate::rows::{Cond, Effects, Field, Guest, Role, Row, Show};

/// What there is to say of one row, or of one word of it. [`Display`](std::fmt::Display) lays it out as
/// plain text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Mnemonic and operand names: `lw rd, imm(rs1)`.
    pub form: String,
    /// One line of meaning.
    pub meaning: &'static str,
    /// Extension as the ISA manual names it.
    pub ext: &'static str,
    /// Register widths it exists for.
    pub widths: &'static str,
    /// The encoding as a box drawn with `+`, `-` and `|`, bit numbers above, lines ended by `\n`.
    pub picture: String,
    /// The word explained, if one was.
    pub word: Option<Word>,
    /// Further spellings: `li rd, imm` with the condition under which each stands for the row.
    pub aliases: Vec<String>,
    /// What a short instruction behaves as.
    pub expands: Option<String>,
    /// What it does beyond writing its destination, in words.
    pub effects: Vec<&'static str>,
    /// The exceptions it can raise, in words.
    pub traps: Vec<&'static str>,
    /// A remark on what was asked for: that it is an alias.
    pub note: Option<String>,
}

/// A word and its operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word in hexadecimal: 4 or 8 digits.
    pub hex: String,
    /// Its text with aliases.
    pub text: String,
    /// Its text without them.
    pub plain: String,
    /// Name and value of each operand.
    pub operands: Vec<(&'static str, String)>,
}

/// Why there is nothing to explain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExplainError {
    /// No row has the word.
    #[error("no instruction of {guest} has the encoding {word:#x}")]
    Word {
        /// The guest.
        guest: &'static str,
        /// The word.
        word: u32,
    },
    /// The text is neither word, mnemonic nor instruction.
    #[error(transparent)]
    Text(#[from] AsmError),
}

/// Explains `text`: a mnemonic (`addi`), a word (`0x00150513`, or 4 or 8 bare digits) or an instruction
/// (`addi a0, a0, 1`, with absolute targets as seen from address `pc`). A mnemonic of several rows gives
/// several explanations.
///
/// # Errors
/// When the guest has no such instruction; the error says what is near.
pub fn explain<O: Copy + PartialEq>(
    guest: &Guest<O>,
    text: &str,
    pc: u64,
) -> Result<Vec<Explanation>, ExplainError> {
    let text = text.trim();
    let named = mnemonic(guest, &text.to_ascii_lowercase());
    if !named.is_empty() {
        return Ok(named);
    }
    if let Some(number) = hexadecimal(text) {
        return Ok(vec![word(guest, number, pc)?]);
    }
    let done = asm::line_text(guest, text, pc)?;
    Ok(vec![word(guest, done.word, pc)?])
}

/// Explains the instruction that `number` encodes, at address `pc`.
///
/// # Errors
/// When no row has the word.
pub fn word<O: Copy + PartialEq>(
    guest: &Guest<O>,
    number: u32,
    pc: u64,
) -> Result<Explanation, ExplainError> {
    let missing = ExplainError::Word { guest: guest.name, word: number };
    let insn = (guest.decode)(number).ok_or(missing)?;
    let row = (guest.row)(insn.op);
    let mut told = about(guest, row);
    told.picture = picture::picture(row, Some(insn.word));
    told.word = Some(Word {
        hex: format!("{:0width$x}", insn.word, width = usize::from(insn.len) * 2),
        text: disasm::text(guest, &insn, pc, Style::Aliases),
        plain: disasm::text(guest, &insn, pc, Style::Plain),
        operands: operands(guest, row, &insn, pc),
    });
    told.expands = guest.expand(&insn).map(|base| disasm::text(guest, &base, pc, Style::Plain));
    Ok(told)
}

/// Explains a row.
pub fn about<O: Copy + PartialEq>(guest: &Guest<O>, row: &Row<O>) -> Explanation {
    let operands = asm::operand_names(row, row.form.text);
    let aliases = guest.aliases.iter().filter(|a| a.op == row.op && a.role != Role::Print);
    let aliases = aliases.map(|a| {
        let form = format!("{} {}", a.mnemonic, asm::operand_names(row, a.text));
        format!("{}{}", form.trim_end(), conditions(guest, row, a.when))
    });
    Explanation {
        form: format!("{}{} {operands}", row.mnemonic, suffix(guest, row)).trim_end().to_owned(),
        meaning: row.meaning,
        ext: row.ext,
        widths: match (row.widths.has(32), row.widths.has(64)) {
            (true, true) => "32- and 64-bit registers",
            (true, false) => "32-bit registers",
            _ => "64-bit registers",
        },
        picture: picture::picture(row, None),
        word: None,
        aliases: aliases.collect(),
        expands: row.expands.map(|op| (guest.row)(op).mnemonic.to_owned()),
        effects: effects(row.effects),
        traps: (guest.traps)(row),
        note: None,
    }
}

/// The ordering suffixes that a mnemonic can carry: `[.aq|.rl|.aqrl]`.
fn suffix<O>(guest: &Guest<O>, row: &Row<O>) -> String {
    if row.form.fields.iter().any(|f| matches!(f.show, Show::Ordering)) {
        format!("[{}]", guest.ordering[1..].join("|"))
    } else {
        String::new()
    }
}

fn mnemonic<O: Copy + PartialEq>(guest: &Guest<O>, name: &str) -> Vec<Explanation> {
    let mut found: Vec<_> = guest.rows().filter(|r| r.mnemonic == name).map(|r| about(guest, r)).collect();
    for alias in guest.aliases().filter(|a| a.mnemonic == name && a.role != Role::Print) {
        let row = (guest.row)(alias.op);
        let mut told = about(guest, row);
        let form = format!("{name} {}", asm::operand_names(row, alias.text));
        let when = conditions(guest, row, alias.when);
        told.note = Some(format!("{} is another spelling of {}{when}", form.trim_end(), row.mnemonic));
        // A mnemonic that a row has itself is explained by that row.
        if !found.iter().any(|f| f.form == told.form || f.note.is_none()) {
            found.push(told);
        }
    }
    found
}

/// The conditions of an alias in words: ` with rs1 = zero`.
fn conditions<O: Copy + PartialEq>(guest: &Guest<O>, row: &Row<O>, when: &[Cond]) -> String {
    let name = |slot| row.form.fields.iter().find(|f| f.slots.contains(&slot)).map_or("", |f| f.name);
    let words: Vec<String> = when
        .iter()
        .map(|cond| match *cond {
            Cond::Same(slot, other) => format!("{} = {}", name(slot), name(other)),
            Cond::Is(slot, value) => {
                let mut insn = Insn::new(row.op, 4);
                insn.set_slot(slot, value);
                let field = row.form.fields.iter().find(|f| f.slots.contains(&slot));
                let value = field.map_or(value.to_string(), |f| disasm::operand(guest, f, &insn, 0));
                format!("{} = {value}", name(slot))
            }
        })
        .collect();
    if words.is_empty() { String::new() } else { format!(" with {}", words.join(", ")) }
}

fn operands<O: Copy + PartialEq>(
    guest: &Guest<O>,
    row: &Row<O>,
    insn: &Insn<O>,
    pc: u64,
) -> Vec<(&'static str, String)> {
    let told = |f: &&Field| f.letter != 0 && !f.slots.is_empty();
    row.form.fields.iter().filter(told).map(|f| (f.name, value(guest, f, insn, pc))).collect()
}

fn value<O: Copy + PartialEq>(guest: &Guest<O>, field: &Field, insn: &Insn<O>, pc: u64) -> String {
    let number = field.slots.first().map_or(0, |&slot| insn.slot(slot));
    let shown = disasm::operand(guest, field, insn, pc);
    match field.show {
        Show::Reg(list) => {
            let letter = guest.registers.iter().find(|(_, l)| *l == list).map(|(c, _)| *c);
            letter.map_or(shown.clone(), |c| format!("{shown} ({c}{number})"))
        }
        Show::Target => format!("{number:+} ({}), to {shown}", signed_hex(number)),
        Show::Upper => format!("{shown}, the value {number} ({})", signed_hex(number)),
        Show::Csr => format!("{shown} ({number:#x})"),
        Show::Rounding | Show::ExactRounding => match guest.rounding[(number & 7).cast_unsigned() as usize] {
            "" => format!("reserved ({number})"),
            name => format!("{name} ({number})"),
        },
        Show::Ordering if shown.is_empty() => "none (0)".to_owned(),
        Show::Ordering => format!("{} ({number})", shown.trim_start_matches('.')),
        Show::Fence => format!("{shown} ({number:#x})"),
        Show::Decimal | Show::Hex | Show::Hidden => format!("{number} ({})", signed_hex(number)),
    }
}

fn signed_hex(number: i32) -> String {
    if number < 0 { format!("-{:#x}", number.unsigned_abs()) } else { format!("{number:#x}") }
}

/// Effects in words.
pub fn effects(effects: Effects) -> Vec<&'static str> {
    let words = [
        (Effects::ATOMIC, "reads and writes memory in one indivisible step"),
        (Effects::LOAD, "reads memory"),
        (Effects::STORE, "writes memory"),
        (Effects::RESERVE, "reserves the address that it reads"),
        (Effects::JUMP, "may continue elsewhere than at the next instruction"),
        (Effects::SYSTEM, "reads or writes control state, or calls the system"),
        (Effects::SYNC, "makes earlier stores visible to instruction fetch"),
        (Effects::FFLAGS, "may set floating-point exception flags"),
        (Effects::ROUND, "rounds by its rounding mode"),
        (Effects::PRIVILEGED, "needs more than user privilege"),
    ];
    let atomic = effects.all(Effects::ATOMIC);
    let said = |e: Effects| effects.all(e) && (e == Effects::ATOMIC || !atomic || !Effects::ATOMIC.any(e));
    words.into_iter().filter(|(e, _)| said(*e)).map(|(_, text)| text).collect()
}

/// A word: `0x…`, or 4 or 8 bare hexadecimal digits.
fn hexadecimal(text: &str) -> Option<u32> {
    let bare = matches!(text.len(), 4 | 8);
    let digits = text.strip_prefix("0x").or(bare.then_some(text))?;
    let plain = digits.bytes().all(|c| c.is_ascii_hexdigit());
    if plain { u32::from_str_radix(digits, 16).ok() } else { None }
}
