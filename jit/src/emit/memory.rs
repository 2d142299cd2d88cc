//! Accesses to guest memory: one host instruction each, with a fault site.

use super::host;
use super::int::size as width;
use super::{EmitError, Emitter, FaultSite, float, offset};
use crate::ir::{Address, Op, Rmw, Size, Type, Value};
use crate::x64::{Alu, Cond, Gpr, Mem, Width};

impl Emitter<'_> {
    pub(super) fn access(&mut self, value: Value, op: Op) -> Result<(), EmitError> {
        match op {
            Op::Load { size, signed, big, address } => self.load(value, size, signed, big, address),
            Op::Store { size, big, address, value } => self.store(size, big, address, value),
            Op::LoadF { prec, address } => {
                let mem = self.guest(address)?;
                let dst = self.xmm_def(value, None)?;
                self.may_fault();
                self.asm.movs(float::prec(prec), dst, mem);
                Ok(())
            }
            Op::StoreF { prec, address, value } => {
                let mem = self.guest(address)?;
                let from = self.xmm(value)?;
                self.may_fault();
                self.asm.movs_store(float::prec(prec), mem, from);
                Ok(())
            }
            Op::Rmw { op, size, address, value: operand } => self.rmw(value, op, size, address, operand),
            Op::Cas { size, address, old, new } => self.cas(value, size, address, old, new),
            _ if self.is_private() || self.fenced_soon(value) => Ok(()),
            _ => {
                // A locked operation orders all accesses and is faster than mfence.
                let scratch = self.target.stubs.frame(host::frame::SCRATCH);
                self.asm.lock_alu(Alu::Or, Width::W32, scratch, host::STATE);
                Ok(())
            }
        }
    }

    /// Whether an atomic operation follows before any load and on every way on: it orders as a fence does. A way
    /// out of generated code passes atomic operations too.
    fn fenced_soon(&self, fence: Value) -> bool {
        let after = self.unit.ops.iter().skip(fence.index() + 1);
        let mut after = after.skip_while(|op| match op {
            Op::Store { .. } | Op::StoreF { .. } | Op::Guard(_) => true,
            op => !op.may_leave(),
        });
        matches!(after.next(), Some(Op::Rmw { .. } | Op::Cas { .. }))
    }

    /// The next host instruction may fault.
    fn may_fault(&mut self) {
        self.faults.push(FaultSite { offset: offset(self.asm.len()), insn: self.insn });
    }

    /// The host address of a guest address.
    fn guest(&mut self, address: Address) -> Result<Mem, EmitError> {
        let mem = match self.constant(address.at) {
            Some(at) => {
                let sum = at.wrapping_add(i64::from(address.offset).cast_unsigned());
                let sum = if address.narrow { sum & 0xffff_ffff } else { sum };
                match i32::try_from(sum) {
                    Ok(sum) => Mem::abs(sum),
                    Err(_) => {
                        let reg = self.temp()?;
                        self.asm.mov_imm(reg, sum);
                        return Ok(Mem::base(reg).gs());
                    }
                }
            }
            None => Mem::base(self.reg(address.at)?).disp(address.offset),
        };
        Ok(if address.narrow { mem.gs().addr32() } else { mem.gs() })
    }

    fn load(
        &mut self,
        value: Value,
        size: Size,
        signed: bool,
        big: bool,
        address: Address,
    ) -> Result<(), EmitError> {
        let mem = self.guest(address)?;
        let dst = self.def(value, Some(address.at))?;
        let w = width(size);
        self.may_fault();
        match (size, signed && !big) {
            (Size::B8, _) => self.asm.mov(Width::W64, dst, mem),
            (_, true) => self.asm.movsx(w, Width::W64, dst, mem),
            (_, false) => self.asm.movzx(w, dst, mem),
        }
        if big && size != Size::B1 {
            self.asm.bswap(Width::W64, dst);
            let shift = u8::try_from(64 - size.bits()).unwrap_or(0);
            let op = if signed { crate::x64::Shift::Sar } else { crate::x64::Shift::Shr };
            if shift != 0 {
                self.asm.shift_imm(op, Width::W64, dst, shift);
            }
        } else if big && signed {
            self.asm.movsx(w, Width::W64, dst, dst);
        }
        Ok(())
    }

    fn store(&mut self, size: Size, big: bool, address: Address, value: Value) -> Result<(), EmitError> {
        let mem = self.guest(address)?;
        let w = width(size);
        if big && size != Size::B1 {
            let work = self.temp()?;
            self.bring(value, work)?;
            self.asm.bswap(Width::W64, work);
            let shift = u8::try_from(64 - size.bits()).unwrap_or(0);
            if shift != 0 {
                self.asm.shift_imm(crate::x64::Shift::Shr, Width::W64, work, shift);
            }
            self.may_fault();
            self.asm.store(w, mem, work);
            return Ok(());
        }
        if let Some(imm) = self.imm(value, w) {
            self.may_fault();
            self.asm.store_imm(w, mem, imm);
            return Ok(());
        }
        let from = self.reg(value)?;
        self.may_fault();
        self.asm.store(w, mem, from);
        Ok(())
    }

    /// The result of an atomic operation in `reg`, a temporary register, as the guest sees it.
    fn atomic_result(&mut self, value: Value, size: Size, reg: Gpr) -> Result<(), EmitError> {
        if size == Size::B4 {
            self.asm.movsx(Width::W32, Width::W64, reg, reg);
        }
        self.take(value, reg)
    }

    fn rmw(
        &mut self,
        value: Value,
        op: Rmw,
        size: Size,
        address: Address,
        operand: Value,
    ) -> Result<(), EmitError> {
        let w = width(size);
        self.claim(Gpr::Rax)?;
        let mem = self.guest(address)?;
        if self.is_private() {
            return self.rmw_private(value, op, size, mem, operand);
        }
        match op {
            Rmw::Add | Rmw::And | Rmw::Or | Rmw::Xor if self.uses(value) == 0 => {
                self.bring(operand, Gpr::Rax)?;
                self.may_fault();
                self.asm.lock_alu(logic(op), w, mem, Gpr::Rax);
            }
            Rmw::Swap | Rmw::Add => {
                self.bring(operand, Gpr::Rax)?;
                self.may_fault();
                match op {
                    Rmw::Swap => self.asm.xchg(w, mem, Gpr::Rax),
                    _ => self.asm.lock_xadd(w, mem, Gpr::Rax),
                }
            }
            _ => self.rmw_loop(op, w, mem, operand)?,
        }
        self.atomic_result(value, size, Gpr::Rax)
    }

    /// Whether one thread alone reaches memory, as the unit's code then supposes.
    fn is_private(&mut self) -> bool {
        self.private |= self.target.private;
        self.target.private
    }

    /// The change by plain accesses. Signals of the guest are delivered between units only, so that nothing of its
    /// thread comes in between; and where the second access faults, nothing has happened.
    fn rmw_private(
        &mut self,
        value: Value,
        op: Rmw,
        size: Size,
        mem: Mem,
        operand: Value,
    ) -> Result<(), EmitError> {
        let w = width(size);
        let from = self.reg(operand)?;
        let lost =
            self.uses(value) == 0 && matches!(op, Rmw::Swap | Rmw::Add | Rmw::And | Rmw::Or | Rmw::Xor);
        if !lost {
            self.may_fault();
            self.asm.mov(w, Gpr::Rax, mem);
        }
        match op {
            Rmw::Swap => {
                self.may_fault();
                self.asm.store(w, mem, from);
            }
            Rmw::Add | Rmw::And | Rmw::Or | Rmw::Xor => {
                self.may_fault();
                self.asm.alu_store(logic(op), w, mem, from);
            }
            Rmw::Min | Rmw::Max | Rmw::MinU | Rmw::MaxU => {
                let work = self.temp()?;
                self.asm.mov(w, work, Gpr::Rax);
                self.asm.alu(Alu::Cmp, w, work, from);
                self.asm.cmov(keeps(op), w, work, from);
                self.may_fault();
                self.asm.store(w, mem, work);
            }
        }
        if lost { Ok(()) } else { self.atomic_result(value, size, Gpr::Rax) }
    }

    /// A change that the host has no instruction for: computed aside and exchanged if memory did not change.
    fn rmw_loop(&mut self, op: Rmw, w: Width, mem: Mem, operand: Value) -> Result<(), EmitError> {
        let work = self.temp()?;
        let operand = match self.room_for_reg(operand) {
            true => self.reg(operand)?.into(),
            false => self.rm(operand)?,
        };
        let again = self.asm.label();
        self.may_fault();
        self.asm.mov(w, Gpr::Rax, mem);
        self.asm.bind(again);
        self.asm.mov(w, work, Gpr::Rax);
        match op {
            Rmw::And | Rmw::Or | Rmw::Xor => self.asm.alu(logic(op), w, work, operand),
            _ => {
                self.asm.alu(Alu::Cmp, w, work, operand);
                self.asm.cmov(keeps(op), w, work, operand);
            }
        }
        self.may_fault();
        self.asm.lock_cmpxchg(w, mem, work);
        self.asm.jcc(Cond::Ne, again);
        Ok(())
    }

    fn cas(
        &mut self,
        value: Value,
        size: Size,
        address: Address,
        old: Value,
        new: Value,
    ) -> Result<(), EmitError> {
        let w = width(size);
        self.claim(Gpr::Rax)?;
        let mem = self.guest(address)?;
        let new = self.reg(new)?;
        self.bring(old, Gpr::Rax)?;
        self.may_fault();
        match self.is_private() {
            true => self.asm.cmpxchg(w, mem, new),
            false => self.asm.lock_cmpxchg(w, mem, new),
        }
        self.atomic_result(value, size, Gpr::Rax)
    }

    /// Whether an integer is in a register or can come into one.
    fn room_for_reg(&self, value: Value) -> bool {
        self.constant(value).is_some() || self.unit.ops[value.index()].result(self.places) == Some(Type::I32)
    }
}

/// The condition of what memory holds, compared with the operand, on which the operand is to be written.
fn keeps(op: Rmw) -> Cond {
    match op {
        Rmw::Min => Cond::G,
        Rmw::Max => Cond::L,
        Rmw::MinU => Cond::A,
        _ => Cond::B,
    }
}

/// The host's operation on memory.
fn logic(op: Rmw) -> Alu {
    match op {
        Rmw::Add => Alu::Add,
        Rmw::And => Alu::And,
        Rmw::Or => Alu::Or,
        _ => Alu::Xor,
    }
}
