//! RISC-V: rows, state, traps, register names.

mod aliases;

mod decode;
mod forms;
mod guest;
mod macros;
pub mod names;
mod rows;
mod state;
pub mod system;
mod trap;

use crate::asm;

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

/// The executable file of a program, with [`crate::asm::Options::default`]. It has no parameters, so that the
/// assembler is compiled here and not wherever a test has a program.
///
/// # Errors
/// Every mistake found, in the order of lines.
#[inline(never)]
pub fn executable(guest: &Guest, source: &str) -> Result<Vec<u8>, Vec<asm::Fault>> {
    let image = asm::program(guest, source, &asm::Options::default())?;
    Ok(asm::elf::write(&image, asm::elf::Target::of(guest)))
}

/// The row of `op`.
pub fn row(op: Op) -> &'static Row {
    &ROWS[op as usize]
}
