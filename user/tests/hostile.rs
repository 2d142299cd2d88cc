//! No system call lets a bad pointer hurt strata.

mod support;

use std::process::{Command, Stdio};
use support::{Scratch, runner};

/// Calls that end or stop the process, or would change the machine that runs the tests.
const SKIPPED: &[(&str, &str)] = &[
    ("llseek", "riscv32's alone, which cli/tests/signals.rs makes; this program is riscv64's"),
    ("statfs64", "as above"),
    ("fstatfs64", "as above"),
    ("mmap2", "as above"),
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
    ("rt_sigqueueinfo", "would end other processes"),
    ("rt_tgsigqueueinfo", "would end other processes"),
    ("settimeofday", "sets the host's clock when root runs it"),
    ("adjtimex", "changes the host's clock when root runs it"),
    ("clock_adjtime", "changes the host's clock when root runs it"),
    ("setdomainname", "names the host when root runs it"),
    ("sched_setparam", "changes other processes when root runs it"),
    ("sched_setscheduler", "changes other processes when root runs it"),
    ("sched_setattr", "changes other processes when root runs it"),
    ("ioprio_set", "changes other processes when root runs it"),
    ("migrate_pages", "moves other processes' memory when root runs it"),
    ("mount", "changes the host's file systems when root runs it"),
    ("umount2", "changes the host's file systems when root runs it"),
    ("pivot_root", "changes the host's file systems when root runs it"),
    ("msgsnd", "would reach other processes' queues"),
    ("msgrcv", "would reach other processes' queues"),
    ("msgctl", "would remove other processes' queues"),
    ("semop", "would reach other processes' semaphores"),
    ("semtimedop", "would reach other processes' semaphores"),
    ("semctl", "would remove other processes' semaphores"),
    ("shmctl", "would remove other processes' segments"),
    ("syslog", "would empty the host's log when root runs it"),
    ("vhangup", "has no argument, and would hang up the terminal"),
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
