//! Memory whose code ends where a breakpoint is.
//!
//! A fetch at a breakpoint fails, so a block ends before it and the program traps there: it runs block by
//! block, at full speed, and still stops. The memory itself is not changed.

use interp::{Access, Fault, Memory, Order, Scalar};
use memory::user::Space;

/// A program's memory and its breakpoints.
pub struct Guarded {
    /// The memory.
    pub space: Space,
    breaks: Vec<u64>,
    changes: u64,
}

impl Guarded {
    /// Memory without breakpoints.
    pub fn new(space: Space) -> Self {
        Self { space, breaks: vec![], changes: 0 }
    }

    /// From now on fetches at these addresses fail, and at no others.
    pub fn set(&mut self, breaks: Vec<u64>) {
        if self.breaks != breaks {
            self.breaks = breaks;
            self.changes = self.changes.wrapping_add(1);
        }
    }

    /// Whether there is a breakpoint at `at`.
    pub fn has(&self, at: u64) -> bool {
        self.breaks.contains(&at)
    }
}

impl Memory for Guarded {
    type Fault = Fault;

    #[inline(always)]
    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        Memory::load(&mut self.space, at, order)
    }

    #[inline(always)]
    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), Fault> {
        Memory::store(&mut self.space, at, value, order)
    }

    #[inline(always)]
    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, Fault> {
        Memory::compare_exchange(&mut self.space, at, old, new, order)
    }

    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, Fault> {
        if self.has(at) {
            return Err(Fault { at, access: Access::Fetch, bus: false });
        }
        Memory::fetch(&mut self.space, at, order)
    }

    fn code_epoch(&self) -> u64 {
        self.space.code_epoch().wrapping_add(self.changes)
    }

    fn code_written(&mut self) {
        self.space.code_written();
    }
}
