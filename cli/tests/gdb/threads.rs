//! Programs of several threads.

use crate::common::folder;
use crate::{compiled, has_in_order, script};

const C: &str = r#"#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_barrier_t all;
static volatile int go, hold;
volatile long counted[3];
static void work(int number) {
    counted[number]++;
}
static void *run(void *argument) {
    int number = *(int *)argument;
    pthread_barrier_wait(&all);
    for (int i = 0; i < 3; i++)
        work(number);
    pthread_barrier_wait(&all);
    while (!go)
        counted[number]++;
    return 0;
}
static void meet(void) {
    pthread_barrier_wait(&all);
}
static void finish(void) {
    while (hold)
        counted[0]++;
    go = 1;
}
int main(void) {
    pthread_t threads[2];
    int numbers[] = {1, 2};
    pthread_barrier_init(&all, 0, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], 0, run, &numbers[i]);
    meet();
    pthread_barrier_wait(&all);
    finish();
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], 0);
    puts("done");
    return 0;
}
"#;

#[test]
fn gdb_sees_every_thread_and_stops_them_together() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static", "-pthread"]) else { return };
    let commands = [
        "break meet",
        "break finish",
        "continue",
        "continue",
        "info threads",
        "thread 2",
        "frame function run",
        "print number",
        "thread 3",
        "frame function run",
        "print number",
        "thread 1",
        "next",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "hit Breakpoint 2, finish () at",
        "* 1    Thread ",
        "  2    Thread ",
        "  3    Thread ",
        "[Switching to thread 2 (Thread ",
        "in run (argument=",
        "$1 = ",
        "[Switching to thread 3 (Thread ",
        "$2 = ",
        "[Switching to thread 1 (Thread ",
        "exited normally",
    ];
    has_in_order(&text, &expected);
    // Whichever of the two gdb met first.
    let numbers = text.contains("$1 = 1\n") && text.contains("$2 = 2\n");
    assert!(numbers || text.contains("$1 = 2\n") && text.contains("$2 = 1\n"), "{text}");
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "done\n"), "{end:?}");
}

#[test]
fn any_thread_hits_a_breakpoint() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static", "-pthread"]) else { return };
    let commands = [
        "break work",
        "continue",
        "continue",
        "continue",
        "continue",
        "continue",
        "continue",
        // Before their third round both may stand.
        "print counted[1] + counted[2] >= 4",
        "delete",
        "break finish thread 1",
        "continue",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    // Three rounds of each of the two, in any order.
    for number in 1..=2 {
        let hits = text.matches(&format!("work (number={number})")).count();
        assert_eq!(hits, 3, "thread {number} in\n{text}");
    }
    has_in_order(&text, &["$1 = 1", "hit Breakpoint 2, finish ()", "exited normally"]);
    assert_eq!(end.end, Ok(0), "{end:?}");
}

#[test]
fn one_thread_steps_while_the_others_run_or_stand() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static", "-pthread"]) else { return };
    let commands = [
        "break finish",
        "continue",
        "thread 2",
        "set var hold = 1",
        // In the loop of `run`.
        "tbreak 17",
        "set scheduler-locking on",
        "continue",
        "set $me = number",
        "set $one = counted[$me]",
        "set $two = counted[3 - $me]",
        "next",
        "next",
        "next",
        "next",
        "print counted[$me] > $one",
        "print counted[3 - $me] == $two",
        "print $_thread",
        "print counted[0]",
        "set scheduler-locking off",
        "set $two = counted[3 - $me]",
        // The others run whenever the host lets them.
        "python [gdb.execute('next', to_string=True) for _ in range(2000) \
            if not gdb.parse_and_eval('counted[3 - $me] > $two && counted[0] > 0')]",
        "print counted[3 - $me] > $two && counted[0] > 0",
        "set var hold = 0",
        "delete",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["$1 = 1", "$2 = 1", "$3 = 2", "$4 = 0", "$5 = 1", "exited normally"]);
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "done\n"), "{end:?}");
}

#[test]
fn a_watchpoint_sees_the_writes_of_every_thread() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static", "-pthread"]) else { return };
    let commands =
        ["watch counted[2]", "continue", "print $_thread > 1", "backtrace 2", "delete", "continue"];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["Old value = 0", "New value = 1", "$1 = 1", "work (number=2)", "exited normally"]);
    assert_eq!(end.end, Ok(0), "{end:?}");
}

const EXITS: &str = r#"#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *first(void *argument) {
    return argument;
}
static void *second(void *argument) {
    (void)argument;
    exit(7);
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, first, 0);
    pthread_join(thread, 0);
    pthread_create(&thread, 0, second, 0);
    for (;;)
        pause();
}
"#;

#[test]
fn threads_end_and_one_that_is_not_the_first_ends_the_program() {
    let folder = folder();
    let Some(program) = compiled(EXITS, &folder, &["-static", "-pthread"]) else { return };
    let commands =
        ["break first", "continue", "info threads", "break second", "continue", "info threads", "continue"];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "hit Breakpoint 1, first",
        "* 2    Thread ",
        "hit Breakpoint 2, second",
        "  1    Thread ",
        "* 3    Thread ",
        "exited with code 07",
    ];
    has_in_order(&text, &expected);
    assert!(!text.contains("4    Thread"), "{text}");
    assert_eq!(end.end, Ok(7), "{end:?}");
}

#[test]
fn threads_that_gdb_leaves_run_on() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static", "-pthread"]) else { return };
    let commands = ["break finish", "continue", "detach"];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["hit Breakpoint 1", "detached"]);
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "done\n"), "{end:?}");
}

#[test]
fn a_thread_that_ends_alone_leaves_nobody_to_wait_for() {
    let folder = folder();
    let Some(program) = compiled(EXITS, &folder, &["-static", "-pthread"]) else { return };
    let commands = [
        "break first",
        "continue",
        "set scheduler-locking on",
        "continue",
        "info threads",
        "set scheduler-locking off",
        "thread 1",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["hit Breakpoint 1, first", "  1    Thread ", "exited with code 07"]);
    assert!(text.contains("No unwaited-for children left"), "{text}");
    assert_eq!(end.end, Ok(7), "{end:?}");
}

#[test]
fn the_first_thread_may_end_first() {
    let source = r#"#include <pthread.h>
#include <stdlib.h>
static pthread_t first;
static void *run(void *argument) {
    pthread_join(first, 0);
    exit(9);
    return argument;
}
int main(void) {
    pthread_t thread;
    first = pthread_self();
    pthread_create(&thread, 0, run, 0);
    pthread_exit(0);
}
"#;
    let folder = folder();
    let Some(program) = compiled(source, &folder, &["-static", "-pthread"]) else { return };
    let commands = ["break exit", "continue", "info threads", "backtrace 2", "continue"];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(&text, &["Breakpoint 1, ", "* 2    Thread ", "in run (", "exited with code 011"]);
    assert!(!text.contains("  1    Thread "), "{text}");
    assert_eq!(end.end, Ok(9), "{end:?}");
}
