//! Names of numbers and of bits. Source: the kernel's `include/uapi`, asm-generic.

/// Numbers and their names. For bits, those of several come before those of one.
pub(super) struct Words {
    /// What zero is called.
    pub zero: &'static str,
    /// Number, name.
    pub list: &'static [(u64, &'static str)],
}

macro_rules! words {
    ($($name:ident $zero:literal { $($value:literal $word:ident)* })*) => { $(
        pub(super) const $name: Words = Words { zero: $zero, list: &[$(($value, stringify!($word))),*] };
    )* };
}

words! {
    ACCESS "F_OK" { 4 R_OK 2 W_OK 1 X_OK }
    AT "0" {
        0x100 AT_SYMLINK_NOFOLLOW 0x200 AT_EACCESS 0x400 AT_SYMLINK_FOLLOW 0x800 AT_NO_AUTOMOUNT
        0x1000 AT_EMPTY_PATH 0x2000 AT_STATX_FORCE_SYNC 0x4000 AT_STATX_DONT_SYNC
    }
    UNLINK "0" { 0x200 AT_REMOVEDIR }
    SEEK "SEEK_SET" { 1 SEEK_CUR 2 SEEK_END 3 SEEK_DATA 4 SEEK_HOLE }
    FCNTL "F_DUPFD" {
        1 F_GETFD 2 F_SETFD 3 F_GETFL 4 F_SETFL 5 F_GETLK 6 F_SETLK 7 F_SETLKW 8 F_SETOWN 9 F_GETOWN
        1030 F_DUPFD_CLOEXEC 1031 F_SETPIPE_SZ 1032 F_GETPIPE_SZ 1033 F_ADD_SEALS 1034 F_GET_SEALS
    }
    IOCTL "0" {
        0x5401 TCGETS 0x5402 TCSETS 0x5403 TCSETSW 0x5404 TCSETSF 0x540f TIOCGPGRP 0x5410 TIOCSPGRP
        0x5413 TIOCGWINSZ 0x5414 TIOCSWINSZ 0x541b FIONREAD 0x5421 FIONBIO 0x5451 FIOCLEX
    }
    PROT "PROT_NONE" { 1 PROT_READ 2 PROT_WRITE 4 PROT_EXEC 0x100_0000 PROT_GROWSDOWN }
    MAP "0" {
        3 MAP_SHARED_VALIDATE 1 MAP_SHARED 2 MAP_PRIVATE 0x10 MAP_FIXED 0x20 MAP_ANONYMOUS
        0x100 MAP_GROWSDOWN 0x800 MAP_DENYWRITE 0x2000 MAP_LOCKED 0x4000 MAP_NORESERVE
        0x8000 MAP_POPULATE 0x1_0000 MAP_NONBLOCK 0x2_0000 MAP_STACK 0x4_0000 MAP_HUGETLB
        0x10_0000 MAP_FIXED_NOREPLACE
    }
    MREMAP "0" { 1 MREMAP_MAYMOVE 2 MREMAP_FIXED 4 MREMAP_DONTUNMAP }
    ADVICE "MADV_NORMAL" {
        1 MADV_RANDOM 2 MADV_SEQUENTIAL 3 MADV_WILLNEED 4 MADV_DONTNEED 8 MADV_FREE 9 MADV_REMOVE
        10 MADV_DONTFORK 11 MADV_DOFORK 14 MADV_HUGEPAGE 15 MADV_NOHUGEPAGE 16 MADV_DONTDUMP 17 MADV_DODUMP
    }
    CLONE "0" {
        0x100 CLONE_VM 0x200 CLONE_FS 0x400 CLONE_FILES 0x800 CLONE_SIGHAND 0x2000 CLONE_PTRACE
        0x4000 CLONE_VFORK 0x8000 CLONE_PARENT 0x1_0000 CLONE_THREAD 0x2_0000 CLONE_NEWNS
        0x4_0000 CLONE_SYSVSEM 0x8_0000 CLONE_SETTLS 0x10_0000 CLONE_PARENT_SETTID
        0x20_0000 CLONE_CHILD_CLEARTID 0x40_0000 CLONE_DETACHED 0x100_0000 CLONE_CHILD_SETTID
        0x11 SIGCHLD
    }
    WAIT "0" { 1 WNOHANG 2 WUNTRACED 4 WEXITED 8 WCONTINUED 0x100_0000 WNOWAIT }
    LIMIT "RLIMIT_CPU" {
        1 RLIMIT_FSIZE 2 RLIMIT_DATA 3 RLIMIT_STACK 4 RLIMIT_CORE 5 RLIMIT_RSS 6 RLIMIT_NPROC
        7 RLIMIT_NOFILE 8 RLIMIT_MEMLOCK 9 RLIMIT_AS 10 RLIMIT_LOCKS 11 RLIMIT_SIGPENDING
    }
    RANDOM "0" { 1 GRND_NONBLOCK 2 GRND_RANDOM 4 GRND_INSECURE }
    FUTEX "FUTEX_WAIT" {
        0x80 FUTEX_PRIVATE_FLAG 0x100 FUTEX_CLOCK_REALTIME 10 FUTEX_WAKE_BITSET 9 FUTEX_WAIT_BITSET
        5 FUTEX_WAKE_OP 4 FUTEX_CMP_REQUEUE 3 FUTEX_REQUEUE 1 FUTEX_WAKE
    }
    MASK "SIG_BLOCK" { 1 SIG_UNBLOCK 2 SIG_SETMASK }
    CLOCK "CLOCK_REALTIME" {
        1 CLOCK_MONOTONIC 2 CLOCK_PROCESS_CPUTIME_ID 3 CLOCK_THREAD_CPUTIME_ID 4 CLOCK_MONOTONIC_RAW
        5 CLOCK_REALTIME_COARSE 6 CLOCK_MONOTONIC_COARSE 7 CLOCK_BOOTTIME
    }
    FAMILY "AF_UNSPEC" { 1 AF_UNIX 2 AF_INET 10 AF_INET6 16 AF_NETLINK 17 AF_PACKET }
}

impl Words {
    /// The name of a number; the number itself if it has none.
    pub fn word(&self, value: u64) -> String {
        let found = self.list.iter().find(|(number, _)| *number == value);
        match found {
            _ if value == 0 => self.zero.to_owned(),
            Some((_, name)) => (*name).to_owned(),
            None => format!("{value:#x}"),
        }
    }

    /// The names of the bits, what has none as a number.
    pub fn flags(&self, value: u64) -> String {
        let mut left = value;
        let mut names = vec![];
        for (bits, name) in self.list {
            if left & bits == *bits {
                left &= !bits;
                names.push((*name).to_owned());
            }
        }
        if left != 0 {
            names.push(format!("{left:#x}"));
        }
        if names.is_empty() { self.zero.to_owned() } else { names.join("|") }
    }
}
