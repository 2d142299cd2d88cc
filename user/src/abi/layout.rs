//! The table form of a guest structure.
//!
//! A [`Record`] is declared once, with the widest type that a field has anywhere. Where its fields
//! lie is a table of [`Place`]s, one for each ABI; encoding and decoding follow the table and the
//! byte order.

use super::Abi;
use interp::Order;

/// Where a field lies in a structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its offset in bytes.
    pub at: u16,
    /// Its bytes: 1, 2, 4 or 8, or those of one element of an array; 0 where an ABI has no such
    /// field.
    pub width: u8,
}

impl Place {
    /// A row of a table.
    pub const fn new(at: u16, width: u8) -> Self {
        assert!(matches!(width, 0 | 1 | 2 | 4 | 8), "a field is of 1, 2, 4 or 8 bytes");
        Self { at, width }
    }

    /// Whether the ABI has the field.
    const fn is_there(self) -> bool {
        self.width != 0
    }

    /// The place of element `n` of an array.
    fn element(self, n: u16) -> Self {
        Self { at: self.at + n * u16::from(self.width), ..self }
    }

    fn put(self, value: u64, order: Order, to: &mut [u8]) {
        let at = usize::from(self.at);
        let value = match order {
            Order::Little => value,
            Order::Big => value.swap_bytes() >> (64 - 8 * u32::from(self.width.max(1))),
        };
        let bytes = value.to_le_bytes();
        match self.width {
            8 => to[at..at + 8].copy_from_slice(&bytes),
            4 => to[at..at + 4].copy_from_slice(&bytes[..4]),
            2 => to[at..at + 2].copy_from_slice(&bytes[..2]),
            1 => to[at] = bytes[0],
            _ => {}
        }
    }

    fn get(self, order: Order, from: &[u8]) -> u64 {
        let at = usize::from(self.at);
        let mut bytes = [0; 8];
        match self.width {
            8 => bytes.copy_from_slice(&from[at..at + 8]),
            4 => bytes[..4].copy_from_slice(&from[at..at + 4]),
            2 => bytes[..2].copy_from_slice(&from[at..at + 2]),
            1 => bytes[0] = from[at],
            _ => return 0,
        }
        let value = u64::from_le_bytes(bytes);
        match order {
            Order::Little => value,
            Order::Big => value.swap_bytes() >> (64 - 8 * u32::from(self.width)),
        }
    }

    /// What was got, sign-extended from the field's width.
    fn signed(self, value: u64) -> u64 {
        let spare = 64 - 8 * u32::from(self.width.max(1));
        ((value << spare).cast_signed() >> spare).cast_unsigned()
    }
}

/// A field here. A value wider than its place loses its upper bits, as in the kernel's own copies.
pub(crate) trait Field: Sized {
    /// Elements of an array, 1 for a number; 0 for what has eight bytes whatever its width.
    const COUNT: usize;
    /// Whether numbers have a sign.
    const SIGNED: bool;
    /// Writes the field.
    fn put(&self, place: Place, order: Order, to: &mut [u8]);
    /// Reads the field; zero where the ABI has none.
    fn get(place: Place, order: Order, from: &[u8]) -> Self;
}

/// The lowest bytes of a number.
fn low<const N: usize>(value: u64) -> [u8; N] {
    let bytes = value.to_le_bytes();
    std::array::from_fn(|n| bytes[n])
}

macro_rules! numbers {
    ($($t:ty: $wide:expr, $got:expr;)*) => { $(impl Field for $t {
        const COUNT: usize = 1;
        #[allow(unused_comparisons, reason = "some have no sign")]
        const SIGNED: bool = <$t>::MIN < 0;
        fn put(&self, place: Place, order: Order, to: &mut [u8]) {
            let wide: fn($t) -> u64 = $wide;
            place.put(wide(*self), order, to);
        }
        fn get(place: Place, order: Order, from: &[u8]) -> Self {
            let got: fn(Place, u64) -> u64 = $got;
            <$t>::from_le_bytes(low(got(place, place.get(order, from))))
        }
    })* };
}
numbers! {
    u8: u64::from, |_, got| got;
    u16: u64::from, |_, got| got;
    u32: u64::from, |_, got| got;
    u64: u64::from, |_, got| got;
    i16: |v| i64::from(v).cast_unsigned(), Place::signed;
    i32: |v| i64::from(v).cast_unsigned(), Place::signed;
    i64: |v| v.cast_unsigned(), Place::signed;
}

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    const COUNT: usize = N;
    const SIGNED: bool = T::SIGNED;
    fn put(&self, place: Place, order: Order, to: &mut [u8]) {
        for (n, value) in (0..).zip(self) {
            value.put(place.element(n), order, to);
        }
    }
    fn get(place: Place, order: Order, from: &[u8]) -> Self {
        let mut all = [T::default(); N];
        for (n, value) in (0..).zip(&mut all) {
            *value = T::get(place.element(n), order, from);
        }
        all
    }
}

/// A set of 64 signals, bit 0 for signal 1. Its place is that of the first `unsigned long`; with
/// words of four bytes the lower signals come first in either byte order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Set(pub u64);

impl Field for Set {
    const COUNT: usize = 0;
    const SIGNED: bool = false;
    fn put(&self, place: Place, order: Order, to: &mut [u8]) {
        self.0.put(place, order, to);
        if place.width == 4 {
            (self.0 >> 32).put(place.element(1), order, to);
        }
    }
    fn get(place: Place, order: Order, from: &[u8]) -> Self {
        let low = place.get(order, from);
        let high = if place.width == 4 { place.element(1).get(order, from) } else { 0 };
        Self(low | high << 32)
    }
}

/// A structure, or a number, that a program and its kernel exchange in memory.
pub trait Record: Sized {
    /// Where its fields lie.
    type Layout: 'static;
    /// Room for its bytes under any ABI.
    type Room: AsRef<[u8]> + AsMut<[u8]> + Copy;
    /// Zeros.
    const ZEROS: Self::Room;
    /// The ABI's layout.
    fn layout(abi: &'static Abi) -> &'static Self::Layout;
    /// Bytes in guest memory, no more than there is room for.
    fn size(layout: &Self::Layout) -> usize;
    /// Writes the fields over `to`, which has the record's size; bytes between them stay.
    fn encode(&self, layout: &Self::Layout, order: Order, to: &mut [u8]);
    /// Reads the fields.
    fn decode(layout: &Self::Layout, order: Order, from: &[u8]) -> Self;
}

macro_rules! scalars {
    ($($t:ty)*) => { $(impl Record for $t {
        type Layout = Place;
        type Room = [u8; 8];
        const ZEROS: [u8; 8] = [0; 8];
        fn layout(_: &'static Abi) -> &'static Place {
            const PLACE: Place = Place::new(0, (<$t>::BITS / 8).to_le_bytes()[0]);
            &PLACE
        }
        fn size(place: &Place) -> usize {
            place.width.into()
        }
        fn encode(&self, place: &Place, order: Order, to: &mut [u8]) {
            Field::put(self, *place, order, to);
        }
        fn decode(place: &Place, order: Order, from: &[u8]) -> Self {
            Field::get(*place, order, from)
        }
    })* };
}
scalars!(u16 u32 u64 i16 i32 i64);

/// An `unsigned long`, a `size_t` or a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Word(pub u64);

impl Record for Word {
    type Layout = Place;
    type Room = [u8; 8];
    const ZEROS: [u8; 8] = [0; 8];
    fn layout(abi: &'static Abi) -> &'static Place {
        &abi.word
    }
    fn size(place: &Place) -> usize {
        place.width.into()
    }
    fn encode(&self, place: &Place, order: Order, to: &mut [u8]) {
        self.0.put(*place, order, to);
    }
    fn decode(place: &Place, order: Order, from: &[u8]) -> Self {
        Self(place.get(order, from))
    }
}

impl Record for Set {
    type Layout = Place;
    type Room = [u8; 8];
    const ZEROS: [u8; 8] = [0; 8];
    fn layout(abi: &'static Abi) -> &'static Place {
        &abi.word
    }
    fn size(_: &Place) -> usize {
        8
    }
    fn encode(&self, place: &Place, order: Order, to: &mut [u8]) {
        self.put(*place, order, to);
    }
    fn decode(place: &Place, order: Order, from: &[u8]) -> Self {
        Self::get(*place, order, from)
    }
}

/// A record's bytes.
#[derive(Clone, Copy)]
pub struct Encoded<T: Record> {
    room: T::Room,
    size: usize,
}

impl<T: Record> Encoded<T> {
    /// The bytes of a record under one layout; those of no field are zero.
    pub fn new(value: &T, layout: &T::Layout, order: Order) -> Self {
        let mut encoded = Self::zeros(layout);
        value.encode(layout, order, &mut encoded);
        encoded
    }

    /// Its bytes, and zeros up to the most that any ABI has.
    pub const fn room(&self) -> &T::Room {
        &self.room
    }

    /// The same, to be written.
    pub const fn room_mut(&mut self) -> &mut T::Room {
        &mut self.room
    }

    /// As many zeros as a record has bytes.
    pub fn zeros(layout: &T::Layout) -> Self {
        Self { room: T::ZEROS, size: T::size(layout) }
    }
}

impl<T: Record> std::ops::Deref for Encoded<T> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.room.as_ref()[..self.size]
    }
}

impl<T: Record> std::ops::DerefMut for Encoded<T> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.room.as_mut()[..self.size]
    }
}

/// Stops the build where fields overlap, leave their structure, or the structure is too large.
pub(crate) const fn check(size: usize, most: usize, fields: &[(Place, usize)]) {
    assert!(size <= most, "a structure is larger than the room for one");
    let mut n = 0;
    while n < fields.len() {
        let (start, end) = span(fields[n]);
        assert!(end <= size, "a field leaves its structure");
        let mut other = 0;
        while other < n {
            let (low, high) = span(fields[other]);
            assert!(end <= low || high <= start, "a field runs into another");
            other += 1;
        }
        n += 1;
    }
}

const fn span((place, count): (Place, usize)) -> (usize, usize) {
    let at = place.at as usize;
    match (place.is_there(), count) {
        (false, _) => (at, at),
        (true, 0) => (at, at + 8),
        (true, count) => (at, at + place.width as usize * count),
    }
}

/// A field of a table: its name, its place, whether it has a sign.
pub type Row = (&'static str, Place, bool);

/// Declares records: a structure of host numbers, the module that holds its layout's type, the most
/// bytes it has under any ABI, and the fields. Gives `Structs`, one layout each.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident $module:ident[$room:literal] { $($field:ident: $t:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
            #[allow(missing_docs, reason = "the fields are named as in the kernel's headers")]
            pub struct $name { $(pub $field: $t,)* }

            #[doc = concat!("Where the fields of [`", stringify!($name), "`] lie.")]
            pub mod $module {
                use crate::abi::layout::{Field, Place, check};
                #[allow(unused_imports, reason = "most records are of numbers alone")]
                use crate::abi::layout::Set;

                /// One ABI's table.
                #[derive(Clone, Copy, PartialEq, Eq, Debug)]
                #[allow(missing_docs, reason = "the fields are named as in the kernel's headers")]
                pub struct Layout { pub extent: u16, $(pub $field: Place,)* }

                impl Layout {
                    /// The table itself, if its fields fit and do not overlap; else the build stops.
                    #[must_use]
                    pub const fn checked(self) -> Self {
                        check(self.extent as usize, $room, &[$((self.$field, <$t as Field>::COUNT)),*]);
                        self
                    }
                }
            }

            impl $name {
                /// Bytes under riscv64, in whose layout people are shown structures of any ABI.
                #[allow(dead_code, reason = "not every structure is shown")]
                pub const SIZE: usize = crate::abi::SHOWN.$module.extent as usize;
                /// Each field under riscv64: its name, its place, whether it has a sign.
                #[allow(dead_code, reason = "not every structure is shown")]
                pub const FIELDS: &[crate::abi::layout::Row] = &[$((
                    stringify!($field),
                    crate::abi::SHOWN.$module.$field,
                    <$t as crate::abi::layout::Field>::SIGNED,
                )),*];
            }

            impl crate::abi::Record for $name {
                type Layout = $module::Layout;
                type Room = [u8; $room];
                const ZEROS: [u8; $room] = [0; $room];
                fn layout(abi: &'static crate::abi::Abi) -> &'static $module::Layout {
                    &abi.structs.$module
                }
                fn size(layout: &$module::Layout) -> usize {
                    layout.extent.into()
                }
                fn encode(&self, layout: &$module::Layout, order: interp::Order, to: &mut [u8]) {
                    $(crate::abi::layout::Field::put(&self.$field, layout.$field, order, to);)*
                }
                fn decode(layout: &$module::Layout, order: interp::Order, from: &[u8]) -> Self {
                    Self { $($field: crate::abi::layout::Field::get(layout.$field, order, from),)* }
                }
            }
        )*

        /// The layouts of one ABI.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "named as the records are")]
        pub struct Structs { $(pub $module: $module::Layout,)* }
    };
}
pub(crate) use records;

/// A table of layouts: a structure's name, its size, and a row `field offset+width` for each field.
/// What is not named is taken from the table after `..`.
macro_rules! structs {
    ($($name:ident[$size:literal] { $($field:ident $at:literal + $width:literal,)* })* $(..$base:expr)?) => {
        $crate::abi::structs::Structs {
            $($name: $crate::abi::structs::$name::Layout {
                extent: $size,
                $($field: $crate::abi::Place::new($at, $width),)*
            }.checked(),)*
            $(..$base)?
        }
    };
}
pub(crate) use structs;
