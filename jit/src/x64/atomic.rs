//! Atomic accesses and fences.

use super::encode::{Map, Op};
use super::{Asm, Gpr, Mem, Width};

impl Asm {
    /// Swaps `[mem]` and `reg` as one atomic access; it is locked by itself.
    pub fn xchg(&mut self, w: Width, mem: Mem, reg: Gpr) {
        self.emit(Op::sized(Map::Primary, 0x87, w), reg.number(), mem, &[]);
    }

    /// Adds `reg` to `[mem]` as one atomic access; `reg` gets what was there before.
    pub fn lock_xadd(&mut self, w: Width, mem: Mem, reg: Gpr) {
        self.emit(Op::sized(Map::M0f, 0xc1, w).lock(), reg.number(), mem, &[]);
    }

    /// If `[mem]` equals `rax` it becomes `reg`, else `rax` gets it, as one atomic access; the zero flag says which.
    pub fn lock_cmpxchg(&mut self, w: Width, mem: Mem, reg: Gpr) {
        self.emit(Op::sized(Map::M0f, 0xb1, w).lock(), reg.number(), mem, &[]);
    }

    /// As [`Asm::lock_cmpxchg`], in one instruction but not one access: for memory that no other thread reaches.
    pub fn cmpxchg(&mut self, w: Width, mem: Mem, reg: Gpr) {
        self.emit(Op::sized(Map::M0f, 0xb1, w), reg.number(), mem, &[]);
    }

    /// No access passes this one.
    pub fn mfence(&mut self) {
        self.put(&[0x0f, 0xae, 0xf0]);
    }

    /// The hint of a loop that waits.
    pub fn pause(&mut self) {
        self.put(&[0xf3, 0x90]);
    }
}
