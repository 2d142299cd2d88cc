//! Floating point, with the guest's rounding mode in MXCSR and its exception flags accruing there.
//!
//! Where the host agrees with IEEE 754 and the guest's rules it computes: sums, products, quotients, square roots and
//! fused products round alike and raise the same flags, tininess after rounding included. What the rules differ in is
//! looked after behind the unit; of NaN results, which the guest wants canonical, see [`super::nan`].

use super::flow::width;
use super::host::Constant;
use super::nan::Format;
use super::{Cold, EmitError, Emitter};
use crate::ir::{self, FBin, FCond, FSign, Op, Round, Type, Value};
use crate::x64::{Alu, Cond, Float, Fma, FmaOrder, Gpr, Logic, Prec, Shift, Width, Xmm};

/// What is to be done about a result that needs a second look.
#[derive(Clone, Copy)]
pub(super) enum Fix {
    /// It is no number of its format: the canonical NaN instead.
    Canonical { prec: Prec, dst: Xmm },
    /// `minimumNumber` or `maximumNumber` where an operand is a NaN.
    PickNumber { prec: Prec, dst: Xmm, a: Xmm, b: Xmm },
    /// The same where the operands are equal: they may be zeros of different sign.
    PickZero { prec: Prec, dst: Xmm, a: Xmm, b: Xmm, min: bool },
    /// The exception flags are again those in the register, since the comparison may have raised one.
    Flags(Gpr),
}

/// The assembler's format.
pub(super) fn prec(prec: ir::Prec) -> Prec {
    match prec {
        ir::Prec::F32 => Prec::F32,
        ir::Prec::F64 => Prec::F64,
    }
}

/// The constant for a format.
fn of(p: Prec, narrow: Constant, wide: Constant) -> Constant {
    match p {
        Prec::F32 => narrow,
        Prec::F64 => wide,
    }
}

impl Emitter<'_> {
    pub(super) fn float(&mut self, v: Value, op: Op) -> Result<(), EmitError> {
        match op {
            Op::FBin(FBin::Min, p, a, b) => self.pick(v, true, prec(p), a, b),
            Op::FBin(FBin::Max, p, a, b) => self.pick(v, false, prec(p), a, b),
            Op::FBin(op, p, a, b) => self.fbin(v, op, prec(p), a, b),
            Op::FSqrt(p, a) => {
                let p = prec(p);
                let from = self.xm(a)?;
                let dst = self.xmm_def(v, Some(a))?;
                self.asm.float(Float::Sqrt, p, dst, from);
                self.doubt(v, p, &[a])
            }
            Op::Fma { prec: p, negate_product, negate_addend, a, b, c } => {
                self.fma(v, prec(p), (negate_product, negate_addend), a, b, c)
            }
            Op::FCmp(cond, p, a, b) => self.fcmp(v, cond, prec(p), a, b),
            Op::FSign(sign, p, a, b) => self.fsign(v, sign, prec(p), a, b),
            Op::FConv { from, a } => {
                let source = self.xm(a)?;
                let dst = self.xmm_def(v, Some(a))?;
                self.asm.cvt_float(prec(from), dst, source);
                let to = if from == ir::Prec::F32 { Prec::F64 } else { Prec::F32 };
                self.doubt(v, to, &[a])
            }
            Op::FToInt { prec: p, width: w, signed, round, a } => {
                self.float_to_int(v, prec(p), width(w), signed, round, a)
            }
            Op::IntToF { width: w, signed, prec: p, a } => self.int_to_float(v, width(w), signed, prec(p), a),
            Op::Bits(ty, a) => self.bits(v, ty, a),
            Op::Box(a) => {
                let from = self.xmm(a)?;
                let dst = self.xmm_def(v, Some(a))?;
                self.move_xmm(dst, from);
                let ones = self.target.stubs.constant(Constant::Boxed);
                self.asm.logic(Logic::Or, Prec::F32, dst, ones);
                if self.doubtful(a) {
                    self.doubt(v, Format::Boxed, &[a])?;
                }
                Ok(())
            }
            Op::Unbox(a) => self.unbox(v, a),
            _ => Err(self.unsupported(v)),
        }
    }

    fn move_xmm(&mut self, to: Xmm, from: Xmm) {
        if to != from {
            self.asm.movs(Prec::F64, to, from);
        }
    }

    /// Has the result looked after where the condition holds.
    fn fixed(&mut self, on: Cond, fix: Fix) {
        let (label, back) = (self.asm.label(), self.asm.label());
        self.asm.jcc(on, label);
        self.asm.bind(back);
        self.cold.push(Cold::Fix { label, back, fix });
    }

    pub(super) fn fix(&mut self, fix: Fix) {
        match fix {
            Fix::Flags(flags) => self.restore_flags(flags),
            Fix::Canonical { prec: p, dst } => {
                let nan = self.target.stubs.constant(of(p, Constant::Nan32, Constant::Nan64));
                self.asm.movs(p, dst, nan);
            }
            Fix::PickNumber { prec: p, dst, a, b } => {
                let (done, number) = (self.asm.label(), self.asm.label());
                // The operands may lie in the destination: which is a number is found first. Neither comparison
                // raises a flag that the first one did not.
                self.asm.ucomis(p, b, b);
                self.asm.jcc(Cond::Np, number);
                self.asm.ucomis(p, a, a);
                self.move_xmm(dst, a);
                self.asm.jcc(Cond::Np, done);
                let nan = self.target.stubs.constant(of(p, Constant::Nan32, Constant::Nan64));
                self.asm.movs(p, dst, nan);
                self.asm.jmp(done);
                self.asm.bind(number);
                self.move_xmm(dst, b);
                self.asm.bind(done);
            }
            Fix::PickZero { prec: p, dst, a, b, min } => {
                let logic = if min { Logic::Or } else { Logic::And };
                if dst == b {
                    self.asm.logic(logic, p, dst, a);
                } else {
                    self.move_xmm(dst, a);
                    self.asm.logic(logic, p, dst, b);
                }
            }
        }
    }

    fn fbin(&mut self, v: Value, op: FBin, p: Prec, a: Value, b: Value) -> Result<(), EmitError> {
        let op = match op {
            FBin::Add => Float::Add,
            FBin::Sub => Float::Sub,
            FBin::Mul => Float::Mul,
            _ => Float::Div,
        };
        let left = self.xmm(a)?;
        let right = self.xm(b)?;
        let dst = self.xmm_def(v, Some(a))?;
        if right == dst.into() && left != dst {
            if matches!(op, Float::Add | Float::Mul) {
                self.asm.float(op, p, dst, left);
            } else {
                let work = self.xmm_temp()?;
                self.move_xmm(work, left);
                self.asm.float(op, p, work, right);
                self.move_xmm(dst, work);
            }
        } else {
            self.move_xmm(dst, left);
            self.asm.float(op, p, dst, right);
        }
        self.doubt(v, p, &[a, b])
    }

    fn pick(&mut self, v: Value, min: bool, p: Prec, a: Value, b: Value) -> Result<(), EmitError> {
        let (left, right) = (self.xmm(a)?, self.xmm(b)?);
        let work = self.xmm_temp()?;
        let (nan, zero, back) = (self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.ucomis(p, left, right);
        self.asm.jcc(Cond::P, nan);
        self.asm.jcc(Cond::E, zero);
        self.move_xmm(work, left);
        self.asm.float(if min { Float::Min } else { Float::Max }, p, work, right);
        self.asm.bind(back);
        let fix = Fix::PickNumber { prec: p, dst: work, a: left, b: right };
        self.cold.push(Cold::Fix { label: nan, back, fix });
        let fix = Fix::PickZero { prec: p, dst: work, a: left, b: right, min };
        self.cold.push(Cold::Fix { label: zero, back, fix });
        self.take_xmm(v, work)
    }

    /// The result lies in `reg`, a temporary one: it goes to where `v` is wanted.
    fn take_xmm(&mut self, v: Value, reg: Xmm) -> Result<(), EmitError> {
        match self.hinted(v) {
            true => {
                let dst = self.xmm_def(v, None)?;
                self.move_xmm(dst, reg);
            }
            false => self.settle(v, reg),
        }
        Ok(())
    }

    /// The host says nothing of an invalid product where the addend is a quiet NaN: every NaN result is left to the
    /// interpreter. [Intel SDM vol. 1, 14.5.2 gives the addend's NaN first]
    fn fma(
        &mut self,
        v: Value,
        p: Prec,
        (product, addend): (bool, bool),
        a: Value,
        b: Value,
        c: Value,
    ) -> Result<(), EmitError> {
        if !self.target.features.fma {
            return Err(self.unsupported(v));
        }
        let op = match (product, addend) {
            (false, false) => Fma::Madd,
            (false, true) => Fma::Msub,
            (true, false) => Fma::Nmadd,
            (true, true) => Fma::Nmsub,
        };
        let work = self.xmm_temp()?;
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        match self.xm(c)? {
            crate::x64::Xm::Reg(c) => self.move_xmm(work, c),
            c => self.asm.movs(p, work, c),
        }
        self.asm.fma(op, FmaOrder::O231, p, work, x, y);
        self.asm.ucomis(p, work, work);
        let label = self.leave_label();
        self.asm.jcc(Cond::P, label);
        self.take_xmm(v, work)
    }

    fn fcmp(&mut self, v: Value, cond: FCond, p: Prec, a: Value, b: Value) -> Result<(), EmitError> {
        let flags = self.restored(v).map(|flags| self.reg(flags)).transpose()?;
        // An unordered result sets the carry, so "above" and "above or equal" are false for it.
        match cond {
            FCond::Eq => {
                let left = self.xmm(a)?;
                let right = self.xm(b)?;
                let work = self.temp()?;
                self.asm.ucomis(p, left, right);
                self.asm.setcc(Cond::Np, work);
                let dst = self.def(v, None)?;
                self.asm.mov_imm(dst, 0);
                self.asm.movzx(Width::W8, work, work);
                self.asm.cmov(Cond::E, Width::W32, dst, work);
            }
            FCond::Lt | FCond::Le => {
                let right = self.xmm(b)?;
                let left = self.xm(a)?;
                self.asm.comis(p, right, left);
                let dst = self.def(v, None)?;
                self.asm.setcc(if cond == FCond::Lt { Cond::A } else { Cond::Ae }, dst);
                self.asm.movzx(Width::W8, dst, dst);
            }
        }
        // A comparison raises a flag only where an operand is a NaN. What has been done since left the host's flags.
        if let Some(flags) = flags {
            self.fixed(Cond::P, Fix::Flags(flags));
        }
        Ok(())
    }

    fn fsign(&mut self, v: Value, sign: FSign, p: Prec, a: Value, b: Value) -> Result<(), EmitError> {
        let left = self.xmm(a)?;
        let signs = self.target.stubs.constant(of(p, Constant::Sign32, Constant::Sign64));
        let magnitudes = self.target.stubs.constant(of(p, Constant::Magnitude32, Constant::Magnitude64));
        if a == b {
            let dst = self.xmm_def(v, Some(a))?;
            self.move_xmm(dst, left);
            match sign {
                FSign::Copy => {}
                FSign::Negate => self.asm.logic(Logic::Xor, p, dst, signs),
                FSign::Xor => self.asm.logic(Logic::And, p, dst, magnitudes),
            }
            return Ok(());
        }
        let right = self.xmm(b)?;
        let work = self.xmm_temp()?;
        self.move_xmm(work, right);
        if sign == FSign::Negate {
            self.asm.logic(Logic::Xor, p, work, signs);
        }
        self.asm.logic(Logic::And, p, work, signs);
        if sign == FSign::Xor {
            self.asm.logic(Logic::Xor, p, work, left);
            return self.take_xmm(v, work);
        }
        let magnitude = self.xmm_temp()?;
        self.move_xmm(magnitude, left);
        self.asm.logic(Logic::And, p, magnitude, magnitudes);
        self.asm.logic(Logic::Or, p, work, magnitude);
        self.take_xmm(v, work)
    }

    /// Where the host's conversion says "indefinite", and where it has none, the interpreter decides.
    fn float_to_int(
        &mut self,
        v: Value,
        p: Prec,
        w: Width,
        signed: bool,
        round: Round,
        a: Value,
    ) -> Result<(), EmitError> {
        let truncate = match round {
            Round::Zero => true,
            Round::Dynamic => false,
            _ => return Err(self.unsupported(v)),
        };
        let from = self.xmm(a)?;
        let leave = self.leave_label();
        if signed {
            let work = self.temp()?;
            self.asm.cvt_float_to_int(w, p, truncate, work, from);
            // The indefinite integer is the least one, from which one cannot be subtracted.
            self.asm.alu_imm(Alu::Cmp, w, work, 1);
            self.asm.jcc(Cond::O, leave);
            if w == Width::W32 {
                self.asm.movsx(Width::W32, Width::W64, work, work);
            }
            return self.take(v, work);
        }
        // From zero to below the limit the signed conversion of 64 bits is right. What might be rounded up to the
        // limit must not be tried: it is invalid, and not inexact as well.
        let (limit, beyond) = match (w, p) {
            (Width::W32, Prec::F64) if !truncate => (Constant::Most32F64, Cond::A),
            (Width::W32, _) => (of(p, Constant::Two32F32, Constant::Two32F64), Cond::Ae),
            _ => (of(p, Constant::Two63F32, Constant::Two63F64), Cond::Ae),
        };
        let zero = self.xmm_temp()?;
        self.asm.logic(Logic::Xor, p, zero, zero);
        self.asm.ucomis(p, from, zero);
        self.asm.jcc(Cond::B, leave);
        self.asm.ucomis(p, from, self.target.stubs.constant(limit));
        self.asm.jcc(beyond, leave);
        let work = self.temp()?;
        self.asm.cvt_float_to_int(Width::W64, p, truncate, work, from);
        if w == Width::W32 {
            self.asm.movsx(Width::W32, Width::W64, work, work);
        }
        self.take(v, work)
    }

    fn int_to_float(&mut self, v: Value, w: Width, signed: bool, p: Prec, a: Value) -> Result<(), EmitError> {
        let mut from = self.reg(a)?;
        let mut w = w;
        if !signed {
            if w == Width::W32 {
                let work = self.temp()?;
                self.asm.mov(Width::W32, work, from);
                from = work;
            } else {
                let leave = self.leave_label();
                self.asm.test(Width::W64, from, from);
                self.asm.jcc(Cond::S, leave);
            }
            w = Width::W64;
        }
        let dst = self.xmm_def(v, None)?;
        // The conversion keeps the rest of the register, and so would wait for it.
        self.asm.logic(Logic::Xor, Prec::F32, dst, dst);
        self.asm.cvt_int_to_float(w, p, dst, from);
        Ok(())
    }

    fn bits(&mut self, v: Value, ty: Type, a: Value) -> Result<(), EmitError> {
        match ty {
            Type::I32 | Type::I64 => {
                let from = self.xmm(a)?;
                let dst = self.def(v, None)?;
                self.asm.mov_from_xmm(if ty == Type::I32 { Width::W32 } else { Width::W64 }, dst, from);
            }
            Type::F32 | Type::F64 => {
                let from = self.reg(a)?;
                let dst = self.xmm_def(v, None)?;
                self.asm.mov_to_xmm(if ty == Type::F32 { Width::W32 } else { Width::W64 }, dst, from);
            }
        }
        Ok(())
    }

    /// The number, or the canonical NaN where the upper half is not all ones.
    fn unbox(&mut self, v: Value, a: Value) -> Result<(), EmitError> {
        let from = self.xmm(a)?;
        let high = self.temp()?;
        self.asm.mov_from_xmm(Width::W64, high, from);
        self.asm.shift_imm(Shift::Sar, Width::W64, high, 32);
        let dst = self.xmm_def(v, Some(a))?;
        self.move_xmm(dst, from);
        self.asm.alu_imm(Alu::Cmp, Width::W32, high, -1);
        self.fixed(Cond::Ne, Fix::Canonical { prec: Prec::F32, dst });
        Ok(())
    }
}
