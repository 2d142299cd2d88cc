//! What a debugger wants to notice: code that is about to run, and data that is reached.
//!
//! Pages that hold such an address carry a mark in the table, so that nothing else becomes slower. A marked page's
//! code is not made into blocks. Fetching a breakpoint is refused, and an access to watched data runs alone, as one to
//! a device does.

use super::{Kind, SoftMmu};
use crate::addr::page_down;
use std::ops::Range;

/// Data to notice, by its virtual addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    /// The bytes.
    pub range: Range<u64>,
    /// Loads of them.
    pub loads: bool,
    /// Stores to them.
    pub stores: bool,
}

/// What to notice, at virtual addresses of any address space.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stops {
    /// Code.
    pub breaks: Vec<u64>,
    /// Data.
    pub watches: Vec<Watch>,
    /// Every access to data.
    pub all: bool,
}

impl Stops {
    fn holds_code(&self, page: u64) -> bool {
        self.breaks.iter().any(|at| page_down(*at) == page)
    }

    fn holds_data(&self, page: u64) -> bool {
        let touches = |watch: &Watch| {
            watch.range.start < watch.range.end
                && page_down(watch.range.start) <= page
                && page < watch.range.end
        };
        self.all || self.watches.iter().any(touches)
    }

    /// Whether an access is to be noticed.
    fn notices(&self, at: u64, size: u64, kind: Kind) -> bool {
        let wanted = |watch: &Watch| match kind {
            Kind::Load => watch.loads,
            Kind::Store => watch.stores,
            Kind::Fetch => false,
        };
        let hit = |watch: &Watch| at < watch.range.end && watch.range.start < at.saturating_add(size);
        self.all && kind != Kind::Fetch || self.watches.iter().any(|watch| wanted(watch) && hit(watch))
    }
}

/// An access that was noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch {
    /// Virtual address of the first byte.
    pub at: u64,
    /// Its physical address.
    pub physical: u64,
    /// Bytes.
    pub size: u64,
    /// A load or a store.
    pub kind: Kind,
    /// What was read or written, zero-extended.
    pub value: u64,
}

/// What is to be noticed, and what was.
#[derive(Default)]
pub(super) struct Notices {
    stops: Stops,
    /// The breakpoint that may be fetched.
    passed: Option<u64>,
    touches: Vec<Touch>,
}

impl Notices {
    /// Whether a page holds breakpoints, and whether it holds watched data.
    pub(super) fn in_page(&self, page: u64) -> (bool, bool) {
        (self.stops.holds_code(page), self.stops.holds_data(page))
    }

    /// Whether an access is not to be made now.
    pub(super) fn refuse(&self, at: u64, size: u64, kind: Kind, alone: bool) -> bool {
        match kind {
            Kind::Fetch => self.passed != Some(at) && self.stops.breaks.contains(&at),
            Kind::Load | Kind::Store => !alone && self.stops.notices(at, size, kind),
        }
    }

    /// An access was made.
    pub(super) fn note(&mut self, touch: Touch) {
        if self.stops.notices(touch.at, touch.size, touch.kind) {
            self.touches.push(touch);
        }
    }
}

impl SoftMmu {
    /// Notices these from now on, and nothing else.
    pub fn set_stops(&mut self, stops: Stops) {
        if self.notices.stops != stops {
            self.notices.stops = stops;
            self.flush();
        }
    }

    /// What is to be noticed.
    pub const fn stops(&self) -> &Stops {
        &self.notices.stops
    }

    /// Lets the breakpoint at this address be fetched, and no other.
    pub const fn pass(&mut self, at: Option<u64>) {
        self.notices.passed = at;
    }

    /// The breakpoint that may be fetched.
    pub const fn passed(&self) -> Option<u64> {
        self.notices.passed
    }

    /// Whether a fetch of `at` was refused because of a breakpoint.
    pub fn is_break(&self, at: u64) -> bool {
        self.notices.refuse(at, 1, Kind::Fetch, false)
    }

    /// Whether blocks must not be made of the code in the page of `at`.
    pub fn holds_breaks(&self, at: u64) -> bool {
        self.notices.stops.holds_code(page_down(at))
    }

    /// Whether accesses were noticed that are to be stopped for.
    pub const fn has_touches(&self) -> bool {
        !self.notices.stops.all && !self.notices.touches.is_empty()
    }

    /// Accesses that were noticed since this was last asked, in their order.
    pub fn take_touches(&mut self) -> Vec<Touch> {
        std::mem::take(&mut self.notices.touches)
    }
}
