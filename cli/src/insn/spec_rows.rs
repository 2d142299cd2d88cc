//! `strata spec`: the rows of a guest.

use crate::Outcome;
use spec::riscv::{Guest, Op};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to list.
#[derive(clap::Args)]
pub struct Arguments {
    /// The guest
    #[arg(default_value = "riscv64")]
    guest: String,
    /// List only rows that no golden case reaches
    #[arg(long)]
    uncovered: bool,
    /// Folder of the golden cases
    #[arg(long, default_value = "golden")]
    golden: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let guest = super::asm::guest(&arguments.guest)?;
    let mut out = std::io::stdout().lock();
    if arguments.uncovered {
        return uncovered(guest, &arguments.golden, &mut out);
    }
    let mut all = 0;
    for group in spec::rows::groups(guest) {
        writeln!(out, "{} ({} rows)", group.ext, group.rows.len())?;
        for row in &group.rows {
            writeln!(out, "  {:<12} {:<14} {}", row.mnemonic, row.form.text, row.meaning)?;
        }
        all += group.rows.len();
    }
    writeln!(out, "{all} rows for {}", guest.name)?;
    Ok(())
}

fn uncovered(guest: &Guest, golden: &Path, out: &mut impl Write) -> Outcome {
    let mut reached = HashSet::new();
    let files = reach(guest, &golden.join("riscv"), &mut reached).map_err(|error| {
        let folder = golden.display();
        format!("{folder}/riscv cannot be read ({error}); run from the repository or name the folder with --golden")
    })?;
    let missing: Vec<_> = guest.rows().filter(|row| !reached.contains(&row.op)).collect();
    for row in &missing {
        writeln!(out, "{:<12} {:<8} {}", row.mnemonic, row.ext, row.meaning)?;
    }
    match missing.len() {
        0 => writeln!(out, "none: the cases in {files} files reach every row of {}", guest.name)?,
        count => writeln!(out, "{count} rows of {} are reached by no case in {files} files", guest.name)?,
    }
    Ok(())
}

/// Adds the rows that the case files below `folder` run; returns how many files there are.
///
/// An instruction stands in the first column, its encoding is the line's last word, and its cases follow
/// on indented lines.
fn reach(guest: &Guest, folder: &Path, reached: &mut HashSet<Op>) -> std::io::Result<usize> {
    let mut files = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files += reach(guest, &path, reached)?;
            continue;
        }
        if path.extension().is_none_or(|e| e != "case") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&path)?;
        let mut xlen = 64;
        for line in text.lines() {
            if let Some(width) = line.strip_prefix("xlen:") {
                let width = width.split('#').next().unwrap_or_default();
                xlen = width.trim().parse().unwrap_or(64);
            } else if xlen == guest.xlen && line.starts_with(|c: char| c.is_ascii_lowercase() || c == '.') {
                let word = line.split_whitespace().last().and_then(|word| u32::from_str_radix(word, 16).ok());
                reached.extend(word.and_then(|word| (guest.decode)(word)).map(|insn| insn.op));
            }
        }
    }
    Ok(files)
}
