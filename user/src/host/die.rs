//! Dying of a signal, and the names of signals.

use super::signals;

/// Ends the calling thread alone, with nothing torn down: the process goes on in its others.
pub fn leave_thread() -> ! {
    loop {
        // SAFETY: the thread holds nothing that others wait for; its stack and its thread-local values
        // stay where they are.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
}

/// Names of the signals 1 to 31, the same on riscv64 and x86-64. [signal(7)]
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// The name of signal `number`, such as `SIGSEGV`; real-time signals count from `SIGRTMIN`, which
/// is 32 for the kernel.
pub fn signal_name(number: i32) -> String {
    let known = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).and_then(|n| NAMES.get(n));
    match (known, number) {
        (Some(name), _) => (*name).to_owned(),
        (None, 32..=64) => format!("SIGRTMIN+{}", number - 32),
        _ => format!("signal {number}"),
    }
}

/// Ends this process as if `signal` had killed it, without a core dump of ours.
///
/// Where the signal does not kill (its default action is another, or there is no such signal) the
/// process exits with 128 + its number instead, as a shell would report it.
pub fn die_of(signal: i32) -> ! {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a limit made here, and the end of the process, which nobody comes back from.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &no_core);
        signals::raise_again(signal);
        signals::set_mask(!crate::signal::bit(signal));
        libc::_exit((128 + signal) & 0xff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(11, "SIGSEGV")]
    #[case(31, "SIGSYS")]
    #[case(34, "SIGRTMIN+2")]
    #[case(0, "signal 0")]
    #[case(-1, "signal -1")]
    fn a_signal_has_its_name(#[case] number: i32, #[case] name: &str) {
        assert_eq!(signal_name(number), name);
    }
}
