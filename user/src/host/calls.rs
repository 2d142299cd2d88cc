//! Host system calls, one row each: name, arguments as the kernel documents them, number.
//!
//! A slice stands for two words, its address and its length. Descriptors, process numbers and
//! flags are passed as they come: the kernel answers EBADF, ESRCH or EINVAL. A call that may `wait`
//! is made through the gate that a signal for the program keeps shut.

use super::gate::{Arg, GuestMemory, Typed, Words, call, wait};
use crate::abi::Errno;
use libc::{
    epoll_event, flock, itimerspec, itimerval, pollfd, rlimit64, rusage, siginfo_t, stat, statx, sysinfo,
    timespec, timeval, tms, utsname,
};
use std::ffi::CStr;

/// The host's numbers, with one that libc does not have yet.
mod number {
    pub(super) use libc::*;
    /// [arch/x86/entry/syscalls/syscall_64.tbl]
    #[allow(non_upper_case_globals, reason = "named as libc names the others")]
    pub(super) const SYS_cachestat: c_long = 451;
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $t:ty),*) = $gate:ident $number:ident;)*) => { $(
        pub(crate) fn $name($($arg: $t),*) -> Result<u64, Errno> {
            #[allow(unused_mut, reason = "a call may have no arguments")]
            let mut words = Words::new();
            $(Arg::push($arg, &mut words);)*
            // SAFETY: the row lists the call's arguments in the kernel's order and types; pointers
            // come from references that live to the end of this function, or from guest memory.
            unsafe { $gate(number::$number, &words) }
        }
    )* };
}

calls! {
    // files, open
    openat(dir: i32, path: &CStr, flags: i32, mode: u32) = wait SYS_openat;
    openat2(dir: i32, path: &CStr, how: &[u64; 3], size: u64) = wait SYS_openat2;
    close(fd: i32) = call SYS_close;
    close_range(first: u32, last: u32, flags: u32) = call SYS_close_range;
    dup(fd: i32) = call SYS_dup;
    dup3(old: i32, new: i32, flags: i32) = call SYS_dup3;
    pipe2(pair: &mut [i32; 2], flags: i32) = call SYS_pipe2;
    fcntl(fd: i32, command: i32, value: u64) = call SYS_fcntl;
    fcntl_lock(fd: i32, command: i32, lock: &mut flock) = wait SYS_fcntl;
    fcntl_words(fd: i32, command: i32, words: &mut [u32; 2]) = call SYS_fcntl;
    flock_fd(fd: i32, operation: i32) = wait SYS_flock;
    ioctl(fd: i32, request: u64, value: u64) = wait SYS_ioctl;
    ioctl_bytes(fd: i32, request: u64, bytes: &mut [u8; 256]) = wait SYS_ioctl;
    memfd_create(name: &CStr, flags: u32) = call SYS_memfd_create;

    // files, bytes
    read(fd: i32, to: &mut [u8]) = wait SYS_read;
    write(fd: i32, from: &[u8]) = wait SYS_write;
    pread(fd: i32, to: &mut [u8], at: i64) = call SYS_pread64;
    pwrite(fd: i32, from: &[u8], at: i64) = call SYS_pwrite64;
    lseek(fd: i32, offset: i64, whence: i32) = call SYS_lseek;
    sendfile(to: i32, from: i32, offset: Option<&mut i64>, count: u64) = wait SYS_sendfile;
    copy_file_range(from: i32, from_at: Option<&mut i64>, to: i32, to_at: Option<&mut i64>, len: u64, flags: u32)
        = call SYS_copy_file_range;
    splice(from: i32, from_at: Option<&mut i64>, to: i32, to_at: Option<&mut i64>, len: u64, flags: u32)
        = wait SYS_splice;
    tee(from: i32, to: i32, len: u64, flags: u32) = wait SYS_tee;
    readahead(fd: i32, offset: i64, count: u64) = call SYS_readahead;
    sync_file_range(fd: i32, offset: i64, len: i64, flags: u32) = call SYS_sync_file_range;
    cachestat(fd: i32, range: &[u64; 2], to: &mut [u64; 5], flags: u32) = call SYS_cachestat;
    fsync(fd: i32) = call SYS_fsync;
    fdatasync(fd: i32) = call SYS_fdatasync;
    ftruncate(fd: i32, len: i64) = call SYS_ftruncate;
    fallocate(fd: i32, mode: i32, offset: i64, len: i64) = call SYS_fallocate;
    fadvise(fd: i32, offset: i64, len: i64, advice: i32) = call SYS_fadvise64;
    sync() = call SYS_sync;
    syncfs(fd: i32) = call SYS_syncfs;

    // files, names
    truncate(path: &CStr, len: i64) = call SYS_truncate;
    faccessat(dir: i32, path: &CStr, mode: u32) = call SYS_faccessat;
    faccessat2(dir: i32, path: &CStr, mode: u32, flags: u32) = call SYS_faccessat2;
    readlinkat(dir: i32, path: &CStr, to: &mut [u8]) = call SYS_readlinkat;
    unlinkat(dir: i32, path: &CStr, flags: i32) = call SYS_unlinkat;
    renameat2(from_dir: i32, from: &CStr, to_dir: i32, to: &CStr, flags: u32) = call SYS_renameat2;
    mkdirat(dir: i32, path: &CStr, mode: u32) = call SYS_mkdirat;
    mknodat(dir: i32, path: &CStr, mode: u32, device: u64) = call SYS_mknodat;
    linkat(from_dir: i32, from: &CStr, to_dir: i32, to: &CStr, flags: i32) = call SYS_linkat;
    symlinkat(target: &CStr, dir: i32, path: &CStr) = call SYS_symlinkat;
    fchmod(fd: i32, mode: u32) = call SYS_fchmod;
    fchmodat(dir: i32, path: &CStr, mode: u32) = call SYS_fchmodat;
    fchmodat2(dir: i32, path: &CStr, mode: u32, flags: u32) = call SYS_fchmodat2;
    fchown(fd: i32, uid: u32, gid: u32) = call SYS_fchown;
    fchownat(dir: i32, path: &CStr, uid: u32, gid: u32, flags: i32) = call SYS_fchownat;
    utimensat(dir: i32, path: Option<&CStr>, times: Option<&[timespec; 2]>, flags: i32) = call SYS_utimensat;
    chdir(path: &CStr) = call SYS_chdir;
    fchdir(fd: i32) = call SYS_fchdir;
    chroot(path: &CStr) = call SYS_chroot;
    getcwd(to: &mut [u8]) = call SYS_getcwd;
    umask(mask: u32) = call SYS_umask;
    name_to_handle_at(dir: i32, path: &CStr, handle: &mut [u8; 136], mount: &mut [u8; 8], flags: i32)
        = call SYS_name_to_handle_at;
    open_by_handle_at(mount: i32, handle: &[u8; 136], flags: i32) = wait SYS_open_by_handle_at;

    // file systems
    mount(source: Option<&CStr>, target: &CStr, kind: Option<&CStr>, flags: u64, data: Option<&[u8; 4096]>)
        = call SYS_mount;
    umount2(target: &CStr, flags: i32) = call SYS_umount2;
    pivot_root(new: &CStr, old: &CStr) = call SYS_pivot_root;
    swapon(path: &CStr, flags: i32) = call SYS_swapon;
    swapoff(path: &CStr) = call SYS_swapoff;
    acct(path: Option<&CStr>) = call SYS_acct;

    // files, what they are
    fstat(fd: i32, to: &mut stat) = call SYS_fstat;
    newfstatat(dir: i32, path: &CStr, to: &mut stat, flags: i32) = call SYS_newfstatat;
    statx_at(dir: i32, path: &CStr, flags: i32, mask: u32, to: &mut statx) = call SYS_statx;
    statfs_path(path: &CStr, to: &mut [i64; 15]) = call SYS_statfs;
    fstatfs(fd: i32, to: &mut [i64; 15]) = call SYS_fstatfs;
    getdents64(fd: i32, to: &mut [u8]) = call SYS_getdents64;

    // files, extended attributes
    getxattr(path: &CStr, name: &CStr, to: &mut [u8]) = call SYS_getxattr;
    lgetxattr(path: &CStr, name: &CStr, to: &mut [u8]) = call SYS_lgetxattr;
    fgetxattr(fd: i32, name: &CStr, to: &mut [u8]) = call SYS_fgetxattr;
    listxattr(path: &CStr, to: &mut [u8]) = call SYS_listxattr;
    llistxattr(path: &CStr, to: &mut [u8]) = call SYS_llistxattr;
    flistxattr(fd: i32, to: &mut [u8]) = call SYS_flistxattr;
    setxattr(path: &CStr, name: &CStr, value: &[u8], flags: i32) = call SYS_setxattr;
    lsetxattr(path: &CStr, name: &CStr, value: &[u8], flags: i32) = call SYS_lsetxattr;
    fsetxattr(fd: i32, name: &CStr, value: &[u8], flags: i32) = call SYS_fsetxattr;
    removexattr(path: &CStr, name: &CStr) = call SYS_removexattr;
    lremovexattr(path: &CStr, name: &CStr) = call SYS_lremovexattr;
    fremovexattr(fd: i32, name: &CStr) = call SYS_fremovexattr;

    // waiting for files
    ppoll(fds: &mut [pollfd], timeout: Option<&mut timespec>, mask: Option<&u64>, size: u64) = wait SYS_ppoll;
    pselect6_raw(n: i32, r: Option<&mut [u64; 16]>, w: Option<&mut [u64; 16]>, x: Option<&mut [u64; 16]>,
             timeout: Option<&mut timespec>, mask: &[u64; 2]) = wait SYS_pselect6;
    epoll_create1(flags: i32) = call SYS_epoll_create1;
    epoll_ctl(epoll: i32, operation: i32, fd: i32, event: Option<&epoll_event>) = call SYS_epoll_ctl;
    epoll_pwait(epoll: i32, events: &mut [epoll_event], timeout: i32, mask: Option<&u64>, size: u64)
        = wait SYS_epoll_pwait;
    epoll_pwait2(epoll: i32, events: &mut [epoll_event], timeout: Option<&timespec>, mask: Option<&u64>, size: u64)
        = wait SYS_epoll_pwait2;
    signalfd4(fd: i32, mask: &u64, size: u64, flags: i32) = call SYS_signalfd4;
    timerfd_create(clock: i32, flags: i32) = call SYS_timerfd_create;
    timerfd_settime(fd: i32, flags: i32, new: &itimerspec, old: &mut itimerspec) = call SYS_timerfd_settime;
    timerfd_gettime(fd: i32, to: &mut itimerspec) = call SYS_timerfd_gettime;
    eventfd2(initial: u32, flags: i32) = call SYS_eventfd2;
    inotify_init1(flags: i32) = call SYS_inotify_init1;
    inotify_add_watch(fd: i32, path: &CStr, mask: u32) = call SYS_inotify_add_watch;
    inotify_rm_watch(fd: i32, watch: i32) = call SYS_inotify_rm_watch;

    // processes
    wait4(pid: i32, status: &mut i32, options: i32, usage: &mut rusage) = wait SYS_wait4;
    waitid(kind: i32, id: u32, info: &mut siginfo_t, options: i32, usage: &mut rusage) = wait SYS_waitid;
    getpid() = call SYS_getpid;
    getppid() = call SYS_getppid;
    gettid() = call SYS_gettid;
    getuid() = call SYS_getuid;
    geteuid() = call SYS_geteuid;
    getgid() = call SYS_getgid;
    getegid() = call SYS_getegid;
    getresuid(real: &mut u32, effective: &mut u32, saved: &mut u32) = call SYS_getresuid;
    getresgid(real: &mut u32, effective: &mut u32, saved: &mut u32) = call SYS_getresgid;
    getgroups(size: i32, groups: &mut [u32; 0x1_0000]) = call SYS_getgroups;
    setuid(uid: u32) = call SYS_setuid;
    setgid(gid: u32) = call SYS_setgid;
    setreuid(real: u32, effective: u32) = call SYS_setreuid;
    setregid(real: u32, effective: u32) = call SYS_setregid;
    setresuid(real: u32, effective: u32, saved: u32) = call SYS_setresuid;
    setresgid(real: u32, effective: u32, saved: u32) = call SYS_setresgid;
    setfsuid(uid: u32) = call SYS_setfsuid;
    setfsgid(gid: u32) = call SYS_setfsgid;
    getpgid(pid: i32) = call SYS_getpgid;
    setpgid(pid: i32, group: i32) = call SYS_setpgid;
    getsid(pid: i32) = call SYS_getsid;
    setsid() = call SYS_setsid;
    getpriority(which: i32, who: i32) = call SYS_getpriority;
    setpriority(which: i32, who: i32, nice: i32) = call SYS_setpriority;
    prlimit64(pid: i32, resource: i32, new: Option<&rlimit64>, old: Option<&mut rlimit64>) = call SYS_prlimit64;
    getrusage(who: i32, to: &mut rusage) = call SYS_getrusage;
    times(to: &mut tms) = call SYS_times;
    prctl(option: i32, a: u64, b: u64, c: u64, d: u64) = call SYS_prctl;
    prctl_name(option: i32, name: &mut [u8; 16]) = call SYS_prctl;
    sched_yield() = call SYS_sched_yield;
    sched_getaffinity(pid: i32, size: u64, to: &mut [u64; 128]) = call SYS_sched_getaffinity;
    sched_setaffinity(pid: i32, size: u64, from: &[u64; 128]) = call SYS_sched_setaffinity;
    getcpu(cpu: &mut u32, node: &mut u32, cache: u64) = call SYS_getcpu;
    sched_setparam(pid: i32, priority: &i32) = call SYS_sched_setparam;
    sched_getparam(pid: i32, priority: &mut i32) = call SYS_sched_getparam;
    sched_setscheduler(pid: i32, policy: i32, priority: &i32) = call SYS_sched_setscheduler;
    sched_getscheduler(pid: i32) = call SYS_sched_getscheduler;
    sched_get_priority_max(policy: i32) = call SYS_sched_get_priority_max;
    sched_get_priority_min(policy: i32) = call SYS_sched_get_priority_min;
    sched_rr_get_interval(pid: i32, to: &mut timespec) = call SYS_sched_rr_get_interval;
    sched_setattr(pid: i32, attributes: &[u8; 56], flags: u32) = call SYS_sched_setattr;
    sched_getattr(pid: i32, attributes: &mut [u8; 56], size: u32, flags: u32) = call SYS_sched_getattr;
    ioprio_set(which: i32, who: i32, priority: i32) = call SYS_ioprio_set;
    ioprio_get(which: i32, who: i32) = call SYS_ioprio_get;
    setgroups(count: i32, groups: &[u32; 0x1_0000]) = call SYS_setgroups;
    capget(head: &mut [u32; 2], data: Option<&mut [u32; 6]>) = call SYS_capget;
    capset(head: &mut [u32; 2], data: &[u32; 6]) = call SYS_capset;
    unshare(flags: u64) = call SYS_unshare;
    setns(fd: i32, kind: i32) = call SYS_setns;
    personality(persona: u32) = call SYS_personality;
    kcmp(first: i32, second: i32, kind: i32, a: u64, b: u64) = call SYS_kcmp;
    kcmp_epoll(first: i32, second: i32, kind: i32, a: u64, slot: &[u32; 3]) = call SYS_kcmp;
    pidfd_open(pid: i32, flags: u32) = call SYS_pidfd_open;
    pidfd_getfd(pidfd: i32, target: i32, flags: u32) = call SYS_pidfd_getfd;
    pidfd_send_signal(pidfd: i32, signal: i32, info: Option<&[u8; 128]>, flags: u32) = call SYS_pidfd_send_signal;
    vhangup() = call SYS_vhangup;

    // signals
    kill(pid: i32, signal: i32) = call SYS_kill;
    tkill(tid: i32, signal: i32) = call SYS_tkill;
    tgkill(pid: i32, tid: i32, signal: i32) = call SYS_tgkill;
    rt_sigprocmask(how: i32, new: Option<&u64>, old: Option<&mut u64>, size: u64) = call SYS_rt_sigprocmask;
    rt_sigpending(to: &mut u64, size: u64) = call SYS_rt_sigpending;
    rt_sigsuspend(mask: &u64, size: u64) = wait SYS_rt_sigsuspend;
    rt_sigtimedwait(set: &u64, info: &mut siginfo_t, timeout: Option<&timespec>, size: u64)
        = wait SYS_rt_sigtimedwait;
    rt_sigqueueinfo(pid: i32, signal: i32, info: &[u8; 128]) = call SYS_rt_sigqueueinfo;
    rt_tgsigqueueinfo(pid: i32, tid: i32, signal: i32, info: &[u8; 128]) = call SYS_rt_tgsigqueueinfo;

    // time
    clock_gettime(clock: i32, to: &mut timespec) = call SYS_clock_gettime;
    clock_getres(clock: i32, to: &mut timespec) = call SYS_clock_getres;
    clock_settime(clock: i32, from: &timespec) = call SYS_clock_settime;
    clock_nanosleep(clock: i32, flags: i32, wanted: &timespec, left: &mut timespec) = wait SYS_clock_nanosleep;
    gettimeofday(time: &mut timeval, zone: &mut [i32; 2]) = call SYS_gettimeofday;
    getitimer(which: i32, to: &mut itimerval) = call SYS_getitimer;
    setitimer(which: i32, new: &itimerval, old: &mut itimerval) = call SYS_setitimer;
    settimeofday(time: Option<&timeval>, zone: Option<&[i32; 2]>) = call SYS_settimeofday;
    adjtimex(change: &mut [u8; 208]) = call SYS_adjtimex;
    clock_adjtime(clock: i32, change: &mut [u8; 208]) = call SYS_clock_adjtime;
    timer_create(clock: i32, event: Option<&[u8; 64]>, id: &mut i32) = call SYS_timer_create;
    timer_settime(id: i32, flags: i32, new: &itimerspec, old: &mut itimerspec) = call SYS_timer_settime;
    timer_gettime(id: i32, to: &mut itimerspec) = call SYS_timer_gettime;
    timer_getoverrun(id: i32) = call SYS_timer_getoverrun;
    timer_delete(id: i32) = call SYS_timer_delete;

    // system
    uname(to: &mut utsname) = call SYS_uname;
    sysinfo_of(to: &mut sysinfo) = call SYS_sysinfo;
    getrandom(to: &mut [u8], flags: u32) = call SYS_getrandom;
    sethostname(name: &[u8]) = call SYS_sethostname;
    setdomainname(name: &[u8]) = call SYS_setdomainname;
    syslog(action: i32, to: &mut [u8]) = wait SYS_syslog;

    // memory the kernel itself looks at
    futex_wait(word: GuestMemory, operation: i32, value: u32, timeout: Option<&timespec>, other: GuestMemory, mask: u32)
        = wait SYS_futex;
    futex_wake(word: GuestMemory, operation: i32, value: u32, count: u64, other: GuestMemory, third: u32)
        = call SYS_futex;
    madvise(range: GuestMemory, len: u64, advice: i32) = call SYS_madvise;
    msync(range: GuestMemory, len: u64, flags: i32) = call SYS_msync;
    mincore(range: GuestMemory, len: u64, to: &mut [u8; 4096]) = call SYS_mincore;
    mbind(range: GuestMemory, len: u64, mode: u32, nodes: Option<&Nodes>, most: u64, flags: u32) = call SYS_mbind;
    set_mempolicy(mode: i32, nodes: Option<&Nodes>, most: u64) = call SYS_set_mempolicy;
    get_mempolicy(mode: &mut i32, nodes: Option<&mut Nodes>, most: u64, at: Option<GuestMemory>, flags: u64)
        = call SYS_get_mempolicy;
    set_mempolicy_home_node(range: GuestMemory, len: u64, node: u64, flags: u64)
        = call SYS_set_mempolicy_home_node;
    migrate_pages(pid: i32, most: u64, from: Option<&Nodes>, to: Option<&Nodes>) = call SYS_migrate_pages;
    move_pages(pid: i32, count: u64, pages: &[u64; 512], nodes: Option<&[i32; 512]>, status: &mut [i32; 512],
        flags: i32) = call SYS_move_pages;
    membarrier(command: i32, flags: u32, cpu: i32) = call SYS_membarrier;
    futex_waitv(waiters: &[[u64; 3]], flags: u32, timeout: Option<&timespec>, clock: i32) = wait SYS_futex_waitv;

    // messages, semaphores, shared memory
    mq_open(name: &CStr, flags: i32, mode: u32, attributes: Option<&[i64; 8]>) = call SYS_mq_open;
    mq_unlink(name: &CStr) = call SYS_mq_unlink;
    mq_timedsend(queue: i32, from: &[u8], priority: u32, until: Option<&timespec>) = wait SYS_mq_timedsend;
    mq_timedreceive(queue: i32, to: &mut [u8], priority: &mut u32, until: Option<&timespec>)
        = wait SYS_mq_timedreceive;
    mq_notify(queue: i32, event: Option<&[u8; 64]>) = call SYS_mq_notify;
    mq_getsetattr(queue: i32, new: Option<&[i64; 8]>, old: &mut [i64; 8]) = call SYS_mq_getsetattr;
    msgget(key: i32, flags: i32) = call SYS_msgget;
    msgsnd(queue: i32, message: Typed<'_>, flags: i32) = wait SYS_msgsnd;
    msgrcv(queue: i32, message: Typed<'_>, kind: i64, flags: i32) = wait SYS_msgrcv;
    msgctl(queue: i32, command: i32, data: &mut [u8; 256]) = call SYS_msgctl;
    semget(key: i32, count: i32, flags: i32) = call SYS_semget;
    semtimedop(set: i32, operations: &[[u16; 3]], timeout: Option<&timespec>) = wait SYS_semtimedop;
    semctl(set: i32, number: i32, command: i32, value: u64) = call SYS_semctl;
    semctl_bytes(set: i32, number: i32, command: i32, data: &mut [u8; 256]) = call SYS_semctl;
    semctl_values(set: i32, number: i32, command: i32, values: &mut [u16]) = call SYS_semctl;
    shmget(key: i32, size: u64, flags: i32) = call SYS_shmget;
    shmctl(segment: i32, command: i32, data: &mut [u8; 256]) = call SYS_shmctl;


    // sockets
    socket(family: i32, kind: i32, protocol: i32) = call SYS_socket;
    socketpair(family: i32, kind: i32, protocol: i32, pair: &mut [i32; 2]) = call SYS_socketpair;
    bind(fd: i32, address: &[u8]) = call SYS_bind;
    connect(fd: i32, address: &[u8]) = wait SYS_connect;
    listen(fd: i32, backlog: i32) = call SYS_listen;
    accept4(fd: i32, address: &mut [u8; 128], len: &mut i32, flags: i32) = wait SYS_accept4;
    getsockname(fd: i32, address: &mut [u8; 128], len: &mut i32) = call SYS_getsockname;
    getpeername(fd: i32, address: &mut [u8; 128], len: &mut i32) = call SYS_getpeername;
    setsockopt(fd: i32, level: i32, name: i32, value: &[u8]) = call SYS_setsockopt;
    getsockopt(fd: i32, level: i32, name: i32, value: &mut [u8; 4096], len: &mut i32) = call SYS_getsockopt;
    shutdown(fd: i32, how: i32) = call SYS_shutdown;
}

/// A set of memory nodes, as large as the kernel takes one.
pub(crate) type Nodes = [u64; 512];

/// Descriptor sets for `select`, 1024 bits.
pub(crate) type FdSet = [u64; 16];

/// Waits for descriptors, with another signal mask if one is given.
pub(crate) fn pselect6(
    n: i32,
    [r, w, x]: [Option<&mut FdSet>; 3],
    timeout: Option<&mut timespec>,
    mask: Option<&u64>,
) -> Result<u64, Errno> {
    // The kernel takes the mask as a pointer and a size behind one more pointer; null is no mask.
    let mask = mask.map_or(0, |mask| std::ptr::from_ref(mask).expose_provenance() as u64);
    pselect6_raw(n, r, w, x, timeout, &[mask, 8])
}

/// A descriptor of the program's, for as long as one call takes; `None` for a negative number.
///
/// The caller has just asked the kernel whether it is open. A program's descriptors are closed only
/// by calls of its own, of which one is under way at a time.
pub(crate) fn borrow<'a>(fd: i32) -> Option<std::os::fd::BorrowedFd<'a>> {
    // SAFETY: not negative, and open for the time of the borrow as said above; if it were not, the
    // kernel would answer EBADF.
    (fd >= 0).then(|| unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) })
}

/// A structure of zeros, for the kernel to fill.
pub(crate) fn zeroed<T: super::Plain>() -> T {
    // SAFETY: any bytes are a value of a plain type.
    unsafe { std::mem::zeroed() }
}
