//! What devices tell a hart: interrupts, and what time it is.

use spec::riscv::system::irq;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What devices hold pending on a hart. Clones are the same lines; the hart looks at them between instructions, when it
/// begins to run, and after an instruction that reached a device.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pending: AtomicU64,
    time_delta: AtomicU64,
}

impl Lines {
    /// Drives line `number`, the interrupt's bit in `mip`: 3 software, 7 timer, 11 and 9 external of machine and
    /// supervisor mode. A line that a hart does not have is ignored. [Priv. ISA, machine interrupt registers]
    pub fn set(&self, number: u32, level: bool) {
        let bit = 1u64.checked_shl(number).unwrap_or(0) & irq::ALL;
        if level {
            self.0.pending.fetch_or(bit, Ordering::SeqCst);
        } else {
            self.0.pending.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    /// Puts the hart's `time` by so many ticks before those since power-on, as a write to `mtime` does.
    pub fn set_time_delta(&self, ticks: u64) {
        self.0.time_delta.store(ticks, Ordering::SeqCst);
    }

    /// See [`Lines::set_time_delta`].
    pub fn time_delta(&self) -> u64 {
        self.0.time_delta.load(Ordering::SeqCst)
    }

    /// All lines, as bits of `mip`.
    pub fn get(&self) -> u64 {
        self.0.pending.load(Ordering::SeqCst)
    }
}
