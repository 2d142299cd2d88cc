//! Flags whose bits differ between asm-generic and this host.

use super::Abi;
use spec::bits::Low;

/// A flag of `open(2)`: its name, the program's bits, the host's.
pub type OpenFlag = (&'static str, u32, i32);

/// As most CPUs have them. [include/uapi/asm-generic/fcntl.h]
pub const OPEN_FLAGS: &[OpenFlag] = &[
    ("O_WRONLY", 0o1, libc::O_WRONLY),
    ("O_RDWR", 0o2, libc::O_RDWR),
    ("O_CREAT", 0o100, libc::O_CREAT),
    ("O_EXCL", 0o200, libc::O_EXCL),
    ("O_NOCTTY", 0o400, libc::O_NOCTTY),
    ("O_TRUNC", 0o1000, libc::O_TRUNC),
    ("O_APPEND", 0o2000, libc::O_APPEND),
    ("O_NONBLOCK", 0o4000, libc::O_NONBLOCK),
    ("O_DSYNC", 0o10000, libc::O_DSYNC),
    ("O_ASYNC", 0o20000, libc::O_ASYNC),
    ("O_DIRECT", 0o40000, libc::O_DIRECT),
    // The kernel sets this for every 64-bit program; libc calls it zero.
    ("O_LARGEFILE", 0o100_000, 0o100_000),
    ("O_DIRECTORY", 0o200_000, 0o200_000),
    ("O_NOFOLLOW", 0o400_000, libc::O_NOFOLLOW),
    ("O_NOATIME", 0o1_000_000, libc::O_NOATIME),
    ("O_CLOEXEC", 0o2_000_000, libc::O_CLOEXEC),
    ("__O_SYNC", 0o4_000_000, libc::O_SYNC & !libc::O_DSYNC),
    ("O_PATH", 0o10_000_000, libc::O_PATH),
    ("__O_TMPFILE", 0o20_000_000, libc::O_TMPFILE & !libc::O_DIRECTORY),
];

/// `O_CLOEXEC`, `O_NONBLOCK` and their like in the flags of calls other than `open`, as the host's:
/// these two are alike under every ABI here. Bits Linux does not know are dropped.
pub fn open_to_host(guest: u64) -> i32 {
    to_host(OPEN_FLAGS, guest)
}

fn to_host(table: &[OpenFlag], guest: u64) -> i32 {
    let guest = guest.low32();
    table.iter().filter(|(_, bit, _)| guest & bit != 0).fold(0, |all, (_, _, host)| all | host)
}

impl Abi {
    /// `open` flags as the host's. Bits Linux does not know are dropped, as `open(2)` does.
    pub fn open_to_host(&self, guest: u64) -> i32 {
        to_host(self.open_flags, guest)
    }

    /// Host `open` flags, as `fcntl(F_GETFL)` reports them, in the program's bits.
    pub fn open_to_guest(&self, host: i32) -> u64 {
        let rows = self.open_flags.iter().filter(|(_, _, bit)| host & bit != 0);
        rows.fold(0, |all, (_, guest, _)| all | u64::from(*guest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::RISCV64;

    #[test]
    fn every_open_flag_survives_the_way_there_and_back() {
        for (name, guest, host) in OPEN_FLAGS {
            assert_eq!(RISCV64.open_to_host(u64::from(*guest)), *host, "{name}");
            assert_eq!(RISCV64.open_to_guest(*host), u64::from(*guest), "{name}");
        }
    }

    #[test]
    fn unknown_bits_are_dropped() {
        assert_eq!(open_to_host(0xffff_ffff_0000_0000 | 0x8000_0000), 0);
    }
}
