//! Every implemented call: its name, the function that answers it, its arguments.

use super::arguments::{Addr, Argument, Fd, Pass, Split};
use super::file::{fds, ioctl, links, lists, paths, poll, rw, stat};
use super::process::{clone, exec, exit, ids, wait};
use super::{Answer, Call, futex, memory, signal, socket, system, time};

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

    // descriptors
    openat            fds::openat          (Fd, Addr, u64, u32);
    close             fds::close           (Fd);
    close_range       fds::close_range     (u32, u32, u32);
    dup               fds::dup             (Fd);
    dup3              fds::dup3            (Fd, Fd, u64);
    pipe2             fds::pipe2           (Addr, u64);
    fcntl             fds::fcntl           (Fd, i32, u64);
    flock             fds::flock           (Fd, i32);
    ioctl             ioctl::ioctl         (Fd, u32, u64);
    memfd_create      fds::memfd_create    (Addr, u32);
    eventfd2          fds::eventfd2        (u32, u64);
    inotify_init1     fds::inotify_init1   (u64);
    inotify_add_watch fds::inotify_add_watch (Fd, Addr, u32);
    inotify_rm_watch  fds::inotify_rm_watch (Fd, i32);

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
    fchown            paths::fchown        (Fd, u32, u32);
    fchownat          paths::fchownat      (Fd, Addr, u32, u32, i32);
    utimensat         paths::utimensat     (Fd, Addr, Addr, i32);
    chdir             paths::chdir         (Addr);
    fchdir            paths::fchdir        (Fd);
    chroot            paths::chroot        (Addr);
    getcwd            paths::getcwd        (Addr, u64);
    umask             paths::umask         (u32);

    // what files are
    fstat             stat::fstat          (Fd, Addr);
    newfstatat        stat::newfstatat     (Fd, Addr, Addr, i32);
    statx             stat::statx          (Fd, Addr, i32, u32, Addr);
    statfs            stat::statfs         (Addr, Addr);
    fstatfs           stat::fstatfs        (Fd, Addr);
    statfs64          stat::statfs64       (Addr, u64, Addr);
    fstatfs64         stat::fstatfs64      (Fd, u64, Addr);
    getdents64        lists::getdents64    (Fd, Addr, u32);
    getxattr          lists::getxattr      (Addr, Addr, Addr, u64);
    lgetxattr         lists::lgetxattr     (Addr, Addr, Addr, u64);
    fgetxattr         lists::fgetxattr     (Fd, Addr, Addr, u64);
    listxattr         lists::listxattr     (Addr, Addr, u64);
    llistxattr        lists::llistxattr    (Addr, Addr, u64);
    flistxattr        lists::flistxattr    (Fd, Addr, u64);

    // waiting for files
    ppoll             poll::ppoll          (Addr, u32, Addr, Addr, u64);
    pselect6          poll::pselect6       (i32, Addr, Addr, Addr, Addr, Addr);
    epoll_create1     poll::epoll_create1  (u64);
    epoll_ctl         poll::epoll_ctl      (Fd, i32, Fd, Addr);
    epoll_pwait       poll::epoll_pwait    (Fd, Addr, i32, i32, Addr, u64);

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
    membarrier        memory::membarrier   (i32, u32);

    // processes
    clone             clone::clone         (u64, u64, Addr, u64, Addr);
    execve            exec::execve         (Addr, Addr, Addr);
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

    // the system
    uname             system::uname          (Addr);
    sysinfo           system::sysinfo        (Addr);
    getrandom         system::getrandom      (Addr, u64, u32);
    prlimit64         system::prlimit64      (i32, i32, Addr, Addr);
    getrlimit         system::getrlimit      (i32, Addr);
    setrlimit         system::setrlimit      (i32, Addr);
    prctl             system::prctl          (i32, u64, u64, u64, u64);
    sched_yield       system::sched_yield    ();
    sched_getaffinity system::sched_getaffinity (i32, u64, Addr);
    sched_setaffinity system::sched_setaffinity (i32, u64, Addr);
    getcpu            system::getcpu         (Addr, Addr);
    futex             futex::futex           (u64, i32, u32, u64, u64, u32);
    riscv_hwprobe     system::riscv_hwprobe  (Addr, u64, u64, Addr, u32);
    sethostname       system::sethostname    (Addr, u64);

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
    sendto            socket::sendto         (Fd, Addr, u64, i32, Addr, i32);
    recvfrom          socket::recvfrom       (Fd, Addr, u64, i32, Addr, Addr);
    setsockopt        socket::setsockopt     (Fd, i32, i32, Addr, u64);
    getsockopt        socket::getsockopt     (Fd, i32, i32, Addr, Addr);
    shutdown          socket::shutdown       (Fd, i32);
}
