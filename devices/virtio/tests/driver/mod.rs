//! The driver's side: a guest with RAM, one transport, and queues whose descriptors it writes itself.
#![allow(dead_code, reason = "each test file uses a part")]

use host_block::{Disk, Image, Options};
use memory::mmio::{Order, Width};
use memory::ram::RamBlock;
use memory::region::Map;
use memory::space::AddressSpace;
use model::{Attached, Inbox, IrqLine, Port, Reports, Waiting, World};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use virtio::{Block, Config, Function, Transport, plug};

pub const RAM: u64 = 0x8000_0000;
pub const RAM_SIZE: u64 = 8 << 20;
/// Where the queues lie, and behind them the buffers.
pub const QUEUE: u64 = RAM + 0x1_0000;
pub const BUFFER: u64 = RAM + 0x10_0000;
/// Descriptors of a queue.
pub const LEN: u16 = 8;

pub const NEXT: u16 = 1;
pub const WRITE: u16 = 2;
pub const INDIRECT: u16 = 4;

pub const FEATURES_OK: u32 = 8;
pub const DRIVER_OK: u32 = 4;
pub const NEEDS_RESET: u32 = 64;
pub const VERSION_1: u64 = 1 << 32;
pub const EVENT_IDX: u64 = 1 << 29;

/// A guest.
pub struct Guest {
    pub port: Arc<Port<Transport>>,
    pub space: AddressSpace,
    pub map: Map,
    pub inbox: Arc<Inbox>,
    pub world: World,
    pub line: IrqLine,
    pub errors: Arc<Mutex<Vec<String>>>,
    pub legacy: bool,
    /// How many requests were made, and how many taken back.
    pub made: u16,
    pub taken: u16,
    pub features: u64,
}

pub fn guest(legacy: bool, function: Option<Box<dyn Function>>) -> Guest {
    let map = Map::new();
    let mut change = map.change();
    let system = change.container("system", 1 << 64);
    let ram = change.ram(Arc::new(RamBlock::anonymous("ram", RAM_SIZE).unwrap()));
    change.place(system, ram, RAM).unwrap();
    change.commit();
    let space = AddressSpace::new(&map, system, "memory");
    let errors = Arc::new(Mutex::new(vec![]));
    let into = Arc::clone(&errors);
    let reports = Reports::new(move |error| into.lock().unwrap().push(error.to_string()));
    let world = World { reports, ..World::default() };
    let inbox = Arc::new(Inbox::new(|| {}));
    let line = IrqLine::unconnected();
    let port = plug("virtio-mmio.0", &world, Config { legacy }, (&space, line.clone()), function, &inbox);
    let (made, taken, features) = (0, 0, 0);
    Guest { port, space, map, inbox, world, line, errors, legacy, made, taken, features }
}

impl Guest {
    pub fn get(&self, offset: u64) -> u32 {
        let value = self.port.rules().read(self.port.as_mmio(), offset, Width::Word, Order::Little).unwrap();
        value.try_into().unwrap()
    }

    pub fn set(&self, offset: u64, value: u32) {
        self.port
            .rules()
            .write(self.port.as_mmio(), offset, value.into(), Width::Word, Order::Little)
            .unwrap();
    }

    pub fn status(&self) -> u32 {
        self.get(0x70)
    }

    pub fn offered(&self) -> u64 {
        let half = |which| {
            self.set(0x14, which);
            u64::from(self.get(0x10))
        };
        half(0) | half(1) << 32
    }

    /// Negotiates `wanted` and uses queue 0.
    pub fn start(&mut self, wanted: u64) {
        if self.legacy {
            // Linux does this first, and once.
            self.set(0x28, 4096);
        }
        self.set(0x70, 0);
        self.set(0x70, 1);
        self.set(0x70, 3);
        self.features = wanted | if self.legacy { 0 } else { VERSION_1 };
        for (half, value) in [(0, self.features as u32), (1, (self.features >> 32) as u32)] {
            if half == 0 || !self.legacy {
                self.set(0x24, half);
                self.set(0x20, value);
            }
        }
        if !self.legacy {
            self.set(0x70, 3 | FEATURES_OK);
            assert_eq!(self.status(), 3 | FEATURES_OK);
        }
        self.clear();
        self.place(QUEUE);
        self.set(0x70, self.status() | DRIVER_OK);
    }

    /// Forgets what is in the rings.
    pub fn clear(&mut self) {
        self.space.write(QUEUE, &vec![0; 0x4000]).unwrap();
        (self.made, self.taken) = (0, 0);
    }

    /// Tells the device where queue 0 is, in pages of 4 KiB.
    pub fn place(&self, at: u64) {
        self.set(0x30, 0);
        assert!(self.get(0x34) >= LEN.into());
        self.set(0x38, LEN.into());
        if self.legacy {
            self.set(0x3c, 4096);
            self.set(0x40, (at >> 12) as u32);
        } else {
            for (offset, at) in [(0x80, at), (0x90, at + self.avail_offset()), (0xa0, at + 0x1000)] {
                self.set(offset, at as u32);
                self.set(offset + 4, (at >> 32) as u32);
            }
            self.set(0x44, 1);
        }
    }

    fn avail_offset(&self) -> u64 {
        16 * u64::from(LEN)
    }

    pub fn avail(&self) -> u64 {
        QUEUE + self.avail_offset()
    }

    /// Behind the page in which the available ring ends, in both versions.
    pub fn used_ring(&self) -> u64 {
        QUEUE + 0x1000
    }

    pub fn put16(&self, at: u64, value: u16) {
        self.space.store(at, value, Order::Little).unwrap();
    }

    pub fn get16(&self, at: u64) -> u16 {
        self.space.load(at, Order::Little).unwrap()
    }

    pub fn descriptor(&self, table: u64, index: u16, at: u64, len: u32, flags: u16, next: u16) {
        let place = table + 16 * u64::from(index);
        self.space.store(place, at, Order::Little).unwrap();
        self.space.store(place + 8, len, Order::Little).unwrap();
        self.put16(place + 12, flags);
        self.put16(place + 14, next);
    }

    /// Makes the chain at `head` available.
    pub fn offer(&mut self, head: u16) {
        self.put16(self.avail() + 4 + 2 * u64::from(self.made % LEN), head);
        self.made = self.made.wrapping_add(1);
        self.put16(self.avail() + 2, self.made);
    }

    pub fn kick(&self) {
        self.set(0x50, 0);
    }

    /// Makes a chain of buffers from descriptor `head` on, offers it and notifies.
    pub fn ask(&mut self, head: u16, buffers: &[(u64, u32, bool)]) {
        for (index, (at, len, write)) in (head..).zip(buffers) {
            let last = usize::from(index - head) + 1 == buffers.len();
            let flags = if *write { WRITE } else { 0 } | if last { 0 } else { NEXT };
            self.descriptor(QUEUE, index, *at, *len, flags, index + 1);
        }
        self.offer(head);
        self.kick();
    }

    /// Lets guest time pass until no disk has anything to do.
    pub fn wait(&self) {
        while let Some(due) = self.inbox.next_due() {
            self.world.clock.set(due.max(self.world.clock.now()));
            self.inbox.deliver(due, Waiting::Block);
        }
    }

    /// What was given back: heads and lengths.
    pub fn used(&mut self) -> Vec<(u32, u32)> {
        let mut found = vec![];
        while self.taken != self.get16(self.used_ring() + 2) {
            let at = self.used_ring() + 4 + 8 * u64::from(self.taken % LEN);
            let word = |at| self.space.load::<u32>(at, Order::Little).unwrap();
            found.push((word(at), word(at + 4)));
            self.taken = self.taken.wrapping_add(1);
        }
        found
    }

    pub fn bytes(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.space.read(at, &mut bytes).unwrap();
        bytes
    }

    /// A disk request with its data at `BUFFER`; its status, once it is given back.
    pub fn disk(&mut self, kind: u32, sector: u64, data: u32, writable: bool) -> u8 {
        self.header(kind, sector);
        let mut buffers = vec![(BUFFER - 0x100, 16, false)];
        if data > 0 {
            buffers.push((BUFFER, data, writable));
        }
        buffers.push((BUFFER - 0x10, 1, true));
        self.ask(0, &buffers);
        self.wait();
        let written = if writable { data + 1 } else { 1 };
        assert_eq!(self.used(), [(0, written)], "{:?}", self.errors.lock().unwrap());
        self.bytes(BUFFER - 0x10, 1)[0]
    }

    /// Writes a header, and a status that no device answers.
    pub fn header(&self, kind: u32, sector: u64) {
        self.space.store(BUFFER - 0x100, kind, Order::Little).unwrap();
        self.space.store(BUFFER - 0xf8, sector, Order::Little).unwrap();
        self.space.store(BUFFER - 0x10, 0xaa_u8, Order::Little).unwrap();
    }

    pub fn errors(&self) -> Vec<String> {
        std::mem::take(&mut *self.errors.lock().unwrap())
    }
}

/// A file of its own, gone with the test.
pub struct Scratch(pub PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

static MADE: AtomicU32 = AtomicU32::new(0);

pub fn scratch(bytes: &[u8]) -> Scratch {
    let name = format!("virtio-{}-{}", std::process::id(), MADE.fetch_add(1, SeqCst));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    Scratch(path)
}

/// A disk on a file.
pub fn block(file: &Scratch, change: impl FnOnce(&mut Options)) -> Option<Box<dyn Function>> {
    let mut options = Options::new(&file.0);
    change(&mut options);
    let disk = Disk::new(Image::open(&options).unwrap()).unwrap();
    Some(Box::new(Block::new(disk, "strata-0123456789-and-more")))
}
