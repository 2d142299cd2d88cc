//! One port: what was typed and waits for the driver's buffers, and what the driver writes.

use super::{BURST, Output, Socket};
use crate::bus::Bus;
use crate::chain::{Segment, gather, part, size};
use crate::fault::Fault;
use model::Outline;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Bytes that wait for buffers of the driver; more stay with the host.
const ROOM: usize = 4096;

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// From the host.
    ToDriver,
    /// To the host.
    FromDriver,
}

/// A port.
pub struct Port {
    pub number: u32,
    pub console: bool,
    pub name: Option<String>,
    /// Whether somebody is at the other side.
    pub open: bool,
    output: Output,
    pub state: State,
}

/// What is saved of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Whether a program of the guest has it open.
    pub driver_open: bool,
    /// What was typed.
    pub typed: VecDeque<u8>,
    /// A buffer of the driver that is not sent yet.
    pub sending: Option<Sending>,
    /// When more is sent, and the number of that expectation.
    pub due: Option<(u64, u64)>,
}

/// A buffer on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    head: u16,
    segments: Vec<Segment>,
    done: u64,
}

impl State {
    /// Whether a port could have it, `asked` expectations after its device's first.
    pub fn is_possible(&self, asked: u64) -> bool {
        let sent = |sending: &Sending| sending.done <= size(&sending.segments);
        self.typed.len() <= ROOM
            && self.sending.as_ref().is_none_or(sent)
            && self.due.is_none_or(|(id, _)| id < asked)
    }
}

impl Port {
    pub fn new(socket: Socket) -> Self {
        let Socket { number, console, name, open, output } = socket;
        Self { number, console, name, open, output, state: State::default() }
    }

    /// Whether the driver is told that somebody is there.
    pub fn is_open(&self) -> bool {
        self.console || self.open
    }

    /// Its kind, and what `info qtree` shows of it.
    pub fn outline(&self) -> (&'static str, Outline) {
        let kind = if self.console { "virtconsole" } else { "virtserialport" };
        let number = self.number;
        let properties = vec![
            ("nr", model::counted(number)),
            ("name", model::quoted(self.name.as_deref().unwrap_or_default())),
        ];
        let on = |on| if on { "on" } else { "off" };
        // A sending that waits for its time is what QEMU calls throttled.
        let (guest, host) = (on(self.state.driver_open), on(self.is_open()));
        let throttle = on(self.state.sending.is_some());
        let notes = vec![format!("port {number}, guest {guest}, host {host}, throttle {throttle}")];
        (kind, Outline { properties, notes, bus: None })
    }

    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Bytes go to the host.
    pub fn say(&mut self, bytes: &[u8]) {
        (self.output)(bytes);
    }

    /// Bytes that may be typed now. A driver that knows of opening is given nothing before it has opened the port.
    pub fn room(&self, several: bool) -> usize {
        let listens = !several || self.state.driver_open;
        if listens { ROOM.saturating_sub(self.state.typed.len()) } else { 0 }
    }

    /// Fills the driver's buffers with what was typed.
    pub fn give(&mut self, queue: usize, several: bool, bus: &mut Bus) -> Result<(), Fault> {
        if several && !self.state.driver_open {
            return Ok(());
        }
        for _ in 0..bus.size(queue) {
            if self.state.typed.is_empty() {
                break;
            }
            let Some(chain) = bus.pop(queue)? else { break };
            let written = chain.fill(bus.memory, self.state.typed.make_contiguous())?;
            self.state.typed.drain(..written as usize);
            bus.push(queue, chain.head, written)?;
        }
        Ok(())
    }

    /// Sends [`BURST`] bytes of what the driver has written; says whether there is more. What is written to a port with
    /// nobody at its other side is lost.
    pub fn take(&mut self, queue: usize, bus: &mut Bus) -> Result<bool, Fault> {
        let mut left = BURST;
        for _ in 0..bus.size(queue) {
            let sending = match self.state.sending.take() {
                Some(sending) => sending,
                None => {
                    let Some(chain) = bus.pop(queue)? else { return Ok(false) };
                    Sending { head: chain.head, segments: chain.readable, done: 0 }
                }
            };
            let (whole, open) = (size(&sending.segments), self.is_open());
            let next = if open { part(&sending.segments, sending.done, left) } else { vec![] };
            let bytes = gather(bus.memory, &next)?;
            self.say(&bytes);
            let sent = bytes.len() as u64;
            left -= sent.min(left);
            let done = sending.done + sent;
            if open && done < whole {
                self.state.sending = Some(Sending { done, ..sending });
                return Ok(true);
            }
            bus.push(queue, sending.head, 0)?;
            if left == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
