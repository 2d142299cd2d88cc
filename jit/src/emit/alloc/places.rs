//! Reads and writes of the guest's registers.

use super::{EmitError, Emitter, Reg, TEMPS, XMM_TEMPS, host};
use crate::ir::{Place, Type, Value};
use crate::x64::{Prec, Width, Xm};

impl Emitter<'_> {
    /// The value of `get place`.
    pub(in crate::emit) fn get(&mut self, value: Value, place: Place) -> Result<(), EmitError> {
        let number = usize::from(place.0);
        match self.pinned.of(place) {
            // Two names for one register: the younger gets a copy.
            Some(pin) if self.alloc.places[number].is_some() => {
                if pin.is_gpr() {
                    let reg = self.def(value, None)?;
                    self.asm.mov(Width::W64, reg, pin.gpr());
                } else {
                    let reg = self.xmm_def(value, None)?;
                    self.asm.movs(Prec::F64, reg, pin.xmm());
                }
                return Ok(());
            }
            Some(pin) => self.hold(pin, value),
            None => {
                if self.alloc.places[number].is_some() {
                    let mem = host::state(self.places.info(place).offset);
                    if self.places.info(place).ty == Type::F64 {
                        let reg = self.xmm_def(value, None)?;
                        self.asm.movs(Prec::F64, reg, mem);
                    } else {
                        let reg = self.def(value, None)?;
                        let narrow = self.places.info(place).ty == Type::I32;
                        self.asm.mov(if narrow { Width::W32 } else { Width::W64 }, reg, mem);
                    }
                    return Ok(());
                }
                self.alloc.loc[value.index()].home = Some(place);
            }
        }
        self.alloc.places[number] = Some(value);
        Ok(())
    }

    /// `set place, value`.
    pub(in crate::emit) fn set(&mut self, place: Place, value: Value) -> Result<(), EmitError> {
        let number = usize::from(place.0);
        match self.pinned.of(place) {
            Some(pin) => self.set_pin(pin, value)?,
            None => self.set_home(place, value)?,
        }
        self.alloc.places[number] = Some(value);
        Ok(())
    }

    fn set_pin(&mut self, pin: Reg, value: Value) -> Result<(), EmitError> {
        if self.alloc.held[pin.index()] == Some(value) && self.alloc.loc[value.index()].reg == Some(pin) {
            return Ok(());
        }
        let free = if pin.is_gpr() { TEMPS.map(Reg::from) } else { XMM_TEMPS.map(Reg::from) };
        self.vacate(pin, &free)?;
        if pin.is_gpr() {
            match self.constant(value) {
                Some(0) => self.asm.zero(pin.gpr()),
                _ => self.bring(value, pin.gpr())?,
            }
        } else {
            match self.xm(value)? {
                Xm::Reg(xmm) if Reg::from(xmm) == pin => {}
                from => self.asm.movs(Prec::F64, pin.xmm(), from),
            }
        }
        let before = self.alloc.loc[value.index()].reg;
        // A value that lies in two pinned registers keeps the older.
        let keeps = before.is_some_and(|reg| self.pinned.has(reg));
        if keeps || self.constant(value).is_some() {
            if let Some(old) = self.alloc.held[pin.index()].replace(value)
                && self.alloc.loc[old.index()].reg == Some(pin)
            {
                self.alloc.loc[old.index()].reg = None;
            }
            if !keeps {
                self.alloc.loc[value.index()].reg = Some(pin);
            }
            return Ok(());
        }
        if let Some(reg) = before {
            self.alloc.held[reg.index()] = None;
        }
        self.hold(pin, value);
        Ok(())
    }

    fn set_home(&mut self, place: Place, value: Value) -> Result<(), EmitError> {
        let info = self.places.info(place);
        let mem = host::state(info.offset);
        if self.alloc.places[usize::from(place.0)] == Some(value)
            && self.alloc.loc[value.index()].home == Some(place)
        {
            return Ok(());
        }
        if let Some(old) = self.alloc.places[usize::from(place.0)]
            && self.alloc.loc[old.index()].home == Some(place)
        {
            let loc = self.alloc.loc[old.index()];
            if self.lives_on(old) && loc.reg.is_none() && loc.spill.is_none() {
                if info.ty == Type::F64 {
                    self.xmm(old)?;
                } else {
                    self.reg(old)?;
                }
            }
            self.alloc.loc[old.index()].home = None;
        }
        let w = if info.ty == Type::I32 { Width::W32 } else { Width::W64 };
        match info.ty {
            Type::F64 => {
                let xmm = self.xmm(value)?;
                self.asm.movs_store(Prec::F64, mem, xmm);
            }
            _ => match self.imm(value, w) {
                Some(imm) => self.asm.store_imm(w, mem, imm),
                None => {
                    let reg = self.reg(value)?;
                    self.asm.store(w, mem, reg);
                }
            },
        }
        let loc = &mut self.alloc.loc[value.index()];
        if loc.home.is_none() {
            loc.home = Some(place);
        }
        Ok(())
    }

    /// Before everything outside may change: what is needed later goes to spill slots, and nothing is known of
    /// places any more.
    pub(in crate::emit) fn forget(&mut self) -> Result<(), EmitError> {
        for number in 0..self.alloc.loc.len() {
            let value = Value(u32::try_from(number).map_err(|_| EmitError::Registers)?);
            if self.lives_on(value) && self.alloc.now > value.0 && self.constant(value).is_none() {
                let loc = self.alloc.loc[number];
                if loc.spill.is_none() {
                    let float =
                        matches!(self.unit.ops[number].result(self.places), Some(Type::F32 | Type::F64));
                    let reg: Reg = if float { self.xmm(value)?.into() } else { self.reg(value)?.into() };
                    self.spill(value, reg)?;
                }
            }
            let loc = &mut self.alloc.loc[number];
            (loc.reg, loc.home) = (None, None);
        }
        self.alloc.held = [None; 32];
        self.alloc.places = [None; 256];
        Ok(())
    }
}
