//! Which passes run.

/// A set of passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passes(u16);

/// A word that is no pass.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no pass is called `{0}`; there are {known}, `all` and `none`", known = Passes::known())]
pub struct UnknownPass(String);

/// Every pass by its word.
const WORDS: [(&str, Passes); 11] = [
    ("const", Passes::CONST),
    ("simplify", Passes::SIMPLIFY),
    ("bits", Passes::BITS),
    ("copy", Passes::COPY),
    ("address", Passes::ADDRESS),
    ("unbox", Passes::UNBOX),
    ("values", Passes::VALUES),
    ("sets", Passes::SETS),
    ("rotate", Passes::ROTATE),
    ("narrow", Passes::NARROW),
    ("loads", Passes::LOADS),
];

impl Passes {
    /// No pass.
    pub const NONE: Self = Self(0);
    /// Operations on constants are done.
    pub const CONST: Self = Self(1);
    /// Operations of which algebra knows a simpler form take that.
    pub const SIMPLIFY: Self = Self(2);
    /// Extensions and masks that change nothing, or nothing that is looked at, are left out.
    pub const BITS: Self = Self(4);
    /// A place is not read where the value it holds is known, nor written what it holds.
    pub const COPY: Self = Self(8);
    /// Constants that are added to an address become part of the access.
    pub const ADDRESS: Self = Self(16);
    /// Numbers that were boxed or unboxed in the unit are not unboxed again.
    pub const UNBOX: Self = Self(32);
    /// Values that nobody uses are not computed.
    pub const VALUES: Self = Self(64);
    /// Places are not written what nobody can see.
    pub const SETS: Self = Self(128);
    /// Rotations spelled as shifts become rotations.
    pub const ROTATE: Self = Self(256);
    /// Operations do no more bits than somebody looks at.
    pub const NARROW: Self = Self(512);
    /// What the unit has just loaded or stored is not loaded again.
    pub const LOADS: Self = Self(1024);
    /// Every pass.
    pub const ALL: Self = Self(2047);

    /// Passes of the forward walk.
    pub(super) const FORWARD: Self = Self(63 | 256 | 1024);
    /// Passes of the backward walk.
    pub(super) const BACKWARD: Self = Self(192 | 512);

    /// Every pass, with its word.
    pub fn each() -> impl Iterator<Item = (&'static str, Self)> {
        WORDS.into_iter()
    }

    fn known() -> String {
        WORDS.map(|(word, _)| format!("`{word}`")).join(", ")
    }

    /// The passes named by words with commas between; `all` and `none` are words too.
    ///
    /// # Errors
    /// A word that is no pass.
    pub fn parse(words: &str) -> Result<Self, UnknownPass> {
        words.split(',').map(str::trim).try_fold(Self::NONE, |sum, word| {
            let pass = match word {
                "all" => Self::ALL,
                "none" => Self::NONE,
                _ => {
                    Self::each().find(|(known, _)| *known == word).ok_or_else(|| UnknownPass(word.into()))?.1
                }
            };
            Ok(sum.with(pass))
        })
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every pass of `other` is in the set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a pass of `other` is in the set.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Default for Passes {
    fn default() -> Self {
        Self::ALL
    }
}
