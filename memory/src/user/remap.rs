//! Growing, shrinking and moving a mapping, as `mremap(2)` has it.

use super::host::Source;
use super::region::{Region, Regions};
use super::{CodeChange, MapError, Placement, Prot, Space};
use crate::addr::{on_page, page_up};

/// How far a mapping may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Not at all.
    Stay,
    /// Anywhere if it cannot stay (`MREMAP_MAYMOVE`).
    May,
    /// Exactly to this address, in place of whatever is there (`MREMAP_FIXED`).
    To(u64),
}

impl Space {
    /// Makes the mapping of `old_len` bytes at `at` `new_len` bytes long and returns where it is.
    /// Lengths are rounded up to pages. An old length of zero makes a second mapping of a shared
    /// object and leaves the first alone.
    ///
    /// # Errors
    /// `EINVAL` for a new length of zero, misaligned addresses, or a destination that overlaps;
    /// `EFAULT` if the old range is not one mapping; `ENOMEM` if there is no room.
    pub fn remap(&self, at: u64, old_len: u64, new_len: u64, how: Move) -> Result<u64, MapError> {
        let old_len = page_up(old_len).ok_or(MapError::EINVAL)?;
        let new_len = page_up(new_len).filter(|len| *len != 0).ok_or(MapError::EINVAL)?;
        if !on_page(at) || at.checked_add(old_len).is_none() {
            return Err(MapError::EINVAL);
        }
        let mut regions = self.lock();
        let region = regions.at(at).cloned().ok_or(MapError::EFAULT)?;
        let target = self.target(at, old_len, new_len, how)?;
        if old_len == 0 {
            return self.duplicate(&mut regions, &region, at, new_len, how);
        }
        if new_len < old_len {
            self.unmap_locked(&mut regions, at + new_len, at + old_len)?;
        }
        let kept = old_len.min(new_len);
        match target {
            None if new_len <= old_len => return Ok(at),
            _ if at + kept > region.end => return Err(MapError::EFAULT),
            _ => {}
        }
        let old = region.clip(at, at + kept);
        let to = match target {
            Some(to) => to,
            None if self.can_grow(&regions, old.end, at, new_len) => at,
            None if how == Move::Stay => return Err(MapError::ENOMEM),
            None => self.place(&regions, Placement::Anywhere, new_len)?,
        };
        self.relocate(&mut regions, &old, to, new_len)?;
        Ok(to)
    }

    /// The address a caller insists on, if it does.
    fn target(&self, at: u64, old_len: u64, new_len: u64, how: Move) -> Result<Option<u64>, MapError> {
        let Move::To(to) = how else { return Ok(None) };
        let apart = to.checked_add(new_len).is_some_and(|end| end <= at) || at + old_len <= to;
        if on_page(to) && self.fits(to, new_len) && apart { Ok(Some(to)) } else { Err(MapError::EINVAL) }
    }

    fn can_grow(&self, regions: &Regions, end: u64, at: u64, new_len: u64) -> bool {
        self.fits(at, new_len) && regions.is_free(end, at + new_len)
    }

    /// Makes `old` `len` bytes long at `to`, which is `old.start` or does not overlap `old`.
    fn relocate(&self, regions: &mut Regions, old: &Region, to: u64, len: u64) -> Result<(), MapError> {
        // The part of the target that is not the old mapping itself.
        let fresh = if to == old.start { old.end } else { to };
        let exec = old.prot.contains(Prot::EXEC) || regions.any_exec(fresh, to + len);
        let private = old.file.is_none();
        self.replace(regions, fresh, to + len, |window| {
            if private && to == old.start {
                // Only this kind can be continued by a mapping of its own.
                window.map(fresh, to + len, Source::private(old.prot))
            } else {
                match window.relocate(old.start, old.end, to, len) {
                    // The host may hold one guest region of private memory as several mappings.
                    Err(MapError::EFAULT) if private => window.copy(old.start, old.end, to, len, old.prot),
                    done => done,
                }
            }
        })?;
        if !(private && to == old.start) {
            self.shared.journal.note(old.start, old.end, |changes| &mut changes.mapped);
        }
        regions.remove(old.start, old.end);
        regions.insert(Region { start: to, end: to + len, ..old.clone() });
        if exec {
            self.shared.exec.change(CodeChange::Mapped(old.start, old.end));
            self.shared.exec.change(CodeChange::Mapped(to, to + len));
        }
        Ok(())
    }

    /// A second mapping of the shared object at `at`.
    fn duplicate(
        &self,
        regions: &mut Regions,
        region: &Region,
        at: u64,
        len: u64,
        how: Move,
    ) -> Result<u64, MapError> {
        if !region.shared || how == Move::Stay {
            return Err(MapError::EINVAL);
        }
        let placement = if let Move::To(to) = how { Placement::Fixed(to) } else { Placement::Anywhere };
        let to = self.place(regions, placement, len)?;
        let exec = region.prot.contains(Prot::EXEC) || regions.any_exec(to, to + len);
        self.replace(regions, to, to + len, |window| window.duplicate(at, to, len))?;
        let copy = region.clip(at, region.end);
        regions.insert(Region { start: to, end: to + len, ..copy });
        if exec {
            self.shared.exec.change(CodeChange::Mapped(to, to + len));
        }
        Ok(to)
    }
}
