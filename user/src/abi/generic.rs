//! Structures as `include/uapi/asm-generic` lays them out, which most CPUs keep.

use super::structs;
use super::structs::Structs;

/// With 64-bit words. Members of eight bytes are aligned to eight.
pub const WORDS_64: Structs = structs! {
    stat[128] {
        dev 0+8, ino 8+8, mode 16+4, nlink 20+4, uid 24+4, gid 28+4, rdev 32+8, size 48+8,
        blksize 56+4, blocks 64+8, atime 72+8, atime_nsec 80+8, mtime 88+8, mtime_nsec 96+8,
        ctime 104+8, ctime_nsec 112+8,
    }
    statx[256] {
        mask 0+4, blksize 4+4, attributes 8+8, nlink 16+4, uid 20+4, gid 24+4, mode 28+2,
        ino 32+8, size 40+8, blocks 48+8, attributes_mask 56+8, atime 64+8, atime_nsec 72+4,
        btime 80+8, btime_nsec 88+4, ctime 96+8, ctime_nsec 104+4, mtime 112+8, mtime_nsec 120+4,
        rdev_major 128+4, rdev_minor 132+4, dev_major 136+4, dev_minor 140+4, mnt_id 144+8,
        dio_mem_align 152+4, dio_offset_align 156+4,
    }
    statfs[120] {
        kind 0+8, bsize 8+8, blocks 16+8, bfree 24+8, bavail 32+8, files 40+8, ffree 48+8,
        fsid 56+4, namelen 64+8, frsize 72+8, flags 80+8,
    }
    dirent[19] { ino 0+8, off 8+8, reclen 16+2, kind 18+1, }
    timespec[16] { sec 0+8, nsec 8+8, }
    timeval[16] { sec 0+8, usec 8+8, }
    itimerval[32] { interval 0+8, value 16+8, }
    timezone[8] { minuteswest 0+4, dsttime 4+4, }
    iovec[16] { base 0+8, len 8+8, }
    pollfd[8] { fd 0+4, events 4+2, revents 6+2, }
    epoll_event[16] { events 0+4, data 8+8, }
    flock[32] { kind 0+2, whence 2+2, start 8+8, len 16+8, pid 24+4, }
    rusage[144] { utime 0+8, stime 16+8, counts 32+8, }
    tms[32] { utime 0+8, stime 8+8, cutime 16+8, cstime 24+8, }
    rlimit[16] { current 0+8, maximum 8+8, }
    sysinfo[112] {
        uptime 0+8, loads 8+8, totalram 32+8, freeram 40+8, sharedram 48+8, bufferram 56+8,
        totalswap 64+8, freeswap 72+8, procs 80+2, totalhigh 88+8, freehigh 96+8, mem_unit 104+4,
    }
    sigaction[32] { handler 0+8, flags 8+8, restorer 16+8, mask 24+8, }
    stack[24] { sp 0+8, flags 8+4, size 16+8, }
    mask_and_size[16] { mask 0+8, size 8+8, }
    siginfo[128] { signo 0+4, errno 4+4, code 8+4, }
    siginfo_sent[128] { pid 16+4, uid 20+4, value 24+8, }
    siginfo_child[128] { pid 16+4, uid 20+4, status 24+4, utime 32+8, stime 40+8, }
    siginfo_fault[128] { addr 16+8, lsb 24+2, }
    siginfo_poll[128] { band 16+8, fd 24+4, }
    siginfo_call[128] { call_addr 16+8, syscall 24+4, arch 28+4, }
    // Each CPU has its own.
    ucontext[0] {
        flags 0+0, link 0+0, stack_sp 0+0, stack_flags 0+0, stack_size 0+0, mask 0+0, regs 0+0,
        f 0+0, fcsr 0+0,
    }
    hwprobe[16] { key 0+8, value 8+8, }
    termios[36] { iflag 0+4, oflag 4+4, cflag 8+4, lflag 12+4, line 16+1, cc 17+1, }
    clone_args[88] {
        flags 0+8, pidfd 8+8, child_tid 16+8, parent_tid 24+8, exit_signal 32+8, stack 40+8,
        stack_size 48+8, tls 56+8, set_tid 64+8, set_tid_size 72+8, cgroup 80+8,
    }
    robust_head[24] { list 0+8, distance 8+8, pending 16+8, }
    termios2[44] {
        iflag 0+4, oflag 4+4, cflag 8+4, lflag 12+4, line 16+1, cc 17+1, ispeed 36+4, ospeed 40+4,
    }
    ifreq[40] { name 0+1, value 16+1, rest 32+1, }
    ifconf[16] { len 0+4, list 8+8, }
    clone_range[32] { fd 0+8, from 8+8, len 16+8, to 24+8, }
    fsxattr[28] { xflags 0+4, extsize 4+4, nextents 8+4, projid 12+4, cowextsize 16+4, }
    owner[8] { kind 0+4, id 4+4, }
    open_how[24] { flags 0+8, mode 8+8, resolve 16+8, }
    handle[8] { bytes 0+4, kind 4+4, }
    cache_range[16] { offset 0+8, len 8+8, }
    cachestat[40] { cache 0+8, dirty 8+8, writeback 16+8, evicted 24+8, recently_evicted 32+8, }
    msghdr[56] {
        name 0+8, name_len 8+4, list 16+8, count 24+8, control 32+8, control_len 40+8, flags 48+4,
    }
    mmsghdr[64] {
        name 0+8, name_len 8+4, list 16+8, count 24+8, control 32+8, control_len 40+8, flags 48+4,
        len 56+4,
    }
    cmsg[16] { len 0+8, level 8+4, kind 12+4, }
    sock_fprog[16] { len 0+2, filter 8+8, }
    itimerspec[32] { interval_sec 0+8, interval_nsec 8+8, value_sec 16+8, value_nsec 24+8, }
    sigevent[64] { value 0+8, signo 8+4, notify 12+4, tid 16+4, }
    timex[208] {
        modes 0+4, offset 8+8, freq 16+8, maxerror 24+8, esterror 32+8, status 40+4, constant 48+8,
        precision 56+8, tolerance 64+8, time 72+8, tick 88+8, ppsfreq 96+8, jitter 104+8, shift 112+4,
        stabil 120+8, jitcnt 128+8, calcnt 136+8, errcnt 144+8, stbcnt 152+8, tai 160+4,
    }
    sched_attr[56] {
        size 0+4, policy 4+4, flags 8+8, nice 16+4, priority 20+4, runtime 24+8, deadline 32+8,
        period 40+8, util_min 48+4, util_max 52+4,
    }
    cap_head[8] { version 0+4, pid 4+4, }
    cap_data[24] { sets 0+4, }
    futex_waiter[24] { value 0+8, at 8+8, flags 16+4, reserved 20+4, }
    mq_attr[64] { flags 0+8, most 8+8, size 16+8, current 24+8, }
    sembuf[6] { number 0+2, operation 2+2, flags 4+2, }
    ipc_perm[48] { key 0+4, uid 4+4, gid 8+4, cuid 12+4, cgid 16+4, mode 20+4, seq 24+2, }
    semid[40] { otime 0+8, ctime 8+8, nsems 16+8, }
    msqid[72] {
        stime 0+8, rtime 8+8, ctime 16+8, cbytes 24+8, qnum 32+8, qbytes 40+8, lspid 48+4, lrpid 52+4,
    }
    shmid[64] { segsz 0+8, atime 8+8, dtime 16+8, ctime 24+8, cpid 32+4, lpid 36+4, nattch 40+8, }
    seminfo[40] { limits 0+4, }
    msginfo[32] { limits 0+4, segments 28+2, }
    shminfo[72] { limits 0+8, }
    shm_use[48] { used 0+4, total 8+8, resident 16+8, swapped 24+8, attempts 32+8, successes 40+8, }
    winsize[8] { row 0+2, col 2+2, xpixel 4+2, ypixel 6+2, }
};

/// With 32-bit words, and of the calls those with 64-bit times and file sizes. Members of eight bytes
/// are aligned to eight. The kernel reads four bytes of `tv_nsec` and writes eight, the upper ones zero.
pub const WORDS_32: Structs = structs! {
    // struct stat64
    stat[104] {
        dev 0+8, ino 8+8, mode 16+4, nlink 20+4, uid 24+4, gid 28+4, rdev 32+8, size 48+8,
        blksize 56+4, blocks 64+8, atime 72+4, atime_nsec 76+4, mtime 80+4, mtime_nsec 84+4,
        ctime 88+4, ctime_nsec 92+4,
    }
    // struct statfs64
    statfs[88] {
        kind 0+4, bsize 4+4, blocks 8+8, bfree 16+8, bavail 24+8, files 32+8, ffree 40+8,
        fsid 48+4, namelen 56+4, frsize 60+4, flags 64+4,
    }
    timespec[16] { sec 0+8, nsec 8+4, }
    timeval[8] { sec 0+4, usec 4+4, }
    itimerval[16] { interval 0+4, value 8+4, }
    iovec[8] { base 0+4, len 4+4, }
    flock[16] { kind 0+2, whence 2+2, start 4+4, len 8+4, pid 12+4, }
    rusage[72] { utime 0+4, stime 8+4, counts 16+4, }
    tms[16] { utime 0+4, stime 4+4, cutime 8+4, cstime 12+4, }
    sysinfo[64] {
        uptime 0+4, loads 4+4, totalram 16+4, freeram 20+4, sharedram 24+4, bufferram 28+4,
        totalswap 32+4, freeswap 36+4, procs 40+2, totalhigh 44+4, freehigh 48+4, mem_unit 52+4,
    }
    sigaction[20] { handler 0+4, flags 4+4, restorer 8+4, mask 12+4, }
    stack[12] { sp 0+4, flags 4+4, size 8+4, }
    robust_head[12] { list 0+4, distance 4+4, pending 8+4, }
    mask_and_size[8] { mask 0+4, size 4+4, }
    siginfo_sent[128] { pid 12+4, uid 16+4, value 20+4, }
    siginfo_child[128] { pid 12+4, uid 16+4, status 20+4, utime 24+4, stime 28+4, }
    siginfo_fault[128] { addr 12+4, lsb 16+2, }
    siginfo_poll[128] { band 12+4, fd 16+4, }
    siginfo_call[128] { call_addr 12+4, syscall 16+4, arch 20+4, }
    ifreq[32] { name 0+1, value 16+1, rest 0+0, }
    ifconf[8] { len 0+4, list 4+4, }
    msghdr[28] {
        name 0+4, name_len 4+4, list 8+4, count 12+4, control 16+4, control_len 20+4, flags 24+4,
    }
    mmsghdr[32] {
        name 0+4, name_len 4+4, list 8+4, count 12+4, control 16+4, control_len 20+4, flags 24+4,
        len 28+4,
    }
    cmsg[12] { len 0+4, level 4+4, kind 8+4, }
    sock_fprog[8] { len 0+2, filter 4+4, }
    itimerspec[32] { interval_sec 0+8, interval_nsec 8+4, value_sec 16+8, value_nsec 24+4, }
    sigevent[64] { value 0+4, signo 4+4, notify 8+4, tid 12+4, }
    mq_attr[32] { flags 0+4, most 4+4, size 8+4, current 12+4, }
    ipc_perm[36] { key 0+4, uid 4+4, gid 8+4, cuid 12+4, cgid 16+4, mode 20+4, seq 24+2, }
    // Times in two words, the lower one first.
    semid[28] { otime 0+8, ctime 8+8, nsems 16+4, }
    msqid[52] {
        stime 0+8, rtime 8+8, ctime 16+8, cbytes 24+4, qnum 28+4, qbytes 32+4, lspid 36+4, lrpid 40+4,
    }
    shmid[48] { segsz 0+4, atime 4+8, dtime 12+8, ctime 20+8, cpid 28+4, lpid 32+4, nattch 36+4, }
    shminfo[36] { limits 0+4, }
    shm_use[24] { used 0+4, total 4+4, resident 8+4, swapped 12+4, attempts 16+4, successes 20+4, }
    ..WORDS_64
};

/// `struct flock64`, for the commands `F_GETLK64` and its like.
pub const FLOCK_64: super::structs::flock::Layout = WORDS_64.flock;
