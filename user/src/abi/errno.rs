//! Error numbers as the guest's registers carry them.
//!
//! Linux gives the asm-generic numbers to most CPUs and to this host alike; an ABI lists the others.

use super::Abi;
use memory::user::{Fault, MapError, StrFault};

/// A Linux error number, 1 to 4095.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(u16);

macro_rules! numbers {
    ($($name:ident)*) => { $(
        #[doc = concat!("`", stringify!($name), "`, see errno(3).")]
        pub const $name: Self = Self::from_host(libc::$name);
    )* };
}

impl Errno {
    numbers! {
        EPERM ENOENT ESRCH EINTR EIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EEXIST
        EINVAL ENOTTY EFBIG ESPIPE EOVERFLOW ERANGE ENAMETOOLONG ENOSYS ELOOP EOPNOTSUPP EISDIR
        EMSGSIZE ENOPROTOOPT ETIMEDOUT
    }

    /// The call was not made, because a signal came first; it is made once the handler is done.
    /// Never seen by a program: Linux too keeps 512 (`ERESTARTSYS`) to itself.
    pub const NOT_MADE: Self = Self(512);

    /// From the number of the host's `errno`. A number no Linux has becomes `EIO`.
    pub const fn from_host(number: i32) -> Self {
        if 0 < number && number < 4096 {
            let [low, high, _, _] = number.to_le_bytes();
            Self(u16::from_le_bytes([low, high]))
        } else {
            Self(5)
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What a system call that fails leaves in the result register: the negative of the ABI's number.
    pub fn register(self, abi: &Abi) -> u64 {
        let other = abi.errnos.iter().find(|(host, _)| *host == self.0);
        0u64.wrapping_sub(u64::from(other.map_or(self.0, |(_, guest)| *guest)))
    }
}

impl From<MapError> for Errno {
    fn from(error: MapError) -> Self {
        Self::from_host(error.errno)
    }
}

impl From<Fault> for Errno {
    fn from(_: Fault) -> Self {
        Self::EFAULT
    }
}

impl From<StrFault> for Errno {
    fn from(error: StrFault) -> Self {
        match error {
            StrFault::Fault(_) => Self::EFAULT,
            StrFault::TooLong => Self::ENAMETOOLONG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::RISCV64;

    #[test]
    fn every_host_number_is_the_number_of_asm_generic() {
        for number in 1..134 {
            let name = syscalls::Errno::new(number).name();
            assert_eq!(i32::from(Errno::from_host(number).number()), number, "{name:?}");
        }
    }

    #[test]
    fn a_failure_is_a_small_negative_register() {
        assert_eq!(Errno::ENOSYS.register(&RISCV64), (-38i64).cast_unsigned());
        assert_eq!(Errno::from_host(-1), Errno::EIO);
        assert_eq!(Errno::from_host(4096), Errno::EIO);
    }
}
