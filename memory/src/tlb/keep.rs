//! What is in the tables: filling, flushing, changing between keys, and following changes made elsewhere.

use super::table::{Entry, Table, Tag};
use super::{Cached, KEPT, Mapping, SoftMmu, Stale, Watched};
use crate::addr::{PAGE, page_down};
use crate::dirty::lines;
use crate::region::Leaf;
use std::ops::Range;

impl SoftMmu {
    /// Takes in what a walk found: the 4 KiB around the address that missed.
    pub fn fill(&mut self, found: Mapping) {
        let (page, physical) = (page_down(found.virtual_at), page_down(found.physical_at));
        let (host, read, write) = self.behind(physical);
        let (code, data) = self.notices.in_page(page);
        let noticed = |noticed: bool| if noticed { Tag::NOTICED } else { 0 };
        let tag = |allowed: bool, flags| if allowed { Tag::new(page, flags) } else { Tag::NONE };
        let entry = Entry {
            read: tag(found.readable, read | noticed(data)),
            write: tag(found.writable, write | noticed(data)),
            execute: tag(found.executable, read | noticed(code)),
            addend: host.wrapping_sub(page),
        };
        self.table.put(page, entry, physical, found.log2);
    }

    /// The pages in the tables: those of the current key first, then of the key that was current before it.
    pub fn cached(&self) -> Vec<Cached> {
        std::iter::once(&self.table).chain(self.kept.iter().rev()).flat_map(|table| table.cached()).collect()
    }

    /// The host address of a physical page, with the flags of its tags for reading and writing.
    fn behind(&self, physical: u64) -> (u64, u64, u64) {
        const ELSEWHERE: (u64, u64, u64) = (0, Tag::DEVICE, Tag::DEVICE);
        let Some(range) = self.view.find(physical) else { return ELSEWHERE };
        let offset = range.offset_of(physical);
        let Some(block) = range.leaf.readable_block() else { return ELSEWHERE };
        if range.left(physical, PAGE) < PAGE || !offset.is_multiple_of(PAGE) {
            return ELSEWHERE;
        }
        let write = match range.leaf {
            Leaf::Ram(_) if range.read_only => Tag::DROPPED,
            Leaf::Ram(_) if block.dirty().is_watched(offset) => Tag::WATCHED,
            Leaf::Ram(_) => 0,
            _ => Tag::DEVICE,
        };
        (block.host().addr() as u64 + offset, 0, write)
    }

    /// Forgets every page of every key.
    pub fn flush(&mut self) {
        self.flush_keys(|_| true);
    }

    /// Forgets every page of the keys that `which` picks.
    pub fn flush_keys(&mut self, which: impl Fn(u64) -> bool) {
        self.tables().filter(|table| which(table.key)).for_each(Table::flush);
    }

    /// Forgets the page around `at`, under every key. If it was filled from a large page, all of that.
    pub fn flush_page(&mut self, at: u64) {
        self.flush_page_keys(at, |_| true);
    }

    /// [`SoftMmu::flush_page`] for the keys that `which` picks.
    pub fn flush_page_keys(&mut self, at: u64, which: impl Fn(u64) -> bool) {
        self.tables().filter(|table| which(table.key)).for_each(|table| table.flush_page(at));
    }

    /// From now on accesses go by the table of `key`: whatever tells one set of mappings and rights from another.
    /// The tables of the last sixteen keys are kept.
    #[inline]
    pub fn switch(&mut self, key: u64) {
        if self.table.key != key {
            self.change_table(key);
        }
    }

    fn change_table(&mut self, key: u64) {
        let next = match self.kept.iter().position(|table| table.key == key) {
            Some(index) => self.kept.remove(index),
            None if self.kept.len() < KEPT => Table::new(key),
            None => {
                let mut oldest = self.kept.remove(0);
                oldest.flush();
                oldest.key = key;
                oldest
            }
        };
        self.kept.push(std::mem::replace(&mut self.table, next));
    }

    fn tables(&mut self) -> impl Iterator<Item = &mut Table> {
        std::iter::once(&mut self.table).chain(&mut self.kept).map(|table| &mut **table)
    }

    /// Follows changes that others have made: to the map, to what is watched. Whoever runs a CPU calls this
    /// each time it begins; after an access to a device it happens by itself.
    pub fn sync(&mut self) {
        if !self.space.shows(&self.view) {
            self.flush();
            self.view = self.space.view();
            self.watch();
            self.moved = true;
        } else if self.blocks.iter().any(|watched| watched.block.dirty().epoch() != watched.epoch) {
            self.flush();
            for watched in &mut self.blocks {
                watched.epoch = watched.block.dirty().epoch();
            }
        }
    }

    /// Gathers the blocks of the view.
    pub(super) fn watch(&mut self) {
        self.blocks.clear();
        for block in self.view.ranges().iter().filter_map(|range| range.leaf.block()) {
            if !self.blocks.iter().any(|watched| std::sync::Arc::ptr_eq(&watched.block, block)) {
                let (epoch, stale) = (block.dirty().epoch(), block.dirty().lines.logged());
                self.blocks.push(Watched { block: block.clone(), epoch, stale });
            }
        }
    }

    /// Marks the lines of these physical addresses as decoded code: stores to them are noticed from now on.
    /// `false` where they are not all memory, so that what was decoded must not be kept.
    pub fn code_at(&mut self, physical: Range<u64>) -> bool {
        let len = physical.end.saturating_sub(physical.start);
        let Some(range) =
            self.view.find(physical.start).filter(|range| range.left(physical.start, len) == len)
        else {
            return false;
        };
        let Some(block) = range.leaf.readable_block() else { return false };
        let start = range.offset_of(physical.start);
        let before = block.dirty().epoch();
        if !block.dirty().lines.mark(start..start + len) {
            return true;
        }
        block.dirty().renew();
        let pages = page_down(start)..start + len;
        let host = block.host().addr() as u64;
        let block = block.clone();
        for table in self.tables() {
            pages.clone().step_by(crate::addr::host_size(PAGE)).for_each(|page| table.watch(host + page));
        }
        // Only the tables of other CPUs have to be told.
        let known = |w: &&mut Watched| std::sync::Arc::ptr_eq(&w.block, &block) && w.epoch == before;
        if let Some(watched) = self.blocks.iter_mut().find(known) {
            watched.epoch = before + 1;
        }
        true
    }

    /// The physical addresses of code that was written since this was last asked, by whomever.
    pub fn take_stale(&mut self) -> Stale {
        if std::mem::take(&mut self.moved) {
            return Stale::All;
        }
        let mut found = vec![];
        for watched in &mut self.blocks {
            let lines = &watched.block.dirty().lines;
            if lines.logged() == watched.stale {
                continue;
            }
            let lines::Stale::Ranges(ranges) = lines.since(&mut watched.stale) else { return Stale::All };
            let seen = self.view.ranges().iter();
            for place in
                seen.filter(|r| r.leaf.block().is_some_and(|b| std::sync::Arc::ptr_eq(b, &watched.block)))
            {
                let bytes = place.left(place.start, u64::MAX);
                for range in &ranges {
                    let from = range.start.max(place.offset);
                    let to = range.end.min(place.offset.saturating_add(bytes));
                    if from < to {
                        found.push(place.start + (from - place.offset)..place.start + (to - place.offset));
                    }
                }
            }
        }
        Stale::Ranges(found)
    }
}
