//! A decoded instruction: the row and its operand values.

use crate::bits::Low;
use crate::rows::Slot;

/// What the decoder makes of an instruction word and what handlers and lifts read.
///
/// Operands sit in slots whose meaning the row's form gives: a rounding mode, an aq/rl pair, a CSR
/// number or a fence set lives in `imm`, because no instruction has one of these beside an immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insn<O> {
    /// The row.
    pub op: O,
    /// Length in bytes.
    pub len: u8,
    /// Distance from the pc the state holds while the handler runs, in units of two bytes: zero when
    /// one instruction is run alone, the place in its block when a whole block runs.
    pub off: u8,
    /// Destination register number.
    pub rd: u8,
    /// First source register number.
    pub rs1: u8,
    /// Second source register number.
    pub rs2: u8,
    /// Third source register number.
    pub rs3: u8,
    /// Immediate, sign- or zero-extended as the row says and shifted into place.
    pub imm: i32,
    /// The instruction word as fetched; the upper half is zero for a 16-bit instruction.
    pub word: u32,
}

impl<O> Insn<O> {
    /// The same operands under another name of the row.
    pub fn with<P>(&self, op: P) -> Insn<P> {
        let Self { len, off, rd, rs1, rs2, rs3, imm, word, .. } = *self;
        Insn { op, len, off, rd, rs1, rs2, rs3, imm, word }
    }

    /// `op` with every operand zero, `len` bytes long.
    pub fn new(op: O, len: u8) -> Self {
        Insn { op, len, off: 0, rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, word: 0 }
    }

    /// The immediate as an addend to a 64-bit register: sign-extended.
    #[inline(always)]
    pub fn simm(&self) -> u64 {
        i64::from(self.imm).cast_unsigned()
    }

    /// The immediate's 32 bits, for rows whose immediate is a bit set or a number.
    #[inline(always)]
    pub fn bits(&self) -> u32 {
        self.imm.cast_unsigned()
    }
}

impl<O> Insn<O> {
    /// The number of the register in `slot`; 0 for the immediate.
    pub fn register(&self, slot: Slot) -> u8 {
        match slot {
            Slot::Rd => self.rd,
            Slot::Rs1 => self.rs1,
            Slot::Rs2 => self.rs2,
            Slot::Rs3 => self.rs3,
            Slot::Imm => 0,
        }
    }

    /// The value in `slot`: a register's number or the immediate.
    pub fn slot(&self, slot: Slot) -> i32 {
        if slot == Slot::Imm { self.imm } else { i32::from(self.register(slot)) }
    }

    /// Puts `value` into `slot`; a register slot takes its low eight bits.
    pub fn set_slot(&mut self, slot: Slot, value: i32) {
        let number = value.cast_unsigned().low8();
        match slot {
            Slot::Rd => self.rd = number,
            Slot::Rs1 => self.rs1 = number,
            Slot::Rs2 => self.rs2 = number,
            Slot::Rs3 => self.rs3 = number,
            Slot::Imm => self.imm = value,
        }
    }
}
