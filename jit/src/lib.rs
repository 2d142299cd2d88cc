//! Translation of guest code to host code: guest instructions are lifted to the operations of [`ir`], improved
//! by the passes of `opt`, and emitted as x86-64 by `x64`.
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "the room where generated code is placed and entered")]
pub mod code;
pub mod emit;
pub mod ir;
pub mod lift;
pub mod listing;
pub mod opt;
pub mod region;
pub mod x64;
