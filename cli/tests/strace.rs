//! The log of system calls is what strace prints for the same program on this machine.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{STRATA, command, folder, installed, outcome, root, skip};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The version whose format is ours; others decode more or less.
const VERSION: &str = "strace -- version 6.1";

/// Builds the guest program with a compiler, or skips.
fn build(compiler: &str, folder: &Path) -> Option<PathBuf> {
    if !installed(compiler) {
        skip(&format!("{compiler} is missing"));
        return None;
    }
    let program = folder.join(compiler);
    let source = root().join("cli/tests/guest/calls.c");
    let mut build = command(compiler);
    build.args(["-O1", "-w", "-static", "-o"]).arg(&program).arg(source);
    assert_eq!(outcome(&mut build).end, Ok(0), "{compiler}");
    Some(program)
}

/// Whether strace is there, in the version that the test knows, and allowed to trace.
fn can_trace(folder: &Path) -> bool {
    let told = if installed("strace") { outcome(command("strace").arg("-V")).out } else { String::new() };
    if told.lines().next() != Some(VERSION) {
        skip("strace 6.1 is missing; install strace");
        return false;
    }
    let tried = outcome(command("strace").arg("-o").arg(folder.join("tried")).arg("true"));
    if tried.end != Ok(0) {
        skip(&format!("strace may not trace here: {}", tried.err.trim()));
    }
    tried.end == Ok(0)
}

/// An empty folder for one run of the program.
fn place(folder: &Path, name: &str) -> PathBuf {
    let place = folder.join(name);
    fs::create_dir(&place).unwrap();
    place
}

/// The lines of each process, the first process first.
fn by_strace(program: &Path, folder: &Path) -> Vec<Vec<String>> {
    let log = folder.join("strace");
    let mut run = command("strace");
    run.args(["-ff", "-a1", "-o"]).arg(&log).arg(program).current_dir(place(folder, "native"));
    assert_eq!(outcome(&mut run).end, Ok(7));
    let number = |path: &Path| path.extension().and_then(|number| number.to_str()?.parse::<u32>().ok());
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let logs = files.filter(|path| path.file_stem() == log.file_name());
    let logs: BTreeMap<u32, PathBuf> = logs.filter_map(|path| Some((number(&path)?, path))).collect();
    logs.into_values()
        .map(|path| fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect())
        .collect()
}

/// The same of strata's log, in which the first process has no number.
fn by_strata(program: &Path, folder: &Path) -> Vec<Vec<String>> {
    let log = folder.join("strata");
    let mut run = command(STRATA);
    run.args(["run", "-strace", "-D"]).arg(&log).arg(program).current_dir(place(folder, "guest"));
    assert_eq!(outcome(&mut run).end, Ok(7));
    let mut processes: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(log).unwrap().lines() {
        let (number, line) = match line.strip_prefix("[pid ").and_then(|rest| rest.split_once("] ")) {
            Some((number, line)) => (number.trim_start().parse().unwrap(), line),
            None => (0, line),
        };
        processes.entry(number).or_default().push(line.to_owned());
    }
    processes.into_values().collect()
}

/// Without what differs from run to run and from one machine to the other: addresses, numbers of processes,
/// times, random bytes, and the restorer of signal handlers, which RISC-V does not have.
fn plain(line: &str, processes: &[String]) -> String {
    let line = line.replace("SA_RESTORER|", "");
    let (line, tail) = match line.split_once(", sa_restorer=") {
        Some((line, rest)) => {
            (line.to_owned(), rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).to_owned())
        }
        None => (line, String::new()),
    };
    let line = line + &tail;
    if let Some(rest) = line.strip_prefix("getrandom(\"") {
        return rest.split_once('"').unwrap().1.to_owned();
    }
    let mut words: Vec<String> = vec![];
    for c in line.chars() {
        let inside = c.is_ascii_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(word) if inside && word.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
                word.push(c)
            }
            _ => words.push(c.to_string()),
        }
    }
    let mut text = String::new();
    for word in words {
        let times = ["tv_sec=", "tv_nsec=", "tv_usec=", "si_utime=", "si_stime="];
        let is_time = times.iter().any(|name| text.ends_with(name));
        let number = word.bytes().all(|b| b.is_ascii_digit());
        let shown = match () {
            () if number && (is_time || word.len() >= 9) => "N",
            () if number && processes.contains(&word) => "PID",
            () if word.starts_with("0x") && word.len() >= 7 => "ADDRESS",
            () => &word,
        };
        text.push_str(shown);
    }
    text
}

/// The lines from the program's mark on. A child has none: all of its lines.
fn marked(processes: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let numbers = |lines: &[String]| -> Vec<String> {
        let makes = |line: &&String| ["getpid(", "clone("].iter().any(|name| line.starts_with(name));
        lines.iter().filter(makes).filter_map(|line| Some(line.rsplit_once(" = ")?.1.to_owned())).collect()
    };
    let known: Vec<String> = processes.iter().flat_map(|lines| numbers(lines)).collect();
    // The host ignores SIGCHLD for a program that does, and a process cannot tell of its own SIGKILL.
    let unseen = |line: &String| line.starts_with("--- SIGCHLD ") || line == "+++ killed by SIGKILL +++";
    let from = |lines: Vec<String>| {
        let mark = lines.iter().position(|line| line.starts_with("write(-1, \"begin\"")).unwrap_or(0);
        lines.into_iter().skip(mark).filter(|line| !unseen(line)).map(|line| plain(&line, &known)).collect()
    };
    processes.into_iter().map(from).collect()
}

#[test]
fn calls_print_as_strace_prints_them() {
    let folder = folder();
    if !can_trace(&folder) {
        return;
    }
    let Some(native) = build("gcc", &folder) else { return };
    let Some(guest) = build("riscv64-linux-gnu-gcc", &folder) else { return };
    let (wanted, found) = (marked(by_strace(&native, &folder)), marked(by_strata(&guest, &folder)));
    assert_eq!(wanted.len(), 3, "a parent and two children");
    assert!(wanted[0].len() > 250, "{wanted:#?}");
    for (wanted, found) in wanted.iter().zip(&found) {
        for (n, (wanted, found)) in wanted.iter().zip(found).enumerate() {
            assert_eq!(found, wanted, "line {n}");
        }
        assert_eq!(found.len(), wanted.len());
    }
    assert_eq!(found.len(), wanted.len());
    fs::remove_dir_all(folder).unwrap();
}
