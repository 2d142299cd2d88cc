//! What a device is: the contract between a device, its board and the host.
//!
//! A [`Device`] is a state machine. It owns no thread, no file and no bus; what it needs of its
//! surroundings it is handed when it is made: [`IrqLine`]s, [`Timer`]s, a way to ask for the
//! machine's end ([`Requests`]). A [`Port`] puts it on a bus and keeps it from being entered twice.
//!
//! All of it is deterministic when one thread runs CPUs, devices and timers: equal deadlines expire in
//! the order in which their timers were made, and completions of IO threads arrive at the guest
//! times that were fixed when they were asked for ([`Inbox`]).
#![forbid(unsafe_code)]

mod device;
mod inbox;
mod line;
mod port;
mod registers;
mod report;
mod request;
mod snapshot;
mod time;
mod trace;

pub use device::{BusOutline, Context, Device, Outline, counted, quoted};
pub use inbox::{Inbox, Poster, Ticket, Waiting};
pub use line::{IrqLine, OrGate};
pub use port::{Attached, Port, Seat, World};
pub use registers::{Access, Direction, Hit, Refusal, Registers, Row, decode, describe, row};
pub use report::{GuestError, Reporter, Reports};
pub use request::{Request, Requests};
pub use snapshot::{Section, Snapshot, SnapshotError, give, refuse, take};
pub use time::{Clock, Timer, TimerQueue};
pub use trace::{EVENTS, Event, Tracer, UnknownEvent, matches};
