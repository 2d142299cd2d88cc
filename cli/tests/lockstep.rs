//! `strata diff` and `strata trace`: two tiers, two runs, and files that make no sense.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, assembled, busybox, folder, outcome, root, skip, strata};
use rstest::rstest;
use std::path::Path;
use std::process::Command;

/// Every pair of tiers of this build.
const PAIRS: [&str; 3] =
    ["diff=interp,step=on:interp", "diff=interp:interp,step=on", "diff=interp,step=on:jit,hot=1"];

/// Multiplies the count of its arguments a thousand times, and ends with status 7.
const LOOP: &str = "
        .text
        .globl _start
_start: ld   t0, 0(sp)
        li   t1, 1000
        addi s0, sp, -64
1:      mul  t2, t1, t0
        sd   t2, 0(s0)
        lw   t3, 0(s0)
        add  s1, s1, t3
        addi t1, t1, -1
        bnez t1, 1b
        li   t4, 3000
        li   a0, 7
        li   a7, 94
        ecall
";

fn diff(options: &[&str], program: &Path, arguments: &[&str], folder: &Path) -> Outcome {
    let mut command = strata(["diff"]);
    command.args(options).arg(program).args(arguments).env("TMPDIR", folder).current_dir(folder);
    outcome(&mut command)
}

#[rstest]
fn a_program_is_equal_in_two_tiers(#[values(0, 1, 2)] pair: usize, #[values("1", "7", "16384")] every: &str) {
    let folder = folder();
    let program = assembled(LOOP, &folder);
    let done = diff(&["-accel", PAIRS[pair], "-every", every], &program, &[], &folder);
    let names = PAIRS[pair].trim_start_matches("diff=").replace(':', " and ");
    assert_eq!((done.end, done.out.as_str()), (Ok(0), ""), "{}", done.err);
    assert!(done.err.starts_with(&format!("strata: {names} equal: 6007 instructions in ")), "{}", done.err);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[rstest]
#[case("echo hi; ls . | wc -l; exit 3", "hi\n0\n")]
#[case("i=0; while [ $i -lt 200 ]; do i=$((i+1)); done; echo $i; (exit 4); echo $?", "200\n4\n")]
#[case("trap 'echo usr' USR1; kill -USR1 $$; echo after", "usr\nafter\n")]
#[case("seq 1 50 | while read n; do (echo $n); done | sort -n | tail -1", "50\n")]
#[case("busy() { \"$BUSYBOX\" echo $1; }; busy one; busy two | cat", "one\ntwo\n")]
#[case("sh -c 'kill -SEGV $$' 2>/dev/null; echo $?", "139\n")]
#[case("dd if=/dev/zero bs=64k count=20 2>/dev/null | wc -c", "1310720\n")]
fn a_shell_and_what_it_starts_are_equal_in_two_tiers(#[case] script: &str, #[case] out: &str) {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let variable = format!("BUSYBOX={}", busybox.display());
    let done = diff(&["-E", &variable], &busybox, &["sh", "-c", script], &folder);
    assert_eq!((done.end, done.out.as_str()), (Ok(0), out), "{}", done.err);
    let last = done.err.lines().last().unwrap();
    assert!(last.contains(" equal: "), "{}", done.err);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A mapping that is written, moved, grown, thrown away and shared, and faults that a handler mends.
#[test]
fn a_program_that_changes_its_map_is_equal_in_two_tiers() {
    let folder = folder();
    let program = folder.join("maps");
    let source = root().join("cli/tests/lockstep/maps.c");
    let mut gcc = Command::new("riscv64-linux-gnu-gcc");
    let Ok(made) = gcc.args(["-static", "-O1", "-o"]).arg(&program).arg(&source).output() else {
        return skip("riscv64-linux-gnu-gcc is missing; install gcc-riscv64-linux-gnu");
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for pair in PAIRS {
        let done = diff(&["-accel", pair], &program, &[], &folder);
        assert_eq!((done.end, done.out.as_str()), (Ok(0), "done\n"), "{}", done.err);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn code_that_changes_without_a_fence_is_found_and_its_scene_replays() {
    let folder = folder();
    // The block driver may go on with what it decoded; the step driver does not.
    let source = "
        .text
        .globl _start
_start: li   s0, 5
        li   t1, 0x100000
        la   s1, 1f
        mv   a0, s1
        srli a0, a0, 12
        slli a0, a0, 12
        li   a1, 4096
        li   a2, 7
        li   a7, 226
        ecall
        li   t0, 0x02a00513
1:      li   a0, 7
        sw   t0, 0(s1)
        add  t0, t0, t1
        addi s0, s0, -1
        bnez s0, 1b
        li   a7, 93
        ecall
";
    let program = assembled(source, &folder);
    let done = diff(&["-accel", PAIRS[0]], &program, &[], &folder);
    assert_eq!(done.end, Ok(1), "{}", done.err);
    assert!(done.err.contains("\nrow addi: "), "{}", done.err);
    assert!(done.err.contains("x10/a0"), "{}", done.err);
    let scene = done.err.lines().find_map(|line| line.strip_prefix("replay: strata diff -replay ")).unwrap();
    let again = outcome(&mut strata(["diff", "-replay", scene]));
    assert_eq!(again.end, Ok(1), "{}", again.err);
    assert!(again.err.contains("\nrow addi: "), "{}", again.err);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_second_thread_is_refused_in_words() {
    let folder = folder();
    let source = "
        .text
        .globl _start
_start: li   a0, 0x50f00
        mv   a1, sp
        li   a7, 220
        ecall
        li   a0, 0
        li   a7, 93
        ecall
";
    let program = assembled(source, &folder);
    for command in ["diff", "trace"] {
        let mut words = strata([command]);
        if command == "trace" {
            words.args(["-o", "t"]);
        }
        let done = outcome(words.arg(&program).env("TMPDIR", &folder).current_dir(&folder));
        assert_eq!(done.end, Ok(125));
        let sentence =
            format!("strata: strata {command} runs programs of one thread, and this one starts a second");
        assert!(done.err.contains(&sentence), "{}", done.err);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[rstest]
#[case(&["diff"], 2, "which program? strata diff [options] PROG [arguments]")]
#[case(&["diff", "-accel", "interp", "x"], 2, "\"interp\" names no two tiers; write diff=A:B, such as diff=interp,step=on:interp")]
#[case(&["diff", "-accel", "diff=interp:kvm", "x"], 2, "there is no accelerator \"kvm\"")]
#[case(&["diff", "-every", "0", "x"], 2, "pieces of 0 instructions cannot be compared")]
#[case(&["diff", "-replay", "/nonexistent"], 125, "/nonexistent cannot be read")]
#[case(&["diff", "-replay", "/dev/null"], 125, "this is no scene")]
#[case(&["run", "-accel", "diff=interp:interp", "x"], 2, "strata run does not compare tiers, as -accel diff=interp:interp asks; use strata diff")]
#[case(&["trace", "x"], 2, "where does the trace go?")]
#[case(&["trace", "-o", "/nonexistent/t", "x"], 125, "/nonexistent/t cannot be written")]
#[case(&["trace", "-every", "3", "-o", "t", "x"], 2, "\"3\" is no power of two")]
#[case(&["trace", "-states", "3", "-o", "t", "x"], 2, "\"3\" is no range of instructions")]
#[case(&["trace", "cmp", "/nonexistent"], 2, "which traces?")]
#[case(&["trace", "cmp", "/nonexistent", "x"], 125, "/nonexistent cannot be read: No such file or directory")]
#[case(&["trace", "cmp", "/dev/zero", "/dev/zero"], 125, "/dev/zero is no file of up to ")]
fn words_that_make_no_sense_are_answered(
    #[case] words: &[&str],
    #[case] status: i32,
    #[case] sentence: &str,
) {
    let done = outcome(&mut strata(words));
    assert_eq!((done.end, done.out.as_str()), (Ok(status), ""), "{}", done.err);
    assert!(done.err.starts_with(&format!("strata: {sentence}")), "{}", done.err);
}

fn trace(name: &str, tier: &str, program: &Path, arguments: &[&str], folder: &Path) {
    let mut command = strata(["trace", "-o", name, "-accel", tier, "-every", "256"]);
    let done = outcome(command.arg(program).args(arguments).current_dir(folder));
    assert_eq!((done.end, done.err.as_str()), (Ok(7), ""));
}

#[test]
fn traces_of_two_tiers_are_equal_and_those_of_two_runs_part_where_they_do() {
    let folder = folder();
    let program = assembled(LOOP, &folder);
    trace("a", "interp", &program, &[], &folder);
    trace("b", "interp,step=on", &program, &[], &folder);
    // Longer than what the stack's alignment could hide, whatever the environment.
    let longer = "x".repeat(64);
    trace("c", "interp", &program, &[&longer], &folder);
    let cmp = |words: &[&str]| outcome(strata(["trace", "cmp"]).args(words).current_dir(&folder));
    assert_eq!(cmp(&["a", "b"]).out, "equal: 6008 instructions, 23 stops\n");
    assert_eq!(cmp(&["a", "b"]).end, Ok(0));
    let done = cmp(&["a", "c"]);
    assert_eq!(done.end, Ok(1));
    assert!(done.out.starts_with("the traces differ between instruction 0 and 256\n"), "{}", done.out);
    let done = cmp(&["-rerun", "a", "c"]);
    assert_eq!(done.end, Ok(1));
    // The stack of a program with so long an argument begins elsewhere.
    assert!(done.out.contains("a: then instruction 0 at "), "{}", done.out);
    assert!(done.out.contains("  x2/sp="), "{}", done.out);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_trace_shows_a_date_that_counts_instructions() {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let mut command = strata(["trace", "-o", "t"]);
    let done = outcome(command.arg(busybox).args(["date", "-u", "+%Y-%m-%d"]).current_dir(&folder));
    assert_eq!((done.end, done.out.as_str()), (Ok(0), "2000-01-01\n"), "{}", done.err);
    std::fs::remove_dir_all(&folder).unwrap();
}
