//! The terminal's mode is put back however strata ends, and signals become events.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use host_char::terminal::{RawMode, Signals};
use nix::sys::signal::{Signal, raise};
use rstest::rstest;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, tcgetattr};
use std::process::{Command, Stdio};

/// Says to a copy of this program how it is to end.
const END: &str = "STRATA_TEST_END";

/// Runs in the copy only: makes the terminal raw, and ends.
#[test]
fn a_copy_ends_as_it_is_told() {
    let Ok(end) = std::env::var(END) else { return };
    let raw = RawMode::enter(false).unwrap();
    let modes = tcgetattr(stdin()).unwrap().local_modes;
    assert!(!modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    match end.as_str() {
        "drop" => drop(raw),
        // As in a build whose panics abort: nothing is dropped.
        "panic" => {
            std::mem::forget(raw);
            panic!("as it was told");
        }
        _ => std::process::exit(9),
    }
}

#[rstest]
#[case("drop", true)]
#[case("panic", false)]
fn the_terminal_is_put_back(#[case] end: &str, #[case] success: bool) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let inner = ioctl_tiocgptpeer(&terminal, flags).unwrap();
    let before = tcgetattr(&inner).unwrap();
    assert!(before.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO));
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_copy_ends_as_it_is_told"])
        .env(END, end)
        .stdin(inner.try_clone().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.success(), success);
    let after = tcgetattr(&inner).unwrap();
    assert_eq!(after.local_modes, before.local_modes);
    assert_eq!(after.input_modes, before.input_modes);
}

#[test]
fn a_signal_is_an_event() {
    let signals = Signals::block().unwrap();
    assert_eq!(signals.take(), None);
    raise(Signal::SIGTERM).unwrap();
    assert_eq!((signals.take(), signals.take()), (Some(15), None));
}
