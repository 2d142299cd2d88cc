//! Two tiers in lockstep: equal budgets on two copies of a guest, compared at each stop, and the search for the
//! first instruction that differs.
//!
//! A [`Pair`] runs; [`mirror`] keeps the second copy's memory like the first one's where system calls change
//! that; a [`Scene`] is a moment to return to; [`narrow`] finds the instruction; a [`Found`] is told by
//! [`report`]. Who executes system calls is not known here.

pub mod mirror;
pub mod narrow;
pub mod pages;
mod pair;
pub mod report;
mod scene;
mod text;

pub use narrow::{Difference, Event, Found, Place, narrow};
pub use pages::Byte;
pub use pair::{Explain, Halt, LockstepError, Make, Pair, Side, count_to, counted};
pub use scene::Scene;
pub use text::{Recorded, RecordedError};
