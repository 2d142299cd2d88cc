//! RISC-V, a file per extension as in the rows.

mod places;

pub use places::{F, FFLAGS, FRM, PLACES, RESERVATION, RESERVED_VALUE, X};
