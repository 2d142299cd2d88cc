//! NaN results made canonical late. [Unpriv. ISA, F, NaN Generation and Propagation]
//!
//! The host's NaN differs from the guest's, but a NaN among the operands makes the result one. So results are looked
//! at only before their bits can be seen, and only those on which no other hangs: where these are numbers, all are.

use super::host::{self, Constant};
use super::{Cold, EmitError, Emitter};
use crate::ir::{Op, Place, Value};
use crate::x64::{Cond, Label, Mem, Prec, Xmm};

/// How a NaN lies in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    F32,
    F64,
    /// A binary32 number below ones.
    Boxed,
}

impl Format {
    /// What tells a NaN.
    const fn prec(self) -> Prec {
        match self {
            Self::F64 => Prec::F64,
            Self::F32 | Self::Boxed => Prec::F32,
        }
    }
    const fn nan(self) -> Constant {
        match self {
            Self::F32 => Constant::Nan32,
            Self::F64 => Constant::Nan64,
            Self::Boxed => Constant::BoxedNan32,
        }
    }
    /// What is copied of it.
    const fn moved(self) -> Prec {
        match self {
            Self::F32 => Prec::F32,
            Self::F64 | Self::Boxed => Prec::F64,
        }
    }
}

impl From<Prec> for Format {
    fn from(prec: Prec) -> Self {
        match prec {
            Prec::F32 => Self::F32,
            Prec::F64 => Self::F64,
        }
    }
}

/// A result that may be another NaN than the canonical one.
#[derive(Clone, Copy)]
pub(super) struct Doubt {
    value: Value,
    format: Format,
    /// The doubts, by number, that would make this a NaN.
    operands: u64,
}

/// Where a copy of a doubtful result lies.
#[derive(Clone, Copy)]
enum Spot {
    Reg(Xmm),
    Mem(Mem),
}

/// A doubtful result and its copies.
pub(super) struct Suspect {
    format: Format,
    spots: Vec<Spot>,
}

/// As many as a set of 64 bits numbers.
const MOST: usize = 64;

impl Emitter<'_> {
    /// `value` has been computed from `operands` and may be a NaN.
    pub(super) fn doubt(
        &mut self,
        value: Value,
        format: impl Into<Format>,
        operands: &[Value],
    ) -> Result<(), EmitError> {
        if self.doubts.len() == MOST {
            self.settle_doubts()?;
        }
        let set = (0u32..).zip(&self.doubts).filter(|(_, doubt)| operands.contains(&doubt.value));
        let operands = set.fold(0, |set, (number, doubt)| set | 1 << number | doubt.operands);
        self.doubts.push(Doubt { value, format: format.into(), operands });
        Ok(())
    }

    /// Whether the value may be another NaN than the canonical one.
    pub(super) fn doubtful(&self, value: Value) -> bool {
        self.doubts.iter().any(|doubt| doubt.value == value)
    }

    /// Whether the operation shows somebody the bits of a doubtful result.
    pub(super) fn reveals(&self, op: &Op) -> bool {
        if self.doubts.is_empty() {
            return false;
        }
        match *op {
            Op::Get(place) => self.alloc.place(place).is_some_and(|value| self.doubtful(value)),
            Op::FSign(_, _, a, b) => self.doubtful(a) || self.doubtful(b),
            Op::Bits(_, a) | Op::Unbox(a) => self.doubtful(a),
            _ => op.may_leave(),
        }
    }

    /// Makes every doubtful result canonical.
    pub(super) fn settle_doubts(&mut self) -> Result<(), EmitError> {
        let doubts = std::mem::take(&mut self.doubts);
        let (label, back) = (self.asm.label(), self.asm.label());
        let decisive = self.decisive(&doubts);
        if decisive.is_empty() {
            return Ok(());
        }
        for prec in [Prec::F64, Prec::F32] {
            let spots = decisive.iter().filter(|(format, _)| format.prec() == prec).map(|(_, spot)| *spot);
            self.look(spots.collect(), prec, label)?;
        }
        self.asm.bind(back);
        let suspects =
            doubts.iter().map(|doubt| Suspect { format: doubt.format, spots: self.spots(doubt.value) });
        let suspects = suspects.filter(|suspect| !suspect.spots.is_empty()).collect();
        self.cold.push(Cold::Canonical { label, back, suspects });
        Ok(())
    }

    /// Results that are still somewhere, and are operands of no such result, even at second hand; locked.
    fn decisive(&mut self, doubts: &[Doubt]) -> Vec<(Format, Spot)> {
        let mut operands = 0u64;
        let mut decisive = vec![];
        for (number, doubt) in doubts.iter().enumerate().rev() {
            if operands & 1 << number != 0 {
                continue;
            }
            let Some(&spot) = self.spots(doubt.value).first() else { continue };
            operands |= doubt.operands;
            decisive.push((doubt.format, spot));
            if let Spot::Reg(reg) = spot {
                self.lock(reg.into());
            }
        }
        decisive
    }

    /// Goes to `label` if one of the results is a NaN. Two numbers compare as unordered if either is one.
    fn look(&mut self, spots: Vec<Spot>, prec: Prec, label: Label) -> Result<(), EmitError> {
        let (mut regs, mut mems) = (vec![], vec![]);
        for spot in spots {
            match spot {
                Spot::Reg(reg) => regs.push(reg),
                Spot::Mem(mem) => mems.push(mem),
            }
        }
        if regs.is_empty()
            && let Some(mem) = mems.pop()
        {
            let work = self.xmm_temp()?;
            self.asm.movs(prec, work, mem);
            regs.push(work);
        }
        let Some(&any) = regs.first() else { return Ok(()) };
        for mem in mems {
            let reg = regs.pop().unwrap_or(any);
            self.asm.ucomis(prec, reg, mem);
            self.asm.jcc(Cond::P, label);
        }
        for pair in regs.chunks(2) {
            let (a, b) = (pair[0], pair[pair.len() - 1]);
            self.asm.ucomis(prec, a, b);
            self.asm.jcc(Cond::P, label);
        }
        Ok(())
    }

    /// Where the value lies if anybody can still ask for it, registers first.
    fn spots(&self, value: Value) -> Vec<Spot> {
        let mut spots = vec![];
        let needed = self.alloc.needed(value);
        for reg in self.alloc.holding(value) {
            if needed
                || self.pinned.all().any(|(place, pin)| pin == reg && self.alloc.place(place) == Some(value))
            {
                spots.push(Spot::Reg(reg.xmm()));
            }
        }
        if let Some(slot) = self.alloc.spilled(value).filter(|_| needed) {
            spots.push(Spot::Mem(self.target.stubs.frame(slot)));
        }
        for number in 0..self.places.infos.len() {
            let Ok(place) = u8::try_from(number).map(Place) else { break };
            if self.alloc.place(place) == Some(value) && self.pinned.of(place).is_none() {
                spots.push(Spot::Mem(host::state(self.places.info(place).offset)));
            }
        }
        spots
    }

    /// Canonical NaNs in every copy of the results that are NaNs.
    pub(super) fn canonicalise(&mut self, suspects: &[Suspect]) {
        for Suspect { format, spots } in suspects {
            let Some(first) = spots.first() else { continue };
            let done = self.asm.label();
            let saved = self.target.stubs.frame(host::frame::SCRATCH);
            let reg = match *first {
                Spot::Reg(reg) => reg,
                Spot::Mem(mem) => {
                    self.asm.movs_store(Prec::F64, saved, Xmm::Xmm0);
                    self.asm.movs(format.moved(), Xmm::Xmm0, mem);
                    Xmm::Xmm0
                }
            };
            self.asm.ucomis(format.prec(), reg, reg);
            self.asm.jcc(Cond::Np, done);
            let nan = self.target.stubs.constant(format.nan());
            self.asm.movs(format.moved(), reg, nan);
            for spot in spots {
                match *spot {
                    Spot::Reg(copy) if copy != reg => self.asm.movs(format.moved(), copy, reg),
                    Spot::Reg(_) => {}
                    Spot::Mem(mem) => self.asm.movs_store(format.moved(), mem, reg),
                }
            }
            self.asm.bind(done);
            if matches!(first, Spot::Mem(_)) {
                self.asm.movs(Prec::F64, Xmm::Xmm0, saved);
            }
        }
    }
}
