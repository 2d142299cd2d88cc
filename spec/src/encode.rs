//! The encoder: the inverse of decoding.

use crate::bits::Low;
use crate::insn::Insn;
use crate::rows::{Code, Field, Row, Scatter, Slot};

/// Why operands have no encoding in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// An immediate is too small or too large.
    #[error("{name} {value} is out of range: write {min} to {max}")]
    Range {
        /// The operand's name.
        name: &'static str,
        /// The value given.
        value: i64,
        /// Smallest value that fits.
        min: i64,
        /// Largest value that fits.
        max: i64,
    },
    /// An immediate has one bits where the encoding holds none.
    #[error("{name} {value} has no encoding: write a multiple of {step}")]
    Step {
        /// The operand's name.
        name: &'static str,
        /// The value given.
        value: i64,
        /// What it must be a multiple of.
        step: i64,
    },
    /// A register's number does not fit its field.
    #[error("register {number} does not fit {name}: write register {min} to {max}")]
    Register {
        /// The operand's name.
        name: &'static str,
        /// The register's number.
        number: u8,
        /// Smallest number that fits.
        min: u8,
        /// Largest number that fits.
        max: u8,
    },
    /// An operand that is not encoded has another value than the row implies.
    #[error("{slot:?} is {value}, but this instruction implies {implied}")]
    Implied {
        /// Where the operand is kept.
        slot: Slot,
        /// The value given.
        value: i32,
        /// The value implied.
        implied: i32,
    },
    /// The bits would be another instruction.
    #[error("these operands are excluded: with them the bits of {mnemonic} mean something else or nothing")]
    Excluded {
        /// The row's mnemonic.
        mnemonic: &'static str,
    },
}

/// The word of `insn` as an instruction of `row`; a 16-bit word is in the lower half.
///
/// Operand bits that no slot holds (reserved fields that the decoder ignores) are taken from
/// `insn.word`, so that encoding a decoded instruction gives back its word.
///
/// # Errors
/// When an operand does not fit its field, or the row excludes the combination.
pub fn encode<O: Copy>(row: &Row<O>, insn: &Insn<O>) -> Result<u32, EncodeError> {
    let mut word = row.pattern.bits;
    for field in row.form.fields {
        word |= field_bits(row, field, insn)?;
    }
    if row.unless.iter().any(|u| word & u.mask == u.bits) {
        return Err(EncodeError::Excluded { mnemonic: row.mnemonic });
    }
    Ok(word)
}

fn field_bits<O: Copy>(row: &Row<O>, field: &Field, insn: &Insn<O>) -> Result<u32, EncodeError> {
    let mask = row.pattern.mask_of(field.letter);
    let mut bits = if field.slots.is_empty() { insn.word & mask } else { 0 };
    for &slot in field.slots {
        let value = insn.slot(slot);
        bits = match field.code {
            Code::Fixed(implied) if value != implied => {
                return Err(EncodeError::Implied { slot, value, implied });
            }
            Code::Fixed(_) => 0,
            Code::Reg { bias, .. } => register(field, mask, bias, insn.register(slot))?,
            Code::Imm(ref s) => scattered(field, mask, s, value)?,
        };
    }
    Ok(bits)
}

fn register(field: &Field, mask: u32, bias: u8, number: u8) -> Result<u32, EncodeError> {
    let shift = mask.trailing_zeros();
    let max = bias + (mask >> shift).low8();
    if number < bias || number > max {
        return Err(EncodeError::Register { name: field.name, number, min: bias, max });
    }
    Ok(u32::from(number - bias) << shift)
}

fn scattered(field: &Field, mask: u32, s: &Scatter, value: i32) -> Result<u32, EncodeError> {
    check(field.name, s, i64::from(value))?;
    let (mut word, mut from) = (0, 32);
    for slice in &s.slices[..s.count] {
        for k in (0..slice.width).rev() {
            // The next encoded bit down.
            from = 31 - (mask & ((1u64 << from) - 1).low32()).leading_zeros();
            word |= (value.cast_unsigned() >> (slice.to + k) & 1) << from;
        }
    }
    Ok(word)
}

/// Checks that the scatter `s` can hold `value`.
///
/// # Errors
/// [`EncodeError::Range`] or [`EncodeError::Step`], with `name` in it.
pub fn check(name: &'static str, s: &Scatter, value: i64) -> Result<(), EncodeError> {
    let Span { min, max, step } = span(s);
    if value < min || value > max {
        return Err(EncodeError::Range { name, value, min, max });
    }
    if value % step != 0 {
        return Err(EncodeError::Step { name, value, step });
    }
    Ok(())
}

/// The values that an immediate can have: `min`, `min + step` … `max`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Smallest.
    pub min: i64,
    /// Largest.
    pub max: i64,
    /// Distance between neighbours, a power of two.
    pub step: i64,
}

/// The values that the scatter `s` can hold.
pub fn span(s: &Scatter) -> Span {
    let bits = s.slices[..s.count].iter().fold(0u64, |a, r| a | ((1u64 << r.width) - 1) << r.to);
    let step = 1i64 << bits.trailing_zeros().min(31);
    let ones = bits.cast_signed();
    if s.sign == 0 {
        return Span { min: 0, max: ones, step };
    }
    let top = 1i64 << (s.sign - 1);
    Span { min: -top, max: ones & !top, step }
}
