//! The operands of one instruction: text to slot values.

use super::expr::{self, ExprError, Names};
use super::line::Place;
use super::{AsmError, suggest};
use crate::bits::Low;
use crate::encode;
use crate::insn::Insn;
use crate::rows::{Code, Field, Guest, Of, Row, Scatter, Show};
use std::cell::Cell;

/// What operands are read by: the guest's names and the place's symbols.
pub(super) struct Context<'a, O: 'static> {
    pub(super) guest: &'a Guest<O>,
    pub(super) place: &'a Place<'a>,
    /// The distance whose upper part an operand took.
    pub(super) distance: Cell<Option<i64>>,
}

/// How far into the operands an attempt came, and what stopped it.
pub(super) type Stop = (usize, AsmError);

/// What is left of the operands, what is left of their form, and the operands read so far.
struct Reader<'t, 'f> {
    rest: &'t str,
    form: &'f str,
    seen: Vec<(char, i64)>,
}

impl<O: Copy + PartialEq> Context<'_, O> {
    /// Reads `text` along the operand text of `row`.
    pub(super) fn operands(
        &self,
        row: &Row<O>,
        form: &str,
        text: &str,
        insn: &mut Insn<O>,
    ) -> Result<(), Stop> {
        let text = text.trim();
        let mut reader = Reader { rest: text, form, seen: vec![] };
        let reach = |rest: &str| text.len() - rest.len();
        while !(reader.form.is_empty() || reader.rest.is_empty() && optional(row, reader.form)) {
            let before = reader.rest;
            if let Some((field, value)) = self.step(row, &mut reader).map_err(|e| (reach(before), e))? {
                // A value that is out of range was at least understood.
                let value = self.narrow(field, value).map_err(|e| (text.len(), e))?;
                field.slots.iter().for_each(|&slot| insn.set_slot(slot, value));
            }
        }
        let rest = reader.rest;
        if rest.is_empty() { Ok(()) } else { Err((reach(rest), shape(format!("'{rest}' is left over")))) }
    }

    /// Reads what the next sign of the form stands for: a literal word or sign, or an operand.
    fn step<'t>(
        &self,
        row: &Row<O>,
        r: &mut Reader<'t, '_>,
    ) -> Result<Option<(&'static Field, i64)>, AsmError> {
        let Some(sign) = r.form.chars().next() else { return Ok(None) };
        r.form = &r.form[sign.len_utf8()..];
        if sign == '{' {
            let (word, next) = r.form.split_once('}').unwrap_or((r.form, ""));
            r.form = next;
            r.rest = self.same_word(r.rest, word)?;
            return Ok(None);
        }
        let Some(field) = u8::try_from(sign).ok().and_then(|l| row.form.field(l)) else {
            let missing = || shape(missing(&format!("'{sign}'"), r.rest));
            r.rest = r.rest.strip_prefix(sign).ok_or_else(missing)?.trim_start();
            return Ok(None);
        };
        // An offset before a base register may be left out.
        if r.rest.starts_with('(') && r.form.starts_with('(') && !self.is_offset(r.rest) {
            return Ok(None);
        }
        let (value, next) = self.operand(field, r.rest)?;
        if r.seen.iter().any(|(l, other)| *l == sign && *other != value) {
            return Err(shape(format!("both {} must be the same", field.name)));
        }
        r.seen.push((sign, value));
        r.rest = next.trim_start();
        Ok(Some((field, value)))
    }

    /// Whether `(…` is an expression rather than the base register.
    fn is_offset(&self, rest: &str) -> bool {
        let inside = &rest[1..];
        let word = expr::split_name(inside.trim_start()).0;
        let alone = inside.trim_start()[word.len()..].trim_start().starts_with(')');
        !(alone && self.register(word, None).is_some())
    }

    fn same_word<'t>(&self, rest: &'t str, word: &str) -> Result<&'t str, AsmError> {
        let (name, next) = expr::split_name(rest);
        let same =
            name == word || self.register(name, None).is_some_and(|r| self.register(word, None) == Some(r));
        if same { Ok(next.trim_start()) } else { Err(shape(missing(&format!("'{word}'"), rest))) }
    }

    /// The number of the register called `name`, in the given list or in any.
    fn register(&self, name: &str, list: Option<&'static [&'static str]>) -> Option<usize> {
        let also = self.guest.also.iter().find(|(n, _)| *n == name);
        let name = also.map_or(name, |(_, real)| real);
        let wanted = |l: &'static [&'static str]| list.is_none_or(|w| w == l);
        self.guest.registers.iter().filter(|(_, l)| wanted(l)).find_map(|(letter, l)| {
            let number = || name.strip_prefix(*letter).and_then(decimal).filter(|n| *n < 32);
            l.iter().position(|n| *n == name).or_else(number)
        })
    }

    fn operand<'t>(&self, field: &Field, rest: &'t str) -> Result<(i64, &'t str), AsmError> {
        match field.show {
            Show::Reg(list) => {
                let (name, next) = expr::split_name(rest);
                let number =
                    self.register(name, Some(list)).ok_or_else(|| shape(no_register(field, name, list)))?;
                Ok((i64::try_from(number).unwrap_or(0), next))
            }
            Show::Csr => self.control(rest),
            Show::Rounding | Show::ExactRounding => {
                let (name, next) = expr::split_name(rest);
                let mode = self.guest.rounding.iter().position(|n| !n.is_empty() && *n == name);
                let mode = mode.ok_or_else(|| shape(format!("'{name}' is no rounding mode")))?;
                Ok((i64::try_from(mode).unwrap_or(0), next))
            }
            Show::Fence => self.fence(rest),
            _ => {
                let (value, next) = expr::eval(rest, self)?;
                Ok((value, next))
            }
        }
    }

    fn control<'t>(&self, rest: &'t str) -> Result<(i64, &'t str), AsmError> {
        let (name, next) = expr::split_name(rest);
        if let Some((number, _)) = self.guest.controls.iter().find(|(_, n)| *n == name) {
            return Ok((i64::from(*number), next));
        }
        expr::eval(rest, self).map_err(|e| match e {
            ExprError::Undefined(name) => {
                let near = suggest(&name, self.guest.controls.iter().map(|(_, n)| *n));
                let hint = super::nearest(&near);
                AsmError::Other(format!("unknown control register '{name}'{hint}"))
            }
            other => other.into(),
        })
    }

    fn fence<'t>(&self, rest: &'t str) -> Result<(i64, &'t str), AsmError> {
        let (before, rest) = self.set(rest)?;
        let rest = rest.trim_start().strip_prefix(',').ok_or_else(|| shape(missing("','", rest)))?;
        let (after, rest) = self.set(rest.trim_start())?;
        Ok((before << 4 | after, rest))
    }

    fn set<'t>(&self, rest: &'t str) -> Result<(i64, &'t str), AsmError> {
        let (name, next) = expr::split_name(rest);
        let letters = self.guest.fence;
        let bit = |c| letters.chars().rev().position(|l| l == c).map(|i| 1i64 << i);
        let bits: Option<Vec<i64>> = name.chars().map(bit).collect();
        match bits {
            Some(bits) if !bits.is_empty() => Ok((bits.iter().fold(0, |a, b| a | b), next)),
            _ => Err(shape(format!("'{name}' is no fence set of the letters {letters}"))),
        }
    }

    /// From what was written to what the slot holds.
    fn narrow(&self, field: &Field, value: i64) -> Result<i32, AsmError> {
        let Code::Imm(s) = field.code else { return Ok(value.low32().cast_signed()) };
        let value = match field.show {
            Show::Target => return self.distance(value, &s),
            Show::Upper => return upper(field, &s, value),
            // With 32-bit registers 0xffffffff is -1.
            _ if self.guest.xlen == 32 && s.sign != 0 && value >> 31 == 1 => value - (1 << 32),
            _ => value,
        };
        encode::check(field.name, &s, value)?;
        i32::try_from(value).map_err(|_| AsmError::Other(format!("{value} does not fit 32 bits")))
    }

    fn distance(&self, target: i64, s: &Scatter) -> Result<i32, AsmError> {
        let distance = target.wrapping_sub(self.place.pc.cast_signed());
        let wraps = self.guest.xlen == 32;
        let distance = if wraps { i64::from(distance.low32().cast_signed()) } else { distance };
        let encode::Span { min, max, step } = encode::span(s);
        let target = self.guest.wrap(target.cast_unsigned());
        let error = AsmError::Target { target, distance, min, max, step };
        if distance < min || distance > max || distance % step != 0 {
            return Err(error);
        }
        i32::try_from(distance).map_err(|_| error)
    }
}

/// The value of an operand that is written shifted down by 12, such as `lui`'s.
fn upper(field: &Field, s: &Scatter, value: i64) -> Result<i32, AsmError> {
    let shifted = (value << 12).low32().cast_signed();
    let fits = (0..1 << 20).contains(&value) && encode::check(field.name, s, i64::from(shifted)).is_ok();
    if fits {
        return Ok(shifted);
    }
    let top = (encode::span(s).max >> 12) + 1;
    let range = if top == 1 << 19 {
        "0 to 0xfffff".to_owned()
    } else {
        format!("1 to {:#x}, or {:#x} to 0xfffff", top - 1, (1 << 20) - top)
    };
    Err(AsmError::Other(format!("upper part {value:#x} is out of range: write {range}")))
}

impl<O: Copy + PartialEq> Names for Context<'_, O> {
    fn symbol(&self, name: &str) -> Result<i64, ExprError> {
        if name == "." {
            return Ok(self.place.pc.cast_signed());
        }
        (self.place.symbol)(name).ok_or_else(|| ExprError::Undefined(name.to_owned()))
    }

    fn operator(&self, name: &str, argument: &str) -> Result<i64, ExprError> {
        let operator = self.guest.operators.iter().find(|o| o.name == name);
        let operator = operator.ok_or_else(|| ExprError::Operator(name.to_owned()))?;
        // A nested operator has no use, and refusing it bounds the recursion.
        if argument.contains('%') {
            return Err(ExprError::Operator(argument.trim().to_owned()));
        }
        let (value, rest) = expr::eval(argument, self)?;
        if !rest.trim().is_empty() {
            return Err(ExprError::Missing(rest.to_owned()));
        }
        let away = value.wrapping_sub(self.place.pc.cast_signed());
        let number = match operator.of {
            Of::Value => value,
            Of::Distance => {
                self.distance.set(Some(away));
                away
            }
            Of::Previous => away.wrapping_add(4),
            Of::Paired => {
                let unpaired = || ExprError::Unpaired(argument.trim().to_owned());
                (self.place.paired)(value.cast_unsigned()).ok_or_else(unpaired)?
            }
        };
        if self.guest.xlen > 32 && i32::try_from(number).is_err() {
            return Err(ExprError::Far(number, operator.name.to_owned()));
        }
        Ok((operator.part)(number))
    }
}

/// Whether what is left of the form need not be written: a rounding mode.
fn optional<O>(row: &Row<O>, form: &str) -> bool {
    let [b',', letter] = form.as_bytes() else { return false };
    row.form.field(*letter).is_some_and(|f| matches!(f.show, Show::Rounding | Show::ExactRounding))
}

fn shape(problem: String) -> AsmError {
    AsmError::Operands { problem, write: vec![] }
}

fn missing(what: &str, rest: &str) -> String {
    if rest.is_empty() { format!("{what} is missing") } else { format!("{what} is missing before '{rest}'") }
}

fn no_register(field: &Field, name: &str, list: &[&'static str]) -> String {
    if name.is_empty() {
        return format!("register {} is missing", field.name);
    }
    let near = suggest(name, list.iter().copied());
    format!("'{name}' is no register for {}{}", field.name, super::nearest(&near))
}

fn decimal(text: &str) -> Option<usize> {
    let plain = !text.is_empty() && text.len() < 3 && text.bytes().all(|c| c.is_ascii_digit());
    // x07 is no name of x7.
    let padded = text.len() == 2 && text.starts_with('0');
    if plain && !padded { text.parse().ok() } else { None }
}
