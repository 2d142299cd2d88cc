//! The row table: one row is one instruction.
//!
//! A row holds the mnemonic, the encoding as the manual's bit picture, the form (operands and their
//! assembly text), the extension, the register widths it exists for, its effects and one line of
//! meaning. The [`rows!`](crate::rows!) macro turns a table into an enum and a constant array and
//! refuses, at compile time, a picture of the wrong width or one that disagrees with its form.

mod field;
mod form;
mod guest;
mod listing;
mod pattern;

pub use field::{Code, Field, Scatter, Show, Slice, Slot, scatter};
pub use form::{Form, check};
pub use guest::{Alias, Call, Cond, Expansion, Guest, Macro, NamedWord, Of, Operator, Role};
pub use listing::{Group, groups};
pub use pattern::{Pattern, Unless, parse};

/// Register widths for which a row exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Widths(pub u8);

impl Widths {
    /// 32-bit registers only.
    pub const W32: Self = Self(1);
    /// 64-bit registers only.
    pub const W64: Self = Self(2);
    /// Either width.
    pub const ANY: Self = Self(3);

    /// Whether the row exists for registers of `bits` (32 or 64).
    pub const fn has(self, bits: u32) -> bool {
        self.0 & (if bits == 32 { 1 } else { 2 }) != 0
    }
}

/// What an instruction does beyond writing its destination register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(pub u16);

impl Effects {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Reads memory.
    pub const LOAD: Self = Self(1);
    /// Writes memory.
    pub const STORE: Self = Self(1 << 1);
    /// May set the pc to something other than the next instruction; ends a block.
    pub const JUMP: Self = Self(1 << 2);
    /// Reads or writes control state or raises an exception by design; runs alone in its block, so
    /// that counters it reads are exact.
    pub const SYSTEM: Self = Self(1 << 3);
    /// Changes the accrued floating-point exception flags.
    pub const FFLAGS: Self = Self(1 << 4);
    /// Makes earlier stores visible to instruction fetch; ends a block.
    pub const SYNC: Self = Self(1 << 5);
    /// Reads a rounding mode; a reserved one makes the instruction illegal.
    pub const ROUND: Self = Self(1 << 6);
    /// Needs more than user privilege.
    pub const PRIVILEGED: Self = Self(1 << 7);
    /// Reads and writes memory in one indivisible step.
    pub const ATOMIC: Self = Self(1 << 8 | 3);

    /// Sets the pc only if a condition holds, and else goes on to the next instruction.
    pub const BRANCH: Self = Self(1 << 9 | 1 << 2);
    /// Reserves the address that it reads.
    pub const RESERVE: Self = Self(1 << 10);

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is among these.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` are among these.
    pub const fn all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One instruction.
#[derive(Debug)]
pub struct Row<O: 'static> {
    /// The row's name in code; also its number.
    pub op: O,
    /// Assembly mnemonic without ordering suffix.
    pub mnemonic: &'static str,
    /// Fixed bits, width and operand letters.
    pub pattern: Pattern,
    /// Bit combinations that belong to another row or to none.
    pub unless: &'static [Unless],
    /// Operands and their text.
    pub form: Form,
    /// Extension as the ISA manual names it.
    pub ext: &'static str,
    /// Register widths it exists for.
    pub widths: Widths,
    /// What it does beyond its destination.
    pub effects: Effects,
    /// For a short encoding: the row whose behaviour it has.
    pub expands: Option<O>,
    /// Rows that this one deliberately takes encodings from: it is tried first.
    pub before: &'static [O],
    /// One line of meaning.
    pub meaning: &'static str,
}

/// Turns a table into `pub enum Op` (`repr(u16)`, in table order) and `pub const ROWS: &[Row<Op>]`.
///
/// ```text
/// Name "mnemonic" "picture" {unless} FORM "ext" WIDTHS [EFFECTS] (=> Expanded)? (before Other,…)? "meaning";
/// ```
///
/// `{d=0, i=0}` lists letters whose value makes the word *not* this row.
#[macro_export]
macro_rules! rows {
    ([] $($op:ident $text:literal $picture:literal { $($letter:ident = $value:literal),* } $form:ident $ext:literal
        $widths:ident [$($effect:ident)*] $(=> $expands:ident)? $(before $($other:ident),+)? ; $meaning:literal)*) => {
        /// A row's name. The number is the row's place in [`ROWS`].
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u16)]
        pub enum Op { $(#[doc = concat!("`", $text, "`: ", $meaning)] $op),* }

        /// Every row, in table order.
        pub const ROWS: &[$crate::rows::Row<Op>] = &[$({
            const PATTERN: $crate::rows::Pattern = $crate::rows::parse($picture);
            const _: () = $crate::rows::check(&PATTERN, &forms::$form);
            $crate::rows::Row {
                op: Op::$op,
                mnemonic: $text,
                pattern: PATTERN,
                unless: &[$(PATTERN.unless(stringify!($letter), $value)),*],
                form: forms::$form,
                ext: $ext,
                widths: $crate::rows::Widths::$widths,
                effects: $crate::rows::Effects::NONE$(.and($crate::rows::Effects::$effect))*,
                expands: { #[allow(unused_mut, unused_assignments, reason = "most rows expand to nothing")]
                    { let mut e: Option<Op> = None; $(e = Some(Op::$expands);)? e } },
                before: &[$($(Op::$other),+)?],
                meaning: $meaning,
            }
        }),*];
    };
}
