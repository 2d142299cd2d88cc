//! Tables against the bytes that a kernel writes.

use super::structs::*;
use super::*;
use rstest::rstest;

/// A toy: 32-bit words, big-endian, eight-byte members aligned to four as on i386, a restorer.
static TOY: Abi = Abi {
    machine: "toy",
    order: Order::Big,
    even_pairs: true,
    errnos: &[(11, 35)],
    open_flags: &[("O_CREAT", 0x200, libc::O_CREAT), ("O_TRUNC", 0x400, libc::O_TRUNC)],
    structs: structs! {
        stat[32] {
            dev 0+2, ino 4+4, mode 8+2, nlink 10+2, uid 12+2, gid 14+2, rdev 16+2, size 20+4,
            blksize 24+4, blocks 28+4, atime 0+0, atime_nsec 0+0, mtime 0+0, mtime_nsec 0+0,
            ctime 0+0, ctime_nsec 0+0,
        }
        timespec[12] { sec 0+8, nsec 8+4, }
        epoll_event[12] { events 0+4, data 4+8, }
        ..generic::WORDS_32
    },
    ..RISCV32_COPY
};

/// A constant may not name a static; the rest of the toy is riscv32's.
const RISCV32_COPY: Abi = riscv::RISCV32_VALUE;

fn back<T: Record + Copy + PartialEq + std::fmt::Debug>(abi: &'static Abi, value: T) {
    let bytes = abi.encode(&value);
    assert_eq!(bytes.len() as u64, abi.size::<T>());
    assert_eq!(abi.decode::<T>(&bytes), value, "{bytes:?}", bytes = &bytes[..]);
}

#[rstest]
#[case(&RISCV64)]
#[case(&RISCV32)]
#[case(&TOY)]
fn what_is_written_is_read_back(#[case] abi: &'static Abi) {
    back(abi, Timespec { sec: -2, nsec: 999_999_999 });
    back(abi, Timeval { sec: -2, usec: -3 });
    back(abi, Iovec { base: 0x8000_0010, len: 7 });
    back(abi, Pollfd { fd: -1, events: -2, revents: 3 });
    back(abi, EpollEvent { events: 5, data: 0x1122_3344_5566_7788 });
    back(abi, Rusage { utime: [1, 2], stime: [3, 4], counts: [-7; 14] });
    back(abi, Sigaction { handler: 9, flags: 0x1000_0000, restorer: 0, mask: Set(0x8000_0001_0000_0002) });
    back(abi, SigaltStack { sp: 0x7fff_0000, flags: 2, size: 4096 });
    back(abi, Flock { kind: 1, whence: 2, start: -3, len: 4, pid: 5 });
    back(abi, Set(0x0123_4567_89ab_cdef));
    back(abi, Word(0x89ab_cdef));
    back(abi, -5i32);
    back(abi, -5i64);
    for siginfo in SIGINFOS {
        back(abi, siginfo);
    }
}

/// One of each member of the union: a signal that was sent, one with a value, a child, a fault, a
/// descriptor, a refused call.
const SIGINFOS: [Siginfo; 6] = [
    Siginfo { signo: 10, errno: 0, code: 0, first: 7 | 1000 << 32, second: 0, third: 0, fourth: 0 },
    Siginfo { signo: 34, errno: 0, code: -1, first: 7 | 1000 << 32, second: 0x1234, third: 0, fourth: 0 },
    Siginfo { signo: 17, errno: 0, code: 1, first: 7 | 1000 << 32, second: 42, third: 3, fourth: 4 },
    Siginfo { signo: 11, errno: 0, code: 1, first: 0x8000_1000, second: 0, third: 0, fourth: 0 },
    Siginfo { signo: 29, errno: 0, code: 1, first: 0x41, second: 3, third: 0, fourth: 0 },
    Siginfo {
        signo: 31,
        errno: 0,
        code: 1,
        first: 0x1000,
        second: 5 | 0xc000_00f3 << 32,
        third: 0,
        fourth: 0,
    },
];

#[test]
fn a_toy_kernel_gets_its_own_bytes() {
    let time = TOY.encode(&Timespec { sec: 1, nsec: 2 });
    assert_eq!(time[..], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    let event = TOY.encode(&EpollEvent { events: 1, data: 2 });
    assert_eq!(event[..], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    let action = TOY.encode(&Sigaction { handler: 1, flags: 2, restorer: 3, mask: Set(4) });
    assert_eq!(action[..], [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0]);
    let stat = Stat { dev: 0x1_0203, mode: 0o100_644, size: -1, atime: 5, ..Stat::default() };
    let bytes = TOY.encode(&stat);
    assert_eq!(bytes[..2], [2, 3]);
    assert_eq!(bytes[8..10], [0x81, 0xa4]);
    assert_eq!(bytes[20..24], [0xff; 4]);
    assert_eq!(TOY.decode::<Stat>(&bytes), Stat { dev: 0x203, atime: 0, ..stat });
}

#[test]
fn a_toy_kernel_has_its_own_numbers() {
    assert_eq!(Errno::EAGAIN.register(&TOY), (-35i64).cast_unsigned());
    assert_eq!(Errno::EINTR.register(&TOY), (-4i64).cast_unsigned());
    assert_eq!(TOY.open_to_host(0x600), libc::O_CREAT | libc::O_TRUNC);
    assert_eq!(TOY.open_to_guest(libc::O_CREAT), 0x200);
}

/// As `cc -E` shows the kernel's headers for riscv32, and as its calls fill them.
#[test]
fn riscv32_has_short_words_and_long_times() {
    assert_eq!(RISCV32.size::<Timespec>(), 16);
    assert_eq!(RISCV32.size::<Statfs>(), 88);
    assert_eq!(RISCV32.size::<Rusage>(), 72);
    assert_eq!(RISCV32.size::<Sigaction>(), 16);
    assert_eq!(RISCV32.size::<Siginfo>() + RISCV32.size::<Ucontext>(), RISCV32.frame);
    assert_eq!(RISCV64.size::<Siginfo>() + RISCV64.size::<Ucontext>(), RISCV64.frame);
    let fault = RISCV32.encode(&SIGINFOS[3]);
    assert_eq!(fault[..16], [11, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x10, 0, 0x80]);
    let child = RISCV32.encode(&SIGINFOS[2]);
    assert_eq!(child[12..24], [7, 0, 0, 0, 0xe8, 3, 0, 0, 42, 0, 0, 0]);
}

/// The kernel takes four bytes of `tv_nsec`; what a program leaves beside them does not count.
#[test]
fn the_padding_of_a_short_nsec_is_ignored() {
    let mut bytes = [0xff; 16];
    bytes[..12].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(RISCV32.decode::<Timespec>(&bytes), Timespec { sec: 1, nsec: 2 });
    assert_eq!(RISCV64.decode::<Timespec>(&bytes).nsec, 0xffff_ffff_0000_0002u64.cast_signed());
}

#[rstest]
#[case(&RISCV64, 63, Some("read"))]
#[case(&RISCV64, 113, Some("clock_gettime"))]
#[case(&RISCV64, 222, Some("mmap"))]
#[case(&RISCV64, 62, Some("lseek"))]
#[case(&RISCV64, 403, None)]
#[case(&RISCV32, 63, Some("read"))]
#[case(&RISCV32, 113, None)]
#[case(&RISCV32, 403, Some("clock_gettime"))]
#[case(&RISCV32, 222, Some("mmap2"))]
#[case(&RISCV32, 62, Some("llseek"))]
#[case(&RISCV32, 80, None)]
#[case(&RISCV32, 163, None)]
#[case(&RISCV32, 260, None)]
#[case(&RISCV32, u64::MAX, None)]
fn a_number_is_a_call(#[case] abi: &Abi, #[case] number: u64, #[case] name: Option<&str>) {
    assert_eq!(abi.numbers.call(number).map(|call| call.name()), name);
}

/// Every call of the table has a number somewhere: none is dead.
#[test]
fn every_row_has_a_number() {
    let has = |abi: &Abi, row| (0..1024).any(|number| abi.numbers.call(number) == Some(row));
    for (row, _) in crate::syscall::SIGNATURES {
        assert!(has(&RISCV64, *row) || has(&RISCV32, *row), "{}", row.name());
    }
}

#[test]
fn a_register_keeps_a_word_with_its_sign() {
    assert_eq!(RISCV32.register(0x8000_0000), 0xffff_ffff_8000_0000);
    assert_eq!(RISCV32.unsigned(0xffff_ffff_8000_0000), 0x8000_0000);
    assert_eq!(RISCV64.register(0x8000_0000), 0x8000_0000);
}
