//! The accesses that the fast path leaves: devices, watched pages, ROM, two pages at once.

use super::table::Tag;
use super::{Kind, Refusal, SoftMmu, Table, Touch};
use crate::addr::{PAGE, host_size};
use crate::fault::Scalar;
use crate::mmio::{BusError, Order};

/// The bytes of an access that lie in one page.
#[derive(Clone, Copy)]
struct Part {
    at: u64,
    index: usize,
    physical: u64,
    len: u64,
    flags: u64,
}

impl SoftMmu {
    /// The physical address of `at`, if its entry allows the access with or without further care.
    pub(super) fn find(&self, at: u64, kind: Kind) -> Result<u64, Refusal> {
        let part = self.part(at, 1, kind)?;
        let one_by_one = kind == Kind::Fetch && part.flags & Tag::NOTICED != 0;
        if one_by_one { Err(Refusal::Alone) } else { Ok(part.physical) }
    }

    fn part(&self, at: u64, len: u64, kind: Kind) -> Result<Part, Refusal> {
        let index = Table::index(at);
        let entry = self.table.entry(at);
        let tag = match kind {
            Kind::Load => entry.read,
            Kind::Store => entry.write,
            Kind::Fetch => entry.execute,
        };
        let flags = tag.flags(at).ok_or(Refusal::Miss { at })?;
        Ok(Part { at, index, physical: self.table.physical(index) | at & (PAGE - 1), len, flags })
    }

    /// The one or two parts of `size` bytes at `at`, every one of which may be accessed now.
    fn parts(&self, at: u64, size: u64, kind: Kind) -> Result<(Part, Option<Part>), Refusal> {
        let here = size.min(PAGE - at % PAGE);
        let first = self.part(at, here, kind)?;
        let second = match size - here {
            0 => None,
            rest => Some(self.part(at.wrapping_add(here), rest, kind)?),
        };
        let refused = |part: &Part| {
            !self.alone && self.must_be_alone(part)
                || part.flags & Tag::NOTICED != 0 && self.notices.refuse(part.at, part.len, kind, self.alone)
        };
        if refused(&first) || second.as_ref().is_some_and(refused) {
            return Err(Refusal::Alone);
        }
        Ok((first, second))
    }

    fn must_be_alone(&self, part: &Part) -> bool {
        part.flags & Tag::DEVICE != 0 || part.flags & Tag::WATCHED != 0 && self.holds_code(part)
    }

    fn holds_code(&self, part: &Part) -> bool {
        self.view.find(part.physical).is_some_and(|range| {
            let block = range.leaf.block();
            block.is_some_and(|b| b.dirty().lines.any(range.offset_of(part.physical), part.len))
        })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn slow_load<T: Scalar>(&mut self, at: u64, kind: Kind) -> Result<T, Refusal> {
        let (first, second) = self.parts(at, T::SIZE, kind)?;
        let Some(second) = second else {
            let value = self.view.load(first.physical, Order::Little);
            self.after(&[first]);
            if let (Ok(value), Kind::Load) = (value, kind) {
                self.note::<T>(&first, kind, value);
            }
            return Ok(value?);
        };
        let mut bytes = [0; 8];
        let (low, high) = bytes.split_at_mut(host_size(first.len));
        let done = self.view.read(first.physical, low);
        let done = done.and(self.view.read(second.physical, &mut high[..host_size(second.len)]));
        self.after(&[first, second]);
        done?;
        let value = T::from_low(u64::from_le_bytes(bytes));
        if kind == Kind::Load {
            self.note::<T>(&first, kind, value);
        }
        Ok(value)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn slow_store<T: Scalar>(&mut self, at: u64, value: T) -> Result<(), Refusal> {
        let (first, second) = self.parts(at, T::SIZE, Kind::Store)?;
        let Some(second) = second else {
            let dropped = first.flags & Tag::DROPPED != 0;
            let done = if dropped { Ok(()) } else { self.view.store(first.physical, value, Order::Little) };
            self.after(&[first]);
            if done.is_ok() {
                self.note::<T>(&first, Kind::Store, value);
            }
            return Ok(done?);
        };
        let bytes = value.into().to_le_bytes();
        let (low, high) = bytes.split_at(host_size(first.len));
        let mut done = Ok(());
        for (part, bytes) in [(first, low), (second, &high[..host_size(second.len)])] {
            if part.flags & Tag::DROPPED == 0 {
                done = done.and(self.view.write(part.physical, bytes));
            }
        }
        self.after(&[first, second]);
        if done.is_ok() {
            self.note::<T>(&first, Kind::Store, value);
        }
        Ok(done?)
    }

    fn note<T: Scalar>(&mut self, part: &Part, kind: Kind, value: T) {
        let (at, physical) = (part.at, part.physical);
        self.notices.note(Touch { at, physical, size: T::SIZE, kind, value: value.into() });
    }

    #[cold]
    #[inline(never)]
    pub(super) fn slow_compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T) -> Result<T, Refusal> {
        let here = T::SIZE.min(PAGE - at % PAGE);
        let part = self.part(at, here, Kind::Store)?;
        let dropped = part.flags & Tag::DROPPED != 0;
        let noticed = |kind| self.notices.refuse(at, here, kind, self.alone);
        let notices = part.flags & Tag::NOTICED != 0 && (noticed(Kind::Load) || noticed(Kind::Store));
        if notices || !self.alone && part.flags & Tag::WATCHED != 0 && self.holds_code(&part) {
            return Err(Refusal::Alone);
        }
        let found = match (here == T::SIZE, dropped) {
            (false, _) => Err(BusError::Device),
            (true, true) => self.view.load(part.physical, Order::Little),
            (true, false) => self.view.compare_exchange(part.physical, old, new, Order::Little),
        };
        self.after(&[part]);
        let found = found?;
        self.note::<T>(&part, Kind::Load, found);
        if found.into() == old.into() && !dropped {
            self.note::<T>(&part, Kind::Store, new);
        }
        Ok(found)
    }

    /// Takes back watches that have nothing left to see; devices may have changed the map.
    fn after(&mut self, parts: &[Part]) {
        for part in parts {
            if part.flags & Tag::WATCHED != 0 && !self.is_watched(part.physical) {
                let entry = self.table.at_mut(part.index);
                entry.write = entry.write.without(Tag::WATCHED);
            }
        }
        if parts.iter().any(|part| part.flags & Tag::DEVICE != 0) {
            self.reached = true;
            self.sync();
        }
    }

    fn is_watched(&self, physical: u64) -> bool {
        self.view.find(physical).is_some_and(|range| {
            range.leaf.block().is_some_and(|block| block.dirty().is_watched(range.offset_of(physical)))
        })
    }
}
