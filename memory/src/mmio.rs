//! Device registers as memory: what a device implements, and how an access of another shape is brought to it.
//!
//! A device says in its [`Rules`] which widths a guest may use and which the device itself handles. What lies
//! between is done here: a wide access is split, a narrow one widened, and bytes are put in the device's order.
//! [QEMU docs/devel/memory.rst, "MMIO Operations"]

use crate::fault::Scalar;

/// Byte order of an access or of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Least significant byte first.
    #[default]
    Little,
    /// Most significant byte first.
    Big,
}

/// How many bytes an access moves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Width {
    /// One byte.
    Byte = 1,
    /// Two bytes.
    Half = 2,
    /// Four bytes.
    Word = 4,
    /// Eight bytes.
    Double = 8,
}

impl Width {
    /// Every width, narrow ones first.
    pub const ALL: [Self; 4] = [Self::Byte, Self::Half, Self::Word, Self::Double];

    /// The width of `T`.
    pub const fn of<T: Scalar>() -> Self {
        match T::SIZE {
            1 => Self::Byte,
            2 => Self::Half,
            4 => Self::Word,
            _ => Self::Double,
        }
    }

    /// The width of `bytes` bytes, which must be 1, 2, 4 or 8.
    pub const fn from_bytes(bytes: u64) -> Option<Self> {
        match bytes {
            1 => Some(Self::Byte),
            2 => Some(Self::Half),
            4 => Some(Self::Word),
            8 => Some(Self::Double),
            _ => None,
        }
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self as u64
    }

    /// Ones in every bit of a value of this width.
    pub const fn mask(self) -> u64 {
        u64::MAX >> (64 - 8 * self.bytes())
    }

    /// `value`, which has this width, with its bytes reversed.
    pub const fn swap(self, value: u64) -> u64 {
        value.swap_bytes() >> (64 - 8 * self.bytes())
    }
}

/// Why an access was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing answers at the address, or nothing that takes an access of this shape.
    #[error("nothing answers at the address")]
    Decode,
    /// The device refuses, or the memory behind the address is gone.
    #[error("the device refuses the access")]
    Device,
}

/// A device's registers. Offsets count from the start of its region.
///
/// The widths it sees are those its [`Rules`] call implemented; `value` has no bits beyond them.
pub trait Mmio: Send + Sync {
    /// Reads the register at `offset`.
    ///
    /// # Errors
    /// [`BusError::Device`] where the device refuses.
    fn read(&self, offset: u64, width: Width) -> Result<u64, BusError>;

    /// Writes the register at `offset`.
    ///
    /// # Errors
    /// [`BusError::Device`] where the device refuses.
    fn write(&self, offset: u64, value: u64, width: Width) -> Result<(), BusError>;
}

/// Which accesses a region takes and how they reach its device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Narrowest and widest access that a guest may make; another is [`BusError::Decode`].
    pub valid: (Width, Width),
    /// Whether a guest may access an address that is no multiple of the width.
    pub unaligned: bool,
    /// Narrowest and widest access that the device handles.
    pub implemented: (Width, Width),
    /// Whether the device handles unaligned accesses; else the bulk accesses of
    /// [`crate::space::AddressSpace`] are cut so that it sees none.
    pub implemented_unaligned: bool,
    /// The device's byte order.
    pub order: Order,
}

impl Default for Rules {
    /// Aligned accesses of any width; the device sees up to four bytes, little-endian.
    fn default() -> Self {
        Self {
            valid: (Width::Byte, Width::Double),
            unaligned: false,
            implemented: (Width::Byte, Width::Word),
            implemented_unaligned: false,
            order: Order::Little,
        }
    }
}

impl Rules {
    /// Only `width`, for guest and device alike.
    pub fn only(width: Width) -> Self {
        Self { valid: (width, width), implemented: (width, width), ..Self::default() }
    }

    /// Any width between the two, for guest and device alike.
    pub fn between(narrow: Width, wide: Width) -> Self {
        Self { valid: (narrow, wide), implemented: (narrow, wide), ..Self::default() }
    }

    /// Whether a guest may make this access.
    pub fn accepts(&self, offset: u64, width: Width) -> bool {
        let aligned = offset.is_multiple_of(width.bytes());
        (self.unaligned || aligned) && self.valid.0 <= width && width <= self.valid.1
    }

    /// Reads `width` bytes of `device` at `offset` as a value in `order`.
    ///
    /// # Errors
    /// [`BusError::Decode`] for an access the rules refuse, else what the device answers. A split access is
    /// done to its end and fails if a part of it failed.
    pub fn read(&self, device: &dyn Mmio, offset: u64, width: Width, order: Order) -> Result<u64, BusError> {
        if !self.accepts(offset, width) {
            return Err(BusError::Decode);
        }
        let mut value = 0;
        let mut answer = Ok(());
        for (at, step, shift) in self.parts(offset, width) {
            match device.read(at, step) {
                Ok(part) => value |= shifted(part & step.mask(), shift),
                Err(error) => answer = answer.and(Err(error)),
            }
        }
        answer.map(|()| self.ordered(value & width.mask(), width, order))
    }

    /// Writes the low `width` bytes of `value`, which is in `order`, to `device` at `offset`.
    ///
    /// # Errors
    /// As for [`Rules::read`].
    pub fn write(
        &self,
        device: &dyn Mmio,
        offset: u64,
        value: u64,
        width: Width,
        order: Order,
    ) -> Result<(), BusError> {
        if !self.accepts(offset, width) {
            return Err(BusError::Decode);
        }
        let value = self.ordered(value & width.mask(), width, order);
        let mut answer = Ok(());
        for (at, step, shift) in self.parts(offset, width) {
            answer = answer.and(device.write(at, shifted(value, -shift) & step.mask(), step));
        }
        answer
    }

    /// The accesses that the device sees: offset, width, and how far left the part stands in the whole.
    /// A part wider than the whole stands right of it on a big-endian device.
    fn parts(&self, offset: u64, width: Width) -> impl Iterator<Item = (u64, Width, i64)> {
        let step = width.min(self.implemented.1).max(self.implemented.0);
        let order = self.order;
        let (whole, part) = (width.bytes().cast_signed(), step.bytes().cast_signed());
        (0..width.bytes()).step_by(step as usize).map(move |at| {
            let from_start = at.cast_signed();
            let shift = match order {
                Order::Little => from_start,
                Order::Big => whole - part - from_start,
            };
            (offset.wrapping_add(at), step, 8 * shift)
        })
    }

    /// Between the device's order and `order`.
    fn ordered(&self, value: u64, width: Width, order: Order) -> u64 {
        if order == self.order { value } else { width.swap(value) }
    }

    /// The widest access to make at `offset` when `left` bytes are left of a bulk access.
    pub(crate) fn bulk_width(&self, offset: u64, left: u64) -> Width {
        let aligned =
            if self.implemented_unaligned || offset == 0 { 8 } else { 1 << offset.trailing_zeros().min(3) };
        let fits = |width: &&Width| width.bytes() <= left.min(aligned) && **width <= self.valid.1;
        Width::ALL.iter().rev().find(fits).copied().unwrap_or(Width::Byte)
    }
}

/// `value` moved left by `bits`, or right where that is negative.
fn shifted(value: u64, bits: i64) -> u64 {
    let by = u32::try_from(bits.unsigned_abs()).unwrap_or(64);
    let moved = if bits < 0 { value.checked_shr(by) } else { value.checked_shl(by) };
    moved.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::host_size;
    use parking_lot::Mutex;
    use proptest::prelude::*;
    use rstest::rstest;

    /// Sixteen bytes of registers in some order, and the accesses they saw.
    struct Bytes {
        order: Order,
        bytes: Mutex<[u8; 16]>,
        seen: Mutex<Vec<(u64, Width)>>,
    }

    impl Bytes {
        fn new(order: Order) -> Self {
            let bytes = Mutex::new(std::array::from_fn(|at| 0x10 + u8::try_from(at).unwrap()));
            Self { order, bytes, seen: Mutex::default() }
        }

        /// The bytes at `offset` as a number in `order`.
        fn value(&self, offset: u64, width: Width, order: Order) -> u64 {
            let bytes = self.bytes.lock();
            let all = (0..width.bytes()).map(|i| u64::from(bytes[host_size(offset + i)]));
            let join = |value, byte| value << 8 | byte;
            if order == Order::Big { all.fold(0, join) } else { all.rev().fold(0, join) }
        }
    }

    impl Mmio for Bytes {
        fn read(&self, offset: u64, width: Width) -> Result<u64, BusError> {
            self.seen.lock().push((offset, width));
            Ok(self.value(offset, width, self.order))
        }

        fn write(&self, offset: u64, value: u64, width: Width) -> Result<(), BusError> {
            self.seen.lock().push((offset, width));
            let value = if self.order == Order::Big { width.swap(value) } else { value };
            let from = value.to_le_bytes();
            let (start, len) = (host_size(offset), width as usize);
            self.bytes.lock()[start..start + len].copy_from_slice(&from[..len]);
            Ok(())
        }
    }

    fn width() -> impl Strategy<Value = Width> {
        prop::sample::select(&Width::ALL[..])
    }

    fn order() -> impl Strategy<Value = Order> {
        prop::sample::select(vec![Order::Little, Order::Big])
    }

    proptest! {
        #[test]
        fn a_split_access_moves_the_bytes_that_an_unsplit_one_would(
            device_order in order(), guest_order in order(),
            implemented in width(), wide in width(), slot in 0u64..2, value: u64,
        ) {
            let wide = wide.max(implemented);
            let rules = Rules { implemented: (Width::Byte, implemented), order: device_order, ..Rules::default() };
            let device = Bytes::new(device_order);
            let offset = slot * wide.bytes();
            let read = rules.read(&device, offset, wide, guest_order);
            prop_assert_eq!(read, Ok(device.value(offset, wide, guest_order)));
            prop_assert!(device.seen.lock().iter().all(|(_, w)| *w == implemented));
            rules.write(&device, offset, value, wide, guest_order).unwrap();
            prop_assert_eq!(device.value(offset, wide, guest_order), value & wide.mask());
        }
    }

    #[rstest]
    // One byte of a device that has words only is the byte at its address in either order.
    #[case(Order::Little, 4, Width::Byte, 0x14)]
    #[case(Order::Big, 4, Width::Byte, 0x14)]
    #[case(Order::Little, 4, Width::Half, 0x1514)]
    #[case(Order::Big, 4, Width::Half, 0x1514)]
    fn a_narrow_read_is_widened(
        #[case] order: Order,
        #[case] offset: u64,
        #[case] width: Width,
        #[case] expected: u64,
    ) {
        let rules = Rules { implemented: (Width::Word, Width::Word), order, ..Rules::default() };
        let device = Bytes::new(order);
        assert_eq!(rules.read(&device, offset, width, Order::Little), Ok(expected));
        assert_eq!(*device.seen.lock(), [(offset, Width::Word)]);
    }

    #[test]
    fn a_narrow_write_reaches_the_device_with_zeros_around_it() {
        let rules = Rules { implemented: (Width::Word, Width::Word), ..Rules::default() };
        let device = Bytes::new(Order::Little);
        rules.write(&device, 8, 0xff, Width::Byte, Order::Little).unwrap();
        assert_eq!(device.value(8, Width::Word, Order::Little), 0xff);
    }

    #[rstest]
    #[case(Rules::default(), 1, Width::Half, false)]
    #[case(Rules { unaligned: true, ..Rules::default() }, 1, Width::Half, true)]
    #[case(Rules::only(Width::Word), 0, Width::Word, true)]
    #[case(Rules::only(Width::Word), 0, Width::Double, false)]
    #[case(Rules::only(Width::Word), 0, Width::Byte, false)]
    #[case(Rules::between(Width::Byte, Width::Half), 2, Width::Half, true)]
    fn what_the_rules_refuse_never_reaches_the_device(
        #[case] rules: Rules,
        #[case] offset: u64,
        #[case] width: Width,
        #[case] accepted: bool,
    ) {
        let device = Bytes::new(Order::Little);
        let read = rules.read(&device, offset, width, Order::Little);
        let written = rules.write(&device, offset, 0, width, Order::Little);
        assert_eq!((read.is_ok(), written.is_ok()), (accepted, accepted));
        assert_eq!(read.err(), (!accepted).then_some(BusError::Decode));
        assert_eq!(device.seen.lock().is_empty(), !accepted);
    }

    /// Refuses the register at 0.
    struct Picky(Mutex<Vec<u64>>);

    impl Mmio for Picky {
        fn read(&self, offset: u64, _width: Width) -> Result<u64, BusError> {
            self.0.lock().push(offset);
            if offset == 0 { Err(BusError::Device) } else { Ok(1) }
        }

        fn write(&self, offset: u64, _value: u64, width: Width) -> Result<(), BusError> {
            self.read(offset, width).map(|_| ())
        }
    }

    #[test]
    fn a_split_access_goes_on_behind_a_part_that_failed() {
        let device = Picky(Mutex::default());
        let rules = Rules::default();
        assert_eq!(rules.read(&device, 0, Width::Double, Order::Little), Err(BusError::Device));
        assert_eq!(rules.write(&device, 0, 0, Width::Double, Order::Little), Err(BusError::Device));
        assert_eq!(*device.0.lock(), [0, 4, 0, 4]);
    }

    #[rstest]
    #[case(Rules::default(), 0, 100, Width::Double)]
    #[case(Rules::default(), 0, 7, Width::Word)]
    #[case(Rules::default(), 4, 100, Width::Word)]
    #[case(Rules::default(), 3, 100, Width::Byte)]
    #[case(Rules { implemented_unaligned: true, unaligned: true, ..Rules::default() }, 3, 100, Width::Double)]
    #[case(Rules::only(Width::Half), 8, 100, Width::Half)]
    fn bulk_accesses_are_as_wide_as_length_alignment_and_device_allow(
        #[case] rules: Rules,
        #[case] offset: u64,
        #[case] left: u64,
        #[case] expected: Width,
    ) {
        assert_eq!(rules.bulk_width(offset, left), expected);
    }
}
