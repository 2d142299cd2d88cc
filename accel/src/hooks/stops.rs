//! Breakpoints and watchpoints, numbered in the order they were made.

use super::record::Touch;
use interp::Access;
use std::ops::Range;

/// Which accesses a watchpoint notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watched {
    /// Loads.
    Reads,
    /// Stores.
    Writes,
    /// Both.
    Accesses,
}

impl Watched {
    /// Whether it is one of these.
    pub fn notices(self, access: Access) -> bool {
        match access {
            Access::Load => self != Self::Writes,
            Access::Store => self != Self::Reads,
            Access::Fetch => false,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Break(u64),
    Watch(Range<u64>, Watched),
}

/// Why a run should stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// The next instruction has a breakpoint, of this number.
    Break(usize),
    /// An access touched a watched range: the watchpoint's number and the access.
    Watch(usize, Touch),
}

/// A set of breakpoints and watchpoints.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    list: Vec<(usize, Kind)>,
    made: usize,
}

impl Stops {
    /// Stops before the instruction at `pc`; returns the breakpoint's number.
    pub fn break_at(&mut self, pc: u64) -> usize {
        self.push(Kind::Break(pc))
    }

    /// Stops after a store into `size` bytes at `at`; returns the watchpoint's number.
    pub fn watch(&mut self, at: u64, size: u64) -> usize {
        self.watch_for(at, size, Watched::Writes)
    }

    /// Stops after an access of that kind to `size` bytes at `at`; returns the watchpoint's number.
    pub fn watch_for(&mut self, at: u64, size: u64, what: Watched) -> usize {
        self.push(Kind::Watch(at..at.saturating_add(size), what))
    }

    /// Whether there is nothing to stop for.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn push(&mut self, kind: Kind) -> usize {
        self.made += 1;
        self.list.push((self.made, kind));
        self.made
    }

    /// Removes a breakpoint or watchpoint; false if there is none of this number.
    pub fn remove(&mut self, number: usize) -> bool {
        let before = self.list.len();
        self.list.retain(|(n, _)| *n != number);
        self.list.len() < before
    }

    /// Breakpoints as number and address.
    pub fn breaks(&self) -> impl Iterator<Item = (usize, u64)> {
        self.list.iter().filter_map(|(n, kind)| match kind {
            Kind::Break(pc) => Some((*n, *pc)),
            Kind::Watch(..) => None,
        })
    }

    /// Watchpoints as number and range.
    pub fn watches(&self) -> impl Iterator<Item = (usize, Range<u64>)> {
        self.list.iter().filter_map(|(n, kind)| match kind {
            Kind::Watch(range, _) => Some((*n, range.clone())),
            Kind::Break(_) => None,
        })
    }

    /// What there is to stop for, `touches` having been made and `pc` being next.
    pub fn find(&self, pc: u64, touches: &[Touch]) -> Option<Found> {
        let watched = self.list.iter().find_map(|(n, kind)| {
            let Kind::Watch(range, what) = kind else { return None };
            let hit = |t: &&Touch| {
                what.notices(t.access) && t.at < range.end && range.start < t.at.saturating_add(t.size)
            };
            touches.iter().find(hit).map(|t| Found::Watch(*n, *t))
        });
        watched.or_else(|| self.breaks().find(|(_, at)| *at == pc).map(|(n, _)| Found::Break(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn touch(at: u64, access: Access) -> Touch {
        Touch { at, size: 4, access, value: 0 }
    }

    #[rstest]
    #[case(0x1000, &[], Some(Found::Break(1)))]
    #[case(0x1002, &[], None)]
    #[case(0x1002, &[touch(0x1ffd, Access::Store)], Some(Found::Watch(2, touch(0x1ffd, Access::Store))))]
    #[case(0x1002, &[touch(0x1ffc, Access::Store)], None)]
    #[case(0x1002, &[touch(0x2008, Access::Store)], None)]
    #[case(0x1002, &[touch(0x2000, Access::Load)], None)]
    fn a_stop_is_found_where_it_was_set(
        #[case] pc: u64,
        #[case] touches: &[Touch],
        #[case] found: Option<Found>,
    ) {
        let mut stops = Stops::default();
        stops.break_at(0x1000);
        stops.watch(0x2000, 8);
        assert_eq!(stops.find(pc, touches), found);
    }

    #[rstest]
    #[case(Watched::Reads, Access::Load, true)]
    #[case(Watched::Reads, Access::Store, false)]
    #[case(Watched::Writes, Access::Load, false)]
    #[case(Watched::Writes, Access::Store, true)]
    #[case(Watched::Accesses, Access::Load, true)]
    #[case(Watched::Accesses, Access::Store, true)]
    fn a_watchpoint_notices_its_kind_of_access(
        #[case] what: Watched,
        #[case] access: Access,
        #[case] noticed: bool,
    ) {
        let mut stops = Stops::default();
        stops.watch_for(0x2000, 1, what);
        assert_eq!(stops.find(0, &[touch(0x2000, access)]).is_some(), noticed);
    }

    #[test]
    fn a_removed_stop_keeps_its_number_out_of_use() {
        let mut stops = Stops::default();
        assert_eq!(stops.break_at(1), 1);
        assert!(stops.remove(1));
        assert!(!stops.remove(1));
        assert_eq!(stops.break_at(2), 2);
    }
}
