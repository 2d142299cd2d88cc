//! What an instruction does: the oracle, obviously right before fast.
//!
//! One handler a row. Two drivers run them: [`step`] fetches, decodes and executes one instruction with
//! no cache; [`block`] runs pre-decoded blocks. Handlers know nothing of either.
#![forbid(unsafe_code)]

pub mod block;
pub mod fpu;
mod guest;
mod mem;
pub mod observe;
pub mod riscv;
pub mod step;

pub use guest::{Clock, Exit, Flow, Guest, Hart, Llsc, Reserving, Stop, run_rows};
pub use mem::{Access, Fault, Memory, Order, Refusal, Scalar};
