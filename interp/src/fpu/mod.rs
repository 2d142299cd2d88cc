//! Bit-exact IEEE 754-2019 arithmetic in integers: the floating point of every guest.
//!
//! An operation is a function generic over its [`Format`] that takes and returns bit patterns. What the
//! standard leaves to the implementation (which NaN comes out, when a result counts as tiny, what an
//! integer conversion answers out of range) is read at run time from the [`Rules`] of the guest; the
//! rounding mode and the accumulated exception flags lie in the [`Env`].
//!
//! The path of a value: `parts` takes a bit pattern apart into sign, exponent and a significand whose
//! leading one is the top bit of its word; `arith` computes on such numbers, keeping one sticky bit for all
//! that was shifted out; `parts` rounds once and packs.
//!
//! Left out: flush-to-zero, denormals-are-zero and the x86 denormal-operand flag (their place is `unpack`
//! and `round_pack` in `parts`), traps on exceptions (the caller looks at the flags), and the formats whose
//! significand is wider than 64 bits. x87's F80 and F128 are two implementations of [`Format`] over
//! a third [`Sig`], `u128`.

mod arith;
mod compare;
mod convert;
mod env;
mod format;
mod nan;
mod parts;
mod root;
mod rules;
mod word;

pub use arith::{Negate, add, div, fma, fma_negated, mul, sqrt, sub};
pub use compare::{Class, OnNan, classify, compare, eq, eq_signalling, le, le_quiet, lt, lt_quiet, max, min};
pub use convert::{Int, convert, from_int, round_to_int, to_int};
pub use env::{Env, Flags, Round};
pub use format::{F16, F32, F64, Format};
pub use nan::{default_nan, is_nan, is_signalling};
pub use rules::{ARM, IntRule, MinMaxRule, NanRule, RISCV, Rules, Tininess, X86, ZeroTimesInfinity};
pub use word::{Sig, Word};
