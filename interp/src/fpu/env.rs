//! Rounding mode, exception flags, and the environment an operation runs in.

use super::rules::Rules;

/// Rounding direction, numbered like RISC-V's `frm`.  [Unpriv. ISA, F, floating-point CSR]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Round {
    /// To the nearest value, a tie to the one with an even last digit (RNE).
    NearestEven = 0,
    /// Towards zero: cut off (RTZ).
    TowardZero = 1,
    /// Towards minus infinity (RDN).
    Down = 2,
    /// Towards plus infinity (RUP).
    Up = 3,
    /// To the nearest value, a tie away from zero (RMM).
    NearestMaxMagnitude = 4,
}

impl Round {
    /// Every mode, in `frm` order.
    pub const ALL: [Self; 5] =
        [Self::NearestEven, Self::TowardZero, Self::Down, Self::Up, Self::NearestMaxMagnitude];

    /// The mode with this `frm` number; 5 to 7 name none (7 means "dynamic", which the caller resolves).
    #[inline]
    pub const fn from_bits(frm: u32) -> Option<Self> {
        match frm {
            0 => Some(Self::NearestEven),
            1 => Some(Self::TowardZero),
            2 => Some(Self::Down),
            3 => Some(Self::Up),
            4 => Some(Self::NearestMaxMagnitude),
            _ => None,
        }
    }
}

/// A set of IEEE exceptions, in the bit order of RISC-V's `fflags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No exception.
    pub const NONE: Self = Self(0);
    /// Inexact: the result was rounded.
    pub const NX: Self = Self(1);
    /// Underflow: the result is tiny and inexact.
    pub const UF: Self = Self(2);
    /// Overflow: the rounded result is beyond the largest finite number.
    pub const OF: Self = Self(4);
    /// Division of a finite number by zero.
    pub const DZ: Self = Self(8);
    /// Invalid operation.
    pub const NV: Self = Self(16);

    /// The flags as `fflags` shows them (bits 4:0).
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The flags in bits 4:0 of a register; higher bits are dropped.
    #[inline]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0x1f)
    }

    /// Both sets together.
    #[inline]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What an operation reads besides its operands, and the flags it leaves.
#[derive(Clone, Debug)]
pub struct Env {
    /// Direction in which inexact results are rounded.
    pub round: Round,
    /// What this guest does where IEEE 754 leaves a choice.
    pub rules: &'static Rules,
    /// Exceptions since the caller last cleared them; operations only add.
    pub flags: Flags,
}

impl Env {
    /// An environment with no flag raised.
    #[inline]
    pub const fn new(round: Round, rules: &'static Rules) -> Self {
        Self { round, rules, flags: Flags::NONE }
    }

    /// Adds exceptions to the accumulated ones.
    #[inline]
    pub const fn raise(&mut self, flags: Flags) {
        self.flags = self.flags.with(flags);
    }
}
