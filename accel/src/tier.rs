//! Choosing a tier: the value of `-accel`.

pub use interp::Llsc;
pub use jit::code::{Options, Spoil};

use jit::opt::{Passes, UnknownPass};

/// Which of the interpreter's drivers runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// Pre-decoded, linked blocks.
    Block,
    /// One instruction at a time, nothing cached.
    Step,
}

/// A way to execute guest code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tier {
    /// The interpreter.
    Interp(Driver, Llsc),
    /// The interpreter for what is cold, translation to host code for what is hot.
    Jit(Options),
}

/// What is wrong with a value of `-accel`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TierError {
    /// No tier has this name.
    #[error("there is no accelerator \"{name}\"; this build has interp, jit and auto, see -accel help")]
    Name {
        /// As written.
        name: String,
    },
    /// The tier has no such property, or not with this value.
    #[error("accelerator {tier} has no property \"{property}\"; it has {known}")]
    Property {
        /// The tier's name.
        tier: &'static str,
        /// As written.
        property: String,
        /// The tier's properties.
        known: &'static str,
    },
    /// A pass that is none.
    #[error("property passes of accelerator jit: {0}, with + between them")]
    Passes(#[from] UnknownPass),
}

/// The properties of `interp`.
const INTERP: &str = "step=on|off, llsc=fast|strict";
/// The properties of `jit`.
const JIT: &str = "hot=N (1 and more), cache=SIZE (1M to 1G), sync=on (a thread waits for its translations), \
                   llsc=fast|strict, passes=WORD+WORD… (all, none, or names of passes)";

/// What `-accel help` says of properties.
pub const PROPERTIES: &[(&str, &str)] = &[
    ("interp,step=on|off", "one instruction at a time, or block by block"),
    ("jit,hot=N", "translate what has run N times; 32"),
    ("jit,cache=SIZE", "keep this much host code, 1M to 1G; 64M"),
    ("jit,sync=on", "a thread waits for its translations; there is no other way yet"),
    ("jit,passes=WORD+WORD…", "improve units by these passes only; all, none or names"),
    ("…,llsc=fast|strict", "what makes a store-conditional fail: another value, or any write since (slower)"),
];

impl Tier {
    /// The interpreter, with reservations as [`Llsc::Fast`].
    pub const fn interp(driver: Driver) -> Self {
        Self::Interp(driver, Llsc::Fast)
    }

    /// What a store-conditional asks of memory.
    pub const fn llsc(self) -> Llsc {
        match self {
            Self::Interp(_, llsc) | Self::Jit(Options { llsc, .. }) => llsc,
        }
    }

    /// Reads `interp`, `interp,step=on`, `jit,hot=32,cache=64M,sync=on,passes=const+copy` or `auto`; `tcg` is another
    /// name of `jit`.
    ///
    /// # Errors
    /// A [`TierError`] naming the word that is not understood.
    pub fn parse(text: &str) -> Result<Self, TierError> {
        let (name, properties) = text.split_once(',').unwrap_or((text, ""));
        let properties = properties.split(',').filter(|word| !word.is_empty());
        match name {
            "interp" => Self::read_interp(properties),
            "jit" | "tcg" | "auto" => Self::read_jit(properties),
            name => Err(TierError::Name { name: name.into() }),
        }
    }

    fn read_interp<'a>(properties: impl Iterator<Item = &'a str>) -> Result<Self, TierError> {
        let (mut driver, mut reserves) = (Driver::Block, Llsc::Fast);
        for property in properties {
            let known = match property.split_once('=') {
                Some(("step", value)) => stepwise(value).map(|chosen| driver = chosen),
                Some(("llsc", value)) => llsc(value).map(|llsc| reserves = llsc),
                _ => None,
            };
            let unknown = || TierError::Property { tier: "interp", property: property.into(), known: INTERP };
            known.ok_or_else(unknown)?;
        }
        Ok(Self::Interp(driver, reserves))
    }

    fn read_jit<'a>(properties: impl Iterator<Item = &'a str>) -> Result<Self, TierError> {
        let mut options = Options::default();
        for property in properties {
            let known = match property.split_once('=') {
                Some(("hot", value)) => count(value).map(|hot| options.hot = hot),
                Some(("cache", value)) => size(value).map(|cache| options.cache = cache),
                // There is no other way to translate.
                Some(("sync", "on")) => Some(()),
                Some(("llsc", value)) => llsc(value).map(|llsc| options.llsc = llsc),
                Some(("passes", value)) => {
                    options.passes = Passes::parse(&value.replace('+', ","))?;
                    Some(())
                }
                _ => None,
            };
            let unknown = || TierError::Property { tier: "jit", property: property.into(), known: JIT };
            known.ok_or_else(unknown)?;
        }
        Ok(Self::Jit(options))
    }
}

impl Default for Tier {
    fn default() -> Self {
        Self::Jit(Options::default())
    }
}

/// A number of runs, at least one.
fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| *count > 0)
}

/// Whether to go step by step.
fn stepwise(text: &str) -> Option<Driver> {
    match text {
        "on" => Some(Driver::Step),
        "off" => Some(Driver::Block),
        _ => None,
    }
}

/// What a store-conditional asks of memory.
fn llsc(text: &str) -> Option<Llsc> {
    match text {
        "fast" => Some(Llsc::Fast),
        "strict" => Some(Llsc::Strict),
        _ => None,
    }
}

/// A size in bytes with QEMU's suffixes K, M and G, from 1 MiB to 1 GiB and whole pages.
fn size(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return None,
    };
    let bytes = digits.parse::<usize>().ok()?.checked_mul(1 << shift)?;
    (1 << 20..=1 << 30).contains(&bytes).then_some(bytes & !0xfff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("interp", Driver::Block)]
    #[case("interp,step=on", Driver::Step)]
    #[case("interp,step=on,step=off", Driver::Block)]
    fn an_interpreter_is_read(#[case] text: &str, #[case] driver: Driver) {
        assert_eq!(Tier::parse(text), Ok(Tier::interp(driver)));
    }

    #[rstest]
    #[case("jit", 32, 64 << 20)]
    #[case("auto", 32, 64 << 20)]
    #[case("tcg,cache=1M", 32, 1 << 20)]
    #[case("jit,hot=1,cache=2048K", 1, 2 << 20)]
    #[case("jit,sync=on", 32, 64 << 20)]
    fn a_translator_is_read(#[case] text: &str, #[case] hot: u32, #[case] cache: usize) {
        assert_eq!(Tier::parse(text), Ok(Tier::Jit(Options { hot, cache, ..Options::default() })));
    }

    #[rstest]
    #[case("interp,llsc=strict,step=on", Tier::Interp(Driver::Step, Llsc::Strict))]
    #[case("interp,llsc=strict,llsc=fast", Tier::interp(Driver::Block))]
    #[case("auto,llsc=strict", Tier::Jit(Options { llsc: Llsc::Strict, ..Options::default() }))]
    fn the_meaning_of_reservations_is_read(#[case] text: &str, #[case] tier: Tier) {
        assert_eq!(Tier::parse(text), Ok(tier));
    }

    #[rstest]
    #[case("jit,passes=none", Passes::NONE)]
    #[case("jit,passes=const+copy", Passes::CONST.with(Passes::COPY))]
    fn passes_are_chosen(#[case] text: &str, #[case] passes: Passes) {
        assert_eq!(Tier::parse(text), Ok(Tier::Jit(Options { passes, ..Options::default() })));
    }

    #[test]
    fn an_unknown_pass_is_named() {
        let text = Tier::parse("jit,passes=const+fish").unwrap_err().to_string();
        assert!(text.starts_with("property passes of accelerator jit: no pass is called `fish`"), "{text}");
        assert!(Tier::parse("jit,sync=off").unwrap_err().to_string().contains("no property \"sync=off\""));
    }

    #[rstest]
    #[case("kvm", "there is no accelerator \"kvm\"; this build has interp, jit and auto, see -accel help")]
    #[case("", "there is no accelerator \"\"; this build has interp, jit and auto, see -accel help")]
    #[case(
        "interp,llsc=loose",
        "accelerator interp has no property \"llsc=loose\"; it has step=on|off, llsc=fast|strict"
    )]
    #[case(
        "interp,hot=3",
        "accelerator interp has no property \"hot=3\"; it has step=on|off, llsc=fast|strict"
    )]
    #[case(
        "jit,cache=5",
        "accelerator jit has no property \"cache=5\"; it has hot=N (1 and more), cache=SIZE (1M to 1G), sync=on (a thread waits for its translations), llsc=fast|strict, passes=WORD+WORD… (all, none, or names of passes)"
    )]
    #[case(
        "jit,hot=0",
        "accelerator jit has no property \"hot=0\"; it has hot=N (1 and more), cache=SIZE (1M to 1G), sync=on (a thread waits for its translations), llsc=fast|strict, passes=WORD+WORD… (all, none, or names of passes)"
    )]
    fn an_unknown_word_is_named(#[case] text: &str, #[case] sentence: &str) {
        assert_eq!(Tier::parse(text).unwrap_err().to_string(), sentence);
    }
}
