//! What a cache holds: the arena, its regions, and the indices of their units.

use super::super::arena::Arena;
use super::super::frame;
use super::super::hosted::Hosted;
use super::super::stubs::{self, Pins};
use super::super::thread::Options;
use super::pages::Pages;
use super::pressure::Pressure;
use super::region::{NONE, REGIONS, Record, Region, Site, Spot, number, parts, split};
use super::{CodeError, Counts, Placed};
use crate::emit::host::{Features, Stubs};
use crate::emit::{self, Emitted, LinkSite, Refusal, Target};
use crate::ir::Unit;
use hashbrown::HashMap;
use interp::Llsc;
use memory::user::{CodeChange, Space};

/// Changed by one thread at a time.
pub(in super::super) struct Inner {
    arena: Arena,
    pub(super) enter: u32,
    stubs: Stubs,
    regions: [Region; REGIONS],
    /// The region that is being filled.
    filling: usize,
    /// Regions that have been filled.
    pub(super) turn: u64,
    by_pc: HashMap<u64, u32>,
    pages: Pages,
    pressure: Pressure,
    /// The memory's code epoch for which all of this is true.
    pub(super) epoch: u64,
    features: Features,
    llsc: Llsc,
    pub counts: Counts,
}

impl Inner {
    pub(super) fn new<G: Hosted>(options: Options) -> Result<Self, CodeError> {
        let mut arena = Arena::new(options.cache)?;
        let pins = Pins { places: G::places(), hot: G::HOT.0, hot_floats: G::HOT.1 };
        let (code, enter, stubs) = stubs::emit(arena.next(), frame::own()?, &pins)?;
        arena.append(&code).ok_or(CodeError::Stubs)?;
        if !arena.resume_at(stubs.fault) {
            return Err(CodeError::Ranges);
        }
        let mut bounds = arena.parts::<REGIONS>();
        bounds[0].0 = arena.next();
        let regions = bounds.map(|bounds| Region { bounds, ..Region::default() });
        arena.fill(bounds[0]);
        Ok(Self {
            enter,
            stubs,
            arena,
            regions,
            filling: 0,
            turn: 0,
            by_pc: HashMap::new(),
            pages: Pages::default(),
            pressure: Pressure::new(options.hot, 8 * REGIONS as u64),
            epoch: 0,
            features: options.features,
            llsc: options.llsc,
            counts: Counts { hot: options.hot, ..Counts::default() },
        })
    }

    fn unit(&self, unit: u32) -> Option<&Record> {
        let (region, place) = split(unit);
        self.regions.get(region)?.units.get(place)
    }

    fn site(&mut self, site: u32) -> Option<&mut Site> {
        let (region, place) = split(site);
        self.regions.get_mut(region)?.sites.get_mut(place)
    }

    /// The host code of the unit at `pc`.
    pub fn find(&self, pc: u64) -> Option<u32> {
        Some(self.unit(*self.by_pc.get(&pc)?)?.code)
    }

    /// The guest instruction that the host instruction at `address`, an access to guest memory, belongs to.
    pub fn faulted(&self, address: u64) -> Option<Spot> {
        let address = u32::try_from(address).ok()?;
        let holds = |region: &&Region| (region.bounds.0..region.bounds.1).contains(&address);
        self.regions.iter().find(holds)?.faulted(address)
    }

    /// Where the jump of a site goes; if there is host code for that, the jump is linked to it.
    pub fn follow(&mut self, number: u32) -> Option<u64> {
        let Site { unit, link: LinkSite { to, displacement, .. }, .. } = *self.site(number)?;
        let from = self.unit(unit)?;
        let (alive, at) = (from.alive, from.code + displacement);
        if let Some(&target) = self.by_pc.get(&to).filter(|_| alive) {
            let (region, place) = split(target);
            let target_unit = self.regions.get_mut(region)?.units.get_mut(place)?;
            target_unit.incoming.push(number);
            self.arena.patch(at, target_unit.code);
            self.site(number)?.linked = target;
            self.counts.links += 1;
        }
        Some(to)
    }

    fn add<G: Hosted>(
        &mut self,
        space: &Space,
        unit: &Unit,
        words: &[u32],
        emitted: &Emitted,
    ) -> Option<u32> {
        let pc = unit.insns.first()?.pc;
        let code = self.arena.append(&emitted.bytes)?;
        let record = Record {
            code,
            insns: unit.insns.as_slice().into(),
            parts: parts::<G>(&unit.insns),
            words: words.into(),
            faults: emitted.faults.as_slice().into(),
            incoming: vec![],
            // A load-reserved is in it only while nobody else reaches the memory.
            private: emitted.private || self.llsc == Llsc::Strict && space.is_private(),
            alive: true,
        };
        let region = &mut self.regions[self.filling];
        let number = number(self.filling, region.units.len());
        let site = |link: &LinkSite| Site { unit: number, link: *link, linked: NONE };
        region.sites.extend(emitted.links.iter().map(site));
        self.by_pc.insert(pc, number);
        self.pressure.placed(pc);
        self.counts.units += 1;
        self.counts.insns += unit.insns.len() as u64;
        self.counts.guest_bytes += unit.insns.iter().map(|at| u64::from(at.len)).sum::<u64>();
        self.counts.host_bytes += emitted.bytes.len() as u64;
        self.pages.add(number, record.parts.iter().copied());
        self.pages.set_changeable(number, record.is_changeable(space));
        region.units.push(record);
        Some(code)
    }

    /// Emits a unit where the next one goes.
    pub(super) fn translate<G: Hosted>(
        &mut self,
        space: &Space,
        unit: &Unit,
        words: &[u32],
    ) -> Result<Placed, Refusal> {
        let target = Target {
            places: G::places(),
            hot: G::HOT.0,
            hot_floats: G::HOT.1,
            features: self.features,
            stubs: self.stubs,
            first_site: number(self.filling, self.regions[self.filling].sites.len()),
            at: self.arena.next(),
            private: space.is_private(),
        };
        let emitted = emit::emit(unit, target)?;
        if let Some(code) = self.add::<G>(space, unit, words, &emitted) {
            return Ok(Placed::Code(Box::new(emitted), code));
        }
        // In a region with nothing in it there will not be more room.
        if self.regions[self.filling].units.is_empty() {
            return Ok(Placed::Full);
        }
        let next = self.regions[self.next()].retired.unwrap_or(0);
        Ok(Placed::Waits { turn: self.turn, retired: next })
    }

    fn next(&self) -> usize {
        (self.filling + 1) % REGIONS
    }

    /// Fills the next region from now on; nobody executes anything there any more. Evicts the one after it, so that
    /// by the time that one is wanted everybody has left it; `retire` begins a generation.
    pub(super) fn fill_next(&mut self, retire: impl FnOnce() -> u64) {
        self.filling = self.next();
        self.turn += 1;
        self.pressure.turn();
        self.counts.hot = self.pressure.hot();
        let bounds = self.regions[self.filling].bounds;
        self.regions[self.filling] = Region { bounds, ..Region::default() };
        self.arena.fill(bounds);
        let next = self.next();
        if !self.regions[next].units.is_empty() {
            self.evict(next);
            self.regions[next].retired = Some(retire());
        }
    }

    /// Nothing leads to the units of a region any more but what threads remember.
    fn evict(&mut self, region: usize) {
        self.counts.evictions += 1;
        for place in 0..self.regions[region].units.len() {
            let unit = &self.regions[region].units[place];
            if let (true, Some(first)) = (unit.alive, unit.insns.first()) {
                self.pressure.evicted(first.pc);
                self.counts.evicted += 1;
                self.forget(number(region, place));
            }
        }
    }

    /// Compares what may have changed since the epoch with memory as it is now, and forgets the units that are true
    /// no more. All is true then for the memory's present epoch. Whether there were any.
    pub(super) fn forget_stale<G: Hosted>(&mut self, space: &Space) -> bool {
        let (epoch, changes) = space.code_changes(self.epoch);
        let mut suspects = match changes {
            Some(changes) => changes.into_iter().flat_map(|change| self.suspects(change)).collect(),
            None => self.by_pc.values().copied().collect::<Vec<_>>(),
        };
        suspects.sort_unstable();
        suspects.dedup();
        let before = self.counts.dropped;
        for number in suspects {
            let Some(unit) = self.unit(number) else { continue };
            match unit.is_true::<G>(space) && (space.is_private() || !unit.private) {
                true => {
                    let changeable = unit.is_changeable(space);
                    self.pages.set_changeable(number, changeable);
                }
                false => {
                    self.counts.dropped += 1;
                    self.forget(number);
                }
            }
        }
        self.epoch = epoch;
        self.counts.dropped != before
    }

    fn suspects(&self, change: CodeChange) -> Vec<u32> {
        match change {
            CodeChange::Mapped(start, end) => self.pages.in_range(start, end),
            CodeChange::Written => self.pages.changeable().collect(),
            CodeChange::Shared => {
                let private = |number: &u32| self.unit(*number).is_some_and(|unit| unit.private);
                self.by_pc.values().copied().filter(private).collect()
            }
        }
    }

    /// Nothing leads to the unit any more but what threads remember.
    fn forget(&mut self, number: u32) {
        let (region, place) = split(number);
        let Some(unit) = self.regions.get_mut(region).and_then(|region| region.units.get_mut(place)) else {
            return;
        };
        unit.alive = false;
        if let Some(first) = unit.insns.first() {
            self.by_pc.remove(&first.pc);
        }
        self.pages.remove(number, unit.parts.iter().copied());
        for site in std::mem::take(&mut unit.incoming) {
            self.unlink(site, number);
        }
    }

    /// The jump of a site goes to its stub again, if it goes to this unit.
    fn unlink(&mut self, site: u32, from: u32) {
        let Some(site) = self.site(site).filter(|site| site.linked == from) else { return };
        site.linked = NONE;
        let Site { unit, link: LinkSite { displacement, stub, .. }, .. } = *site;
        if let Some(unit) = self.unit(unit) {
            self.arena.patch(unit.code + displacement, unit.code + stub);
        }
    }
}
