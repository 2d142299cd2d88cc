//! The saved serial port.

use super::{Fifo, Regs, Uart, ier, mcr};
use model::{Snapshot, SnapshotError, refuse};
use serde::{Deserialize, Serialize};

/// The saved serial port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The registers.
    pub regs: Regs,
    /// Bytes received and not read.
    pub receiver: Vec<u8>,
    /// When the receiver's timeout ends, in nanoseconds of guest time.
    pub timeout: Option<u64>,
}

impl Snapshot for Uart {
    const NAME: &'static str = "serial-mm";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        State { regs: self.regs.clone(), receiver: self.receiver.bytes(), timeout: self.timeout.deadline() }
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        if state.regs.ier & !ier::ALL != 0 || state.regs.mcr & !mcr::ALL != 0 {
            return Err(refuse::<Self>("regs", state.regs));
        }
        self.receiver =
            Fifo::holding(&state.receiver).ok_or_else(|| refuse::<Self>("receiver", state.receiver))?;
        self.regs = state.regs;
        self.timeout.set(state.timeout);
        self.update();
        Ok(())
    }
}
