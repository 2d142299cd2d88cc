//! The guest's exception flags: those since the unit was entered are still the host's, in MXCSR.

use super::host;
use super::{EmitError, Emitter};
use crate::ir::{Bin, Op, Place, Value};
use crate::x64::{Alu, Gpr, Mem, Width};

/// Invalid, division by zero, overflow, underflow, inexact. [Unpriv. ISA, F, fcsr]
const FLAGS: u8 = 0x1f;

impl Emitter<'_> {
    /// Whether exceptions accrue in the place: those since the unit was entered are still the host's.
    pub(super) fn is_flags(&self, place: Place) -> bool {
        self.places.float.is_some_and(|float| float.flags == place)
    }

    /// Both the flags in the state and those in the host's register, which a table translates.
    pub(super) fn get_flags(&mut self, v: Value) -> Result<(), EmitError> {
        let Some(float) = self.places.float else { return Err(self.unsupported(v)) };
        let work = self.temp()?;
        let scratch = self.target.stubs.frame(host::frame::SCRATCH);
        self.asm.stmxcsr(scratch);
        self.asm.mov(Width::W32, work, scratch);
        self.asm.alu_imm(Alu::And, Width::W32, work, 0x3f);
        self.asm.movzx(Width::W8, work, Mem::base(work).disp(self.target.stubs.flags()));
        self.asm.alu(Alu::Or, Width::W32, work, host::state(self.places.info(float.flags).offset));
        self.take(v, work)
    }

    /// Writes the state's flags, and clears the host's.
    pub(super) fn set_flags(&mut self, from: Value) -> Result<(), EmitError> {
        let Some(float) = self.places.float else { return Err(self.unsupported(from)) };
        let home = host::state(self.places.info(float.flags).offset);
        match self.imm(from, Width::W32) {
            Some(imm) => self.asm.store_imm(Width::W32, home, imm),
            None => {
                let reg = self.reg(from)?;
                self.asm.store(Width::W32, home, reg);
            }
        }
        self.clear_flags();
        Ok(())
    }

    /// The host's flags are none.
    fn clear_flags(&mut self) {
        let scratch = self.target.stubs.frame(host::frame::SCRATCH);
        self.asm.stmxcsr(scratch);
        self.asm.alu_imm(Alu::And, Width::W32, scratch, !0x3f);
        self.asm.ldmxcsr(scratch);
    }

    /// The flags are those in the register.
    pub(super) fn restore_flags(&mut self, flags: Gpr) {
        let Some(float) = self.places.float else { return };
        let home = host::state(self.places.info(float.flags).offset);
        self.asm.store(Width::W32, home, flags);
        self.asm.alu_imm(Alu::And, Width::W32, home, FLAGS.into());
        self.clear_flags();
    }

    /// Finds writes of the flags that give back what was read before nothing but comparisons. They need not write:
    /// a comparison that raised a flag, which it seldom does, gives them back itself.
    pub(super) fn find_restores(&mut self) {
        let mut read = None;
        let mut comparisons = vec![];
        for (number, op) in (0u32..).zip(&self.unit.ops) {
            let value = Value(number);
            match *op {
                Op::Get(place) if self.is_flags(place) => {
                    read = Some(value);
                    comparisons.clear();
                }
                Op::Set(place, flags) if self.is_flags(place) => {
                    match read.filter(|read| self.flags_of(flags) == Some(*read)) {
                        Some(read) => self.restore_after(value, flags, read, &comparisons),
                        None => read = None,
                    }
                    comparisons.clear();
                }
                Op::FCmp(..) => comparisons.push(value),
                // Whoever looks on the way sees the flag that is given back later.
                op if op.accrues() || op == Op::Interpret || op.may_leave() && !comparisons.is_empty() => {
                    read = None
                }
                _ => {}
            }
        }
    }

    /// `set`, which writes `flags`, what was read as `read`, is left to the comparisons.
    fn restore_after(&mut self, set: Value, flags: Value, read: Value, comparisons: &[Value]) {
        self.folded[set.index()] = true;
        let mut kept = flags;
        if let Op::Bin(Bin::And, _, a, _) = self.unit.ops[flags.index()] {
            self.folded[flags.index()] |= self.uses(flags) == 1;
            kept = a;
        }
        for &comparison in comparisons {
            let kept = if kept.0 < comparison.0 { kept } else { read };
            self.outlive(kept, comparison.0);
            self.restores.push((comparison, kept));
        }
    }

    /// What reads the flags of which the value says no less.
    fn flags_of(&self, mut value: Value) -> Option<Value> {
        loop {
            match self.unit.ops[value.index()] {
                Op::Get(place) => return self.is_flags(place).then_some(value),
                Op::Ext { signed: false, a, .. } => value = a,
                Op::Bin(Bin::And, _, a, mask)
                    if self.constant(mask)? & u64::from(FLAGS) == u64::from(FLAGS) =>
                {
                    value = a
                }
                _ => return None,
            }
        }
    }

    /// The flags that a comparison has to give back where it raises one.
    pub(super) fn restored(&self, comparison: Value) -> Option<Value> {
        self.restores.iter().find(|(at, _)| *at == comparison).map(|(_, flags)| *flags)
    }
}
