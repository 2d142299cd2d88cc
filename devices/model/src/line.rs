//! Interrupt lines: wires with a level.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

/// The driving end of a wire. Clones drive the same wire; for a wire with several drivers see [`OrGate`].
#[derive(Clone)]
pub struct IrqLine(Arc<Wire>);

struct Wire {
    level: AtomicBool,
    sink: Box<dyn Fn(bool) + Send + Sync>,
}

impl IrqLine {
    /// A low wire; `sink` is told each change of its level.
    pub fn new(sink: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Wire { level: AtomicBool::new(false), sink: Box::new(sink) }))
    }

    /// A wire that leads nowhere. Its level can be read.
    pub fn unconnected() -> Self {
        Self::new(|_| {})
    }

    /// Drives the wire high or low. A level that it has already changes nothing.
    pub fn set(&self, level: bool) {
        if self.0.level.swap(level, SeqCst) != level {
            (self.0.sink)(level);
        }
    }

    /// The level last driven.
    pub fn level(&self) -> bool {
        self.0.level.load(SeqCst)
    }
}

impl std::fmt::Debug for IrqLine {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_tuple("IrqLine").field(&self.level()).finish()
    }
}

/// Several wires into one: the output is high while any input is.
#[derive(Clone)]
pub struct OrGate(Arc<Gate>);

struct Gate {
    high: AtomicU32,
    output: IrqLine,
}

impl OrGate {
    /// A gate that drives `output`.
    pub fn new(output: IrqLine) -> Self {
        Self(Arc::new(Gate { high: AtomicU32::new(0), output }))
    }

    /// One more input, low.
    pub fn input(&self) -> IrqLine {
        let gate = Arc::clone(&self.0);
        IrqLine::new(move |level| {
            let high =
                if level { gate.high.fetch_add(1, SeqCst) + 1 } else { gate.high.fetch_sub(1, SeqCst) - 1 };
            gate.output.set(high != 0);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[test]
    fn a_sink_is_told_changes_only() {
        let told = Arc::new(Mutex::new(vec![]));
        let into = Arc::clone(&told);
        let line = IrqLine::new(move |level| into.lock().push(level));
        for level in [false, true, true, false, true] {
            line.set(level);
        }
        assert_eq!(*told.lock(), [true, false, true]);
    }

    #[test]
    fn a_gate_is_high_while_any_input_is() {
        let output = IrqLine::unconnected();
        let gate = OrGate::new(output.clone());
        let (a, b) = (gate.input(), gate.input());
        a.set(true);
        b.set(true);
        a.set(false);
        assert!(output.level());
        b.set(false);
        assert!(!output.level());
    }
}
