//! The interrupt lines into a hart.

use spec::riscv::system::irq;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What devices hold pending on a hart. Clones are the same lines; the hart looks at them between instructions, when it
/// begins to run, and after an instruction that reached a device.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<AtomicU64>);

impl Lines {
    /// Drives line `number`, the interrupt's bit in `mip`: 3 software, 7 timer, 11 and 9 external of machine and
    /// supervisor mode. A line that a hart does not have is ignored. [Priv. ISA, machine interrupt registers]
    pub fn set(&self, number: u32, level: bool) {
        let bit = 1u64.checked_shl(number).unwrap_or(0) & irq::ALL;
        if level {
            self.0.fetch_or(bit, Ordering::SeqCst);
        } else {
            self.0.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    /// All lines, as bits of `mip`.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
