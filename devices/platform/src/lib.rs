//! Devices that boards solder on: serial port, interrupt controllers, timers, clock, flash, firmware channel.
//!
//! Each is a state machine behind [`model::Device`]. Left to the board: addresses, interrupt numbers, how
//! many of each.
#![forbid(unsafe_code)]

pub mod firmware;
pub mod flash;
pub mod riscv;
pub mod rtc;
pub mod serial;
