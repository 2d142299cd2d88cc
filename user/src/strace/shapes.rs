//! How the arguments of each call print: one row a call whose types alone do not say.

use super::words::{self, Words};
use crate::syscall::Sysno;

/// How one argument prints.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A signed 32-bit number.
    Int,
    /// A signed number.
    Long,
    /// An unsigned number.
    Size,
    /// A hexadecimal number.
    Hex,
    /// An address, `NULL` for zero.
    Pointer,
    /// A descriptor, or the folder that relative names start from.
    Dir,
    /// A file name.
    Path,
    /// Bytes that the program hands over, as many as the argument of this number says.
    In(usize),
    /// Bytes that the call fills, as many as its result says.
    Out,
    /// A list of strings.
    Strings,
    /// A list of which only the length is of interest.
    Environment,
    /// Permissions, in octal.
    Mode,
    /// The same, if the `open` flags before it make a file.
    CreateMode,
    /// `open` flags.
    Open,
    /// Bits with names.
    Flags(&'static Words),
    /// A number with a name.
    Word(&'static Words),
    /// A signal.
    Signal,
    /// A set of signals.
    SignalSet,
    /// A `struct timespec`.
    Time,
    /// A `struct stat` that the call fills.
    Stat,
    /// Two descriptors that the call fills.
    Pair,
    /// A number that the call fills, such as an exit status.
    IntOut,
    /// A C string that the call fills.
    TextOut,
}

impl Shape {
    /// By the name of the type in the table of calls.
    pub fn of_type(name: &str) -> Self {
        match name {
            "Fd" | "i32" => Self::Int,
            "i64" => Self::Long,
            "Addr" => Self::Pointer,
            _ => Self::Size,
        }
    }
}

use Shape::*;
use words::*;

/// The rows.
pub(super) const ROWS: &[(Sysno, &[Shape])] = &[
    // files
    (Sysno::openat, &[Dir, Path, Open, CreateMode]),
    (Sysno::read, &[Int, Out, Size]),
    (Sysno::pread64, &[Int, Out, Size, Long]),
    (Sysno::write, &[Int, In(2), Size]),
    (Sysno::pwrite64, &[Int, In(2), Size, Long]),
    (Sysno::lseek, &[Int, Long, Word(&SEEK)]),
    (Sysno::fcntl, &[Int, Word(&FCNTL), Size]),
    (Sysno::ioctl, &[Int, Word(&IOCTL), Pointer]),
    (Sysno::dup3, &[Int, Int, Open]),
    (Sysno::pipe2, &[Pair, Open]),
    (Sysno::faccessat, &[Dir, Path, Flags(&ACCESS)]),
    (Sysno::faccessat2, &[Dir, Path, Flags(&ACCESS), Flags(&AT)]),
    (Sysno::mkdirat, &[Dir, Path, Mode]),
    (Sysno::mknodat, &[Dir, Path, Mode, Hex]),
    (Sysno::unlinkat, &[Dir, Path, Flags(&UNLINK)]),
    (Sysno::renameat2, &[Dir, Path, Dir, Path, Hex]),
    (Sysno::linkat, &[Dir, Path, Dir, Path, Flags(&AT)]),
    (Sysno::symlinkat, &[Path, Dir, Path]),
    (Sysno::readlinkat, &[Dir, Path, Out, Size]),
    (Sysno::fchmod, &[Int, Mode]),
    (Sysno::fchmodat, &[Dir, Path, Mode]),
    (Sysno::fchownat, &[Dir, Path, Int, Int, Flags(&AT)]),
    (Sysno::utimensat, &[Dir, Path, Pointer, Flags(&AT)]),
    (Sysno::truncate, &[Path, Long]),
    (Sysno::chdir, &[Path]),
    (Sysno::chroot, &[Path]),
    (Sysno::getcwd, &[TextOut, Size]),
    (Sysno::umask, &[Mode]),
    (Sysno::newfstatat, &[Dir, Path, Stat, Flags(&AT)]),
    (Sysno::fstat, &[Int, Stat]),
    (Sysno::statx, &[Dir, Path, Flags(&AT), Hex, Pointer]),
    (Sysno::statfs, &[Path, Pointer]),
    (Sysno::getxattr, &[Path, Path, Pointer, Size]),
    (Sysno::lgetxattr, &[Path, Path, Pointer, Size]),
    (Sysno::fgetxattr, &[Int, Path, Pointer, Size]),
    (Sysno::listxattr, &[Path, Pointer, Size]),
    (Sysno::llistxattr, &[Path, Pointer, Size]),
    (Sysno::memfd_create, &[Path, Hex]),
    (Sysno::inotify_add_watch, &[Int, Path, Hex]),
    // memory
    (Sysno::brk, &[Pointer]),
    (Sysno::mmap, &[Pointer, Size, Flags(&PROT), Flags(&MAP), Int, Hex]),
    (Sysno::munmap, &[Pointer, Size]),
    (Sysno::mprotect, &[Pointer, Size, Flags(&PROT)]),
    (Sysno::mremap, &[Pointer, Size, Size, Flags(&MREMAP), Pointer]),
    (Sysno::madvise, &[Pointer, Size, Word(&ADVICE)]),
    (Sysno::riscv_flush_icache, &[Pointer, Pointer, Hex]),
    // processes
    (Sysno::clone, &[Flags(&CLONE), Pointer, Pointer, Pointer, Pointer]),
    (Sysno::execve, &[Path, Strings, Environment]),
    (Sysno::wait4, &[Int, IntOut, Flags(&WAIT), Pointer]),
    (Sysno::waitid, &[Int, Int, Pointer, Flags(&WAIT), Pointer]),
    (Sysno::set_tid_address, &[Pointer]),
    (Sysno::prlimit64, &[Int, Word(&LIMIT), Pointer, Pointer]),
    (Sysno::getrlimit, &[Word(&LIMIT), Pointer]),
    (Sysno::setrlimit, &[Word(&LIMIT), Pointer]),
    (Sysno::prctl, &[Int, Hex, Hex, Hex, Hex]),
    (Sysno::getrandom, &[Out, Size, Flags(&RANDOM)]),
    (Sysno::futex, &[Pointer, Flags(&FUTEX), Size, Pointer, Pointer, Hex]),
    // signals and time
    (Sysno::rt_sigaction, &[Signal, Pointer, Pointer, Size]),
    (Sysno::rt_sigprocmask, &[Word(&MASK), SignalSet, Pointer, Size]),
    (Sysno::rt_sigsuspend, &[SignalSet, Size]),
    (Sysno::rt_sigtimedwait, &[SignalSet, Pointer, Time, Size]),
    (Sysno::kill, &[Int, Signal]),
    (Sysno::tkill, &[Int, Signal]),
    (Sysno::tgkill, &[Int, Int, Signal]),
    (Sysno::clock_gettime, &[Word(&CLOCK), Pointer]),
    (Sysno::clock_getres, &[Word(&CLOCK), Pointer]),
    (Sysno::clock_settime, &[Word(&CLOCK), Time]),
    (Sysno::clock_nanosleep, &[Word(&CLOCK), Hex, Time, Pointer]),
    (Sysno::nanosleep, &[Time, Pointer]),
    // sockets
    (Sysno::socket, &[Word(&FAMILY), Hex, Int]),
    (Sysno::socketpair, &[Word(&FAMILY), Hex, Int, Pair]),
    (Sysno::sendto, &[Int, In(2), Size, Hex, Pointer, Int]),
    (Sysno::recvfrom, &[Int, Out, Size, Hex, Pointer, Pointer]),
];
