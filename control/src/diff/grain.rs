//! How many instructions run between two stops.

/// The instructions between two stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grain(u64);

/// A grain that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("pieces of {0} instructions cannot be compared; write a number from 1 to 16777216")]
pub struct GrainError(pub u64);

impl Grain {
    /// The most instructions between two stops.
    pub const MOST: u64 = 1 << 24;
    /// What is taken if nobody says: seldom enough to be cheap, often enough that signals do not wait.
    pub const USUAL: Self = Self(1 << 14);

    /// Stops after each `count` instructions.
    ///
    /// # Errors
    /// [`GrainError`] if that is zero or more than [`Grain::MOST`].
    pub fn of(count: u64) -> Result<Self, GrainError> {
        if (1..=Self::MOST).contains(&count) { Ok(Self(count)) } else { Err(GrainError(count)) }
    }

    /// The budget of a piece.
    pub fn budget(self) -> u64 {
        self.0
    }
}
