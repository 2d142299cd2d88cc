//! The structures themselves.

super::layout! {
    /// `struct stat`. [asm-generic/stat.h]
    Stat[128] {
        0 dev: u64,
        8 ino: u64,
        16 mode: u32,
        20 nlink: u32,
        24 uid: u32,
        28 gid: u32,
        32 rdev: u64,
        48 size: i64,
        56 blksize: i32,
        64 blocks: i64,
        72 atime: i64,
        80 atime_nsec: u64,
        88 mtime: i64,
        96 mtime_nsec: u64,
        104 ctime: i64,
        112 ctime_nsec: u64,
    }

    /// `struct statx`. [linux/stat.h]
    Statx[256] {
        0 mask: u32,
        4 blksize: u32,
        8 attributes: u64,
        16 nlink: u32,
        20 uid: u32,
        24 gid: u32,
        28 mode: u16,
        32 ino: u64,
        40 size: u64,
        48 blocks: u64,
        56 attributes_mask: u64,
        64 atime: i64,
        72 atime_nsec: u32,
        80 btime: i64,
        88 btime_nsec: u32,
        96 ctime: i64,
        104 ctime_nsec: u32,
        112 mtime: i64,
        120 mtime_nsec: u32,
        128 rdev_major: u32,
        132 rdev_minor: u32,
        136 dev_major: u32,
        140 dev_minor: u32,
        144 mnt_id: u64,
        152 dio_mem_align: u32,
        156 dio_offset_align: u32,
    }

    /// `struct statfs`. [asm-generic/statfs.h]
    Statfs[120] {
        0 kind: i64,
        8 bsize: i64,
        16 blocks: u64,
        24 bfree: u64,
        32 bavail: u64,
        40 files: u64,
        48 ffree: u64,
        56 fsid: [i32; 2],
        64 namelen: i64,
        72 frsize: i64,
        80 flags: i64,
    }

    /// The fixed head of `struct linux_dirent64`; the name and a zero follow.
    DirentHead[19] {
        0 ino: u64,
        8 off: i64,
        16 reclen: u16,
        18 kind: u8,
    }

    /// `struct timespec` with 64-bit members.
    Timespec[16] {
        0 sec: i64,
        8 nsec: i64,
    }

    /// `struct timeval`, also the two members of `struct itimerval`.
    Timeval[16] {
        0 sec: i64,
        8 usec: i64,
    }

    /// `struct itimerval`.
    Itimerval[32] {
        0 interval: [i64; 2],
        16 value: [i64; 2],
    }

    /// `struct timezone`.
    Timezone[8] {
        0 minuteswest: i32,
        4 dsttime: i32,
    }

    /// `struct iovec`.
    Iovec[16] {
        0 base: u64,
        8 len: u64,
    }

    /// `struct pollfd`.
    Pollfd[8] {
        0 fd: i32,
        4 events: i16,
        6 revents: i16,
    }

    /// `struct epoll_event`: padded here, packed on x86-64.
    EpollEvent[16] {
        0 events: u32,
        8 data: u64,
    }

    /// `struct flock`.
    Flock[32] {
        0 kind: i16,
        2 whence: i16,
        8 start: i64,
        16 len: i64,
        24 pid: i32,
    }

    /// `struct rusage`; times as seconds and microseconds.
    Rusage[144] {
        0 utime: [i64; 2],
        16 stime: [i64; 2],
        32 counts: [i64; 14],
    }

    /// `struct tms`, in clock ticks.
    Tms[32] {
        0 utime: i64,
        8 stime: i64,
        16 cutime: i64,
        24 cstime: i64,
    }

    /// `struct rlimit64`.
    Rlimit[16] {
        0 current: u64,
        8 maximum: u64,
    }

    /// `struct sysinfo`.
    Sysinfo[112] {
        0 uptime: i64,
        8 loads: [u64; 3],
        32 totalram: u64,
        40 freeram: u64,
        48 sharedram: u64,
        56 bufferram: u64,
        64 totalswap: u64,
        72 freeswap: u64,
        80 procs: u16,
        88 totalhigh: u64,
        96 freehigh: u64,
        104 mem_unit: u32,
    }

    /// `struct sigaction`. RISC-V has no restorer. [asm-generic/signal.h]
    Sigaction[24] {
        0 handler: u64,
        8 flags: u64,
        16 mask: u64,
    }

    /// `stack_t`.
    SigaltStack[24] {
        0 sp: u64,
        8 flags: i32,
        16 size: u64,
    }

    /// The members of `siginfo_t` that its users read; the rest of the union is zero.
    Siginfo[128] {
        0 signo: i32,
        4 errno: i32,
        8 code: i32,
        16 first: u64,
        24 second: u64,
        32 third: u64,
        40 fourth: u64,
    }

    /// `struct riscv_hwprobe`. [arch/riscv/include/uapi/asm/hwprobe.h]
    Hwprobe[16] {
        0 key: i64,
        8 value: u64,
    }

    /// The kernel's `struct termios`. [asm-generic/termbits.h]
    Termios[36] {
        0 iflag: u32,
        4 oflag: u32,
        8 cflag: u32,
        12 lflag: u32,
        16 line: u8,
        17 cc: [u8; 19],
    }

    /// `struct winsize`.
    Winsize[8] {
        0 row: u16,
        2 col: u16,
        4 xpixel: u16,
        6 ypixel: u16,
    }

    /// `struct termios2`. [asm-generic/termbits.h]
    Termios2[44] {
        0 iflag: u32,
        4 oflag: u32,
        8 cflag: u32,
        12 lflag: u32,
        16 line: u8,
        17 cc: [u8; 19],
        36 ispeed: u32,
        40 ospeed: u32,
    }

    /// `struct ifreq`, its union as bytes. [linux/if.h]
    Ifreq[40] {
        0 name: [u8; 16],
        16 value: [u8; 24],
    }

    /// `struct ifconf`. [linux/if.h]
    Ifconf[16] {
        0 len: i32,
        8 list: u64,
    }

    /// `struct file_clone_range`. [linux/fs.h]
    CloneRange[32] {
        0 fd: i64,
        8 from: u64,
        16 len: u64,
        24 to: u64,
    }

    /// `struct fsxattr`. [linux/fs.h]
    Fsxattr[28] {
        0 xflags: u32,
        4 extsize: u32,
        8 nextents: u32,
        12 projid: u32,
        16 cowextsize: u32,
    }

    /// `struct f_owner_ex`. [asm-generic/fcntl.h]
    Owner[8] {
        0 kind: i32,
        4 id: i32,
    }

    /// `struct open_how`. [linux/openat2.h]
    OpenHow[24] {
        0 flags: u64,
        8 mode: u64,
        16 resolve: u64,
    }

    /// The fixed head of `struct file_handle`; the bytes follow. [linux/fs.h]
    HandleHead[8] {
        0 bytes: u32,
        4 kind: i32,
    }

    /// `struct cachestat_range`. [linux/mman.h]
    CacheRange[16] {
        0 offset: u64,
        8 len: u64,
    }

    /// `struct cachestat`, in pages. [linux/mman.h]
    Cachestat[40] {
        0 cache: u64,
        8 dirty: u64,
        16 writeback: u64,
        24 evicted: u64,
        32 recently_evicted: u64,
    }

    /// `struct user_msghdr`. [linux/socket.h]
    Msghdr[56] {
        0 name: u64,
        8 name_len: i32,
        16 list: u64,
        24 count: u64,
        32 control: u64,
        40 control_len: u64,
        48 flags: u32,
    }

    /// `struct mmsghdr`. [linux/socket.h]
    Mmsghdr[64] {
        0 name: u64,
        8 name_len: i32,
        16 list: u64,
        24 count: u64,
        32 control: u64,
        40 control_len: u64,
        48 flags: u32,
        56 len: u32,
    }

    /// The head of `struct cmsghdr`; its data follow, and the next one after them on a multiple of 8.
    CmsgHead[16] {
        0 len: u64,
        8 level: i32,
        12 kind: i32,
    }

    /// `struct sock_fprog`. [linux/filter.h]
    SockFprog[16] {
        0 len: u16,
        8 filter: u64,
    }

    /// `struct itimerspec`.
    Itimerspec[32] {
        0 interval: [i64; 2],
        16 value: [i64; 2],
    }

    /// `struct sigevent`. [asm-generic/siginfo.h]
    Sigevent[64] {
        0 value: u64,
        8 signo: i32,
        12 notify: i32,
        16 tid: i32,
    }

    /// `struct __kernel_timex`. [linux/timex.h]
    Timex[208] {
        0 modes: u32,
        8 offset: i64,
        16 freq: i64,
        24 maxerror: i64,
        32 esterror: i64,
        40 status: i32,
        48 constant: i64,
        56 precision: i64,
        64 tolerance: i64,
        72 time: [i64; 2],
        88 tick: i64,
        96 ppsfreq: i64,
        104 jitter: i64,
        112 shift: i32,
        120 stabil: i64,
        128 jitcnt: i64,
        136 calcnt: i64,
        144 errcnt: i64,
        152 stbcnt: i64,
        160 tai: i32,
    }

    /// `struct sched_attr`, with the members up to `sched_util_max`. [linux/sched/types.h]
    SchedAttr[56] {
        0 size: u32,
        4 policy: u32,
        8 flags: u64,
        16 nice: i32,
        20 priority: u32,
        24 runtime: u64,
        32 deadline: u64,
        40 period: u64,
        48 util_min: u32,
        52 util_max: u32,
    }

    /// `struct __user_cap_header_struct`. [linux/capability.h]
    CapHead[8] {
        0 version: u32,
        4 pid: i32,
    }

    /// Two `struct __user_cap_data_struct`. [linux/capability.h]
    CapData[24] {
        0 sets: [u32; 6],
    }

    /// `struct futex_waitv`. [linux/futex.h]
    FutexWaiter[24] {
        0 value: u64,
        8 at: u64,
        16 flags: u32,
        20 reserved: u32,
    }

    /// `struct mq_attr`. [linux/mqueue.h]
    MqAttr[64] {
        0 flags: i64,
        8 most: i64,
        16 size: i64,
        24 current: i64,
    }

    /// `struct sembuf`. [linux/sem.h]
    Sembuf[6] {
        0 number: u16,
        2 operation: i16,
        4 flags: i16,
    }

    /// `struct ipc64_perm`, the start of the three that follow. [asm-generic/ipcbuf.h]
    IpcPerm[48] {
        0 key: i32,
        4 uid: u32,
        8 gid: u32,
        12 cuid: u32,
        16 cgid: u32,
        20 mode: u32,
        24 seq: u16,
    }

    /// `struct semid64_ds` behind its permissions. [asm-generic/sembuf.h]
    SemidTail[40] {
        0 otime: i64,
        8 ctime: i64,
        16 nsems: u64,
    }

    /// `struct msqid64_ds` behind its permissions. [asm-generic/msgbuf.h]
    MsqidTail[72] {
        0 stime: i64,
        8 rtime: i64,
        16 ctime: i64,
        24 cbytes: u64,
        32 qnum: u64,
        40 qbytes: u64,
        48 lspid: i32,
        52 lrpid: i32,
    }

    /// `struct shmid64_ds` behind its permissions. [asm-generic/shmbuf.h]
    ShmidTail[64] {
        0 segsz: u64,
        8 atime: i64,
        16 dtime: i64,
        24 ctime: i64,
        32 cpid: i32,
        36 lpid: i32,
        40 nattch: u64,
    }

    /// `struct seminfo`. [linux/sem.h]
    Seminfo[40] {
        0 limits: [i32; 10],
    }

    /// `struct msginfo`. [linux/msg.h]
    Msginfo[32] {
        0 limits: [i32; 7],
        28 segments: u16,
    }

    /// `struct shminfo64`. [asm-generic/shmbuf.h]
    Shminfo[72] {
        0 limits: [u64; 5],
    }

    /// `struct shm_info`. [linux/shm.h]
    ShmUse[48] {
        0 used: i32,
        8 total: u64,
        16 resident: u64,
        24 swapped: u64,
        32 attempts: u64,
        40 successes: u64,
    }

    /// `struct clone_args`. [linux/sched.h]
    CloneArgs[88] {
        0 flags: u64,
        8 pidfd: u64,
        16 child_tid: u64,
        24 parent_tid: u64,
        32 exit_signal: u64,
        40 stack: u64,
        48 stack_size: u64,
        56 tls: u64,
        64 set_tid: u64,
        72 set_tid_size: u64,
        80 cgroup: u64,
    }
}
