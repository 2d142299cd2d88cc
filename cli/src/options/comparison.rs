//! What `strata diff` and `strata trace` are told beside what every command is.

use super::OptionError;
use accel::{Driver, Tier};
use control::diff::Grain;
use std::ops::Range;
use std::path::PathBuf;

/// What `strata diff` is told.
#[derive(Debug)]
pub struct Comparison {
    /// The tiers that are compared, by name.
    pub sides: [(String, Tier); 2],
    /// Whether somebody chose them.
    pub chosen: bool,
    /// How often registers are compared.
    pub grain: Grain,
    /// A scene to be run in place of a program.
    pub replay: Option<PathBuf>,
    /// Where what was compared is added up, for a program that another one has started.
    pub tally: Option<PathBuf>,
}

impl Comparison {
    /// The oracle and the fastest tier.
    pub fn usual() -> Self {
        let oracle = ("interp,step=on".into(), Tier::interp(Driver::Step));
        let name = "auto";
        let fastest = Tier::parse(name).unwrap_or(Tier::interp(Driver::Block));
        Self {
            sides: [oracle, (name.into(), fastest)],
            chosen: false,
            grain: Grain::USUAL,
            replay: None,
            tally: None,
        }
    }

    /// Reads `diff=A:B`.
    ///
    /// # Errors
    /// An [`OptionError`] that names what is not understood.
    pub fn choose(&mut self, text: &str) -> Result<(), OptionError> {
        let sides = text.strip_prefix("diff=").and_then(|sides| sides.split_once(':'));
        let (a, b) = sides.ok_or_else(|| OptionError::Sides(text.into()))?;
        self.sides = [(a.into(), Tier::parse(a)?), (b.into(), Tier::parse(b)?)];
        self.chosen = true;
        Ok(())
    }
}

/// What `strata trace` is told.
#[derive(Debug)]
pub struct Tracing {
    /// Instructions between two hashes, a power of two.
    pub every: u64,
    /// The trace.
    pub out: Option<PathBuf>,
    /// Instructions before which whole states are written, in place of a trace.
    pub states: Option<Range<u64>>,
}

impl Tracing {
    /// A hash often enough that what is between two can be run again in no time.
    pub fn usual() -> Self {
        Self { every: 1 << 16, out: None, states: None }
    }
}
