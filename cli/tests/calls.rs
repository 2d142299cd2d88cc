//! Guest programs that make system calls, area by area, and the same programs built for the host: what
//! they print must not differ.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, command, folder, outcome, skip, strata};
use rstest::rstest;
use std::path::{Path, PathBuf};

const CROSS: &str = "riscv64-linux-gnu-gcc";
const NATIVE: &str = "gcc";

/// Builds a program of `calls/`; `None` without that compiler.
fn built(compiler: &str, name: &str, folder: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls").join(name).with_extension("c");
    let program = folder.join(format!("{name}-{compiler}"));
    let mut line = command(compiler);
    line.args(["-O1", "-Wall", "-Werror", "-static", "-o"]).arg(&program).arg(source).current_dir(folder);
    match line.output() {
        Ok(done) => {
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            Some(program)
        }
        Err(_) => {
            skip(&format!("no {compiler}; install it"));
            None
        }
    }
}

/// Runs a command in a folder of its own, under a name that is the same for all.
fn run_in(folder: &Path, place: &str, line: &mut std::process::Command) -> Outcome {
    let place = folder.join(place);
    std::fs::create_dir(&place).unwrap();
    outcome(line.current_dir(&place))
}

#[rstest]
#[case::messages("messages")]
#[case::options("options")]
#[case::events("events")]
#[case::timers("timers")]
#[case::queued("queued")]
#[case::transfers("transfers")]
#[case::control("control")]
#[case::terminals("terminals")]
#[case::ipc("ipc")]
#[case::scheduling("scheduling")]
fn a_program_sees_what_it_sees_on_the_host(#[case] name: &str) {
    let folder = folder();
    let (Some(guest), Some(native)) = (built(CROSS, name, &folder), built(NATIVE, name, &folder)) else {
        return;
    };
    let wanted = run_in(&folder, "native", &mut command(native));
    let got = run_in(&folder, "guest", strata(["run", "-d", "unimp"]).arg(guest));
    assert_eq!(wanted.end, Ok(0), "{wanted:#?}");
    assert!(wanted.out.lines().count() > 10, "{wanted:#?}");
    let lines = |outcome: &Outcome| outcome.out.lines().map(str::to_owned).collect::<Vec<_>>();
    let differ: Vec<_> = lines(&wanted).into_iter().zip(lines(&got)).filter(|(a, b)| a != b).collect();
    assert!(differ.is_empty(), "(host, guest): {differ:#?}\n{}", got.err);
    assert_eq!(got, wanted);
    std::fs::remove_dir_all(folder).unwrap();
}
