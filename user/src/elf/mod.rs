//! Programs in ELF: what is accepted, what it asks for, and how it gets into memory.
//!
//! [`Plan::read`] checks a file and says what to map; [`map`](map::map) maps it. Accepted are programs
//! for riscv64 and riscv32, little endian, at fixed addresses or position-independent, and the dynamic
//! linkers that they ask for.

mod error;
mod headers;
mod map;
mod plan;
mod symbols;

#[cfg(test)]
mod tests;

pub use error::ElfError;
pub use map::{Loaded, Source, map};
pub use plan::{Plan, Segment};
pub use symbols::Symbols;
