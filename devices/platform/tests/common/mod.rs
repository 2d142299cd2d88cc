//! What the tests of devices share: a board of one device, and a guest that knows nothing.
#![allow(dead_code, reason = "each test file uses a part")]

use memory::mmio::{BusError, Mmio, Order, Width};
use memory::ram::RamBlock;
use memory::region::Map;
use memory::space::AddressSpace;
use model::{Attached, IrqLine, Request, Requests, World};
use proptest::prelude::*;
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

/// One thing that a guest, or time, does.
#[derive(Clone, Debug)]
pub enum Act {
    Read(u64, Width),
    Write(u64, u64, Width),
    Wait(u64),
    Reset,
}

/// Acts on a device of `size` bytes, with a liking for `hot` offsets and small values.
pub fn acts(size: u64, hot: Vec<u64>) -> impl Strategy<Value = Vec<Act>> {
    let offset =
        prop_oneof![3 => proptest::sample::select(hot), 2 => 0..size, 1 => (0..size).prop_map(|at| at & !7)];
    let width = proptest::sample::select(&Width::ALL[..]);
    let value = prop_oneof![3 => 0u64..256, 1 => any::<u64>(), 1 => any::<u32>().prop_map(u64::from)];
    let act = prop_oneof![
        8 => (offset.clone(), width.clone()).prop_map(|(at, width)| Act::Read(at, width)),
        12 => (offset, value, width).prop_map(|(at, value, width)| Act::Write(at, value, width)),
        3 => (0u64..2_000_000).prop_map(Act::Wait),
        1 => Just(Act::Reset),
    ];
    proptest::collection::vec(act, 1..120)
}

/// Does `act` by the rules of the device, as a bus would; says what was read.
pub fn act(bench: &Bench, device: &dyn Attached, act: &Act) -> Option<Result<u64, BusError>> {
    let rules = device.rules();
    match *act {
        Act::Read(at, width) => return Some(rules.read(device.as_mmio(), at, width, Order::Little)),
        Act::Write(at, value, width) => {
            return Some(rules.write(device.as_mmio(), at, value, width, Order::Little).map(|()| 0));
        }
        Act::Wait(time) => bench.until(bench.world.clock.now() + time),
        Act::Reset => device.reset(),
    }
    None
}

/// A guest does `acts` to a device. Nothing panics, and a second device that is given the state of the first in
/// the middle goes on as the first does.
pub fn torture(make: impl Fn(&World) -> Arc<dyn Attached>, acts: &[Act]) {
    let (first, second) = (bench(), bench());
    let (a, b) = (make(&first.world), make(&second.world));
    let (before, after) = acts.split_at(acts.len() / 2);
    for one in before {
        act(&first, &*a, one);
    }
    let saved = a.save();
    second.world.clock.set(first.world.clock.now());
    let text = serde_json::to_string(&saved).unwrap();
    b.restore(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(b.save(), saved, "a restored device saves what it was restored from");
    for one in after {
        assert_eq!(act(&first, &*a, one), act(&second, &*b, one), "{one:?}");
        assert_eq!(first.world.timers.next_deadline(), second.world.timers.next_deadline(), "{one:?}");
    }
    assert_eq!(a.save(), b.save());
}

/// State that claims to be newer is refused and changes nothing.
pub fn a_newer_state_is_refused(device: &dyn Attached) {
    let before = device.save();
    let mut newer = before.clone();
    newer.version += 1;
    let error = device.restore(&newer).unwrap_err().to_string();
    assert!(error.contains("use the strata that saved it"), "{error}");
    assert_eq!(device.save(), before);
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
