//! From a text to its unit.

use super::line::{Line, Names, number, value_number};
use crate::ir::{At, GuestPlaces, Op, Unit, Value};
use std::collections::BTreeMap;

/// A text that is no unit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ParseError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it all")]
pub enum ParseErrorKind {
    #[error("a text begins with `unit` and the guest's name")]
    NoHeader,
    #[error("the unit is one of {found}, not of {wanted}")]
    Guest { found: String, wanted: &'static str },
    #[error("no operation is called `{0}`")]
    Mnemonic(String),
    #[error("`{found}` stands where the mnemonic needs: {what}")]
    Parameter { what: &'static str, found: String },
    #[error("what is missing: {0}")]
    Missing(&'static str),
    #[error("`{0}` is not the name of a value; that is `v` and a number")]
    Value(String),
    #[error("`{0}` is not defined above")]
    Undefined(String),
    #[error("`{0}` is defined twice")]
    Redefined(String),
    #[error("the operation defines no value that `{0}` could name")]
    NoValue(String),
    #[error("the operation defines a value; name it as in `v1 = …`")]
    NoName,
    #[error("the guest has no place `{0}`")]
    Place(String),
    #[error("`{0}` is no number here")]
    Number(String),
    #[error("`{0}` is left over")]
    Trailing(String),
    #[error("a unit has at most 256 guest instructions")]
    TooLong,
}

/// The unit that `text` describes, with the places of its guest. It is not checked: see [`crate::ir::check()`].
///
/// # Errors
/// The first line that is wrong, and why.
pub fn parse(text: &str, places: &'static GuestPlaces) -> Result<Unit, ParseError> {
    let mut parser =
        Parser { unit: Unit::default(), names: Names { places, values: BTreeMap::new() }, begun: false };
    let mut last = 1;
    for (line, text) in (1..).zip(text.lines()) {
        last = line;
        let bare = text.split('#').next().unwrap_or_default().trim();
        if !bare.is_empty() {
            parser.line(bare).map_err(|kind| ParseError { line, kind })?;
        }
    }
    if parser.begun {
        Ok(parser.unit)
    } else {
        Err(ParseError { line: last, kind: ParseErrorKind::NoHeader })
    }
}

struct Parser {
    unit: Unit,
    names: Names,
    begun: bool,
}

impl Parser {
    fn line(&mut self, text: &str) -> Result<(), ParseErrorKind> {
        if !self.begun {
            return self.header(text);
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return self.insn(text);
        }
        let (name, text) = match text.split_once('=') {
            Some((name, text)) => (Some(name.trim()), text.trim()),
            None => (None, text),
        };
        let op = Line::parse(text, &self.names)?;
        let index = Value(u32::try_from(self.unit.ops.len()).map_err(|_| ParseErrorKind::TooLong)?);
        match (name, op.result(self.names.places)) {
            (Some(name), Some(_)) => {
                if self.names.values.insert(value_number(name)?, index).is_some() {
                    return Err(ParseErrorKind::Redefined(name.into()));
                }
            }
            (Some(name), None) => return Err(ParseErrorKind::NoValue(name.into())),
            (None, Some(_)) => return Err(ParseErrorKind::NoName),
            (None, None) => {}
        }
        self.unit.ops.push(op);
        Ok(())
    }

    fn header(&mut self, text: &str) -> Result<(), ParseErrorKind> {
        let found = text.strip_prefix("unit ").ok_or(ParseErrorKind::NoHeader)?.trim();
        let wanted = self.names.places.guest;
        self.begun = found == wanted;
        if self.begun { Ok(()) } else { Err(ParseErrorKind::Guest { found: found.into(), wanted }) }
    }

    fn insn(&mut self, text: &str) -> Result<(), ParseErrorKind> {
        let (pc, len) = text.split_once('+').ok_or(ParseErrorKind::Missing("+ and the length"))?;
        let len = len.trim();
        let at =
            At { pc: number(pc.trim())?, len: len.parse().map_err(|_| ParseErrorKind::Number(len.into()))? };
        let count = u8::try_from(self.unit.insns.len()).map_err(|_| ParseErrorKind::TooLong)?;
        self.unit.insns.push(at);
        self.unit.ops.push(Op::Insn(count));
        Ok(())
    }
}
