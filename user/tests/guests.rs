//! Programs built by the cross compiler do what they do on Linux.

mod support;

use rstest::rstest;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{Scratch, run, skip};

const COMPILER: &str = "riscv64-linux-gnu-gcc";

/// Builds a guest program; `None` without a compiler.
fn build(name: &str, how: &[&str], dir: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest").join(name).with_extension("c");
    let program = dir.join(name);
    let built =
        Command::new(COMPILER).args(["-O1", "-w"]).args(how).arg("-o").arg(&program).arg(source).status();
    match built {
        Ok(status) => {
            assert!(status.success(), "{name} does not build");
            Some(program)
        }
        Err(_) => {
            skip(&format!("guest program {name}: no {COMPILER}; install gcc-riscv64-linux-gnu"));
            None
        }
    }
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

#[rstest]
#[case("files", 0, include_str!("guest/files.out"))]
#[case("memory", 0, include_str!("guest/memory.out"))]
#[case("process", 42, include_str!("guest/process.out"))]
#[case("signals", 0, include_str!("guest/signals.out"))]
fn a_program_does_what_it_does_on_linux(#[case] name: &str, #[case] status: i32, #[case] wanted: &str) {
    let scratch = Scratch::new(name);
    let Some(program) = build(name, &["-static"], &scratch.0) else { return };
    let output = run(&program, &[], &scratch.0, b"");
    let place = scratch.0.to_string_lossy();
    assert_eq!(text(&output).replace(&*place, "/PLACE"), wanted);
    assert_eq!(output.status.code(), Some(status));
}

#[test]
fn a_position_independent_program_goes_to_its_fixed_place() {
    let scratch = Scratch::new("pie");
    let how = ["-static-pie", "-nostdlib", "-fpie", "-Wl,--no-dynamic-linker"];
    let Some(program) = build("pie", &how, &scratch.0) else { return };
    let output = run(&program, &[], &scratch.0, b"");
    assert!(text(&output).starts_with("0000002aaaaa"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn the_debian_busybox_runs_a_script() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests/riscv64/root/usr/bin/busybox");
    let Ok(busybox) = guests.canonicalize() else {
        skip("the busybox script: no target/guests; fetch it with `make guests`");
        return;
    };
    let scratch = Scratch::new("busybox");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/busybox.sh");
    let output = run(&busybox, &["sh", &script.to_string_lossy()], &scratch.0, b"");
    assert_eq!(text(&output), include_str!("guest/busybox.out"));
    assert_eq!(output.status.code(), Some(0));
}

#[rstest]
#[case("/nonexistent/program", 127, "runner: /nonexistent/program cannot be opened")]
#[case("/etc/passwd", 126, "runner: /etc/passwd is not executable")]
#[case("/", 126, "runner: / is not a regular file")]
#[case("/proc/self/exe", 126, "built for x86-64, not for RISC-V")]
fn what_cannot_run_is_named(#[case] program: &str, #[case] status: i32, #[case] sentence: &str) {
    let output = run(Path::new(program), &[], Path::new("/"), b"");
    assert!(text(&output).contains(sentence), "{}", text(&output));
    assert_eq!(output.status.code(), Some(status));
}
