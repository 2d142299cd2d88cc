//! Copies between guest memory and strata's own, for system calls and loaders.

use super::access::outside;
use super::{Access, Fault, Space, StrFault};
use crate::addr::{PAGE, host_size, page_down};
use crate::fault::copy;
use std::ffi::CString;

impl Space {
    /// Fills `to` from guest memory at `at`.
    ///
    /// # Errors
    /// [`Fault`] with the first byte that could not be read; all bytes before it are in `to`.
    pub fn copy_in(&self, at: u64, to: &mut [u8]) -> Result<(), Fault> {
        let inside = self.inside(at, to.len());
        if inside > 0 {
            let from = self.base.wrapping_add(host_size(at));
            // SAFETY: `inside` bytes from `at` lie in the window, where no Rust object lives, so
            // they cannot overlap `to`, which is as long or longer; the handler is installed.
            let (left, status) = unsafe { copy(to.as_mut_ptr(), from, inside) };
            if !status.is_ok() {
                return Err(Fault {
                    at: at + (inside - left) as u64,
                    access: Access::Load,
                    bus: status.bus(),
                });
            }
        }
        self.whole(at, inside, to.len(), Access::Load)
    }

    /// Writes `from` to guest memory at `at`.
    ///
    /// # Errors
    /// [`Fault`] with the first byte that could not be written; all bytes before it were.
    pub fn copy_out(&self, at: u64, from: &[u8]) -> Result<(), Fault> {
        let inside = self.inside(at, from.len());
        self.shared.journal.note(at, at.saturating_add(inside as u64), |changes| &mut changes.written);
        if inside > 0 {
            let to = self.base.wrapping_add(host_size(at));
            // SAFETY: as in `copy_in`, the other way round.
            let (left, status) = unsafe { copy(to, from.as_ptr(), inside) };
            if !status.is_ok() {
                return Err(Fault {
                    at: at + (inside - left) as u64,
                    access: Access::Store,
                    bus: status.bus(),
                });
            }
        }
        self.whole(at, inside, from.len(), Access::Store)
    }

    /// The zero-terminated string at `at`, of at most `max` bytes without its terminator.
    ///
    /// Nothing after the terminator's page is touched.
    ///
    /// # Errors
    /// [`StrFault::Fault`] if a byte before the terminator cannot be read, [`StrFault::TooLong`]
    /// if there is no terminator among the first `max + 1` bytes.
    pub fn cstr(&self, at: u64, max: usize) -> Result<CString, StrFault> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 256];
        while bytes.len() <= max {
            let from = at.checked_add(bytes.len() as u64).ok_or(StrFault::TooLong)?;
            // A page is readable as a whole or not at all, so a read up to its end takes nothing
            // that the string might not need.
            let to_page_end = host_size(PAGE - (from - page_down(from)));
            let step = to_page_end.min(chunk.len()).min(max - bytes.len() + 1);
            self.copy_in(from, &mut chunk[..step]).map_err(StrFault::Fault)?;
            let end = chunk[..step].iter().position(|byte| *byte == 0);
            bytes.extend_from_slice(&chunk[..end.unwrap_or(step)]);
            if end.is_some() {
                return CString::new(bytes).map_err(|_| StrFault::TooLong);
            }
        }
        Err(StrFault::TooLong)
    }

    /// How many of `len` bytes from `at` are below the limit.
    fn inside(&self, at: u64, len: usize) -> usize {
        host_size(self.limit.saturating_sub(at).min(len as u64))
    }

    /// A fault at the limit unless all `len` bytes were inside.
    fn whole(&self, at: u64, inside: usize, len: usize, access: Access) -> Result<(), Fault> {
        if inside == len { Ok(()) } else { Err(outside(at + inside as u64, access)) }
    }
}
