//! Every driver speaks every case under `golden/`; `ONLY=riscv/m` keeps those below that folder.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use conformance::case::{Block, files, parse, read, riscv::Names};
use conformance::riscv::{RV32, RV64};
use conformance::speak::{DRIVERS, Named, Part, Speaker, speak};
use conformance::toy;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden")
}

/// The case files of a guest's folder that `ONLY` does not leave out.
fn chosen(guest: &str) -> Vec<PathBuf> {
    let only = std::env::var("ONLY").unwrap_or_default();
    let all = files(&golden().join(guest)).unwrap();
    assert!(!all.is_empty(), "golden/{guest} holds no case file");
    let named =
        |path: &PathBuf| path.strip_prefix(golden()).is_ok_and(|p| p.to_string_lossy().starts_with(&only));
    all.into_iter().filter(named).collect()
}

/// Runs one block's cases in every driver; returns how many and appends what went wrong.
fn run<S: Speaker>(s: &S, path: &Path, block: &Block<Part<S>, Named<S>>, wrong: &mut Vec<String>) -> usize {
    for case in &block.cases {
        for driver in DRIVERS {
            if let Err(lines) = speak(s, driver, block, case) {
                let place = format!("{}:{}", path.display(), case.line);
                wrong.push(format!(
                    "{place}: {} in the {driver:?} driver: {}\n{lines}",
                    block.text, case.remark
                ));
            }
        }
    }
    block.cases.len()
}

fn report(guest: &str, cases: usize, wrong: &[String]) {
    println!("{guest}: {cases} cases in {} drivers", DRIVERS.len());
    assert!(wrong.is_empty(), "{} failures in {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn riscv_drivers_speak_every_case() {
    let (mut cases, mut wrong) = (0, vec![]);
    for path in chosen("riscv") {
        let file = read(&path, &Names).unwrap_or_else(|e| panic!("{e}"));
        for block in &file.blocks {
            cases += match block.xlen {
                32 => run(&RV32, &path, block, &mut wrong),
                _ => run(&RV64, &path, block, &mut wrong),
            };
        }
    }
    report("riscv", cases, &wrong);
}

#[test]
fn toy_drivers_speak_every_case() {
    let (mut cases, mut wrong, mut spoken) = (0, vec![], HashSet::new());
    for path in chosen("toy") {
        let file = read(&path, &toy::names::Names).unwrap_or_else(|e| panic!("{e}"));
        for block in &file.blocks {
            cases += run(&toy::Toy, &path, block, &mut wrong);
            spoken.extend(toy::decoder().decode(block.word).map(|insn| insn.op));
        }
    }
    report("toy", cases, &wrong);
    if std::env::var_os("ONLY").is_none() {
        assert_eq!(spoken.len(), toy::ROWS.len(), "a row of the toy has no case");
    }
}

#[test]
fn a_wrong_expectation_is_found_and_named() {
    let text = "from: a test\nadd x3, x1, x2    002081b3\n  x1=1 x2=2 => x3=4 # wrong on purpose\n";
    let file = parse(Path::new("t.case"), text, &Names).unwrap();
    for driver in DRIVERS {
        let wrong = speak(&RV64, driver, &file.blocks[0], &file.blocks[0].cases[0]).unwrap_err();
        assert!(wrong.contains("expected 0x4,   got 0x3,"), "{wrong}");
    }
}
