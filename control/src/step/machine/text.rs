//! Words for what a machine does: modes, causes, page tables.

use interp::riscv::walk::Refused;
use spec::riscv::system::mode;

/// A privilege mode's letter.
pub fn mode(mode: u64) -> char {
    match mode {
        mode::USER => 'U',
        mode::SUPERVISOR => 'S',
        _ => 'M',
    }
}

/// What an exception or interrupt is called. [Priv. ISA, mcause]
pub fn cause(interrupt: bool, code: u64) -> &'static str {
    match (interrupt, code) {
        (true, 1) => "supervisor software interrupt",
        (true, 3) => "machine software interrupt",
        (true, 5) => "supervisor timer interrupt",
        (true, 7) => "machine timer interrupt",
        (true, 9) => "supervisor external interrupt",
        (true, 11) => "machine external interrupt",
        (false, 0) => "instruction address misaligned",
        (false, 1) => "instruction access fault",
        (false, 2) => "illegal instruction",
        (false, 3) => "breakpoint",
        (false, 4) => "load address misaligned",
        (false, 5) => "load access fault",
        (false, 6) => "store address misaligned",
        (false, 7) => "store access fault",
        (false, 8) => "call from user mode",
        (false, 9) => "call from supervisor mode",
        (false, 11) => "call from machine mode",
        (false, 12) => "instruction page fault",
        (false, 13) => "load page fault",
        (false, 15) => "store page fault",
        _ => "unknown cause",
    }
}

/// What a page-table format is called.
pub fn scheme(levels: u32) -> &'static str {
    match levels {
        2 => "Sv32",
        3 => "Sv39",
        4 => "Sv48",
        _ => "Sv57",
    }
}

/// The bits of an entry that have letters.
pub fn flags(pte: u64) -> String {
    const LETTERS: &[u8] = b"VRWXUGAD";
    let letters = LETTERS.iter().enumerate().filter(|(bit, _)| pte >> bit & 1 == 1);
    letters.map(|(_, letter)| char::from(*letter)).collect()
}

/// Why a walk finds nothing.
pub fn refused(refused: Refused) -> &'static str {
    match refused {
        Refused::Canonical => "the upper bits of the address are not all alike",
        Refused::Table => "no memory answers where the table should be",
        Refused::TableProtected => "physical memory protection refuses the table",
        Refused::Invalid => "the entry is not valid",
        Refused::Reserved => "the entry has bits set that are reserved",
        Refused::Depth => "the lowest table has no leaf",
        Refused::Supervisor => "the page is supervisor mode's",
        Refused::User => "the page is user mode's, and SUM is clear or this is a fetch",
        Refused::Right => "the page does not let it be done",
        Refused::Misaligned => "the large page is not aligned",
        Refused::Noted => "A or D is clear, and software is to set it",
        Refused::Protected => "physical memory protection refuses it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0xcf, "VRWXAD")]
    #[case(0x11, "VU")]
    #[case(0, "")]
    fn an_entrys_bits_are_letters(#[case] pte: u64, #[case] letters: &str) {
        assert_eq!(flags(pte), letters);
    }
}
