//! Commands about single instructions.

pub mod asm;
pub mod explain;
pub mod spec_rows;
