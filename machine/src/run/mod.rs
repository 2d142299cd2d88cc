//! A machine's life: the loop, run states, the host's side, the console, and a hash of its state.

pub mod console;
pub mod debug;
pub mod drive;
mod hash;
pub mod host;
pub mod life;
pub mod machine;
