//! The toy's case files.

use super::{State, Toy, Trap};
use crate::case::Vocabulary;
use crate::mem::Pieces;
use crate::speak::Speaker;
use spec::bits::Low;

/// The names of the toy's case files: `r0` to `r15`, `pc`, `carry`, `test`; the data area is
/// 2000 to 2fff.
pub struct Names;

/// A part of the toy's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// A register.
    R(usize),
    /// The pc.
    Pc,
    /// The carry flag.
    Carry,
    /// The outcome of a comparison.
    Test,
}

/// A trap as case files name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// `bus@address`.
    Bus(u64),
    /// `undefined`.
    Undefined,
    /// `divide`.
    Divide,
    /// `monitor@number`.
    Monitor(u64),
}

impl Vocabulary for Names {
    type Part = Part;
    type Trap = Expect;

    fn part(&self, name: &str) -> Option<Part> {
        Some(match name {
            "pc" => Part::Pc,
            "carry" => Part::Carry,
            "test" => Part::Test,
            _ => Part::R(name.strip_prefix('r')?.parse().ok().filter(|n| *n < 16)?),
        })
    }

    fn trap(&self, name: &str, at: Option<u64>) -> Option<Expect> {
        match (name, at) {
            ("bus", Some(at)) => Some(Expect::Bus(at)),
            ("undefined", None) => Some(Expect::Undefined),
            ("divide", None) => Some(Expect::Divide),
            ("monitor", Some(number)) => Some(Expect::Monitor(number)),
            _ => None,
        }
    }
}

impl Speaker for Toy {
    type Guest = Toy;
    type Names = Names;

    fn fresh(&self) -> State {
        State { pc: 0x1000, ..State::default() }
    }

    fn memory(&self, word: u32, _: u8, pc: u64) -> Pieces {
        Pieces::default().with(pc, word.to_be_bytes().to_vec(), false, true).with(
            0x2000,
            vec![0; 0x1000],
            true,
            false,
        )
    }

    fn set(&self, state: &mut State, part: &Part, value: u64) {
        let value = value.low32();
        match *part {
            Part::R(n) => state.r[n] = value,
            Part::Pc => state.pc = value,
            Part::Carry => state.carry = value,
            Part::Test => state.test = value,
        }
    }

    fn raised(&self, trap: &Expect, word: u32, _: u64) -> Trap {
        match *trap {
            Expect::Bus(at) => Trap::Bus { at },
            Expect::Undefined => Trap::Undefined { word },
            Expect::Divide => Trap::Divide,
            Expect::Monitor(number) => Trap::Monitor { number: number.low32() },
        }
    }
}
