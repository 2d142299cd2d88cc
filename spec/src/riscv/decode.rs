//! The RISC-V decoder: 16-bit and 32-bit words for one register width.

use super::{Insn, Op, ROWS, Row};
use crate::decode::Key;
use std::sync::LazyLock;

/// Decodes instruction words for one register width.
pub struct Decoder {
    short: crate::decode::Decoder<Op>,
    long: crate::decode::Decoder<Op>,
}

impl Decoder {
    fn new(xlen: u32) -> Self {
        let rows = |width| ROWS.iter().filter(move |r| r.widths.has(xlen) && r.pattern.width == width);
        let opcode_funct3 = [Key { shift: 2, width: 5 }, Key { shift: 12, width: 3 }];
        let quadrant_funct3 = [Key { shift: 0, width: 2 }, Key { shift: 13, width: 3 }];
        Self {
            short: crate::decode::Decoder::new(rows(16), quadrant_funct3),
            long: crate::decode::Decoder::new(rows(32), opcode_funct3),
        }
    }

    /// Decodes `word`; of a 16-bit instruction only the lower half is looked at.
    #[inline]
    pub fn decode(&self, word: u32) -> Option<Insn> {
        if word & 3 == 3 { self.long.decode(word) } else { self.short.decode(word & 0xffff) }
    }

    /// The row of `word`.
    pub fn row(&self, word: u32) -> Option<&'static Row> {
        if word & 3 == 3 { self.long.row(word) } else { self.short.row(word & 0xffff) }
    }
}

/// The decoder for registers of `xlen` bits: 32, or else 64.
pub fn decoder(xlen: u32) -> &'static Decoder {
    static RV32: LazyLock<Decoder> = LazyLock::new(|| Decoder::new(32));
    static RV64: LazyLock<Decoder> = LazyLock::new(|| Decoder::new(64));
    if xlen == 32 { &RV32 } else { &RV64 }
}
