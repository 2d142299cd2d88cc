//! The structures whose members are shown, by the names that strace gives them.

use super::kinds::Elem::{Array, Chars, One, Record as Held};
use super::kinds::Kind::*;
use super::kinds::Width::{I32, I64, U8, U16, U32, U64};
use super::kinds::{Elem, Kind, Member, Native, Record, When};
use super::words::{files, net, process, tty};
use crate::abi::structs as abi;

const S_IFMT: u64 = 0o170_000;
const DEVICES: &[u64] = &[0o20_000, 0o60_000];

const fn m(at: usize, name: &'static str, elem: Elem) -> Member {
    Member::at(at, name, elem)
}

const fn record(size: usize, native: Option<Native>, members: &'static [Member]) -> Record {
    Record { size, members, more: false, native }
}

const fn brief(size: usize, native: Option<Native>, members: &'static [Member]) -> Record {
    Record { size, members, more: true, native }
}

/// A structure has a table in `abi::structs`, or it is the same under every ABI and its size is given.
macro_rules! records {
    ($($make:ident $name:ident $([$size:expr])? $(as $of:ty)? { $($member:expr,)* })*) => { $(
        pub(super) const $name: Record = {
            const MEMBERS: &[Member] = &[$($member),*];
            $($make($size, None, MEMBERS))?
            $($make(<$of>::SIZE, Some(Native::of::<$of>()), MEMBERS))?
        };
    )* };
}

/// Pairs of times, by the names of their members.
macro_rules! spans {
    ($($name:ident $all:ident $of:ident $first:literal $second:literal)*) => { records! { $(
        record $name as abi::$all { m(0, $first, Held(&$of)), m($of.size, $second, Held(&$of)), }
    )* } };
}

spans! {
    ITIMERVAL Itimerval TIMEVAL "it_interval" "it_value"
    ITIMERSPEC Itimerspec TIMESPEC "it_interval" "it_value"
}

records! {
    brief STAT as abi::Stat {
        Member::of(abi::Stat::FIELDS, "mode", "st_mode", &FileMode),
        Member::of(abi::Stat::FIELDS, "rdev", "st_rdev", &Device).only(When::Is(0, S_IFMT, DEVICES)),
        Member::of(abi::Stat::FIELDS, "size", "st_size", &Size).only(When::Not(0, S_IFMT, DEVICES)),
    }
    brief STATX as abi::Statx {
        Member::of(abi::Statx::FIELDS, "mask", "stx_mask", &Flags(&files::STATX_MASK)),
        Member::of(abi::Statx::FIELDS, "attributes", "stx_attributes", &Flags(&files::STATX_ATTRIBUTES)),
        Member::of(abi::Statx::FIELDS, "mode", "stx_mode", &FileMode),
        Member::of(abi::Statx::FIELDS, "size", "stx_size", &Size),
    }
    record STATFS as abi::Statfs {
        Member::of(abi::Statfs::FIELDS, "kind", "f_type", &Word(&files::FILE_SYSTEM)),
        Member::of(abi::Statfs::FIELDS, "bsize", "f_bsize", &Size),
        Member::of(abi::Statfs::FIELDS, "blocks", "f_blocks", &Size),
        Member::of(abi::Statfs::FIELDS, "bfree", "f_bfree", &Size),
        Member::of(abi::Statfs::FIELDS, "bavail", "f_bavail", &Size),
        Member::of(abi::Statfs::FIELDS, "files", "f_files", &Size),
        Member::of(abi::Statfs::FIELDS, "ffree", "f_ffree", &Size),
        Member::held(abi::Statfs::FIELDS, "fsid", "f_fsid", Held(&FSID)),
        Member::of(abi::Statfs::FIELDS, "namelen", "f_namelen", &Size),
        Member::of(abi::Statfs::FIELDS, "frsize", "f_frsize", &Size),
        Member::of(abi::Statfs::FIELDS, "flags", "f_flags", &Flags(&files::MOUNTED)),
    }
    record FSID [8] { m(0, "val", Array(U32, &Hex, 2)), }
    record FLOCK as abi::Flock {
        Member::of(abi::Flock::FIELDS, "kind", "l_type", &Word(&files::LOCK_KIND)),
        Member::of(abi::Flock::FIELDS, "whence", "l_whence", &Word(&files::SEEK)),
        Member::of(abi::Flock::FIELDS, "start", "l_start", &Long),
        Member::of(abi::Flock::FIELDS, "len", "l_len", &Long),
    }
    record FLOCK_FOUND as abi::Flock {
        Member::of(abi::Flock::FIELDS, "kind", "l_type", &Word(&files::LOCK_KIND)),
        Member::of(abi::Flock::FIELDS, "whence", "l_whence", &Word(&files::SEEK)),
        Member::of(abi::Flock::FIELDS, "start", "l_start", &Long),
        Member::of(abi::Flock::FIELDS, "len", "l_len", &Long),
        Member::of(abi::Flock::FIELDS, "pid", "l_pid", &Int),
    }
    record OPEN_HOW [24] {
        m(0, "flags", One(U64, &Open)),
        m(8, "mode", One(U64, &Mode)).only(When::Any(0, CREATES)),
        m(16, "resolve", One(U64, &Flags(&files::RESOLVE))),
    }
    record POLLFD as abi::Pollfd {
        Member::of(abi::Pollfd::FIELDS, "fd", "fd", &Int),
        Member::of(abi::Pollfd::FIELDS, "events", "events", &Flags(&files::POLL)),
    }
    record POLLED as abi::Pollfd {
        Member::of(abi::Pollfd::FIELDS, "fd", "fd", &Int),
        Member::of(abi::Pollfd::FIELDS, "revents", "revents", &Flags(&files::POLL)),
    }
    record EPOLL_EVENT as abi::EpollEvent {
        Member::of(abi::EpollEvent::FIELDS, "events", "events", &Flags(&files::EPOLL)),
        Member::held(abi::EpollEvent::FIELDS, "data", "data", Held(&EPOLL_DATA)),
    }
    record EPOLL_DATA [8] { m(0, "u32", One(U32, &Size)), m(0, "u64", One(U64, &Size)), }
    record SELECT_MASK [16] {
        m(0, "sigmask", One(U64, &SignalSet)),
        m(8, "sigsetsize", One(U64, &Size)),
    }

    record TIMESPEC as abi::Timespec {
        Member::of(abi::Timespec::FIELDS, "sec", "tv_sec", &Long),
        Member::of(abi::Timespec::FIELDS, "nsec", "tv_nsec", &Size),
    }
    record TIMEVAL as abi::Timeval {
        Member::of(abi::Timeval::FIELDS, "sec", "tv_sec", &Long),
        Member::of(abi::Timeval::FIELDS, "usec", "tv_usec", &Size),
    }
    record TIMEZONE as abi::Timezone {
        Member::of(abi::Timezone::FIELDS, "minuteswest", "tz_minuteswest", &Int),
        Member::of(abi::Timezone::FIELDS, "dsttime", "tz_dsttime", &Int),
    }
    record TMS as abi::Tms {
        Member::of(abi::Tms::FIELDS, "utime", "tms_utime", &Long),
        Member::of(abi::Tms::FIELDS, "stime", "tms_stime", &Long),
        Member::of(abi::Tms::FIELDS, "cutime", "tms_cutime", &Long),
        Member::of(abi::Tms::FIELDS, "cstime", "tms_cstime", &Long),
    }
    brief RUSAGE as abi::Rusage {
        Member::held(abi::Rusage::FIELDS, "utime", "ru_utime", Held(&TIMEVAL)),
        Member::held(abi::Rusage::FIELDS, "stime", "ru_stime", Held(&TIMEVAL)),
    }
    record RLIMIT as abi::Rlimit {
        Member::of(abi::Rlimit::FIELDS, "current", "rlim_cur", &Limit),
        Member::of(abi::Rlimit::FIELDS, "maximum", "rlim_max", &Limit),
    }
    record SYSINFO as abi::Sysinfo {
        Member::of(abi::Sysinfo::FIELDS, "uptime", "uptime", &Long),
        Member::held(abi::Sysinfo::FIELDS, "loads", "loads", Array(U64, &Size, 3)),
        Member::of(abi::Sysinfo::FIELDS, "totalram", "totalram", &Size),
        Member::of(abi::Sysinfo::FIELDS, "freeram", "freeram", &Size),
        Member::of(abi::Sysinfo::FIELDS, "sharedram", "sharedram", &Size),
        Member::of(abi::Sysinfo::FIELDS, "bufferram", "bufferram", &Size),
        Member::of(abi::Sysinfo::FIELDS, "totalswap", "totalswap", &Size),
        Member::of(abi::Sysinfo::FIELDS, "freeswap", "freeswap", &Size),
        Member::of(abi::Sysinfo::FIELDS, "procs", "procs", &Size),
        Member::of(abi::Sysinfo::FIELDS, "totalhigh", "totalhigh", &Size),
        Member::of(abi::Sysinfo::FIELDS, "freehigh", "freehigh", &Size),
        Member::of(abi::Sysinfo::FIELDS, "mem_unit", "mem_unit", &Size),
    }
    brief UTSNAME [390] { m(0, "sysname", Chars(65)), m(65, "nodename", Chars(65)), }
    record SCHED_ATTR [48] {
        m(0, "size", One(U32, &Size)),
        m(4, "sched_policy", One(U32, &Word(&process::SCHEDULER))),
        m(8, "sched_flags", One(U64, &Hex)),
        m(16, "sched_nice", One(I32, &Int)),
        m(20, "sched_priority", One(U32, &Size)),
        m(24, "sched_runtime", One(U64, &Size)),
        m(32, "sched_deadline", One(U64, &Size)),
        m(40, "sched_period", One(U64, &Size)),
    }
    record CLONE_ARGS [64] {
        m(0, "flags", One(U64, &Flags(&process::CLONE))),
        m(8, "pidfd", One(U64, &Pointer)).only(When::Any(0, 0x1000)),
        m(16, "child_tid", One(U64, &Pointer)).only(When::Any(0, 0x120_0000)),
        m(24, "parent_tid", One(U64, &Pointer)).only(When::Any(0, 0x10_0000)),
        m(32, "exit_signal", One(U64, &Signal)),
        m(40, "stack", One(U64, &Pointer)),
        m(48, "stack_size", One(U64, &Hex)),
        m(56, "tls", One(U64, &Pointer)).only(When::Any(0, 0x8_0000)),
    }
    record CAP_HEADER [8] {
        m(0, "version", One(U32, &Word(&process::CAP_VERSION))),
        m(4, "pid", One(I32, &Int)),
    }
    record HWPROBE as abi::Hwprobe {
        Member::of(abi::Hwprobe::FIELDS, "key", "key", &Word(&process::HWPROBE_KEY)),
        Member::of(abi::Hwprobe::FIELDS, "value", "value", &Hex),
    }
    record FUTEX_WAITER [24] {
        m(0, "val", One(U64, &Hex)),
        m(8, "uaddr", One(U64, &Pointer)),
        m(16, "flags", One(U32, &Hex)),
    }

    record SIGACTION as abi::Sigaction {
        Member::of(abi::Sigaction::FIELDS, "handler", "sa_handler", &Handler),
        Member::of(abi::Sigaction::FIELDS, "mask", "sa_mask", &Mask),
        Member::of(abi::Sigaction::FIELDS, "flags", "sa_flags", &Flags(&process::SA)),
    }
    record STACK as abi::SigaltStack {
        Member::of(abi::SigaltStack::FIELDS, "sp", "ss_sp", &Pointer),
        Member::of(abi::SigaltStack::FIELDS, "flags", "ss_flags", &Flags(&process::SS)),
        Member::of(abi::SigaltStack::FIELDS, "size", "ss_size", &Size),
    }
    record SIGEVENT as abi::Sigevent {
        m(0, "sigev_value", Held(&SIGVAL)).only(When::Any(0, u64::MAX)),
        m(8, "sigev_signo", One(I32, &Signal)),
        m(12, "sigev_notify", One(I32, &Word(&process::SIGEV))),
        m(16, "sigev_notify_thread_id", One(I32, &Int)).only(When::Is(2, u64::MAX, &[4])),
    }
    record SIGVAL [8] { m(0, "sival_int", One(I32, &Int)), m(0, "sival_ptr", One(U64, &Pointer)), }

    record WINSIZE as abi::Winsize {
        Member::of(abi::Winsize::FIELDS, "row", "ws_row", &Size),
        Member::of(abi::Winsize::FIELDS, "col", "ws_col", &Size),
        Member::of(abi::Winsize::FIELDS, "xpixel", "ws_xpixel", &Size),
        Member::of(abi::Winsize::FIELDS, "ypixel", "ws_ypixel", &Size),
    }
    brief TERMIOS as abi::Termios {
        Member::of(abi::Termios::FIELDS, "iflag", "c_iflag", &Flags(&tty::INPUT)),
        Member::of(abi::Termios::FIELDS, "oflag", "c_oflag", &Parts(OUTPUT, &tty::OUTPUT)),
        Member::of(abi::Termios::FIELDS, "cflag", "c_cflag", &Parts(CONTROL, &tty::CONTROL)),
        Member::of(abi::Termios::FIELDS, "lflag", "c_lflag", &Flags(&tty::LOCAL)),
    }

    record LINGER [8] { m(0, "l_onoff", One(I32, &Int)), m(4, "l_linger", One(I32, &Int)), }
    record UCRED [12] {
        m(0, "pid", One(I32, &Int)),
        m(4, "uid", One(U32, &Id)),
        m(8, "gid", One(U32, &Id)),
    }
    record SOCKADDR_IN [8] {
        m(0, "sa_family", One(U16, &Word(&net::FAMILY))),
        m(2, "sin_port", One(U16, &Port)),
        m(4, "sin_addr", One(U32, &Inet)),
    }
    record SOCKADDR_NL [12] {
        m(0, "sa_family", One(U16, &Word(&net::FAMILY))),
        m(4, "nl_pid", One(U32, &Size)),
        m(8, "nl_groups", One(U32, &Hex)),
    }
    record MSGHDR_SENT as abi::Msghdr {
        m(0, "msg_name", One(U64, &Address(1))),
        m(8, "msg_namelen", One(U32, &Size)),
        m(16, "msg_iov", One(U64, &BuffersOut(3))),
        m(24, "msg_iovlen", One(U64, &Size)),
        m(32, "msg_control", One(U64, &Control(5))).only(When::Any(5, u64::MAX)),
        m(40, "msg_controllen", One(U64, &Size)),
        m(48, "msg_flags", One(U32, &Flags(&net::MSG))),
    }
    record MSGHDR_GOT as abi::Msghdr {
        m(0, "msg_name", One(U64, &Address(1))),
        m(8, "msg_namelen", One(U32, &Size)),
        m(16, "msg_iov", One(U64, &BuffersIn(3))),
        m(24, "msg_iovlen", One(U64, &Size)),
        m(32, "msg_control", One(U64, &Control(5))).only(When::Any(5, u64::MAX)),
        m(40, "msg_controllen", One(U64, &Size)),
        m(48, "msg_flags", One(U32, &Flags(&net::MSG))),
    }
    record MMSGHDR_SENT as abi::Mmsghdr {
        m(0, "msg_hdr", Held(&MSGHDR_SENT)),
        m(56, "msg_len", One(U32, &Size)),
    }
    record MMSGHDR_GOT as abi::Mmsghdr { m(0, "msg_hdr", Held(&MSGHDR_GOT)), m(56, "msg_len", One(U32, &Size)), }
}

/// `open` flags that make a file, so that its permissions count: O_CREAT and the bit of O_TMPFILE.
pub(super) const CREATES: u64 = 0o20_000_100;

const OUTPUT: &[(u64, &super::words::Words)] = &[
    (0o400, &tty::NL),
    (0o3000, &tty::CR),
    (0o14_000, &tty::TAB),
    (0o20_000, &tty::BS),
    (0o40_000, &tty::VT),
    (0o100_000, &tty::FF),
];
const CONTROL: &[(u64, &super::words::Words)] = &[(0o10_017, &tty::BAUD), (0o60, &tty::BITS)];

/// A byte of a list of bytes.
pub(super) const BYTE: Elem = One(U8, &Size);
/// An `int`.
pub(super) const INT: Elem = One(I32, &Int);
/// A user or group.
pub(super) const ID: Elem = One(U32, &Id);
/// A `long` that counts.
pub(super) const OFFSET: Elem = One(I64, &Long);
/// An address.
pub(super) const ADDRESS: Elem = One(U64, &Kind::Pointer);
