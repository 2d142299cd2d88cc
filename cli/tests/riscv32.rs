//! Programs for riscv32 do what Linux says, and what `qemu-riscv32` does.
//!
//! They have no C library: none is packaged for riscv32. `riscv32/start.h` is their start.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, command, folder, installed, outcome, root, skip, strata};
use rstest::rstest;
use std::path::{Path, PathBuf};

const CC: &str = "riscv64-linux-gnu-gcc";
const HOW: &[&str] = &[
    "-march=rv32imafdc_zicsr_zifencei",
    "-mabi=ilp32d",
    "-O1",
    "-w",
    "-nostdlib",
    "-ffreestanding",
    "-Wl,-melf32lriscv",
];

/// A program of `tests/riscv32`, or a skipped test.
fn built(name: &str, more: &[&str], folder: &Path) -> Option<PathBuf> {
    if !installed(CC) {
        skip("riscv64-linux-gnu-gcc is missing; tools/host-tools installs it");
        return None;
    }
    let source = root().join("cli/tests/riscv32").join(name).with_extension("c");
    let program = folder.join(name);
    let built = outcome(command(CC).args(HOW).args(more).arg("-o").arg(&program).arg(source));
    assert_eq!(built.end, Ok(0), "{}", built.err);
    Some(program)
}

const FIXED: &[&str] = &["-static", "-fno-pic", "-no-pie"];

/// Lines that QEMU 7.2 gets wrong: it has a `fstat` and two more calls that riscv32 Linux does not
/// have or lacks one that it has, does not check a size, cuts offsets of `mmap2` to 32 bits, and
/// starts no program of another machine.
const NOT_QEMUS: &[&str] =
    &["fstat ", "statfs64 of another size ", "far away: ", "the other program: ", "status ", "robust list"];

fn comparable(text: &str) -> String {
    let kept = |line: &&str| !NOT_QEMUS.iter().any(|start| line.starts_with(start));
    text.lines().filter(kept).map(|line| format!("{line}\n")).collect()
}

fn under(words: &mut std::process::Command, folder: &Path) -> Outcome {
    outcome(words.env("GREETING", "hello there").current_dir(folder))
}

#[rstest]
#[case("start", 42, include_str!("riscv32/start.out"))]
#[case("files", 0, include_str!("riscv32/files.out"))]
#[case("memory", 0, include_str!("riscv32/memory.out"))]
#[case("signals", 0, include_str!("riscv32/signals.out"))]
#[case("process", 3, include_str!("riscv32/process.out"))]
#[case("time", 0, include_str!("riscv32/time.out"))]
#[case("numbers", 0, include_str!("riscv32/numbers.out"))]
fn a_program_does_what_linux_says(#[case] name: &str, #[case] status: i32, #[case] wanted: &str) {
    let folder = folder();
    let Some(program) = built(name, FIXED, &folder) else { return };
    let arguments = [program.as_os_str(), "an argument".as_ref(), "".as_ref()];
    let arguments = if name == "start" { &arguments[..] } else { &arguments[..1] };
    for tier in ["interp", "interp,step=on"] {
        let words = ["run", "-accel", tier].map(std::ffi::OsStr::new);
        let seen = under(&mut strata(words.iter().chain(arguments)), &folder);
        assert_eq!(seen.out, wanted, "{tier}: {}", seen.err);
        assert_eq!(seen.end, Ok(status), "{tier}: {}", seen.err);
    }
    if !installed("qemu-riscv32") {
        return skip("qemu-riscv32 is missing; install qemu-user");
    }
    let qemu = under(command("qemu-riscv32").args(arguments), &folder);
    assert_eq!(comparable(&qemu.out), comparable(wanted), "{}", qemu.err);
    assert_eq!(qemu.end, Ok(status));
}

#[test]
fn a_position_independent_program_goes_two_thirds_up() {
    let folder = folder();
    let how = ["-static-pie", "-fpie", "-Wl,--no-dynamic-linker"];
    let Some(program) = built("place", &how, &folder) else { return };
    let seen = outcome(&mut strata([std::ffi::OsStr::new("run"), program.as_os_str()]));
    assert!(seen.out.starts_with("0xaaaa"), "{seen:?}");
}

#[test]
fn a_program_that_dies_is_described_with_addresses_of_32_bits() {
    let folder = folder();
    let Some(program) = built("place", FIXED, &folder) else { return };
    let words = ["run".as_ref(), program.as_os_str(), "die".as_ref()];
    let seen = outcome(&mut strata(words));
    assert_eq!(seen.end, Err(11));
    assert!(seen.err.contains("SIGSEGV at pc 0x9"), "{}", seen.err);
    assert!(seen.err.contains("address 0x9"), "{}", seen.err);
}

#[test]
fn a_log_shows_names_of_riscv32_and_whole_offsets() {
    let folder = folder();
    let Some(program) = built("files", FIXED, &folder) else { return };
    let words = ["run".as_ref(), "-strace".as_ref(), program.as_os_str()];
    let seen = outcome(strata::<&std::ffi::OsStr>(words).current_dir(&folder));
    for wanted in ["pread64(3, \"beyond\", 6, 5368709121) = 6", "ftruncate64(3, ", "fcntl64(3, "] {
        assert!(seen.err.contains(wanted), "{wanted}: {}", seen.err);
    }
}
