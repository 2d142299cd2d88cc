//! How we know: the case runner, random programs, the toy guest and the house test.
#![forbid(unsafe_code)]

pub mod case;
pub mod fuzz;
pub mod lockstep;
pub mod mem;
pub mod random;
pub mod riscv;
pub mod speak;
pub mod toy;
pub mod units;
