//! Memory for cases and random programs: a few plain pieces, everything else unmapped.

use interp::{Access, Fault, Memory, Order, Scalar};

/// A piece of memory. All of them can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// First address.
    pub start: u64,
    /// Contents.
    pub bytes: Vec<u8>,
    /// Stores succeed.
    pub writable: bool,
    /// Instructions can be fetched.
    pub executable: bool,
}

/// Some pieces of memory that do not overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pieces {
    /// The pieces, in any order.
    pub pieces: Vec<Piece>,
    /// Loads and stores that are still allowed; the one after them fails wherever it goes. Exchanges are not counted:
    /// a tier may do with one access what another does with a load and an exchange.
    pub until_fault: Option<u64>,
}

impl Pieces {
    /// Adds zeroed memory.
    #[must_use]
    pub fn with(mut self, start: u64, bytes: Vec<u8>, writable: bool, executable: bool) -> Self {
        self.pieces.push(Piece { start, bytes, writable, executable });
        self
    }

    fn byte(&mut self, at: u64, access: Access) -> Option<&mut u8> {
        let piece = self.pieces.iter_mut().find(|p| {
            at.checked_sub(p.start).is_some_and(|offset| offset < p.bytes.len() as u64)
                && match access {
                    Access::Load => true,
                    Access::Store => p.writable,
                    Access::Fetch => p.executable,
                }
        })?;
        let offset = usize::try_from(at - piece.start).ok()?;
        piece.bytes.get_mut(offset)
    }

    /// The bytes from `at`, all of them or the first that is missing.
    fn gather(&mut self, at: u64, out: &mut [u8], access: Access) -> Result<(), Fault> {
        for (offset, byte) in (0..).zip(out.iter_mut()) {
            let at = at.wrapping_add(offset);
            *byte = *self.byte(at, access).ok_or(Fault { at, access, bus: false })?;
        }
        Ok(())
    }

    /// Runs an access unless it is the one to fail. One that fails by itself does not count: whoever tries it again
    /// finds the same.
    fn counted<T>(
        &mut self,
        at: u64,
        access: Access,
        run: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.until_fault == Some(0) {
            return Err(Fault { at, access, bus: false });
        }
        let done = run(self)?;
        self.until_fault = self.until_fault.map(|left| left - 1);
        Ok(done)
    }

    /// Reads for a test; `None` where there is no memory.
    pub fn peek(&mut self, at: u64) -> Option<u8> {
        self.byte(at, Access::Load).copied()
    }

    /// Writes for a test, wherever there is memory; false where there is none.
    pub fn poke(&mut self, at: u64, value: u8) -> bool {
        self.byte(at, Access::Load).map(|byte| *byte = value).is_some()
    }

    fn read<T: Scalar>(&mut self, at: u64, order: Order, access: Access) -> Result<T, Fault> {
        let mut bytes = [0; 8];
        let size = size_of::<T>();
        self.gather(at, &mut bytes[..size], access)?;
        if order == Order::Big {
            bytes[..size].reverse();
        }
        Ok(T::from_low(u64::from_le_bytes(bytes)))
    }

    fn write<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Fault> {
        let size = size_of::<T>();
        self.gather(at, &mut [0; 8][..size], Access::Store)?;
        let mut bytes = value.into().to_le_bytes();
        if order == Order::Big {
            bytes[..size].reverse();
        }
        for (offset, byte) in (0..).zip(&bytes[..size]) {
            if let Some(place) = self.byte(at.wrapping_add(offset), Access::Store) {
                *place = *byte;
            }
        }
        Ok(())
    }
}

impl Memory for Pieces {
    type Fault = Fault;

    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        self.counted(at, Access::Load, |m| m.read(at, order, Access::Load))
    }

    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Fault> {
        self.counted(at, Access::Store, |m| m.write(at, value, order))
    }

    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, Fault> {
        self.gather(at, &mut [0; 8][..size_of::<T>()], Access::Store)?;
        let found = self.read::<T>(at, order, Access::Load)?;
        if found == old {
            self.write(at, new, order)?;
        }
        Ok(found)
    }

    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        self.read(at, order, Access::Fetch)
    }

    fn code_epoch(&self) -> u64 {
        0
    }
}
