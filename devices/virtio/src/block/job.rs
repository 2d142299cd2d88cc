//! What a disk does for one request, part by part.

use super::PART;
use crate::chain::{Segment, gather, part, scatter, size};
use crate::fault::Fault;
use host_block::Request;
use memory::ram::GuestRam;
use serde::{Deserialize, Serialize};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    Read,
    Write,
    Flush,
    Discard,
    WriteZeroes { unmap: bool },
}

/// A request on its way. A snapshot keeps it, and a restored device does again what was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub id: u64,
    pub queue: usize,
    pub head: u16,
    pub op: Op,
    /// Where on the disk, how much, and how much of it is done, in bytes.
    pub at: u64,
    pub len: u64,
    pub done: u64,
    /// What was written is to be made lasting before the answer.
    pub flush: bool,
    /// The guest's bytes.
    pub buffer: Vec<Segment>,
    /// Where the status goes.
    pub status: u64,
    /// What the driver is told of how much was written.
    pub written: u32,
    /// When the part that is asked for now is done, in guest time.
    pub due: u64,
}

impl Job {
    /// Bytes of the part that comes next.
    pub fn room(&self) -> u64 {
        match self.op {
            Op::Read | Op::Write => (self.len - self.done).min(PART),
            _ => 0,
        }
    }

    /// What is asked of the disk next.
    pub fn next(&self, memory: &GuestRam) -> Result<Request, Fault> {
        let (at, room) = (self.at + self.done, self.room());
        let len = usize::try_from(room).map_err(|_| Fault::Buffer)?;
        Ok(match self.op {
            // All is written.
            Op::Write | Op::WriteZeroes { .. } if self.done == self.len && self.flush => Request::Flush,
            Op::Read => Request::Read { at, len },
            Op::Write => Request::Write { at, bytes: gather(memory, &part(&self.buffer, self.done, room))? },
            Op::Flush => Request::Flush,
            Op::Discard => Request::Discard { at, len: self.len },
            Op::WriteZeroes { unmap } => Request::WriteZeroes { at, len: self.len, unmap },
        })
    }

    /// The disk has done what was asked. Says whether the job is done.
    pub fn advance(&mut self, bytes: &[u8], memory: &GuestRam) -> Result<bool, Fault> {
        if self.done == self.len && self.flush {
            self.flush = false;
            return Ok(true);
        }
        let room = self.room();
        if self.op == Op::Read {
            scatter(memory, &part(&self.buffer, self.done, room), bytes)?;
        }
        self.done = match self.op {
            Op::Read | Op::Write => self.done + room,
            _ => self.len,
        };
        Ok(self.done == self.len && !self.flush)
    }

    /// Whether a device with a disk of so many bytes could have it.
    pub fn is_possible(&self, disk: u64) -> bool {
        let inside = self.at.checked_add(self.len).is_some_and(|end| end <= disk) && self.done <= self.len;
        let whole = match self.op {
            Op::Read | Op::Write => size(&self.buffer) == self.len,
            _ => self.buffer.is_empty(),
        };
        inside && whole
    }
}
