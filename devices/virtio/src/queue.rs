//! A virtqueue: the driver's registers of it, and the split ring they describe.

use crate::chain::{Chain, Segment};
use crate::fault::Fault;
use memory::ram::GuestRam;
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use virtio_bindings::virtio_ring::VRING_AVAIL_F_NO_INTERRUPT;
use virtio_queue::{Error, Queue, QueueOwnedT, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemory, Permissions};

/// Descriptors of the longest queue, and of the longest chain. [QEMU: VIRTQUEUE_MAX_SIZE]
pub const MOST: u16 = 1024;

/// A queue's registers and the device's place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Descriptors.
    pub size: u16,
    /// Whether it is in use.
    pub ready: bool,
    /// Physical address of the descriptors.
    pub descriptors: u64,
    /// Physical address of the ring the driver writes.
    pub available: u64,
    /// Physical address of the ring the device writes.
    pub used: u64,
    /// Legacy: the alignment of the used ring.
    pub align: u32,
    /// Legacy: where the queue lies, in pages of the guest.
    pub page: u32,
    next_available: u16,
    next_used: u16,
}

/// A queue.
pub struct Virtqueue {
    /// What the driver has written.
    pub state: State,
    ring: Queue,
    /// Whether something was given back and nobody has asked yet if the driver wants to know.
    pushed: bool,
}

fn ring() -> Queue {
    // The size is a power of two, which is all that is asked.
    Queue::new(MOST).unwrap_or_default()
}

impl Default for Virtqueue {
    fn default() -> Self {
        Self { state: State::default(), ring: ring(), pushed: false }
    }
}

impl Virtqueue {
    /// Not in use, and nothing of the driver's is remembered.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether the device may use it.
    pub fn ready(&self) -> bool {
        self.state.ready
    }

    /// Not in use; the addresses stay.
    pub fn disable(&mut self) {
        self.state.ready = false;
        self.ring.reset();
        self.pushed = false;
    }

    /// Whether both sides say from which request on they want to hear of it.
    pub fn set_event_index(&mut self, on: bool) {
        self.ring.set_event_idx(on);
    }

    /// The queue with this state.
    pub fn restored(state: State, event_idx: bool) -> Result<Self, Fault> {
        let mut queue = Self { state, ring: ring(), pushed: false };
        if queue.state.ready {
            queue.place(event_idx)?;
            queue.ring.set_next_avail(queue.state.next_available);
            queue.ring.set_next_used(queue.state.next_used);
        }
        Ok(queue)
    }

    /// The state with the device's place in it.
    pub fn save(&self) -> State {
        State {
            next_available: self.ring.next_avail(),
            next_used: self.ring.next_used(),
            ..self.state.clone()
        }
    }

    /// Legacy: computes where the rings are. [virtio 1.2, 2.7.2]
    pub fn lay_out(&mut self, page_shift: u32) {
        let size = u64::from(self.state.size);
        let start = u64::from(self.state.page) << page_shift;
        let align = u64::from(self.state.align.max(1));
        self.state.descriptors = start;
        self.state.available = start + 16 * size;
        // A driver without the event feature leaves the last word out; it counts nevertheless.
        let end = self.state.available + 2 * (3 + size);
        self.state.used = end.next_multiple_of(align);
    }

    /// Starts to use it from its beginning.
    pub fn enable(&mut self, memory: &GuestRam, event_idx: bool) -> Result<(), Fault> {
        self.disable();
        self.place(event_idx)?;
        // The event index behind each ring belongs to it.
        let size = usize::from(self.state.size);
        let lies = |at, bytes, access| memory.check_range(GuestAddress(at), bytes, access);
        let whole = lies(self.state.descriptors, 16 * size, Permissions::Read)
            && lies(self.state.available, 6 + 2 * size, Permissions::Read)
            && lies(self.state.used, 6 + 8 * size, Permissions::Write);
        if !whole {
            self.ring.reset();
            return Err(Fault::Ring);
        }
        self.state.ready = true;
        Ok(())
    }

    fn place(&mut self, event_idx: bool) -> Result<(), Fault> {
        let state = &self.state;
        self.ring.reset();
        self.ring.try_set_size(state.size).map_err(|_| Fault::Size)?;
        self.ring
            .try_set_desc_table_address(GuestAddress(state.descriptors))
            .and_then(|()| self.ring.try_set_avail_ring_address(GuestAddress(state.available)))
            .and_then(|()| self.ring.try_set_used_ring_address(GuestAddress(state.used)))
            .map_err(|_| Fault::Alignment)?;
        self.ring.set_event_idx(event_idx);
        self.ring.set_ready(true);
        Ok(())
    }

    /// The next request, if the driver has made one.
    pub fn pop(&mut self, memory: &GuestRam) -> Result<Option<Chain>, Fault> {
        if !self.state.ready {
            return Ok(None);
        }
        let chain = match self.ring.iter(memory) {
            Ok(mut chains) => chains.next(),
            Err(Error::InvalidAvailRingIndex) => return Err(Fault::Index),
            Err(_) => return Err(Fault::Ring),
        };
        let Some(descriptors) = chain else {
            let end = self.ring.avail_idx(memory, Ordering::Acquire).map_err(|_| Fault::Ring)?;
            return if end.0 == self.ring.next_avail() { Ok(None) } else { Err(Fault::Ring) };
        };
        let mut chain = Chain { head: descriptors.head_index(), readable: vec![], writable: vec![] };
        // The iterator ends silently where a chain is broken: then the last descriptor promises another.
        let (mut broken, mut count) = (Fault::Link, 0);
        let mut whole = false;
        for descriptor in descriptors {
            count += 1;
            if count > MOST {
                return Err(Fault::Loop);
            }
            let segment = Segment { at: descriptor.addr().0, len: descriptor.len() };
            if segment.len == 0 {
                return Err(Fault::Empty);
            }
            match descriptor.is_write_only() {
                true => chain.writable.push(segment),
                false if chain.writable.is_empty() => chain.readable.push(segment),
                false => return Err(Fault::Order),
            }
            whole = !descriptor.has_next();
            if count >= self.state.size {
                broken = Fault::Loop;
            }
        }
        let lies = |segment: &Segment, access| {
            memory.check_range(GuestAddress(segment.at), segment.len as usize, access)
        };
        let in_ram = chain.readable.iter().all(|segment| lies(segment, Permissions::Read))
            && chain.writable.iter().all(|segment| lies(segment, Permissions::Write));
        match (whole, in_ram) {
            (false, _) => Err(broken),
            (_, false) => Err(Fault::Buffer),
            _ => Ok(Some(chain)),
        }
    }

    /// Gives a request back, `len` bytes of its writable part written. A queue that was stopped takes none.
    pub fn push(&mut self, memory: &GuestRam, head: u16, len: u32) -> Result<(), Fault> {
        if !self.state.ready {
            return Ok(());
        }
        self.pushed = true;
        self.ring.add_used(memory, head, len).map_err(|error| match error {
            Error::InvalidDescriptorIndex => Fault::Link,
            _ => Fault::Ring,
        })
    }

    /// Whether the driver is to be interrupted for what was given back since this was last asked. Notifications of the
    /// driver are wanted from here on.
    pub fn settle(&mut self, memory: &GuestRam) -> Result<bool, Fault> {
        if !self.state.ready {
            return Ok(false);
        }
        self.ring.enable_notification(memory).map_err(|_| Fault::Ring)?;
        if !std::mem::take(&mut self.pushed) {
            return Ok(false);
        }
        if self.ring.event_idx_enabled() {
            return self.ring.needs_notification(memory).map_err(|_| Fault::Ring);
        }
        let flags: u16 =
            memory.load(GuestAddress(self.state.available), Ordering::Acquire).map_err(|_| Fault::Ring)?;
        Ok(u32::from(u16::from_le(flags)) & VRING_AVAIL_F_NO_INTERRUPT == 0)
    }
}
