//! RISC-V: rows, state, traps, register names.

mod aliases;
mod csr;
mod decode;
mod forms;
mod guest;
mod macros;
pub mod names;
mod rows;
mod state;
mod trap;

pub use decode::{Decoder, decoder};
pub use guest::{GUESTS, RV32, RV64, guest};
pub use rows::{Op, ROWS};
pub use state::{NO_RESERVATION, State};
pub use trap::Trap;

/// A decoded RISC-V instruction.
pub type Insn = crate::insn::Insn<Op>;
/// RISC-V with one register width, as the text tools see it.
pub type Guest = crate::rows::Guest<Op>;
/// A RISC-V row.
pub type Row = crate::rows::Row<Op>;

/// The row of `op`.
pub fn row(op: Op) -> &'static Row {
    &ROWS[op as usize]
}
