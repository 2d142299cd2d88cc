//! Lines as strace writes them.
//!
//! Where a line is one that strace 6.1 prints for the same call of an x86-64 program, it was taken from there.
//! `strata`'s tests compare the two for a whole program.

use super::*;
use crate::abi::{RISCV32, RISCV64};
use memory::user::{MapKind, Placement, Prot};
use rstest::rstest;

const AT: u64 = 0x10_0000;

/// Guest memory with a name at `AT`, bytes at `AT + 64`, a list at `AT + 128`, a time at `AT + 160`.
fn space() -> Space {
    let space = Space::with_window(1 << 30, 1 << 30).unwrap();
    space.map(Placement::Fixed(AT), 4096, Prot::RW, MapKind::ANONYMOUS).unwrap();
    space.copy_out(AT, b"/etc/passwd\0").unwrap();
    space.copy_out(AT + 64, b"line\n\t\"q\"\\\x001\x7f end of what is shown of it").unwrap();
    let words = [AT, 0, 7, 0, 5, 250].map(u64::to_le_bytes);
    space.copy_out(AT + 128, words.as_flattened()).unwrap();
    space
}

/// riscv64's number of a call.
fn number(sysno: Sysno) -> u64 {
    (0..512).find(|n| RISCV64.numbers.call(*n) == Some(sysno)).unwrap()
}

fn line(sysno: Sysno, args: [u64; 6], outcome: Outcome) -> String {
    let space = space();
    Line::new(&RISCV64, &space, None, number(sysno), Some(sysno), args).after(&space, outcome).unwrap()
}

const CWD: u64 = u64::MAX - 99;

#[rstest]
#[case(Sysno::openat, [CWD, AT, 0x8_0000, 9, 0, 0], Ok(3), "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC) = 3")]
#[case(Sysno::openat, [4, AT, 0o101, 0o644, 0, 0], Ok(3), "openat(4, \"/etc/passwd\", O_WRONLY|O_CREAT, 0644) = 3")]
#[case(Sysno::openat, [CWD, 1, 0, 0, 0, 0], Err(Errno::EFAULT), "openat(AT_FDCWD, 0x1, O_RDONLY) = -1 EFAULT (Bad address)")]
#[case(Sysno::write, [1, AT, 4, 0, 0, 0], Ok(4), "write(1, \"/etc\", 4) = 4")]
#[case(Sysno::write, [1, AT + 64, 99, 0, 0, 0], Ok(99), "write(1, \"line\\n\\t\\\"q\\\"\\\\\\0001\\177 end of what is sho\"..., 99) = 99")]
#[case(Sysno::read, [0, AT, 64, 0, 0, 0], Ok(4), "read(0, \"/etc\", 64) = 4")]
#[case(Sysno::read, [0, AT, 64, 0, 0, 0], Err(Errno::EBADF), "read(0, 0x100000, 64) = -1 EBADF (Bad file descriptor)")]
#[case(Sysno::mmap, [0, 8192, 3, 0x22, u64::MAX, 0], Ok(0x3f_ff00_0000), "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x3fff000000")]
#[case(Sysno::mprotect, [AT, 4096, 0, 0, 0, 0], Ok(0), "mprotect(0x100000, 4096, PROT_NONE) = 0")]
#[case(Sysno::mprotect, [AT, 4096, 9, 0, 0, 0], Err(Errno::EINVAL), "mprotect(0x100000, 4096, PROT_READ|PROT_SEM) = -1 EINVAL (Invalid argument)")]
#[case(Sysno::brk, [0; 6], Ok(0x1_0000), "brk(NULL) = 0x10000")]
#[case(Sysno::pipe2, [AT + 144, 0x8_0000, 0, 0, 0, 0], Ok(0), "pipe2([7, 0], O_CLOEXEC) = 0")]
#[case(Sysno::kill, [7, 15, 0, 0, 0, 0], Ok(0), "kill(7, SIGTERM) = 0")]
#[case(Sysno::rt_sigprocmask, [2, AT + 144, 0, 8, 0, 0], Ok(0), "rt_sigprocmask(SIG_SETMASK, [HUP INT QUIT], NULL, 8) = 0")]
#[case(Sysno::nanosleep, [AT + 160, 0, 0, 0, 0, 0], Ok(0), "nanosleep({tv_sec=5, tv_nsec=250}, NULL) = 0")]
#[case(Sysno::getppid, [9; 6], Ok(12), "getppid() = 12")]
#[case(Sysno::lseek, [3, u64::MAX, 2, 0, 0, 0], Ok(5), "lseek(3, -1, SEEK_END) = 5")]
fn a_call_is_one_line(
    #[case] sysno: Sysno,
    #[case] args: [u64; 6],
    #[case] answer: Answer,
    #[case] wanted: &str,
) {
    assert_eq!(line(sysno, args, Outcome::Answered(answer)), wanted);
}

#[test]
fn a_call_without_a_name_shows_its_number() {
    let space = space();
    let line = Line::new(&RISCV64, &space, None, 4000, None, [0; 6]);
    let text = line.after(&space, Outcome::Answered(Err(Errno::ENOSYS))).unwrap();
    assert_eq!(text, "syscall_0xfa0(0, 0, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)");
}

#[test]
fn a_call_that_is_not_implemented_has_its_name_and_bare_words() {
    let space = space();
    let line = Line::new(&RISCV64, &space, None, 425, None, [1; 6]);
    let text = line.after(&space, Outcome::Answered(Err(Errno::ENOSYS))).unwrap();
    let wanted = "io_uring_setup(0x1, 0x1, 0x1, 0x1, 0x1, 0x1) = -1 ENOSYS (Function not implemented)";
    assert!(text.ends_with(wanted), "{text}");
}

#[test]
fn what_does_not_come_back_is_said_before() {
    let space = space();
    let line = |sysno, args| Line::new(&RISCV64, &space, None, number(sysno), Some(sysno), args);
    let exit = line(Sysno::exit_group, [3, 0, 0, 0, 0, 0]);
    assert_eq!(exit.before(&space).as_deref(), Some("exit_group(3) = ?"));
    assert_eq!(exit.after(&space, Outcome::Answered(Ok(3))), None);
    let own = u64::from(std::process::id());
    let kill = |pid, signal| line(Sysno::kill, [pid, signal, 0, 0, 0, 0]).before(&space);
    assert_eq!(kill(own, 9), Some(format!("kill({own}, SIGKILL) = ?")));
    assert_eq!(kill(own, 10), None);
    assert_eq!(kill(own + 1, 9), None);
    assert_eq!(line(Sysno::getpid, [0; 6]).before(&space), None);
}

#[test]
fn lines_of_another_process_begin_with_its_number() {
    let space = space();
    let line = Line::new(&RISCV64, &space, Some(77), 93, Some(Sysno::exit), [0; 6]);
    assert_eq!(line.before(&space).as_deref(), Some("[pid    77] exit(0) = ?"));
    assert_eq!(death(Some(123_456), libc::SIGKILL), "[pid 123456] +++ killed by SIGKILL +++");
    assert_eq!(end(None, 3), "+++ exited with 3 +++");
}

#[rstest]
#[case(libc::SIGUSR1, libc::SI_TKILL, [7 | 5 << 32, 0, 0, 0], "SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=7, si_uid=5}")]
#[case(libc::SIGSEGV, 1, [0x10, 0, 0, 0], "SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}")]
#[case(libc::SIGSEGV, 0, [7, 0, 0, 0], "SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=7, si_uid=0}")]
#[case(libc::SIGCHLD, 1, [9, 3, 4, 5], "SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=4, si_stime=5}")]
#[case(libc::SIGCHLD, 2, [9, 9, 0, 0], "SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=9, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0}")]
#[case(libc::SIGALRM, 0x80, [0, 0, 0, 0], "SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL}")]
#[case(libc::SIGUSR1, -2, [0xffff << 32, 0, 0, 0], "SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0, si_overrun=65535, si_int=0, si_ptr=NULL}")]
#[case(35, -1, [5, 0x15, 0, 0], "SIGRT_3 {si_signo=SIGRT_3, si_code=SI_QUEUE, si_pid=5, si_uid=0, si_int=21, si_ptr=0x15}")]
#[case(libc::SIGUSR1, 55, [0; 4], "SIGUSR1 {si_signo=SIGUSR1, si_code=0x37}")]
fn a_signal_is_one_line(
    #[case] signo: i32,
    #[case] code: i32,
    #[case] words: [u64; 4],
    #[case] wanted: &str,
) {
    let [first, second, third, fourth] = words;
    let text = signal(None, &Siginfo { signo, errno: 0, code, first, second, third, fourth });
    assert_eq!(text, format!("--- {wanted} ---"));
}

#[test]
fn an_interrupted_call_says_so() {
    let text = line(Sysno::getpid, [0; 6], Outcome::Again);
    assert_eq!(text, "getpid() = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
}

#[rstest]
#[case(0, 5, "rt_sigreturn({mask=[]}) = 5")]
#[case(1 << 1, -4, "rt_sigreturn({mask=[INT]}) = -1 EINTR (Interrupted system call)")]
fn the_return_from_a_handler_shows_what_it_returns_to(
    #[case] mask: u64,
    #[case] a0: i64,
    #[case] wanted: &str,
) {
    let text = line(Sysno::rt_sigreturn, [0; 6], Outcome::Resumed(mask, a0.cast_unsigned()));
    assert_eq!(text, wanted);
}

#[test]
fn every_call_has_a_row_with_as_many_arguments() {
    for (sysno, types) in SIGNATURES {
        let row = calls::ROWS.iter().find(|row| row.name == sysno.name());
        let row = row.unwrap_or_else(|| panic!("{} has no row", sysno.name()));
        // Commands decide how many follow them, and some arguments are shown in another order.
        let chosen = row.args.iter().any(|kind| matches!(kind, Kind::Choose(..) | Kind::Arg(..)));
        assert!(chosen || row.args.len() >= types.len(), "{}", sysno.name());
    }
}

#[test]
fn no_call_has_two_rows() {
    let mut names: Vec<&str> = calls::ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), calls::ROWS.len());
}

#[test]
fn no_argument_can_make_it_read_far_or_fail() {
    let space = space();
    let bad = [0, 1, AT, AT + 4000, AT + 4095, 1 << 29, u64::MAX, u64::MAX - 7, 1 << 63, 0xffff_ffff];
    let all = [&RISCV64, &RISCV32].into_iter().flat_map(|abi| (0..512).map(move |number| (abi, number)));
    for (abi, number) in all.filter(|(abi, number)| abi.numbers.name(*number).is_some()) {
        for at in bad {
            for len in bad {
                for args in
                    [[at, len, at, len, at, len], [len, at, len, at, len, at], [at, at, len, len, at, len]]
                {
                    let line = Line::new(abi, &space, None, number, abi.numbers.call(number), args);
                    for result in [Ok(0), Ok(1), Ok(len), Err(Errno::EFAULT)] {
                        let text = line.after(&space, Outcome::Answered(result)).unwrap_or_default();
                        assert!(!text.contains('\n') && text.len() < 20_000, "{text}");
                    }
                }
            }
        }
    }
}
