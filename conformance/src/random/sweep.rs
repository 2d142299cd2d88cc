//! Many seeds.

use super::build::program;
use super::coverage::Coverage;
use super::report::Report;
use super::run::run;
use super::shrink::shrink;
use super::source::Source;
use super::subject::{Like, Subject};
use crate::speak::Driver;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The seed of program `number`. Neighbouring programs have nothing in common.
pub fn seed_of(number: u64) -> u64 {
    Source::new(number ^ 0x7374_7261_7461_0000).any()
}

/// The seeds that a test of `count` programs uses: a hundred times as many under `STRATA_SOAK=1`, only
/// the one in `STRATA_SEED`, decimal or after `0x` hexadecimal, if it is set.
///
/// # Errors
/// A sentence when `STRATA_SEED` is not a number.
pub fn seeds(count: u64) -> Result<Vec<u64>, String> {
    if let Ok(text) = std::env::var("STRATA_SEED") {
        let number = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        return Ok(vec![number.map_err(|e| format!("STRATA_SEED={text}: {e}"))?]);
    }
    let soak = std::env::var("STRATA_SOAK").is_ok_and(|v| v == "1");
    Ok((0..if soak { 100 * count } else { count }).map(seed_of).collect())
}

/// Compares the step driver on `S` with `driver` on `T` in the programs of `seeds`.
///
/// # Errors
/// The first difference, shrunk; or the program in which a driver panicked.
pub fn sweep<S: Subject, T: Like<S>>(
    seeds: impl IntoIterator<Item = u64>,
    driver: Driver,
) -> Result<Coverage<S>, Report> {
    let mut coverage = Coverage::default();
    for seed in seeds {
        let made = program::<S>(seed);
        let ran = catch_unwind(AssertUnwindSafe(|| run::<S, T>(&made, driver, &mut coverage)));
        let Ok(ran) = ran else { return Err(Report::panicked(&made)) };
        let Err(first) = ran else { continue };
        let small = shrink::<S, T>(&made, driver);
        let difference = run::<S, T>(&small, driver, &mut Coverage::default()).err().unwrap_or(first);
        return Err(Report::new(&small, made.slots.len(), driver, &difference));
    }
    Ok(coverage)
}
