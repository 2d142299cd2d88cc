//! The layout of an explanation.

use super::Explanation;
use std::fmt::{Display, Formatter, Result};

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}", self.form)?;
        writeln!(f, "    {}", self.meaning)?;
        if let Some(note) = &self.note {
            writeln!(f, "    {note}")?;
        }
        writeln!(f)?;
        for line in self.picture.lines() {
            writeln!(f, "    {line}")?;
        }
        writeln!(f)?;
        if let Some(word) = &self.word {
            writeln!(f, "    {}  {}", word.hex, word.text)?;
            if word.plain != word.text {
                writeln!(f, "    {:width$}  {}", "", word.plain, width = word.hex.len())?;
            }
            for (name, value) in &word.operands {
                writeln!(f, "        {name:<8}  {value}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "    extension   {}, {}", self.ext, self.widths)?;
        if let Some(base) = &self.expands {
            writeln!(f, "    expands to  {base}")?;
        }
        list(f, "also", self.aliases.iter().map(String::as_str))?;
        list(f, "effects", self.effects.iter().copied())?;
        if self.traps.is_empty() {
            writeln!(f, "    can raise   nothing")
        } else {
            list(f, "can raise", self.traps.iter().copied())
        }
    }
}

/// A heading and its lines, the later ones indented; nothing at all for no lines.
fn list<'a>(f: &mut Formatter<'_>, heading: &str, lines: impl Iterator<Item = &'a str>) -> Result {
    for (i, line) in lines.enumerate() {
        writeln!(f, "    {:<10}  {line}", if i == 0 { heading } else { "" })?;
    }
    Ok(())
}
