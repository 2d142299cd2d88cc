//! gdb's own words, on programs of one thread.

use crate::common::{assembled, folder};
use crate::{SUM, compiled, has_in_order, script};

#[test]
fn gdb_debugs_an_assembled_program() {
    let program = assembled(SUM, &folder());
    let commands = [
        "break *add",
        "continue",
        "info registers a0 a1",
        "print $fa0.double",
        "stepi",
        "print $a0",
        "info threads",
        "watch *(long *)&total",
        "continue",
        "x/1dg &total",
        "monitor help",
        "delete",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "Breakpoint 1,",
        "a0             0x1",
        "a1             0x2",
        "$1 = 2",
        "$2 = 3",
        "* 1    Thread ",
        "Hardware watchpoint 2",
        "New value = 3",
        "<total>:\t3",
        "exited with code 052",
    ];
    has_in_order(&text, &expected);
    // gdb writes this text and errors beside the rest.
    assert!(text.contains("regs   show the registers"), "{text}");
    assert_eq!(end.end, Ok(42), "{end:?}");
}

const C: &str = r#"#include <signal.h>
#include <stdio.h>
int counter;
double ratio = 1.5;
static int hits;
static void handler(int signal) {
    hits += signal;
}
static int add(int a, int b) {
    int sum = a + b;
    counter += sum;
    return sum;
}
int main(int argc, char **argv) {
    int total = 0;
    for (int i = 0; i < 3; i++)
        total = add(total, i);
    ratio *= 2;
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    if (argc > 1)
        *(volatile int *)8 = 1;
    printf("total %d\n", total);
    return 32 + hits;
}
"#;

#[test]
fn gdb_debugs_a_compiled_program() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "handle SIGUSR1 nostop noprint pass",
        "break main",
        "continue",
        "info registers pc sp",
        "next",
        "next",
        "step",
        "info args",
        "backtrace",
        "finish",
        "watch counter",
        "continue",
        "delete",
        "tbreak handler",
        "continue",
        "backtrace",
        "print ratio",
        "call add(20, 22)",
        "print counter",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "Breakpoint 1, main (argc=1",
        "<main+",
        "sp             0x3ff",
        "a = 0",
        "b = 0",
        "#0  add (a=0, b=0)",
        "#1  0x",
        "in main (argc=1",
        "Value returned is $1 = 0",
        "Old value = 0",
        "New value = 1",
        "handler (signal=10)",
        "<signal handler called>",
        "in main (argc=1",
        "$2 = 3",
        "$3 = 42",
        "$4 = 46",
        "exited with code 052",
    ];
    has_in_order(&text, &expected);
    assert_eq!((end.end, end.out.as_str()), (Ok(42), "total 3\n"));
}

#[test]
fn gdb_sees_the_signal_that_kills_a_program() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "handle SIGUSR1 nostop",
        "continue",
        "backtrace 1",
        "print $_exitsignal",
        "continue",
        "print $_exitsignal",
    ];
    let Some((text, end)) = script(&program, &["crash"], &commands) else { return };
    has_in_order(
        &text,
        &["SIGSEGV", "in main (argc=2", "$1 = void", "terminated with signal SIGSEGV", "$2 = 11"],
    );
    assert_eq!(end.end, Err(11), "{end:?}");
}
