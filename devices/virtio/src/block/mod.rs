//! virtio-blk: a disk. [virtio 1.2, 5.2; QEMU: hw/block/virtio-blk.c]

mod job;
mod request;

use crate::bus::{Bus, Function};
use crate::chain::{Chain, scatter, size};
use crate::fault::Fault;
use host_block::{Disk, Outcome, SECTOR};
use job::{Job, Op};
use model::{Event, SnapshotError};
use request::{Answer, Asked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_CONFIG_WCE, VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_FLUSH,
    VIRTIO_BLK_F_GEOMETRY, VIRTIO_BLK_F_RO, VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_TOPOLOGY,
    VIRTIO_BLK_F_WRITE_ZEROES, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_OK,
};

/// Bytes that are asked of the disk at once, for one request.
const PART: u64 = 1 << 20;
/// Bytes that are asked of the disk at once, for all. More requests wait in the ring.
const MOST: u64 = 16 << 20;
/// Guest time of a request, in nanoseconds, and of each of its bytes: that of a fast disk.
const LATENCY: u64 = 10_000;
const PER_BYTE: u64 = 1;
/// Segments of a request: those of QEMU's queue of 256, without header and status.
const SEGMENTS: u32 = 254;
/// Sectors of one discard. [QEMU: BDRV_REQUEST_MAX_SECTORS]
const DISCARD: u32 = 0x3f_ffff;
/// Where the cache's mode lies in the configuration.
const WRITEBACK: usize = 32;
/// Bytes of a serial number. [virtio 1.2, 5.2.6]
const SERIAL: usize = 20;

/// The device.
pub struct Block {
    disk: Disk,
    serial: String,
    state: State,
}

/// The saved device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Whether writes may stay in the host's cache until a flush.
    writeback: bool,
    /// What was asked and is not answered, in order.
    jobs: VecDeque<Job>,
    /// How many were asked.
    asked: u64,
    /// When the disk is idle again, in guest time.
    busy: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { writeback: true, jobs: VecDeque::new(), asked: 0, busy: 0 }
    }
}

impl Block {
    /// A device with this disk, whose guest reads `serial`, twenty bytes of it at most.
    pub fn new(disk: Disk, serial: impl Into<String>) -> Self {
        Self { disk, serial: serial.into(), state: State::default() }
    }

    fn sectors(&self) -> u64 {
        self.disk.len() / SECTOR
    }

    /// Whether a write is to be safe before it is answered.
    fn writes_through(&self, bus: &Bus) -> bool {
        match bus.has(VIRTIO_BLK_F_CONFIG_WCE) {
            true => !self.state.writeback,
            // A driver that never flushes is not to lose anything.
            false => !bus.has(VIRTIO_BLK_F_FLUSH),
        }
    }

    /// Takes requests from the ring.
    fn pump(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault> {
        for _ in 0..bus.size(queue) {
            let asked: u64 = self.state.jobs.iter().map(Job::room).sum();
            // A driver that means it has no more requests than the ring holds.
            if asked >= MOST || self.state.jobs.len() >= usize::from(bus.size(queue)) {
                break;
            }
            let Some(chain) = bus.pop(queue)? else { break };
            self.take(queue, &chain, bus)?;
        }
        Ok(())
    }

    fn take(&mut self, queue: usize, chain: &Chain, bus: &mut Bus) -> Result<(), Fault> {
        let request = Asked::read(chain, bus.memory)?;
        match request.judge(self.disk.len(), self.disk.read_only()) {
            Answer::Now(status) => request.answer(queue, chain, status, bus),
            Answer::Serial => {
                let mut bytes = [0; SERIAL];
                bytes.iter_mut().zip(self.serial.bytes()).for_each(|(to, from)| *to = from);
                let room = usize::try_from(size(&request.writable)).unwrap_or(SERIAL).min(SERIAL);
                scatter(bus.memory, &request.writable, &bytes[..room])?;
                request.answer(queue, chain, VIRTIO_BLK_S_OK, bus)
            }
            Answer::Later { op, at, len, buffer } => {
                let id = self.state.asked;
                self.state.asked += 1;
                let flush = matches!(op, Op::Write | Op::WriteZeroes { .. }) && self.writes_through(bus);
                let (status, written) = (request.status, request.written());
                let head = chain.head;
                let mut job =
                    Job { id, queue, head, op, at, len, done: 0, flush, buffer, status, written, due: 0 };
                job.due = self.time(&job, bus.now);
                let event = match op {
                    Op::Read => Some(Event::VirtioBlkRead),
                    Op::Write => Some(Event::VirtioBlkWrite),
                    _ => None,
                };
                if let Some(event) = event {
                    let (sector, count) = (at / SECTOR, len / SECTOR);
                    bus.trace(event, format_args!("req {id} sector {sector} nsectors {count}"));
                }
                self.submit(&job, bus)?;
                self.state.jobs.push_back(job);
                Ok(())
            }
        }
    }

    /// When the next part of `job` is done, and the disk can do something else.
    fn time(&mut self, job: &Job, now: u64) -> u64 {
        let cost = LATENCY + PER_BYTE * job.room();
        self.state.busy = self.state.busy.max(now).saturating_add(cost);
        self.state.busy
    }

    fn submit(&self, job: &Job, bus: &Bus) -> Result<(), Fault> {
        let request = job.next(bus.memory)?;
        self.disk.submit(request, bus.expect(job.id, job.due));
        Ok(())
    }

    fn finish(&mut self, index: usize, status: u32, bus: &mut Bus) -> Result<(), Fault> {
        let Some(job) = self.state.jobs.remove(index) else { return Ok(()) };
        bus.trace(Event::VirtioBlkComplete, format_args!("req {} status {status}", job.id));
        request::put_status(bus.memory, job.status, status)?;
        bus.push(job.queue, job.head, job.written)?;
        self.pump(job.queue, bus)
    }
}

impl Function for Block {
    fn name(&self) -> &'static str {
        "virtio-blk-device"
    }

    fn id(&self) -> u32 {
        virtio_bindings::virtio_ids::VIRTIO_ID_BLOCK
    }

    fn features(&self) -> u64 {
        let own = [
            VIRTIO_BLK_F_SEG_MAX,
            VIRTIO_BLK_F_GEOMETRY,
            VIRTIO_BLK_F_BLK_SIZE,
            VIRTIO_BLK_F_FLUSH,
            VIRTIO_BLK_F_TOPOLOGY,
            VIRTIO_BLK_F_CONFIG_WCE,
            VIRTIO_BLK_F_DISCARD,
            VIRTIO_BLK_F_WRITE_ZEROES,
        ];
        let read_only = u64::from(self.disk.read_only()) << VIRTIO_BLK_F_RO;
        own.iter().fold(read_only, |features, bit| features | 1 << bit)
    }

    fn queues(&self) -> usize {
        1
    }

    /// [virtio 1.2, 5.2.4]
    fn config(&self) -> Vec<u8> {
        let (heads, sectors) = (16u8, 63u8);
        let cylinders = self.sectors() / (u64::from(heads) * u64::from(sectors));
        let cylinders = u16::try_from(cylinders.clamp(2, 16383)).unwrap_or(u16::MAX);
        let mut config = vec![];
        config.extend(self.sectors().to_le_bytes());
        config.extend(0u32.to_le_bytes());
        config.extend(SEGMENTS.to_le_bytes());
        config.extend(cylinders.to_le_bytes());
        config.extend([heads, sectors]);
        config.extend(512u32.to_le_bytes());
        // Physical blocks are logical ones, aligned, and transfers of one are as good as larger ones.
        config.extend([0, 0, 1, 0]);
        config.extend(0u32.to_le_bytes());
        config.extend([u8::from(self.state.writeback), 0]);
        config.extend(1u16.to_le_bytes());
        for ([most, segments], tail) in [([DISCARD, 1], 1u32), ([DISCARD, 1], 1)] {
            config.extend([most, segments, tail].map(u32::to_le_bytes).as_flattened());
        }
        config
    }

    fn write_config(&mut self, at: usize, byte: u8) {
        if at == WRITEBACK {
            self.state.writeback = byte & 1 != 0;
        }
    }

    fn properties(&self) -> Vec<(&'static str, String)> {
        let state = if self.state.writeback { "on" } else { "off" };
        vec![
            ("file", model::quoted(self.disk.name())),
            ("serial", model::quoted(&self.serial)),
            ("write-cache", model::quoted(state)),
            ("logical_block_size", model::counted(SECTOR)),
            ("secs", model::counted(self.sectors())),
        ]
    }

    fn notify(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault> {
        self.pump(queue, bus)
    }

    fn complete(&mut self, id: u64, outcome: Option<Outcome>, bus: &mut Bus) -> Result<(), Fault> {
        let Some(index) = self.state.jobs.iter().position(|job| job.id == id) else { return Ok(()) };
        let Some(job) = self.state.jobs.get_mut(index) else { return Ok(()) };
        let Some(Ok(bytes)) = outcome else {
            return self.finish(index, VIRTIO_BLK_S_IOERR, bus);
        };
        if job.advance(&bytes, bus.memory)? {
            return self.finish(index, VIRTIO_BLK_S_OK, bus);
        }
        let mut next = job.clone();
        next.due = self.time(&next, bus.now);
        self.submit(&next, bus)?;
        if let Some(job) = self.state.jobs.get_mut(index) {
            *job = next;
        }
        Ok(())
    }

    fn stop(&mut self, queue: usize) {
        self.state.jobs.retain(|job| job.queue != queue);
    }

    fn reset(&mut self) {
        // Numbers are not used again: an answer that is on its way would find another job.
        self.state = State { asked: self.state.asked, busy: self.state.busy, ..State::default() };
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, state: Value, bus: &mut Bus) -> Result<(), SnapshotError> {
        let state: State = crate::mmio::fields(self.name(), state)?;
        let disk = self.disk.len();
        let wrong = state.jobs.iter().find(|job| !job.is_possible(disk) || job.id >= state.asked);
        if let Some(job) = wrong {
            let value = format!("{job:?}");
            return Err(SnapshotError::Value { name: self.name(), field: "jobs", value });
        }
        // A job whose buffer is not there any more ends as one of a disk that fails.
        for job in &state.jobs {
            match job.next(bus.memory) {
                Ok(request) => self.disk.submit(request, bus.expect(job.id, job.due)),
                Err(_) => drop(bus.expect(job.id, job.due)),
            }
        }
        self.state = state;
        Ok(())
    }
}
