//! What a program's kernel interface depends on: words, byte order, numbers, structures, flags.
//!
//! An [`Abi`] is a value of tables; the program's ELF file chooses it. Every structure is converted
//! field by field even where this host happens to agree. A further ABI is a further value.

mod errno;
mod flags;
pub mod generic;
mod layout;
mod numbers;
mod riscv;
mod siginfo;
pub mod structs;

#[cfg(test)]
mod tests;

pub use errno::Errno;
pub use flags::{OPEN_FLAGS, OpenFlag, open_to_host};
pub use layout::{Encoded, Place, Record, Set, Word};
pub(crate) use layout::{Row, records, structs};
pub use numbers::Numbers;
pub(crate) use riscv::STRUCTS_64 as SHOWN;
pub use riscv::{RISCV32, RISCV64};
pub use siginfo::Siginfo;

use interp::Order;
use spec::bits::{Low, Sext};
use structs::Structs;

/// The kernel interface of one kind of program.
#[derive(Clone, Copy, Debug)]
pub struct Abi {
    /// The machine, as `uname -m` says it.
    pub machine: &'static str,
    /// An `unsigned long`, a `size_t` or a pointer by itself: 4 or 8 bytes wide.
    pub word: Place,
    /// The byte order of everything in memory.
    pub order: Order,
    /// Where the fields of structures lie.
    pub structs: Structs,
    /// Which call a number means.
    pub numbers: &'static Numbers,
    /// Whether a 64-bit argument in two registers starts at an even one. [syscall(2)]
    pub even_pairs: bool,
    /// Error numbers that differ from the host's: the host's and the program's.
    pub errnos: &'static [(u16, u16)],
    /// The flags of `open`.
    pub open_flags: &'static [OpenFlag],
    /// One past the last address of a program, and of its first stack.
    pub top: u64,
    /// Where position-independent programs go: two thirds up, as Linux without randomisation has it.
    pub pie: u64,
    /// Bytes of a signal frame, without its alignment: `siginfo_t` and `ucontext_t`.
    pub frame: u64,
    /// The instruction set, as `/proc/cpuinfo` shows it.
    pub isa: &'static str,
    /// The paging, as `/proc/cpuinfo` shows it.
    pub mmu: &'static str,
}

/// There is one of each.
impl PartialEq for Abi {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Abi {}

impl Abi {
    /// Bytes of a word: 4 or 8.
    pub const fn word_size(&self) -> u64 {
        self.word.width as u64
    }

    /// A register's value as an unsigned number of the word's width, such as an address.
    pub fn unsigned(&self, register: u64) -> u64 {
        if self.word.width == 4 { u64::from(register.low32()) } else { register }
    }

    /// A number as a register keeps it: sign-extended from the word's width.
    pub fn register(&self, value: u64) -> u64 {
        if self.word.width == 4 { value.sext32() } else { value }
    }

    /// Bytes of a structure.
    pub fn size<T: Record>(&'static self) -> u64 {
        T::size(T::layout(self)) as u64
    }

    /// A structure as the program has it.
    pub fn encode<T: Record>(&'static self, value: &T) -> Encoded<T> {
        Encoded::new(value, T::layout(self), self.order)
    }

    /// A structure from the program's bytes, of which there are [`size`](Self::size).
    pub fn decode<T: Record>(&'static self, bytes: &[u8]) -> T {
        T::decode(T::layout(self), self.order, bytes)
    }
}

/// A length or count as the host indexes: what does not fit is as large as can be.
pub fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The signed number in a register's low half, as the kernel reads an `int` argument.
pub fn int(word: u64) -> i32 {
    word.low32().cast_signed()
}
