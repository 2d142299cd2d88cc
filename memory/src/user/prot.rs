//! Page protections as the guest asked for them.

use std::fmt;
use std::ops::BitOr;

/// What a guest may do with a page. Bits are numbered as in Linux's `PROT_READ`, `PROT_WRITE` and
/// `PROT_EXEC`, which are the same for every CPU.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Prot(u8);

impl Prot {
    /// No access.
    pub const NONE: Self = Self(0);
    /// Loads.
    pub const READ: Self = Self(1);
    /// Stores.
    pub const WRITE: Self = Self(2);
    /// Instruction fetches.
    pub const EXEC: Self = Self(4);
    /// Loads and stores.
    pub const RW: Self = Self(3);
    /// Loads and fetches.
    pub const RX: Self = Self(5);

    /// From Linux's number; `None` if it has bits other than the three.
    pub const fn from_bits(bits: u64) -> Option<Self> {
        match bits {
            0 => Some(Self(0)),
            1 => Some(Self(1)),
            2 => Some(Self(2)),
            3 => Some(Self(3)),
            4 => Some(Self(4)),
            5 => Some(Self(5)),
            6 => Some(Self(6)),
            7 => Some(Self(7)),
            _ => None,
        }
    }

    /// Linux's number.
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// Whether everything `other` allows is allowed.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The protection of the host's pages. Never executable: the guest's instructions are data
    /// here. Writable or executable pages are readable too, as page tables have it on x86.
    pub(super) const fn host(self) -> i32 {
        if self.contains(Self::WRITE) {
            libc::PROT_READ | libc::PROT_WRITE
        } else if self.0 != 0 {
            libc::PROT_READ
        } else {
            libc::PROT_NONE
        }
    }
}

impl BitOr for Prot {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The three letters of `/proc/self/maps`, such as `r-x`.
impl fmt::Display for Prot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [(Self::READ, 'r'), (Self::WRITE, 'w'), (Self::EXEC, 'x')] {
            write!(f, "{}", if self.contains(bit) { letter } else { '-' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Prot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "---", libc::PROT_NONE)]
    #[case(1, "r--", libc::PROT_READ)]
    #[case(2, "-w-", libc::PROT_READ | libc::PROT_WRITE)]
    #[case(3, "rw-", libc::PROT_READ | libc::PROT_WRITE)]
    #[case(4, "--x", libc::PROT_READ)]
    #[case(5, "r-x", libc::PROT_READ)]
    #[case(7, "rwx", libc::PROT_READ | libc::PROT_WRITE)]
    fn a_protection_prints_and_becomes_a_host_protection(
        #[case] bits: u64,
        #[case] text: &str,
        #[case] host: i32,
    ) {
        let prot = Prot::from_bits(bits).unwrap();
        assert_eq!((prot.to_string().as_str(), prot.host(), prot.bits()), (text, host, bits));
        assert_eq!(Prot::from_bits(bits | 8), None);
    }
}
