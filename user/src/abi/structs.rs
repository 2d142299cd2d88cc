//! The structures, each with the widest type that a field has under any ABI.
//!
//! Where the fields lie is said by the tables of the ABIs. Times have 64 bits here, and so have file
//! sizes, pointers and whatever else the kernel declares as `long`.

use super::Set;

super::records! {
    /// `struct stat`.
    Stat stat[144] {
        dev: u64, ino: u64, mode: u32, nlink: u64, uid: u32, gid: u32, rdev: u64, size: i64,
        blksize: i64, blocks: i64, atime: i64, atime_nsec: u64, mtime: i64, mtime_nsec: u64,
        ctime: i64, ctime_nsec: u64,
    }

    /// `struct statx`. [linux/stat.h]
    Statx statx[256] {
        mask: u32, blksize: u32, attributes: u64, nlink: u32, uid: u32, gid: u32, mode: u16,
        ino: u64, size: u64, blocks: u64, attributes_mask: u64, atime: i64, atime_nsec: u32,
        btime: i64, btime_nsec: u32, ctime: i64, ctime_nsec: u32, mtime: i64, mtime_nsec: u32,
        rdev_major: u32, rdev_minor: u32, dev_major: u32, dev_minor: u32, mnt_id: u64,
        dio_mem_align: u32, dio_offset_align: u32,
    }

    /// `struct statfs`, with 32-bit words `struct statfs64`.
    Statfs statfs[120] {
        kind: i64, bsize: i64, blocks: u64, bfree: u64, bavail: u64, files: u64, ffree: u64,
        fsid: [i32; 2], namelen: i64, frsize: i64, flags: i64,
    }

    /// The fixed head of `struct linux_dirent64`; the name and a zero follow.
    DirentHead dirent[19] { ino: u64, off: i64, reclen: u16, kind: u8, }

    /// `struct timespec` with 64-bit seconds.
    Timespec timespec[16] { sec: i64, nsec: i64, }

    /// `struct timeval`.
    Timeval timeval[16] { sec: i64, usec: i64, }

    /// `struct itimerval`; times as seconds and microseconds.
    Itimerval itimerval[32] { interval: [i64; 2], value: [i64; 2], }

    /// `struct timezone`.
    Timezone timezone[8] { minuteswest: i32, dsttime: i32, }

    /// `struct iovec`.
    Iovec iovec[16] { base: u64, len: u64, }

    /// `struct pollfd`.
    Pollfd pollfd[8] { fd: i32, events: i16, revents: i16, }

    /// `struct epoll_event`.
    EpollEvent epoll_event[16] { events: u32, data: u64, }

    /// `struct flock`; also `struct flock64`, which programs with 32-bit words have beside it.
    Flock flock[32] { kind: i16, whence: i16, start: i64, len: i64, pid: i32, }

    /// `struct rusage`; times as seconds and microseconds.
    Rusage rusage[144] { utime: [i64; 2], stime: [i64; 2], counts: [i64; 14], }

    /// `struct tms`, in clock ticks.
    Tms tms[32] { utime: i64, stime: i64, cutime: i64, cstime: i64, }

    /// `struct rlimit64`.
    Rlimit rlimit[16] { current: u64, maximum: u64, }

    /// `struct sysinfo`.
    Sysinfo sysinfo[112] {
        uptime: i64, loads: [u64; 3], totalram: u64, freeram: u64, sharedram: u64, bufferram: u64,
        totalswap: u64, freeswap: u64, procs: u16, totalhigh: u64, freehigh: u64, mem_unit: u32,
    }

    /// `struct sigaction`. Where the ABI has no restorer it is zero.
    Sigaction sigaction[32] { handler: u64, flags: u64, restorer: u64, mask: Set, }

    /// `stack_t`.
    SigaltStack stack[24] { sp: u64, flags: i32, size: u64, }

    /// A signal mask and its size behind a pointer, the last argument of `pselect6`.
    MaskAndSize mask_and_size[16] { mask: u64, size: u64, }

    /// `siginfo_t` but for its union.
    SiginfoHead siginfo[128] { signo: i32, errno: i32, code: i32, }

    /// `siginfo_t` of a signal that was sent: `_kill` and `_rt`, and `_timer` with other names.
    SiginfoSent siginfo_sent[128] { pid: i32, uid: u32, value: u64, }

    /// `siginfo_t` of a child that has changed.
    SiginfoChild siginfo_child[128] { pid: i32, uid: u32, status: i32, utime: i64, stime: i64, }

    /// `siginfo_t` of a fault.
    SiginfoFault siginfo_fault[128] { addr: u64, lsb: i16, }

    /// `siginfo_t` of a descriptor that is ready.
    SiginfoPoll siginfo_poll[128] { band: i64, fd: i32, }

    /// `siginfo_t` of a refused system call.
    SiginfoCall siginfo_call[128] { call_addr: u64, syscall: i32, arch: u32, }

    /// `ucontext_t` of RISC-V; the registers start with the pc in the place of x0.
    Ucontext ucontext[960] {
        flags: u64, link: u64, stack_sp: u64, stack_flags: i32, stack_size: u64, mask: Set,
        regs: [u64; 32], f: [u64; 32], fcsr: u32,
    }

    /// `struct riscv_hwprobe`. [arch/riscv/include/uapi/asm/hwprobe.h]
    Hwprobe hwprobe[16] { key: i64, value: u64, }

    /// The kernel's `struct termios`. [asm-generic/termbits.h]
    Termios termios[36] { iflag: u32, oflag: u32, cflag: u32, lflag: u32, line: u8, cc: [u8; 19], }

    /// `struct clone_args`. [linux/sched.h]
    CloneArgs clone_args[88] {
        flags: u64, pidfd: u64, child_tid: u64, parent_tid: u64, exit_signal: u64, stack: u64,
        stack_size: u64, tls: u64, set_tid: u64, set_tid_size: u64, cgroup: u64,
    }

    /// `struct robust_list_head`: the list, the distance of the futex word from an entry, and an entry
    /// that is being added or removed. [linux/futex.h]
    RobustHead robust_head[24] { list: u64, distance: i64, pending: u64, }

    /// `struct termios2`. [asm-generic/termbits.h]
    Termios2 termios2[44] {
        iflag: u32, oflag: u32, cflag: u32, lflag: u32, line: u8, cc: [u8; 19], ispeed: u32, ospeed: u32,
    }

    /// `struct ifreq`, its union as bytes; the union is shorter with 32-bit words. [linux/if.h]
    Ifreq ifreq[40] { name: [u8; 16], value: [u8; 16], rest: [u8; 8], }

    /// `struct ifconf`. [linux/if.h]
    Ifconf ifconf[16] { len: i32, list: u64, }

    /// `struct file_clone_range`. [linux/fs.h]
    CloneRange clone_range[32] { fd: i64, from: u64, len: u64, to: u64, }

    /// `struct fsxattr`. [linux/fs.h]
    Fsxattr fsxattr[28] { xflags: u32, extsize: u32, nextents: u32, projid: u32, cowextsize: u32, }

    /// `struct f_owner_ex`. [asm-generic/fcntl.h]
    Owner owner[8] { kind: i32, id: i32, }

    /// `struct open_how`. [linux/openat2.h]
    OpenHow open_how[24] { flags: u64, mode: u64, resolve: u64, }

    /// The fixed head of `struct file_handle`; the bytes follow. [linux/fs.h]
    HandleHead handle[8] { bytes: u32, kind: i32, }

    /// `struct cachestat_range`. [linux/mman.h]
    CacheRange cache_range[16] { offset: u64, len: u64, }

    /// `struct cachestat`, in pages. [linux/mman.h]
    Cachestat cachestat[40] {
        cache: u64, dirty: u64, writeback: u64, evicted: u64, recently_evicted: u64,
    }

    /// `struct user_msghdr`. [linux/socket.h]
    Msghdr msghdr[56] {
        name: u64, name_len: i32, list: u64, count: u64, control: u64, control_len: u64, flags: u32,
    }

    /// `struct mmsghdr`. [linux/socket.h]
    Mmsghdr mmsghdr[64] {
        name: u64, name_len: i32, list: u64, count: u64, control: u64, control_len: u64, flags: u32,
        len: u32,
    }

    /// The head of `struct cmsghdr`; its data follow, and the next one after them on a word's multiple.
    CmsgHead cmsg[16] { len: u64, level: i32, kind: i32, }

    /// `struct sock_fprog`. [linux/filter.h]
    SockFprog sock_fprog[16] { len: u16, filter: u64, }

    /// `struct itimerspec` with 64-bit seconds.
    Itimerspec itimerspec[32] {
        interval_sec: i64, interval_nsec: i64, value_sec: i64, value_nsec: i64,
    }

    /// `struct sigevent`. [asm-generic/siginfo.h]
    Sigevent sigevent[64] { value: u64, signo: i32, notify: i32, tid: i32, }

    /// `struct __kernel_timex`. [linux/timex.h]
    Timex timex[208] {
        modes: u32, offset: i64, freq: i64, maxerror: i64, esterror: i64, status: i32, constant: i64,
        precision: i64, tolerance: i64, time: [i64; 2], tick: i64, ppsfreq: i64, jitter: i64,
        shift: i32, stabil: i64, jitcnt: i64, calcnt: i64, errcnt: i64, stbcnt: i64, tai: i32,
    }

    /// `struct sched_attr`, with the members up to `sched_util_max`. [linux/sched/types.h]
    SchedAttr sched_attr[56] {
        size: u32, policy: u32, flags: u64, nice: i32, priority: u32, runtime: u64, deadline: u64,
        period: u64, util_min: u32, util_max: u32,
    }

    /// `struct __user_cap_header_struct`. [linux/capability.h]
    CapHead cap_head[8] { version: u32, pid: i32, }

    /// Two `struct __user_cap_data_struct`. [linux/capability.h]
    CapData cap_data[24] { sets: [u32; 6], }

    /// `struct futex_waitv`. [linux/futex.h]
    FutexWaiter futex_waiter[24] { value: u64, at: u64, flags: u32, reserved: u32, }

    /// `struct mq_attr`. [linux/mqueue.h]
    MqAttr mq_attr[64] { flags: i64, most: i64, size: i64, current: i64, }

    /// `struct sembuf`. [linux/sem.h]
    Sembuf sembuf[6] { number: u16, operation: i16, flags: i16, }

    /// `struct ipc64_perm`, the start of the three that follow. [asm-generic/ipcbuf.h]
    IpcPerm ipc_perm[48] {
        key: i32, uid: u32, gid: u32, cuid: u32, cgid: u32, mode: u32, seq: u16,
    }

    /// `struct semid64_ds` behind its permissions. [asm-generic/sembuf.h]
    SemidTail semid[40] { otime: i64, ctime: i64, nsems: u64, }

    /// `struct msqid64_ds` behind its permissions. [asm-generic/msgbuf.h]
    MsqidTail msqid[72] {
        stime: i64, rtime: i64, ctime: i64, cbytes: u64, qnum: u64, qbytes: u64, lspid: i32, lrpid: i32,
    }

    /// `struct shmid64_ds` behind its permissions. [asm-generic/shmbuf.h]
    ShmidTail shmid[64] {
        segsz: u64, atime: i64, dtime: i64, ctime: i64, cpid: i32, lpid: i32, nattch: u64,
    }

    /// `struct seminfo`. [linux/sem.h]
    Seminfo seminfo[40] { limits: [i32; 10], }

    /// `struct msginfo`. [linux/msg.h]
    Msginfo msginfo[32] { limits: [i32; 7], segments: u16, }

    /// `struct shminfo64`. [asm-generic/shmbuf.h]
    Shminfo shminfo[72] { limits: [u64; 5], }

    /// `struct shm_info`. [linux/shm.h]
    ShmUse shm_use[48] {
        used: i32, total: u64, resident: u64, swapped: u64, attempts: u64, successes: u64,
    }

    /// `struct winsize`.
    Winsize winsize[8] { row: u16, col: u16, xpixel: u16, ypixel: u16, }
}
