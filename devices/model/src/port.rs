//! A device on a bus: shared, locked, and never entered twice.

use crate::device::{Context, Device, Outline};
use crate::report::{Reporter, Reports};
use crate::request::Requests;
use crate::snapshot::{self, Section, Snapshot, SnapshotError};
use crate::time::{Clock, Expire, Timer, TimerQueue};
use crate::trace::{Event, Tracer};
use memory::mmio::{BusError, Mmio, Rules, Width};
use parking_lot::{Mutex, ReentrantMutex};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// What the devices of one machine share.
#[derive(Clone)]
pub struct World {
    /// Guest time.
    pub clock: Clock,
    /// The machine's timers.
    pub timers: TimerQueue,
    /// Where mistakes of the guest go.
    pub reports: Reports,
    /// Where requests to the machine go.
    pub requests: Requests,
    /// Where trace events go.
    pub tracer: Tracer,
}

impl Default for World {
    /// A world at time 0 that shows no report and carries out no request.
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            timers: TimerQueue::default(),
            reports: Reports::silent(),
            requests: Requests::new(|_| {}),
            tracer: Tracer::silent(),
        }
    }
}

/// Where a device sits while it is made: the source of its timers.
pub struct Seat<'a> {
    world: &'a World,
    target: Weak<dyn Expire>,
}

impl Seat<'_> {
    /// A timer that calls the device's [`Device::expire`] with `tag`.
    pub fn timer(&self, tag: u32) -> Timer {
        self.world.timers.timer(self.target.clone(), tag)
    }

    /// Where the device makes requests to the machine.
    pub fn requests(&self) -> Requests {
        self.world.requests.clone()
    }
}

type Told<D> = Box<dyn FnOnce(&mut D, &Context) + Send>;

/// A device on a bus.
///
/// A device may reach itself while it is being accessed: by DMA to its own registers, or through a wire. The
/// first is a mistake of the guest and refused, the second ([`Port::tell`]) waits until the access has ended.
pub struct Port<D> {
    clock: Clock,
    reporter: Reporter,
    tracer: Tracer,
    /// Where its first register is, once it is placed.
    base: AtomicU64,
    device: ReentrantMutex<RefCell<D>>,
    told: Mutex<Vec<Told<D>>>,
}

impl<D: Device> Port<D> {
    /// Makes a device that is called `name` on its board.
    pub fn new(name: &str, world: &World, make: impl FnOnce(&Seat) -> D) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| {
            let target: Weak<dyn Expire> = me.clone();
            Self {
                clock: world.clock.clone(),
                reporter: world.reports.reporter(name),
                tracer: world.tracer.clone(),
                base: AtomicU64::new(0),
                device: ReentrantMutex::new(RefCell::new(make(&Seat { world, target }))),
                told: Mutex::default(),
            }
        })
    }

    /// The device's name on its board.
    pub fn name(&self) -> &str {
        self.reporter.device()
    }

    /// The guest's mistakes with this device so far.
    pub fn guest_errors(&self) -> u64 {
        self.reporter.total()
    }

    /// Calls `act` with the device, or not at all (`None`) when this thread is inside the device already.
    pub fn with<T>(&self, act: impl FnOnce(&mut D, &Context) -> T) -> Option<T> {
        let lock = self.device.lock();
        let mut device = lock.try_borrow_mut().ok()?;
        let cx = Context::new(self.clock.now(), &self.reporter, &self.tracer);
        let answer = act(&mut device, &cx);
        loop {
            let told = std::mem::take(&mut *self.told.lock());
            if told.is_empty() {
                return Some(answer);
            }
            told.into_iter().for_each(|act| act(&mut device, &cx));
        }
    }

    /// Calls `act` with the device: now, or when the access that this thread is inside of has ended.
    pub fn tell(&self, act: impl FnOnce(&mut D, &Context) + Send + 'static) {
        let lock = self.device.lock();
        if lock.try_borrow_mut().is_err() {
            self.told.lock().push(Box::new(act));
        } else {
            self.with(act);
        }
    }

    fn trace(&self, event: Event, offset: u64, value: u64, width: Width) {
        if self.tracer.is_on(event) {
            let at = self.base.load(Relaxed).wrapping_add(offset);
            let (cpu, size, name) = (self.tracer.cpu(), width.bytes(), self.name());
            self.tracer.emit(
                event,
                format_args!("cpu {cpu} addr {at:#x} value {value:#x} size {size} name '{name}'"),
            );
        }
    }

    /// Calls `access` unless this thread is inside the device already, which is the guest's mistake.
    fn access<T>(
        &self,
        offset: u64,
        access: impl FnOnce(&mut D, &Context) -> Result<T, BusError>,
    ) -> Result<T, BusError> {
        self.with(access).unwrap_or_else(|| {
            let what = "the device's own DMA led back to it; the access is refused";
            self.reporter.report(self.clock.now(), &format!("{offset:#x}"), &what);
            Err(BusError::Device)
        })
    }
}

impl<D: Device> Mmio for Port<D> {
    fn read(&self, offset: u64, width: Width) -> Result<u64, BusError> {
        let value = self.access(offset, |device, cx| device.read(offset, width, cx))?;
        self.trace(Event::RegionRead, offset, value, width);
        Ok(value)
    }

    fn write(&self, offset: u64, value: u64, width: Width) -> Result<(), BusError> {
        self.trace(Event::RegionWrite, offset, value, width);
        self.access(offset, |device, cx| device.write(offset, value, width, cx))
    }
}

impl<D: Device> Expire for Port<D> {
    fn expire(&self, tag: u32) {
        self.tell(move |device, cx| device.expire(tag, cx));
    }
}

/// A device of any kind, as a machine keeps it.
pub trait Attached: Mmio {
    /// The device as a bus sees it.
    fn as_mmio(&self) -> &dyn Mmio;
    /// The device's name on its board.
    fn name(&self) -> &str;
    /// The kind of device, as QEMU names it.
    fn kind(&self) -> &'static str;
    /// See [`Device::rules`].
    fn rules(&self) -> Rules;
    /// See [`Device::outline`].
    fn outline(&self) -> Outline;
    /// Says at which physical address its first register is, for those who are told of accesses.
    fn placed_at(&self, base: u64);
    /// See [`Device::reset`].
    fn reset(&self);
    /// The device's state.
    fn save(&self) -> Section;
    /// Takes on a saved state.
    ///
    /// # Errors
    /// The section is of another device or version, or damaged; the device is unchanged.
    fn restore(&self, section: &Section) -> Result<(), SnapshotError>;
    /// The guest's mistakes with this device so far.
    fn guest_errors(&self) -> u64;
}

impl<D: Device + Snapshot> Attached for Port<D> {
    fn as_mmio(&self) -> &dyn Mmio {
        self
    }

    fn name(&self) -> &str {
        Port::name(self)
    }

    fn kind(&self) -> &'static str {
        D::NAME
    }

    fn rules(&self) -> Rules {
        let lock = self.device.lock();
        lock.borrow().rules()
    }

    fn outline(&self) -> Outline {
        let lock = self.device.lock();
        lock.borrow().outline()
    }

    fn placed_at(&self, base: u64) {
        self.base.store(base, Relaxed);
    }

    fn reset(&self) {
        self.tell(|device, cx| device.reset(cx));
    }

    fn save(&self) -> Section {
        let lock = self.device.lock();
        snapshot::take(&*lock.borrow(), Port::name(self))
    }

    fn restore(&self, section: &Section) -> Result<(), SnapshotError> {
        let lock = self.device.lock();
        snapshot::give(&mut *lock.borrow_mut(), section)
    }

    fn guest_errors(&self) -> u64 {
        Port::guest_errors(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::mmio::Rules;

    /// Reads itself through its own port, tells itself something, and counts what reaches it.
    struct Snake {
        tail: Weak<Port<Snake>>,
        told: u64,
        inner: Option<Result<u64, BusError>>,
    }

    impl Device for Snake {
        fn rules(&self) -> Rules {
            Rules::default()
        }
        fn read(&mut self, _: u64, width: Width, _: &Context) -> Result<u64, BusError> {
            let tail = self.tail.upgrade().unwrap();
            tail.tell(|snake, _| snake.told += 1);
            self.inner = Some(tail.read(0x10, width));
            Ok(self.told)
        }
        fn write(&mut self, _: u64, _: u64, _: Width, _: &Context) -> Result<(), BusError> {
            Ok(())
        }
        fn reset(&mut self, _: &Context) {}
    }

    #[test]
    fn a_device_that_reaches_itself_is_refused_and_what_it_is_told_waits() {
        let errors = Arc::new(Mutex::new(vec![]));
        let into = Arc::clone(&errors);
        let world = World {
            reports: Reports::new(move |error| into.lock().push(error.to_string())),
            ..World::default()
        };
        let port = Port::new("snake", &world, |_| Snake { tail: Weak::new(), told: 0, inner: None });
        port.with(|snake, _| snake.tail = Arc::downgrade(&port));
        assert_eq!(port.read(0, Width::Word), Ok(0));
        let (told, inner) = port.with(|snake, _| (snake.told, snake.inner)).unwrap();
        assert_eq!((told, inner), (1, Some(Err(BusError::Device))));
        assert_eq!(
            *errors.lock(),
            ["snake: 0x10: the device's own DMA led back to it; the access is refused"]
        );
        assert_eq!(port.read(0, Width::Word), Ok(1));
    }
}
