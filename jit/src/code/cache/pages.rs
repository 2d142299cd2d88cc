//! Which units hold code of which guest pages, and which of them may change unnoticed.

use hashbrown::{HashMap, HashSet};
use memory::addr::PAGE;

/// An index of units by the pages that their instructions lie in.
#[derive(Default)]
pub(super) struct Pages {
    units: HashMap<u64, Vec<u32>>,
    /// Units with code in memory that a program may write.
    changeable: HashSet<u32>,
}

impl Pages {
    /// Adds a unit whose instructions lie at `parts`, from the first byte to one past the last.
    pub fn add(&mut self, unit: u32, parts: impl Iterator<Item = (u64, u64)>) {
        for page in parts.flat_map(|(start, end)| start / PAGE..=end.saturating_sub(1).max(start) / PAGE) {
            let units = self.units.entry(page).or_default();
            if units.last() != Some(&unit) {
                units.push(unit);
            }
        }
    }

    /// Says whether the unit lies in memory that a program may write.
    pub fn set_changeable(&mut self, unit: u32, changeable: bool) {
        match changeable {
            true => self.changeable.insert(unit),
            false => self.changeable.remove(&unit),
        };
    }

    /// Units in memory that a program may write.
    pub fn changeable(&self) -> impl Iterator<Item = u32> + '_ {
        self.changeable.iter().copied()
    }

    /// Units with instructions in the pages of `start..end`.
    pub fn in_range(&self, start: u64, end: u64) -> Vec<u32> {
        let (first, last) = (start / PAGE, end.saturating_sub(1) / PAGE);
        if start >= end {
            return vec![];
        }
        match last - first < self.units.len() as u64 {
            true => (first..=last).filter_map(|page| self.units.get(&page)).flatten().copied().collect(),
            false => {
                let inside = self.units.iter().filter(|(page, _)| (first..=last).contains(*page));
                inside.flat_map(|(_, units)| units).copied().collect()
            }
        }
    }

    /// Forgets a unit that is no more.
    pub fn remove(&mut self, unit: u32, parts: impl Iterator<Item = (u64, u64)>) {
        self.changeable.remove(&unit);
        for page in parts.flat_map(|(start, end)| start / PAGE..=end.saturating_sub(1).max(start) / PAGE) {
            if let Some(units) = self.units.get_mut(&page) {
                units.retain(|other| *other != unit);
                if units.is_empty() {
                    self.units.remove(&page);
                }
            }
        }
    }
}
