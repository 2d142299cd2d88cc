//! Choosing a tier: the value of `-accel`.

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
    Interp(Driver),
}

/// What is wrong with a value of `-accel`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TierError {
    /// No tier has this name.
    #[error("there is no accelerator \"{name}\"; this build has interp (and auto), see -accel help")]
    Name {
        /// As written.
        name: String,
    },
    /// The tier has no such property.
    #[error("accelerator interp has no property \"{property}\"; it has step=on|off")]
    Property {
        /// As written.
        property: String,
    },
}

impl Tier {
    /// Reads `interp`, `interp,step=on` or `auto`.
    ///
    /// # Errors
    /// A [`TierError`] naming the word that is not understood.
    pub fn parse(text: &str) -> Result<Self, TierError> {
        let mut words = text.split(',');
        match words.next().unwrap_or_default() {
            "interp" | "auto" => {}
            name => return Err(TierError::Name { name: name.into() }),
        }
        let mut driver = Driver::Block;
        for property in words {
            driver = match property {
                "step=on" => Driver::Step,
                "step=off" => Driver::Block,
                _ => return Err(TierError::Property { property: property.into() }),
            };
        }
        Ok(Self::Interp(driver))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("interp", Driver::Block)]
    #[case("auto", Driver::Block)]
    #[case("interp,step=on", Driver::Step)]
    #[case("interp,step=on,step=off", Driver::Block)]
    fn a_known_tier_is_read(#[case] text: &str, #[case] driver: Driver) {
        assert_eq!(Tier::parse(text), Ok(Tier::Interp(driver)));
    }

    #[rstest]
    #[case("kvm", "there is no accelerator \"kvm\"; this build has interp (and auto), see -accel help")]
    #[case("", "there is no accelerator \"\"; this build has interp (and auto), see -accel help")]
    #[case("interp,hot=3", "accelerator interp has no property \"hot=3\"; it has step=on|off")]
    fn an_unknown_word_is_named(#[case] text: &str, #[case] sentence: &str) {
        assert_eq!(Tier::parse(text).unwrap_err().to_string(), sentence);
    }
}
