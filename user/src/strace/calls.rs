//! The calls: what stands between their parentheses, and their results. One row a call.

use super::choices::{FCNTL_ARGS, FUTEX_ARGS, IOCTL_ARGS, PRCTL_ARGS};
use super::kinds::Change::{Beside, Inside};
use super::kinds::Count::{Arg as By, Fixed, Pages, Result as Many};
use super::kinds::Elem::{One, Record};
use super::kinds::Kind::*;
use super::kinds::Width::{I32, U32};
use super::kinds::{Kind, Ret, Row, When};
use super::records::*;
use super::words::files::*;
use super::words::net::*;
use super::words::process::*;

macro_rules! calls {
    ($($name:ident($($kind:expr),*) $(-> $ret:expr)?;)*) => {
        /// The rows.
        pub(super) const ROWS: &[Row] = &[$(Row {
            name: stringify!($name),
            args: &[$($kind),*],
            ret: calls!(@ $($ret)?),
        }),*];
    };
    (@ $ret:expr) => { $ret };
    (@) => { Ret::Int };
}

const SOCKET: Kind = Parts(&[(0xf, &SOCKET_TYPE)], &SOCKET_FLAGS);
const TIME: Kind = Ref(Record(&TIMESPEC));
const TIME_OUT: Kind = After(&TIME);
const INTS: Kind = After(&Ref(INT));
const AT_FLAGS: Kind = Flags(&AT);
const PERMISSIONS: Kind = If(When::Any(2, CREATES), &Mode);
const NULL_OR_ID: Kind = After(&Ref(ID));
const SIGNAL_SIZE: Kind = Size;
const LENGTH: Kind = Changed(&Ref(INT), Inside);
const OFFSETS: Kind = Ref(OFFSET);
const THREAD: When = When::Any(0, 0x8_0000);
const CHILD: When = When::Any(0, 0x120_0000);
const NAMED: When = When::Any(0, 0x10_0000);
const MOVES: When = When::Any(3, 6);
const CREATES_QUEUE: u64 = 0o100;
const NODE: When = When::Is(2, 0o170_000, &[0o20_000, 0o60_000]);
const ABOUT_PROCESSOR: When = When::Any(1, 1);

calls! {
    // bytes of files
    read(Int, After(&Got), Size);
    write(Int, Bytes(2), Size);
    readv(Int, After(&BuffersIn(2)), Size);
    writev(Int, BuffersOut(2), Size);
    pread64(Int, After(&Got), Size, Long);
    pwrite64(Int, Bytes(2), Size, Long);
    preadv(Int, After(&BuffersIn(2)), Size, Long);
    pwritev(Int, BuffersOut(2), Size, Long);
    preadv2(Int, After(&BuffersIn(2)), Size, Long, Flags(&RWF));
    pwritev2(Int, BuffersOut(2), Size, Long, Flags(&RWF));
    cachestat(Int, Pointer, Pointer, Hex);
    lseek(Int, Long, Word(&SEEK));
    llseek(Int, Hex, Hex, After(&OFFSETS), Word(&SEEK));
    sendfile(Int, Int, Changed(&OFFSETS, Beside), Size);
    copy_file_range(Int, OFFSETS, Int, OFFSETS, Size, Hex);
    splice(Int, OFFSETS, Int, OFFSETS, Size, Flags(&SPLICE));
    tee(Int, Int, Size, Flags(&SPLICE));
    vmsplice(Int, BuffersOut(2), Size, Flags(&SPLICE));
    readahead(Int, Long, Size);
    fsync(Int);
    fdatasync(Int);
    sync();
    syncfs(Int);
    sync_file_range(Int, Long, Long, Flags(&SYNC_RANGE));
    ftruncate(Int, Long);
    fallocate(Int, Flags(&FALLOCATE), Long, Long);
    fadvise64(Int, Long, Long, Word(&FADVISE));

    // descriptors
    openat(Dir, Path, Open, PERMISSIONS);
    openat2(Dir, Path, Ref(Record(&OPEN_HOW)), Size);
    close(Int);
    close_range(Uint, Uint, Flags(&CLOSE_RANGE));
    dup(Int);
    dup3(Int, Int, OpenBits);
    pipe2(After(&List(INT, Fixed(2))), OpenBits);
    fcntl(Int, Word(&FCNTL), Choose(1, 0xffff_ffff, FCNTL_ARGS));
    flock(Int, Flags(&FLOCK_DO));
    ioctl(Int, Request, Choose(1, 0xffff_ffff, IOCTL_ARGS));
    memfd_create(Path, Flags(&MEMFD));
    eventfd2(Uint, Flags(&EVENTFD));
    timerfd_create(Word(&CLOCK), Flags(&TIMERFD));
    timerfd_settime(Int, Flags(&TIMERFD), Ref(Record(&ITIMERSPEC)), After(&Ref(Record(&ITIMERSPEC))));
    timerfd_gettime(Int, After(&Ref(Record(&ITIMERSPEC))));
    signalfd4(Int, SignalSet, Size, Flags(&SIGNALFD));
    inotify_init1(Flags(&INOTIFY_INIT));
    inotify_add_watch(Int, Path, Flags(&INOTIFY));
    inotify_rm_watch(Int, Int);
    pidfd_open(Int, Hex);
    pidfd_send_signal(Int, Signal, Siginfo, Hex);
    pidfd_getfd(Int, Int, Hex);
    userfaultfd(OpenBits);

    // names of files
    truncate(Path, Long);
    faccessat(Dir, Path, Flags(&ACCESS));
    faccessat2(Dir, Path, Flags(&ACCESS), Flags(&AT_ACCESS));
    mkdirat(Dir, Path, Mode);
    mknodat(Dir, Path, FileMode, If(NODE, &Device));
    unlinkat(Dir, Path, AT_FLAGS);
    renameat(Dir, Path, Dir, Path);
    renameat2(Dir, Path, Dir, Path, Flags(&RENAME));
    linkat(Dir, Path, Dir, Path, AT_FLAGS);
    symlinkat(Path, Dir, Path);
    readlinkat(Dir, Path, After(&Got), Size);
    fchmod(Int, Mode);
    fchmodat(Dir, Path, Mode);
    fchmodat2(Dir, Path, Mode, AT_FLAGS);
    fchown(Int, Id, Id);
    fchownat(Dir, Path, Id, Id, AT_FLAGS);
    utimensat(Dir, Path, FileTimes, AT_FLAGS);
    chdir(Path);
    fchdir(Int);
    chroot(Path);
    pivot_root(Path, Path);
    getcwd(After(&Path), Size);
    umask(Mode) -> Ret::Octal;
    mount(Path, Path, Text, Flags(&MOUNT), Text);
    umount2(Path, Flags(&UNMOUNT));
    swapon(Path, Hex);
    swapoff(Path);
    acct(Path);
    name_to_handle_at(Dir, Path, Pointer, Pointer, AT_FLAGS);
    open_by_handle_at(Dir, Pointer, Open);

    // what files are
    fstat(Int, After(&Ref(Record(&STAT))));
    newfstatat(Dir, Path, After(&Ref(Record(&STAT))), AT_FLAGS);
    statx(Dir, Path, Parts(&[(0x6000, &STATX_SYNC)], &AT), Flags(&STATX_MASK), After(&Ref(Record(&STATX))));
    statfs(Path, After(&Ref(Record(&STATFS))));
    statfs64(Path, Size, After(&Ref(Record(&STATFS))));
    fstatfs(Int, After(&Ref(Record(&STATFS))));
    fstatfs64(Int, Size, After(&Ref(Record(&STATFS))));
    getdents64(Int, After(&Entries), Size);
    getxattr(Path, Text, After(&Got), Size);
    lgetxattr(Path, Text, After(&Got), Size);
    fgetxattr(Int, Text, After(&Got), Size);
    setxattr(Path, Text, Bytes(3), Size, Flags(&XATTR));
    lsetxattr(Path, Text, Bytes(3), Size, Flags(&XATTR));
    fsetxattr(Int, Text, Bytes(3), Size, Flags(&XATTR));
    removexattr(Path, Text);
    lremovexattr(Path, Text);
    fremovexattr(Int, Text);
    listxattr(Path, After(&Got), Size);
    llistxattr(Path, After(&Got), Size);
    flistxattr(Int, After(&Got), Size);

    // waiting for files
    ppoll(List(Record(&POLLFD), By(1)), Uint, TIME, SignalSet, SIGNAL_SIZE) -> Ret::Poll(0, 2);
    pselect6(Int, DescriptorSet(0), DescriptorSet(0), DescriptorSet(0), TIME, Ref(Record(&SELECT_MASK)))
        -> Ret::Select;
    epoll_create1(Flags(&EPOLL_OPEN));
    epoll_ctl(Int, Word(&EPOLL_DO), Int, Choose(1, 0xffff_ffff, EPOLL_ARGS));
    epoll_pwait(Int, After(&List(Record(&EPOLL_EVENT), Many)), Int, Int, SignalSet, SIGNAL_SIZE);
    epoll_pwait2(Int, After(&List(Record(&EPOLL_EVENT), Many)), Int, TIME, SignalSet, SIGNAL_SIZE);

    // memory
    brk(Pointer) -> Ret::Hex;
    mmap(Pointer, Size, Flags(&PROT), Parts(&[(0xf, &MAP_KIND)], &MAP), Int, Hex) -> Ret::Hex;
    mmap2(Pointer, Size, Flags(&PROT), Parts(&[(0xf, &MAP_KIND)], &MAP), Int, Hex) -> Ret::Hex;
    munmap(Pointer, Size);
    mprotect(Pointer, Size, Flags(&PROT));
    mremap(Pointer, Size, Size, Flags(&MREMAP), If(MOVES, &Pointer)) -> Ret::Hex;
    madvise(Pointer, Size, Word(&ADVICE));
    msync(Pointer, Size, Flags(&MSYNC));
    mincore(Pointer, Size, After(&List(BYTE, Pages(1))));
    mlock(Pointer, Size);
    mlock2(Pointer, Size, Flags(&MLOCK));
    munlock(Pointer, Size);
    mlockall(Flags(&MLOCKALL));
    munlockall();
    riscv_flush_icache(Pointer, Pointer, Flags(&ICACHE));
    riscv_hwprobe(After(&List(Record(&HWPROBE), By(1))), Size, Size, Pointer, Hex);
    membarrier(Word(&MEMBARRIER), Flags(&MEMBARRIER_FLAGS), If(ABOUT_PROCESSOR, &Int)) -> Ret::Bits(&MEMBARRIER);
    mbind(Pointer, Size, Uint, Pointer, Size, Hex);
    set_mempolicy(Int, Pointer, Size);
    get_mempolicy(INTS, Pointer, Size, Pointer, Hex);
    set_mempolicy_home_node(Pointer, Size, Size, Hex);
    migrate_pages(Int, Size, Pointer, Pointer);
    move_pages(Int, Size, Pointer, Pointer, Pointer, Hex);
    process_vm_readv(Int, BuffersAt(2), Size, BuffersAt(4), Size, Size);
    process_vm_writev(Int, BuffersAt(2), Size, BuffersAt(4), Size, Size);

    // processes
    clone(Arg(1, "child_stack=", &Pointer), Arg(0, "flags=", &FlagsThen(&CLONE, 0xff, &Signal)),
        If(NAMED, &Arg(2, "parent_tid=", &After(&Ref(INT)))), If(THREAD, &Arg(3, "tls=", &Pointer)),
        If(CHILD, &Arg(4, "child_tidptr=", &Pointer)));
    clone3(Ref(Record(&CLONE_ARGS)), Size);
    unshare(Flags(&CLONE));
    setns(Int, Flags(&CLONE));
    execve(Path, Strings, Environment);
    execveat(Dir, Path, Strings, Environment, AT_FLAGS);
    exit(Int);
    exit_group(Int);
    wait4(Int, After(&Ref(One(I32, &Status))), Flags(&WAIT), After(&Ref(Record(&RUSAGE))));
    waitid(Word(&WAIT_FOR), Int, After(&Siginfo), Flags(&WAIT), After(&Ref(Record(&RUSAGE))));
    set_tid_address(Pointer);
    set_robust_list(Pointer, Size);
    get_robust_list(Int, After(&Ref(ADDRESS)), After(&Ref(OFFSET)));
    rseq(Pointer, Hex, Flags(&RSEQ), Hex);
    getpid();
    getppid();
    gettid();
    getuid();
    geteuid();
    getgid();
    getegid();
    getresuid(NULL_OR_ID, NULL_OR_ID, NULL_OR_ID);
    getresgid(NULL_OR_ID, NULL_OR_ID, NULL_OR_ID);
    getgroups(Int, After(&List(ID, Many)));
    setgroups(Int, List(ID, By(0)));
    setuid(Id);
    setgid(Id);
    setreuid(Id, Id);
    setregid(Id, Id);
    setresuid(Id, Id, Id);
    setresgid(Id, Id, Id);
    setfsuid(Id);
    setfsgid(Id);
    getpgid(Int);
    setpgid(Int, Int);
    getsid(Int);
    setsid();
    getpriority(Word(&PRIORITY_OF), Int);
    setpriority(Word(&PRIORITY_OF), Int, Int);
    capget(Ref(Record(&CAP_HEADER)), Pointer);
    capset(Ref(Record(&CAP_HEADER)), Pointer);
    personality(Hex) -> Ret::Word(&PERSONALITY);
    kcmp(Int, Int, Int, Hex, Hex);
    ptrace(Hex, Int, Hex, Hex);
    seccomp(Hex, Hex, Pointer);
    vhangup();

    // signals
    rt_sigaction(Signal, Ref(Record(&SIGACTION)), After(&Ref(Record(&SIGACTION))), SIGNAL_SIZE);
    rt_sigprocmask(Word(&HOW), SignalSet, After(&SignalSet), SIGNAL_SIZE);
    rt_sigpending(After(&SignalSet), SIGNAL_SIZE);
    rt_sigsuspend(SignalSet, SIGNAL_SIZE);
    rt_sigtimedwait(SignalSet, After(&Siginfo), TIME, SIGNAL_SIZE) -> Ret::Signal;
    rt_sigqueueinfo(Int, Signal, Siginfo);
    rt_tgsigqueueinfo(Int, Int, Signal, Siginfo);
    rt_sigreturn();
    restart_syscall();
    sigaltstack(Ref(Record(&STACK)), After(&Ref(Record(&STACK))));
    kill(Int, Signal);
    tkill(Int, Signal);
    tgkill(Int, Int, Signal);

    // time
    clock_gettime(Word(&CLOCK), TIME_OUT);
    clock_getres(Word(&CLOCK), TIME_OUT);
    clock_settime(Word(&CLOCK), TIME);
    clock_adjtime(Word(&CLOCK), Pointer);
    clock_nanosleep(Word(&CLOCK), Flags(&TIMER), TIME, Pointer);
    nanosleep(TIME, Pointer);
    gettimeofday(After(&Ref(Record(&TIMEVAL))), After(&Ref(Record(&TIMEZONE))));
    settimeofday(Ref(Record(&TIMEVAL)), Ref(Record(&TIMEZONE)));
    adjtimex(Pointer);
    getitimer(Word(&ITIMER), After(&Ref(Record(&ITIMERVAL))));
    setitimer(Word(&ITIMER), Ref(Record(&ITIMERVAL)), After(&Ref(Record(&ITIMERVAL))));
    timer_create(Word(&CLOCK), Ref(Record(&SIGEVENT)), INTS);
    timer_settime(Int, Flags(&TIMER), Ref(Record(&ITIMERSPEC)), After(&Ref(Record(&ITIMERSPEC))));
    timer_gettime(Int, After(&Ref(Record(&ITIMERSPEC))));
    timer_getoverrun(Int);
    timer_delete(Int);
    times(After(&Ref(Record(&TMS))));
    getrusage(Word(&USAGE_OF), After(&Ref(Record(&RUSAGE))));

    // the system
    uname(After(&Ref(Record(&UTSNAME))));
    sysinfo(After(&Ref(Record(&SYSINFO))));
    syslog(Int, Pointer, Int);
    getrandom(After(&GotHex), Size, Flags(&RANDOM));
    prlimit64(Int, Word(&RESOURCE), Ref(Record(&RLIMIT)), After(&Ref(Record(&RLIMIT))));
    getrlimit(Word(&RESOURCE), After(&Ref(Record(&RLIMIT))));
    setrlimit(Word(&RESOURCE), Ref(Record(&RLIMIT)));
    prctl(Word(&PRCTL), Choose(0, 0xffff_ffff, PRCTL_ARGS));
    sched_yield();
    ioprio_set(Int, Int, Hex);
    ioprio_get(Int, Int) -> Ret::Hex;
    sched_getaffinity(Int, Size, After(&GotProcessors));
    sched_setaffinity(Int, Size, Processors(1));
    sched_getscheduler(Int) -> Ret::Word(&SCHEDULER);
    sched_setscheduler(Int, Word(&SCHEDULER), Ref(INT));
    sched_getparam(Int, INTS);
    sched_setparam(Int, Ref(INT));
    sched_getattr(Int, After(&Ref(Record(&SCHED_ATTR))), Size, Hex);
    sched_setattr(Int, Ref(Record(&SCHED_ATTR)), Hex);
    sched_get_priority_max(Word(&SCHEDULER));
    sched_get_priority_min(Word(&SCHEDULER));
    sched_rr_get_interval(Int, TIME_OUT);
    getcpu(After(&Ref(One(U32, &Uint))), After(&Ref(One(U32, &Uint))), Arg(2, "", &Pointer));
    futex(Pointer, Futex, Choose(1, 0x7f, FUTEX_ARGS));
    futex_waitv(List(Record(&FUTEX_WAITER), By(1)), Uint, Hex, TIME, Word(&CLOCK));
    sethostname(Bytes(1), Size);
    setdomainname(Bytes(1), Size);
    reboot(Hex, Hex, Hex, Pointer);

    // memory and messages that processes share
    shmget(Word(&IPC_KEY), Size, FlagsThen(&IPC_MAKE, 0o777, &Mode));
    shmat(Int, Pointer, Flags(&SHM)) -> Ret::Hex;
    shmdt(Pointer);
    shmctl(Int, Word(&IPC_CONTROL), Pointer);
    semget(Word(&IPC_KEY), Int, FlagsThen(&IPC_MAKE, 0o777, &Mode));
    semctl(Int, Int, Int, Pointer);
    semop(Int, Pointer, Size);
    semtimedop(Int, Pointer, Size, TIME);
    msgget(Word(&IPC_KEY), FlagsThen(&IPC_MAKE, 0o777, &Mode));
    msgsnd(Int, Pointer, Size, Hex);
    msgrcv(Int, Pointer, Size, Long, Hex);
    msgctl(Int, Word(&IPC_CONTROL), Pointer);
    mq_open(Path, Open, If(When::Any(1, CREATES_QUEUE), &Mode), If(When::Any(1, CREATES_QUEUE), &Pointer));
    mq_unlink(Path);
    mq_timedsend(Int, Bytes(2), Size, Uint, TIME);
    mq_timedreceive(Int, After(&Got), Size, INTS, TIME);
    mq_notify(Int, Pointer);
    mq_getsetattr(Int, Pointer, Pointer);

    // sockets
    socket(Word(&FAMILY), SOCKET, Protocol(0));
    socketpair(Word(&FAMILY), SOCKET, Protocol(0), After(&List(INT, Fixed(2))));
    bind(Int, Address(2), Int);
    connect(Int, Address(2), Int);
    listen(Int, Int);
    accept(Int, After(&AddressFilled(2)), LENGTH);
    accept4(Int, After(&AddressFilled(2)), LENGTH, Flags(&SOCKET_FLAGS));
    getsockname(Int, After(&AddressFilled(2)), LENGTH);
    getpeername(Int, After(&AddressFilled(2)), LENGTH);
    sendto(Int, Bytes(2), Size, Flags(&MSG), Address(5), Uint);
    recvfrom(Int, After(&Got), Size, Flags(&MSG), After(&AddressFilled(5)), LENGTH);
    sendmsg(Int, Ref(Record(&MSGHDR_SENT)), Flags(&MSG));
    recvmsg(Int, After(&Ref(Record(&MSGHDR_GOT))), Flags(&MSG));
    sendmmsg(Int, After(&List(Record(&MMSGHDR_SENT), Many)), Uint, Flags(&MSG));
    recvmmsg(Int, After(&List(Record(&MMSGHDR_GOT), Many)), Uint, Flags(&MSG), TIME);
    setsockopt(Int, Word(&LEVEL), SocketOption(1), OptionValue(1, 2, 4), Int);
    getsockopt(Int, Word(&LEVEL), SocketOption(1), After(&OptionFilled(1, 2, 4)), LENGTH);
    shutdown(Int, Word(&SHUT));
}

/// Deleting looks at no event.
const EPOLL_ARGS: &[super::kinds::Choice] =
    &[(2, &[Pointer], Ret::Int), (0, &[Ref(Record(&EPOLL_EVENT))], Ret::Int)];
