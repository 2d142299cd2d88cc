//! A 32-bit big-endian guest of twenty instructions, here to show that nothing assumes RISC-V.
//!
//! Sixteen registers `r0` to `r15`, none of them fixed; words, halves and bytes most significant byte
//! first; a carry flag; a comparison sets a flag that branches read. Every instruction is four bytes:
//! opcode (8 bits), registers a and b (4 bits each), 16 bits of immediate or register c.

mod forms;
mod handlers;
mod lift;
pub mod names;
mod rows;
mod text;

pub use handlers::{Toy, decoder};
pub use rows::{Op, ROWS};
pub use text::TEXT;

/// A decoded instruction.
pub type Insn = spec::insn::Insn<Op>;

/// Registers of the toy.
#[repr(C)]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// General registers.
    pub r: [u32; 16],
    /// Address of the next instruction.
    pub pc: u32,
    /// Carry of the last `add` or `adc`: 0 or 1.
    pub carry: u32,
    /// Outcome of the last comparison: 0 or 1.
    pub test: u32,
    /// Always zero; without it the count would be aligned by hidden padding.
    pub zero: u32,
    /// Instructions retired.
    pub retired: u64,
}

/// Exceptions of the toy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// An address that cannot be read, written or executed.
    Bus {
        /// The address.
        at: u64,
    },
    /// No row has this encoding.
    Undefined {
        /// The word.
        word: u32,
    },
    /// Division by zero.
    Divide,
    /// `call 7`: a request to the monitor.
    Monitor {
        /// The request.
        number: u32,
    },
}
