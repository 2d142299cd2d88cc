//! Guest registers as the representation sees them.

use super::Type;

/// A guest register: an index into its guest's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place(pub u8);

/// What a place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceInfo {
    /// As texts spell it.
    pub name: &'static str,
    /// Where it lies in the guest's state, in bytes.
    pub offset: u16,
    /// What it holds: I64, I32 or F64.
    pub ty: Type,
}

/// The places that floating-point operations touch without naming them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FloatPlaces {
    /// Where exceptions accrue, in the order of RISC-V's `fflags`.
    pub flags: Place,
    /// The dynamic rounding mode, numbered like RISC-V's `frm`.
    pub round: Place,
}

/// The places of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuestPlaces {
    /// The guest's name, as `spec` spells it.
    pub guest: &'static str,
    /// What floating-point operations touch; none where the guest has no such operations.
    pub float: Option<FloatPlaces>,
    /// By number.
    pub infos: &'static [PlaceInfo],
}

impl GuestPlaces {
    /// What `place` is; the first one's for a number the guest does not have.
    pub fn info(&self, place: Place) -> &'static PlaceInfo {
        self.infos.get(usize::from(place.0)).unwrap_or(&self.infos[0])
    }

    /// The place of this name.
    pub fn named(&self, name: &str) -> Option<Place> {
        (0u8..).zip(self.infos).find(|(_, info)| info.name == name).map(|(number, _)| Place(number))
    }
}
