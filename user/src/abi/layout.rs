//! The table form of a guest structure.

/// A field as little-endian bytes.
pub(crate) trait Field: Sized + Default {
    /// Writes the field at the start of `to`, which is long enough.
    fn put(&self, to: &mut [u8]);
    /// Reads the field at the start of `from`, which is long enough.
    fn get(from: &[u8]) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => { $(impl Field for $t {
        fn put(&self, to: &mut [u8]) {
            to[..size_of::<$t>()].copy_from_slice(&self.to_le_bytes());
        }
        fn get(from: &[u8]) -> Self {
            let mut bytes = [0; size_of::<$t>()];
            bytes.copy_from_slice(&from[..size_of::<$t>()]);
            <$t>::from_le_bytes(bytes)
        }
    })* };
}
integers!(u8 u16 u32 u64 i16 i32 i64);

impl<T: Field + Copy, const N: usize> Field for [T; N]
where
    [T; N]: Default,
{
    fn put(&self, to: &mut [u8]) {
        for (at, value) in self.iter().enumerate() {
            value.put(&mut to[at * size_of::<T>()..]);
        }
    }
    fn get(from: &[u8]) -> Self {
        let mut all = Self::default();
        for (at, value) in all.iter_mut().enumerate() {
            *value = T::get(&from[at * size_of::<T>()..]);
        }
        all
    }
}

/// Declares guest structures: name, size in bytes, then one row a field with its byte offset.
/// Bytes no row names are zero when written and ignored when read.
macro_rules! layout {
    ($($(#[$doc:meta])* $name:ident [$size:literal] { $($at:literal $field:ident: $t:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        #[allow(missing_docs, reason = "the fields are named as in the kernel's headers")]
        pub struct $name { $(pub $field: $t,)* }

        impl $name {
            /// Bytes in guest memory.
            pub const SIZE: usize = $size;
            /// Each member: name, byte offset, type.
            #[allow(dead_code, reason = "not every structure is shown to a person")]
            pub const FIELDS: &[(&str, usize, &str)] = &[$((stringify!($field), $at, stringify!($t))),*];

            /// As the guest's bytes.
            pub fn encode(&self) -> [u8; $size] {
                let mut bytes = [0; $size];
                $($crate::abi::Field::put(&self.$field, &mut bytes[$at..]);)*
                bytes
            }

            /// From the guest's bytes.
            pub fn decode(bytes: &[u8; $size]) -> Self {
                Self { $($field: $crate::abi::Field::get(&bytes[$at..]),)* }
            }
        }

        const _: () = {
            let fields = [$(($at, size_of::<$t>())),*];
            let mut n = 0;
            while n < fields.len() {
                let end = fields[n].0 + fields[n].1;
                let next = if n + 1 < fields.len() { fields[n + 1].0 } else { $size };
                assert!(end <= next, "a field runs into the next");
                n += 1;
            }
        };
    )* };
}
pub(crate) use layout;
