//! Lines as strace writes them.

use super::*;
use crate::abi::RISCV64;
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
    let text = Line::new(&RISCV64, &space, number(sysno), Some(sysno), args).after(&space, outcome).unwrap();
    text.strip_prefix(&format!("{} ", std::process::id())).unwrap().to_owned()
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
#[case(Sysno::mprotect, [AT, 4096, 9, 0, 0, 0], Err(Errno::EINVAL), "mprotect(0x100000, 4096, PROT_READ|0x8) = -1 EINVAL (Invalid argument)")]
#[case(Sysno::brk, [0; 6], Ok(0x1_0000), "brk(NULL) = 0x10000")]
#[case(Sysno::pipe2, [AT + 144, 0x8_0000, 0, 0, 0, 0], Ok(0), "pipe2([7, 0], O_RDONLY|O_CLOEXEC) = 0")]
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
    let line = Line::new(&RISCV64, &space, 4000, None, [0; 6]);
    let text = line.after(&space, Outcome::Answered(Err(Errno::ENOSYS))).unwrap();
    assert!(text.contains(" syscall_0xfa0(0, 0, 0, 0, 0, 0) = -1 ENOSYS"), "{text}");
}

#[test]
fn a_call_that_is_not_implemented_has_its_name_and_bare_words() {
    let space = space();
    let line = Line::new(&RISCV64, &space, 425, None, [1; 6]);
    let text = line.after(&space, Outcome::Answered(Err(Errno::ENOSYS))).unwrap();
    let wanted = " io_uring_setup(0x1, 0x1, 0x1, 0x1, 0x1, 0x1) = -1 ENOSYS (Function not implemented)";
    assert!(text.ends_with(wanted), "{text}");
}

#[test]
fn what_does_not_come_back_is_said_before() {
    let space = space();
    let line = |sysno, args| Line::new(&RISCV64, &space, number(sysno), Some(sysno), args);
    let said = |line: &Line| line.before(&space).map(|text| text.split_once(' ').unwrap().1.to_owned());
    let exit = line(Sysno::exit_group, [3, 0, 0, 0, 0, 0]);
    assert_eq!(said(&exit).as_deref(), Some("exit_group(3) = ?"));
    assert_eq!(exit.after(&space, Outcome::Answered(Ok(3))), None);
    let exec = line(Sysno::execve, [AT, AT + 128, AT + 128, 0, 0, 0]);
    let wanted = "execve(\"/etc/passwd\", [\"/etc/passwd\"], 0x100080 /* 1 vars */ <unfinished ...>";
    assert_eq!(said(&exec).as_deref(), Some(wanted));
    let after = exec.after(&space, Outcome::Answered(Err(Errno::EACCES))).unwrap();
    assert!(after.ends_with(" <... execve resumed>) = -1 EACCES (Permission denied)"), "{after}");
    assert_eq!(said(&line(Sysno::getpid, [0; 6])), None);
}

#[rstest]
#[case(libc::SIGUSR1, libc::SI_TKILL, 7 | 5 << 32, "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=7, si_uid=5} ---")]
#[case(libc::SIGSEGV, 1, 0x10, "--- SIGSEGV {si_signo=SIGSEGV, si_code=1, si_addr=0x10} ---")]
#[case(libc::SIGSEGV, 0, 7, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=7, si_uid=0} ---")]
fn a_signal_is_one_line(#[case] signo: i32, #[case] code: i32, #[case] first: u64, #[case] wanted: &str) {
    let text = signal(&Siginfo { signo, code, first, ..Siginfo::default() });
    assert_eq!(text, format!("{} {wanted}", std::process::id()));
}

#[test]
fn an_interrupted_call_says_so() {
    let text = line(Sysno::getpid, [0; 6], Outcome::Again);
    assert_eq!(text, "getpid() = ? ERESTARTSYS (to be made again)");
}

#[test]
fn every_row_has_as_many_arguments_as_the_call() {
    for (sysno, shapes) in shapes::ROWS {
        let row = SIGNATURES.iter().find(|(row, _)| row == sysno);
        let (_, types) = row.unwrap_or_else(|| panic!("{} is not implemented", sysno.name()));
        assert_eq!(shapes.len(), types.len(), "{}", sysno.name());
    }
}
