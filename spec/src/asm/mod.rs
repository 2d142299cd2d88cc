//! The assembler: text to bytes.
//!
//! [`line()`] assembles one instruction, [`program`] a small program with labels, sections and
//! directives, and [`elf`] writes the result as a static executable. Left out: relaxation, choosing
//! compressed encodings unasked, relocatable output and macro definitions.

mod directive;
pub mod elf;
pub mod expr;
mod line;
mod operand;
mod pass;
mod program;
mod source;

pub(crate) use line::operand_names;
pub use line::{Assembled, Place, bytes, line, line_text};
pub use program::{Fault, Image, Kind, Options, Section, Symbol, program};

use crate::encode::EncodeError;

/// Why a line cannot be assembled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AsmError {
    /// No row, alias or macro has this name.
    #[error("unknown mnemonic '{name}'{}", nearest(near))]
    Mnemonic {
        /// What was written.
        name: String,
        /// Names that differ little from it.
        near: Vec<String>,
    },
    /// The operands have the wrong shape.
    #[error("{problem}; write {}", alternatives(write))]
    Operands {
        /// What is wrong.
        problem: String,
        /// The forms that exist.
        write: Vec<String>,
    },
    /// An operand has no encoding.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A target is too far away or not aligned.
    #[error(
        "target {target:#x} is {distance} bytes away: it must be a multiple of {step} from {min} to {max}"
    )]
    Target {
        /// The address wanted.
        target: u64,
        /// Its distance from the instruction.
        distance: i64,
        /// Smallest distance.
        min: i64,
        /// Largest distance.
        max: i64,
        /// What the distance must be a multiple of.
        step: i64,
    },
    /// An expression cannot be evaluated.
    #[error(transparent)]
    Expression(#[from] expr::ExprError),
    /// A sentence for whatever else a program's line can have wrong.
    #[error("{0}")]
    Other(String),
}

fn nearest(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(": did you mean {}?", alternatives(near)) }
}

fn alternatives(list: &[String]) -> String {
    let quoted: Vec<_> = list.iter().map(|s| format!("'{s}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

/// `: did you mean …?` with the [`suggest`]ed names, or nothing if there are none.
pub fn did_you_mean<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(&suggest(name, names))
}

/// Up to three of `names` that differ from `name` by at most two letters, nearest first.
pub fn suggest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut near: Vec<(usize, &str)> = names
        .filter(|n| n.len().abs_diff(name.len()) <= 2)
        .map(|n| (distance(name, n), n))
        .filter(|(d, n)| *d <= 2 && *d < n.len())
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, n)| n.to_owned()).collect()
}

/// Levenshtein's distance between two short names.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
