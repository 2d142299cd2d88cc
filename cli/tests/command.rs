//! Dialogues with the command, as a person reads them. Snapshots in `snapshots/`; `make bless` rewrites them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, assembled, busybox, fed, folder, outcome, root, strata};
use rstest::rstest;
use std::path::Path;

/// A small program: a call, stores, a float, text and an unknown system call.
const PROGRAM: &str = "
        .text
        .globl _start, twice, table
_start: li   a0, 21
        call twice
        la   a1, table
        sd   a0, 8(a1)
        lw   a2, 8(a1)
        fcvt.d.l fa0, a2
        li   a0, 1
        la   a1, hello
        li   a2, 6
        li   a7, 64
        ecall
        li   a7, 295
        ecall
        li   a0, 7
        li   a7, 93
        ecall
twice:  add  a0, a0, a0
        ret
        .data
table:  .dword 5, 0
hello:  .asciz \"hello\\n\"
";

/// The words and everything they print, on one page.
fn page(words: &[&str], input: &str, folder: &Path) -> String {
    let done = fed(strata(words).current_dir(folder), input.as_bytes());
    let asked = match input {
        "" => String::new(),
        _ => format!(" <<END\n{input}END"),
    };
    let mut page = format!("$ strata {}{asked}\n{}", words.join(" "), done.out);
    if !done.err.is_empty() {
        page += &format!("--- standard error\n{}", done.err);
    }
    page += &match done.end {
        Ok(0) => String::new(),
        Ok(status) => format!("--- status {status}\n"),
        Err(signal) => format!("--- signal {signal}\n"),
    };
    steady(&page.replace(folder.to_str().unwrap(), "FOLDER"))
}

/// Without what changes when the kernel's gifts or the rows become more.
fn steady(page: &str) -> String {
    let rows = format!("of {} rows", spec::riscv::RV64.rows().count());
    let mut text = page.replace(&rows, "of ALL rows");
    // Addresses of the stack.
    while let Some(at) = text.find("3fff") {
        let end = text[at..].find(|c: char| !c.is_ascii_hexdigit()).map_or(text.len(), |n| at + n);
        text.replace_range(at..end, "STACK");
    }
    text
}

/// Talks with the stepper about the small program.
fn stepped(script: &str) -> String {
    let folder = folder();
    assembled(PROGRAM, &folder);
    let page = page(&["step", "-seed", "1", "./program"], script, &folder);
    std::fs::remove_dir_all(folder).unwrap();
    page
}

#[rstest]
#[case::steps("step\nstep 2\n\nquit\n")]
#[case::next_and_finish("n\nn\nn\nfinish\nquit\n")]
#[case::a_call_from_inside("until twice\nfinish\nquit\n")]
#[case::breakpoints(
    "break twice\nb _start+8\ninfo breakpoints\nc\nc\ndelete 1\ninfo breakpoints\ndelete 9\nc\n"
)]
#[case::watchpoints("watch table,16\nwatch $sp\ninfo breakpoints\ncontinue\ncontinue\n")]
#[case::registers("step\nregs\n")]
#[case::memory(
    "until _start+20\ns 2\nx/4xb table\nx/2dg table\nx/uw table\nx/oh table\nx/tb table\nx/4cb hello\nx/s hello\nx/3i $pc\nx 0\n"
)]
#[case::code("disas\ndisas twice 3\ndisas table 1\ndisas 0x10\n")]
#[case::information("s 4\ninfo rows\ninfo\ninfo fish\nsymbols\nsymbols tw\nsymbols none\n")]
#[case::help("help\n")]
#[case::to_the_end("continue\ncontinue\nregs now\nstep\n")]
#[case::mistakes("fly\nstep far\nbreak\nbreak nowhere\nx/q table\nx $x99\nwatch table,far\nnext 3\n")]
fn the_stepper(#[case] script: &str) {
    let name = std::thread::current().name().unwrap().rsplit_once("case_").unwrap().1[3..].to_owned();
    insta::assert_snapshot!(format!("step-{name}"), stepped(script));
}

/// Words to be run in turn in a folder that holds the small program.
fn dialogue(commands: &[&[&str]]) -> String {
    let folder = folder();
    assembled(PROGRAM, &folder);
    let pages: Vec<String> = commands.iter().map(|words| page(words, "", &folder)).collect();
    std::fs::remove_dir_all(folder).unwrap();
    pages.join("\n")
}

#[rstest]
#[case::log_of_code(&["run", "-d", "in_asm", "./program"])]
#[case::log_of_blocks(&["run", "-d", "exec", "./program"])]
#[case::log_of_calls(&["run", "-d", "unimp", "./program"])]
#[case::log_of_totals(&["run", "-d", "stats", "-accel", "interp,step=on", "./program"])]
#[case::log_items(&["run", "-d", "help"])]
#[case::tiers(&["run", "-accel", "help"])]
#[case::help_of_run(&["run", "-h"])]
#[case::help_of_step(&["step", "--help"])]
#[case::help(&["--help"])]
#[case::explain_a_word(&["explain", "0x02b50533"])]
#[case::explain_a_name(&["explain", "c.addi"])]
#[case::explain_an_instruction(&["explain", "ld", "a0,8(sp)"])]
fn a_command(#[case] words: &[&str]) {
    let name = std::thread::current().name().unwrap().rsplit_once("case_").unwrap().1[3..].to_owned();
    insta::assert_snapshot!(name, dialogue(&[words]));
}

#[test]
fn assembly_goes_both_ways() {
    insta::assert_snapshot!(dialogue(&[
        &["asm", "addi a0,a0,1", "c.nop", "mul a0,a0,a1"],
        &["asm", "-d", "13051500", "0x00150513", "0100"],
        &["asm", "-d", "--no-aliases", "13000000"],
        &["asm", "--pc", "0x1000", "beq a0,a1,0x1010"],
        &["asm", "-d", "--pc", "0x1000", "0x00b50863"],
        &["asm", "-d", "0000", "ffffffff"],
    ]));
}

#[test]
fn registers_are_logged_before_each_block() {
    let page = dialogue(&[&["run", "-d", "cpu", "./program"]]);
    assert!(page.contains(" pc       0000000000010000\n"), "{page}");
    assert!(page.contains("x10/a0   0000000000000015"), "{page}");
    assert!(page.contains("f10/fa0  4045000000000000"), "{page}");
}

#[test]
fn a_log_file_holds_what_standard_error_would() {
    let folder = folder();
    assembled(PROGRAM, &folder);
    let run = |words: &[&str]| outcome(strata(words).current_dir(&folder));
    let there = run(&["run", "-d", "in_asm,exec,cpu,unimp", "./program"]);
    let file = run(&["run", "-d", "in_asm,exec,cpu,unimp", "-D", "log", "./program"]);
    assert_eq!(file, Outcome { err: String::new(), ..there.clone() });
    assert_eq!(std::fs::read_to_string(folder.join("log")).unwrap(), there.err);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_row_is_listed_and_counted() {
    let done = outcome(&mut strata(["spec", "riscv64"]));
    let rows = done.out.lines().filter(|line| line.starts_with("  ")).count();
    assert_eq!(done.out.lines().last().unwrap(), format!("{rows} rows for riscv64"));
    let counted: usize = done
        .out
        .lines()
        .filter_map(|line| line.strip_suffix(" rows)")?.rsplit_once('(')?.1.parse::<usize>().ok())
        .sum();
    assert_eq!(counted, rows);
    assert!(done.out.lines().any(|line| line.starts_with("  mul ")), "{}", done.out);
}

#[test]
fn every_row_is_reached_by_a_golden_case() {
    let done = outcome(strata(["spec", "riscv64", "--uncovered"]).current_dir(root()));
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    assert!(done.out.starts_with("none: "), "{}", done.out);
}

/// The tour, but for the time it took.
fn tour() -> String {
    let done = outcome(&mut strata(["tour"]));
    assert_eq!((done.end, done.err.as_str()), (Ok(0), ""));
    let timed = |line: &&str| line.contains(" instructions in ");
    let line = done.out.lines().find(timed).unwrap().to_owned();
    let (count, rate) = line.split_once(" instructions in ").unwrap();
    assert!(rate.ends_with(" million a second,"), "{line}");
    steady(&done.out.replace(&line, &format!("{count} instructions in TIME,")))
}

#[test]
fn the_tour_narrates_runs_and_counts() {
    insta::assert_snapshot!(tour());
}

#[test]
fn the_tour_is_the_same_every_time() {
    assert_eq!(tour(), tour());
}

#[test]
fn a_real_program_can_be_stepped() {
    let Some(busybox) = busybox() else { return };
    let script = b"step 3\nregs\ncontinue\n";
    let done = fed(strata(["step"]).arg(busybox).args(["echo", "hi"]), script);
    assert_eq!((done.end, done.err.as_str()), (Ok(0), ""));
    let steps = done.out.lines().filter(|line| line.trim_start().starts_with("0x")).count();
    assert_eq!(steps, 3, "{}", done.out);
    assert!(done.out.contains("\nhi\nthe program exited with status 0 after "), "{}", done.out);
}

#[test]
fn the_stepper_shows_what_is_mapped() {
    let page = stepped("info maps\n");
    assert!(page.contains("\n000000010000-000000011000 r-xp  0x1000 FOLDER/program\n"), "{page}");
    assert!(page.contains("\n000000011000-000000012000 rw-p  0x2000 FOLDER/program\n"), "{page}");
}

#[test]
fn a_child_of_the_stepped_program_runs_to_its_end_in_silence() {
    let Some(busybox) = busybox() else { return };
    let command = || {
        let mut command = strata(["step"]);
        command
            .arg(&busybox)
            .args(["sh", "-c", "(echo a; exit 3); echo b $?; \"$0\" echo c; exit 4"])
            .arg(&busybox);
        command
    };
    let done = fed(&mut command(), b"continue\ninfo breakpoints\n");
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!((lines.len(), &lines[..3]), (5, &["a", "b 3", "c"][..]), "{}", done.out);
    assert!(lines[3].starts_with("the program exited with status 4"), "{}", done.out);
    assert!(lines[4].starts_with("there are none"), "{}", done.out);
    assert_eq!((done.end, done.err.as_str()), (Ok(4), ""));
    let done = fed(&mut command(), b"step 10000000\n");
    assert_eq!(done.out.matches("the program exited with status").count(), 1);
    assert_eq!(done.out.matches("\na\n").count(), 1);
}

#[test]
fn a_script_and_its_program_share_standard_input() {
    let Some(busybox) = busybox() else { return };
    let done = fed(strata(["step"]).arg(busybox).arg("cat"), b"continue\nfor the program\n");
    assert!(done.out.starts_with("for the program\nthe program exited with status 0"), "{}", done.out);
}
