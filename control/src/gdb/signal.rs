//! Linux's signal numbers and gdb's, which are the same for few signals only.

use gdbstub::common::Signal;

/// gdb's number for each of Linux's signals 1 to 31. [gdb, include/gdb/signals.def]
const GDB: [u8; 31] = [
    1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, 143, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28,
    23, 32, 12,
];
/// gdb's number for a signal that it does not know.
const UNKNOWN: u8 = 143;

/// gdb's number for a signal of Linux. Real-time signals from 33 on have numbers in a row.
pub fn to_gdb(linux: i32) -> Signal {
    let number = match linux {
        1..=31 => usize::try_from(linux - 1).ok().and_then(|n| GDB.get(n)).copied(),
        33..=63 => u8::try_from(linux - 33 + 45).ok(),
        32 => Some(77),
        64 => Some(78),
        _ => None,
    };
    Signal(number.unwrap_or(UNKNOWN))
}

/// Linux's number for a signal of gdb, if Linux has it.
pub fn from_gdb(gdb: Signal) -> Option<i32> {
    (1..=64).find(|linux| to_gdb(*linux) == gdb && gdb.0 != UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(5, 5)]
    #[case(7, 10)]
    #[case(10, 30)]
    #[case(11, 11)]
    #[case(17, 20)]
    #[case(34, 46)]
    #[case(64, 78)]
    fn a_signal_is_translated_both_ways(#[case] linux: i32, #[case] gdb: u8) {
        assert_eq!(to_gdb(linux), Signal(gdb));
        assert_eq!(from_gdb(Signal(gdb)), Some(linux));
    }

    #[test]
    fn what_neither_knows_is_said_to_be_unknown() {
        assert_eq!(to_gdb(0), Signal(UNKNOWN));
        assert_eq!(from_gdb(Signal(UNKNOWN)), None);
    }
}
