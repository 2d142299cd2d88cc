//! The contract of a device with registers.

use crate::registers::{Direction, Hit, Registers, decode};
use crate::report::Reporter;
use crate::trace::{Event, Tracer};
use memory::mmio::{BusError, Rules, Width};
use std::fmt::{Arguments, Display};

/// What a device is told with every call.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Guest time in nanoseconds. It stands still during a call.
    pub now: u64,
    reporter: &'a Reporter,
    tracer: &'a Tracer,
}

impl<'a> Context<'a> {
    /// A call at guest time `now` whose guest errors go to `reporter`, and trace lines to `tracer`.
    pub fn new(now: u64, reporter: &'a Reporter, tracer: &'a Tracer) -> Self {
        Self { now, reporter, tracer }
    }

    /// The device's name on its board.
    pub fn name(&self) -> &'a str {
        self.reporter.device()
    }

    /// Something has happened that may be traced.
    pub fn trace(&self, event: Event, what: Arguments) {
        self.tracer.emit(event, what);
    }

    /// Reports a mistake of the guest: the register it used and what is wrong, in lower case.
    pub fn guest_error(&self, register: impl Display, what: impl Display) {
        self.reporter.report(self.now, &register, &what);
    }

    /// The register behind an access, or `None` after a report of why there is none.
    pub fn register<R: Registers>(&self, direction: Direction, offset: u64, width: Width) -> Option<Hit<R>> {
        match decode(direction, offset, width) {
            Ok(hit) => Some(hit),
            Err(refusal) => {
                let register = refusal.register.map_or_else(|| format!("{offset:#x}"), str::to_owned);
                self.guest_error(register, refusal.why);
                None
            }
        }
    }
}

/// A device with registers.
///
/// # Order of calls
///
/// 1. It is made in its reset state, by [`crate::Port::new`].
/// 2. Any of `read`, `write`, `expire` and the device's own methods, in any order, from one thread
///    at a time. `reset` may come at any time between them and leads back to the state of 1; what
///    stands for a host resource (a drive, a character device) stays connected.
/// 3. `Snapshot::save` may come between any two calls; `Snapshot::restore` instead of a reset.
///
/// # Promise
///
/// No call panics or waits, whatever a guest writes. A device answers offsets and widths it does not know
/// as the device it stands for does, and reports them ([`Context::guest_error`]). It keeps its lines
/// at the level its state asks for, also after a reset or restore.
pub trait Device: Send + 'static {
    /// Which accesses a guest may make, and which the device itself handles.
    fn rules(&self) -> Rules;

    /// Reads `width` bytes at `offset`, counted from the start of the device's window.
    ///
    /// # Errors
    /// The device refuses: the guest sees an access fault.
    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError>;

    /// Writes the low `width` bytes of `value` at `offset`.
    ///
    /// # Errors
    /// As for `read`.
    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError>;

    /// Goes to the state after power-on: lines are lowered, timers cancelled.
    fn reset(&mut self, cx: &Context);

    /// Its properties, and what is plugged into it.
    fn outline(&self) -> Outline {
        Outline::default()
    }

    /// The timer made with this tag ([`crate::Seat::timer`]) has reached its deadline.
    fn expire(&mut self, tag: u32, cx: &Context) {
        let _ = (tag, cx);
    }
}

/// A device's properties, and the bus behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Names as QEMU has them, and values as it prints them.
    pub properties: Vec<(&'static str, String)>,
    /// Lines of its state, behind the properties.
    pub notes: Vec<String>,
    /// The bus to which others are plugged.
    pub bus: Option<BusOutline>,
}

/// A bus and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusOutline {
    /// Its name on the board.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// The kinds of its devices, and what is shown of each.
    pub devices: Vec<(&'static str, Outline)>,
}

/// A text property, as `info qtree` prints it.
pub fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A number, as `info qtree` prints it.
pub fn counted(number: impl Into<u64>) -> String {
    let number = number.into();
    format!("{number} ({number:#x})")
}
