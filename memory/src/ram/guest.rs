//! RAM as the virtio crates see it: vm-memory's regions over parts of our blocks.

use super::RamBlock;
use crate::addr::host_size;
use crate::dirty::Dirty;
use std::sync::Arc;
use vm_memory::bitmap::{BS, Bitmap};
use vm_memory::{
    Address, FileOffset, GuestAddress, GuestMemoryError, GuestMemoryRegion, GuestMemoryRegionBytes,
    GuestRegionCollection, GuestUsize, MemoryRegionAddress, VolatileMemory, VolatileSlice,
};

/// The writable RAM of an address space at one moment.
pub type GuestRam = GuestRegionCollection<RamPart>;

/// A part of a block at an address.
#[derive(Debug)]
pub struct RamPart {
    block: Arc<RamBlock>,
    offset: u64,
    start: GuestAddress,
    len: u64,
}

impl RamPart {
    /// `len` bytes of `block` from `offset`, seen at `start`; `None` unless they lie in both.
    pub fn new(block: Arc<RamBlock>, offset: u64, start: u64, len: u64) -> Option<Self> {
        let inside = len > 0
            && offset.checked_add(len).is_some_and(|end| end <= block.len())
            && start.checked_add(len - 1).is_some();
        inside.then_some(Self { block, offset, start: GuestAddress(start), len })
    }
}

impl GuestMemoryRegion for RamPart {
    type B = Dirty;

    fn len(&self) -> GuestUsize {
        self.len
    }

    fn start_addr(&self) -> GuestAddress {
        self.start
    }

    fn bitmap(&self) -> BS<'_, Dirty> {
        self.block.dirty().slice_at(host_size(self.offset))
    }

    fn get_host_address(&self, at: MemoryRegionAddress) -> Result<*mut u8, GuestMemoryError> {
        let at = self.check_address(at).ok_or(GuestMemoryError::InvalidBackendAddress)?;
        Ok(self.block.host().wrapping_add(host_size(self.offset + at.raw_value())))
    }

    /// Only where the part starts with its block: vm-memory has the file's offset for a whole mapping only.
    fn file_offset(&self) -> Option<&FileOffset> {
        self.block.file().filter(|_| self.offset == 0)
    }

    fn get_slice(
        &self,
        at: MemoryRegionAddress,
        count: usize,
    ) -> Result<VolatileSlice<'_, BS<'_, Dirty>>, GuestMemoryError> {
        let end = at.raw_value().checked_add(count as u64);
        if end.is_none_or(|end| end > self.len) {
            return Err(GuestMemoryError::InvalidBackendAddress);
        }
        Ok(self.block.map().get_slice(host_size(self.offset + at.raw_value()), count)?)
    }
}

impl GuestMemoryRegionBytes for RamPart {}
