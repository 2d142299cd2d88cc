//! What a guest is: rows, state, traps. Data and types; executes nothing.
//!
//! An instruction is one [`rows::Row`]. Decoder, assembler, disassembler, explanation and random
//! generator are derived from the rows; nothing else in the workspace knows an encoding.
#![forbid(unsafe_code)]

pub mod asm;
pub mod bits;
pub mod decode;
pub mod disasm;
pub mod encode;
pub mod explain;
pub mod insn;
pub mod random;
#[macro_use]
pub mod rows;
pub mod riscv;
