//! Programs with shared libraries, which gdb finds below `-L` by itself.

use crate::common::{folder, skip};
use crate::{compiled, has_in_order, script_with};
use std::path::Path;

/// The libraries that come with the cross compiler, or a skipped test.
fn sysroot() -> Option<&'static str> {
    const ROOT: &str = "/usr/riscv64-linux-gnu";
    let here = Path::new(ROOT).join("lib/libc.so.6").is_file();
    if !here {
        skip("the cross compiler's libc is missing; tools/host-tools installs it");
    }
    here.then_some(ROOT)
}

const C: &str = r#"#include <stdio.h>
#include <stdlib.h>
int calls;
static int compare(const void *a, const void *b) {
    calls++;
    return *(const int *)a - *(const int *)b;
}
int main(void) {
    int values[] = {3, 1, 2};
    qsort(values, 3, sizeof values[0], compare);
    puts("sorted");
    printf("%d %d %d\n", values[0], values[1], values[2]);
    return 0;
}
"#;

#[test]
fn gdb_debugs_a_dynamic_program_through_its_libraries() {
    let (folder, Some(root)) = (folder(), sysroot()) else { return };
    let Some(program) = compiled(C, &folder, &[]) else { return };
    let file = format!("file {}", program.display());
    let commands = [
        "info sharedlibrary",
        "break main",
        "continue",
        "info sharedlibrary",
        "next",
        "watch calls",
        "continue",
        "backtrace",
        "delete 2",
        "info threads",
        "break puts",
        "continue",
        "backtrace",
        "finish",
        "delete",
        "step",
        "continue",
    ];
    let options = ["-L", root];
    let Some((text, end)) = script_with(&options, &program, &[], &[&file], &commands) else { return };
    let expected = [
        "Breakpoint 1, main () at",
        "Yes",
        "ld-linux-riscv64-lp64d.so.1",
        "libc.so.6",
        "Hardware watchpoint 2: calls",
        "New value = 1",
        "#0 ",
        "in compare (a=",
        "qsort_r ()",
        "in main ()",
        "* 1    Thread ",
        "\"program\"",
        "Breakpoint 3, ",
        "in puts ()",
        "#1  0x",
        "in main ()",
        "exited normally",
    ];
    has_in_order(&text, &expected);
    assert_eq!((end.end, end.out.as_str()), (Ok(0), "sorted\n1 2 3\n"), "{end:?}");
}

#[test]
fn gdb_that_is_given_no_file_finds_it_by_itself() {
    let (folder, Some(root)) = (folder(), sysroot()) else { return };
    let Some(program) = compiled(C, &folder, &[]) else { return };
    let commands =
        ["break compare", "continue", "up", "info auxv", "info proc exe", "info proc mappings", "kill"];
    let Some((text, end)) = script_with(&["-L", root], &program, &[], &[], &commands) else { return };
    let name = program.display().to_string();
    // The entry of a program that lies where it is needed, as its symbols have it.
    has_in_order(
        &text,
        &["Breakpoint 1, compare (a=", "AT_ENTRY", "0x2aaaaaa", &name, "libc.so.6", "[stack]"],
    );
    assert_eq!(end.end, Err(9), "{end:?}");
}
