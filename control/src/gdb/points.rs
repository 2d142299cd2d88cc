//! Breakpoints, watchpoints and caught system calls, as gdb sets and removes them.

use super::team::Stop;
use accel::hooks::{Found, Stops, Touch, Watched};
use gdbstub::target::ext::breakpoints::WatchKind;
use std::collections::BTreeSet;
use std::ops::Range;

/// A kind of breakpoint or watchpoint that gdb sets and removes by its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// `Z0`.
    Soft,
    /// `Z1`.
    Hard,
    /// `Z2` to `Z4`, on this many bytes.
    Watch(WatchKind, u64),
}

/// What stops a program, for all its threads.
#[derive(Clone, Default)]
pub struct Points {
    stops: Stops,
    /// What gdb has set: the kind, the address, the number among the stops.
    list: Vec<(Point, u64, usize)>,
    /// System calls to stop at.
    pub calls: Calls,
    /// Signals that a thread gets without gdb hearing of them, a bit each.
    pub pass: u64,
}

/// Which system calls stop a thread, before and after.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Calls {
    /// None.
    #[default]
    None,
    /// Each.
    All,
    /// Those of these numbers.
    Some(BTreeSet<u64>),
}

impl Calls {
    /// Whether the call of this number does.
    pub fn has(&self, number: u64) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(numbers) => numbers.contains(&number),
        }
    }
}

fn watched(kind: WatchKind) -> Watched {
    match kind {
        WatchKind::Write => Watched::Writes,
        WatchKind::Read => Watched::Reads,
        WatchKind::ReadWrite => Watched::Accesses,
    }
}

impl Points {
    /// Sets one.
    pub fn add(&mut self, point: Point, at: u64) {
        let number = match point {
            Point::Soft | Point::Hard => self.stops.break_at(at),
            Point::Watch(kind, size) => self.stops.watch_for(at, size, watched(kind)),
        };
        self.list.push((point, at, number));
    }

    /// Removes one; false if there is none.
    pub fn remove(&mut self, point: Point, at: u64) -> bool {
        let Some(place) = self.list.iter().position(|(p, a, _)| *p == point && *a == at) else {
            return false;
        };
        let (_, _, number) = self.list.remove(place);
        self.stops.remove(number)
    }

    /// Those of a child process that gdb goes on with: it sets breakpoints anew.
    pub fn for_child(&self) -> Self {
        Self { calls: self.calls.clone(), pass: self.pass, ..Self::default() }
    }

    /// The addresses of breakpoints.
    pub fn breaks(&self) -> Vec<u64> {
        self.stops.breaks().map(|(_, at)| at).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// What is watched: the bytes, and which accesses.
    pub fn watched(&self) -> impl Iterator<Item = (Range<u64>, Watched)> {
        let watched = |&(point, at, _): &(Point, u64, usize)| match point {
            Point::Watch(kind, size) => Some((at..at.saturating_add(size), watched(kind))),
            Point::Soft | Point::Hard => None,
        };
        self.list.iter().filter_map(watched)
    }

    /// Whether there are watchpoints.
    pub fn watches(&self) -> bool {
        self.stops.watches().next().is_some()
    }

    /// What there is to stop for, `touches` having been made and `pc` being next.
    pub fn find(&self, pc: u64, touches: &[Touch]) -> Option<Stop> {
        let (number, touch) = match self.stops.find(pc, touches)? {
            Found::Break(number) => (number, None),
            Found::Watch(number, touch) => (number, Some(touch)),
        };
        let (point, at, _) = self.list.iter().find(|(_, _, n)| *n == number)?;
        Some(match point {
            Point::Soft => Stop::Soft,
            Point::Hard => Stop::Hard,
            // gdb looks for a watchpoint that holds the address: the first watched byte that was touched.
            Point::Watch(kind, _) => Stop::Watch(*kind, touch.map_or(*at, |touch| touch.at.max(*at))),
        })
    }
}
