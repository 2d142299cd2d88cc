//! The disassembler: instructions as text, in the spelling of GNU objdump.
//!
//! Everything comes from rows, forms and the guest's aliases. Words that no text can express, because
//! reserved bits are set or no row has them, are written as data: `.4byte 0x1330000f`.

use crate::insn::Insn;
use crate::rows::{Alias, Code, Cond, Field, Guest, Role, Row, Show};

/// Which of several spellings is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Aliases, and short instructions as what they expand to: `ret`. What `objdump -d` prints.
    #[default]
    Aliases,
    /// Every row under its own name: `c.jr ra`. What `objdump -d -M no-aliases` prints.
    Plain,
}

/// Names the symbol at or below an address: `main+0x10`.
pub type Symbolizer<'a> = dyn Fn(u64) -> Option<String> + 'a;

/// The text of `insn` at address `pc`: mnemonic, a space, operands.
pub fn text<O: Copy + PartialEq>(guest: &Guest<O>, insn: &Insn<O>, pc: u64, style: Style) -> String {
    text_with(guest, insn, pc, style, &|_| None)
}

/// As [`text`], with ` <symbol>` after each target that `symbols` can name.
pub fn text_with<O: Copy + PartialEq>(
    guest: &Guest<O>,
    insn: &Insn<O>,
    pc: u64,
    style: Style,
    symbols: &Symbolizer,
) -> String {
    let writer = Writer { guest, pc, symbols };
    let own = writer.spelling(insn, style);
    let base = || guest.expand(insn).and_then(|base| writer.spelling(&base, style));
    let text = match style {
        Style::Plain => own.or_else(|| writer.row(insn)),
        // A short instruction keeps its own name only where an alias gives it one.
        Style::Aliases if guest.expand(insn).is_some() => own.or_else(base).or_else(|| {
            let base = guest.expand(insn)?;
            writer.row(&base)
        }),
        Style::Aliases => own.or_else(|| writer.row(insn)),
    };
    text.unwrap_or_else(|| data(guest, insn.word, insn.len, style))
}

/// The text of whatever `word` is at address `pc`, and its length in bytes.
pub fn word<O: Copy + PartialEq>(guest: &Guest<O>, word: u32, pc: u64, style: Style) -> (String, u8) {
    match (guest.decode)(word) {
        Some(insn) => (text(guest, &insn, pc, style), insn.len),
        None => {
            let len = (guest.length)(word);
            let word = if len == 2 { word & 0xffff } else { word };
            (data(guest, word, len, style), len)
        }
    }
}

fn data<O>(guest: &Guest<O>, word: u32, len: u8, style: Style) -> String {
    match guest.words.iter().find(|w| w.word == word && w.len == len) {
        Some(named) if style == Style::Aliases => named.alias.to_owned(),
        Some(named) => named.plain.to_owned(),
        None => format!(".{len}byte {word:#x}"),
    }
}

/// How one operand is written on its own, outside an instruction: `a0`, `-4`, `mstatus`.
pub fn operand<O: Copy + PartialEq>(guest: &Guest<O>, field: &Field, insn: &Insn<O>, pc: u64) -> String {
    let mut out = String::new();
    Writer { guest, pc, symbols: &|_| None }.operand(field, insn, &mut out);
    out
}

struct Writer<'a, O: 'static> {
    guest: &'a Guest<O>,
    pc: u64,
    symbols: &'a Symbolizer<'a>,
}

impl<O: Copy + PartialEq> Writer<'_, O> {
    /// The first alias that fits.
    fn spelling(&self, insn: &Insn<O>, style: Style) -> Option<String> {
        let wanted = |role| match style {
            Style::Aliases => matches!(role, Role::Both | Role::Print | Role::Always),
            Style::Plain => matches!(role, Role::Always | Role::Plain),
        };
        let alias = self.guest.aliases.iter().find(|a| a.op == insn.op && wanted(a.role) && fits(a, insn));
        let alias = alias?;
        let fixed: Vec<_> = alias.when.iter().map(|c| c.slot()).collect();
        let row = (self.guest.row)(insn.op);
        let free = |f: &Field| !f.slots.iter().any(|s| fixed.contains(s));
        expressible(row, alias.text, insn, free).then(|| self.write(row, alias.mnemonic, alias.text, insn))
    }

    fn row(&self, insn: &Insn<O>) -> Option<String> {
        let row = (self.guest.row)(insn.op);
        expressible(row, row.form.text, insn, |_| true)
            .then(|| self.write(row, row.mnemonic, row.form.text, insn))
    }

    fn write(&self, row: &Row<O>, mnemonic: &str, text: &str, insn: &Insn<O>) -> String {
        let mut out = mnemonic.to_owned();
        if row.form.fields.iter().any(|f| matches!(f.show, Show::Ordering)) {
            out.push_str(self.guest.ordering[(insn.bits() & 3) as usize]);
        }
        if !text.is_empty() {
            out.push(' ');
        }
        let mut literal = false;
        for c in text.chars() {
            match c {
                '{' => literal = true,
                '}' => literal = false,
                'a'..='z' if !literal => {
                    let field = u8::try_from(c).ok().and_then(|letter| row.form.field(letter));
                    if let Some(field) = field {
                        self.operand(field, insn, &mut out);
                    }
                }
                _ => out.push(c),
            }
        }
        out
    }

    fn operand(&self, field: &Field, insn: &Insn<O>, out: &mut String) {
        let value = field.slots.first().map_or(0, |&slot| insn.slot(slot));
        match field.show {
            Show::Reg(names) => {
                out.push_str(names.get(value.cast_unsigned() as usize).copied().unwrap_or("?"))
            }
            Show::Decimal | Show::Hidden => out.push_str(&value.to_string()),
            Show::Hex => out.push_str(&format!("{value:#x}")),
            Show::Upper => out.push_str(&format!("{:#x}", value.cast_unsigned() >> 12)),
            Show::Target => self.target(i64::from(value), out),
            Show::Csr => self.control(value, out),
            Show::Rounding => self.rounding(value, self.guest.dynamic, out),
            Show::ExactRounding => self.rounding(value, 0, out),
            Show::Fence => {
                let names = |set: i32| fence(self.guest.fence, set & 15);
                out.push_str(&format!("{},{}", names(value >> 4), names(value)));
            }
            Show::Ordering => out.push_str(self.guest.ordering[(value & 3).cast_unsigned() as usize]),
        }
    }

    fn target(&self, distance: i64, out: &mut String) {
        let at = self.guest.wrap(self.pc.wrapping_add(distance.cast_unsigned()));
        out.push_str(&format!("{at:#x}"));
        if let Some(name) = (self.symbols)(at) {
            out.push_str(&format!(" <{name}>"));
        }
    }

    fn control(&self, number: i32, out: &mut String) {
        match self.guest.controls.iter().find(|(n, _)| i32::from(*n) == number) {
            Some((_, name)) => out.push_str(name),
            None => out.push_str(&format!("{number:#x}")),
        }
    }

    fn rounding(&self, mode: i32, silent: i32, out: &mut String) {
        if mode == silent {
            // The comma before the operand goes with it.
            if out.ends_with(',') {
                out.pop();
            }
            return;
        }
        let name = self.guest.rounding[(mode & 7).cast_unsigned() as usize];
        out.push_str(if name.is_empty() { "unknown" } else { name });
    }
}

/// A fence set by its letters, `unknown` when empty: GNU has no name for it.
fn fence(letters: &str, set: i32) -> String {
    let count = letters.len();
    let named: String = letters
        .chars()
        .enumerate()
        .filter(|(i, _)| set >> (count - 1 - i) & 1 == 1)
        .map(|(_, c)| c)
        .collect();
    if named.is_empty() { "unknown".to_owned() } else { named }
}

fn fits<O: Copy>(alias: &Alias<O>, insn: &Insn<O>) -> bool {
    alias.when.iter().all(|c| match *c {
        Cond::Is(slot, value) => insn.slot(slot) == value,
        Cond::Same(slot, other) => insn.slot(slot) == insn.slot(other),
    })
}

impl Cond {
    /// The slot whose value the condition gives.
    pub fn slot(self) -> crate::rows::Slot {
        match self {
            Cond::Is(slot, _) | Cond::Same(slot, _) => slot,
        }
    }
}

/// Whether `text` tells all there is to `insn`: every operand that it leaves out and that is `free` (not
/// settled by an alias) has the bits that the assembler would fill in.
fn expressible<O: Copy>(row: &Row<O>, text: &str, insn: &Insn<O>, free: impl Fn(&Field) -> bool) -> bool {
    row.form.fields.iter().all(|f| {
        let value = f.slots.first().map(|&slot| insn.slot(slot));
        match f.show {
            Show::Ordering => true,
            // A fence whose mode is not the ordinary one has no operand text.
            Show::Fence => value.is_none_or(|v| (0..256).contains(&v)),
            _ if f.letter == 0 || names(text, f.letter) || !free(f) => true,
            _ => match (value, f.code) {
                (Some(value), Code::Imm(_) | Code::Reg { .. }) => value == 0,
                _ => insn.word & row.pattern.mask_of(f.letter) == 0,
            },
        }
    })
}

/// Whether an operand text has a place for the field of `letter`; words in braces do not count.
pub(crate) fn names(text: &str, letter: u8) -> bool {
    let mut literal = false;
    text.bytes().any(|c| {
        literal = c == b'{' || literal && c != b'}';
        !literal && c == letter
    })
}
