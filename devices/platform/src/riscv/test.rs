//! SiFive's test finisher: a store that ends the machine.
//!
//! One register. Its low half says how to end, its high half is the exit status.
//! [QEMU docs/system/riscv/virt.rst; Linux Documentation/devicetree/bindings/power/reset, "sifive,test0"]

use memory::mmio::{BusError, Rules, Width};
use model::{Context, Device, Direction, Request, Requests, Seat, Snapshot, SnapshotError};
use serde::{Deserialize, Serialize};

/// The run failed; the high half is the exit status.
const FAIL: u64 = 0x3333;
/// The run passed; the high half is the exit status, as a rule 0.
const PASS: u64 = 0x5555;
/// The machine is to be reset.
const RESET: u64 = 0x7777;

model::registers! {
    /// The only register.
    pub enum Reg:
        Finish @ 0x0, "FINISH", [2 4], RW, 0;
}

/// The finisher.
pub struct Finisher {
    requests: Requests,
}

impl Finisher {
    /// A finisher whose requests go to the machine.
    pub fn new(seat: &Seat) -> Self {
        Self { requests: seat.requests() }
    }
}

impl Device for Finisher {
    fn rules(&self) -> Rules {
        Rules::between(Width::Half, Width::Word)
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        cx.register::<Reg>(Direction::Read, offset, width);
        Ok(0)
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        if cx.register::<Reg>(Direction::Write, offset, width).is_none() {
            return Ok(());
        }
        // A process has eight bits of exit status; the host cuts the rest as for QEMU.
        let status = (value >> 16).to_le_bytes()[0];
        match value & 0xffff {
            FAIL | PASS => self.requests.make(Request::Exit { status }),
            RESET => self.requests.make(Request::Reset),
            how => cx.guest_error("FINISH", format_args!("{how:#x} is no way to end")),
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {}
}

/// A finisher has no state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {}

impl Snapshot for Finisher {
    const NAME: &'static str = "riscv.sifive.test";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        State {}
    }

    fn restore(&mut self, _: State) -> Result<(), SnapshotError> {
        Ok(())
    }
}
