//! Tests of the space, by subject.

mod access;
mod bulk;
mod exec;
mod limits;
mod map;
mod model;
mod remap;
mod segment;

use super::*;
use crate::addr::PAGE;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};

/// Pages in the window most tests use.
const PAGES: u64 = 64;

fn space() -> Space {
    Space::with_window(PAGES * PAGE, PAGES * PAGE).unwrap()
}

/// Maps private anonymous pages `first..end`, given as page numbers.
fn anon(space: &Space, first: u64, end: u64, prot: Prot) {
    let at = space.map(Placement::Fixed(first * PAGE), (end - first) * PAGE, prot, MapKind::ANONYMOUS);
    assert_eq!(at, Ok(first * PAGE));
}

/// An unlinked file that holds `bytes`.
fn file(name: &str, bytes: &[u8]) -> File {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let unique = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(format!("strata-memory-{}-{}-{name}", unique.0, unique.1));
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn shared_file(file: &File, offset: u64) -> MapKind<'_> {
    MapKind { shared: true, ..MapKind::private_file(file.as_fd(), offset) }
}

/// First page, page after the last, protection.
fn shape(space: &Space) -> Vec<(u64, u64, Prot)> {
    space.regions().map(|r| (r.start / PAGE, r.end / PAGE, r.prot)).collect()
}

/// Runs the named test of this crate again in a child process that finds `STRATA_CHILD` set.
fn child(test: &str) -> std::process::Output {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("STRATA_CHILD", "1")
        .output()
        .unwrap()
}

fn is_child() -> bool {
    std::env::var_os("STRATA_CHILD").is_some()
}
