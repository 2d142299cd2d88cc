//! What a signal brings along: a head, and a union of which the signal and its code name the member.

use super::structs::{SiginfoCall, SiginfoChild, SiginfoFault, SiginfoHead, SiginfoPoll, SiginfoSent};
use super::structs::{Structs, siginfo};
use super::{Abi, Record};
use interp::Order;
use spec::bits::Low;

/// A `siginfo_t`. The four words are its union as a little-endian kernel with 64-bit words has it,
/// which is this host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the members are named as in the kernel's headers")]
pub struct Siginfo {
    pub signo: i32,
    pub errno: i32,
    pub code: i32,
    pub first: u64,
    pub second: u64,
    pub third: u64,
    pub fourth: u64,
}

/// The members of the union. [kernel/signal.c, siginfo_layout]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Member {
    Sent,
    Child,
    Fault,
    Poll,
    Call,
}

/// `si_code` values. [asm-generic/siginfo.h]
const SI_KERNEL: i32 = 0x80;
const SI_SIGIO: i32 = -5;

impl Siginfo {
    fn member(&self) -> Member {
        match (self.code, self.signo) {
            (SI_SIGIO, _) => Member::Poll,
            (1..SI_KERNEL, libc::SIGILL | libc::SIGFPE | libc::SIGSEGV | libc::SIGBUS | libc::SIGTRAP) => {
                Member::Fault
            }
            (1..SI_KERNEL, libc::SIGCHLD) => Member::Child,
            (1..SI_KERNEL, libc::SIGSYS) => Member::Call,
            // F_SETSIG makes any signal one of a descriptor.
            (1..SI_KERNEL, _) => Member::Poll,
            _ => Member::Sent,
        }
    }

    fn sent(&self) -> SiginfoSent {
        SiginfoSent { pid: first_int(self.first), uid: (self.first >> 32).low32(), value: self.second }
    }

    fn child(&self) -> SiginfoChild {
        let SiginfoSent { pid, uid, .. } = self.sent();
        let (status, utime, stime) =
            (first_int(self.second), self.third.cast_signed(), self.fourth.cast_signed());
        SiginfoChild { pid, uid, status, utime, stime }
    }

    fn fault(&self) -> SiginfoFault {
        let [low, high, ..] = self.second.to_le_bytes();
        SiginfoFault { addr: self.first, lsb: i16::from_le_bytes([low, high]) }
    }

    fn poll(&self) -> SiginfoPoll {
        SiginfoPoll { band: self.first.cast_signed(), fd: first_int(self.second) }
    }

    fn call(&self) -> SiginfoCall {
        let (syscall, arch) = (first_int(self.second), (self.second >> 32).low32());
        SiginfoCall { call_addr: self.first, syscall, arch }
    }

    /// The words of the union that a member leaves.
    fn with(self, words: [u64; 4]) -> Self {
        let [first, second, third, fourth] = words;
        Self { first, second, third, fourth, ..self }
    }
}

fn first_int(word: u64) -> i32 {
    word.low32().cast_signed()
}

fn two(low: i32, high: u32) -> u64 {
    u64::from(low.cast_unsigned()) | u64::from(high) << 32
}

impl Record for Siginfo {
    type Layout = Structs;
    type Room = <SiginfoHead as Record>::Room;
    const ZEROS: Self::Room = <SiginfoHead as Record>::ZEROS;

    fn layout(abi: &'static Abi) -> &'static Structs {
        &abi.structs
    }

    fn size(layout: &Structs) -> usize {
        let siginfo::Layout { extent, .. } = layout.siginfo;
        extent.into()
    }

    fn encode(&self, layout: &Structs, order: Order, to: &mut [u8]) {
        let head = SiginfoHead { signo: self.signo, errno: self.errno, code: self.code };
        head.encode(&layout.siginfo, order, to);
        match self.member() {
            Member::Sent => self.sent().encode(&layout.siginfo_sent, order, to),
            Member::Child => self.child().encode(&layout.siginfo_child, order, to),
            Member::Fault => self.fault().encode(&layout.siginfo_fault, order, to),
            Member::Poll => self.poll().encode(&layout.siginfo_poll, order, to),
            Member::Call => self.call().encode(&layout.siginfo_call, order, to),
        }
    }

    fn decode(layout: &Structs, order: Order, from: &[u8]) -> Self {
        let SiginfoHead { signo, errno, code } = SiginfoHead::decode(&layout.siginfo, order, from);
        let head = Self { signo, errno, code, ..Self::default() };
        head.with(match head.member() {
            Member::Sent => {
                let m = SiginfoSent::decode(&layout.siginfo_sent, order, from);
                [two(m.pid, m.uid), m.value, 0, 0]
            }
            Member::Child => {
                let m = SiginfoChild::decode(&layout.siginfo_child, order, from);
                let times = [m.utime, m.stime].map(i64::cast_unsigned);
                [two(m.pid, m.uid), two(m.status, 0), times[0], times[1]]
            }
            Member::Fault => {
                let m = SiginfoFault::decode(&layout.siginfo_fault, order, from);
                [m.addr, u64::from(m.lsb.cast_unsigned()), 0, 0]
            }
            Member::Poll => {
                let m = SiginfoPoll::decode(&layout.siginfo_poll, order, from);
                [m.band.cast_unsigned(), two(m.fd, 0), 0, 0]
            }
            Member::Call => {
                let m = SiginfoCall::decode(&layout.siginfo_call, order, from);
                [m.call_addr, two(m.syscall, m.arch), 0, 0]
            }
        })
    }
}
