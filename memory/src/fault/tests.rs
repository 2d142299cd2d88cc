//! Tests of the table and of what the handler leaves alone.

use super::table;
use std::arch::asm;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

#[test]
fn the_table_is_sorted_and_each_entry_resumes_right_after_its_instruction() {
    let fixups = table::prepare();
    assert!(!fixups.is_empty());
    assert!(fixups.is_sorted_by(|a, b| a.site < b.site));
    assert!(fixups.iter().all(|f| (1..=15).contains(&(f.resume - f.site))));
    assert!(fixups.iter().all(|f| table::find(f.site) == Some(f.resume)));
    assert_eq!((table::find(0), table::find(usize::MAX)), (None, None));
}

#[test]
fn installing_twice_changes_nothing() {
    assert_eq!((super::install(), super::install()), (Ok(()), Ok(())));
    std::thread::spawn(super::on_this_thread).join().unwrap();
}

/// Runs the named test again in a child that does the deed.
fn die(test: &str) -> ExitStatus {
    let exe = std::env::current_exe().unwrap();
    let name = format!("fault::tests::{test}");
    let run = Command::new(exe).args(["--exact", &name]).env("STRATA_CHILD", "1").output();
    run.unwrap().status
}

fn prepare_child() -> bool {
    if std::env::var_os("STRATA_CHILD").is_none() {
        return false;
    }
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: setrlimit reads one struct.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
    super::install().unwrap();
    true
}

#[test]
fn a_null_pointer_of_our_own_still_kills_by_sigsegv() {
    if prepare_child() {
        // SAFETY: none; this is the bug whose end is tested.
        unsafe { asm!("mov {0}, [{0}]", inout(reg) 8_u64 => _) };
    }
    let status = die("a_null_pointer_of_our_own_still_kills_by_sigsegv");
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn a_signal_that_somebody_sends_still_kills() {
    if prepare_child() {
        // SAFETY: raise has no precondition.
        unsafe { libc::raise(libc::SIGBUS) };
    }
    assert_eq!(die("a_signal_that_somebody_sends_still_kills").signal(), Some(libc::SIGBUS));
}

/// The Rust runtime's own report of a stack overflow must come through: it aborts.
#[test]
fn a_stack_overflow_is_still_reported() {
    #[inline(never)]
    fn deeper(depth: u64) -> u64 {
        let frame = std::hint::black_box([depth; 64]);
        if depth == 0 { 0 } else { deeper(depth - 1) + frame[1] }
    }
    if prepare_child() {
        std::hint::black_box(deeper(u64::MAX));
    }
    assert_eq!(die("a_stack_overflow_is_still_reported").signal(), Some(libc::SIGABRT));
}

/// A forked child inherits the handler and the mappings.
#[test]
fn a_fault_is_a_value_in_a_forked_child_too() {
    let space = crate::user::Space::with_window(1 << 20, 1 << 20).unwrap();
    // SAFETY: the child touches only the space and ends without running anything else.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let caught = space.load::<u32>(0x1234).is_err_and(|fault| fault.at == 0x1234);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(if caught { 42 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 42, "{status:#x}");
}
