//! Integer operations.

use super::flow::width;
use super::{Cold, EmitError, Emitter};
use crate::ir::{self, Bin, Compare, Op, Size, Un, Value};
use crate::x64::{self, Alu, Cond, Count, Gpr, Label, Mem, Rm, Scale, Shift, ShiftX, Unary, Width};

/// A quotient or remainder whose divisor is zero or minus one.
#[derive(Clone, Copy)]
pub(super) struct Quotient {
    signed: bool,
    remainder: bool,
    w: Width,
    divisor: Gpr,
}

impl Emitter<'_> {
    pub(super) fn int(&mut self, value: Value, op: Op) -> Result<(), EmitError> {
        match op {
            Op::Bin(bin, w, a, b) => self.bin(value, bin, width(w), a, b),
            Op::Un(un, w, a) => self.un(value, un, width(w), a),
            Op::Ext { signed, from, a } => self.ext(value, signed, from, a),
            Op::Cmp(compare) => self.cmp(value, compare),
            Op::Select { compare, yes, no } => self.select(value, compare, yes, no),
            _ => Err(self.unsupported(value)),
        }
    }

    /// What becomes part of the host instruction that uses it, if only one does: shifts by one to three in an
    /// addition's address arithmetic, masks in a comparison with zero, and complements in an `and`.
    pub(super) fn find_folded(&mut self) {
        for (number, op) in (0u32..).zip(&self.unit.ops) {
            match *op {
                Op::Bin(Bin::Add, ir::Width::W64, a, b) => self.fold_scale(number, a, b),
                Op::Bin(Bin::And, w, a, b) if self.target.features.bmi1 => {
                    self.fold_complement(number, w, a, b)
                }
                Op::Branch(compare, _) | Op::Guard(compare) | Op::Cmp(compare) => {
                    self.fold_mask(number, compare);
                }
                _ => {}
            }
        }
    }

    fn fold_scale(&mut self, number: u32, a: Value, b: Value) {
        for (side, other) in [(b, a), (a, b)] {
            let Some((from, _)) = self.scaled(side) else { continue };
            if self.uses(side) == 1 && side != other && self.constant(other).is_none() {
                self.folded[side.index()] = true;
                return self.outlive(from, number);
            }
        }
    }

    fn fold_complement(&mut self, number: u32, w: ir::Width, a: Value, b: Value) {
        for (side, other) in [(b, a), (a, b)] {
            let Some(from) = self.complement(w, side) else { continue };
            if self.uses(side) == 1 && side != other && self.constant(other).is_none() {
                self.folded[side.index()] = true;
                return self.outlive(from, number);
            }
        }
    }

    /// What `value` is the complement of.
    fn complement(&self, w: ir::Width, value: Value) -> Option<Value> {
        let Op::Bin(Bin::Xor, at, a, ones) = self.unit.ops[value.index()] else { return None };
        let whole = at == w && self.imm(ones, width(w)) == Some(-1);
        (whole && self.constant(a).is_none()).then_some(a)
    }

    fn fold_mask(&mut self, number: u32, compare: Compare) {
        let zero = self.constant(compare.b) == Some(0);
        let sign = matches!(compare.cond, ir::Cond::Eq | ir::Cond::Ne);
        if let (Some((from, _)), true, 1) = (self.masked(compare.a), zero && sign, self.uses(compare.a)) {
            self.folded[compare.a.index()] = true;
            self.outlive(from, number);
        }
    }

    /// What `value` masks, and the mask, which has no upper half and no sign.
    pub(super) fn masked(&self, value: Value) -> Option<(Value, i32)> {
        let Op::Bin(Bin::And, _, a, mask) = self.unit.ops[value.index()] else { return None };
        let mask = i32::try_from(self.constant(mask)?).ok()?;
        self.constant(a).is_none().then_some((a, mask))
    }

    /// What `value` multiplies by two, four or eight.
    fn scaled(&self, value: Value) -> Option<(Value, Scale)> {
        let Op::Bin(Bin::Shl, ir::Width::W64, a, count) = self.unit.ops[value.index()] else { return None };
        let scale = match self.constant(count)? & 63 {
            1 => Scale::S2,
            2 => Scale::S4,
            3 => Scale::S8,
            _ => return None,
        };
        self.constant(a).is_none().then_some((a, scale))
    }

    fn bin(&mut self, v: Value, op: Bin, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        match op {
            Bin::Add => self.add(v, w, a, b),
            Bin::Sub => self.sub(v, w, a, b),
            Bin::And => self.and(v, w, a, b),
            Bin::Or => self.commutative(v, Alu::Or, w, a, b),
            Bin::Xor => self.commutative(v, Alu::Xor, w, a, b),
            Bin::Andn => self.andn(v, w, a, b),
            Bin::Mul => self.mul(v, w, a, b),
            Bin::MulHigh | Bin::MulHighU => self.mul_high(v, op, a, b),
            Bin::MulHighSu => self.mul_high_su(v, a, b),
            Bin::Div => self.divide(v, true, false, w, a, b),
            Bin::DivU => self.divide(v, false, false, w, a, b),
            Bin::Rem => self.divide(v, true, true, w, a, b),
            Bin::RemU => self.divide(v, false, true, w, a, b),
            Bin::Shl => self.shift(v, (Shift::Shl, Some(ShiftX::Shlx)), w, a, b),
            Bin::Shr => self.shift(v, (Shift::Shr, Some(ShiftX::Shrx)), w, a, b),
            Bin::Sar => self.shift(v, (Shift::Sar, Some(ShiftX::Sarx)), w, a, b),
            Bin::Ror => self.shift(v, (Shift::Ror, None), w, a, b),
            Bin::Clmul => self.clmul(v, a, b, false),
            Bin::ClmulHigh => self.clmul(v, a, b, true),
        }
    }

    fn add(&mut self, v: Value, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        for (side, other) in [(b, a), (a, b)] {
            if self.folded[side.index()]
                && let Some((from, scale)) = self.scaled(side)
            {
                let base = self.reg(other)?;
                let index = self.reg(from)?;
                let dst = self.def(v, Some(from))?;
                self.asm.lea(Width::W64, dst, Mem::base(base).index(index, scale));
                return Ok(());
            }
        }
        let (a, b) = if self.constant(a).is_some() { (b, a) } else { (a, b) };
        if let Some(imm) = self.imm(b, w) {
            let from = self.reg(a)?;
            let dst = self.def(v, Some(a))?;
            match dst == from {
                true => self.asm.alu_imm(Alu::Add, w, dst, imm),
                false => self.asm.lea(w, dst, Mem::base(from).disp(imm)),
            }
            return Ok(());
        }
        let left = self.reg(a)?;
        match self.rm(b)? {
            Rm::Reg(right) => {
                let dst = self.def(v, Some(a))?;
                if dst == left {
                    self.asm.alu(Alu::Add, w, dst, right);
                } else if dst == right {
                    self.asm.alu(Alu::Add, w, dst, left);
                } else {
                    self.asm.lea(w, dst, Mem::base(left).index(right, Scale::S1));
                }
            }
            right @ Rm::Mem(_) => {
                let dst = self.def(v, Some(a))?;
                self.copy(w, dst, left);
                self.asm.alu(Alu::Add, w, dst, right);
            }
        }
        Ok(())
    }

    /// A copy, unless it is one to itself.
    fn copy(&mut self, w: Width, to: Gpr, from: Gpr) {
        if to != from {
            self.asm.mov(w, to, from);
        }
    }

    fn sub(&mut self, v: Value, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        if let Some(imm) = self.imm(b, w).filter(|imm| *imm != i32::MIN) {
            let from = self.reg(a)?;
            let dst = self.def(v, Some(a))?;
            match dst == from {
                true => self.asm.alu_imm(Alu::Sub, w, dst, imm),
                false => self.asm.lea(w, dst, Mem::base(from).disp(-imm)),
            }
            return Ok(());
        }
        if self.constant(a) == Some(0) {
            let from = self.reg(b)?;
            let dst = self.def(v, Some(b))?;
            self.copy(w, dst, from);
            self.asm.unary(Unary::Neg, w, dst);
            return Ok(());
        }
        let left = self.reg(a)?;
        let right = self.rm(b)?;
        let dst = self.def(v, Some(a))?;
        if right == Rm::Reg(dst) && left != dst {
            // a − b = −(b − a)
            self.asm.alu(Alu::Sub, w, dst, left);
            self.asm.unary(Unary::Neg, w, dst);
            return Ok(());
        }
        self.copy(w, dst, left);
        self.asm.alu(Alu::Sub, w, dst, right);
        Ok(())
    }

    fn and(&mut self, v: Value, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        for (side, other) in [(b, a), (a, b)] {
            if self.folded[side.index()]
                && let Op::Bin(Bin::Xor, _, from, _) = self.unit.ops[side.index()]
            {
                return self.andn(v, w, other, from);
            }
        }
        self.commutative(v, Alu::And, w, a, b)
    }

    fn commutative(&mut self, v: Value, op: Alu, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        let (a, b) = if self.constant(a).is_some() { (b, a) } else { (a, b) };
        if let Some(imm) = self.imm(b, w) {
            let from = self.reg(a)?;
            let dst = self.def(v, Some(a))?;
            match (op, imm) {
                (Alu::And, 0xff) => self.asm.movzx(Width::W8, dst, from),
                (Alu::And, 0xffff) => self.asm.movzx(Width::W16, dst, from),
                (Alu::Xor, -1) => {
                    self.copy(w, dst, from);
                    self.asm.unary(Unary::Not, w, dst);
                }
                _ => {
                    // The result of a positive mask has no upper half.
                    let w = if op == Alu::And && imm >= 0 { Width::W32 } else { w };
                    self.copy(w, dst, from);
                    self.asm.alu_imm(op, w, dst, imm);
                }
            }
            return Ok(());
        }
        let left = self.reg(a)?;
        let right = self.rm(b)?;
        let dst = self.def(v, Some(a))?;
        if right == Rm::Reg(dst) {
            self.asm.alu(op, w, dst, left);
        } else {
            self.copy(w, dst, left);
            self.asm.alu(op, w, dst, right);
        }
        Ok(())
    }

    /// `a & !b`
    fn andn(&mut self, v: Value, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        let (left, right) = (self.reg(a)?, self.reg(b)?);
        if self.target.features.bmi1 {
            let dst = self.def(v, Some(a))?;
            self.asm.andn(w, dst, right, left);
            return Ok(());
        }
        let mask = self.temp()?;
        self.asm.mov(w, mask, right);
        self.asm.unary(Unary::Not, w, mask);
        self.asm.alu(Alu::And, w, mask, left);
        let dst = self.def(v, None)?;
        self.copy(Width::W64, dst, mask);
        Ok(())
    }

    fn mul(&mut self, v: Value, w: Width, a: Value, b: Value) -> Result<(), EmitError> {
        let (a, b) = if self.constant(a).is_some() { (b, a) } else { (a, b) };
        if let Some(imm) = self.imm(b, w) {
            let from = self.rm(a)?;
            let dst = self.def(v, Some(a))?;
            self.asm.imul_imm(w, dst, from, imm);
            return Ok(());
        }
        let left = self.reg(a)?;
        let right = self.rm(b)?;
        let dst = self.def(v, Some(a))?;
        if right == Rm::Reg(dst) {
            self.asm.imul(w, dst, left);
        } else {
            self.copy(w, dst, left);
            self.asm.imul(w, dst, right);
        }
        Ok(())
    }

    /// The high half of a product: rdx after a multiplication by rax.
    fn mul_high(&mut self, v: Value, op: Bin, a: Value, b: Value) -> Result<(), EmitError> {
        let op = if op == Bin::MulHigh { Unary::Imul } else { Unary::Mul };
        self.claim(Gpr::Rax)?;
        self.claim(Gpr::Rdx)?;
        self.bring(a, Gpr::Rax)?;
        let right = self.reg(b)?;
        self.asm.unary(op, Width::W64, right);
        self.take(v, Gpr::Rdx)
    }

    /// `mulhsu(a, b) = mulhu(a, b) − (a < 0 ? b : 0)`
    fn mul_high_su(&mut self, v: Value, a: Value, b: Value) -> Result<(), EmitError> {
        self.claim(Gpr::Rax)?;
        self.claim(Gpr::Rdx)?;
        self.bring(a, Gpr::Rax)?;
        let right = self.reg(b)?;
        self.asm.unary(Unary::Mul, Width::W64, right);
        self.bring(a, Gpr::Rax)?;
        self.asm.shift_imm(Shift::Sar, Width::W64, Gpr::Rax, 63);
        self.asm.alu(Alu::And, Width::W64, Gpr::Rax, right);
        self.asm.alu(Alu::Sub, Width::W64, Gpr::Rdx, Gpr::Rax);
        self.take(v, Gpr::Rdx)
    }

    /// The result lies in `reg`, a temporary one that is claimed: it goes to where `v` is wanted.
    pub(super) fn take(&mut self, v: Value, reg: Gpr) -> Result<(), EmitError> {
        match self.hinted(v) {
            true => {
                let dst = self.def(v, None)?;
                self.copy(Width::W64, dst, reg);
            }
            false => self.settle(v, reg),
        }
        Ok(())
    }

    fn divide(
        &mut self,
        v: Value,
        signed: bool,
        remainder: bool,
        w: Width,
        a: Value,
        b: Value,
    ) -> Result<(), EmitError> {
        self.claim(Gpr::Rax)?;
        self.claim(Gpr::Rdx)?;
        self.bring(a, Gpr::Rax)?;
        let divisor = self.reg(b)?;
        let (label, back) = (self.asm.label(), self.asm.label());
        if self.constant(b).is_none_or(|b| refused(b, signed, w)) {
            self.refuse(signed, w, divisor, label);
            let fix = Quotient { signed, remainder, w, divisor };
            self.cold.push(Cold::Divide { label, back, fix });
        }
        match signed {
            true => self.asm.cqo(w),
            false => self.asm.zero(Gpr::Rdx),
        }
        self.asm.unary(if signed { Unary::Idiv } else { Unary::Div }, w, divisor);
        self.asm.bind(back);
        self.take(v, if remainder { Gpr::Rdx } else { Gpr::Rax })
    }

    /// Jumps to `label` for the divisors zero and, signed, minus one.
    fn refuse(&mut self, signed: bool, w: Width, divisor: Gpr, label: Label) {
        match signed {
            // 0 and −1 are the numbers n with n + 1 <= 1.
            true => {
                self.asm.lea(w, Gpr::Rdx, Mem::base(divisor).disp(1));
                self.asm.alu_imm(Alu::Cmp, w, Gpr::Rdx, 1);
                self.asm.jcc(Cond::Be, label);
            }
            false => {
                self.asm.test(w, divisor, divisor);
                self.asm.jcc(Cond::E, label);
            }
        }
    }

    /// The dividend lies in rax; the quotient goes there, or the remainder to rdx.
    pub(super) fn quotient(&mut self, fix: Quotient) {
        let Quotient { signed, remainder, w, divisor } = fix;
        let (zero, done) = (self.asm.label(), self.asm.label());
        if signed {
            self.asm.test(w, divisor, divisor);
            self.asm.jcc(Cond::E, zero);
            match remainder {
                true => self.asm.zero(Gpr::Rdx),
                false => self.asm.unary(Unary::Neg, w, Gpr::Rax),
            }
            self.asm.jmp(done);
            self.asm.bind(zero);
        }
        match remainder {
            true => self.asm.mov(w, Gpr::Rdx, Gpr::Rax),
            false if w == Width::W32 => self.asm.mov_imm(Gpr::Rax, 0xffff_ffff),
            false => self.asm.mov_imm(Gpr::Rax, u64::MAX),
        }
        self.asm.bind(done);
    }

    fn shift(
        &mut self,
        v: Value,
        (op, bmi2): (Shift, Option<ShiftX>),
        w: Width,
        a: Value,
        b: Value,
    ) -> Result<(), EmitError> {
        if let Some(count) = self.constant(b) {
            #[allow(clippy::cast_possible_truncation, reason = "at most 63")]
            let count = (count & u64::from(w.bits() - 1)) as u8;
            let from = self.reg(a)?;
            let dst = self.def(v, Some(a))?;
            if op == Shift::Ror && self.target.features.bmi2 {
                self.asm.rorx(w, dst, from, count);
                return Ok(());
            }
            self.copy(w, dst, from);
            if count != 0 {
                self.asm.shift_imm(op, w, dst, count);
            }
            return Ok(());
        }
        if let (Some(op), true) = (bmi2, self.target.features.bmi2) {
            let count = self.reg(b)?;
            let from = self.rm(a)?;
            let dst = self.def(v, Some(a))?;
            self.asm.shiftx(op, w, dst, from, count);
            return Ok(());
        }
        self.claim(Gpr::Rcx)?;
        self.bring(b, Gpr::Rcx)?;
        let work = self.temp()?;
        self.bring(a, work)?;
        self.asm.shift_cl(op, w, work);
        self.take(v, work)
    }

    /// The low or high half of a carry-less product. [Intel SDM, PCLMULQDQ]
    fn clmul(&mut self, v: Value, a: Value, b: Value, high: bool) -> Result<(), EmitError> {
        if !self.target.features.clmul {
            return Err(self.unsupported(v));
        }
        let (left, right) = (self.reg(a)?, self.reg(b)?);
        let (x, y) = (self.xmm_temp()?, self.xmm_temp()?);
        self.asm.mov_to_xmm(Width::W64, x, left);
        self.asm.mov_to_xmm(Width::W64, y, right);
        self.asm.pclmulqdq(x, y, 0);
        if high {
            self.asm.pshufd(x, x, 0b1110);
        }
        let dst = self.def(v, Some(a))?;
        self.asm.mov_from_xmm(Width::W64, dst, x);
        Ok(())
    }

    fn un(&mut self, v: Value, op: Un, w: Width, a: Value) -> Result<(), EmitError> {
        match op {
            Un::Clz => self.count_bits(v, Count::Lzcnt, w, a),
            Un::Ctz => self.count_bits(v, Count::Tzcnt, w, a),
            Un::Popcnt if self.target.features.popcnt => self.count_bits(v, Count::Popcnt, w, a),
            Un::Popcnt => Err(self.unsupported(v)),
            Un::Bswap => {
                let from = self.reg(a)?;
                let dst = self.def(v, Some(a))?;
                self.copy(w, dst, from);
                self.asm.bswap(w, dst);
                Ok(())
            }
            Un::OrcB => self.orc_b(v, w, a),
        }
    }

    fn count_bits(&mut self, v: Value, op: Count, w: Width, a: Value) -> Result<(), EmitError> {
        if op != Count::Popcnt && !self.target.features.lzcnt {
            return self.scan(v, op, w, a);
        }
        let from = self.rm(a)?;
        let dst = self.def(v, Some(a))?;
        if from != Rm::Reg(dst) {
            // Older hosts wait for the destination's old value.
            self.asm.zero(dst);
        }
        self.asm.count(op, w, dst, from);
        Ok(())
    }

    /// Counts zeros with the bit scans of old hosts, which leave zero undefined.
    fn scan(&mut self, v: Value, op: Count, w: Width, a: Value) -> Result<(), EmitError> {
        let from = self.reg(a)?;
        let (found, none) = (self.temp()?, self.temp()?);
        let bits = u64::from(w.bits());
        // Exclusive or with bits − 1 turns the number of the highest one into zeros above it.
        let leading = op == Count::Lzcnt;
        self.asm.mov_imm(none, if leading { 2 * bits - 1 } else { bits });
        match leading {
            true => self.asm.bsr(w, found, from),
            false => self.asm.bsf(w, found, from),
        }
        self.asm.cmov(Cond::E, w, found, none);
        if leading {
            #[allow(clippy::cast_possible_truncation, reason = "at most 63")]
            self.asm.alu_imm(Alu::Xor, w, found, bits as i32 - 1);
        }
        self.take(v, found)
    }

    /// Each byte that is not zero becomes all ones: its top bit is made to say so, then spread.
    fn orc_b(&mut self, v: Value, w: Width, a: Value) -> Result<(), EmitError> {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let from = self.reg(a)?;
        let (work, mask) = (self.temp()?, self.temp()?);
        self.asm.mov_imm(mask, LOW);
        self.asm.mov(w, work, from);
        self.asm.alu(Alu::And, w, work, mask);
        self.asm.alu(Alu::Add, w, work, mask);
        self.asm.alu(Alu::Or, w, work, from);
        self.asm.unary(Unary::Not, w, mask);
        self.asm.alu(Alu::And, w, work, mask);
        self.asm.shift_imm(Shift::Shr, w, work, 7);
        self.asm.imul_imm(w, work, work, 0xff);
        self.take(v, work)
    }

    fn ext(&mut self, v: Value, signed: bool, from: Size, a: Value) -> Result<(), EmitError> {
        let w = match from {
            Size::B1 => Width::W8,
            Size::B2 => Width::W16,
            _ => Width::W32,
        };
        let source = self.rm(a)?;
        let dst = self.def(v, Some(a))?;
        match signed {
            true => self.asm.movsx(w, Width::W64, dst, source),
            false if w == Width::W32 && source == Rm::Reg(dst) && self.has_no_upper(a) => {}
            false => self.asm.movzx(w, dst, source),
        }
        Ok(())
    }

    /// Whether the value's upper half is zero, since a host instruction of 32 bits has computed it.
    fn has_no_upper(&self, value: Value) -> bool {
        match self.unit.ops[value.index()] {
            Op::Bin(Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror, ir::Width::W32, _, count) => {
                self.constant(count).is_none_or(|count| count % 32 != 0)
            }
            Op::Bin(Bin::Add | Bin::Sub | Bin::And | Bin::Or | Bin::Xor | Bin::Mul, ir::Width::W32, ..) => {
                true
            }
            _ => false,
        }
    }

    fn cmp(&mut self, v: Value, compare: Compare) -> Result<(), EmitError> {
        let cond = self.compare(compare)?;
        let dst = self.def(v, Some(compare.a))?;
        self.asm.setcc(cond, dst);
        self.asm.movzx(Width::W8, dst, dst);
        Ok(())
    }

    fn select(&mut self, v: Value, compare: Compare, yes: Value, no: Value) -> Result<(), EmitError> {
        // Neither moves nor loads change flags, so the order is free; operands first, so that none is lost.
        let yes_at = self.rm(yes)?;
        let work = self.temp()?;
        self.bring(no, work)?;
        let cond = self.compare(compare)?;
        self.asm.cmov(cond, Width::W64, work, yes_at);
        self.take(v, work)
    }
}

/// Whether the host's division does not do for a constant divisor.
fn refused(divisor: u64, signed: bool, w: Width) -> bool {
    let divisor = match w {
        Width::W64 => divisor,
        _ => divisor | 0xffff_ffff_0000_0000 & (u64::MAX * (divisor >> 31 & 1)),
    };
    divisor == 0 || w != Width::W64 && divisor.trailing_zeros() >= 32 || signed && divisor == u64::MAX
}

/// The assembler's width of an access.
pub(super) fn size(size: Size) -> x64::Width {
    match size {
        Size::B1 => Width::W8,
        Size::B2 => Width::W16,
        Size::B4 => Width::W32,
        Size::B8 => Width::W64,
    }
}
