//! RISC-V: asm-generic structures but for `sigaction`, which has no restorer, and the signal frame.

use super::generic::{WORDS_32, WORDS_64};
use super::numbers::{Numbers, rows};
use super::structs::Structs;
use super::{Abi, OPEN_FLAGS, Place, structs};
use crate::syscall::Sysno as Row;
use interp::Order;
use memory::addr::PAGE;
use memory::user::Space;
use syscalls::{riscv32, riscv64};

/// `siginfo_t`, then `ucontext_t`. [arch/riscv/include/uapi/asm/ucontext.h, sigcontext.h]
const FRAME_64: u64 = 128 + 960;
const FRAME_32: u64 = 128 + 816;

fn name_64(number: usize) -> Option<&'static str> {
    riscv64::Sysno::new(number).map(|call| call.name())
}

fn name_32(number: usize) -> Option<&'static str> {
    riscv32::Sysno::new(number).map(|call| call.name())
}

/// Names that riscv32 has for calls of the table: there is one call where times and file sizes have
/// 64 bits under either ABI. [arch/riscv/include/uapi/asm/unistd.h, asm-generic/unistd.h]
const OTHERS_32: &[(&str, Option<Row>)] = &[
    ("fcntl64", Some(Row::fcntl)),
    ("truncate64", Some(Row::truncate)),
    ("ftruncate64", Some(Row::ftruncate)),
    ("sendfile64", Some(Row::sendfile)),
    ("fadvise64_64", Some(Row::fadvise64)),
    ("clock_gettime64", Some(Row::clock_gettime)),
    ("clock_settime64", Some(Row::clock_settime)),
    ("clock_getres_time64", Some(Row::clock_getres)),
    ("clock_nanosleep_time64", Some(Row::clock_nanosleep)),
    ("utimensat_time64", Some(Row::utimensat)),
    ("pselect6_time64", Some(Row::pselect6)),
    ("ppoll_time64", Some(Row::ppoll)),
    ("rt_sigtimedwait_time64", Some(Row::rt_sigtimedwait)),
    ("futex_time64", Some(Row::futex)),
    ("clock_adjtime64", Some(Row::clock_adjtime)),
    ("timer_gettime64", Some(Row::timer_gettime)),
    ("timer_settime64", Some(Row::timer_settime)),
    ("timerfd_gettime64", Some(Row::timerfd_gettime)),
    ("timerfd_settime64", Some(Row::timerfd_settime)),
    ("recvmmsg_time64", Some(Row::recvmmsg)),
    ("mq_timedsend_time64", Some(Row::mq_timedsend)),
    ("mq_timedreceive_time64", Some(Row::mq_timedreceive)),
    ("semtimedop_time64", Some(Row::semtimedop)),
    ("sched_rr_get_interval_time64", Some(Row::sched_rr_get_interval)),
    // In the list of names, but built for 64-bit words only. [arch/riscv/kernel/Makefile.syscalls]
    ("getrlimit", None),
    ("setrlimit", None),
];

static NUMBERS_64: Numbers = Numbers::new(name_64, || rows(name_64, &[("mmap2", None)]));
static NUMBERS_32: Numbers = Numbers::new(name_32, || rows(name_32, OTHERS_32));

/// Structures of riscv64.
pub(crate) const STRUCTS_64: Structs = structs! {
    sigaction[24] { handler 0+8, flags 8+8, restorer 0+0, mask 16+8, }
    ucontext[960] {
        flags 0+8, link 8+8, stack_sp 16+8, stack_flags 24+4, stack_size 32+8, mask 40+8,
        regs 176+8, f 432+8, fcsr 688+4,
    }
    ..WORDS_64
};

/// riscv64 Linux with Sv39 paging.
pub static RISCV64: Abi = Abi {
    machine: "riscv64",
    word: Place::new(0, 8),
    order: Order::Little,
    structs: STRUCTS_64,
    numbers: &NUMBERS_64,
    even_pairs: false,
    errnos: &[],
    open_flags: OPEN_FLAGS,
    top: Space::SV39_TOP,
    pie: 0x2a_aaaa_a000,
    frame: FRAME_64,
    isa: "rv64imafdc_zicbom_zicbop_zicboz_zicond_zicsr_zifencei_zihintpause_zfhmin_zba_zbb_zbc_zbs",
    mmu: "sv39",
};

/// riscv32 Linux. A program has all addresses but the last two pages, so that none looks like an
/// error number.
pub static RISCV32: Abi = RISCV32_VALUE;

/// The same, for constants.
pub(super) const RISCV32_VALUE: Abi = Abi {
    machine: "riscv32",
    word: Place::new(0, 4),
    order: Order::Little,
    structs: structs! {
        sigaction[16] { handler 0+4, flags 4+4, restorer 0+0, mask 8+4, }
        ucontext[816] {
            flags 0+4, link 4+4, stack_sp 8+4, stack_flags 12+4, stack_size 16+4, mask 20+4,
            regs 160+4, f 288+8, fcsr 544+4,
        }
        ..WORDS_32
    },
    numbers: &NUMBERS_32,
    even_pairs: false,
    errnos: &[],
    open_flags: OPEN_FLAGS,
    top: (1 << 32) - 2 * PAGE,
    pie: 0xaaaa_a000,
    frame: FRAME_32,
    isa: "rv32imafdc_zicbom_zicbop_zicboz_zicond_zicsr_zifencei_zihintpause_zfhmin_zba_zbb_zbc_zbs",
    mmu: "sv32",
};
