//! Host code of units: where it lies, how it is entered and left, and when it is thrown away.

mod arena;
mod cache;
mod frame;
mod gate;
mod hosted;
mod section;
mod stubs;
mod sync;
mod thread;
mod witness;

pub use arena::ArenaError;
pub use cache::{Cache, CodeError, Counts};
pub use hosted::Hosted;
pub use section::{Alone, Place, Running, Section};
pub use thread::{Options, Runner, Spoil, here};
pub use witness::{Tally, Translation, Witness, preview};
