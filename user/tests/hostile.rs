//! No system call lets a bad pointer hurt strata.

mod support;

use std::process::{Command, Stdio};
use support::{Scratch, runner};

/// Calls that end or stop the process, or would change the machine that runs the tests.
const SKIPPED: &[(&str, &str)] = &[
    ("exit", "ends the process"),
    ("exit_group", "ends the process"),
    ("kill", "would end other processes"),
    ("tkill", "would end other processes"),
    ("tgkill", "would end other processes"),
    ("clone", "makes a second process that runs the test"),
    ("sethostname", "names the host when root runs it"),
    ("clock_settime", "sets the host's clock when root runs it"),
    ("setpriority", "changes other processes when root runs it"),
    ("prlimit64", "changes other processes when root runs it"),
    ("sched_setaffinity", "changes other processes when root runs it"),
    ("setrlimit", "takes away the test's own CPU time"),
    ("sync", "has no argument, and waits for every disk"),
];

#[test]
fn every_call_survives_bad_pointers_in_every_place() {
    let scratch = Scratch::new("hostile");
    let mut harmed = vec![];
    for (sysno, types) in user::syscall::SIGNATURES {
        if types.is_empty() || SKIPPED.iter().any(|(name, _)| *name == sysno.name()) {
            continue;
        }
        let output = Command::new(runner())
            .args(["hostile", sysno.name()])
            .current_dir(&scratch.0)
            .stdin(Stdio::piped())
            .output()
            .expect("the runner starts");
        if !output.status.success() {
            harmed.push((sysno.name(), output.status, String::from_utf8_lossy(&output.stderr).into_owned()));
        }
    }
    assert!(harmed.is_empty(), "{harmed:#?}");
}

#[test]
fn what_is_skipped_is_implemented() {
    for (name, _) in SKIPPED {
        assert!(user::syscall::SIGNATURES.iter().any(|(sysno, _)| sysno.name() == *name), "{name}");
    }
}
