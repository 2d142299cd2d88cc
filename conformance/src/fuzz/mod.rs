//! Fuzz targets: whatever reads what others wrote, given any bytes. A target returns or it has found
//! something.
//!
//! The same functions are run by `conformance/tests/fuzz` on [mutated](Mutator) inputs that are the
//! same in every run, and by libFuzzer, guided by coverage, from the folder `fuzz`.

pub mod device;
mod mutate;
mod program;
mod words;

pub use mutate::Mutator;
pub use program::{commands, elf};
pub use words::{assembler, cases, decoder};
