//! Lifts: what a guest instruction is, in the operations of [`crate::ir`].
//!
//! Lifts share the rows with the interpreter, never its semantics: comparing the two tiers would otherwise find
//! errors of code generation only.

mod hart;
pub mod riscv;

pub use hart::{HartMachine, run};

use crate::ir::{At, Builder, GuestPlaces, Place};
use interp::Guest;
use spec::insn::Insn;

/// A guest whose instructions can be translated.
pub trait Lift: Guest {
    /// Its registers.
    fn places() -> &'static GuestPlaces;

    /// What a place holds.
    fn read(state: &Self::State, place: Place) -> u64;
    /// Writes a place; where it has 32 bits, the low ones.
    fn write(state: &mut Self::State, place: Place, value: u64);

    /// Appends what `insn` at `at` does, after [`Builder::insn`] has named it. A row without a lift is
    /// [`crate::ir::Op::Interpret`] where it goes on at the next instruction, else [`crate::ir::Op::Leave`].
    fn lift(b: &mut Builder, insn: &Insn<Self::Op>, at: At);

    /// The address of the instruction after the one at `at`, as the state's pc holds it.
    fn after(at: At) -> u64 {
        at.pc.wrapping_add(u64::from(at.len))
    }
}
