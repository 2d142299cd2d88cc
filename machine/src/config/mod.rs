//! What a machine is built from: the values of QEMU's options, typed.

mod properties;
pub mod value;

pub use properties::{Properties, PropertyError};
