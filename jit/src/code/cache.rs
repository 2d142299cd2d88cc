//! The units of a program that have host code, shared by its threads.

use super::arena::{Arena, ArenaError, Mark};
use super::gate::{Gate, Inside};
use super::hosted::Hosted;
use super::pages::Pages;
use super::stubs::{self, Pins};
use super::thread::Options;
use crate::emit::host::{Features, Stubs};
use crate::emit::{self, Emitted, FaultSite, LinkSite, Refusal, Target};
use crate::ir::{At, Unit};
use crate::x64::AsmError;
use hashbrown::HashMap;
use memory::user::{CodeChange, Space};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// No translation is possible here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeError {
    /// There is no executable memory.
    #[error(transparent)]
    Arena(#[from] ArenaError),
    /// The stubs could not be assembled, or do not fit.
    #[error("a code cache of this size has no room for its stubs; give cache=1M or more")]
    Stubs,
    /// Nobody would catch the faults of its code.
    #[error("this process has as many code caches as faults can be caught for; use -accel interp")]
    Ranges,
}

impl From<AsmError> for CodeError {
    fn from(_: AsmError) -> Self {
        Self::Stubs
    }
}

/// What has been translated, and how often it was thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Units with host code.
    pub units: u64,
    /// Guest instructions in them.
    pub insns: u64,
    /// Bytes of guest code in them.
    pub guest_bytes: u64,
    /// Bytes of host code.
    pub host_bytes: u64,
    /// Jumps that go from unit to unit.
    pub links: u64,
    /// Times that everything was forgotten to make room.
    pub flushes: u64,
    /// Units that were forgotten because their guest code changed.
    pub dropped: u64,
    /// Units that have to stay with the interpreter.
    pub refused: u64,
}

/// A unit's host code.
struct Record {
    /// Where it is executed.
    code: u32,
    insns: Box<[At]>,
    /// Where they lie in memory: stretches from the first byte to one past the last.
    parts: Box<[(u64, u64)]>,
    /// The guest instructions' words, with which memory is compared.
    words: Box<[u32]>,
    faults: Box<[FaultSite]>,
    /// Sites whose jumps are linked to this unit.
    incoming: Vec<u32>,
    /// Whether it may run only while one thread alone reaches memory.
    private: bool,
    /// False once it has been dropped; threads that come out of it still ask for its instructions.
    alive: bool,
}

#[derive(Clone, Copy)]
struct Site {
    unit: u32,
    link: LinkSite,
}

/// A guest instruction of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spot {
    /// Its address.
    pub pc: u64,
    /// Instructions of the unit from it to the end.
    pub left: i64,
}

/// What became of a unit that was to get host code.
pub(super) enum Placed {
    /// It has some, at this address.
    Code(Box<Emitted>, u32),
    /// Another thread has given it some.
    Known,
    /// Guest code has changed since it was read.
    Stale,
    /// There is no room for it, not even in an empty cache.
    Full,
}

pub(super) struct Inner {
    arena: Arena,
    enter: u32,
    stubs: Stubs,
    /// Where units begin.
    base: u32,
    /// In the order of their code's addresses.
    units: Vec<Record>,
    sites: Vec<Site>,
    by_pc: HashMap<u64, u32>,
    pages: Pages,
    /// The memory's code epoch for which all of this is true.
    epoch: u64,
    features: Features,
    pub counts: Counts,
}

/// What threads that execute the same memory share.
pub struct Cache {
    /// Locked only while the memory is steady, so that no forked child inherits the lock.
    inner: Mutex<Inner>,
    options: Options,
    /// The function that enters units.
    enter: AtomicU32,
    /// The inside's epoch, for a look without its lock.
    epoch: AtomicU64,
    /// Tells a forked child, which shares the arena with its parent and must leave it alone.
    mark: Mark,
    gate: Gate,
    /// Whether a thread runs units of it.
    taken: AtomicBool,
}

impl Inner {
    fn new<G: Hosted>(options: Options) -> Result<Self, CodeError> {
        let mut arena = Arena::new(options.cache)?;
        let pins = Pins { places: G::places(), hot: G::HOT.0, hot_floats: G::HOT.1 };
        let (code, enter, stubs) = stubs::emit(arena.next(), &pins)?;
        arena.append(&code).ok_or(CodeError::Stubs)?;
        if !arena.resume_at(stubs.fault) {
            return Err(CodeError::Ranges);
        }
        Ok(Self {
            enter,
            stubs,
            base: arena.next(),
            arena,
            units: vec![],
            sites: vec![],
            by_pc: HashMap::new(),
            pages: Pages::default(),
            epoch: 0,
            features: options.features,
            counts: Counts::default(),
        })
    }

    fn flush(&mut self) {
        self.arena.truncate(self.base);
        self.units.clear();
        self.sites.clear();
        self.by_pc.clear();
        self.pages.clear();
        self.counts.flushes += 1;
    }

    /// The host code of the unit at `pc`.
    pub fn find(&self, pc: u64) -> Option<u32> {
        self.by_pc.get(&pc).map(|unit| self.units[*unit as usize].code)
    }

    /// The guest instruction that the host instruction at `address`, an access to guest memory, belongs to.
    pub fn faulted(&self, address: u64) -> Option<Spot> {
        let address = u32::try_from(address).ok()?;
        let after = self.units.partition_point(|unit| unit.code <= address);
        let unit = self.units.get(after.checked_sub(1)?)?;
        let offset = address - unit.code;
        let fault = unit.faults.binary_search_by_key(&offset, |fault| fault.offset).ok()?;
        unit.spot(unit.faults[fault].insn)
    }

    /// Where the jump of a site goes; if there is host code for that, the jump is linked to it.
    pub fn follow(&mut self, site: u32) -> Option<u64> {
        let Site { unit, link: LinkSite { to, displacement, .. } } = *self.sites.get(site as usize)?;
        let from = self.units.get(unit as usize)?;
        if let Some(&target) = self.by_pc.get(&to).filter(|_| from.alive) {
            let code = self.units[target as usize].code;
            self.arena.patch(from.code + displacement, code);
            self.units[target as usize].incoming.push(site);
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
        let code = self.arena.append(&emitted.bytes)?;
        let number = u32::try_from(self.units.len()).ok()?;
        self.sites.extend(emitted.links.iter().map(|link| Site { unit: number, link: *link }));
        self.by_pc.insert(unit.insns.first()?.pc, number);
        self.counts.units += 1;
        self.counts.insns += unit.insns.len() as u64;
        self.counts.guest_bytes += unit.insns.iter().map(|at| u64::from(at.len)).sum::<u64>();
        self.counts.host_bytes += emitted.bytes.len() as u64;
        let record = Record {
            code,
            insns: unit.insns.as_slice().into(),
            parts: parts::<G>(&unit.insns),
            words: words.into(),
            faults: emitted.faults.as_slice().into(),
            incoming: vec![],
            private: emitted.private,
            alive: true,
        };
        self.pages.add(number, record.parts.iter().copied());
        self.pages.set_changeable(number, record.is_changeable(space));
        self.units.push(record);
        Some(code)
    }

    /// Emits a unit where the next one goes.
    fn translate<G: Hosted>(&mut self, space: &Space, unit: &Unit, words: &[u32]) -> Result<Placed, Refusal> {
        let target = Target {
            places: G::places(),
            hot: G::HOT.0,
            hot_floats: G::HOT.1,
            features: self.features,
            stubs: self.stubs,
            first_site: u32::try_from(self.sites.len()).unwrap_or(u32::MAX),
            at: self.arena.next(),
            private: space.is_private(),
        };
        let emitted = emit::emit(unit, target)?;
        let code = self.add::<G>(space, unit, words, &emitted);
        Ok(code.map_or(Placed::Full, |code| Placed::Code(Box::new(emitted), code)))
    }

    /// Compares what may have changed since the epoch with memory as it is now: the units that are true no more.
    /// Where there are none, all is true for the memory's present epoch.
    fn stale<G: Hosted>(&mut self, space: &Space) -> Vec<u32> {
        let (epoch, changes) = space.code_changes(self.epoch);
        let mut suspects = match changes {
            Some(changes) => changes.into_iter().flat_map(|change| self.suspects(change)).collect(),
            None => self.by_pc.values().copied().collect::<Vec<_>>(),
        };
        suspects.sort_unstable();
        suspects.dedup();
        let mut stale = vec![];
        for number in suspects {
            let unit = &self.units[number as usize];
            match unit.is_true::<G>(space) && (space.is_private() || !unit.private) {
                true => self.pages.set_changeable(number, unit.is_changeable(space)),
                false => stale.push(number),
            }
        }
        if stale.is_empty() {
            self.epoch = epoch;
        }
        stale
    }

    fn suspects(&self, change: CodeChange) -> Vec<u32> {
        match change {
            CodeChange::Mapped(start, end) => self.pages.in_range(start, end),
            CodeChange::Written => self.pages.changeable().collect(),
            CodeChange::Shared => {
                let private = |number: &u32| self.units[*number as usize].private;
                self.by_pc.values().copied().filter(private).collect()
            }
        }
    }

    /// Nothing leads to the unit any more.
    fn drop_unit(&mut self, number: u32) {
        let Some(unit) = self.units.get_mut(number as usize) else { return };
        unit.alive = false;
        for site in std::mem::take(&mut unit.incoming) {
            self.unlink(site);
        }
        let unit = &self.units[number as usize];
        if let Some(first) = unit.insns.first() {
            self.by_pc.remove(&first.pc);
        }
        self.pages.remove(number, unit.parts.iter().copied());
        self.counts.dropped += 1;
    }

    /// The jump of a site goes to its stub again.
    fn unlink(&self, site: u32) {
        if let Some(&Site { unit, link: LinkSite { displacement, stub, .. } }) = self.sites.get(site as usize)
        {
            let code = self.units[unit as usize].code;
            self.arena.patch(code + displacement, code + stub);
        }
    }
}

impl Record {
    fn spot(&self, insn: u8) -> Option<Spot> {
        let at = self.insns.get(usize::from(insn))?;
        let left = self.insns.len() - usize::from(insn);
        Some(Spot { pc: at.pc, left: i64::try_from(left).unwrap_or(0) })
    }

    /// Whether memory still holds its instructions, and they may be executed.
    fn is_true<G: Hosted>(&self, space: &Space) -> bool {
        self.insns.iter().zip(&self.words).all(|(insn, word)| {
            let (start, bytes) = (G::address(insn.pc), word.to_le_bytes());
            let count = usize::from(insn.len);
            (start..).zip(bytes).take(count).all(|(at, byte)| space.fetch(at) == Ok(byte))
        })
    }

    fn is_changeable(&self, space: &Space) -> bool {
        self.parts.iter().any(|(start, end)| space.is_changeable(*start, *end))
    }
}

/// Where instructions lie in memory, those that follow each other together.
fn parts<G: Hosted>(insns: &[At]) -> Box<[(u64, u64)]> {
    let mut parts: Vec<(u64, u64)> = vec![];
    for insn in insns {
        let start = G::address(insn.pc);
        let end = start.saturating_add(u64::from(insn.len));
        match parts.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => parts.push((start, end)),
        }
    }
    parts.into()
}

impl Cache {
    /// An empty cache.
    ///
    /// # Errors
    /// A [`CodeError`] where the host gives no executable memory.
    pub fn new<G: Hosted>(options: Options) -> Result<Self, CodeError> {
        let inner = Inner::new::<G>(options)?;
        Ok(Self {
            enter: AtomicU32::new(inner.enter),
            inner: Mutex::new(inner),
            options,
            epoch: AtomicU64::new(0),
            mark: Mark::new()?,
            gate: Gate::new(),
            taken: AtomicBool::new(false),
        })
    }

    /// Another thread is going to run units: the first hears false.
    pub(super) fn take(&self) -> bool {
        self.taken.swap(true, Ordering::SeqCst)
    }

    /// What has been translated.
    pub fn counts(&self) -> Counts {
        self.inner.lock().counts
    }

    /// The function that enters units.
    pub(super) fn entry(&self) -> u32 {
        self.enter.load(Ordering::SeqCst)
    }

    pub(super) fn generation(&self) -> u32 {
        self.gate.generation()
    }

    /// The inside. May be asked for from within generated code too, so nobody closes the gate while holding it.
    pub(super) fn with<R>(&self, space: &Space, job: impl FnOnce(&mut Inner) -> R) -> R {
        let _steady = space.steady();
        job(&mut self.inner.lock())
    }

    /// Lets this thread into generated code, unless code of its `generation` has been thrown away.
    pub(super) fn enter(&self, generation: u32) -> Option<Inside<'_>> {
        self.gate.enter(generation)
    }

    /// Makes everything true for the memory as it is now: drops the units whose guest code has changed. In a forked
    /// child, which shares the arena with its parent, begins anew.
    ///
    /// # Errors
    /// A [`CodeError`] where a child gets no executable memory.
    pub(super) fn refresh<G: Hosted>(&self, space: &Space) -> Result<(), CodeError> {
        if !self.mark.is_set() {
            let fresh = Inner::new::<G>(self.options)?;
            self.enter.store(fresh.enter, Ordering::SeqCst);
            self.gate.reset();
            self.with(space, |inner| *inner = fresh);
            self.mark.set();
        }
        let look = |inner: &mut Inner| {
            let stale = inner.stale::<G>(space);
            self.epoch.store(inner.epoch, Ordering::SeqCst);
            stale
        };
        if !self.with(space, look).is_empty() {
            self.gate.exclusive(|| {
                self.with(space, |inner| {
                    let stale = inner.stale::<G>(space);
                    stale.into_iter().for_each(|unit| inner.drop_unit(unit));
                });
            });
        }
        Ok(())
    }

    /// Whether [`Cache::refresh`] has nothing to do.
    pub(super) fn is_fresh(&self, space: &Space) -> bool {
        self.epoch.load(Ordering::SeqCst) == space.code_epoch() && self.mark.is_set()
    }

    /// Notes that a unit has to stay with the interpreter.
    pub(super) fn refused(&self, space: &Space) {
        self.with(space, |inner| inner.counts.refused += 1);
    }

    /// Gives a unit host code, and makes room for it if need be. `words` are its guest instructions, read while the
    /// memory's code epoch was `epoch`.
    pub(super) fn translate<G: Hosted>(
        &self,
        space: &Space,
        unit: &Unit,
        words: &[u32],
        epoch: u64,
    ) -> Result<Placed, Refusal> {
        let attempt = |inner: &mut Inner| {
            if inner.epoch != epoch {
                return Ok(Placed::Stale);
            }
            match unit.insns.first().and_then(|at| inner.find(at.pc)) {
                Some(_) => Ok(Placed::Known),
                None => inner.translate::<G>(space, unit, words),
            }
        };
        match self.with(space, attempt) {
            Ok(Placed::Full) => {}
            other => return other,
        }
        self.gate.exclusive(|| self.with(space, Inner::flush));
        self.with(space, attempt)
    }
}
