//! The house tests itself: arrows between crates, sizes, forbidden words, rooms for `unsafe`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crate of the workspace may depend on which: arrows point down only.
const ALLOWED: &[(&str, &[&str])] = &[
    ("spec", &[]),
    ("memory", &["spec"]),
    ("interp", &["memory", "spec"]),
    ("jit", &["interp", "memory", "spec"]),
    ("accel", &["interp", "jit", "memory", "spec"]),
    ("user", &["accel", "interp", "memory", "spec"]),
    (
        "machine",
        &["accel", "host-block", "host-char", "interp", "memory", "model", "platform", "spec", "virtio"],
    ),
    ("control", &["accel", "host-char", "interp", "machine", "memory", "model", "spec", "user"]),
    (
        "strata",
        &[
            "accel",
            "control",
            "host-block",
            "host-char",
            "interp",
            "machine",
            "memory",
            "model",
            "spec",
            "user",
            "virtio",
        ],
    ),
    ("c99", &[]),
    ("model", &["memory"]),
    ("host-char", &[]),
    ("host-block", &["model"]),
    ("platform", &["host-block", "host-char", "memory", "model"]),
    ("virtio", &["host-block", "host-char", "memory", "model"]),
    // It looks at everything; nothing looks at it.
    (
        "conformance",
        &[
            "accel",
            "control",
            "host-block",
            "host-char",
            "interp",
            "jit",
            "memory",
            "model",
            "platform",
            "spec",
            "user",
            "virtio",
        ],
    ),
];

/// Folders in which `unsafe` may stand; every other crate forbids it.
const UNSAFE_ROOMS: &[&str] = &[
    "jit/src/code",
    "memory/src/fault",
    "memory/src/ram",
    "memory/src/tlb",
    "memory/src/user",
    "user/src/host",
];

/// Lines of the longest file.
const LONGEST_FILE: usize = 600;
/// Modules that lie directly beside each other in one folder.
const MOST_MODULES: usize = 10;
/// Folders that are tables, a file per part of a manual, and may hold more.
const TABLES: &[&str] = &["interp/src/riscv", "jit/src/lift/riscv"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every Rust source of the workspace, as path below the root and text.
fn sources() -> Vec<(String, String)> {
    let mut found = vec![];
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir()
                && name != "target"
                && !name.starts_with(['.', '_'])
                && !name.starts_with("mutants.out")
            {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let short = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((short, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/benches/")
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn arrows_point_down() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        ALLOWED.iter().map(|(name, down)| (*name, down.iter().copied().collect())).collect();
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let down = allowed.get(name).unwrap_or_else(|| panic!("crate {name} has no place among the arrows"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            let inside = dependency["path"].is_string();
            assert!(!inside || down.contains(to), "{name} → {to} is not among the allowed arrows");
        }
    }
}

#[test]
fn no_file_is_longer_than_six_hundred_lines() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{path} has {lines} lines; split it along its nature");
    }
}

#[test]
fn no_folder_has_eleven_rooms() {
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, _) in sources() {
        if !path.contains("/src/") || is_test(&path) || path.contains("/rows/") {
            continue;
        }
        let (folder, file) = path.rsplit_once('/').unwrap();
        if let "mod.rs" | "lib.rs" | "main.rs" = file {
            // A folder with a `mod.rs` is a module of the folder above.
            if let Some((above, name)) = folder.rsplit_once('/').filter(|_| file == "mod.rs") {
                rooms.entry(above.into()).or_default().insert(name.into());
            }
        } else {
            rooms.entry(folder.into()).or_default().insert(file.trim_end_matches(".rs").into());
        }
    }
    for (folder, names) in rooms {
        let most = if TABLES.contains(&folder.as_str()) { 2 * MOST_MODULES } else { MOST_MODULES };
        assert!(names.len() <= most, "{folder} has {} modules beside each other: {names:?}", names.len());
    }
}

#[test]
fn unsafe_stays_in_its_rooms() {
    for (path, text) in sources() {
        if UNSAFE_ROOMS.iter().any(|room| path.starts_with(room)) || is_test(&path) {
            continue;
        }
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for line in text.lines().filter(code).take_while(|line| !line.contains("#[cfg(test)]")) {
            let bare =
                ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|w| line.contains(w));
            assert!(!bare, "{path} is no room for unsafe code: {line}");
        }
    }
}

#[test]
fn every_crate_forbids_or_confines_unsafe_code() {
    for (path, text) in sources() {
        let crate_root = path.strip_prefix("devices/").unwrap_or(&path).matches('/').count() == 2;
        if crate_root && (path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs")) {
            let stated = text.contains("#![forbid(unsafe_code)]") || text.contains("#![deny(unsafe_code)]");
            assert!(stated, "{path} says nothing of unsafe code");
        }
    }
}

/// Words that mark unfinished or careless work. They are put together here so that this file has none.
fn forbidden() -> Vec<String> {
    ["to do!(", "un implemented!(", "FIX ME", "X XX", "HA CK", "db g!("]
        .iter()
        .map(|w| w.replace(' ', ""))
        .collect()
}

/// Whether `word` stands in `line` on its own: a template of six such letters is no marker.
fn says(line: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + word.len()..].chars().next());
        !joins(before) && (word.ends_with('(') || !joins(after))
    })
}

#[test]
fn no_forbidden_word_is_written() {
    for (path, text) in sources() {
        for word in forbidden() {
            for (number, line) in (1..).zip(text.lines()) {
                assert!(!says(line, &word), "{path}:{number} says {word}");
            }
        }
    }
}

#[test]
fn only_the_command_prints_and_exits() {
    let words = ["println!(", "eprintln!(", "print!(", "eprint!(", "process::exit("];
    for (path, text) in sources() {
        // A build script talks to cargo.
        let speaks = path.ends_with("/build.rs")
            || ["cli/", "conformance/", "user/src/host"].iter().any(|room| path.starts_with(room));
        if speaks || is_test(&path) {
            continue;
        }
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for line in text.lines().filter(code).take_while(|line| !line.contains("#[cfg(test)]")) {
            assert!(!words.iter().any(|w| line.contains(w)), "{path} prints or exits: {line}");
        }
    }
}

#[test]
fn a_file_opens_with_what_it_is() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let opening =
            text.lines().find(|line| !line.starts_with("// SPDX") && !line.starts_with("#!/")).unwrap_or("");
        assert!(opening.starts_with("//! "), "{path} does not open with a line that says what it is");
        assert!(!opening.contains("This module"), "{path}: a noun phrase, without \"This module\"");
    }
}
