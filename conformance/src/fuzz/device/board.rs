//! A board of one device, which keeps whatever the device does to its surroundings.

use super::act::Act;
use memory::addr::host_size;
use memory::mmio::{BusError, Order};
use memory::ram::RamBlock;
use memory::region::Map;
use memory::space::AddressSpace;
use model::{Attached, Inbox, IrqLine, Request, Requests, Waiting, World};
use parking_lot::Mutex;
use platform::serial::Output;
use std::sync::Arc;

/// Where memory lies.
pub const RAM: u64 = 0x8000_0000;
/// Bytes of it.
pub const RAM_SIZE: u64 = 0x1_0000;
/// Times at which IO completes, during one wait; the wait ends early if there are more.
const MOST_COMPLETIONS: usize = 64;
/// Bytes that one act may send to the host: ports send bursts of 64 KiB, and the mailbox as much.
const MOST_SENT: usize = MOST_COMPLETIONS * 3 * (64 << 10);
/// Changes of wires and requests that one act may cause.
const MOST_EFFECTS: usize = 4096;

/// What the device did to its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Line(usize, bool),
    Asked(Request),
    Sent(Vec<u8>),
    /// Flash may be read without asking the device, or not.
    Direct(bool),
}

/// What one act did, as far as a guest or the host can see it.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    answer: Option<Result<u64, BusError>>,
    effects: Vec<Effect>,
    mistakes: u64,
    deadline: Option<u64>,
    due: Option<u64>,
}

/// Takes what somebody types.
pub type Keyboard = Box<dyn Fn(&[u8])>;

/// The device, and where somebody types.
pub struct Rig {
    pub device: Arc<dyn Attached>,
    pub keyboard: Option<Keyboard>,
}

/// The surroundings.
pub struct Board {
    pub world: World,
    pub ram: Arc<RamBlock>,
    pub space: AddressSpace,
    pub inbox: Arc<Inbox>,
    effects: Arc<Mutex<Vec<Effect>>>,
    lines: Mutex<Vec<IrqLine>>,
    _map: Map,
}

impl Board {
    /// A board without a device.
    pub fn new() -> Self {
        let effects = Arc::new(Mutex::new(vec![]));
        let made = Arc::clone(&effects);
        let requests = Requests::new(move |request| made.lock().push(Effect::Asked(request)));
        let world = World { requests, ..World::default() };
        let ram = Arc::new(RamBlock::anonymous("ram", RAM_SIZE).expect("the host has memory"));
        let map = Map::new();
        let mut change = map.change();
        let system = change.container("system", 1 << 64);
        let placed = change.ram(Arc::clone(&ram));
        change.place(system, placed, RAM).expect("an empty map has room");
        change.commit();
        let space = AddressSpace::new(&map, system, "memory");
        let inbox = Arc::new(Inbox::new(|| {}));
        Self { world, ram, space, inbox, effects, lines: Mutex::default(), _map: map }
    }

    /// Wires whose changes are kept.
    pub fn lines(&self, count: usize) -> Vec<IrqLine> {
        let mut all = self.lines.lock();
        let first = all.len();
        for number in first..first + count {
            let into = Arc::clone(&self.effects);
            all.push(IrqLine::new(move |level| into.lock().push(Effect::Line(number, level))));
        }
        all[first..].to_vec()
    }

    /// One of them.
    pub fn line(&self) -> IrqLine {
        self.lines(1).remove(0)
    }

    /// Keeps what is sent to the host.
    pub fn output(&self) -> Output {
        let into = Arc::clone(&self.effects);
        Box::new(move |bytes| into.lock().push(Effect::Sent(bytes.to_vec())))
    }

    /// Keeps whether flash is read directly.
    pub fn direct(&self) -> Box<dyn Fn(bool) + Send> {
        let into = Arc::clone(&self.effects);
        Box::new(move |direct| into.lock().push(Effect::Direct(direct)))
    }

    /// The levels of all wires.
    pub fn levels(&self) -> Vec<bool> {
        self.lines.lock().iter().map(IrqLine::level).collect()
    }

    /// What is in memory.
    pub fn memory(&self) -> Vec<u8> {
        let mut bytes = vec![0; host_size(RAM_SIZE)];
        self.ram.read(0, &mut bytes).expect("all of the block");
        bytes
    }

    /// Does what `other` did: its time, its memory.
    pub fn take_on(&self, other: &Self) {
        self.world.clock.set(other.world.clock.now());
        self.ram.write(0, &other.memory()).expect("all of the block");
    }

    /// Forgets what the device has done so far.
    pub fn forget(&self) {
        self.effects.lock().clear();
    }

    /// Lets time pass until no IO is expected, or there is no end of it.
    pub fn settle(&self) {
        for _ in 0..MOST_COMPLETIONS {
            let Some(due) = self.inbox.next_due() else { return };
            self.complete(due);
        }
    }

    fn complete(&self, due: u64) {
        self.world.clock.set(due.max(self.world.clock.now()));
        self.inbox.deliver(self.world.clock.now(), Waiting::Block);
    }

    fn wait(&self, time: u64) {
        let end = self.world.clock.now().saturating_add(time);
        for _ in 0..MOST_COMPLETIONS {
            match self.inbox.next_due().filter(|due| *due <= end) {
                Some(due) => self.complete(due),
                None => {
                    self.world.clock.set(end);
                    break;
                }
            }
        }
        self.world.timers.expire(self.world.clock.now());
    }

    /// Does `act` as a bus would.
    ///
    /// # Panics
    /// When the device does more than one act can ask for.
    pub fn act(&self, rig: &Rig, act: &Act) -> Seen {
        let (device, rules) = (&*rig.device, rig.device.rules());
        let mistakes = device.guest_errors();
        let mut answer = None;
        match act {
            Act::Read(at, width) => {
                answer = Some(rules.read(device.as_mmio(), *at, *width, Order::Little));
            }
            Act::Write(at, width, value) => {
                let value = value & width.mask();
                answer = Some(rules.write(device.as_mmio(), *at, value, *width, Order::Little).map(|()| 0));
            }
            // What does not fit into memory is not written.
            Act::Poke(at, bytes) => drop(self.ram.write(*at, bytes)),
            Act::Type(bytes) => rig.keyboard.iter().for_each(|keyboard| keyboard(bytes)),
            Act::Wait(time) => self.wait(*time),
            Act::Reset => device.reset(),
        }
        let effects = std::mem::take(&mut *self.effects.lock());
        let sent: usize =
            effects.iter().map(|e| if let Effect::Sent(bytes) = e { bytes.len() } else { 0 }).sum();
        assert!(sent <= MOST_SENT && effects.len() <= MOST_EFFECTS, "{act:?} is endless work: {sent} bytes");
        Seen {
            answer,
            effects,
            mistakes: device.guest_errors() - mistakes,
            deadline: self.world.timers.next_deadline(),
            due: self.inbox.next_due(),
        }
    }
}
