//! What the assembler writes is what an independent decoder (iced-x86) reads: mnemonic, operands, length.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod address;
mod flow;
mod integer;
mod shift;
mod sse;
mod support;
