//! A program that a signal kills: strata dies of the same signal after one line that says where.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, STRATA, assembled, assembled_narrow, command, folder, outcome, strata};
use rstest::rstest;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

/// Ends a program that starts with `code` at the label `crash`.
fn program(code: &str) -> String {
    format!(
        "        .text
        .globl _start
_start: nop
crash:  {code}
        li a0, 0
        li a7, 93
        ecall
        .data
        .globl data
data:   .dword 0
"
    )
}

/// What sends signal `number` to its own process.
fn sends(number: i32) -> String {
    format!("li a7, 172\n ecall\n li a1, {number}\n li a7, 129\n ecall\n1: j 1b")
}

#[rstest]
#[case::null_load("ld a0, 0(zero)", 11, "SIGSEGV at pc 0x10", "(crash), address 0x0")]
#[case::null_store("sd zero, 8(zero)", 11, "SIGSEGV at pc 0x10", "(crash), address 0x8")]
#[case::store_to_text("la a0, crash\n sw zero, 0(a0)", 11, "SIGSEGV at pc 0x10", "(crash+0x8), address 0x10")]
#[case::far_load("li a0, -8\n ld a0, 0(a0)", 11, "SIGSEGV at pc 0x10", "address 0xfffffffffffffff8")]
#[case::jump_to_nothing("li a0, 0x2000\n jr a0", 11, "SIGSEGV at pc 0x2000", "address 0x2000")]
#[case::jump_to_null("jr zero", 11, "SIGSEGV at pc 0x0", "address 0x0")]
#[case::jump_far_away(
    "li a0, -2\n jr a0",
    11,
    "SIGSEGV at pc 0xfffffffffffffffe",
    "address 0xfffffffffffffffe"
)]
#[case::jump_to_data("la a0, data\n jr a0", 11, "SIGSEGV at pc 0x1", "(data), address 0x1")]
#[case::stack_overflow(
    "1: addi sp, sp, -2048\n sd ra, 0(sp)\n j 1b",
    11,
    "SIGSEGV at pc 0x10",
    "(crash+0x4), address 0x"
)]
#[case::illegal(".word 0", 4, "SIGILL at pc 0x10", "(crash), instruction 0x0")]
#[case::unknown_word(".word 0xffffffff", 4, "SIGILL at pc 0x10", "(crash), instruction 0xffffffff")]
#[case::privileged("csrr a0, mstatus", 4, "SIGILL at pc 0x10", "(crash), instruction 0x30002573")]
#[case::breakpoint("ebreak", 5, "SIGTRAP at pc 0x10", "(crash)")]
fn a_fault_of_the_program_is_a_death(
    #[case] code: &str,
    #[case] signal: i32,
    #[case] what: &str,
    #[case] place: &str,
    #[values("interp", "interp,step=on")] tier: &str,
) {
    let folder = folder();
    let path = assembled(&program(code), &folder);
    let mut command = command("sh");
    // Where cores may be written, none of strata's is.
    let script = "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\"";
    let output = command
        .args(["-c", script, STRATA, "run", "-accel", tier])
        .arg(path)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(!output.status.core_dumped());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "only the program lies there");
    let done = Outcome::from(output);
    assert_eq!((done.end, done.out.as_str()), (Err(signal), ""), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    let line = done.err.trim_end();
    assert!(line.starts_with(&format!("strata: killed by {what}")) && line.contains(place), "{line}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::abort(6)]
#[case::kill(9)]
#[case::terminate(15)]
#[case::arithmetic(8)]
#[case::segment(11)]
#[case::bus(7)]
#[case::illegal(4)]
#[case::alarm(14)]
#[case::pipe(13)]
fn a_program_can_kill_itself(#[case] signal: i32) {
    let folder = folder();
    let path = assembled(&program(&sends(signal)), &folder);
    let script = "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\"";
    let mut command = command("sh");
    let output = command.args(["-c", script, STRATA, "run"]).arg(path).current_dir(&folder).output().unwrap();
    assert!(!output.status.core_dumped());
    assert_eq!(output.status.signal(), Some(signal));
    assert!(output.stdout.is_empty());
    assert!(output.stderr.iter().filter(|b| **b == b'\n').count() <= 1);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_shell_sees_the_signal_as_status() {
    let folder = folder();
    let path = assembled(&program(".word 0"), &folder);
    let done =
        outcome(command("sh").args(["-c", "\"$0\" run \"$1\" 2>/dev/null; echo $?", STRATA]).arg(path));
    assert_eq!(done.out, "132\n");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn signals_that_do_not_kill_do_not() {
    let folder = folder();
    let path = assembled(&program(&sends(17).replace("1: j 1b", "")), &folder);
    assert_eq!(outcome(&mut strata(["run".as_ref(), path.as_os_str()])).end, Ok(0));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Numbers of calls on riscv64, their arguments, and whether the bad pointer is only written to.
/// `B` is the bad pointer, `D` the name of a folder, `X` that of a program, `V` a vector of one bad piece.
const CALLS: &[(&str, i32, &str, bool)] = &[
    ("getxattr", 8, "D B 0 0", false),
    ("getcwd", 17, "B 100", true),
    ("epoll_ctl", 21, "6 1 4 B", false),
    ("fcntl F_GETLK", 25, "0 5 B", false),
    ("fcntl F_SETLK", 25, "0 6 B", false),
    ("ioctl FIONREAD", 29, "4 0x541b B", true),
    ("mknodat", 33, "-100 B 0x8000 0", false),
    ("mkdirat", 34, "-100 B 0", false),
    ("unlinkat", 35, "-100 B 0", false),
    ("symlinkat", 36, "B -100 D", false),
    ("symlinkat, new", 36, "D -100 B", false),
    ("linkat", 37, "-100 B -100 D 0", false),
    ("statfs", 43, "B B", false),
    ("statfs, result", 43, "D B", true),
    ("fstatfs", 44, "0 B", true),
    ("truncate", 45, "B 0", false),
    ("faccessat", 48, "-100 B 0", false),
    ("chdir", 49, "B", false),
    ("chroot", 51, "B", false),
    ("fchmodat", 53, "-100 B 0", false),
    ("fchownat", 54, "-100 B 0 0 0", false),
    ("openat", 56, "-100 B 0 0", false),
    ("pipe2", 59, "B 0", true),
    ("getdents64", 61, "3 B 1024", true),
    ("read", 63, "0 B 8", true),
    ("write", 64, "0 B 8", false),
    ("readv", 65, "0 B 1", false),
    ("readv, a piece", 65, "0 V 1", true),
    ("writev", 66, "0 B 1", false),
    ("writev, a piece", 66, "0 V 1", false),
    ("pread64", 67, "0 B 8 0", true),
    ("pwrite64", 68, "0 B 8 0", false),
    ("preadv", 69, "0 B 1 0", false),
    ("pwritev", 70, "0 B 1 0", false),
    ("pselect6", 72, "1 B 0 0 0 0", false),
    ("ppoll", 73, "B 1 0 0 0", false),
    ("readlinkat", 78, "-100 B B 10", false),
    ("newfstatat", 79, "-100 B B 0", false),
    ("newfstatat, result", 79, "-100 D B 0", true),
    ("fstat", 80, "0 B", true),
    ("utimensat", 88, "-100 B 0 0", false),
    ("utimensat, times", 88, "-100 D B 0", false),
    ("futex FUTEX_WAIT", 98, "B 0x80 0 0", false),
    ("nanosleep", 101, "B 0", false),
    ("getitimer", 102, "0 B", true),
    ("setitimer", 103, "0 B 0", false),
    ("clock_gettime", 113, "0 B", true),
    ("clock_getres", 114, "0 B", true),
    ("clock_nanosleep", 115, "0 0 B 0", false),
    ("sched_setaffinity", 122, "0 8 B", false),
    ("sched_getaffinity", 123, "0 128 B", true),
    ("sigaltstack", 132, "B 0", false),
    ("sigaltstack, old", 132, "0 B", true),
    ("rt_sigsuspend", 133, "B 8", false),
    ("rt_sigaction", 134, "10 B 0 8", false),
    ("rt_sigaction, old", 134, "10 0 B 8", true),
    ("rt_sigprocmask", 135, "0 B 0 8", false),
    ("rt_sigprocmask, old", 135, "0 0 B 8", true),
    ("rt_sigpending", 136, "B 8", true),
    ("rt_sigtimedwait", 137, "B 0 0 8", false),
    ("getresuid", 148, "B B B", true),
    ("times", 153, "B", true),
    ("uname", 160, "B", true),
    ("getrlimit", 163, "7 B", true),
    ("getrusage", 165, "0 B", true),
    ("getcpu", 168, "B 0 0", true),
    ("gettimeofday", 169, "B 0", true),
    ("sysinfo", 179, "B", true),
    ("socketpair", 199, "1 1 0 B", true),
    ("bind", 200, "4 B 16", false),
    ("connect", 203, "4 B 16", false),
    ("getsockname", 204, "4 B B", false),
    ("sendto", 206, "4 B 8 0 0 0", false),
    ("setsockopt", 208, "4 1 7 B 4", false),
    ("getsockopt", 209, "4 1 7 B B", false),
    ("execve", 221, "B 0 0", false),
    ("execve, arguments", 221, "X B 0", false),
    ("mincore", 232, "M 4096 B", true),
    ("riscv_hwprobe", 258, "B 1 0 0 0", false),
    ("prlimit64, new", 261, "0 7 B 0", false),
    ("prlimit64, old", 261, "0 7 0 B", true),
    ("renameat2", 276, "-100 B -100 D 0", false),
    ("getrandom", 278, "B 8 0", true),
    ("memfd_create", 279, "B 0", false),
    ("statx", 291, "-100 B 0 0x7ff B", false),
    ("statx, result", 291, "-100 D 0 0x7ff B", true),
];

/// The same of those calls that riscv32 alone has.
const NARROW: &[(&str, i32, &str, bool)] = &[
    ("fcntl64 F_GETLK", 25, "0 5 B", false),
    ("fcntl64 F_GETLK64", 25, "0 12 B", false),
    ("statfs64", 43, "B 88 B", false),
    ("statfs64, result", 43, "D 88 B", true),
    ("fstatfs64", 44, "0 88 B", true),
    ("llseek", 62, "0 0 0 B 1", true),
    ("clock_gettime64", 403, "0 B", true),
    ("clock_getres_time64", 406, "0 B", true),
    ("clock_nanosleep_time64", 407, "0 0 B 0", false),
    ("utimensat_time64", 412, "-100 B 0 0", false),
    ("utimensat_time64, times", 412, "-100 D B 0", false),
    ("pselect6_time64", 413, "1 B 0 0 0 0", false),
    ("ppoll_time64", 414, "B 1 0 0 0", false),
    ("recvmmsg_time64", 417, "4 B 1 0 0", false),
    ("rt_sigtimedwait_time64", 421, "B 0 0 8", false),
    ("futex_time64", 422, "B 0x80 0 0", false),
    ("sched_rr_get_interval_time64", 423, "0 B", true),
];

/// A program that makes every call and exits with the place, counted from 1, of the first that does not
/// answer `EFAULT`.
fn calls(rows: &[&(&str, i32, &str, bool)], bad: &str, word: usize) -> String {
    let (load, data) = if word == 8 { ("ld", ".dword") } else { ("lw", ".word") };
    let loads: String = (0..6).map(|n| format!("        {load} a{n}, {}(s0)\n", (n + 1) * word)).collect();
    let mut text = format!(
        "        .text
        .globl _start
_start: li a0, -100
        la a1, dot
        li a2, 0x10000
        li a3, 0
        li a7, 56
        ecall
        li a0, 1
        li a1, 1
        li a2, 0
        la a3, pair
        li a7, 199
        ecall
        li a0, 0
        li a7, 20
        ecall
        la s0, table
        li s1, 1
next:   {load} a7, 0(s0)
        bltz a7, done
{loads}        ecall
        li t0, -14
        bne a0, t0, wrong
        addi s0, s0, {}
        addi s1, s1, 1
        j next
done:   li s1, 0
wrong:  mv a0, s1
        li a7, 93
        ecall
        .data
        .balign 4096
page:   .dword 0
pair:   .dword 0
dot:    .asciz \".\"
exe:    .asciz \"/proc/self/exe\"
        .balign 8
",
        7 * word
    );
    text += &format!("vector: {data} {bad}, 8\ntable:\n");
    for (_, number, arguments, _) in rows {
        text += &format!(" {data} {number}");
        let words: Vec<&str> = arguments.split(' ').collect();
        for place in 0..6 {
            text += match words.get(place) {
                None => ", 0",
                Some(&"B") => ", ",
                Some(&"D") => ", dot",
                Some(&"X") => ", exe",
                Some(&"V") => ", vector",
                Some(&"M") => ", page",
                Some(_) => ", ",
            };
            match words.get(place) {
                Some(&"B") => text += bad,
                Some(word) if !word.starts_with(|c: char| c.is_ascii_uppercase()) => text += word,
                _ => {}
            }
        }
        text += "\n";
    }
    text + &format!(" {data} -1\n")
}

#[rstest]
#[case::unmapped("0x1000", false)]
#[case::last_word("-8", false)]
#[case::beyond_user_memory("0x4000000000", false)]
#[case::not_an_address("0x8000000000000000", false)]
#[case::text_is_not_written("_start", true)]
fn a_bad_pointer_is_answered_with_efault(#[case] bad: &str, #[case] written: bool) {
    let folder = folder();
    let rows: Vec<_> = CALLS.iter().filter(|row| row.3 || !written).collect();
    all_answer_efault(&assembled(&calls(&rows, bad, 8), &folder), &rows, &folder);
}

#[rstest]
#[case::unmapped("0x1000", false)]
#[case::last_word("-4", false)]
#[case::beyond_user_memory("0xffffe000", false)]
#[case::text_is_not_written("_start", true)]
fn a_bad_pointer_of_riscv32_is_answered_with_efault(#[case] bad: &str, #[case] written: bool) {
    let folder = folder();
    let rows: Vec<_> = NARROW.iter().filter(|row| row.3 || !written).collect();
    all_answer_efault(&assembled_narrow(&calls(&rows, bad, 4), &folder), &rows, &folder);
}

fn all_answer_efault(path: &Path, rows: &[&(&str, i32, &str, bool)], folder: &Path) {
    let input = folder.join("input");
    std::fs::write(&input, [b'x'; 100]).unwrap();
    let open = std::fs::OpenOptions::new().read(true).write(true).open(&input).unwrap();
    let done = outcome(strata(["run"]).arg(path).stdin(open).current_dir(folder));
    let row = |place: i32| rows[usize::try_from(place).unwrap() - 1];
    assert_eq!(done.end, Ok(0), "{:?}: {}", done.end.map(row), done.err);
    std::fs::remove_dir_all(folder).unwrap();
}
