//! Requests as they lie in memory: a header, data, and a byte for the status. [virtio 1.2, 5.2.6]

use super::{DISCARD, Op};
use crate::bus::Bus;
use crate::chain::{Chain, Segment, gather, part, size};
use crate::fault::Fault;
use host_block::SECTOR;
use memory::ram::GuestRam;
use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID,
    VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
};
use vm_memory::{Bytes, GuestAddress};

/// Bytes of a header, and of the range of a discard.
const HEADER: u64 = 16;

/// A request.
pub struct Asked {
    kind: u32,
    sector: u64,
    /// The range of a discard, if there is one.
    range: Option<[u8; 16]>,
    /// Data behind the header.
    readable: Vec<Segment>,
    /// Data before the status.
    pub writable: Vec<Segment>,
    /// Where the status goes.
    pub status: u64,
}

/// What becomes of a request.
pub enum Answer {
    /// It is answered at once.
    Now(u32),
    /// The serial number is asked for.
    Serial,
    /// The disk has something to do.
    Later { op: Op, at: u64, len: u64, buffer: Vec<Segment> },
}

/// Writes a status byte.
pub fn put_status(memory: &GuestRam, at: u64, status: u32) -> Result<(), Fault> {
    // Statuses are small numbers.
    let status = u8::try_from(status).unwrap_or(u8::MAX);
    memory.write_obj(status, GuestAddress(at)).map_err(|_| Fault::Buffer)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

impl Asked {
    /// The request that lies in `chain`.
    pub fn read(chain: &Chain, memory: &GuestRam) -> Result<Self, Fault> {
        let header = gather(memory, &part(&chain.readable, 0, HEADER))?;
        let answer = size(&chain.writable).checked_sub(1).ok_or(Fault::Header)?;
        let status = part(&chain.writable, answer, 1).first().ok_or(Fault::Header)?.at;
        if header.len() as u64 != HEADER {
            return Err(Fault::Header);
        }
        let readable = part(&chain.readable, HEADER, u64::MAX);
        let range = gather(memory, &part(&readable, 0, HEADER))?.try_into().ok();
        Ok(Self {
            kind: word(&header, 0),
            sector: long(&header, 8),
            range,
            readable,
            writable: part(&chain.writable, 0, answer),
            status,
        })
    }

    /// What the driver is told of how much was written: all that it lent, as QEMU says.
    pub fn written(&self) -> u32 {
        u32::try_from(size(&self.writable) + 1).unwrap_or(u32::MAX)
    }

    /// Answers without the disk.
    pub fn answer(&self, queue: usize, chain: &Chain, status: u32, bus: &mut Bus) -> Result<(), Fault> {
        put_status(bus.memory, self.status, status)?;
        bus.push(queue, chain.head, self.written())
    }

    /// What is to be done on a disk of so many bytes.
    pub fn judge(&self, disk: u64, read_only: bool) -> Answer {
        let bytes = |sectors: u64| sectors.checked_mul(SECTOR);
        let fits = |at: Option<u64>, len: u64| {
            at.filter(|at| len.is_multiple_of(SECTOR) && at.checked_add(len).is_some_and(|end| end <= disk))
        };
        let (op, at, len, buffer) = match self.kind {
            VIRTIO_BLK_T_IN => (Op::Read, bytes(self.sector), size(&self.writable), self.writable.clone()),
            VIRTIO_BLK_T_OUT => (Op::Write, bytes(self.sector), size(&self.readable), self.readable.clone()),
            VIRTIO_BLK_T_FLUSH => (Op::Flush, Some(0), 0, vec![]),
            VIRTIO_BLK_T_GET_ID => return Answer::Serial,
            VIRTIO_BLK_T_DISCARD | VIRTIO_BLK_T_WRITE_ZEROES => {
                // One range is what the configuration offers.
                let Some(range) = self.range.filter(|_| size(&self.readable) == HEADER) else {
                    return Answer::Now(VIRTIO_BLK_S_UNSUPP);
                };
                let (sectors, flags) = (word(&range, 8), word(&range, 12));
                let unmap = flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0;
                let discard = self.kind == VIRTIO_BLK_T_DISCARD;
                if flags & !VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0 || discard && unmap {
                    return Answer::Now(VIRTIO_BLK_S_UNSUPP);
                }
                if sectors > DISCARD {
                    return Answer::Now(VIRTIO_BLK_S_IOERR);
                }
                let op = if discard { Op::Discard } else { Op::WriteZeroes { unmap } };
                (op, bytes(long(&range, 0)), u64::from(sectors) * SECTOR, vec![])
            }
            _ => return Answer::Now(VIRTIO_BLK_S_UNSUPP),
        };
        let changes = !matches!(op, Op::Read | Op::Flush);
        match fits(at, len) {
            Some(at) if !(changes && read_only) => Answer::Later { op, at, len, buffer },
            _ => Answer::Now(VIRTIO_BLK_S_IOERR),
        }
    }
}
