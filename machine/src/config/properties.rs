//! Lists of properties as QEMU's options write them: `first,key=value,flag`, with `,,` for a comma, or JSON.
//!
//! [QEMU: docs/interop/qemu-qmp-ref "keyval", util/keyval.c, util/qemu-option.c]

use super::value;
use spec::asm::did_you_mean;

/// The value of an option, cut into properties. What understands a property takes it out; what is left in the end is
/// unknown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Properties {
    /// The option that they are of, for sentences: `-device virtio-blk-device`.
    whose: String,
    pairs: Vec<(String, String)>,
}

/// Why a list of properties is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PropertyError {
    /// A property without a name.
    #[error("{whose}: \"{text}\" has a value but no name; write NAME=VALUE")]
    Nameless {
        /// The option.
        whose: String,
        /// As written.
        text: String,
    },
    /// JSON that is none, or no object.
    #[error("{whose}: the JSON value cannot be read: {why}")]
    Json {
        /// The option.
        whose: String,
        /// What is wrong with it.
        why: String,
    },
    /// A value that the property cannot have.
    #[error("{whose}: \"{value}\" is no value for {name}; write {wanted}")]
    Value {
        /// The option.
        whose: String,
        /// The property.
        name: String,
        /// As written.
        value: String,
        /// What it can have.
        wanted: &'static str,
    },
    /// A property that must be given.
    #[error("{whose}: {name} is missing; add {name}=…")]
    Missing {
        /// The option.
        whose: String,
        /// The property.
        name: &'static str,
    },
    /// A property that is not there.
    #[error("{whose} has no property \"{name}\"{near}{known}")]
    Unknown {
        /// The option.
        whose: String,
        /// As written.
        name: String,
        /// A question about what was meant.
        near: String,
        /// A list of what there is, with its punctuation.
        known: String,
    },
}

impl Properties {
    /// Reads the value `text` of `option`. A first word without `=` is the value of `implied`.
    ///
    /// # Errors
    /// [`PropertyError::Nameless`] and [`PropertyError::Json`].
    pub fn parse(option: &str, text: &str, implied: Option<&str>) -> Result<Self, PropertyError> {
        let mut list = Self { whose: format!("-{option}"), pairs: vec![] };
        if text.trim_start().starts_with('{') {
            list.read_json(text)?;
        } else {
            list.read_words(text, implied)?;
        }
        Ok(list)
    }

    fn read_words(&mut self, text: &str, implied: Option<&str>) -> Result<(), PropertyError> {
        for (number, word) in pieces(text).into_iter().enumerate() {
            let (name, value) = match (word.split_once('='), implied) {
                (Some(("", _)), _) => {
                    return Err(PropertyError::Nameless { whose: self.whose.clone(), text: word });
                }
                (Some((name, value)), _) => (name.to_owned(), value.to_owned()),
                (None, Some(implied)) if number == 0 => (implied.to_owned(), word),
                (None, _) if word.is_empty() => continue,
                // QEMU's old spelling of a switch that is off, kept for the switches that scripts use.
                (None, _) if matches!(&*word, "nowait" | "noserver") => {
                    (word[2..].to_owned(), "off".to_owned())
                }
                (None, _) => (word, "on".to_owned()),
            };
            self.pairs.push((name, value));
        }
        Ok(())
    }

    fn read_json(&mut self, text: &str) -> Result<(), PropertyError> {
        let refuse = |why: String| PropertyError::Json { whose: self.whose.clone(), why };
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let serde_json::Value::Object(object) = value else { return Err(refuse("it is no object".into())) };
        for (name, value) in object {
            flatten(name, value, &mut self.pairs);
        }
        Ok(())
    }

    /// The option that they are of, for sentences.
    pub fn whose(&self) -> &str {
        &self.whose
    }

    /// Names them more exactly in sentences: `-device virtio-blk-device`.
    pub fn be_of(&mut self, what: &str) {
        self.whose = format!("{} {what}", self.whose);
    }

    /// Whether a property is there.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Adds a property that nobody has given.
    pub fn set_if_missing(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            self.pairs.push((name.into(), value.into()));
        }
    }

    /// A list without properties, called `whose` in sentences.
    pub fn empty(whose: &str) -> Self {
        Self { whose: whose.into(), pairs: vec![] }
    }

    /// The pairs that nothing has taken yet.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Takes a property out; the last one counts where it is repeated.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.pairs.retain_mut(|(known, value)| {
            let same = known == name;
            if same {
                found = Some(std::mem::take(value));
            }
            !same
        });
        found
    }

    /// A property that must be there.
    ///
    /// # Errors
    /// [`PropertyError::Missing`].
    pub fn require(&mut self, name: &'static str) -> Result<String, PropertyError> {
        self.take(name).ok_or_else(|| PropertyError::Missing { whose: self.whose.clone(), name })
    }

    /// A property read by `read`.
    ///
    /// # Errors
    /// [`PropertyError::Value`] where `read` refuses it.
    pub fn read<T>(
        &mut self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, PropertyError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(PropertyError::Value { whose: self.whose.clone(), name: name.into(), value, wanted }),
        }
    }

    /// A switch.
    ///
    /// # Errors
    /// [`PropertyError::Value`].
    pub fn switch(&mut self, name: &str) -> Result<Option<bool>, PropertyError> {
        self.read(name, "on or off", value::switch)
    }

    /// A number.
    ///
    /// # Errors
    /// [`PropertyError::Value`].
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, PropertyError> {
        self.read(name, "a number", value::number)
    }

    /// A size in bytes.
    ///
    /// # Errors
    /// [`PropertyError::Value`].
    pub fn size(&mut self, name: &str) -> Result<Option<u64>, PropertyError> {
        self.read(name, "bytes, or a number and k, M or G", value::size)
    }

    /// Refuses what nothing has taken; `known` are the names there are.
    ///
    /// # Errors
    /// [`PropertyError::Unknown`], which names the nearest.
    pub fn finish(&self, known: &[&str]) -> Result<(), PropertyError> {
        let Some((name, _)) = self.pairs.first() else { return Ok(()) };
        let near = did_you_mean(name, known.iter().copied());
        let all = match known {
            [] => "; it has none".to_owned(),
            _ if near.is_empty() => format!("; it has {}", known.join(", ")),
            _ => String::new(),
        };
        Err(PropertyError::Unknown { whose: self.whose.clone(), name: name.clone(), near, known: all })
    }
}

/// Cuts at single commas; two of them are one in the text.
fn pieces(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ',' if letters.next_if_eq(&',').is_some() => push(&mut all, ','),
            ',' => all.push(String::new()),
            letter => push(&mut all, letter),
        }
    }
    all
}

fn push(all: &mut [String], letter: char) {
    if let Some(last) = all.last_mut() {
        last.push(letter);
    }
}

/// Adds a JSON value under `name`; members of objects and lists get dotted names, as keyval spells them.
fn flatten(name: String, value: serde_json::Value, into: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Object(object) => {
            object.into_iter().for_each(|(key, value)| flatten(format!("{name}.{key}"), value, into));
        }
        Value::Array(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.for_each(|(index, value)| flatten(format!("{name}.{index}"), value, into));
        }
        Value::Bool(on) => into.push((name, if on { "on" } else { "off" }.into())),
        Value::String(text) => into.push((name, text)),
        Value::Null => into.push((name, String::new())),
        Value::Number(number) => into.push((name, number.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pairs(text: &str) -> Vec<(String, String)> {
        Properties::parse("device", text, Some("driver")).unwrap().pairs
    }

    #[rstest]
    #[case("virt", &[("driver", "virt")])]
    #[case("a,b=c,d", &[("driver", "a"), ("b", "c"), ("d", "on")])]
    #[case("x,file=a,,b=c", &[("driver", "x"), ("file", "a,b=c")])]
    #[case("driver=x,b=", &[("driver", "x"), ("b", "")])]
    #[case("x,server,nowait", &[("driver", "x"), ("server", "on"), ("wait", "off")])]
    #[case("x,,y,,", &[("driver", "x,y,")])]
    #[case(r#"{"driver":"x","n":3,"on":true,"a":{"b":"c,d"},"l":[1]}"#,
           &[("a.b", "c,d"), ("driver", "x"), ("l.0", "1"), ("n", "3"), ("on", "on")])]
    fn a_list_is_cut(#[case] text: &str, #[case] wanted: &[(&str, &str)]) {
        let mut found = pairs(text);
        if text.starts_with('{') {
            found.sort();
        }
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_last_of_two_counts_and_the_rest_is_unknown() {
        let mut list = Properties::parse("drive", "file=a,file=b,fromat=raw", None).unwrap();
        assert_eq!(list.take("file"), Some("b".into()));
        let error = list.finish(&["file", "format", "id"]).unwrap_err().to_string();
        assert_eq!(error, "-drive has no property \"fromat\": did you mean 'format'?");
    }

    #[rstest]
    #[case("=x", "-m: \"=x\" has a value but no name; write NAME=VALUE")]
    #[case("{\"a\":", "-m: the JSON value cannot be read: EOF while parsing a value at line 1 column 5")]
    fn a_bad_list_is_refused(#[case] text: &str, #[case] sentence: &str) {
        assert_eq!(Properties::parse("m", text, Some("size")).unwrap_err().to_string(), sentence);
    }

    #[test]
    fn values_are_checked() {
        let mut list = Properties::parse("m", "size=12Q,share=maybe,n=0x10", None).unwrap();
        assert_eq!(list.number("n"), Ok(Some(16)));
        assert_eq!(
            list.size("size").unwrap_err().to_string(),
            "-m: \"12Q\" is no value for size; write bytes, or a number and k, M or G"
        );
        assert_eq!(
            list.switch("share").unwrap_err().to_string(),
            "-m: \"maybe\" is no value for share; write on or off"
        );
        assert_eq!(list.require("id").unwrap_err().to_string(), "-m: id is missing; add id=…");
    }
}
