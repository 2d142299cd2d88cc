//! The committed RISC-V cases, held against the rows.

use super::riscv::{CaseFile, Names};
use super::{files, read};
use spec::riscv::{Op, ROWS, decoder};
use std::collections::HashSet;
use std::path::Path;

fn all() -> Vec<CaseFile> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/riscv");
    let paths = files(&golden).unwrap();
    paths.iter().map(|p| read(p, &Names).unwrap_or_else(|e| panic!("{e}"))).collect()
}

#[test]
fn every_row_has_a_case() {
    let spoken: HashSet<Op> = all()
        .iter()
        .flat_map(|f| &f.blocks)
        .filter_map(|b| decoder(b.xlen).decode(b.word))
        .map(|i| i.op)
        .collect();
    let missing: Vec<Op> = ROWS.iter().map(|r| r.op).filter(|op| !spoken.contains(op)).collect();
    assert!(missing.is_empty(), "rows without a case: {missing:?}");
}

#[test]
fn a_file_is_named_after_the_row_of_its_instructions() {
    for file in all() {
        let stem = file.path.file_stem().unwrap().to_string_lossy().into_owned();
        let name = stem.strip_suffix(".rv32").unwrap_or(&stem);
        for block in &file.blocks {
            let place = format!("{}:{}", file.path.display(), block.line);
            let width = if stem.ends_with(".rv32") { 32 } else { 64 };
            assert_eq!(block.xlen, width, "{place}: the name says the register width");
            let row = decoder(block.xlen).row(block.word).unwrap_or_else(|| panic!("{place}: no row"));
            assert_eq!(row.mnemonic.replace('.', "_"), name, "{place}");
            assert_eq!(u32::from(block.len) * 8, row.pattern.width, "{place}");
        }
    }
}
