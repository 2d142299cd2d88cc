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

    /// `struct winsize`.
    Winsize winsize[8] { row: u16, col: u16, xpixel: u16, ypixel: u16, }
}
