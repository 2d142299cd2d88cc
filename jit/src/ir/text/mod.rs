//! The representation as text, which prints and parses back.
//!
//! ```text
//! unit riscv
//! 0x10078 +4                       # a guest instruction: address and length
//!   v1 = get x10
//!   v2 = const.i64 0x1
//!   v3 = add.64 v1, v2
//!   set x10, v3
//!   v5 = load.s4 [v3 + 8]
//!   branch.lt.64 v3, v5 -> 0x10078
//!   jump 0x1007c
//! ```
//!
//! An operation is a mnemonic with its parameters after dots, then operands: values, places, addresses in
//! brackets, numbers. Sizes are in bytes with `s` or `u` before them where the sign matters, widths in bits;
//! `.be` is an access whose most significant byte comes first, `.n` one whose address has 32 bits. What stands
//! behind `#` is a remark. A printed value has the number of its operation; a text may number its values
//! otherwise, as long as each is defined once, before its uses.

mod line;
mod names;
mod parse;
mod print;

pub use parse::{ParseError, ParseErrorKind, parse};
pub use print::print;
