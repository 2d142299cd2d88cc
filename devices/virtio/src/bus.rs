//! What a device is behind its transport, and what it is given with every call.

use crate::chain::Chain;
use crate::fault::Fault;
use crate::mmio::Transport;
use crate::queue::Virtqueue;
use host_block::Outcome;
use memory::ram::GuestRam;
use model::{BusOutline, Event, Inbox, Port, SnapshotError, Ticket, Tracer};
use serde_json::Value;
use std::fmt::Arguments;
use std::sync::{Arc, Weak};

/// A virtio device without its transport.
///
/// It is entered by one thread at a time, and never waits. What stands for something of the host, a drive
/// or a source of entropy, outlives a reset.
pub trait Function: Send + 'static {
    /// QEMU's name of the device.
    fn name(&self) -> &'static str;
    /// The device's number. [virtio 1.2, 5]
    fn id(&self) -> u32;
    /// The feature bits of its own that it offers.
    fn features(&self) -> u64;
    /// How many queues it has.
    fn queues(&self) -> usize;
    /// Its configuration.
    fn config(&self) -> Vec<u8>;
    /// The driver writes a byte of the configuration.
    fn write_config(&mut self, at: usize, byte: u8) {
        let _ = (at, byte);
    }
    /// The driver has put something into a queue.
    ///
    /// # Errors
    /// What is there is no request; the device does nothing more until it is reset.
    fn notify(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault>;
    /// What was asked of an IO thread with this number is done; `None` if the thread is gone.
    ///
    /// # Errors
    /// As for `notify`.
    fn complete(&mut self, id: u64, outcome: Option<Outcome>, bus: &mut Bus) -> Result<(), Fault> {
        let _ = (id, outcome, bus);
        Ok(())
    }
    /// Bytes that somebody at the host's side of port `number` may type now; `features` are the accepted ones.
    fn room(&self, number: u32, features: u64) -> usize {
        let _ = (number, features);
        0
    }
    /// Somebody has typed at port `number`, no more than there is room for.
    ///
    /// # Errors
    /// As for `notify`.
    fn receive(&mut self, number: u32, bytes: &[u8], bus: &mut Bus) -> Result<(), Fault> {
        let _ = (number, bytes, bus);
        Ok(())
    }
    /// Somebody has come to the host's side of port `number`, or has left it.
    ///
    /// # Errors
    /// As for `notify`.
    fn attend(&mut self, number: u32, open: bool, bus: &mut Bus) -> Result<(), Fault> {
        let _ = (number, open, bus);
        Ok(())
    }
    /// A queue is not used any more: what was taken from it is forgotten.
    fn stop(&mut self, queue: usize) {
        let _ = queue;
    }
    /// The driver, or the machine, starts anew.
    fn reset(&mut self);
    /// Its properties, as `info qtree` shows them.
    fn properties(&self) -> Vec<(&'static str, String)> {
        vec![]
    }
    /// The bus behind it and what is plugged into that, as `info qtree` shows it.
    fn bus(&self) -> Option<BusOutline> {
        None
    }
    /// The state.
    fn save(&self) -> Value;
    /// Takes on a saved state, asks again for what was not done, and says whether that was possible. RAM and queues are
    /// restored before.
    ///
    /// # Errors
    /// The state can never be; nothing is changed then.
    fn restore(&mut self, state: Value, bus: &mut Bus) -> Result<(), SnapshotError>;
}

/// The way from IO threads back to a transport.
pub struct Way {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) transport: Weak<Port<Transport>>,
    /// Counts resets: what was asked for before one is not for the device any more.
    pub(crate) life: u64,
}

/// What a device is given with every call.
pub struct Bus<'a> {
    /// The guest's RAM.
    pub memory: &'a GuestRam,
    /// The features that the driver has accepted.
    pub features: u64,
    /// Guest time in nanoseconds.
    pub now: u64,
    /// The transport's name on its board.
    pub(crate) name: &'a str,
    pub(crate) tracer: &'a Tracer,
    pub(crate) queues: &'a mut [Virtqueue],
    pub(crate) way: &'a Way,
}

impl Bus<'_> {
    /// Whether a feature was accepted.
    pub fn has(&self, feature: u32) -> bool {
        self.features & 1 << feature != 0
    }

    /// The requests that a queue may hold at once.
    pub fn size(&self, queue: usize) -> u16 {
        self.queues.get(queue).map_or(0, |queue| queue.state.size)
    }

    /// The next request of a queue.
    ///
    /// # Errors
    /// What is there is none.
    pub fn pop(&mut self, queue: usize) -> Result<Option<Chain>, Fault> {
        let chain = self.queues.get_mut(queue).map_or(Ok(None), |queue| queue.pop(self.memory))?;
        if let Some(chain) = &chain {
            let (head, ins, outs) = (chain.head, chain.writable.len(), chain.readable.len());
            self.trace(
                Event::VirtqueuePop,
                format_args!("vq {queue} elem {head} in_num {ins} out_num {outs}"),
            );
        }
        Ok(chain)
    }

    /// Something has happened that may be traced.
    pub fn trace(&self, event: Event, what: Arguments) {
        self.tracer.emit(event, format_args!("vdev {} {what}", self.name));
    }

    /// Gives a request back, with `len` bytes written.
    ///
    /// # Errors
    /// There is no place for it.
    pub fn push(&mut self, queue: usize, head: u16, len: u32) -> Result<(), Fault> {
        self.trace(Event::VirtqueuePush, format_args!("vq {queue} elem {head} len {len}"));
        self.queues.get_mut(queue).map_or(Ok(()), |queue| queue.push(self.memory, head, len))
    }

    /// Expects an answer of an IO thread, which [`Function::complete`] gets with `id` at guest time `due`.
    pub fn expect(&self, id: u64, due: u64) -> Ticket<Outcome> {
        let (transport, life) = (self.way.transport.clone(), self.way.life);
        self.way.inbox.expect(due, move |outcome| {
            if let Some(port) = transport.upgrade() {
                port.tell(move |transport, cx| transport.complete(life, id, outcome, cx));
            }
        })
    }
}
