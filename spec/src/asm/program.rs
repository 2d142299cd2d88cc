//! A small program assembler: labels, sections, data, constants and macros.
//!
//! Passes are repeated until every symbol keeps its value from one to the next; so an expression may
//! use what is defined further down.

use super::AsmError;
use super::pass::{Found, Pass};
use super::source::{statements, without_comments};
use crate::rows::Guest;

/// How a program is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Address of the first section.
    pub base: u64,
    /// Sections with different permissions start on multiples of this; a power of two up to 64 KiB.
    pub page: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { base: 0x1_0000, page: 0x1000 }
    }
}

/// What a section may be used for, in the order of layout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Instructions: read and execute.
    Text,
    /// Constants: read.
    ReadOnly,
    /// Variables: read and write.
    Data,
    /// Variables that start as zero and take no room in the file: read and write.
    Zero,
}

/// A section of an assembled program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name: `.text`.
    pub name: String,
    /// What it may be used for.
    pub kind: Kind,
    /// Address of its first byte.
    pub address: u64,
    /// Its alignment in bytes, a power of two.
    pub align: u64,
    /// Its contents; all zero for [`Kind::Zero`].
    pub bytes: Vec<u8>,
}

/// A symbol of an assembled program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its value: an address, or a number when it belongs to no section.
    pub value: u64,
    /// Size in bytes of what it names, as `.size` gave it.
    pub size: u64,
    /// Whether `.globl` named it.
    pub global: bool,
    /// Whether `.type` called it a function.
    pub function: bool,
    /// Index of its section.
    pub section: Option<usize>,
}

/// An assembled program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Sections by ascending address; empty ones are left out.
    pub sections: Vec<Section>,
    /// Labels and constants in the order of definition; names that start with `.L` are left out.
    pub symbols: Vec<Symbol>,
    /// Address of `_start`, or of the first section without it.
    pub entry: u64,
    /// Size of the pages on which permissions change.
    pub page: u64,
}

impl Image {
    /// The value of the symbol `name`.
    pub fn symbol(&self, name: &str) -> Option<u64> {
        self.symbols.iter().find(|s| s.name == name).map(|s| s.value)
    }

    /// The section called `name`.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }
}

/// A mistake in a program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct Fault {
    /// Its line, counted from 1; 0 for the program as a whole.
    pub line: usize,
    /// What is wrong.
    pub error: AsmError,
}

/// After this many passes a program whose symbols still move is given up.
const PASSES: usize = 32;

/// Assembles `source`.
///
/// # Errors
/// Every mistake found, in the order of lines.
pub fn program<O: Copy + PartialEq>(
    guest: &Guest<O>,
    source: &str,
    options: &Options,
) -> Result<Image, Vec<Fault>> {
    let source = without_comments(source);
    let statements = statements(&source);
    let fault = |line, text: &str| vec![Fault { line, error: AsmError::Other(text.to_owned()) }];
    let highest = if guest.xlen == 32 { 0xf000_0000 } else { 1 << 62 };
    if options.base > highest {
        return Err(fault(
            0,
            &format!("base address {:#x} leaves no room: write 0 to {highest:#x}", options.base),
        ));
    }
    let options = Options { page: options.page.clamp(1, 1 << 16).next_power_of_two(), ..*options };
    let mut last = Found::default();
    for _ in 0..PASSES {
        let mut pass = Pass::new(guest, &options, &last);
        statements.iter().for_each(|s| pass.statement(s));
        let done = pass.finish();
        if done.settled(&last) || done.grew_too_large() {
            return if done.faults.is_empty() { Ok(done.image(options.page)) } else { Err(done.faults) };
        }
        last = done;
    }
    Err(fault(0, "sizes and addresses depend on each other without end"))
}
