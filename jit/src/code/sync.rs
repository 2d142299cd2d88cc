//! What [`super::gate`] is made of, so that the model checker can put its own in place of it.

pub(super) use std::sync::atomic::{AtomicU64, Ordering};
pub(super) use std::sync::{Arc, Mutex};

/// Stands where a sequentially consistent access comes before another: all see all of them in one order. The model
/// checker knows that of fences only.
pub(super) fn ordered() {}
