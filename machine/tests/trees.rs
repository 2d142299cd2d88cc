//! Device trees of the boards, as dtc reads them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use machine::board::{BOARDS, tree::Harts};
use std::io::Write;
use std::process::{Command, Stdio};

fn harts(count: u32) -> Harts {
    Harts {
        count,
        isa: "rv64imac".into(),
        base: "rv64i".into(),
        extensions: ["i", "m", "a", "c"].map(String::from).to_vec(),
        mmu: Some("riscv,sv39".into()),
    }
}

/// What dtc says and what it writes, or `None` where there is no dtc.
fn dtc(blob: &[u8]) -> Option<(String, String)> {
    let child = Command::new("dtc")
        .args(["-I", "dtb", "-O", "dts"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let line = "device trees: dtc is missing; install the package device-tree-compiler\n";
        if let Some(list) = std::env::var_os("STRATA_SKIPS") {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
            file.write_all(line.as_bytes()).unwrap();
        }
        eprint!("skip: {line}");
        return None;
    };
    child.stdin.take().unwrap().write_all(blob).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((text(out.stderr), text(out.stdout)))
}

#[test]
fn dtc_takes_the_tree_of_every_board_without_a_warning() {
    for board in BOARDS {
        for count in [1, board.harts.min(5)] {
            let Some((said, _)) = dtc(&board.tree(&harts(count), 1 << 30).flatten().unwrap()) else { return };
            assert_eq!(said, "", "{}", board.name);
        }
    }
}

#[test]
fn every_board_has_its_tree() {
    for board in BOARDS {
        let tree = board.tree(&harts(board.harts.min(2)), 128 << 20);
        let Some((_, text)) = dtc(&tree.flatten().unwrap()) else { return };
        insta::assert_snapshot!(format!("the_tree_of_{}", board.name), text);
    }
}
