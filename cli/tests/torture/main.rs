//! Programs in C that torture threads and signals: they print the same text on every machine that keeps
//! POSIX's promises. `c/NAME.out` is that text; the host itself must print it too.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../common/mod.rs"]
mod common;

use common::{Outcome, command, folder, installed, outcome, root, skip, strata};
use rstest::rstest;
use std::path::{Path, PathBuf};
use std::process::Command;

const GUEST_CC: &str = "riscv64-linux-gnu-gcc";
const GUEST_ROOT: &str = "/usr/riscv64-linux-gnu";

fn sources() -> PathBuf {
    root().join("cli/tests/torture/c")
}

/// What a torture leaves behind where all goes well.
fn wanted(name: &str) -> Outcome {
    let out = std::fs::read_to_string(sources().join(format!("{name}.out"))).unwrap();
    // The process that `lives` is ends by a call of exit(3) in its last thread.
    let end = Ok(if name == "lives" { 3 } else { 0 });
    Outcome { out, err: String::new(), end }
}

/// A torture, compiled into `folder`.
fn compiled(compiler: &str, options: &[&str], name: &str, folder: &Path) -> PathBuf {
    let program = folder.join(name);
    let built = outcome(
        // The sums of floating-point numbers must not depend on a fused multiply-add.
        command(compiler)
            .args(["-O1", "-ffp-contract=off", "-pthread"])
            .args(options)
            .arg("-o")
            .arg(&program)
            .arg(sources().join(format!("{name}.c"))),
    );
    assert_eq!(built.end, Ok(0), "{}", built.err);
    program
}

/// Runs a torture: a minute is far more than each takes, so that one that hangs fails.
fn limited(command: &mut Command) -> Outcome {
    let mut limit = common::command("timeout");
    outcome(limit.args(["--signal=KILL", "60"]).arg(command.get_program()).args(command.get_args()))
}

fn guest_prints_what_it_should(name: &str, options: &[&str], system: Option<&str>) {
    if !installed(GUEST_CC) || !Path::new(GUEST_ROOT).is_dir() {
        return skip("riscv64-linux-gnu-gcc is missing; install gcc-riscv64-linux-gnu");
    }
    let folder = folder();
    let program = compiled(GUEST_CC, options, name, &folder);
    // As users run it; and with host code for everything, thrown away all the time.
    for tier in ["auto", "jit,hot=1,cache=1M"] {
        let mut guest = strata(["run", "-accel", tier]);
        if let Some(system) = system {
            guest.args(["-L", system]);
        }
        assert_eq!(limited(guest.arg(&program)), wanted(name), "-accel {tier}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::handlers("nested")]
#[case::interrupted_calls("restart")]
#[case::a_storm_of_timers("storm")]
#[case::jumps_out_of_handlers("jump")]
#[case::memory_between_processes("shared")]
fn a_process_with_one_thread(#[case] name: &str, #[values(&["-static"], &[])] options: &[&str]) {
    guest_prints_what_it_should(name, options, options.is_empty().then_some(GUEST_ROOT));
}

#[rstest]
#[case::repaired_faults("fault")]
#[case::spawned_programs("spawn")]
#[case::killed_children_of_vfork("killed")]
#[case::mutexes("mutex")]
#[case::condition_variables("condvar")]
#[case::barriers_and_locks("meet")]
#[case::local_storage("local")]
#[case::cancellation("cancel")]
#[case::joins_and_ends("lives")]
#[case::robust_and_inheriting_mutexes("robust")]
#[case::atomics("atomics")]
#[case::memory_of_one_that_others_come_to("private")]
#[case::orders_of_memory("litmus")]
#[case::programs_that_write_code("patched")]
#[case::forks_among_threads("forks")]
fn a_process_with_many_threads(#[case] name: &str, #[values(&["-static"], &[])] options: &[&str]) {
    guest_prints_what_it_should(name, options, options.is_empty().then_some(GUEST_ROOT));
}

#[rstest]
#[case::values_and_order("queue")]
#[case::to_threads("directed")]
fn queued_signals(#[case] name: &str, #[values(&["-static"], &[])] options: &[&str]) {
    guest_prints_what_it_should(name, options, options.is_empty().then_some(GUEST_ROOT));
}

/// What runs programs so that a store-conditional notices every write.
const STRICT: [&str; 4] =
    ["jit,llsc=strict", "jit,hot=1,cache=1M,llsc=strict", "interp,llsc=strict", "interp,step=on,llsc=strict"];

/// Runs a torture without libraries by each of `tiers`.
fn guest_under(tiers: &[&str], name: &str, wanted: &Outcome) {
    if !installed(GUEST_CC) {
        return skip("riscv64-linux-gnu-gcc is missing; install gcc-riscv64-linux-gnu");
    }
    let folder = folder();
    let program = compiled(GUEST_CC, &["-static"], name, &folder);
    for tier in tiers {
        assert_eq!(limited(strata(["run", "-accel", tier]).arg(&program)), *wanted, "-accel {tier}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::changes_and_changes_back("aba")]
#[case::stacks_signals_and_children("reserved")]
#[case::orders_of_memory("litmus")]
#[case::atomics("atomics")]
#[case::mutexes("mutex")]
#[case::forks_among_threads("forks")]
#[case::programs_that_write_code("patched")]
fn strict_reservations(#[case] name: &str) {
    // The step driver would be the last to be done with orders.
    let tiers = if name == "litmus" { &STRICT[..3] } else { &STRICT[..] };
    guest_under(tiers, name, &wanted(name));
}

#[test]
fn fast_reservations_overlook_what_was_changed_back() {
    let strict = wanted("aba");
    let wanted = Outcome { out: strict.out.replace("stores nothing", "stores"), ..strict };
    guest_under(&["auto", "jit,hot=1,cache=1M", "interp", "interp,step=on,llsc=fast"], "aba", &wanted);
}

#[test]
fn the_host_prints_the_same() {
    if !installed("gcc") {
        return skip("gcc is missing; install gcc");
    }
    let folder = folder();
    for entry in std::fs::read_dir(sources()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "c") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let program = compiled("gcc", &[], name, &folder);
            assert_eq!(limited(&mut command(program)), wanted(name), "{name}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
