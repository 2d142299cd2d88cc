//! Signals: told to gdb first, passed or kept back.

use crate::common::folder;
use crate::{compiled, has_in_order, script};

const C: &str = r#"#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static volatile int hits;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    hits += info->si_uid;
}
static void rest(void) {
}
int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    kill(getpid(), SIGUSR1);
    rest();
    raise(SIGUSR2);
    rest();
    raise(SIGTERM);
    if (argc > 1)
        *(volatile int *)(atol(argv[1]) + 8) = 1;
    printf("hits %d\n", hits);
    return 0;
}
"#;

#[test]
fn gdb_hears_of_a_signal_first_and_decides() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "break rest",
        "continue",
        "print $_siginfo.si_signo",
        "set var $_siginfo._sifields._kill.si_uid = 21",
        "continue",
        "print hits",
        "handle SIGUSR2 stop nopass",
        "continue",
        "print $_siginfo.si_signo",
        "continue",
        "signal SIGUSR1",
        "print hits",
        "print $_siginfo.si_signo",
        "signal 0",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "received signal SIGUSR1",
        "$1 = 10",
        "Breakpoint 1, rest ()",
        "$2 = 21",
        "received signal SIGUSR2",
        "$3 = 12",
        "Breakpoint 1, rest ()",
        "received signal SIGTERM",
        "$4 = 21",
        "$5 = 15",
        "exited normally",
    ];
    has_in_order(&text, &expected);
    // gdb's own signal comes from nobody.
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "hits 21\n"), "{end:?}");
}

#[test]
fn a_signal_that_is_passed_is_not_told() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "handle SIGUSR1 nostop noprint pass",
        "handle SIGUSR2 nostop noprint nopass",
        "continue",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["received signal SIGTERM", "terminated with signal SIGTERM"]);
    assert!(!text.contains("received signal SIGUSR"), "{text}");
    assert_eq!(end.end, Err(15), "{end:?}");
}

#[test]
fn a_fault_has_the_address_that_could_not_be_reached() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "handle SIGUSR1 SIGUSR2 SIGTERM nostop noprint nopass",
        "continue",
        "print $_siginfo.si_signo",
        "print $_siginfo.si_code",
        "print $_siginfo._sifields._sigfault.si_addr",
        "kill",
    ];
    let Some((text, end)) = script(&program, &["4096"], &commands) else { return };
    has_in_order(&text, &["received signal SIGSEGV", "$1 = 11", "$2 = 1", "$3 = (void *) 0x1008"]);
    assert_eq!(end.end, Err(9), "{end:?}");
}

#[test]
fn catch_signal_stops_where_the_signal_arrives() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "catch signal SIGUSR2",
        "handle SIGUSR1 nostop noprint pass",
        "continue",
        "bt -1",
        "signal 0",
        "signal 0",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["Catchpoint 1 (signal SIGUSR2)", "in main ("]);
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "hits 0\n"), "{end:?}");
}
