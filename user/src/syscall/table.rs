//! Every implemented call: its name, the function that answers it, its arguments; and those that are
//! refused.

mod refused;

pub use refused::REFUSED;
pub(super) use refused::is_refused;

use super::arguments::{Addr, Argument, Fd, Long, Pass, Split};
use super::file::fds::{self, control, event, ioctl};
use super::file::{links, lists, paths, poll, rw, stat, xattr};
use super::ipc::{futex, message as msg, queue, semaphore, shared};
use super::memory::policy;
use super::process::{clone, exec, exit, ids, others, prctl, schedule, wait};
use super::socket::{message, option};
use super::system::{limits, mount};
use super::time::{adjust, timer};
use super::{Answer, Call, memory, signal, socket, system, time};

macro_rules! table {
    ($($name:ident $room:ident :: $function:ident ($($t:ty),*);)*) => {
        /// The calls that do not answer ENOSYS.
        #[allow(non_camel_case_types, missing_docs, reason = "named as in the kernel's headers")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Sysno { $($name),* }

        impl Sysno {
            /// As the kernel has it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The call of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// How its arguments are passed.
            pub(super) const fn passes(self) -> &'static [Pass] {
                match self { $(Self::$name => &[$(<$t as Argument>::PASS),*]),* }
            }
        }

        /// The calls, with the types of their arguments.
        pub const SIGNATURES: &[(Sysno, &[&str])] = &[$((Sysno::$name, &[$(stringify!($t)),*])),*];

        /// Answers a call.
        pub(super) fn dispatch(call: &mut Call<'_>, sysno: Sysno, args: [u64; 6]) -> Answer {
            match sysno {
                $(Sysno::$name => $name(call, args)),*
            }
        }

        $(#[allow(unused_mut, unused_variables, reason = "a call may have no arguments")]
        fn $name(call: &mut Call<'_>, args: [u64; 6]) -> Answer {
            let mut words = args.into_iter();
            $room::$function(call, $(<$t>::of(words.next().unwrap_or(0), call)?),*)
        })*
    };
}

table! {
    // bytes of files
    read              rw::read             (Fd, Addr, u64);
    write             rw::write            (Fd, Addr, u64);
    readv             rw::readv            (Fd, Addr, u64);
    writev            rw::writev           (Fd, Addr, u64);
    pread64           rw::pread            (Fd, Addr, u64, i64);
    pwrite64          rw::pwrite           (Fd, Addr, u64, i64);
    preadv            rw::preadv           (Fd, Addr, u64, Split);
    pwritev           rw::pwritev          (Fd, Addr, u64, Split);
    lseek             rw::lseek            (Fd, i64, i32);
    llseek            rw::llseek           (Fd, u32, u32, Addr, i32);
    sendfile          rw::sendfile         (Fd, Fd, Addr, u64);
    copy_file_range   rw::copy_file_range  (Fd, Addr, Fd, Addr, u64, u32);
    splice            rw::splice           (Fd, Addr, Fd, Addr, u64, u32);
    fsync             rw::fsync            (Fd);
    fdatasync         rw::fdatasync        (Fd);
    sync              rw::sync             ();
    syncfs            rw::syncfs           (Fd);
    ftruncate         rw::ftruncate        (Fd, i64);
    fallocate         rw::fallocate        (Fd, i32, i64, i64);
    fadvise64         rw::fadvise          (Fd, i64, i64, i32);
    preadv2           rw::preadv2          (Fd, Addr, u64, Split, i32);
    pwritev2          rw::pwritev2         (Fd, Addr, u64, Split, i32);
    tee               rw::tee              (Fd, Fd, u64, u32);
    vmsplice          rw::vmsplice         (Fd, Addr, u64, u32);
    readahead         rw::readahead        (Fd, i64, u64);
    sync_file_range   rw::sync_file_range  (Fd, i64, i64, u32);
    cachestat         rw::cachestat        (Fd, Addr, Addr, u32);

    // descriptors
    openat            fds::openat          (Fd, Addr, u64, u32);
    openat2           fds::openat2         (Fd, Addr, Addr, u64);
    close             fds::close           (Fd);
    close_range       fds::close_range     (u32, u32, u32);
    dup               fds::dup             (Fd);
    dup3              fds::dup3            (Fd, Fd, u64);
    pipe2             fds::pipe2           (Addr, u64);
    fcntl             control::fcntl           (Fd, i32, u64);
    flock             fds::flock           (Fd, i32);
    ioctl             ioctl::ioctl         (Fd, u32, u64);
    memfd_create      fds::memfd_create    (Addr, u32);
    eventfd2          event::eventfd2        (u32, u64);
    inotify_init1     event::inotify_init1   (u64);
    inotify_add_watch event::inotify_add_watch (Fd, Addr, u32);
    inotify_rm_watch  event::inotify_rm_watch (Fd, i32);
    signalfd4         event::signalfd4     (Fd, Addr, u64, u64);
    timerfd_create    event::timerfd_create (i32, u64);
    timerfd_settime   event::timerfd_settime (Fd, i32, Addr, Addr);
    timerfd_gettime   event::timerfd_gettime (Fd, Addr);

    // names of files
    truncate          paths::truncate      (Addr, i64);
    faccessat         paths::faccessat     (Fd, Addr, u32);
    faccessat2        paths::faccessat2    (Fd, Addr, u32, u32);
    mkdirat           paths::mkdirat       (Fd, Addr, u32);
    mknodat           paths::mknodat       (Fd, Addr, u32, u64);
    unlinkat          links::unlinkat      (Fd, Addr, i32);
    renameat2         links::renameat2     (Fd, Addr, Fd, Addr, u32);
    linkat            links::linkat        (Fd, Addr, Fd, Addr, i32);
    symlinkat         links::symlinkat     (Addr, Fd, Addr);
    readlinkat        links::readlinkat    (Fd, Addr, Addr, i32);
    fchmod            paths::fchmod        (Fd, u32);
    fchmodat          paths::fchmodat      (Fd, Addr, u32);
    fchmodat2         paths::fchmodat2     (Fd, Addr, u32, u32);
    fchown            paths::fchown        (Fd, u32, u32);
    fchownat          paths::fchownat      (Fd, Addr, u32, u32, i32);
    utimensat         paths::utimensat     (Fd, Addr, Addr, i32);
    chdir             paths::chdir         (Addr);
    fchdir            paths::fchdir        (Fd);
    chroot            paths::chroot        (Addr);
    getcwd            paths::getcwd        (Addr, u64);
    umask             paths::umask         (u32);
    name_to_handle_at paths::name_to_handle_at (Fd, Addr, Addr, Addr, i32);
    open_by_handle_at paths::open_by_handle_at (Fd, Addr, u64);

    // what files are
    fstat             stat::fstat          (Fd, Addr);
    newfstatat        stat::newfstatat     (Fd, Addr, Addr, i32);
    statx             stat::statx          (Fd, Addr, i32, u32, Addr);
    statfs            stat::statfs         (Addr, Addr);
    fstatfs           stat::fstatfs        (Fd, Addr);
    statfs64          stat::statfs64       (Addr, u64, Addr);
    fstatfs64         stat::fstatfs64      (Fd, u64, Addr);
    getdents64        lists::getdents64    (Fd, Addr, u32);
    getxattr          xattr::getxattr      (Addr, Addr, Addr, u64);
    lgetxattr         xattr::lgetxattr     (Addr, Addr, Addr, u64);
    fgetxattr         xattr::fgetxattr     (Fd, Addr, Addr, u64);
    listxattr         xattr::listxattr     (Addr, Addr, u64);
    llistxattr        xattr::llistxattr    (Addr, Addr, u64);
    flistxattr        xattr::flistxattr    (Fd, Addr, u64);
    setxattr          xattr::setxattr      (Addr, Addr, Addr, u64, i32);
    lsetxattr         xattr::lsetxattr     (Addr, Addr, Addr, u64, i32);
    fsetxattr         xattr::fsetxattr     (Fd, Addr, Addr, u64, i32);
    removexattr       xattr::removexattr   (Addr, Addr);
    lremovexattr      xattr::lremovexattr  (Addr, Addr);
    fremovexattr      xattr::fremovexattr  (Fd, Addr);

    // file systems
    mount             mount::mount         (Addr, Addr, Addr, u64, Addr);
    umount2           mount::umount2       (Addr, i32);
    pivot_root        mount::pivot_root    (Addr, Addr);
    swapon            mount::swapon        (Addr, i32);
    swapoff           mount::swapoff       (Addr);
    acct              mount::acct          (Addr);

    // waiting for files
    ppoll             poll::ppoll          (Addr, u32, Addr, Addr, u64);
    pselect6          poll::pselect6       (i32, Addr, Addr, Addr, Addr, Addr);
    epoll_create1     poll::epoll_create1  (u64);
    epoll_ctl         poll::epoll_ctl      (Fd, i32, Fd, Addr);
    epoll_pwait       poll::epoll_pwait    (Fd, Addr, i32, i32, Addr, u64);
    epoll_pwait2      poll::epoll_pwait2   (Fd, Addr, i32, Addr, Addr, u64);

    // memory
    brk               memory::brk          (u64);
    mmap              memory::mmap         (u64, u64, u64, u64, i32, u64);
    mmap2             memory::mmap2        (u64, u64, u64, u64, i32, u64);
    munmap            memory::munmap       (u64, u64);
    mprotect          memory::mprotect     (u64, u64, u64);
    mremap            memory::mremap       (u64, u64, u64, u64, u64);
    madvise           memory::madvise      (u64, u64, i32);
    msync             memory::msync        (u64, u64, i32);
    mincore           memory::mincore      (u64, u64, Addr);
    mlock             memory::lock_range   (u64, u64);
    munlock           memory::lock_range   (u64, u64);
    riscv_flush_icache memory::flush_icache (u64, u64, u64);
    membarrier        memory::membarrier   (i32, u32, i32);
    mlock2            memory::mlock2       (u64, u64, u32);
    mlockall          memory::mlockall     (i32);
    munlockall        memory::munlockall   ();
    mbind             policy::mbind        (u64, u64, u32, Addr, u64, u32);
    set_mempolicy     policy::set_mempolicy (i32, Addr, u64);
    get_mempolicy     policy::get_mempolicy (Addr, Addr, u64, u64, u64);
    set_mempolicy_home_node policy::set_mempolicy_home_node (u64, u64, u64, u64);
    migrate_pages     policy::migrate_pages (i32, u64, Addr, Addr);
    move_pages        policy::move_pages   (i32, u64, Addr, Addr, Addr, i32);

    // processes
    clone             clone::clone         (u64, u64, Addr, u64, Addr);
    execve            exec::execve         (Addr, Addr, Addr);
    execveat          exec::execveat       (Fd, Addr, Addr, Addr, i32);
    clone3            clone::clone3        (Addr, u64);
    exit              exit::exit           (i32);
    exit_group        exit::exit_group     (i32);
    wait4             wait::wait4          (i32, Addr, i32, Addr);
    waitid            wait::waitid         (i32, u32, Addr, i32, Addr);
    set_tid_address   exit::set_tid_address (u64);
    set_robust_list   exit::set_robust_list (u64, u64);
    get_robust_list   exit::get_robust_list (i32, Addr, Addr);
    getpid            ids::getpid          ();
    getppid           ids::getppid         ();
    gettid            ids::gettid          ();
    getuid            ids::getuid          ();
    geteuid           ids::geteuid         ();
    getgid            ids::getgid          ();
    getegid           ids::getegid         ();
    getresuid         ids::getresuid       (Addr, Addr, Addr);
    getresgid         ids::getresgid       (Addr, Addr, Addr);
    getgroups         ids::getgroups       (i32, Addr);
    setuid            ids::setuid          (u32);
    setgid            ids::setgid          (u32);
    setreuid          ids::setreuid        (u32, u32);
    setregid          ids::setregid        (u32, u32);
    setresuid         ids::setresuid       (u32, u32, u32);
    setresgid         ids::setresgid       (u32, u32, u32);
    setfsuid          ids::setfsuid        (u32);
    setfsgid          ids::setfsgid        (u32);
    getpgid           ids::getpgid         (i32);
    setpgid           ids::setpgid         (i32, i32);
    getsid            ids::getsid          (i32);
    setsid            ids::setsid          ();
    getpriority       ids::getpriority     (i32, i32);
    setpriority       ids::setpriority     (i32, i32, i32);
    setgroups         ids::setgroups       (i32, Addr);
    capget            ids::capget          (Addr, Addr);
    capset            ids::capset          (Addr, Addr);
    unshare           ids::unshare         (u64);
    setns             ids::setns           (Fd, i32);
    personality       ids::personality     (u32);
    prctl             prctl::prctl         (i32, u64, u64, u64, u64);
    pidfd_open        others::pidfd_open   (i32, u32);
    pidfd_getfd       others::pidfd_getfd  (Fd, Fd, u32);
    pidfd_send_signal others::pidfd_send_signal (Fd, i32, Addr, u32);
    kcmp              others::kcmp         (i32, i32, i32, u64, u64);
    process_vm_readv  others::process_vm_readv (i32, Addr, u64, Addr, u64, u64);
    process_vm_writev others::process_vm_writev (i32, Addr, u64, Addr, u64, u64);

    // scheduling
    sched_yield       schedule::sched_yield ();
    sched_getaffinity schedule::sched_getaffinity (i32, u64, Addr);
    sched_setaffinity schedule::sched_setaffinity (i32, u64, Addr);
    sched_setparam    schedule::sched_setparam (i32, Addr);
    sched_getparam    schedule::sched_getparam (i32, Addr);
    sched_setscheduler schedule::sched_setscheduler (i32, i32, Addr);
    sched_getscheduler schedule::sched_getscheduler (i32);
    sched_get_priority_max schedule::sched_get_priority_max (i32);
    sched_get_priority_min schedule::sched_get_priority_min (i32);
    sched_rr_get_interval schedule::sched_rr_get_interval (i32, Addr);
    sched_setattr     schedule::sched_setattr (i32, Addr, u32);
    sched_getattr     schedule::sched_getattr (i32, Addr, u32, u32);
    ioprio_set        schedule::ioprio_set (i32, i32, i32);
    ioprio_get        schedule::ioprio_get (i32, i32);

    // signals
    rt_sigaction      signal::rt_sigaction   (i32, Addr, Addr, u64);
    rt_sigprocmask    signal::rt_sigprocmask (i32, Addr, Addr, u64);
    rt_sigpending     signal::rt_sigpending  (Addr, u64);
    rt_sigsuspend     signal::rt_sigsuspend  (Addr, u64);
    rt_sigtimedwait   signal::rt_sigtimedwait (Addr, Addr, Addr, u64);
    rt_sigreturn      signal::rt_sigreturn   ();
    sigaltstack       signal::sigaltstack    (Addr, Addr);
    kill              signal::kill           (i32, i32);
    tkill             signal::tkill          (i32, i32);
    tgkill            signal::tgkill         (i32, i32, i32);
    rt_sigqueueinfo   signal::rt_sigqueueinfo (i32, i32, Addr);
    rt_tgsigqueueinfo signal::rt_tgsigqueueinfo (i32, i32, i32, Addr);
    restart_syscall   signal::restart_syscall ();

    // time
    clock_gettime     time::clock_gettime    (i32, Addr);
    clock_getres      time::clock_getres     (i32, Addr);
    clock_settime     time::clock_settime    (i32, Addr);
    clock_nanosleep   time::clock_nanosleep  (i32, i32, Addr, Addr);
    nanosleep         time::nanosleep        (Addr, Addr);
    gettimeofday      time::gettimeofday     (Addr, Addr);
    getitimer         time::getitimer        (i32, Addr);
    setitimer         time::setitimer        (i32, Addr, Addr);
    times             time::times            (Addr);
    getrusage         time::getrusage        (i32, Addr);
    timer_create      timer::timer_create    (i32, Addr, Addr);
    timer_settime     timer::timer_settime   (i32, i32, Addr, Addr);
    timer_gettime     timer::timer_gettime   (i32, Addr);
    timer_getoverrun  timer::timer_getoverrun (i32);
    timer_delete      timer::timer_delete    (i32);
    settimeofday      adjust::settimeofday   (Addr, Addr);
    adjtimex          adjust::adjtimex       (Addr);
    clock_adjtime     adjust::clock_adjtime  (i32, Addr);

    // the system
    uname             system::uname          (Addr);
    sysinfo           system::sysinfo        (Addr);
    getrandom         system::getrandom      (Addr, u64, u32);
    prlimit64         limits::prlimit64      (i32, i32, Addr, Addr);
    getrlimit         limits::getrlimit      (i32, Addr);
    setrlimit         limits::setrlimit      (i32, Addr);
    getcpu            system::getcpu         (Addr, Addr);
    futex             futex::futex          (u64, i32, u32, u64, u64, u32);
    futex_waitv       futex::futex_waitv    (Addr, u32, u32, Addr, i32);
    riscv_hwprobe     system::riscv_hwprobe  (Addr, u64, u64, Addr, u32);
    sethostname       system::sethostname    (Addr, u64);
    setdomainname     system::setdomainname  (Addr, u64);
    syslog            system::syslog         (i32, Addr, i32);
    reboot            system::reboot         (u32, u32, u32, Addr);
    vhangup           system::vhangup        ();

    // sockets
    socket            socket::socket         (i32, i32, i32);
    socketpair        socket::socketpair     (i32, i32, i32, Addr);
    bind              socket::bind           (Fd, Addr, i32);
    connect           socket::connect        (Fd, Addr, i32);
    listen            socket::listen         (Fd, i32);
    accept            socket::accept         (Fd, Addr, Addr);
    accept4           socket::accept4        (Fd, Addr, Addr, i32);
    getsockname       socket::getsockname    (Fd, Addr, Addr);
    getpeername       socket::getpeername    (Fd, Addr, Addr);
    sendto            message::sendto         (Fd, Addr, u64, i32, Addr, i32);
    recvfrom          message::recvfrom       (Fd, Addr, u64, i32, Addr, Addr);
    sendmsg           message::sendmsg       (Fd, Addr, i32);
    recvmsg           message::recvmsg       (Fd, Addr, i32);
    sendmmsg          message::sendmmsg      (Fd, Addr, u32, i32);
    recvmmsg          message::recvmmsg      (Fd, Addr, u32, i32, Addr);
    setsockopt        option::setsockopt     (Fd, i32, i32, Addr, u64);
    getsockopt        option::getsockopt     (Fd, i32, i32, Addr, Addr);
    shutdown          socket::shutdown       (Fd, i32);

    // messages, semaphores, shared memory
    mq_open           queue::mq_open         (Addr, u64, u32, Addr);
    mq_unlink         queue::mq_unlink       (Addr);
    mq_timedsend      queue::mq_timedsend    (Fd, Addr, u64, u32, Addr);
    mq_timedreceive   queue::mq_timedreceive (Fd, Addr, u64, Addr, Addr);
    mq_notify         queue::mq_notify       (Fd, Addr);
    mq_getsetattr     queue::mq_getsetattr   (Fd, Addr, Addr);
    msgget            msg::msgget            (i32, i32);
    msgsnd            msg::msgsnd            (i32, Addr, u64, i32);
    msgrcv            msg::msgrcv            (i32, Addr, u64, Long, i32);
    msgctl            msg::msgctl            (i32, i32, Addr);
    semget            semaphore::semget      (i32, i32, i32);
    semop             semaphore::semop       (i32, Addr, u64);
    semtimedop        semaphore::semtimedop  (i32, Addr, u64, Addr);
    semctl            semaphore::semctl      (i32, i32, i32, u64);
    shmget            shared::shmget         (i32, u64, i32);
    shmat             shared::shmat          (i32, u64, i32);
    shmdt             shared::shmdt          (u64);
    shmctl            shared::shmctl         (i32, i32, Addr);
}
