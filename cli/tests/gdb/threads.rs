//! Programs of several threads.

use crate::common::folder;
use crate::{compiled, has_in_order, script};

const C: &str = r#"#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_barrier_t all;
static volatile int go;
volatile long counted[3];
static void work(int number) {
    counted[number]++;
}
static void *run(void *argument) {
    int number = *(int *)argument;
    pthread_barrier_wait(&all);
    for (int i = 0; i < 3; i++)
        work(number);
    while (!go)
        counted[number]++;
    return 0;
}
static void meet(void) {
    pthread_barrier_wait(&all);
}
static void finish(void) {
    go = 1;
}
int main(void) {
    pthread_t threads[2];
    int numbers[] = {1, 2};
    pthread_barrier_init(&all, 0, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], 0, run, &numbers[i]);
    meet();
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
        "info threads",
        "thread apply all -q backtrace",
        "continue",
        "info threads",
        "print counted[0]",
        "thread 1",
        "next",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    println!("{text}");
    has_in_order(&text, &[]);
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "done\n"), "{end:?}");
}
