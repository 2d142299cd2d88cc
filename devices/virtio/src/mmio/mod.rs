//! The transport: a device's registers on the bus. [virtio 1.2, 4.2; QEMU: hw/virtio/virtio-mmio.c]

mod registers;
mod state;

pub use state::State;
pub(crate) use state::fields;

use crate::bus::{Bus, Function, Way};
use crate::fault::Fault;
use crate::queue::Virtqueue;
use host_block::Outcome;
use memory::addr::host_size;
use memory::mmio::{BusError, Rules, Width};
use memory::ram::GuestRam;
use memory::space::AddressSpace;
use model::{BusOutline, Context, Device, Direction, Event, Inbox, IrqLine, Outline, Port, Tracer, World};
use registers::Reg;
use std::fmt::Arguments;
use std::sync::{Arc, Weak};
use virtio_bindings::virtio_config::{
    VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_NEEDS_RESET, VIRTIO_F_ANY_LAYOUT,
    VIRTIO_F_RING_RESET, VIRTIO_F_VERSION_1,
};
use virtio_bindings::virtio_ring::{VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC};
use vm_memory::{GuestAddressSpace, GuestMemoryAtomic};

/// Bytes of the window.
pub const SIZE: u64 = 0x1000;

/// Bits of `InterruptStatus`.
const USED: u32 = 1;
const CONFIGURATION: u32 = 2;

/// How a transport is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Version 1 of the registers (`force-legacy`, QEMU's default).
    pub legacy: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { legacy: true }
    }
}

/// A transport with its device, or an empty one.
pub struct Transport {
    config: Config,
    name: String,
    tracer: Tracer,
    line: IrqLine,
    ram: GuestMemoryAtomic<GuestRam>,
    function: Option<Box<dyn Function>>,
    queues: Vec<Virtqueue>,
    way: Way,
    state: State,
}

/// Puts `function`, or nothing, behind a new transport that is called `name` on its board. Answers of IO threads come
/// through `inbox`.
pub fn plug(
    name: &str,
    world: &World,
    config: Config,
    (space, line): (&AddressSpace, IrqLine),
    function: Option<Box<dyn Function>>,
    inbox: &Arc<Inbox>,
) -> Arc<Port<Transport>> {
    // Only the RAM is kept: the whole space holds this device.
    let ram = space.guest_memory();
    let queues = function.as_ref().map_or(0, |function| function.queues());
    let way = Way { inbox: Arc::clone(inbox), transport: Weak::new(), life: 0 };
    let queues = std::iter::repeat_with(Virtqueue::default).take(queues).collect();
    let (name_here, tracer, state) = (name.into(), world.tracer.clone(), State::default());
    let transport = Transport { config, name: name_here, tracer, line, ram, function, queues, way, state };
    let port = Port::new(name, world, |_| transport);
    port.with(|transport, _| transport.way.transport = Arc::downgrade(&port));
    port
}

impl Transport {
    /// QEMU's name of the device behind it.
    pub fn function(&self) -> Option<&'static str> {
        self.function.as_ref().map(|function| function.name())
    }

    /// What the device and the transport offer.
    fn offered(&self) -> u64 {
        let own = self.function.as_ref().map_or(0, |function| function.features());
        let ring = 1 << VIRTIO_RING_F_INDIRECT_DESC | 1 << VIRTIO_RING_F_EVENT_IDX;
        let version = if self.config.legacy {
            1 << VIRTIO_F_ANY_LAYOUT
        } else {
            1 << VIRTIO_F_VERSION_1 | 1 << VIRTIO_F_RING_RESET
        };
        own | ring | version
    }

    fn trace(&self, event: Event, what: Arguments) {
        self.tracer.emit(event, format_args!("vdev {} {what}", self.name));
    }

    fn has(&self, status: u32) -> bool {
        self.state.status & status != 0
    }

    fn raise(&mut self, cause: u32) {
        self.state.interrupt |= cause;
        self.update();
    }

    fn update(&self) {
        let level = self.state.interrupt != 0;
        if self.line.level() != level {
            self.trace(Event::VirtioMmioIrq, format_args!("setting IRQ {}", u8::from(level)));
        }
        self.line.set(level);
    }

    /// The device cannot go on. [virtio 1.2, 2.1.1]
    fn fail(&mut self, cx: &Context, register: &str, fault: Fault) {
        cx.guest_error(register, fault);
        self.state.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
        // A driver of version 1 would take the interrupt for another configuration.
        if !self.config.legacy && self.has(VIRTIO_CONFIG_S_DRIVER_OK) {
            self.raise(CONFIGURATION);
        }
    }

    /// Calls the device, then tells the driver what it has got back.
    pub(crate) fn enter(
        &mut self,
        cx: &Context,
        act: impl FnOnce(&mut dyn Function, &mut Bus) -> Result<(), Fault>,
    ) {
        let Some(function) = &mut self.function else { return };
        if self.state.status & VIRTIO_CONFIG_S_NEEDS_RESET != 0 {
            return;
        }
        let memory = self.ram.memory();
        let features = self.state.features;
        let mut bus = Bus {
            memory: &memory,
            features,
            now: cx.now,
            name: &self.name,
            tracer: &self.tracer,
            queues: &mut self.queues,
            way: &self.way,
        };
        let acted = act(&mut **function, &mut bus);
        let settled = self.queues.iter_mut().try_fold(false, |any, queue| Ok(queue.settle(&memory)? | any));
        if let Ok(true) = settled {
            self.trace(Event::VirtioNotify, format_args!("used"));
            self.raise(USED);
        }
        if let Err(fault) = acted.and(settled.map(drop)) {
            self.fail(cx, "QueueNotify", fault);
        }
    }

    /// Bytes that may be typed at a port of the device; none before its driver has started it.
    pub(crate) fn room(&self, number: u32) -> usize {
        let failed = self.has(VIRTIO_CONFIG_S_NEEDS_RESET);
        let runs = self.has(VIRTIO_CONFIG_S_DRIVER_OK) && !failed;
        let function = self.function.as_ref().filter(|_| runs);
        function.map_or(0, |function| function.room(number, self.state.features))
    }

    /// An IO thread has answered.
    pub(crate) fn complete(&mut self, life: u64, id: u64, outcome: Option<Outcome>, cx: &Context) {
        if life == self.way.life {
            self.enter(cx, |function, bus| function.complete(id, outcome, bus));
        }
    }

    /// The driver starts anew.
    fn start_anew(&mut self) {
        self.way.life += 1;
        if let Some(function) = &mut self.function {
            (0..self.queues.len()).for_each(|queue| function.stop(queue));
            function.reset();
        }
        self.queues.iter_mut().for_each(Virtqueue::reset);
        // Linux says how large its pages are before it resets the device.
        let page_shift = self.state.page_shift;
        self.state = State::default();
        self.state.page_shift = page_shift;
        self.update();
    }

    fn notify(&mut self, queue: usize, cx: &Context) {
        // Old drivers use their queues before they say that they are ready.
        self.trace(Event::VirtioQueueNotify, format_args!("n {queue}"));
        let may = self.config.legacy || self.has(VIRTIO_CONFIG_S_DRIVER_OK);
        if may && self.queues.get(queue).is_some_and(Virtqueue::ready) {
            self.enter(cx, |function, bus| function.notify(queue, bus));
        }
    }

    fn set_status(&mut self, value: u32, cx: &Context) {
        let value = value & 0xff;
        self.trace(Event::VirtioStatus, format_args!("val {value}"));
        if value == 0 {
            return self.start_anew();
        }
        let before = self.state.status;
        self.state.status = value | before & VIRTIO_CONFIG_S_NEEDS_RESET;
        let new = value & !before;
        if !self.config.legacy && new & VIRTIO_CONFIG_S_FEATURES_OK != 0 {
            self.accept(cx);
        }
        if new & VIRTIO_CONFIG_S_DRIVER_OK != 0 {
            (0..self.queues.len()).for_each(|queue| self.notify(queue, cx));
        }
    }

    /// Checks the features that the driver wants; refused ones leave `FEATURES_OK` unset.
    fn accept(&mut self, cx: &Context) {
        let wanted = self.state.wanted;
        if wanted & !self.offered() != 0 {
            cx.guest_error("DriverFeatures", "features that were not offered");
        } else if wanted & 1 << VIRTIO_F_VERSION_1 == 0 {
            cx.guest_error("DriverFeatures", "VIRTIO_F_VERSION_1 was not accepted");
        } else {
            self.state.features = wanted;
            return self.follow_features();
        }
        self.state.status &= !VIRTIO_CONFIG_S_FEATURES_OK;
    }

    /// Features that come late are those of queues in use as well.
    fn follow_features(&mut self) {
        let event_idx = self.state.has_event_idx();
        self.queues.iter_mut().for_each(|queue| queue.set_event_index(event_idx));
    }

    fn enable(&mut self, cx: &Context, register: &str) {
        self.stop();
        let (memory, event_idx) = (self.ram.memory(), self.state.has_event_idx());
        let Some(queue) = self.queues.get_mut(self.state.queue as usize) else { return };
        if let Err(fault) = queue.enable(&memory, event_idx) {
            self.fail(cx, register, fault);
        }
    }

    fn stop(&mut self) {
        let index = self.state.queue as usize;
        if let (Some(function), Some(queue)) = (&mut self.function, self.queues.get_mut(index)) {
            function.stop(index);
            queue.disable();
        }
    }

    fn read_config(&self, at: u64, width: Width) -> u64 {
        let config = self.function.as_ref().map_or(vec![], |function| function.config());
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        // Up to four bytes.
        let bytes = config.get(start..start.saturating_add(host_size(width.bytes())));
        match bytes {
            Some(bytes) => bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)),
            None => width.mask(),
        }
    }

    fn write_config(&mut self, at: u64, value: u64, width: Width) {
        let Some(function) = &mut self.function else { return };
        let bytes = value.to_le_bytes();
        for (at, byte) in (at..).zip(bytes.iter().take(host_size(width.bytes()))) {
            function.write_config(usize::try_from(at).unwrap_or(usize::MAX), *byte);
        }
    }
}

impl Device for Transport {
    fn outline(&self) -> Outline {
        let legacy = if self.config.legacy { "true" } else { "false" };
        let plugged = self.function.iter();
        let devices = plugged
            .map(|function| {
                let outline =
                    Outline { properties: function.properties(), bus: function.bus(), ..Outline::default() };
                (function.name(), outline)
            })
            .collect();
        let bus = BusOutline { name: self.name.clone(), kind: "virtio-mmio-bus", devices };
        Outline { properties: vec![("force-legacy", legacy.into())], bus: Some(bus), ..Outline::default() }
    }

    fn rules(&self) -> Rules {
        Rules::default()
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Read, offset, width) else { return Ok(0) };
        self.trace(Event::VirtioMmioRead, format_args!("offset {offset:#x}"));
        Ok(match hit.reg {
            Reg::Config => self.read_config(hit.index as u64, width),
            reg => self.read_register(reg, cx).into(),
        })
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Write, offset, width) else { return Ok(()) };
        self.trace(Event::VirtioMmioWrite, format_args!("offset {offset:#x} value {value:#x}"));
        match (hit.reg, u32::try_from(value)) {
            (Reg::Config, _) => self.write_config(hit.index as u64, value, width),
            (reg, Ok(value)) if self.function.is_some() => self.write_register(reg, hit.index, value, cx),
            _ => {}
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.start_anew();
        self.state.page_shift = 0;
    }
}
