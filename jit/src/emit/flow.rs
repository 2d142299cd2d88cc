//! Entries, branches and ends.

use super::host::{self, BUDGET};
use super::{Cold, EmitError, Emitter, LinkSite, offset};
use crate::ir::{self, Compare, Op};
use crate::x64::{Alu, Cond, Gpr, Label, Mem, Rm, Scale, Width};

/// Bits of a guest address that select an entry of the table of jump targets, in place: entries lie
/// 16 bytes apart and instructions at least two, so the masked address times 8 is the offset.
pub const TABLE_MASK: i32 = 0x7ffe;
/// Entries of the table of jump targets, each a guest address and a host address.
pub const TABLE_ENTRIES: usize = (TABLE_MASK as usize >> 1) + 1;

/// The host's condition for a guest comparison.
fn cond(cond: ir::Cond) -> Cond {
    match cond {
        ir::Cond::Eq => Cond::E,
        ir::Cond::Ne => Cond::Ne,
        ir::Cond::Lt => Cond::L,
        ir::Cond::Ge => Cond::Ge,
        ir::Cond::LtU => Cond::B,
        ir::Cond::GeU => Cond::Ae,
    }
}

/// The width in the assembler's words.
pub(super) fn width(width: ir::Width) -> Width {
    match width {
        ir::Width::W32 => Width::W32,
        ir::Width::W64 => Width::W64,
    }
}

impl Emitter<'_> {
    /// Guest instructions in the unit.
    fn count(&self) -> usize {
        self.unit.insns.len()
    }

    /// Takes the unit's instructions from the budget.
    pub(super) fn enter(&mut self) {
        self.asm.bind(self.entry);
        let short = self.short;
        self.asm.alu_imm(Alu::Sub, Width::W64, BUDGET, imm(self.count()));
        self.asm.jcc(Cond::L, short);
        self.asm.bind(self.body);
        self.cold.push(Cold::Budget { label: short });
    }

    /// To the unit's start from where `count` of its instructions have not run: those count for the next time.
    fn repeat(&mut self, on: Cond, count: usize) {
        let past = self.asm.label();
        self.asm.jcc(on.invert(), past);
        self.asm.alu_imm(Alu::Sub, Width::W64, BUDGET, imm(self.count() - count));
        self.asm.jcc(Cond::Ge, self.body);
        self.asm.jmp(self.short);
        self.asm.bind(past);
    }

    pub(super) fn flow(&mut self, value: ir::Value, op: Op) -> Result<(), EmitError> {
        match op {
            Op::Branch(compare, to) => self.branch(compare, to),
            Op::Guard(compare) => {
                let label = self.leave_label();
                let cond = self.compare(compare)?;
                self.asm.jcc(cond, label);
                Ok(())
            }
            Op::Interpret => self.interpret(),
            Op::Call(back) => {
                self.call(value, back);
                Ok(())
            }
            Op::Back(at) => {
                self.back(at);
                Ok(())
            }
            Op::Jump(to) => {
                let calls = std::mem::take(&mut self.calls);
                self.link_from(to, &calls);
                Ok(())
            }
            Op::Goto(to, hint) => self.goto(to, hint),
            _ => {
                let insn = self.insn;
                self.leave(insn);
                Ok(())
            }
        }
    }

    /// Compares and says on which condition the comparison holds.
    pub(super) fn compare(&mut self, compare: Compare) -> Result<Cond, EmitError> {
        let w = width(compare.width);
        let condition = cond(compare.cond);
        if self.constant(compare.a).is_some() && self.imm(compare.b, w).is_none() {
            // The immediate goes to the right, and the relation turns around.
            if let Some(imm) = self.imm(compare.a, w) {
                let b = self.rm(compare.b)?;
                self.asm.alu_imm(Alu::Cmp, w, b, imm);
                return Ok(swapped(condition));
            }
        }
        match self.imm(compare.b, w) {
            Some(0) if self.folded[compare.a.index()] => self.test_mask(compare.a)?,
            Some(0) => {
                let a = self.reg(compare.a)?;
                self.asm.test(w, a, a);
            }
            Some(imm) => {
                let a = self.rm(compare.a)?;
                self.asm.alu_imm(Alu::Cmp, w, a, imm);
            }
            None => match self.rm(compare.a)? {
                Rm::Reg(a) => {
                    let b = self.rm(compare.b)?;
                    self.asm.alu(Alu::Cmp, w, a, b);
                }
                Rm::Mem(a) => {
                    let b = self.reg(compare.b)?;
                    self.asm.alu_store(Alu::Cmp, w, a, b);
                }
            },
        }
        Ok(condition)
    }

    /// Sets flags for the bits that an `and` leaves.
    fn test_mask(&mut self, and: ir::Value) -> Result<(), EmitError> {
        let Some((a, mask)) = self.masked(and) else { return Err(self.unsupported(and)) };
        let a = self.rm(a)?;
        match u8::try_from(mask) {
            Ok(mask) if matches!(a, Rm::Mem(_)) => self.asm.test_imm(Width::W8, a, i32::from(mask)),
            _ => self.asm.test_imm(Width::W32, a, mask),
        }
        Ok(())
    }

    fn branch(&mut self, compare: Compare, to: u64) -> Result<(), EmitError> {
        let condition = self.compare(compare)?;
        let count = self.count() - usize::from(self.insn) - 1;
        let calls = self.calls.clone();
        if count != 0 && self.is_start(to) && calls.is_empty() {
            self.repeat(condition, count);
        } else if count != 0 || !calls.is_empty() {
            let label = self.asm.label();
            self.asm.jcc(condition, label);
            self.cold.push(Cold::Taken { label, count, to, calls });
        } else if self.is_start(to) {
            self.asm.jcc(condition, self.entry);
        } else {
            let displacement = self.asm.jcc_rel32_aligned(condition);
            self.cold.push(Cold::Unlinked { displacement, to });
        }
        Ok(())
    }

    fn is_start(&self, pc: u64) -> bool {
        self.unit.insns.first().is_some_and(|at| at.pc == pc)
    }

    /// A direct jump to a guest address.
    fn link(&mut self, to: u64) {
        if self.is_start(to) {
            return self.asm.jmp(self.entry);
        }
        let displacement = self.asm.jmp_rel32_aligned();
        self.cold.push(Cold::Unlinked { displacement, to });
    }

    /// The guest calls: the host address that goes on where that returns to is put on the host's stack by a call of the
    /// host, so that the host predicts the guest's returns with its own. One that returns in the unit is not, but where
    /// the unit is left meanwhile; one that ends the unit is where it does so.
    fn call(&mut self, call: ir::Value, back: ir::Value) {
        let Some(back) = self.constant(back) else { return };
        let ends = self.unit.ops.iter().skip(call.index() + 1).find(|op| !matches!(op, Op::Set(..)));
        if ends.is_some_and(Op::ends) || self.returns(call) {
            self.calls.push(back);
            return;
        }
        let on = self.asm.label();
        self.asm.call(on);
        self.come_back(back);
        self.asm.bind(on);
    }

    /// Whether a call returns in the unit.
    fn returns(&self, call: ir::Value) -> bool {
        let mut depth = 0;
        for op in self.unit.ops.iter().skip(call.index()) {
            match op {
                Op::Call(_) => depth += 1,
                Op::Back(_) => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                return true;
            }
        }
        false
    }

    /// The guest has returned from its last call, which was made in the unit.
    fn back(&mut self, at: ir::Value) {
        let at = self.constant(at);
        self.calls.pop_if(|back| Some(*back) == at);
    }

    /// Leaves the unit by `jump`, or, with calls that the guest has not come back from, by the host's `call`: then each
    /// has an address on the host's stack that goes on behind it. So the host predicts the guest's returns with its own.
    fn depart(&mut self, calls: &[u64], jump: impl FnOnce(&mut Self), call: impl FnOnce(&mut Self)) {
        let Some((last, others)) = calls.split_last() else { return jump(self) };
        for &back in others {
            let on = self.asm.label();
            self.asm.call(on);
            self.come_back(back);
            self.asm.bind(on);
        }
        call(self);
        self.come_back(*last);
    }

    /// What the host returns to from a guest's call, with the guest address to return to in rax.
    fn come_back(&mut self, back: u64) {
        match i32::try_from(back.cast_signed()) {
            Ok(back) => self.asm.alu_imm(Alu::Cmp, Width::W64, Gpr::Rax, back),
            Err(_) => {
                self.asm.mov_imm(Gpr::Rcx, back);
                self.asm.alu(Alu::Cmp, Width::W64, Gpr::Rax, Gpr::Rcx);
            }
        }
        let astray = self.asm.jcc_rel32_aligned(Cond::Ne);
        self.outside.push((astray, self.target.stubs.astray));
        self.link(back);
    }

    /// A direct jump to a guest address, with calls that the guest has not come back from.
    fn link_from(&mut self, to: u64, calls: &[u64]) {
        let call = |emitter: &mut Self| {
            if emitter.is_start(to) {
                return emitter.asm.call(emitter.entry);
            }
            let displacement = emitter.asm.call_rel32_aligned();
            emitter.cold.push(Cold::Unlinked { displacement, to });
        };
        self.depart(calls, |emitter| emitter.link(to), call);
    }

    /// Ends the unit at a computed address: a return at the one on the host's stack, which looks whether it is right;
    /// else by the thread's table of jump targets.
    fn goto(&mut self, to: ir::Value, hint: ir::Hint) -> Result<(), EmitError> {
        let calls = std::mem::take(&mut self.calls);
        let mut target = self.reg(to)?;
        let returns = hint == ir::Hint::Return;
        if target != Gpr::Rax && (returns || host::TEMPS.contains(&target)) {
            self.asm.mov(Width::W64, Gpr::Rax, target);
            target = Gpr::Rax;
        }
        if returns {
            self.asm.ret();
            return Ok(());
        }
        let entry = self.search(target);
        self.depart(&calls, |emitter| emitter.asm.jmp_rm(entry), |emitter| emitter.asm.call_rm(entry));
        Ok(())
    }

    /// Where the host address of the guest address in a register lies, if the table has it.
    fn search(&mut self, target: Gpr) -> Mem {
        let miss = self.asm.label();
        self.asm.mov(Width::W64, Gpr::Rcx, self.target.stubs.frame(host::frame::TABLE));
        self.asm.mov(Width::W32, Gpr::Rdx, target);
        self.asm.alu_imm(Alu::And, Width::W32, Gpr::Rdx, TABLE_MASK);
        let entry = Mem::base(Gpr::Rcx).index(Gpr::Rdx, Scale::S8);
        self.asm.alu(Alu::Cmp, Width::W64, target, entry);
        self.asm.jcc(Cond::Ne, miss);
        self.cold.push(Cold::Miss { label: miss, target });
        entry.disp(8)
    }

    /// Where the unit is left to the interpreter at the instruction at hand.
    pub(super) fn leave_label(&mut self) -> Label {
        let label = self.asm.label();
        self.cold.push(Cold::Leave { label, insn: self.insn });
        label
    }

    fn leave(&mut self, insn: u8) {
        let back = self.count() - usize::from(insn);
        self.asm.alu_imm(Alu::Add, Width::W64, BUDGET, imm(back));
        self.exit(self.pc_of(insn), self.target.stubs.leave);
    }

    fn pc_of(&self, insn: u8) -> u64 {
        self.unit.insns.get(usize::from(insn)).map_or(0, |at| at.pc)
    }

    fn interpret(&mut self) -> Result<(), EmitError> {
        self.forget()?;
        let at = self.pc_of(self.insn);
        let back = self.count() - usize::from(self.insn);
        self.asm.mov_imm(Gpr::Rax, at);
        self.asm.mov_imm(Gpr::Rdx, back as u64);
        self.asm.mov_imm(Gpr::Rcx, u64::from(self.target.stubs.interpret));
        self.asm.call_rm(Gpr::Rcx);
        Ok(())
    }

    /// Leaves through a stub with this payload.
    fn exit(&mut self, payload: u64, stub: u32) {
        self.asm.mov_imm(Gpr::Rax, payload);
        self.jump_outside(stub);
    }

    fn jump_outside(&mut self, to: u32) {
        let at = self.asm.jmp_rel32_aligned();
        self.outside.push((at, to));
    }

    /// Where the jump with this displacement goes for the time being.
    fn unlinked(&mut self, displacement: usize, to: u64) {
        let stub = self.asm.len();
        self.links.push((displacement, stub));
        let number = self.target.first_site.wrapping_add(offset(self.sites.len()));
        let displacement = offset(displacement);
        self.sites.push(LinkSite { to, displacement, stub: offset(stub) });
        self.exit(u64::from(number), self.target.stubs.link);
    }

    /// What has been put off.
    pub(super) fn emit_cold(&mut self) {
        // Emitting one may put off another.
        let mut next = 0;
        while next < self.cold.len() {
            let cold = std::mem::replace(&mut self.cold[next], Cold::Done);
            next += 1;
            match cold {
                Cold::Budget { label } => {
                    self.asm.bind(label);
                    let count = imm(self.count());
                    self.asm.alu_imm(Alu::Add, Width::W64, BUDGET, count);
                    self.exit(self.pc_of(0), self.target.stubs.budget);
                }
                Cold::Taken { label, count, to, calls } => {
                    self.asm.bind(label);
                    self.asm.alu_imm(Alu::Add, Width::W64, BUDGET, imm(count));
                    self.link_from(to, &calls);
                }
                Cold::Unlinked { displacement, to } => self.unlinked(displacement, to),
                Cold::Miss { label, target } => {
                    self.asm.bind(label);
                    if target != Gpr::Rax {
                        self.asm.mov(Width::W64, Gpr::Rax, target);
                    }
                    self.jump_outside(self.target.stubs.indirect);
                }
                Cold::Leave { label, insn } => {
                    self.asm.bind(label);
                    self.leave(insn);
                }
                Cold::Fix { label, back, fix } => {
                    self.asm.bind(label);
                    self.fix(fix);
                    self.asm.jmp(back);
                }
                Cold::Canonical { label, back, suspects } => {
                    self.asm.bind(label);
                    self.canonicalise(&suspects);
                    self.asm.jmp(back);
                }
                Cold::Divide { label, back, fix } => {
                    self.asm.bind(label);
                    self.quotient(fix);
                    self.asm.jmp(back);
                }
                Cold::Done => {}
            }
        }
    }
}

/// The condition with its operands exchanged.
fn swapped(cond: Cond) -> Cond {
    match cond {
        Cond::L => Cond::G,
        Cond::Ge => Cond::Le,
        Cond::B => Cond::A,
        Cond::Ae => Cond::Be,
        same => same,
    }
}

/// A count of instructions as an immediate.
fn imm(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
