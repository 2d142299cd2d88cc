//! The units of a program that have host code, shared by its threads.

use super::arena::{Arena, ArenaError, Mark};
use super::hosted::Hosted;
use super::stubs::{self, Pins};
use crate::emit::host::{Features, Stubs};
use crate::emit::{self, EmitError, Emitted, FaultSite, LinkSite, Target};
use crate::ir::{At, Unit};
use crate::x64::AsmError;
use hashbrown::HashMap;
use memory::user::Space;
use parking_lot::{Mutex, MutexGuard};
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
    /// Times that everything was forgotten.
    pub flushes: u64,
    /// Units that have to stay with the interpreter.
    pub refused: u64,
}

/// A unit's host code.
struct Record {
    /// Where it is executed.
    code: u32,
    insns: Box<[At]>,
    faults: Box<[FaultSite]>,
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
    features: Features,
    pub counts: Counts,
}

/// What threads that execute the same memory share.
pub struct Cache {
    inner: Mutex<Inner>,
    bytes: usize,
    /// The function that enters units.
    enter: AtomicU32,
    /// The memory's code epoch for which all of this is true.
    epoch: AtomicU64,
    /// Tells a forked child, which shares the arena with its parent and must leave it alone.
    mark: Mark,
    /// Changes whenever code has been thrown away: what a thread remembers of it is void.
    generation: AtomicU32,
    /// Threads inside generated code.
    running: AtomicU32,
    /// Somebody waits for all of them to come out.
    pending: AtomicBool,
}

/// A thread inside generated code, or about to be.
pub(super) struct Running<'a>(&'a AtomicU32);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Inner {
    fn new<G: Hosted>(bytes: usize) -> Result<Self, CodeError> {
        let mut arena = Arena::new(bytes)?;
        let pins = Pins { places: G::places(), hot: G::HOT.0, hot_floats: G::HOT.1 };
        let (code, enter, stubs) = stubs::emit(arena.next(), &pins)?;
        arena.append(&code).ok_or(CodeError::Stubs)?;
        arena.resume_at(stubs.fault);
        Ok(Self {
            enter,
            stubs,
            base: arena.next(),
            arena,
            units: vec![],
            sites: vec![],
            by_pc: HashMap::new(),
            features: Features::detect(),
            counts: Counts::default(),
        })
    }

    fn flush(&mut self) {
        self.arena.truncate(self.base);
        self.units.clear();
        self.sites.clear();
        self.by_pc.clear();
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

    /// Where the jump of a site goes, and its host code if that exists: then the jump is linked to it.
    pub fn follow(&mut self, site: u32) -> Option<(u64, Option<u32>)> {
        let Site { unit, link } = *self.sites.get(site as usize)?;
        let code = self.find(link.to);
        if let Some(code) = code {
            self.arena.patch(self.units[unit as usize].code + link.displacement, code);
            self.counts.links += 1;
        }
        Some((link.to, code))
    }

    fn add(&mut self, unit: &Unit, emitted: Emitted) -> Option<u32> {
        let code = self.arena.append(&emitted.bytes)?;
        let number = u32::try_from(self.units.len()).ok()?;
        self.sites.extend(emitted.links.iter().map(|link| Site { unit: number, link: *link }));
        self.by_pc.insert(unit.insns.first()?.pc, number);
        self.counts.units += 1;
        self.counts.insns += unit.insns.len() as u64;
        self.counts.guest_bytes += unit.insns.iter().map(|at| u64::from(at.len)).sum::<u64>();
        self.counts.host_bytes += emitted.bytes.len() as u64;
        self.units.push(Record { code, insns: unit.insns.as_slice().into(), faults: emitted.faults.into() });
        Some(code)
    }

    /// Emits a unit where the next one goes; `None` where the arena is full.
    fn translate<G: Hosted>(&mut self, unit: &Unit) -> Result<Option<u32>, EmitError> {
        let target = Target {
            places: G::places(),
            hot: G::HOT.0,
            hot_floats: G::HOT.1,
            features: self.features,
            stubs: self.stubs,
            first_site: u32::try_from(self.sites.len()).unwrap_or(u32::MAX),
            at: self.arena.next(),
        };
        let emitted = emit::emit(unit, target)?;
        Ok(self.add(unit, emitted))
    }
}

impl Record {
    fn spot(&self, insn: u8) -> Option<Spot> {
        let at = self.insns.get(usize::from(insn))?;
        let left = self.insns.len() - usize::from(insn);
        Some(Spot { pc: at.pc, left: i64::try_from(left).unwrap_or(0) })
    }
}

impl Cache {
    /// An empty cache of `bytes` bytes of code.
    ///
    /// # Errors
    /// A [`CodeError`] where the host gives no executable memory.
    pub fn new<G: Hosted>(bytes: usize) -> Result<Self, CodeError> {
        let inner = Inner::new::<G>(bytes)?;
        Ok(Self {
            enter: AtomicU32::new(inner.enter),
            inner: Mutex::new(inner),
            bytes,
            epoch: AtomicU64::new(0),
            mark: Mark::new()?,
            generation: AtomicU32::new(0),
            running: AtomicU32::new(0),
            pending: AtomicBool::new(false),
        })
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
        self.generation.load(Ordering::SeqCst)
    }

    /// The inside. Locked only while the memory is steady, so that no forked child inherits the lock.
    pub(super) fn with<R>(&self, space: &Space, job: impl FnOnce(&mut Inner) -> R) -> R {
        let _steady = space.steady();
        job(&mut self.inner.lock())
    }

    /// Lets this thread into generated code, unless code of its `generation` has been thrown away.
    pub(super) fn enter(&self, generation: u32) -> Option<Running<'_>> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(&self.running);
        let free = !self.pending.load(Ordering::SeqCst) && self.generation() == generation;
        free.then_some(running)
    }

    /// Does `job` while no thread is inside generated code.
    fn exclusive(&self, inner: &mut MutexGuard<'_, Inner>, job: impl FnOnce(&mut Inner)) {
        self.pending.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) != 0 {
            std::thread::yield_now();
        }
        job(inner);
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.pending.store(false, Ordering::SeqCst);
    }

    /// Forgets everything.
    pub(super) fn flush(&self, space: &Space) {
        let _steady = space.steady();
        self.exclusive(&mut self.inner.lock(), Inner::flush);
    }

    /// Makes everything true for the memory as it is now. In a forked child, which shares the arena with its parent,
    /// begins anew.
    ///
    /// # Errors
    /// A [`CodeError`] where a child gets no executable memory.
    pub(super) fn refresh<G: Hosted>(&self, space: &Space) -> Result<(), CodeError> {
        let epoch = space.code_epoch();
        let _steady = space.steady();
        let mut inner = self.inner.lock();
        if !self.mark.is_set() {
            // The threads that were inside are the parent's.
            self.running.store(0, Ordering::SeqCst);
            let fresh = Inner::new::<G>(self.bytes)?;
            self.enter.store(fresh.enter, Ordering::SeqCst);
            self.exclusive(&mut inner, |inner| *inner = fresh);
            self.mark.set();
        }
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.exclusive(&mut inner, Inner::flush);
            self.epoch.store(epoch, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whether [`Cache::refresh`] has nothing to do.
    pub(super) fn is_fresh(&self, space: &Space) -> bool {
        self.epoch.load(Ordering::SeqCst) == space.code_epoch() && self.mark.is_set()
    }

    /// Gives a unit host code, and room for it if need be.
    pub(super) fn translate<G: Hosted>(&self, space: &Space, unit: &Unit) -> Result<Option<u32>, EmitError> {
        let _steady = space.steady();
        let mut inner = self.inner.lock();
        if let Some(code) = unit.insns.first().and_then(|at| inner.find(at.pc)) {
            return Ok(Some(code));
        }
        match inner.translate::<G>(unit) {
            Ok(None) => {}
            other => {
                inner.counts.refused += u64::from(other.is_err());
                return other;
            }
        }
        self.exclusive(&mut inner, Inner::flush);
        inner.translate::<G>(unit)
    }
}
