//! What the tests of devices share: a board of one device.
#![allow(dead_code, reason = "each test file uses a part")]

use memory::mmio::{Mmio, Width};
use memory::ram::RamBlock;
use memory::region::Map;
use memory::space::AddressSpace;
use model::{IrqLine, Request, Requests, World};
use std::sync::{Arc, Mutex};

/// A world that keeps the guest errors and requests it was told.
pub struct Bench {
    pub world: World,
    pub errors: Arc<Mutex<Vec<String>>>,
    pub requests: Arc<Mutex<Vec<Request>>>,
}

pub fn bench() -> Bench {
    let errors = Arc::new(Mutex::new(vec![]));
    let requests = Arc::new(Mutex::new(vec![]));
    let (into, made) = (Arc::clone(&errors), Arc::clone(&requests));
    let world = World {
        reports: model::Reports::new(move |error| into.lock().unwrap().push(error.to_string())),
        requests: Requests::new(move |request| made.lock().unwrap().push(request)),
        ..World::default()
    };
    Bench { world, errors, requests }
}

impl Bench {
    /// Lets guest time pass.
    pub fn until(&self, now: u64) {
        self.world.clock.set(now);
        self.world.timers.expire(now);
    }
}

/// Lines that lead nowhere.
pub fn lines(n: usize) -> Vec<IrqLine> {
    (0..n).map(|_| IrqLine::unconnected()).collect()
}

pub fn load(device: &dyn Mmio, offset: u64, width: Width) -> u64 {
    device.read(offset, width).unwrap()
}

pub fn store(device: &dyn Mmio, offset: u64, value: u64, width: Width) {
    device.write(offset, value, width).unwrap();
}

/// Where the memory of [`memory`] lies.
pub const RAM: u64 = 0x8000_0000;

/// A map with 64 KiB of memory at [`RAM`].
pub fn memory() -> (Map, AddressSpace) {
    let map = Map::new();
    let mut change = map.change();
    let system = change.container("system", 1 << 64);
    let ram = change.ram(Arc::new(RamBlock::anonymous("ram", 0x1_0000).unwrap()));
    change.place(system, ram, RAM).unwrap();
    change.commit();
    let space = AddressSpace::new(&map, system, "memory");
    (map, space)
}
