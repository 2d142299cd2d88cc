//! What the tier that translates tells of itself: its log items, its map for perf, its share.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, assembled, folder, outcome, strata};
use rstest::rstest;
use std::path::Path;
use std::process::Stdio;

/// A loop of a thousand turns in a function.
const LOOP: &str = "
        .text
        .globl _start, turns, again
_start: call turns
        li   a0, 7
        li   a7, 93
        ecall
turns:  li   a0, 0
        li   a1, 1000
again:  addi a0, a0, 3
        addi a1, a1, -1
        bnez a1, again
        ret
";

/// Runs a loop with these options.
fn run(source: &str, options: &[&str], folder: &Path) -> Outcome {
    assembled(source, folder);
    let done = outcome(strata(["run"]).args(options).arg("./program").current_dir(folder));
    assert_eq!((done.end, done.out.as_str()), (Ok(7), ""), "{}", done.err);
    done
}

fn log(options: &[&str]) -> String {
    log_of(LOOP, options)
}

fn log_of(source: &str, options: &[&str]) -> String {
    let folder = folder();
    let done = run(source, options, &folder);
    std::fs::remove_dir_all(folder).unwrap();
    done.err
}

/// Host addresses are the host's choice.
fn steady(log: &str) -> String {
    let is_place = |word: &str| word.starts_with("0x4") && word.trim_end_matches(':').len() == 10;
    let line = |line: &str| {
        let words = line.split(' ').map(|word| if is_place(word) { "HOST" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    log.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case::unit_lines("block")]
#[case::unit_operations("op,op_opt")]
#[case::unit_of_the_guest("in_asm,block")]
#[case::unit_of_the_host("out_asm")]
fn a_unit_is_logged_when_it_is_translated(#[case] items: &str) {
    let name = std::thread::current().name().unwrap().rsplit_once("case_").unwrap().1[2..].to_owned();
    insta::assert_snapshot!(name, steady(&log(&["-accel", "jit,hot=2", "-d", items])));
}

#[test]
fn what_no_unit_has_to_say_is_not_logged_by_the_interpreter() {
    assert_eq!(log(&["-accel", "interp", "-d", "op,op_opt,out_asm,block"]), "");
}

#[test]
fn the_share_of_host_code_and_the_handlers_calls_are_counted() {
    // Only its handler knows this row.
    let source = LOOP.replace("again: ", "again:  fclass.d a2, fa0\n");
    let log = log_of(&source, &["-accel", "jit,hot=2", "-d", "stats,tiers"]);
    let number = |start: &str| -> u64 {
        let line = log.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        line.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty()).unwrap().parse().unwrap()
    };
    let all = number("stats: instructions");
    let (native, interpreted) = (number("tiers: native"), number("tiers: interpreted"));
    assert_eq!(native + interpreted, all);
    let handled = number("tiers: handler of fclass.d called");
    assert!((990..1000).contains(&handled), "{log}");
    assert!((3 * handled..=3 * handled + 10).contains(&native), "{log}");
    assert!(number("tiers: units") >= 1, "{log}");
}

#[test]
fn the_interpreter_says_that_nothing_was_native() {
    let log = log(&["-accel", "interp", "-d", "tiers"]);
    assert!(log.starts_with("tiers: native 0 instructions (0.00 %)\n"), "{log}");
}

#[test]
fn blocks_that_run_are_logged_one_by_one_whatever_else_is_asked_for() {
    let log = log(&["-accel", "jit,hot=1", "-d", "exec,out_asm"]);
    assert_eq!(log.matches("Trace 0:").count(), log.lines().count(), "{log}");
    assert!(log.matches(" again").count() >= 998, "{log}");
}

#[test]
fn perf_finds_the_symbols_of_units() {
    let folder = folder();
    assembled(LOOP, &folder);
    let mut command = strata(["run", "-perfmap", "-accel", "jit,hot=2", "./program"]);
    let mut child = command.current_dir(&folder).stderr(Stdio::null()).spawn().unwrap();
    let map = format!("/tmp/perf-{}.map", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let text = std::fs::read_to_string(&map).unwrap();
    std::fs::remove_file(map).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let units: Vec<_> = text.lines().map(|line| line.split(' ').collect::<Vec<_>>()).collect();
    assert!(units.iter().any(|words| words[2] == "again"), "{text}");
    for words in units {
        assert_eq!(words.len(), 3, "{text}");
        let [start, size] = [0, 1].map(|n| u64::from_str_radix(words[n], 16).unwrap());
        assert!(start > 0 && size > 0, "{text}");
    }
}

/// A gibibyte cannot lie in the part of the address space that code has to lie in, so the host refuses.
#[rstest]
#[case("jit,cache=1G", "strata: the program is interpreted: the host gives no executable memory")]
#[case("auto,cache=1G", "")]
fn a_translator_without_memory_interprets_and_says_so_if_it_was_asked_for(
    #[case] tier: &str,
    #[case] said: &str,
) {
    let log = log(&["-accel", tier]);
    assert!(log.starts_with(said) && log.is_empty() == said.is_empty(), "{log}");
}

#[test]
fn a_program_runs_the_same_without_passes_and_with_one() {
    for tier in ["jit,hot=1,passes=none", "jit,hot=1,passes=const+copy,sync=on"] {
        assert_eq!(log(&["-accel", tier]), "");
    }
}
