//! Interrupt inputs of a hart.

use model::IrqLine;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// The interrupts that devices hold pending at one hart, bits as in `mip`. Clones are the same inputs.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<AtomicU64>);

impl Lines {
    /// A wire to the input `bit`, one of [`spec::riscv::system::irq`].
    pub fn input(&self, bit: u64) -> IrqLine {
        let lines = Arc::clone(&self.0);
        IrqLine::new(move |level| {
            if level {
                lines.fetch_or(bit, SeqCst);
            } else {
                lines.fetch_and(!bit, SeqCst);
            }
        })
    }

    /// The inputs that are high.
    pub fn high(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_a_bit() {
        let lines = Lines::default();
        let (soft, timer) = (lines.input(1 << 3), lines.input(1 << 7));
        soft.set(true);
        timer.set(true);
        soft.set(false);
        assert_eq!(lines.high(), 1 << 7);
    }
}
