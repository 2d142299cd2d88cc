//! RISC-V's registers as places, with the names that texts of the representation spell.

use crate::ir::{FloatPlaces, GuestPlaces, Place, PlaceInfo, Type};
use spec::bits::Low;
use spec::riscv::State;
use std::mem::offset_of;

/// The first integer register; register number n is `Place(X.0 + n)`.
pub const X: Place = Place(0);
/// The first floating-point register.
pub const F: Place = Place(32);
/// Accrued exception flags.
pub const FFLAGS: Place = Place(64);
/// Dynamic rounding mode.
pub const FRM: Place = Place(65);
/// Address reserved by LR.
pub const RESERVATION: Place = Place(66);
/// What LR read there.
pub const RESERVED_VALUE: Place = Place(67);

macro_rules! places {
    ($($name:ident: $ty:ident at $offset:expr;)*) => {
        &[$(PlaceInfo { name: stringify!($name), offset: $offset as u16, ty: Type::$ty },)*]
    };
}

/// The places of either register width.
pub static PLACES: GuestPlaces =
    GuestPlaces { guest: "riscv", float: Some(FloatPlaces { flags: FFLAGS, round: FRM }), infos: INFOS };

#[allow(clippy::cast_possible_truncation, reason = "the state is far smaller than 64 KiB")]
const INFOS: &[PlaceInfo] = places! {
    x0: I64 at offset_of!(State, x);
    x1: I64 at offset_of!(State, x) + 8;
    x2: I64 at offset_of!(State, x) + 16;
    x3: I64 at offset_of!(State, x) + 24;
    x4: I64 at offset_of!(State, x) + 32;
    x5: I64 at offset_of!(State, x) + 40;
    x6: I64 at offset_of!(State, x) + 48;
    x7: I64 at offset_of!(State, x) + 56;
    x8: I64 at offset_of!(State, x) + 64;
    x9: I64 at offset_of!(State, x) + 72;
    x10: I64 at offset_of!(State, x) + 80;
    x11: I64 at offset_of!(State, x) + 88;
    x12: I64 at offset_of!(State, x) + 96;
    x13: I64 at offset_of!(State, x) + 104;
    x14: I64 at offset_of!(State, x) + 112;
    x15: I64 at offset_of!(State, x) + 120;
    x16: I64 at offset_of!(State, x) + 128;
    x17: I64 at offset_of!(State, x) + 136;
    x18: I64 at offset_of!(State, x) + 144;
    x19: I64 at offset_of!(State, x) + 152;
    x20: I64 at offset_of!(State, x) + 160;
    x21: I64 at offset_of!(State, x) + 168;
    x22: I64 at offset_of!(State, x) + 176;
    x23: I64 at offset_of!(State, x) + 184;
    x24: I64 at offset_of!(State, x) + 192;
    x25: I64 at offset_of!(State, x) + 200;
    x26: I64 at offset_of!(State, x) + 208;
    x27: I64 at offset_of!(State, x) + 216;
    x28: I64 at offset_of!(State, x) + 224;
    x29: I64 at offset_of!(State, x) + 232;
    x30: I64 at offset_of!(State, x) + 240;
    x31: I64 at offset_of!(State, x) + 248;
    f0: F64 at offset_of!(State, f);
    f1: F64 at offset_of!(State, f) + 8;
    f2: F64 at offset_of!(State, f) + 16;
    f3: F64 at offset_of!(State, f) + 24;
    f4: F64 at offset_of!(State, f) + 32;
    f5: F64 at offset_of!(State, f) + 40;
    f6: F64 at offset_of!(State, f) + 48;
    f7: F64 at offset_of!(State, f) + 56;
    f8: F64 at offset_of!(State, f) + 64;
    f9: F64 at offset_of!(State, f) + 72;
    f10: F64 at offset_of!(State, f) + 80;
    f11: F64 at offset_of!(State, f) + 88;
    f12: F64 at offset_of!(State, f) + 96;
    f13: F64 at offset_of!(State, f) + 104;
    f14: F64 at offset_of!(State, f) + 112;
    f15: F64 at offset_of!(State, f) + 120;
    f16: F64 at offset_of!(State, f) + 128;
    f17: F64 at offset_of!(State, f) + 136;
    f18: F64 at offset_of!(State, f) + 144;
    f19: F64 at offset_of!(State, f) + 152;
    f20: F64 at offset_of!(State, f) + 160;
    f21: F64 at offset_of!(State, f) + 168;
    f22: F64 at offset_of!(State, f) + 176;
    f23: F64 at offset_of!(State, f) + 184;
    f24: F64 at offset_of!(State, f) + 192;
    f25: F64 at offset_of!(State, f) + 200;
    f26: F64 at offset_of!(State, f) + 208;
    f27: F64 at offset_of!(State, f) + 216;
    f28: F64 at offset_of!(State, f) + 224;
    f29: F64 at offset_of!(State, f) + 232;
    f30: F64 at offset_of!(State, f) + 240;
    f31: F64 at offset_of!(State, f) + 248;
    fflags: I32 at offset_of!(State, fflags);
    frm: I32 at offset_of!(State, frm);
    reservation: I64 at offset_of!(State, reservation);
    reserved_value: I64 at offset_of!(State, reserved_value);
};

/// What `place` of `state` holds; zero for a number that is no place.
pub fn read(state: &State, place: Place) -> u64 {
    let number = usize::from(place.0);
    match place {
        FFLAGS => state.fflags.into(),
        FRM => state.frm.into(),
        RESERVATION => state.reservation,
        RESERVED_VALUE => state.reserved_value,
        _ => state.x.iter().chain(&state.f).nth(number).copied().unwrap_or(0),
    }
}

/// Writes `place` of `state`; nothing for a number that is no place. Writes to x0 are the lifts' to drop.
pub fn write(state: &mut State, place: Place, value: u64) {
    let number = usize::from(place.0);
    match place {
        FFLAGS => state.fflags = value.low32(),
        FRM => state.frm = value.low32(),
        RESERVATION => state.reservation = value,
        RESERVED_VALUE => state.reserved_value = value,
        _ => {
            if let Some(register) = state.x.iter_mut().chain(&mut state.f).nth(number) {
                *register = value;
            }
        }
    }
}
