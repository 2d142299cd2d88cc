//! How Linux lays things out for a riscv64 program: error numbers, structures, flags.
//!
//! Every structure is a table of offsets, converted field by field even where this host happens to
//! agree. Source: the kernel's `include/uapi/asm-generic` and `arch/riscv/include/uapi/asm`.

mod errno;
mod flags;
mod layout;
pub mod structs;

pub use errno::Errno;
pub use flags::{OPEN_FLAGS, open_to_guest, open_to_host};
pub(crate) use layout::{Field, layout};

use spec::bits::Low;

/// A length or count as the host indexes: what does not fit is as large as can be.
pub fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The signed number in a register's low half, as the kernel reads an `int` argument.
pub fn int(word: u64) -> i32 {
    word.low32().cast_signed()
}
