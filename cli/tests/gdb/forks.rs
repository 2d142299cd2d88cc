//! Programs that make other processes.

use crate::common::folder;
use crate::{compiled, has_in_order, script};

const C: &str = r#"#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int who;
static void parent(void) {
    who = 1;
}
static void child(void) {
    who = 2;
}
int main(int argc, char **argv) {
    int status;
    (void)argv;
    pid_t pid = argc > 1 ? vfork() : fork();
    if (pid == 0) {
        if (argc == 1)
            child();
        _exit(5);
    }
    parent();
    waitpid(pid, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    return 3;
}
"#;

#[test]
fn gdb_stays_with_the_parent() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = ["break parent", "break child", "continue", "backtrace", "continue"];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(
        &text,
        &["[Detaching after fork from child", "Breakpoint 1, parent ()", "exited with code 03"],
    );
    assert_eq!((end.end, end.out.as_str()), (Ok(3), "child 5\n"), "{end:?}");
}

#[test]
fn gdb_goes_on_with_the_child() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = [
        "set follow-fork-mode child",
        "break parent",
        "break child",
        "continue",
        "backtrace",
        "next",
        "next",
        "print who",
        "info threads",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = ["[Attaching after ", "hit Breakpoint 2", "child ()", "$1 = 2", "exited with code 05"];
    has_in_order(&text, &expected);
    assert_eq!((end.end, end.out.as_str()), (Ok(3), "child 5\n"), "{end:?}");
}

#[test]
fn a_fork_is_caught() {
    let folder = folder();
    let Some(program) = compiled(C, &folder, &["-static"]) else { return };
    let commands = ["catch fork", "continue", "backtrace -1", "continue"];
    let Some((text, end)) = script(&program, &["vfork"], &commands) else { return };
    has_in_order(&text, &["Catchpoint 1 (forked process", "in main (argc=2", "exited with code 03"]);
    assert_eq!((end.end, end.out.as_str()), (Ok(3), "child 5\n"), "{end:?}");
}

#[test]
fn a_child_that_gdb_goes_on_with_has_its_own_children_and_facts() {
    let source = r#"#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void leaf(void) {
}
int main(void) {
    int status = 0;
    if (fork() == 0) {
        if (fork() == 0) {
            leaf();
            _exit(6);
        }
        wait(&status);
        _exit(WEXITSTATUS(status) + 1);
    }
    wait(&status);
    return WEXITSTATUS(status) + 1;
}
"#;
    let folder = folder();
    let Some(program) = compiled(source, &folder, &["-static"]) else { return };
    let commands = [
        "set follow-fork-mode child",
        "break leaf",
        "continue",
        "info auxv",
        "print $_siginfo",
        "stepi",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    has_in_order(
        &text,
        &["[Attaching after ", "[Attaching after ", "leaf ()", "AT_PAGESZ", "exited with code 06"],
    );
    assert_eq!(end.end, Ok(8), "{end:?}");
}
