//! Operand expressions: numbers, symbols and C's operators with the precedence of GNU's assembler.
//!
//! Arithmetic is on 64 bits and wraps. From tight to loose: unary `- + ~`; `* / % << >>`; `| & ^`;
//! `+ -`.

/// Why an expression has no value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExprError {
    /// Nothing where a value should stand.
    #[error("a value is missing{}", before(.0))]
    Missing(String),
    /// A symbol that nothing defines.
    #[error("symbol '{0}' is not defined: add a label or .equ of that name")]
    Undefined(String),
    /// A number that does not fit 64 bits, or with a digit that is none.
    #[error("'{0}' is no number: write decimal, 0x…, 0b…, 0… (octal) or 'c'")]
    Number(String),
    /// A parenthesis without its partner.
    #[error("a closing ')' is missing")]
    Unclosed,
    /// Parentheses inside parentheses beyond reason.
    #[error("parentheses and signs are nested deeper than {DEEPEST}")]
    Deep,
    /// Division by zero.
    #[error("division by zero")]
    Zero,
    /// `%name` that the guest does not have.
    #[error("unknown operator '{0}'")]
    Operator(String),
    /// A value that the parts of an operator cannot hold.
    #[error("{0:#x} is beyond the reach of {1}, 32 bits with sign")]
    Far(i64, String),
    /// A paired operator whose label marks no instruction with the upper part.
    #[error("'{0}' marks no instruction that takes the upper part of a distance")]
    Unpaired(String),
}

fn before(rest: &str) -> String {
    if rest.is_empty() { String::new() } else { format!(" before '{rest}'") }
}

/// How deep parentheses and unary signs may nest.
pub const DEEPEST: u32 = 64;

/// What symbols and operators mean.
pub trait Names {
    /// The value of a symbol; `.` is the address of the current instruction.
    ///
    /// # Errors
    /// When it has none.
    fn symbol(&self, name: &str) -> Result<i64, ExprError>;

    /// The value of `name(argument)`, where the name starts with `%`.
    ///
    /// # Errors
    /// When there is no such operator or its argument has no value.
    fn operator(&self, name: &str, argument: &str) -> Result<i64, ExprError>;
}

/// Evaluates the longest expression at the start of `text`; also returns what follows it.
///
/// # Errors
/// When `text` does not start with an expression or it has no value.
pub fn eval<'a>(text: &'a str, names: &dyn Names) -> Result<(i64, &'a str), ExprError> {
    let mut parser = Parser { rest: text, names, depth: 0 };
    let value = parser.sum()?;
    Ok((value, parser.rest))
}

struct Parser<'a, 'n> {
    rest: &'a str,
    names: &'n dyn Names,
    depth: u32,
}

impl<'a> Parser<'a, '_> {
    fn sum(&mut self) -> Result<i64, ExprError> {
        let mut value = self.bits()?;
        while let Some(op) = self.take(&["+", "-"]) {
            let other = self.bits()?;
            value = if op == "+" { value.wrapping_add(other) } else { value.wrapping_sub(other) };
        }
        Ok(value)
    }

    fn bits(&mut self) -> Result<i64, ExprError> {
        let mut value = self.product()?;
        while let Some(op) = self.take(&["|", "&", "^"]) {
            let other = self.product()?;
            value = match op {
                "|" => value | other,
                "&" => value & other,
                _ => value ^ other,
            };
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<i64, ExprError> {
        let mut value = self.unary()?;
        while let Some(op) = self.take(&["*", "/", "%", "<<", ">>"]) {
            let other = self.unary()?;
            let shift = u32::try_from(other).ok().filter(|s| *s < 64);
            value = match op {
                "*" => value.wrapping_mul(other),
                "<<" => shift.map_or(0, |s| value << s),
                ">>" => shift.map_or(0, |s| (value.cast_unsigned() >> s).cast_signed()),
                _ if other == 0 => return Err(ExprError::Zero),
                "/" => value.wrapping_div(other),
                _ => value.wrapping_rem(other),
            };
        }
        Ok(value)
    }

    fn unary(&mut self) -> Result<i64, ExprError> {
        let Some(op) = self.take(&["-", "+", "~"]) else { return self.atom() };
        self.deeper()?;
        let value = self.unary()?;
        self.depth -= 1;
        Ok(match op {
            "-" => value.wrapping_neg(),
            "~" => !value,
            _ => value,
        })
    }

    fn atom(&mut self) -> Result<i64, ExprError> {
        let text = self.rest.trim_start();
        match text.chars().next() {
            Some('(') => {
                self.deeper()?;
                self.rest = &text[1..];
                let value = self.sum()?;
                self.depth -= 1;
                let after = self.rest.trim_start();
                self.rest = after.strip_prefix(')').ok_or(ExprError::Unclosed)?;
                Ok(value)
            }
            Some('\'') => self.character(text),
            Some('%') => self.operator(text),
            Some(c) if c.is_ascii_digit() => self.number(text),
            Some(c) if starts_name(c) => {
                let (name, rest) = split_name(text);
                self.rest = rest;
                self.names.symbol(name)
            }
            _ => Err(ExprError::Missing(text.to_owned())),
        }
    }

    fn character(&mut self, text: &'a str) -> Result<i64, ExprError> {
        let bad = || ExprError::Number(text.to_owned());
        let (value, rest) = super::source::character(&text[1..]).ok_or_else(bad)?;
        // The closing quote may be left out, as with GNU's assembler.
        self.rest = rest.strip_prefix('\'').unwrap_or(rest);
        Ok(i64::from(value))
    }

    fn operator(&mut self, text: &'a str) -> Result<i64, ExprError> {
        let (name, rest) = text[1..].split_at(text[1..].find(|c| !in_name(c)).unwrap_or(text.len() - 1));
        let name = &text[..name.len() + 1];
        let bad = || ExprError::Operator(name.to_owned());
        let inside = rest.trim_start().strip_prefix('(').ok_or_else(bad)?;
        let end = closing(inside).ok_or(ExprError::Unclosed)?;
        self.rest = &inside[end + 1..];
        self.deeper()?;
        let value = self.names.operator(name, &inside[..end])?;
        self.depth -= 1;
        Ok(value)
    }

    fn number(&mut self, text: &'a str) -> Result<i64, ExprError> {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        if let Some(place) = word.strip_suffix(['b', 'f'])
            && !place.is_empty()
            && place.bytes().all(|c| c.is_ascii_digit())
        {
            return self.names.symbol(word);
        }
        number(word).ok_or_else(|| ExprError::Number(word.to_owned()))
    }

    fn take(&mut self, ops: &[&'static str]) -> Option<&'static str> {
        let text = self.rest.trim_start();
        let op = ops.iter().find(|op| text.starts_with(**op))?;
        self.rest = &text[op.len()..];
        Some(op)
    }

    fn deeper(&mut self) -> Result<(), ExprError> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(ExprError::Deep) } else { Ok(()) }
    }
}

/// Reads an unsigned number of at most 64 bits: decimal, `0x…`, `0b…` or octal `0…`.
pub fn number(word: &str) -> Option<i64> {
    let lower = word.to_ascii_lowercase();
    let parsed = if let Some(hex) = lower.strip_prefix("0x") {
        digits(hex, 16)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        digits(binary, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        digits(&lower[1..], 8)
    } else {
        digits(&lower, 10)
    };
    parsed.map(u64::cast_signed)
}

fn digits(text: &str, radix: u32) -> Option<u64> {
    // `from_str_radix` would take a sign.
    if text.starts_with(['+', '-']) { None } else { u64::from_str_radix(text, radix).ok() }
}

/// Whether a symbol's name can start with `c`.
pub fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '$')
}

/// Whether `c` can stand in a symbol's name.
pub fn in_name(c: char) -> bool {
    starts_name(c) || c.is_ascii_digit()
}

/// Splits the name off the start of `text`.
pub fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !in_name(c)).unwrap_or(text.len()))
}

/// Where the parenthesis that was opened before `text` closes.
pub fn closing(text: &str) -> Option<usize> {
    let mut depth = 0u32;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(i),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
