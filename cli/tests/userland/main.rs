//! Debian's programs at work: each script of `scripts/` runs in an empty folder, with every command that it
//! calls a guest program of its own, and prints what `NAME.out` beside it holds.
//!
//! `tools/compare` runs the same scripts under another emulator. A script that says `# soak` in its first
//! lines takes minutes and runs with `STRATA_SOAK=1` only.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../common/mod.rs"]
mod common;

use common::{STRATA, outcome, root, skip};
use rstest::rstest;
use std::path::{Path, PathBuf};

/// A script is stopped after this many seconds: far more than any takes.
const LIMIT: &str = "1200";

#[rstest]
fn a_script_prints_what_it_prints_on_hardware(#[files("tests/userland/scripts/*.sh")] script: PathBuf) {
    prints_what_it_prints_on_hardware(&script, &[]);
}

/// Everything is translated at first sight, and needs the code cache's room several times over.
#[test]
fn pythons_own_tests_pass_in_a_code_cache_that_is_too_small() {
    let script = root().join("cli/tests/userland/scripts/python-whole.sh");
    prints_what_it_prints_on_hardware(&script, &["-accel", "jit,hot=1,cache=1M"]);
}

fn prints_what_it_prints_on_hardware(script: &Path, options: &[&str]) {
    let system = root().join("target/guests/riscv64/root");
    if !system.join("usr/bin/stress-ng").is_file() {
        return skip("Debian's programs are missing; make guests fetches them");
    }
    let text = std::fs::read_to_string(script).unwrap();
    if text.lines().take(2).any(|line| line == "# soak") && std::env::var_os("STRATA_SOAK").is_none() {
        return skip("it takes minutes; make soak runs it");
    }
    let name = script.file_stem().unwrap().to_str().unwrap();
    let mut command = common::command("timeout");
    command.args(["--signal=KILL", LIMIT]).arg(root().join("cli/tests/userland/run"));
    command.arg(name).arg(system).args([STRATA, "run"]).args(options);
    let done = outcome(&mut command);
    let wanted = script.with_extension("out");
    if std::env::var_os("STRATA_BLESS").is_some() {
        std::fs::write(&wanted, &done.out).unwrap();
    }
    let wanted = std::fs::read_to_string(wanted).unwrap();
    assert_eq!((done.out.as_str(), done.end), (wanted.as_str(), Ok(0)), "{}", done.err);
}
