//! Which tier ran how much: the totals of `-d stats` and `-d tiers`, summed over a program's threads.

use accel::units::{Counts, Tally};
use parking_lot::Mutex;
use spec::riscv::{Op, row};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Totals of the threads that have ended.
#[derive(Default)]
pub struct Totals {
    retired: AtomicU64,
    tiers: Mutex<Tiers>,
}

/// What tiers that translate say of themselves.
#[derive(Default)]
struct Tiers {
    native: u64,
    faults: u64,
    handled: BTreeMap<&'static str, u64>,
    refused: BTreeMap<(&'static str, &'static str), u64>,
    /// Of the memory that the threads share.
    counts: Counts,
}

impl Totals {
    /// Adds a thread that has run so many instructions.
    pub fn add(&self, instructions: u64, tally: Option<Tally<Op>>) {
        self.retired.fetch_add(instructions, Ordering::Relaxed);
        let Some(tally) = tally else { return };
        let mut tiers = self.tiers.lock();
        tiers.native += tally.native;
        tiers.faults += tally.faults;
        for (op, count) in tally.handled {
            *tiers.handled.entry(row(op).mnemonic).or_default() += count;
        }
        for (op, why, count) in tally.refused {
            *tiers.refused.entry((row(op).mnemonic, why)).or_default() += count;
        }
        tiers.counts = tally.counts;
    }

    /// Instructions that the threads have run.
    pub fn instructions(&self) -> u64 {
        self.retired.load(Ordering::Relaxed)
    }

    /// The lines of `-d tiers`.
    pub fn lines(&self) -> Vec<String> {
        let (all, tiers) = (self.instructions(), self.tiers.lock());
        let Tiers { native, faults, handled, refused, counts } = &*tiers;
        let Counts { units, insns, guest_bytes, host_bytes, links, evictions, .. } = counts;
        let Counts { evicted, hot, dropped, refused: stayed, .. } = counts;
        let interpreted = all.saturating_sub(*native);
        let mut lines = vec![
            format!("native {native} instructions ({} %)", percent(*native, all)),
            format!("interpreted {interpreted} instructions ({} %)", percent(interpreted, all)),
            format!(
                "units {units}, guest instructions {insns}, guest bytes {guest_bytes}, host bytes {host_bytes} ({} a \
                 guest byte)",
                hundredths(*host_bytes, *guest_bytes)
            ),
            format!(
                "links {links}, regions evicted {evictions}, with units {evicted}, dropped units {dropped}"
            ),
            format!("runs before a translation {hot}"),
            format!("blocks that stay interpreted {stayed}"),
            format!("faults executed again {faults}"),
        ];
        let mut rows: Vec<_> = handled.iter().collect();
        rows.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), **name));
        lines.extend(
            rows.into_iter().map(|(name, count)| format!("handler of {name} called {count} times by units")),
        );
        lines.extend(
            refused
                .iter()
                .map(|((name, why), count)| format!("no host code for {name}, {count} times: {why}")),
        );
        lines
    }
}

fn percent(part: u64, whole: u64) -> String {
    hundredths(part.saturating_mul(100), whole)
}

/// A quotient with two decimals, rounded down.
fn hundredths(part: u64, whole: u64) -> String {
    let quotient = u128::from(part) * 100 / u128::from(whole.max(1));
    format!("{}.{:02}", quotient / 100, quotient % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(native: u64, handled: u64) -> Tally<Op> {
        let counts = Counts { units: 2, guest_bytes: 8, host_bytes: 100, ..Counts::default() };
        let refused = vec![(Op::FaddS, "no", 1)];
        Tally { native, handled: vec![(Op::Div, handled)], refused, faults: 1, counts }
    }

    #[test]
    fn threads_are_summed_and_their_shared_units_are_not() {
        let totals = Totals::default();
        totals.add(1000, Some(tally(999, 3)));
        totals.add(2000, Some(tally(1998, 4)));
        let lines = totals.lines();
        assert_eq!(lines[0], "native 2997 instructions (99.90 %)");
        assert_eq!(lines[1], "interpreted 3 instructions (0.10 %)");
        assert!(
            lines[2].starts_with("units 2, ") && lines[2].ends_with("host bytes 100 (12.50 a guest byte)")
        );
        assert_eq!(
            lines[6..],
            [
                "faults executed again 2",
                "handler of div called 7 times by units",
                "no host code for fadd.s, 2 times: no",
            ]
        );
    }

    #[test]
    fn a_program_that_was_interpreted_has_no_native_share() {
        let totals = Totals::default();
        totals.add(0, None);
        assert_eq!(totals.lines()[0], "native 0 instructions (0.00 %)");
    }
}
