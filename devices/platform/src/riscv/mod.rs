//! What RISC-V boards have: timers and software interrupts, external interrupts, and a way to end a run.

pub mod aclint;
pub mod htif;
pub mod plic;
pub mod test;
