//! What the backward walk asks of each operation: whether anybody needs it, and how much of it.

mod narrow;
mod sets;
mod values;

pub use narrow::{Need, rewrite as narrow};
pub use sets::Overwritten;
pub use values::dead;
