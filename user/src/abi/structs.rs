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
