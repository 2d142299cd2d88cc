//! What the kernel gives a program besides system calls: the vDSO, the auxiliary vector, `/proc`.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, busybox, command, folder, installed, outcome, skip, strata};
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};

const COMPILER: &str = "riscv64-linux-gnu-gcc";

/// Builds a C program; without a compiler the test is skipped.
fn compiled(source: &str, how: &[&str], folder: &Path) -> Option<PathBuf> {
    if !installed(COMPILER) {
        skip("riscv64-linux-gnu-gcc is missing; install gcc-riscv64-linux-gnu");
        return None;
    }
    let (text, program) = (folder.join("source.c"), folder.join("compiled"));
    fs::write(&text, source).unwrap();
    let built = outcome(command(COMPILER).args(how).args(["-O1", "-o"]).arg(&program).arg(&text));
    assert_eq!(built.end, Ok(0), "{}", built.err);
    Some(program)
}

/// Finds the vDSO as a C library does, asks the clocks through it and by system calls, and walks the stack from
/// a handler of a signal.
const VDSO: &str = r#"
#define _GNU_SOURCE
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static int found;
static int each(struct dl_phdr_info *info, size_t size, void *data) {
    found |= info->dlpi_addr == getauxval(AT_SYSINFO_EHDR) && info->dlpi_addr != 0;
    return 0;
}
static long long now(int direct, clockid_t clock) {
    struct timespec t;
    if (direct) syscall(SYS_clock_gettime, clock, &t); else clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static int seen;
int outer(void);
static void handler(int signal) {
    void *frames[32];
    int count = backtrace(frames, 32);
    for (int i = 0; i < count; i++)
        seen |= (char *)frames[i] > (char *)outer && (char *)frames[i] < (char *)outer + 64;
}
__attribute__((noinline)) int outer(void) { return raise(SIGUSR1) + seen; }
int main(void) {
    dl_iterate_phdr(each, 0);
    printf("listed %d\n", found);
    clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE};
    for (int i = 0; i < 4; i++) {
        long long a = now(1, clocks[i]), b = now(0, clocks[i]), c = now(1, clocks[i]);
        printf("clock %d in order %d\n", clocks[i], a <= b && b <= c);
    }
    struct timespec t;
    struct timeval v;
    printf("no clock %d\n", clock_gettime(12345, &t));
    printf("step %d %ld\n", clock_getres(CLOCK_MONOTONIC, &t), t.tv_nsec);
    printf("day %d\n", gettimeofday(&v, 0) == 0 && v.tv_sec > 1700000000);
    printf("processor %d\n", sched_getcpu() >= 0);
    signal(SIGUSR1, handler);
    outer();
    printf("unwound %d\n", seen);
    return 0;
}
"#;

const VDSO_SAYS: &str = "clock 1 in order 1\nclock 0 in order 1\nclock 7 in order 1\nclock 6 in order 1\n\
    no clock -1\nstep 0 1\nday 1\nprocessor 1\nunwound 1\n";

#[rstest]
#[case::alone(&["-static"], "listed 0\n")]
#[case::with_its_library(&["-fno-pie", "-no-pie"], "listed 1\n")]
fn the_vdso_is_found_and_tells_the_time(#[case] how: &[&str], #[case] listed: &str) {
    let folder = folder();
    let how = [how, &["-w", "-funwind-tables", "-fno-optimize-sibling-calls"]].concat();
    let Some(program) = compiled(VDSO, &how, &folder) else { return };
    let done = outcome(strata(["run", "-L", "/usr/riscv64-linux-gnu"]).arg(&program));
    // A static program's C library does not list it.
    let said = done.out.trim_start_matches("listed 1\n").trim_start_matches("listed 0\n");
    assert_eq!((said, done.end, done.err.as_str()), (VDSO_SAYS, Ok(0), ""), "{listed}");
    assert!(done.out.starts_with(listed) || listed == "listed 0\n", "{done:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_vector_has_what_linux_puts_there() {
    let folder = folder();
    let Some(program) = compiled("int main(void) { return 0; }", &[], &folder) else { return };
    let shown = |mut command: std::process::Command| {
        let done =
            outcome(command.args(["-E", "LD_SHOW_AUXV=1", "-L", "/usr/riscv64-linux-gnu"]).arg(&program));
        let line =
            |line: &str| line.split_once(':').map(|(key, value)| (key.to_owned(), value.trim().to_owned()));
        done.out.lines().filter_map(line).collect::<Vec<_>>()
    };
    let ours = shown(strata(["run"]));
    let value = |key: &str| ours.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let text = program.to_str().unwrap();
    for (key, wanted) in [
        ("AT_HWCAP", "112d"),
        ("AT_PAGESZ", "4096"),
        ("AT_CLKTCK", "100"),
        ("AT_PHENT", "56"),
        ("AT_FLAGS", "0x0"),
        ("AT_SECURE", "0"),
        ("AT_EXECFN", text),
    ] {
        assert_eq!(value(key), Some(wanted), "{key}: {ours:?}");
    }
    for key in ["AT_SYSINFO_EHDR", "AT_L1D_CACHEGEOMETRY", "AT_L3_CACHESIZE", "AT_MINSIGSTKSZ", "AT_RANDOM"] {
        assert!(value(key).is_some(), "{key} is not in {ours:?}");
    }
    if !installed("qemu-riscv64") {
        return skip("qemu-riscv64 is missing; install qemu-user");
    }
    // What the other emulator has and Linux on RISC-V has not.
    let others = ["AT_HWCAP2", "AT_PLATFORM"];
    for (key, theirs) in
        shown(command("qemu-riscv64")).iter().filter(|(key, _)| !others.contains(&key.as_str()))
    {
        let address = theirs.starts_with("0x") && key != "AT_FLAGS";
        let differs = address || key == "AT_HWCAP" || key == "AT_MINSIGSTKSZ";
        assert!(value(key).is_some_and(|ours| differs || ours == theirs), "{key} {theirs}: {ours:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::environment("tr '\\0' '\\n' </proc/self/environ | grep ^NEW=", "NEW=1 2\n")]
#[case::size(
    "while read k v u; do [ $k != VmSize: ] || echo $((v < 100000)) $u; done </proc/self/status",
    "1 kB\n"
)]
#[case::stack_size("while read k v u; do [ $k != VmStk: ] || echo $v; done </proc/self/status", "8192\n")]
#[case::dispositions(
    "trap '' USR1; trap : USR2; while read k v; do case $k in SigIgn:) echo $((0x$v & 0xa00));; SigCgt:) echo $((0x$v & 0xa00));; esac; done </proc/self/status",
    "512\n2048\n"
)]
#[case::pages("read all resident rest </proc/self/statm; echo $((all < 100000))", "1\n")]
#[case::stack_pointer("set -- $(cat /proc/self/stat); shift 27; echo $(($1 >> 24))", "16383\n")]
#[case::thread(
    "read x </proc/self/task/$$/status; echo $x; cat /proc/thread-self/comm",
    "Name: busybox\ncat\n"
)]
#[case::vdso("grep -c vdso /proc/self/maps", "1\n")]
#[case::memory("(: </proc/self/mem) 2>/dev/null || echo no", "no\n")]
#[case::relative("cd /proc/self; readlink exe | grep -c 'busybox$'", "1\n")]
fn proc_tells_of_the_program(#[case] script: &str, #[case] out: &str) {
    let Some(busybox) = busybox() else { return };
    let mut command = strata(["run", "-E", "NEW=1 2"]);
    let done = outcome(command.arg(&busybox).args(["sh", "-c", script]));
    assert_eq!(done, Outcome { out: out.into(), err: String::new(), end: Ok(0) });
}

#[rstest]
#[case::arguments("tr '\\0' '|' </proc/$!/cmdline | grep -c '^[^|]*busybox|cat|fifo|$'", "1\n")]
#[case::program("readlink /proc/$!/exe | sed 's/.*[/]//'", "busybox\n")]
#[case::name("cat /proc/$!/comm", "busybox\n")]
#[case::listed("\"$0\" ps -o args | grep -q '^[^ ]*busybox cat fifo$' && echo yes", "yes\n")]
fn proc_tells_of_other_programs(#[case] script: &str, #[case] out: &str) {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    // The pipe opens once the other program runs.
    let start = "mkfifo fifo; \"$0\" cat fifo & exec 3>fifo";
    let mut command = strata(["run"]);
    command.arg(&busybox).args(["sh", "-c", &format!("{start}; {script}; exec 3>&-; wait")]).arg(&busybox);
    let done = outcome(command.current_dir(&folder));
    assert_eq!((done.out.as_str(), done.err.as_str()), (out, ""));
    fs::remove_dir_all(folder).unwrap();
}
