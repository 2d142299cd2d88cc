//! A bad pointer is EFAULT, and nothing of the call happens.

#[path = "support/tiny.rs"]
mod tiny;

use interp::Hart;
use interp::riscv::Rv64;
use memory::user::{MapKind, Placement, Prot, Space};
use rstest::rstest;
use spec::riscv::{State, Trap};
use syscalls::riscv64::Sysno;
use user::{Next, Options, Process, Thread};

/// A writable page, then a page without access.
const GOOD: u64 = 0x100_0000;
/// The last word of the writable page.
const LAST: u64 = GOOD + 0xff8;
/// Not mapped.
const BAD: u64 = 0x200_0000;
/// The program's own page, which it may not write.
const CODE: u64 = 0x1_0000;
/// The current directory, for calls on names.
const HERE: u64 = (-100i64).cast_unsigned();

struct Guest {
    thread: Thread,
    hart: Hart<Rv64, Space>,
    start: State,
}

impl Guest {
    fn new() -> Self {
        let file = tiny::program();
        let (thread, start, space) =
            Process::load_image(&file, "tiny", &["tiny".into()], &[], Options::default())
                .expect("a sound program");
        space.map(Placement::Fixed(GOOD), 4096, Prot::RW, MapKind::ANONYMOUS).expect("a free page");
        Self { thread, hart: Hart::new(start.clone(), space), start }
    }

    fn call(&mut self, sysno: Sysno, args: &[u64]) -> i64 {
        self.call_number(u64::from(sysno.id().unsigned_abs()), args)
    }

    fn call_number(&mut self, number: u64, args: &[u64]) -> i64 {
        self.hart.state.clone_from(&self.start);
        self.hart.state.x[10..10 + args.len()].copy_from_slice(args);
        self.hart.state.x[17] = number;
        let next = self.thread.trap(&mut self.hart, Trap::EnvironmentCall);
        assert_eq!(next, Next::Continue);
        assert_eq!((self.hart.state.pc, self.hart.state.instret), (self.start.pc + 4, 1));
        self.hart.state.x[10].cast_signed()
    }
}

const EFAULT: i64 = -14;

#[rstest]
#[case::path(Sysno::openat, &[HERE, BAD, 0, 0])]
#[case::null_path(Sysno::openat, &[HERE, 0, 0, 0])]
#[case::far_path(Sysno::mkdirat, &[HERE, u64::MAX, 0])]
#[case::stat(Sysno::newfstatat, &[HERE, GOOD, BAD, 0x1000])]
#[case::stat_across(Sysno::newfstatat, &[HERE, GOOD, LAST, 0x1000])]
#[case::stat_read_only(Sysno::newfstatat, &[HERE, GOOD, CODE, 0x1000])]
#[case::message(Sysno::sendmsg, &[0, BAD, 0])]
#[case::message_out(Sysno::recvmsg, &[0, LAST, 0])]
#[case::timer(Sysno::timer_create, &[0, 0, CODE])]
#[case::timer_event(Sysno::timer_create, &[0, LAST, GOOD])]
#[case::attribute(Sysno::setxattr, &[GOOD, GOOD, BAD, 8, 0])]
#[case::how(Sysno::openat2, &[HERE, GOOD, LAST, 24])]
#[case::handle(Sysno::name_to_handle_at, &[HERE, GOOD, BAD, GOOD, 0])]
#[case::operations(Sysno::semop, &[0, BAD, 1])]
#[case::capabilities(Sysno::capget, &[BAD, GOOD])]
#[case::waiters(Sysno::futex_waitv, &[LAST, 1, 0, 0, 0])]
#[case::nodes(Sysno::set_mempolicy, &[2, LAST + 4, 64])]
#[case::attributes(Sysno::sched_getattr, &[0, BAD, 48, 0])]
#[case::cwd(Sysno::getcwd, &[BAD, 4096])]
#[case::pipe(Sysno::pipe2, &[LAST + 4, 0])]
#[case::time(Sysno::clock_gettime, &[0, BAD])]
#[case::time_null(Sysno::clock_gettime, &[0, 0])]
#[case::sleep(Sysno::nanosleep, &[LAST, 0])]
#[case::action(Sysno::rt_sigaction, &[10, BAD, 0, 8])]
#[case::old_action(Sysno::rt_sigaction, &[10, 0, CODE, 8])]
#[case::mask(Sysno::rt_sigprocmask, &[0, BAD, 0, 8])]
#[case::names(Sysno::uname, &[GOOD + 0xf00])]
#[case::limits(Sysno::prlimit64, &[0, 7, 0, BAD])]
#[case::poll(Sysno::ppoll, &[LAST, 2, 0, 0, 8])]
#[case::poll_timeout(Sysno::ppoll, &[0, 0, BAD, 0, 8])]
#[case::arguments(Sysno::execve, &[GOOD, BAD, 0])]
#[case::random(Sysno::getrandom, &[CODE, 8, 0])]
#[case::futex(Sysno::futex, &[BAD, 0, 0, 0, 0, 0])]
#[case::affinity(Sysno::sched_getaffinity, &[0, 128, BAD])]
#[case::probe(Sysno::riscv_hwprobe, &[BAD, 1, 0, 0, 0])]
fn a_bad_pointer_is_efault(#[case] sysno: Sysno, #[case] args: &[u64]) {
    assert_eq!(Guest::new().call(sysno, args), EFAULT);
}

#[rstest]
#[case::whole(GOOD, 8, 8)]
#[case::up_to_the_end(LAST, 16, 8)]
#[case::nothing(BAD, 8, EFAULT)]
#[case::read_only(CODE, 8, EFAULT)]
#[case::past_the_space(u64::MAX - 3, 8, EFAULT)]
fn a_read_fills_what_can_be_written_and_loses_nothing(
    #[case] at: u64,
    #[case] len: u64,
    #[case] answer: i64,
) {
    let mut guest = Guest::new();
    assert_eq!(guest.call(Sysno::pipe2, &[GOOD, 0]), 0);
    let [from, to] = [0, 4].map(|n| u64::from(guest.hart.mem.load::<u32>(GOOD + n).unwrap()));
    assert_eq!(guest.call(Sysno::write, &[to, CODE, 16]), 16);
    assert_eq!(guest.call(Sysno::read, &[from, at, len]), answer);
    let left = 16 - answer.max(0);
    assert_eq!(guest.call(Sysno::read, &[from, GOOD + 0x100, 64]), left);
    for fd in [from, to] {
        assert_eq!(guest.call(Sysno::close, &[fd]), 0);
    }
}

#[test]
fn a_write_stops_before_the_first_byte_that_cannot_be_read() {
    let mut guest = Guest::new();
    assert_eq!(guest.call(Sysno::pipe2, &[GOOD, 0]), 0);
    let [from, to] = [0, 4].map(|n| u64::from(guest.hart.mem.load::<u32>(GOOD + n).unwrap()));
    assert_eq!(guest.call(Sysno::write, &[to, LAST, 100]), 8);
    assert_eq!(guest.call(Sysno::write, &[to, BAD, 100]), EFAULT);
    assert_eq!(guest.call(Sysno::read, &[from, GOOD, 100]), 8);
    for fd in [from, to] {
        assert_eq!(guest.call(Sysno::close, &[fd]), 0);
    }
}

#[test]
fn an_unknown_call_is_named_once() {
    use std::sync::{Arc, Mutex};
    let lines = Arc::new(Mutex::new(vec![]));
    let sink = lines.clone();
    let mut guest = Guest::new();
    let log: user::Log = Box::new(move |line| sink.lock().unwrap().push(line.to_owned()));
    let file = tiny::program();
    let options = Options { unimplemented: Some(log), ..Options::default() };
    (guest.thread, ..) = Process::load_image(&file, "tiny", &[], &[], options).unwrap();
    for _ in 0..3 {
        assert_eq!(guest.call_number(295, &[]), -38);
        // One that is refused on purpose is not named.
        assert_eq!(guest.call(Sysno::io_setup, &[]), -38);
    }
    let wanted = "system call unknown (295) is not implemented: the program gets ENOSYS";
    assert_eq!(*lines.lock().unwrap(), [wanted]);
}

#[test]
fn a_hidden_descriptor_does_not_exist() {
    let file = tiny::program();
    let mut guest = Guest::new();
    assert_eq!(guest.call(Sysno::pipe2, &[GOOD, 0]), 0);
    let [from, to] = [0, 4].map(|n| guest.hart.mem.load::<u32>(GOOD + n).unwrap().cast_signed());
    let options = Options { hidden: vec![from, to], ..Options::default() };
    (guest.thread, ..) = Process::load_image(&file, "tiny", &[], &[], options).unwrap();
    let fd = u64::from(from.unsigned_abs());
    const EBADF: i64 = -9;
    assert_eq!(guest.call(Sysno::close, &[fd]), EBADF);
    assert_eq!(guest.call(Sysno::dup3, &[0, fd, 0]), EBADF);
    assert_eq!(guest.call(Sysno::fcntl, &[fd, 1, 0]), EBADF);
    assert_eq!(guest.call(Sysno::close_range, &[fd, fd, 0]), 0);
    assert_eq!(guest.call(Sysno::ioctl, &[0, 0x4004_9409, fd]), EBADF, "FICLONE");
    assert_eq!(guest.call(Sysno::kcmp, &[0, 0, 0, 0, fd]), EBADF);
    assert_eq!(send_descriptor(&mut guest, fd), EBADF);
    guest.thread = Guest::new().thread;
    for fd in [from, to] {
        assert_eq!(guest.call(Sysno::close, &[u64::from(fd.unsigned_abs())]), 0);
    }
}

/// Tries to send a descriptor over a socket.
fn send_descriptor(guest: &mut Guest, fd: u64) -> i64 {
    assert_eq!(guest.call(Sysno::socketpair, &[1, 1, 0, GOOD]), 0);
    let ends = [0, 4].map(|n| u64::from(guest.hart.mem.load::<u32>(GOOD + n).expect("a page of ours")));
    let (header, list, control) = (GOOD + 0x100, GOOD + 0x200, GOOD + 0x300);
    for (n, word) in (0..).zip([0, 0, list, 1, control, 24, 0]) {
        guest.hart.mem.store::<u64>(header + n * 8, word).expect("a page of ours");
    }
    // One byte, and SCM_RIGHTS (1) of SOL_SOCKET (1).
    for (n, word) in (0..).zip([GOOD, 1]) {
        guest.hart.mem.store::<u64>(list + n * 8, word).expect("a page of ours");
    }
    for (n, word) in (0..).zip([20, 1 | 1 << 32, fd]) {
        guest.hart.mem.store::<u64>(control + n * 8, word).expect("a page of ours");
    }
    let answer = guest.call(Sysno::sendmsg, &[ends[0], header, 0]);
    for end in ends {
        assert_eq!(guest.call(Sysno::close, &[end]), 0);
    }
    answer
}

#[rstest]
#[case::illegal(Trap::IllegalInstruction { word: 0 }, 4, None, Some(0))]
#[case::breakpoint(Trap::Breakpoint { at: 0x1_0100 }, 5, None, None)]
#[case::load(Trap::LoadFault { at: BAD }, 11, Some(BAD), None)]
#[case::amo(Trap::StoreMisaligned { at: GOOD + 1 }, 7, Some(GOOD + 1), None)]
fn an_exception_without_a_handler_kills(
    #[case] trap: Trap,
    #[case] signal: i32,
    #[case] address: Option<u64>,
    #[case] word: Option<u32>,
) {
    let mut guest = Guest::new();
    let Next::Killed(death) = guest.thread.trap(&mut guest.hart, trap) else { panic!("it lives") };
    assert_eq!((death.signal, death.pc, death.address, death.word), (signal, 0x1_0100, address, word));
}
