//! A machine for units whose memory lies everywhere, with a fault wherever a test wants one.
#![allow(dead_code, reason = "not every test needs all")]

use interp::fpu::{Flags, Round};
use interp::{Access, Fault};
use jit::ir::eval::{Machine, Outcome, run};
use jit::ir::{Place, Size, Unit};
use jit::lift::riscv::{FFLAGS, FRM, PLACES};
use std::collections::BTreeMap;

/// A stream of random numbers: Steele, Lea and Flood's SplitMix.
pub fn stream(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(seed)
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// A machine that remembers all that happened to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Everywhere {
    pub places: Vec<u64>,
    /// Bytes that were written; the others follow from their addresses.
    written: BTreeMap<u64, u8>,
    /// Every access and what was moved.
    pub accesses: Vec<(Access, Size, u64, u64)>,
    /// The access that faults.
    fault: Option<usize>,
    /// Handlers run.
    handlers: u64,
}

impl Everywhere {
    /// A machine in a random state.
    pub fn new(seed: u64, fault: Option<usize>) -> Self {
        let mut next = stream(seed);
        let mut places: Vec<u64> = PLACES.infos.iter().map(|_| next()).collect();
        // Small numbers, boxed numbers and equal ones are what decides comparisons.
        for place in &mut places {
            match next() % 6 {
                0 => *place &= 0xff,
                1 => *place |= 0xffff_ffff_0000_0000,
                2 => *place = 0,
                3 => *place &= 0xffff_ffff,
                _ => {}
            }
        }
        places[usize::from(FRM.0)] = next() % 4;
        places[usize::from(FFLAGS.0)] = next() % 32;
        Self { places, written: BTreeMap::new(), accesses: vec![], fault, handlers: 0 }
    }

    /// What running a unit from here leaves.
    pub fn after(mut self, unit: &Unit) -> (Outcome, Self) {
        let outcome = run(unit, &PLACES, &mut self);
        (outcome, self)
    }

    /// Looks like `other` in which accesses were made and which of them faulted.
    pub fn like(&mut self, other: &Self) {
        self.accesses.clone_from(&other.accesses);
        self.fault = other.fault;
    }

    fn byte(&self, at: u64) -> u8 {
        self.written.get(&at).copied().unwrap_or(mixed(at).to_le_bytes()[0])
    }

    fn access(&mut self, access: Access, size: Size, at: u64, moved: u64) -> Result<(), Fault> {
        let number = self.accesses.len();
        self.accesses.push((access, size, at, moved));
        if self.fault == Some(number) { Err(Fault { at, access, bus: false }) } else { Ok(()) }
    }

    fn peek(&self, size: Size, at: u64) -> u64 {
        (0..size.bytes()).rev().fold(0, |value, n| value << 8 | u64::from(self.byte(at.wrapping_add(n))))
    }

    fn poke(&mut self, size: Size, at: u64, value: u64) {
        for (n, byte) in (0..size.bytes()).zip(value.to_le_bytes()) {
            self.written.insert(at.wrapping_add(n), byte);
        }
    }
}

fn ordered(size: Size, big: bool, value: u64) -> u64 {
    if big { value.swap_bytes() >> (64 - size.bits()) } else { value }
}

impl Machine for Everywhere {
    fn get(&self, place: Place) -> u64 {
        self.places[usize::from(place.0)]
    }

    fn set(&mut self, place: Place, value: u64) {
        let narrow = PLACES.info(place).ty == jit::ir::Type::I32;
        self.places[usize::from(place.0)] = if narrow { value & 0xffff_ffff } else { value };
    }

    fn load(&mut self, size: Size, big: bool, at: u64) -> Result<u64, Fault> {
        self.access(Access::Load, size, at, big.into())?;
        Ok(ordered(size, big, self.peek(size, at)))
    }

    fn store(&mut self, size: Size, big: bool, at: u64, value: u64) -> Result<(), Fault> {
        let kept = value & u64::MAX >> (64 - size.bits());
        self.access(Access::Store, size, at, kept)?;
        self.poke(size, at, ordered(size, big, kept));
        Ok(())
    }

    fn compare_exchange(&mut self, size: Size, at: u64, old: u64, new: u64) -> Result<u64, Fault> {
        let kept = u64::MAX >> (64 - size.bits());
        self.access(Access::Store, size, at, new & kept)?;
        let found = self.peek(size, at);
        if found == old & kept {
            self.poke(size, at, new);
        }
        Ok(found)
    }

    fn round(&self) -> Round {
        let mode = u32::try_from(self.get(FRM) & 7).unwrap_or(0);
        Round::from_bits(mode).unwrap_or(Round::NearestEven)
    }

    fn raise(&mut self, flags: Flags) {
        self.places[usize::from(FFLAGS.0)] |= u64::from(flags.bits());
    }

    /// A handler may do anything to the places, and in one of four cases goes elsewhere.
    fn interpret(&mut self, _: &Unit, insn: usize) -> bool {
        self.handlers += 1;
        let sum = self.places.iter().fold(insn as u64 + self.handlers, |sum, place| mixed(sum ^ place));
        let mut next = stream(sum);
        for place in &mut self.places {
            *place = next() & 0xffff_ffff;
        }
        !next().is_multiple_of(4)
    }
}
