//! The operation on one line of text.

use super::names::{FUSED, Word};
use super::parse::ParseErrorKind;
use crate::ir::{Address, Bin, Compare, FBin, FCond, GuestPlaces, Op, Place, Prec, Size, Type, Un, Value};
use std::collections::BTreeMap;
use std::str::Split;

type Result<T> = std::result::Result<T, ParseErrorKind>;

/// What texts so far have named.
pub struct Names {
    /// The guest's registers.
    pub places: &'static GuestPlaces,
    /// Values by the number in their name.
    pub values: BTreeMap<u32, Value>,
}

/// What is left of a line.
pub struct Line<'a> {
    names: &'a Names,
    /// What is left of the mnemonic.
    parameters: Split<'a, char>,
    rest: &'a str,
}

/// A mnemonic's parameter that is a sign and a word, such as `s4`.
fn signed<T: Word>(word: &str) -> Option<(bool, T)> {
    let signed = word.starts_with('s');
    let rest = word.strip_prefix(['s', 'u'])?;
    Some((signed, T::of(rest)?))
}

/// A number in decimal digits, or in hexadecimal ones behind `0x`.
pub fn number(word: &str) -> Result<u64> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| ParseErrorKind::Number(word.into()))
}

/// The number in the name of a value.
pub fn value_number(word: &str) -> Result<u32> {
    let digits = word.strip_prefix('v').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| ParseErrorKind::Value(word.into()))
}

impl<'a> Line<'a> {
    /// The operation that `text` is.
    ///
    /// # Errors
    /// What it does not say as texts say it.
    pub fn parse(text: &'a str, names: &'a Names) -> Result<Op> {
        let (mnemonic, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mut parameters = mnemonic.split('.');
        let name = parameters.next().unwrap_or_default();
        let mut line = Self { names, parameters, rest };
        let op = match line.simple(name)? {
            Some(op) => op,
            None => match line.access(name)? {
                Some(op) => op,
                None => line.float(name)?.ok_or_else(|| ParseErrorKind::Mnemonic(name.into()))?,
            },
        };
        line.end()?;
        Ok(op)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(word) = self.parameters.next() {
            return Err(ParseErrorKind::Parameter { what: "end of the mnemonic", found: word.into() });
        }
        let rest = self.rest.trim();
        if rest.is_empty() { Ok(()) } else { Err(ParseErrorKind::Trailing(rest.into())) }
    }

    fn simple(&mut self, name: &str) -> Result<Option<Op>> {
        Ok(Some(match name {
            "const" => Op::Const(self.parameter::<Type>()?, self.number()?),
            "get" => Op::Get(self.place()?),
            "set" => Op::Set(self.place()?, self.next_value()?),
            "ext" => {
                let (signed, from) = self.signed::<Size>()?;
                Op::Ext { signed, from, a: self.value()? }
            }
            "cmp" => Op::Cmp(self.compare()?),
            "select" => {
                Op::Select { compare: self.compare()?, yes: self.next_value()?, no: self.next_value()? }
            }
            "fence" => Op::Fence,
            "order" => Op::Order,
            "branch" => {
                let compare = self.compare()?;
                self.token("->")?;
                Op::Branch(compare, self.number()?)
            }
            "guard" => Op::Guard(self.compare()?),
            "interpret" => Op::Interpret,
            "call" => Op::Call(self.value()?),
            "back" => Op::Back(self.value()?),
            "jump" => Op::Jump(self.number()?),
            "goto" => {
                let hint = self.parameter()?;
                Op::Goto(self.value()?, hint)
            }
            "leave" => Op::Leave,
            _ => return self.integer(name),
        }))
    }

    fn integer(&mut self, name: &str) -> Result<Option<Op>> {
        if let Some(op) = Bin::of(name) {
            let width = self.parameter()?;
            return Ok(Some(Op::Bin(op, width, self.value()?, self.next_value()?)));
        }
        let Some(op) = Un::of(name) else { return Ok(None) };
        Ok(Some(Op::Un(op, self.parameter()?, self.value()?)))
    }

    fn access(&mut self, name: &str) -> Result<Option<Op>> {
        Ok(Some(match name {
            "load" => {
                let word = self.word("format or sign and size")?;
                if let Some(prec) = Prec::of(word) {
                    let (_, address) = self.address(false)?;
                    return Ok(Some(Op::LoadF { prec, address }));
                }
                let (signed, size) = signed(word).ok_or_else(|| ParseErrorKind::Parameter {
                    what: "format or sign and size",
                    found: word.into(),
                })?;
                let (big, address) = self.address(true)?;
                Op::Load { size, signed, big, address }
            }
            "store" => {
                let word = self.word("format or size")?;
                if let Some(prec) = Prec::of(word) {
                    let (_, address) = self.address(false)?;
                    return Ok(Some(Op::StoreF { prec, address, value: self.next_value()? }));
                }
                let size = Size::of(word).ok_or_else(|| ParseErrorKind::Parameter {
                    what: "format or size",
                    found: word.into(),
                })?;
                let (big, address) = self.address(true)?;
                Op::Store { size, big, address, value: self.next_value()? }
            }
            "rmw" => {
                let (op, size) = (self.parameter()?, self.parameter()?);
                let (_, address) = self.address(false)?;
                Op::Rmw { op, size, address, value: self.next_value()? }
            }
            "cas" => {
                let size = self.parameter()?;
                let (_, address) = self.address(false)?;
                Op::Cas { size, address, old: self.next_value()?, new: self.next_value()? }
            }
            _ => return Ok(None),
        }))
    }

    fn float(&mut self, name: &str) -> Result<Option<Op>> {
        if let Some(op) = FBin::of(name) {
            return Ok(Some(Op::FBin(op, self.parameter()?, self.value()?, self.next_value()?)));
        }
        if let Some(cond) = FCond::of(name) {
            return Ok(Some(Op::FCmp(cond, self.parameter()?, self.value()?, self.next_value()?)));
        }
        if let Some(&(_, negate_product, negate_addend)) = FUSED.iter().find(|(word, ..)| *word == name) {
            let prec = self.parameter()?;
            let (a, b, c) = (self.value()?, self.next_value()?, self.next_value()?);
            return Ok(Some(Op::Fma { prec, negate_product, negate_addend, a, b, c }));
        }
        Ok(Some(match name {
            "fsqrt" => Op::FSqrt(self.parameter()?, self.value()?),
            "fsign" => {
                let (op, prec) = (self.parameter()?, self.parameter()?);
                Op::FSign(op, prec, self.value()?, self.next_value()?)
            }
            "fconv" => Op::FConv { from: self.parameter()?, a: self.value()? },
            "ftoint" => {
                let prec = self.parameter()?;
                let (signed, width) = self.signed()?;
                let round = self.parameter()?;
                Op::FToInt { prec, width, signed, round, a: self.value()? }
            }
            "inttof" => {
                let (signed, width) = self.signed()?;
                Op::IntToF { width, signed, prec: self.parameter()?, a: self.value()? }
            }
            "bits" => Op::Bits(self.parameter()?, self.value()?),
            "box" => Op::Box(self.value()?),
            "unbox" => Op::Unbox(self.value()?),
            _ => return Ok(None),
        }))
    }

    fn word(&mut self, what: &'static str) -> Result<&'a str> {
        self.parameters.next().ok_or(ParseErrorKind::Missing(what))
    }

    fn parameter<T: Word>(&mut self) -> Result<T> {
        let word = self.word(T::WHAT)?;
        T::of(word).ok_or_else(|| ParseErrorKind::Parameter { what: T::WHAT, found: word.into() })
    }

    fn signed<T: Word>(&mut self) -> Result<(bool, T)> {
        let word = self.word("sign and number")?;
        signed(word).ok_or_else(|| ParseErrorKind::Parameter { what: "sign and number", found: word.into() })
    }

    fn compare(&mut self) -> Result<Compare> {
        let (cond, width) = (self.parameter()?, self.parameter()?);
        Ok(Compare { cond, width, a: self.value()?, b: self.next_value()? })
    }

    /// Whether the most significant byte comes first, where that can be, and the address.
    fn address(&mut self, ordered: bool) -> Result<(bool, Address)> {
        let (mut big, mut narrow) = (false, false);
        for word in self.parameters.by_ref() {
            match word {
                "be" if ordered && !big && !narrow => big = true,
                "n" if !narrow => narrow = true,
                _ => {
                    return Err(ParseErrorKind::Parameter { what: "trait of an access", found: word.into() });
                }
            }
        }
        self.token("[")?;
        let at = self.value()?;
        let negative = self.rest.trim_start().starts_with('-');
        let offset = if negative || self.rest.trim_start().starts_with('+') {
            self.token(if negative { "-" } else { "+" })?;
            self.offset(negative)?
        } else {
            0
        };
        self.token("]")?;
        Ok((big, Address { at, offset, narrow }))
    }

    fn offset(&mut self, negative: bool) -> Result<i32> {
        let magnitude = self.number()?;
        let offset = i128::from(magnitude) * if negative { -1 } else { 1 };
        i32::try_from(offset).map_err(|_| ParseErrorKind::Number(offset.to_string()))
    }

    /// The next run of letters and digits.
    fn operand(&mut self, what: &'static str) -> Result<&'a str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(ParseErrorKind::Missing(what)) } else { Ok(word) }
    }

    fn token(&mut self, token: &'static str) -> Result<()> {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(ParseErrorKind::Missing(token)),
        }
    }

    fn value(&mut self) -> Result<Value> {
        let word = self.operand("value")?;
        let known = self.names.values.get(&value_number(word)?).copied();
        known.ok_or_else(|| ParseErrorKind::Undefined(word.into()))
    }

    fn next_value(&mut self) -> Result<Value> {
        self.token(",")?;
        self.value()
    }

    fn place(&mut self) -> Result<Place> {
        let word = self.operand("place")?;
        self.names.places.named(word).ok_or_else(|| ParseErrorKind::Place(word.into()))
    }

    fn number(&mut self) -> Result<u64> {
        number(self.operand("number")?)
    }
}
