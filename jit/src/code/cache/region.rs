//! The arena's parts, which are filled and evicted in turn, and what lies in them.

use super::super::hosted::Hosted;
use crate::emit::{FaultSite, LinkSite};
use crate::ir::At;
use memory::user::Space;

/// Regions that an arena is cut into.
pub(super) const REGIONS: usize = 16;

/// Units, and sites, that a region may have: more than bytes of code have room for.
const SHIFT: u32 = 24;

/// No unit has this number.
pub(super) const NONE: u32 = u32::MAX;

/// The number of a unit or a site: its region, and its place among those there.
pub(super) fn number(region: usize, place: usize) -> u32 {
    u32::try_from(region << SHIFT | place).unwrap_or(NONE)
}

/// The region and the place that a number is made of.
pub(super) fn split(number: u32) -> (usize, usize) {
    ((number >> SHIFT) as usize, (number & ((1 << SHIFT) - 1)) as usize)
}

/// See the module.
#[derive(Default)]
pub(super) struct Region {
    /// Where its code is executed, from the first byte to one past the last.
    pub bounds: (u32, u32),
    /// In the order of their code's addresses.
    pub units: Vec<Record>,
    pub sites: Vec<Site>,
    /// Its units have been evicted, and who is inside since before this generation may still be in them.
    pub retired: Option<u64>,
}

/// A direct jump of a unit.
#[derive(Clone, Copy)]
pub(super) struct Site {
    /// The unit that it lies in.
    pub unit: u32,
    pub link: LinkSite,
    /// The unit that it goes to.
    pub linked: u32,
}

/// A unit's host code.
pub(super) struct Record {
    /// Where it is executed.
    pub code: u32,
    pub insns: Box<[At]>,
    /// Where they lie in memory: stretches from the first byte to one past the last.
    pub parts: Box<[(u64, u64)]>,
    /// The guest instructions' words, with which memory is compared.
    pub words: Box<[u32]>,
    pub faults: Box<[FaultSite]>,
    /// Sites whose jumps have been linked to this unit. Their room may have come to others since.
    pub incoming: Vec<u32>,
    /// Whether it may run only while one thread alone reaches memory.
    pub private: bool,
    /// False once it has been dropped; threads that come out of it still ask for its instructions.
    pub alive: bool,
}

/// A guest instruction of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Spot {
    /// Its address.
    pub pc: u64,
    /// Instructions of the unit from it to the end.
    pub left: i64,
}

impl Region {
    /// The guest instruction that the host instruction at `address`, an access to guest memory, belongs to.
    pub fn faulted(&self, address: u32) -> Option<Spot> {
        let after = self.units.partition_point(|unit| unit.code <= address);
        let unit = self.units.get(after.checked_sub(1)?)?;
        let offset = address - unit.code;
        let fault = unit.faults.binary_search_by_key(&offset, |fault| fault.offset).ok()?;
        unit.spot(unit.faults.get(fault)?.insn)
    }
}

impl Record {
    fn spot(&self, insn: u8) -> Option<Spot> {
        let at = self.insns.get(usize::from(insn))?;
        let left = self.insns.len() - usize::from(insn);
        Some(Spot { pc: at.pc, left: i64::try_from(left).unwrap_or(0) })
    }

    /// Whether memory still holds its instructions, and they may be executed.
    pub fn is_true<G: Hosted>(&self, space: &Space) -> bool {
        self.insns.iter().zip(&self.words).all(|(insn, word)| {
            let (start, bytes) = (G::address(insn.pc), word.to_le_bytes());
            let count = usize::from(insn.len);
            (start..).zip(bytes).take(count).all(|(at, byte)| space.fetch(at) == Ok(byte))
        })
    }

    pub fn is_changeable(&self, space: &Space) -> bool {
        self.parts.iter().any(|(start, end)| space.is_changeable(*start, *end))
    }
}

/// Where instructions lie in memory, those that follow each other together.
pub(super) fn parts<G: Hosted>(insns: &[At]) -> Box<[(u64, u64)]> {
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
