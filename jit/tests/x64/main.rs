//! What the assembler writes is what an independent decoder (iced-x86) reads: mnemonic, operands, length.

mod address;
mod flow;
mod integer;
mod shift;
mod sse;
mod support;
