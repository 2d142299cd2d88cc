//! Host-target interface: a mailbox of two words through which a program speaks to the host.
//!
//! `tohost` takes a command: device in bits 63..56, command in 55..48, payload below. The answer comes in
//! `fromhost`. Device 0 ends the run or passes a system call on, device 1 is a console.
//! [Berkeley host-target interface, riscv-isa-sim fesvr/htif.cc and syscall.cc; QEMU's riscv_htif]
//!
//! Left out: system calls other than `write` to the console; they are answered with ENOSYS.

use crate::serial::Output;
use memory::mmio::{BusError, Order, Rules, Width};
use memory::space::AddressSpace;
use model::{Context, Device, Request, Requests, Seat, Snapshot, SnapshotError};
use serde::{Deserialize, Serialize};

/// Linux' number of `write` on RISC-V, which the proxy kernel uses.
const SYS_WRITE: u64 = 64;
/// A call nobody answers, as the guest's kernel says it.
const ENOSYS: u64 = 38u64.wrapping_neg();
/// A buffer that cannot be read.
const EFAULT: u64 = 14u64.wrapping_neg();
/// Bytes that one `write` passes on; the guest is told how many, and asks again.
const MOST: usize = 64 << 10;

/// The mailbox.
pub struct Htif {
    requests: Requests,
    memory: AddressSpace,
    output: Output,
    tohost_at: u64,
    fromhost_at: u64,
    state: State,
}

/// The saved mailbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    tohost: u64,
    fromhost: u64,
    /// A command that waits for a typed byte.
    reading: Option<u64>,
}

impl Htif {
    /// The mailbox of a program whose symbols `tohost` and `fromhost` have these addresses. System calls reach
    /// into `memory`; console bytes go to `output`.
    pub fn new(seat: &Seat, memory: AddressSpace, tohost: u64, fromhost: u64, output: Output) -> Self {
        let base = tohost.min(fromhost);
        Self {
            requests: seat.requests(),
            memory,
            output,
            tohost_at: tohost - base,
            fromhost_at: fromhost - base,
            state: State::default(),
        }
    }

    /// Address and size of the window that covers both symbols.
    pub fn window(tohost: u64, fromhost: u64) -> (u64, u64) {
        let base = tohost.min(fromhost);
        (base, tohost.abs_diff(fromhost) + 8)
    }

    /// How many typed bytes are asked for.
    pub fn can_receive(&self) -> usize {
        usize::from(self.state.reading.is_some())
    }

    /// A byte was typed.
    pub fn receive(&mut self, byte: u8) {
        if let Some(command) = self.state.reading.take() {
            self.answer(command, 0x100 | u64::from(byte));
        }
    }

    fn answer(&mut self, command: u64, payload: u64) {
        self.state.fromhost = command >> 48 << 48 | payload << 16 >> 16;
    }

    fn obey(&mut self, command: u64, cx: &Context) {
        let payload = command << 16 >> 16;
        match (command >> 56, command >> 48 & 0xff) {
            (0, 0) if payload & 1 != 0 => {
                let status = (payload >> 1).to_le_bytes()[0];
                self.requests.make(Request::Exit { status });
            }
            (0, 0) => {
                self.call(payload, cx);
                self.answer(command, 1);
            }
            (1, 0) => self.state.reading = Some(command),
            (1, 1) => {
                (self.output)(&payload.to_le_bytes()[..1]);
                self.answer(command, 0x100 | payload & 0xff);
            }
            (device, number) => {
                cx.guest_error("tohost", format_args!("device {device} has no command {number}"));
            }
        }
        self.state.tohost = 0;
    }

    /// A system call: eight words in memory, the number first, which the result replaces.
    fn call(&mut self, at: u64, cx: &Context) {
        let word = |i: u64| self.memory.load::<u64>(at.wrapping_add(8 * i), Order::Little);
        let words = [word(0), word(1), word(2), word(3)];
        let [Ok(number), Ok(fd), Ok(buffer), Ok(len)] = words else {
            cx.guest_error("tohost", format_args!("no system call lies at {at:#x}"));
            return;
        };
        let result = match (number, fd) {
            (SYS_WRITE, 1 | 2) => {
                let mut bytes = vec![0; usize::try_from(len).unwrap_or(MOST).min(MOST)];
                match self.memory.read(buffer, &mut bytes) {
                    Ok(()) => {
                        (self.output)(&bytes);
                        bytes.len() as u64
                    }
                    Err(_) => EFAULT,
                }
            }
            _ => {
                cx.guest_error("tohost", format_args!("system call {number} is not passed on"));
                ENOSYS
            }
        };
        // The words were just read; that they cannot be written is the guest's own loss.
        let _ = self.memory.store::<u64>(at, result, Order::Little);
    }

    /// The half of the mailbox at `offset`: `tohost` or not, and whether it is the high half.
    fn half(&self, offset: u64) -> Option<(bool, bool)> {
        [(self.tohost_at, true), (self.fromhost_at, false)].into_iter().find_map(|(at, to)| {
            match offset.checked_sub(at)? {
                0 => Some((to, false)),
                4 => Some((to, true)),
                _ => None,
            }
        })
    }
}

impl Device for Htif {
    /// A doubleword comes as two words, the low one first; the high one sends a command.
    fn rules(&self) -> Rules {
        Rules { implemented: (Width::Word, Width::Word), ..Rules::between(Width::Word, Width::Double) }
    }

    fn read(&mut self, offset: u64, _: Width, cx: &Context) -> Result<u64, BusError> {
        let Some((to, high)) = self.half(offset) else {
            cx.guest_error(format_args!("{offset:#x}"), "no register");
            return Ok(0);
        };
        let word = if to { self.state.tohost } else { self.state.fromhost };
        Ok(if high { word >> 32 } else { word & 0xffff_ffff })
    }

    fn write(&mut self, offset: u64, value: u64, _: Width, cx: &Context) -> Result<(), BusError> {
        let Some((to, high)) = self.half(offset) else {
            cx.guest_error(format_args!("{offset:#x}"), "no register");
            return Ok(());
        };
        let word = if to { &mut self.state.tohost } else { &mut self.state.fromhost };
        *word =
            if high { *word & 0xffff_ffff | value << 32 } else { *word >> 32 << 32 | value & 0xffff_ffff };
        let command = self.state.tohost;
        if to && high && command != 0 {
            self.obey(command, cx);
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.state = State::default();
    }
}

impl Snapshot for Htif {
    const NAME: &'static str = "riscv.htif";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        self.state.clone()
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        self.state = state;
        Ok(())
    }
}
