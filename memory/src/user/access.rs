//! Single accesses: one host instruction each, and the fault as a value.

use super::{Access, Fault, Prot, Space};
use crate::fault::{Scalar, Status};

impl Space {
    /// The value at `at` in host byte order; `at` need not be aligned.
    ///
    /// # Errors
    /// [`Fault`] with the first byte that could not be read.
    #[inline(always)]
    pub fn load<T: Scalar>(&self, at: u64) -> Result<T, Fault> {
        if at >= self.limit {
            return Err(outside(at, Access::Load));
        }
        // SAFETY: `at` is below the limit, so all bytes lie in the window or in the guard behind
        // it, where no Rust object lives; the handler was installed before the window was made.
        let (value, status) = unsafe { T::load(self.base, at) };
        if status.is_ok() { Ok(value) } else { Err(self.failed(at, T::SIZE, status, Access::Load)) }
    }

    /// Stores `value` at `at` in host byte order; `at` need not be aligned.
    ///
    /// # Errors
    /// [`Fault`] with the first byte that could not be written; then none was.
    #[inline(always)]
    pub fn store<T: Scalar>(&self, at: u64, value: T) -> Result<(), Fault> {
        if at >= self.limit {
            return Err(outside(at, Access::Store));
        }
        // SAFETY: as in `load`.
        let status = unsafe { T::store(self.base, at, value) };
        if status.is_ok() { Ok(()) } else { Err(self.failed(at, T::SIZE, status, Access::Store)) }
    }

    /// Replaces the value at `at` by `new` if it is `old`, atomically and with a full barrier, and
    /// returns the value found.
    ///
    /// The caller checks alignment as its guest demands. An update that crosses a cache line is
    /// atomic too, but slow, and a host set to refuse split locks makes it a bus fault.
    ///
    /// # Errors
    /// [`Fault`] as for a store, also where the values differ: the page must be writable.
    #[inline(always)]
    pub fn compare_exchange<T: Scalar>(&self, at: u64, old: T, new: T) -> Result<T, Fault> {
        if at >= self.limit {
            return Err(outside(at, Access::Store));
        }
        // SAFETY: as in `load`.
        let (found, status) = unsafe { T::compare_exchange(self.base, at, old, new) };
        if status.is_ok() { Ok(found) } else { Err(self.failed(at, T::SIZE, status, Access::Store)) }
    }

    /// The value at `at`, every byte of which must be executable.
    ///
    /// # Errors
    /// [`Fault`] with the first byte that is not mapped or not executable.
    #[inline]
    pub fn fetch<T: Scalar>(&self, at: u64) -> Result<T, Fault> {
        if !at.checked_add(T::SIZE).is_some_and(|end| self.shared.exec.knows(at, end)) {
            self.check_exec(at, T::SIZE)?;
        }
        self.load(at).map_err(|fault| Fault { access: Access::Fetch, ..fault })
    }

    /// Asks the region map whether `at..at + size` is executable, and remembers the region.
    #[cold]
    fn check_exec(&self, at: u64, size: u64) -> Result<(), Fault> {
        let regions = self.lock();
        let end = at.saturating_add(size);
        let mut next = at;
        while next < end {
            match regions.at(next).filter(|r| r.prot.contains(Prot::EXEC)) {
                Some(region) => {
                    self.shared.exec.remember(region.start, region.end);
                    next = region.end;
                }
                None => return Err(outside(next, Access::Fetch)),
            }
        }
        Ok(())
    }

    /// Turns the handler's report on an access to `at..at + size` into the guest's view.
    #[cold]
    #[inline(never)]
    pub(super) fn failed(&self, at: u64, size: u64, status: Status, access: Access) -> Fault {
        let offset = status.host().wrapping_sub(self.base.addr() as u64);
        // A bus fault without an address (a split lock that the host refuses) is at the start.
        let inside = (at..at.saturating_add(size)).contains(&offset);
        Fault { at: if inside { offset } else { at }, access, bus: status.bus() }
    }
}

/// The fault of an address with nothing behind it, which no instruction had to try.
#[cold]
#[inline(never)]
pub(super) fn outside(at: u64, access: Access) -> Fault {
    Fault { at, access, bus: false }
}
