//! Saved state: named fields under a name and a version.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The saved state of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The device's name on its board, unique in the machine.
    pub instance: String,
    /// The kind of device: [`Snapshot::NAME`].
    pub name: String,
    /// The version of the fields.
    pub version: u32,
    /// The fields by name.
    pub fields: Value,
}

/// State that was not restored. The device is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The section is of another kind of device.
    #[error(
        "{instance}: the saved state is of a {found}, this is a {expected}; use the machine options of the snapshot"
    )]
    Name {
        /// The device's name on its board.
        instance: String,
        /// The section's kind.
        found: String,
        /// The device's kind.
        expected: &'static str,
    },
    /// The section was written by a newer strata.
    #[error(
        "{instance}: the saved state of {name} has version {found}, this build reads versions up to {newest}; use the strata that saved it"
    )]
    Version {
        /// The device's name on its board.
        instance: String,
        /// The device's kind.
        name: &'static str,
        /// The section's version.
        found: u32,
        /// The newest version this build reads.
        newest: u32,
    },
    /// A field is missing, unknown or of the wrong type.
    #[error("{instance}: the saved fields of {name} cannot be read")]
    Fields {
        /// The device's name on its board.
        instance: String,
        /// The device's kind.
        name: &'static str,
        /// The reader's words.
        source: serde_json::Error,
    },
    /// A field has a value the device can never have.
    #[error("{field} of {name} cannot be {value}; the snapshot is damaged")]
    Value {
        /// The device's kind.
        name: &'static str,
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
    },
}

/// A device whose state can be saved.
///
/// `State` is a plain struct with `serde(deny_unknown_fields)`, so that a field nobody reads is an error
/// and not a loss. When its fields change, `VERSION` grows and `upgrade` turns the old fields into new ones.
pub trait Snapshot {
    /// The kind of device, as QEMU names it.
    const NAME: &'static str;
    /// The version `save` writes.
    const VERSION: u32;
    /// All that a guest can see or that changes what it will see.
    type State: Serialize + DeserializeOwned;

    /// The state now.
    fn save(&self) -> Self::State;

    /// Takes on `state`, drives lines and arms timers accordingly.
    ///
    /// # Errors
    /// A value that the device can never have; nothing is changed then.
    fn restore(&mut self, state: Self::State) -> Result<(), SnapshotError>;

    /// Fields of an older version as fields of the next. Called once per version.
    fn upgrade(version: u32, fields: Value) -> Value {
        let _ = version;
        fields
    }
}

/// The section of `device`, which is called `instance` on its board.
pub fn take<D: Snapshot>(device: &D, instance: &str) -> Section {
    // A state is a struct of numbers, lists and options; such a value is always JSON.
    let fields = serde_json::to_value(device.save()).unwrap_or_default();
    Section { instance: instance.into(), name: D::NAME.into(), version: D::VERSION, fields }
}

/// Puts the state of `section` into `device`.
///
/// # Errors
/// The section is of another device or version, or damaged; the device is unchanged.
pub fn give<D: Snapshot>(device: &mut D, section: &Section) -> Result<(), SnapshotError> {
    let instance = || section.instance.clone();
    if section.name != D::NAME {
        let found = section.name.clone();
        return Err(SnapshotError::Name { instance: instance(), found, expected: D::NAME });
    }
    if section.version > D::VERSION {
        let (found, newest) = (section.version, D::VERSION);
        return Err(SnapshotError::Version { instance: instance(), name: D::NAME, found, newest });
    }
    let fields =
        (section.version..D::VERSION).fold(section.fields.clone(), |fields, v| D::upgrade(v, fields));
    let state = serde_json::from_value(fields).map_err(|source| SnapshotError::Fields {
        instance: instance(),
        name: D::NAME,
        source,
    })?;
    device.restore(state)
}

/// The error for a field whose `value` the device can never have.
pub fn refuse<D: Snapshot>(field: &'static str, value: impl std::fmt::Debug) -> SnapshotError {
    SnapshotError::Value { name: D::NAME, field, value: format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Lamp(bool);

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct State {
        lit: bool,
    }

    impl Snapshot for Lamp {
        const NAME: &'static str = "lamp";
        const VERSION: u32 = 2;
        type State = State;
        fn save(&self) -> State {
            State { lit: self.0 }
        }
        fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
            self.0 = state.lit;
            Ok(())
        }
        /// Version 1 had a number.
        fn upgrade(_: u32, fields: Value) -> Value {
            json!({ "lit": fields["brightness"] != 0 })
        }
    }

    fn section(name: &str, version: u32, fields: Value) -> Section {
        Section { instance: "lamp0".into(), name: name.into(), version, fields }
    }

    #[test]
    fn a_saved_device_is_restored() {
        let saved = take(&Lamp(true), "lamp0");
        let mut other = Lamp(false);
        give(&mut other, &saved).unwrap();
        assert!(other.0);
    }

    #[test]
    fn an_older_version_is_upgraded() {
        let mut lamp = Lamp(false);
        give(&mut lamp, &section("lamp", 1, json!({ "brightness": 3 }))).unwrap();
        assert!(lamp.0);
    }

    #[test]
    fn a_newer_version_is_refused_by_name() {
        let error = give(&mut Lamp(false), &section("lamp", 3, json!({ "lit": true }))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "lamp0: the saved state of lamp has version 3, this build reads versions up to 2; use the strata that saved it"
        );
    }

    #[test]
    fn another_device_and_unknown_or_missing_fields_are_refused() {
        for wrong in [
            section("torch", 2, json!({ "lit": true })),
            section("lamp", 2, json!({ "lit": true, "colour": 1 })),
            section("lamp", 2, json!({})),
            section("lamp", 2, json!(null)),
        ] {
            let mut lamp = Lamp(false);
            give(&mut lamp, &wrong).unwrap_err();
            assert!(!lamp.0);
        }
    }
}
