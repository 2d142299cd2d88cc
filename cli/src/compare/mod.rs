//! Commands that compare: two tiers at once, or two traces.

pub mod diff;
pub mod trace;
