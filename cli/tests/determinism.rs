//! The same command with the same input ends in the same state, however busy the host is.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::{Folder, debian};
use common::{Outcome, outcome, strata};
use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// How often something is done: twenty times under `STRATA_SOAK=1`.
fn times(usually: usize) -> usize {
    if std::env::var("STRATA_SOAK").is_ok_and(|v| v == "1") { 20 } else { usually }
}

/// Runs `act` while two loops keep the host busy.
fn beside_busy_loops<T>(act: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let answer = act();
        stop.store(true, Relaxed);
        answer
    })
}

/// Runs a command `count` times, every other time on a busy host; each must leave the same behind.
fn the_same_each_time(count: usize, run: impl Fn() -> Outcome) -> Outcome {
    let first = run();
    assert_eq!(first.end, Ok(0), "{}{}", first.out, first.err);
    assert!(first.err.contains("hash "), "{}", first.err);
    for number in 1..count {
        let next = if number % 2 == 1 { beside_busy_loops(&run) } else { run() };
        assert_eq!((number, &next), (number, &first));
    }
    first
}

/// The tour's machine with a script at its console, logging its state's hash.
fn tour(folder: &Folder, hash: &str, words: &[&str]) -> Command {
    let script = folder.script("help\rbench\rregs\rpoweroff\r");
    let mut command = strata(["boot", "-bios", "none", "-d", hash, "-kernel", &folder.tour()]);
    command.args(words).stdin(File::open(script).unwrap());
    command
}

#[test]
fn the_tours_machine_ends_in_the_same_state_each_time() {
    let folder = Folder::new("same-tour");
    the_same_each_time(times(3), || outcome(&mut tour(&folder, "hash", &[])));
}

#[test]
fn the_state_at_counts_of_instructions_is_what_it_was() {
    let folder = Folder::new("hash-tour");
    let done = outcome(&mut tour(&folder, "hash=400000", &[]));
    assert_eq!(done.end, Ok(0), "{}", done.err);
    insta::assert_snapshot!(done.err);
    let stepped = outcome(&mut tour(&folder, "hash=400000", &["-accel", "interp,step=on"]));
    assert_eq!(stepped, done);
}

#[test]
fn debians_kernel_boots_to_a_shell_and_ends_in_the_same_state_each_time() {
    let Some(debian) = debian() else { return };
    let folder = Folder::new("same-debian");
    let script = folder.script("uname -m; echo $((6 * 7))\npoweroff -f\n");
    let done = the_same_each_time(times(2), || outcome(debian.boot(&script).args(["-d", "hash"])));
    for line in ["riscv64\r\n42\r\n", "reboot: Power down"] {
        assert!(done.out.contains(line), "{}", done.out);
    }
    insta::assert_snapshot!("boot_log_of_debian", normalised(&done.out));
}

/// What a boot log says of the machine: firmware's table as it is, the kernel's lines without times and numbers, which
/// change with the kernel's version.
fn normalised(log: &str) -> String {
    let mut text = String::new();
    for line in log.lines().map(str::trim_end) {
        let Some((_, said)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) else {
            let facts = ["Platform ", "Domain0 ", "Boot HART ", "Standard SBI"];
            if facts.iter().any(|start| line.starts_with(start)) {
                text += &format!("{line}\n");
            }
            continue;
        };
        let numbers = |c: char| c.is_ascii_digit();
        let words = said.split(' ').map(|word| if word.contains(numbers) { "N" } else { word });
        let known =
            ["riscv", "SBI", "Machine model", "goldfish", "serial", "reboot", "efi", "clocksource", "virtio"];
        if known.iter().any(|word| said.contains(word)) && !said.starts_with("Linux version") {
            text += &format!("{}\n", words.collect::<Vec<_>>().join(" "));
        }
    }
    text
}

#[test]
fn a_seed_decides_random_numbers() {
    let trees = ["7", "7", "8"].map(|seed| {
        let folder = Folder::new(&format!("seed-{seed}"));
        let path = folder.path("tree");
        let done = outcome(&mut strata(["boot", "-seed", seed, "-M", &format!("virt,dumpdtb={path}")]));
        assert_eq!(done.end, Ok(0), "{}", done.err);
        std::fs::read(path).unwrap()
    });
    assert_eq!(trees[0], trees[1]);
    assert_ne!(trees[0], trees[2]);
}
