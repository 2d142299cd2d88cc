//! The translator: hot guest blocks become machine code of the host.
#![deny(unsafe_code)]

pub mod x64;
