//! Trace events: what devices do, by QEMU's names for it, one line each.
//!
//! [QEMU docs/devel/tracing.rst] An event costs one comparison while it is off. Addresses of the host, which QEMU's
//! lines have, would differ in every run; devices are called by their names instead.

use crate::time::Clock;
use parking_lot::Mutex;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};

macro_rules! events {
    ($($(#[doc = $what:literal])* $event:ident $name:literal;)*) => {
        /// Something that can be traced.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Event {
            $($(#[doc = $what])* $event,)*
        }

        /// Every event, by its number: its name and what it tells.
        pub const EVENTS: &[(Event, &str, &str)] = &[$((Event::$event, $name, concat!($($what),*)),)*];
    };
}

events! {
    /// a read of a device's register
    RegionRead "memory_region_ops_read";
    /// a write of one
    RegionWrite "memory_region_ops_write";
    /// a read of the serial port
    SerialRead "serial_read";
    /// a write of it
    SerialWrite "serial_write";
    /// a read of the clock
    RtcRead "goldfish_rtc_read";
    /// a write of it
    RtcWrite "goldfish_rtc_write";
    /// an item of the firmware configuration is chosen
    FwCfgSelect "fw_cfg_select";
    /// a register of a virtio transport is read
    VirtioMmioRead "virtio_mmio_read";
    /// one is written
    VirtioMmioWrite "virtio_mmio_write_offset";
    /// a virtio transport drives its interrupt line
    VirtioMmioIrq "virtio_mmio_setting_irq";
    /// a driver sets the status of a virtio device
    VirtioStatus "virtio_set_status";
    /// a driver has put something into a queue
    VirtioQueueNotify "virtio_queue_notify";
    /// a virtio device tells its driver that a queue was served
    VirtioNotify "virtio_notify";
    /// a virtio device takes a request from a queue
    VirtqueuePop "virtqueue_pop";
    /// a virtio device gives a request back
    VirtqueuePush "virtqueue_fill";
    /// a disk is asked to read
    VirtioBlkRead "virtio_blk_handle_read";
    /// a disk is asked to write
    VirtioBlkWrite "virtio_blk_handle_write";
    /// a disk has done what it was asked
    VirtioBlkComplete "virtio_blk_req_complete";
    /// random bytes are given
    VirtioRngPushed "virtio_rng_pushed";
    /// an input of the interrupt controller changes its level
    PlicInput "sifive_plic_input";
    /// a context claims an interrupt
    PlicClaim "sifive_plic_claim";
    /// a context completes one
    PlicComplete "sifive_plic_complete";
    /// the time at which a hart's timer interrupt comes is set
    AclintCompare "riscv_aclint_mtimecmp_write";
    /// a hart takes a trap or an interrupt
    RiscvTrap "riscv_trap";
    /// the machine runs, or stops
    RunState "runstate_set";
    /// the machine is asked to switch itself off
    ShutdownRequest "qemu_system_shutdown_request";
    /// the machine is reset
    ResetRequest "qemu_system_reset_request";
}

/// Where trace lines go, and which events make one. Clones are the same one.
#[derive(Clone)]
pub struct Tracer(Arc<Shared>);

/// Takes a line at a time.
type Lines = Box<dyn Fn(&str) + Send>;

struct Shared {
    /// A bit an event.
    on: AtomicU64,
    stamps: AtomicBool,
    /// The hart that runs; -1 where none does.
    cpu: AtomicI32,
    clock: Clock,
    sink: Mutex<Lines>,
}

/// No event has the name, or matches the pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trace event '{pattern}' does not exist; info trace-events and -trace help list them")]
pub struct UnknownEvent {
    /// As it was written.
    pub pattern: String,
}

impl Tracer {
    /// Gives lines of the events that are on, none at first, to `sink`. Guest time is that of `clock`.
    pub fn new(clock: Clock, sink: impl Fn(&str) + Send + 'static) -> Self {
        Self(Arc::new(Shared {
            on: AtomicU64::new(0),
            stamps: AtomicBool::new(false),
            cpu: AtomicI32::new(-1),
            clock,
            sink: Mutex::new(Box::new(sink)),
        }))
    }

    /// Traces nothing.
    pub fn silent() -> Self {
        Self::new(Clock::default(), |_| {})
    }

    /// Whether an event makes a line.
    pub fn is_on(&self, event: Event) -> bool {
        self.0.on.load(Relaxed) & 1 << event as u64 != 0
    }

    /// The number of the hart that runs, -1 where none does.
    pub fn cpu(&self) -> i32 {
        self.0.cpu.load(Relaxed)
    }

    /// Says which hart runs from now on; -1: none.
    pub fn set_cpu(&self, number: i32) {
        self.0.cpu.store(number, Relaxed);
    }

    /// Puts the guest time in seconds before each line.
    pub fn stamp(&self, on: bool) {
        self.0.stamps.store(on, Relaxed);
    }

    /// Something has happened: a line, if the event is on.
    pub fn emit(&self, event: Event, what: fmt::Arguments) {
        if !self.is_on(event) {
            return;
        }
        let mut line = String::new();
        if self.0.stamps.load(Relaxed) {
            let now = self.0.clock.now();
            let _ = write!(line, "{}.{:09}:", now / 1_000_000_000, now % 1_000_000_000);
        }
        let name = EVENTS.get(event as usize).map_or("", |(_, name, _)| *name);
        let _ = write!(line, "{name} {what}");
        (self.0.sink.lock())(&line);
    }

    /// Switches the events that match a pattern, in which `*` stands for any characters and `?` for one.
    ///
    /// # Errors
    /// [`UnknownEvent`] where none matches.
    pub fn switch(&self, pattern: &str, on: bool) -> Result<(), UnknownEvent> {
        let found = EVENTS.iter().filter(|(_, name, _)| matches(pattern, name));
        let mask = found.fold(0, |mask, (event, ..)| mask | 1 << *event as u64);
        if mask == 0 {
            return Err(UnknownEvent { pattern: pattern.into() });
        }
        match on {
            true => self.0.on.fetch_or(mask, Relaxed),
            false => self.0.on.fetch_and(!mask, Relaxed),
        };
        Ok(())
    }
}

/// Whether `name` matches `pattern`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut into) = (0, 0);
    // Where the last star is, and how much of the name it has taken.
    let mut star = None;
    while into < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, into));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[into] => (at, into) = (at + 1, into + 1),
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, into) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_their_numbers_and_fit_a_word() {
        assert!(EVENTS.len() <= 64);
        for (number, (event, name, what)) in EVENTS.iter().enumerate() {
            assert_eq!(*event as usize, number);
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
            assert!(!what.is_empty() && EVENTS.iter().filter(|(_, other, _)| other == name).count() == 1);
        }
    }

    #[test]
    fn patterns_match_as_a_shell_matches() {
        for (pattern, name, wanted) in [
            ("virtio_*", "virtio_notify", true),
            ("*_notify", "virtio_queue_notify", true),
            ("v*q*y", "virtio_queue_notify", true),
            ("virtio_notif?", "virtio_notify", true),
            ("virtio_notify?", "virtio_notify", false),
            ("*", "", true),
            ("", "x", false),
            ("serial", "serial_read", false),
            ("**********x", "serial_read_serial_read_serial_read", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn only_what_is_on_makes_lines() {
        let lines = Arc::new(Mutex::new(vec![]));
        let into = Arc::clone(&lines);
        let clock = Clock::default();
        let tracer = Tracer::new(clock.clone(), move |line| into.lock().push(line.to_owned()));
        tracer.emit(Event::SerialRead, format_args!("read addr 0x05 val 0x60"));
        tracer.switch("serial_*", true).unwrap();
        tracer.switch("*_write", false).unwrap();
        tracer.emit(Event::SerialRead, format_args!("read addr 0x05 val 0x60"));
        tracer.emit(Event::SerialWrite, format_args!("write addr 0x00 val 0x41"));
        clock.set(1_000_000_007);
        tracer.stamp(true);
        tracer.emit(Event::SerialRead, format_args!("read addr 0x05 val 0x61"));
        assert_eq!(
            *lines.lock(),
            ["serial_read read addr 0x05 val 0x60", "1.000000007:serial_read read addr 0x05 val 0x61"]
        );
        assert_eq!(
            tracer.switch("fish", true).unwrap_err().to_string(),
            "trace event 'fish' does not exist; info trace-events and -trace help list them"
        );
    }
}
