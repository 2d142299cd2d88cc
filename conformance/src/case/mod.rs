//! Case files: one instruction, lines of state before and after.
//!
//! ```text
//! # golden/riscv/m/divu.case
//! from: unprivileged ISA, M, division semantics table
//! divu x3, x1, x2    0220d1b3
//!   x1=7 x2=0        =>  x3=ffff_ffff_ffff_ffff     # by zero: all ones, no trap
//! ```
//!
//! - `from:` names the source of truth of the blocks below it, `xlen:` their register width (64 unless
//!   said). Both may be repeated.
//! - A line that starts in the first column is an instruction: assembly text, two or more spaces, the
//!   encoding as one number of 4 or 8 hexadecimal digits. Where assemblers have no text for an encoding
//!   (a reserved rounding mode, say) the text is GNU's `.insn` directive.
//! - An indented line is a case: assignments, `=>`, assignments, and a remark after `#`.
//! - Numbers are hexadecimal, may hold `_` and may start with `-`.
//! - `[2000]=01.02` is two bytes of memory from address 2000 up; `trap=name` or `trap=name@address` may
//!   stand on the right.
//!
//! What the names of registers and traps mean is the guest's affair: see [`Vocabulary`]. Before a case
//! everything it does not mention is zero; after it everything not mentioned is unchanged.

#[cfg(test)]
mod coverage;
mod error;
mod parse;
pub mod riscv;
mod value;

pub use error::CaseError;
pub use parse::parse;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// The names a guest's case files may use.
pub trait Vocabulary {
    /// A part of the guest's state that a case can set or expect.
    type Part: Clone + PartialEq + Debug;
    /// A trap that a case can expect.
    type Trap: Clone + PartialEq + Debug;

    /// The part called `name`.
    fn part(&self, name: &str) -> Option<Self::Part>;

    /// The trap called `name`; `at` is the address after `@`. `None` when there is no such trap, or when
    /// it needs an address and has none, or the other way round.
    fn trap(&self, name: &str, at: Option<u64>) -> Option<Self::Trap>;

    /// The number that the word `none` stands for in `part`, where the word is allowed.
    fn none(&self, _part: &Self::Part) -> Option<u64> {
        None
    }
}

/// A parsed case file.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseFile<P, T> {
    /// Where it was read from; named in errors.
    pub path: PathBuf,
    /// Its instructions in the order of the file.
    pub blocks: Vec<Block<P, T>>,
}

/// One encoding and its cases.
#[derive(Clone, PartialEq, Debug)]
pub struct Block<P, T> {
    /// Assembly text.
    pub text: String,
    /// The encoding as a number: the first byte in memory of a little-endian guest is the lowest.
    pub word: u32,
    /// Length of the encoding in bytes, 2 or 4.
    pub len: u8,
    /// Register width in bits, 32 or 64.
    pub xlen: u32,
    /// The source of truth.
    pub from: String,
    /// At least one case.
    pub cases: Vec<Case<P, T>>,
    /// Line of the instruction, counted from 1.
    pub line: usize,
}

/// One line of state before and after.
#[derive(Clone, PartialEq, Debug)]
pub struct Case<P, T> {
    /// What is set before the instruction runs.
    pub before: Vec<Assign<P>>,
    /// What is expected to differ, or is named for clarity.
    pub after: Vec<Assign<P>>,
    /// The trap that ends the instruction, if any.
    pub trap: Option<T>,
    /// The text after `#`, empty when there is none.
    pub remark: String,
    /// Line in the file, counted from 1.
    pub line: usize,
}

/// A value for a part of the state or for bytes of memory.
#[derive(Clone, PartialEq, Debug)]
pub enum Assign<P> {
    /// A part of the state.
    Part {
        /// Which one.
        part: P,
        /// Its value; a negative number is in two's complement of 64 bits, of which a narrower part takes
        /// the low bits.
        value: u64,
    },
    /// Bytes of memory.
    Memory {
        /// Address of the first byte.
        at: u64,
        /// The bytes in memory order; at least one.
        bytes: Vec<u8>,
    },
}

/// Reads and parses the file at `path`.
///
/// # Errors
/// When the file cannot be read or breaks a rule of the format.
pub fn read<V: Vocabulary>(path: &Path, names: &V) -> Result<CaseFile<V::Part, V::Trap>, CaseError> {
    let text = std::fs::read_to_string(path).map_err(|e| CaseError::new(path, 0, e.to_string()))?;
    parse(path, &text, names)
}

/// Every file under `folder` whose name ends in `.case`, sorted.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let mut found = vec![];
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let fail = |e: std::io::Error| CaseError::new(&folder, 0, e.to_string());
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "case") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
