//! Jumps, calls, the stack, padding.

use super::encode::{Map, Op, Prefix};
use super::{Asm, Gpr, Label, Rm};

/// A condition on the flags, in the order of their encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cond {
    /// Overflow.
    O,
    /// No overflow.
    No,
    /// Below: unsigned less, carry.
    B,
    /// Above or equal: unsigned, no carry.
    Ae,
    /// Equal, zero.
    E,
    /// Not equal, not zero.
    Ne,
    /// Below or equal, unsigned.
    Be,
    /// Above: unsigned greater.
    A,
    /// Sign.
    S,
    /// No sign.
    Ns,
    /// Parity even; unordered floats.
    P,
    /// Parity odd; ordered floats.
    Np,
    /// Less, signed.
    L,
    /// Greater or equal, signed.
    Ge,
    /// Less or equal, signed.
    Le,
    /// Greater, signed.
    G,
}

impl Cond {
    /// All sixteen, by number.
    pub const ALL: [Self; 16] = [
        Self::O,
        Self::No,
        Self::B,
        Self::Ae,
        Self::E,
        Self::Ne,
        Self::Be,
        Self::A,
        Self::S,
        Self::Ns,
        Self::P,
        Self::Np,
        Self::L,
        Self::Ge,
        Self::Le,
        Self::G,
    ];

    /// The number of four bits that encodings hold.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The condition that holds when this one does not.
    #[must_use]
    pub const fn invert(self) -> Self {
        Self::ALL[(self as u8 ^ 1) as usize]
    }
}

/// The forms of `nop` that the manual recommends, by length.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

impl Asm {
    /// Jumps to `label` if `cond` holds.
    pub fn jcc(&mut self, cond: Cond, label: Label) {
        if let Some(distance) = self.near(label) {
            return self.put(&[0x70 | cond.number(), distance.cast_unsigned()]);
        }
        self.put(&[0x0f, 0x80 | cond.number()]);
        self.put_distance(label, 0, 0);
    }

    /// Jumps to `label`.
    pub fn jmp(&mut self, label: Label) {
        if let Some(distance) = self.near(label) {
            return self.put(&[0xeb, distance.cast_unsigned()]);
        }
        self.put(&[0xe9]);
        self.put_distance(label, 0, 0);
    }

    /// Calls `label`.
    pub fn call(&mut self, label: Label) {
        self.put(&[0xe8]);
        self.put_distance(label, 0, 0);
    }

    /// Jumps to the address in a register or in eight bytes of memory.
    pub fn jmp_rm(&mut self, target: impl Into<Rm>) {
        self.emit(Op::new(Prefix::None, Map::Primary, 0xff), 4, target.into(), &[]);
    }

    /// Calls the address in a register or in eight bytes of memory.
    pub fn call_rm(&mut self, target: impl Into<Rm>) {
        self.emit(Op::new(Prefix::None, Map::Primary, 0xff), 2, target.into(), &[]);
    }

    /// Returns to the caller.
    pub fn ret(&mut self) {
        self.put(&[0xc3]);
    }

    /// Pushes all 64 bits of `reg`.
    pub fn push(&mut self, reg: Gpr) {
        self.emit_short(Op::new(Prefix::None, Map::Primary, 0x50), reg, &[]);
    }

    /// Pops 64 bits to `reg`.
    pub fn pop(&mut self, reg: Gpr) {
        self.emit_short(Op::new(Prefix::None, Map::Primary, 0x58), reg, &[]);
    }

    /// A jump to its own end whose displacement can be patched by one store of four bytes while others run it.
    ///
    /// The offset of the displacement is returned. It is a multiple of 4 of the buffer, so the buffer must lie at
    /// such an address too; `nop` pads before the jump.
    pub fn jmp_rel32_aligned(&mut self) -> usize {
        self.nop(padding(self.len() + 1, 4));
        self.put(&[0xe9]);
        self.long(0);
        self.len() - 4
    }

    /// As [`Asm::jmp_rel32_aligned`], a call.
    pub fn call_rel32_aligned(&mut self) -> usize {
        self.nop(padding(self.len() + 1, 4));
        self.put(&[0xe8]);
        self.long(0);
        self.len() - 4
    }

    /// As [`Asm::jmp_rel32_aligned`], a jump if `cond` holds.
    pub fn jcc_rel32_aligned(&mut self, cond: Cond) -> usize {
        self.nop(padding(self.len() + 2, 4));
        self.put(&[0x0f, 0x80 | cond.number()]);
        self.long(0);
        self.len() - 4
    }

    /// Padding of `bytes` bytes in the fewest instructions of up to nine.
    pub fn nop(&mut self, mut bytes: usize) {
        while let Some(nop) = NOPS.get(bytes.min(NOPS.len()).wrapping_sub(1)) {
            self.put(nop);
            bytes -= nop.len();
        }
    }

    /// Pads with `nop` to the next multiple of `n` bytes of the buffer; nothing for `n` of 0 or 1.
    pub fn align(&mut self, n: usize) {
        self.nop(padding(self.len(), n));
    }

    /// An instruction that is undefined for ever.
    pub fn ud2(&mut self) {
        self.put(&[0x0f, 0x0b]);
    }

    /// A breakpoint.
    pub fn int3(&mut self) {
        self.put(&[0xcc]);
    }
}

/// Bytes from `at` to the next multiple of `n`.
fn padding(at: usize, n: usize) -> usize {
    at.checked_next_multiple_of(n).map_or(0, |next| next - at)
}
