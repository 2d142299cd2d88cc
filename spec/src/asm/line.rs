//! One instruction: mnemonic and operands to a word.

use super::expr;
use super::operand::{Context, Stop};
use super::{AsmError, suggest};
use crate::bits::Low;
use crate::encode::{self, EncodeError};
use crate::insn::Insn;
use crate::rows::{Code, Cond, Guest, Role, Row, Show};

/// Where an instruction stands and what its symbols mean.
pub struct Place<'a> {
    /// Its address.
    pub pc: u64,
    /// The value of a symbol.
    pub symbol: &'a dyn Fn(&str) -> Option<i64>,
    /// The distance that the instruction at an address took the upper part of.
    pub paired: &'a dyn Fn(u64) -> Option<i64>,
}

impl Place<'_> {
    /// Address `pc`, no symbols.
    pub fn at(pc: u64) -> Self {
        Place { pc, symbol: &|_| None, paired: &|_| None }
    }
}

/// An assembled instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assembled {
    /// The word; a 16-bit instruction in the lower half.
    pub word: u32,
    /// Length in bytes, 2 or 4.
    pub len: u8,
    /// The distance whose upper part an operand took, if one did.
    pub distance: Option<i64>,
}

/// Assembles one instruction that uses no symbols: `addi a0, a0, 1`.
///
/// Targets of branches are absolute addresses; `pc` is the instruction's own.
///
/// # Errors
/// When the text is no instruction of the guest; the error says what to write.
pub fn line_text<O: Copy + PartialEq>(guest: &Guest<O>, text: &str, pc: u64) -> Result<Assembled, AsmError> {
    line(guest, text, &Place::at(pc))
}

/// The bytes of one instruction in memory order.
///
/// # Errors
/// As [`line()`].
pub fn bytes<O: Copy + PartialEq>(guest: &Guest<O>, text: &str, pc: u64) -> Result<Vec<u8>, AsmError> {
    let done = line_text(guest, text, pc)?;
    Ok(in_order(u64::from(done.word), usize::from(done.len), guest.big_endian))
}

/// The low `len` bytes of `value` in memory order.
pub(super) fn in_order(value: u64, len: usize, big: bool) -> Vec<u8> {
    let len = len.min(8);
    if big { value.to_be_bytes()[8 - len..].to_vec() } else { value.to_le_bytes()[..len].to_vec() }
}

/// Assembles one instruction, or `.2byte` or `.4byte` with one value.
///
/// # Errors
/// When the text is no instruction of the guest; the error says what to write.
pub fn line<O: Copy + PartialEq>(guest: &Guest<O>, text: &str, place: &Place) -> Result<Assembled, AsmError> {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (mnemonic, operands) = text.split_at(end);
    let mnemonic = mnemonic.to_ascii_lowercase();
    let context = Context { guest, place, distance: std::cell::Cell::new(None) };
    if let Some(done) = context.data(&mnemonic, operands) {
        return done;
    }
    if let Some(named) = guest.words.iter().find(|w| w.plain == mnemonic && operands.trim().is_empty()) {
        return Ok(Assembled { word: named.word, len: named.len, distance: None });
    }
    let mut best: Option<(usize, AsmError)> = None;
    for candidate in candidates(guest, &mnemonic) {
        match context.assemble(&candidate, operands) {
            Ok(done) => return Ok(done),
            // The attempt that understood most of the operands has the most to say.
            Err((reach, error)) if best.as_ref().is_none_or(|(r, _)| reach > *r) => {
                best = Some((reach, error))
            }
            Err(_) => {}
        }
    }
    let error = best.map(|(_, error)| error).unwrap_or_else(|| AsmError::Mnemonic {
        near: suggest(&mnemonic, guest.mnemonics().chain(guest.macros.iter().map(|m| m.mnemonic))),
        name: mnemonic.clone(),
    });
    Err(match error {
        AsmError::Operands { problem, .. } => {
            AsmError::Operands { problem, write: written(guest, &mnemonic) }
        }
        other => other,
    })
}

/// The length in bytes of the instruction that `text` names, whatever its operands.
pub(super) fn length<O: Copy + PartialEq>(guest: &Guest<O>, text: &str) -> Option<u8> {
    let mnemonic = text.split_whitespace().next()?.to_ascii_lowercase();
    candidates(guest, &mnemonic).first().map(|c| (c.row.pattern.width / 8).low8())
}

/// A way to read a mnemonic.
struct Candidate<O: 'static> {
    row: &'static Row<O>,
    text: &'static str,
    when: &'static [Cond],
    ordering: i32,
}

fn candidates<O: Copy + PartialEq>(guest: &Guest<O>, mnemonic: &str) -> Vec<Candidate<O>> {
    let mut found = vec![];
    for (ordering, suffix) in (0..).zip(guest.ordering) {
        let Some(name) = mnemonic.strip_suffix(suffix) else { continue };
        let orders = |row: &Row<O>| row.form.fields.iter().any(|f| matches!(f.show, Show::Ordering));
        let rows = guest.rows().filter(|r| r.mnemonic == name && (ordering == 0 || orders(r)));
        found.extend(rows.map(|row| Candidate { row, text: row.form.text, when: &[], ordering }));
    }
    let read = guest.aliases().filter(|a| a.mnemonic == mnemonic && a.role != Role::Print);
    found.extend(read.map(|a| Candidate { row: (guest.row)(a.op), text: a.text, when: a.when, ordering: 0 }));
    found
}

/// The forms in which `mnemonic` can be written, with the names of the operands.
fn written<O: Copy + PartialEq>(guest: &Guest<O>, mnemonic: &str) -> Vec<String> {
    let mut forms: Vec<String> = vec![];
    for c in candidates(guest, mnemonic) {
        let text = format!("{mnemonic} {}", operand_names(c.row, c.text)).trim_end().to_owned();
        if !forms.contains(&text) {
            forms.push(text);
        }
    }
    forms
}

/// An operand text with names in place of letters: `rd, imm(rs1)`.
pub(crate) fn operand_names<O>(row: &Row<O>, text: &str) -> String {
    let mut out = String::new();
    let mut literal = false;
    for c in text.chars() {
        match c {
            '{' => literal = true,
            '}' => literal = false,
            ',' => out.push_str(", "),
            _ => match u8::try_from(c).ok().filter(|_| !literal).and_then(|l| row.form.field(l)) {
                Some(f) if matches!(f.show, Show::Target) => out.push_str("target"),
                Some(f) => out.push_str(f.name),
                None => out.push(c),
            },
        }
    }
    out
}

impl<O: Copy + PartialEq> Context<'_, O> {
    fn data(&self, mnemonic: &str, operands: &str) -> Option<Result<Assembled, AsmError>> {
        let (len, bits) = match mnemonic {
            ".2byte" => (2, 16),
            ".4byte" => (4, 32),
            _ => return None,
        };
        Some(expr::eval(operands, self).map_err(AsmError::from).and_then(|(value, rest)| {
            if !rest.trim().is_empty() {
                return Err(AsmError::Other(format!("'{}' after the value of {mnemonic}", rest.trim())));
            }
            if value >> bits != 0 && value >> (bits - 1) != -1 {
                return Err(AsmError::Other(format!("{value:#x} does not fit {len} bytes")));
            }
            let word = value.low32() & crate::bits::ones(bits);
            Ok(Assembled { word, len, distance: None })
        }))
    }

    fn assemble(&self, c: &Candidate<O>, operands: &str) -> Result<Assembled, Stop> {
        let row = c.row;
        let len = (row.pattern.width / 8).low8();
        let mut insn = Insn::new(row.op, len);
        for f in row.form.fields {
            let start = match f.code {
                Code::Fixed(value) => value,
                _ if matches!(f.show, Show::Rounding) => self.guest.dynamic,
                _ if matches!(f.show, Show::Ordering) => c.ordering,
                _ => 0,
            };
            f.slots.iter().for_each(|&slot| insn.set_slot(slot, start));
        }
        self.distance.set(None);
        self.operands(c.row, c.text, operands, &mut insn)?;
        for cond in c.when {
            match *cond {
                Cond::Is(slot, value) => insn.set_slot(slot, value),
                Cond::Same(slot, other) => insn.set_slot(slot, insn.slot(other)),
            }
        }
        let word = encode::encode(row, &insn).map_err(|e| (operands.len(), self.explained(row, &insn, e)))?;
        Ok(Assembled { word, len, distance: self.distance.get() })
    }

    /// Speaks of a target where the encoder can only speak of a distance.
    fn explained(&self, row: &Row<O>, insn: &Insn<O>, error: EncodeError) -> AsmError {
        for f in row.form.fields {
            if let (Show::Target, Code::Imm(s)) = (f.show, f.code)
                && encode::check(f.name, &s, i64::from(insn.imm)).is_err()
            {
                let target = self.guest.wrap(self.place.pc.wrapping_add(insn.simm()));
                let encode::Span { min, max, step } = encode::span(&s);
                return AsmError::Target { target, distance: i64::from(insn.imm), min, max, step };
            }
        }
        error.into()
    }
}
