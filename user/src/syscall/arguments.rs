//! Arguments: from registers to the types of a row.

use super::Call;
use crate::abi::{Abi, Errno, int};
use interp::Order;

/// A guest address, as a program passed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addr(pub u64);

impl Addr {
    /// Whether the pointer is null, which many calls take as "none".
    pub(super) fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `bytes` further on.
    pub(super) fn plus(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

/// A file descriptor that is not one of strata's own; `AT_FDCWD` and other negative numbers too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(pub i32);

/// A file position that the kernel takes as two words, the lower one first, under every ABI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Split(pub i64);

/// A `long`, with the sign that it has in a word of the ABI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Long(pub i64);

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pass {
    /// In one register.
    Word,
    /// 64 bits: in one register, or where registers are narrower in two, in memory's order.
    /// [syscall(2), architecture-specific requirements]
    Long,
    /// In two registers, the lower word first; a 64-bit one leaves nothing for the second.
    Split,
}

/// An argument as a function wants it.
pub(super) trait Argument: Sized {
    /// How it is passed.
    const PASS: Pass;
    /// From its bits.
    fn of(word: u64, call: &Call<'_>) -> Result<Self, Errno>;
}

macro_rules! argument {
    ($($t:ty, $pass:ident: $word:ident => $value:expr;)*) => { $(impl Argument for $t {
        const PASS: Pass = Pass::$pass;
        fn of($word: u64, _: &Call<'_>) -> Result<Self, Errno> {
            Ok($value)
        }
    })* };
}
argument! {
    u64, Word: word => word;
    i64, Long: word => word.cast_signed();
    u32, Word: word => spec::bits::Low::low32(word);
    i32, Word: word => int(word);
    Addr, Word: word => Addr(word);
    Split, Split: word => Split(word.cast_signed());
}

impl Argument for Long {
    const PASS: Pass = Pass::Word;
    fn of(word: u64, call: &Call<'_>) -> Result<Self, Errno> {
        Ok(Self(call.abi().register(word).cast_signed()))
    }
}

impl Argument for Fd {
    const PASS: Pass = Pass::Word;
    fn of(word: u64, call: &Call<'_>) -> Result<Self, Errno> {
        call.fd(int(word))
    }
}

/// The arguments of a call, one value each, from the argument registers.
pub(super) fn gather(abi: &Abi, passes: &[Pass], registers: [u64; 6]) -> [u64; 6] {
    let narrow = abi.word_size() == 4;
    let word = |n: usize| registers.get(n).map_or(0, |register| abi.unsigned(*register));
    let mut next = 0;
    let mut args = [0; 6];
    for (arg, pass) in args.iter_mut().zip(passes) {
        let pair = *pass == Pass::Split || *pass == Pass::Long && narrow;
        if *pass == Pass::Long && narrow && abi.even_pairs {
            next += next % 2;
        }
        let (first, second) = (word(next), if pair { word(next + 1) } else { 0 });
        next += if pair { 2 } else { 1 };
        *arg = match (pass, abi.order) {
            _ if !narrow => first,
            (Pass::Long, Order::Big) => first << 32 | second,
            _ => first | second << 32,
        };
    }
    args
}

#[cfg(test)]
mod tests {
    use super::Pass::{Long, Split, Word};
    use super::*;
    use crate::abi::{RISCV32, RISCV64};
    use rstest::rstest;

    #[rstest]
    #[case(&RISCV64, &[Word, Long], [1, 2, 3, 4, 5, 6], [1, 2, 0, 0, 0, 0])]
    #[case(&RISCV64, &[Word, Split, Word], [1, 2, 3, 4, 5, 6], [1, 2, 4, 0, 0, 0])]
    #[case(&RISCV32, &[Word, Long, Word], [1, 2, 3, 4, 5, 6], [1, 3 << 32 | 2, 4, 0, 0, 0])]
    #[case(&RISCV32, &[Word, Split, Word], [1, 2, 3, 4, 5, 6], [1, 3 << 32 | 2, 4, 0, 0, 0])]
    #[case(&RISCV32, &[Word], [u64::MAX, 2, 3, 4, 5, 6], [0xffff_ffff, 0, 0, 0, 0, 0])]
    #[case(&RISCV32, &[Word, Long, Long, Word], [1, 2, 3, 4, 5, 6], [1, 3 << 32 | 2, 5 << 32 | 4, 6, 0, 0])]
    #[case(&RISCV32, &[Long, Long, Long, Long], [1, 2, 3, 4, 5, 6], [2 << 32 | 1, 4 << 32 | 3, 6 << 32 | 5, 0, 0, 0])]
    fn registers_become_arguments(
        #[case] abi: &Abi,
        #[case] passes: &[Pass],
        #[case] registers: [u64; 6],
        #[case] wanted: [u64; 6],
    ) {
        assert_eq!(gather(abi, passes, registers), wanted);
    }

    #[rstest]
    #[case(&[Word, Long], [1, 3 << 32 | 4, 0, 0, 0, 0])]
    #[case(&[Word, Word, Long], [1, 2, 3 << 32 | 4, 0, 0, 0])]
    #[case(&[Word, Split], [1, 3 << 32 | 2, 0, 0, 0, 0])]
    fn an_abi_may_want_pairs_in_even_registers_and_the_upper_half_first(
        #[case] passes: &[Pass],
        #[case] wanted: [u64; 6],
    ) {
        let abi = Abi { even_pairs: true, order: Order::Big, ..RISCV32 };
        assert_eq!(gather(&abi, passes, [1, 2, 3, 4, 5, 6]), wanted);
    }
}
