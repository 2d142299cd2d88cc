//! Registers for the values of a unit.
//!
//! At every edge of a unit the hottest guest registers lie in pinned host registers, the others in the state.
//! Inside, a write to a place goes to its home at once, so that the state is whole wherever the unit may be
//! left; a value is besides kept in a register as long as there is room.

mod places;

use super::host::{self, PINS, SPILLS, TEMPS, XMM_PINS, XMM_TEMPS};
use super::{EmitError, Emitter};
use crate::ir::{Op, Place, Type, Value};
use crate::x64::{Gpr, Prec, Rm, Width, Xm, Xmm};

/// A host register of either kind: general ones are 0 to 15, vector registers 16 to 31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reg(u8);

impl Reg {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
    pub(super) const fn is_gpr(self) -> bool {
        self.0 < 16
    }
    pub(super) const fn gpr(self) -> Gpr {
        Gpr::from_number(self.0 & 15)
    }
    pub(super) const fn xmm(self) -> Xmm {
        Xmm::from_number(self.0 & 15)
    }
    const fn bit(self) -> u32 {
        1 << self.0
    }
}

impl From<Gpr> for Reg {
    fn from(reg: Gpr) -> Self {
        Self(reg.number())
    }
}
impl From<Xmm> for Reg {
    fn from(reg: Xmm) -> Self {
        Self(16 + reg.number())
    }
}

/// Where a value can be found. More than one may be true; the register is asked first.
#[derive(Clone, Copy, Default)]
struct Loc {
    reg: Option<Reg>,
    spill: Option<u8>,
    /// A place in the state, not a pinned one, that holds the value.
    home: Option<Place>,
}

/// Which pinned register a place has.
pub(super) struct Pinned {
    of: [Option<Reg>; 256],
    /// The registers, a bit each.
    regs: u32,
}

impl Pinned {
    pub(super) fn new(hot: &[Place], hot_floats: &[Place]) -> Self {
        let (mut of, mut regs) = ([None; 256], 0);
        let hot = hot.iter().zip(PINS.map(Reg::from));
        for (place, reg) in hot.chain(hot_floats.iter().zip(XMM_PINS.map(Reg::from))) {
            of[usize::from(place.0)] = Some(reg);
            regs |= reg.bit();
        }
        Self { of, regs }
    }
    /// Whether a place has this register.
    fn has(&self, reg: Reg) -> bool {
        self.regs & reg.bit() != 0
    }
    pub(super) fn of(&self, place: Place) -> Option<Reg> {
        self.of[usize::from(place.0)]
    }
    /// Every pinned place with its register.
    pub(super) fn all(&self) -> impl Iterator<Item = (Place, Reg)> + '_ {
        (0u8..=255).zip(&self.of).filter_map(|(number, reg)| reg.map(|reg| (Place(number), reg)))
    }
}

pub(super) struct Alloc {
    /// The operation that uses a value last.
    last: Vec<u32>,
    /// How many operations use it.
    uses: Vec<u32>,
    /// Which ones do, and where those of each value begin.
    users: Vec<u32>,
    first: Vec<u32>,
    loc: Vec<Loc>,
    /// The pinned register a value is best computed in.
    hint: Vec<Option<Reg>>,
    held: [Option<Value>; 32],
    places: [Option<Value>; 256],
    spills: [Option<Value>; SPILLS],
    /// Registers that the operation at hand uses.
    locked: u32,
    /// The operation at hand.
    now: u32,
}

impl Alloc {
    pub(super) fn new(ops: &[Op], pinned: &Pinned) -> Self {
        let (mut last, mut uses) = (vec![0; ops.len()], vec![0; ops.len()]);
        for (number, op) in (0u32..).zip(ops) {
            op.uses(|value| {
                last[value.index()] = number;
                uses[value.index()] += 1;
            });
        }
        let (users, first) = users(ops, &uses);
        let mut alloc = Self {
            users,
            first,
            hint: vec![None; ops.len()],
            loc: vec![Loc::default(); ops.len()],
            held: [None; 32],
            places: [None; 256],
            spills: [None; SPILLS],
            locked: 0,
            now: 0,
            last,
            uses,
        };
        alloc.find_hints(ops, pinned);
        alloc
    }

    /// The next operation, from the one at hand on, that uses the value.
    fn next(&self, value: Value) -> u32 {
        let (first, count) = (self.first[value.index()] as usize, self.uses[value.index()] as usize);
        let users = self.users.get(first..first + count).unwrap_or_default();
        users.iter().copied().find(|user| *user >= self.now).unwrap_or(self.last[value.index()])
    }

    /// The value that a place is known to hold.
    pub(super) fn place(&self, place: Place) -> Option<Value> {
        self.places[usize::from(place.0)]
    }

    /// Registers that hold the value.
    pub(super) fn holding(&self, value: Value) -> impl Iterator<Item = Reg> + '_ {
        let held = (0u8..).zip(&self.held).filter(move |(_, held)| **held == Some(value));
        held.map(|(number, _)| Reg(number))
    }

    /// Where on the stack the value lies.
    pub(super) fn spilled(&self, value: Value) -> Option<i32> {
        self.loc[value.index()].spill.map(|slot| 8 * i32::from(slot))
    }

    /// Whether the operation at hand or a later one uses the value.
    pub(super) fn needed(&self, value: Value) -> bool {
        self.last[value.index()] >= self.now
    }

    /// A value that is written to a pinned place soon after is computed in its register, unless the old value of
    /// that place is needed in between: by anything that may leave the unit or that reads it.
    fn find_hints(&mut self, ops: &[Op], pinned: &Pinned) {
        for (number, op) in ops.iter().enumerate() {
            let Op::Set(place, value) = *op else { continue };
            let Some(reg) = pinned.of(place) else { continue };
            let between = ops.get(value.index() + 1..number).unwrap_or_default();
            let quiet = |op: &Op| match op {
                Op::Insn(_) => true,
                Op::Get(other) | Op::Set(other, _) => *other != place,
                _ => !op.may_leave(),
            };
            if matches!(ops[value.index()], Op::Const(..) | Op::Get(_)) || !between.iter().all(quiet) {
                continue;
            }
            self.hint[value.index()] = Some(reg);
            self.hint_source(ops, value, reg);
        }
    }

    /// What is only a step towards `value`, and the operation before it, is computed there too, if the unit
    /// cannot be left once it has begun to write its result.
    fn hint_source(&mut self, ops: &[Op], value: Value, reg: Reg) {
        let (Op::Ext { a, .. } | Op::Box(a)) = ops[value.index()] else { return };
        let next = a.index() + 1 == value.index() && self.uses[a.index()] == 1;
        let step = matches!(
            ops[a.index()],
            Op::Bin(..)
                | Op::Un(..)
                | Op::Load { .. }
                | Op::LoadF { .. }
                | Op::FBin(..)
                | Op::FSqrt(..)
                | Op::FConv { .. }
                | Op::FSign(..)
        );
        if next && step {
            self.hint[a.index()] = Some(reg);
        }
    }
}

/// The users of each value, one value's after the other's, and where each value's begin.
fn users(ops: &[Op], uses: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut first: Vec<u32> = uses.to_vec();
    let total = first.iter_mut().fold(0, |sum, count| sum + std::mem::replace(count, sum));
    let mut users = vec![0; total as usize];
    let mut next = first.clone();
    for (number, op) in (0u32..).zip(ops) {
        op.uses(|value| {
            let at = &mut next[value.index()];
            users[*at as usize] = number;
            *at += 1;
        });
    }
    (users, first)
}

impl Emitter<'_> {
    /// Begins operation `number`.
    pub(super) fn begin(&mut self, number: u32) {
        self.alloc.now = number;
        self.alloc.locked = 0;
    }

    /// Whether something after the operation at hand uses the value.
    pub(super) fn lives_on(&self, value: Value) -> bool {
        self.alloc.last[value.index()] > self.alloc.now
    }

    /// How many operations use the value.
    pub(super) fn uses(&self, value: Value) -> u32 {
        self.alloc.uses[value.index()]
    }

    pub(super) fn constant(&self, value: Value) -> Option<u64> {
        match self.unit.ops[value.index()] {
            Op::Const(_, bits) => Some(bits),
            _ => None,
        }
    }

    /// The constant as a sign-extended immediate of an operation of this width.
    pub(super) fn imm(&self, value: Value, w: Width) -> Option<i32> {
        let bits = self.constant(value)?.cast_signed();
        match w {
            Width::W64 => i32::try_from(bits).ok(),
            #[allow(clippy::cast_possible_truncation, reason = "the operation reads 32 bits")]
            _ => Some(bits as i32),
        }
    }

    pub(super) fn lock(&mut self, reg: Reg) {
        self.alloc.locked |= reg.bit();
    }

    /// The value can be had without its register.
    fn elsewhere(&self, value: Value) -> bool {
        let loc = &self.alloc.loc[value.index()];
        loc.spill.is_some() || loc.home.is_some() || self.constant(value).is_some()
    }

    /// A register for a moment, locked.
    fn free(&mut self, candidates: &[Reg]) -> Result<Reg, EmitError> {
        let alloc = &self.alloc;
        let usable = |reg: &&Reg| alloc.locked & reg.bit() == 0;
        let dead = |value: Value| alloc.last[value.index()] < alloc.now;
        let empty = |reg: &&Reg| alloc.held[reg.index()].is_none_or(dead);
        let cost = |reg: &&Reg| match alloc.held[reg.index()] {
            Some(value) => (!self.elsewhere(value), u32::MAX - alloc.next(value)),
            None => (false, 0),
        };
        let found = candidates.iter().filter(usable).find(empty);
        let found = found.or_else(|| candidates.iter().filter(usable).min_by_key(cost));
        let reg = *found.ok_or(EmitError::Registers)?;
        self.evict(reg)?;
        self.lock(reg);
        Ok(reg)
    }

    /// A general register for a moment.
    pub(super) fn temp(&mut self) -> Result<Gpr, EmitError> {
        self.free(&TEMPS.map(Reg::from)).map(Reg::gpr)
    }

    /// A vector register for a moment.
    pub(super) fn xmm_temp(&mut self) -> Result<Xmm, EmitError> {
        self.free(&XMM_TEMPS.map(Reg::from)).map(Reg::xmm)
    }

    /// Makes `reg`, no pinned one, free and locks it.
    pub(super) fn claim(&mut self, reg: Gpr) -> Result<(), EmitError> {
        let reg = Reg::from(reg);
        self.evict(reg)?;
        self.lock(reg);
        Ok(())
    }

    /// Takes the register from its value, which is kept elsewhere while it is needed.
    fn evict(&mut self, reg: Reg) -> Result<(), EmitError> {
        let Some(value) = self.alloc.held[reg.index()].take() else { return Ok(()) };
        if self.alloc.loc[value.index()].reg == Some(reg) {
            if self.alloc.last[value.index()] >= self.alloc.now && !self.elsewhere(value) {
                self.spill(value, reg)?;
            }
            self.alloc.loc[value.index()].reg = None;
        }
        Ok(())
    }

    fn spill(&mut self, value: Value, reg: Reg) -> Result<(), EmitError> {
        let alloc = &self.alloc;
        let dead = |held: &Option<Value>| held.is_none_or(|held| alloc.last[held.index()] < alloc.now);
        let slot = alloc.spills.iter().position(dead).ok_or(EmitError::Registers)?;
        self.alloc.spills[slot] = Some(value);
        let number = u8::try_from(slot).map_err(|_| EmitError::Registers)?;
        self.alloc.loc[value.index()].spill = Some(number);
        let mem = self.target.stubs.frame(8 * i32::from(number));
        match reg.is_gpr() {
            true => self.asm.store(Width::W64, mem, reg.gpr()),
            false => self.asm.movs_store(Prec::F64, mem, reg.xmm()),
        }
        Ok(())
    }

    /// Where in memory the value lies.
    fn memory(&self, value: Value) -> Option<crate::x64::Mem> {
        let loc = &self.alloc.loc[value.index()];
        let spilled = loc.spill.map(|slot| self.target.stubs.frame(8 * i32::from(slot)));
        spilled.or_else(|| loc.home.map(|place| host::state(self.places.info(place).offset)))
    }

    /// The register that holds an integer, which is brought there if need be; locked.
    pub(super) fn reg(&mut self, value: Value) -> Result<Gpr, EmitError> {
        if let Some(reg) = self.alloc.loc[value.index()].reg {
            self.lock(reg);
            return Ok(reg.gpr());
        }
        let reg = self.temp()?;
        self.bring(value, reg)?;
        self.alloc.held[Reg::from(reg).index()] = Some(value);
        self.alloc.loc[value.index()].reg = Some(reg.into());
        Ok(reg)
    }

    /// Copies an integer to a register, without changing flags or what anybody knows.
    pub(super) fn bring(&mut self, value: Value, reg: Gpr) -> Result<(), EmitError> {
        if let Some(from) = self.alloc.loc[value.index()].reg {
            if from.gpr() != reg {
                self.asm.mov(Width::W64, reg, from.gpr());
            }
        } else if let Some(bits) = self.constant(value) {
            self.asm.mov_imm(reg, bits);
        } else {
            let mem = self.memory(value).ok_or(EmitError::Registers)?;
            let w = if self.narrow_home(value) { Width::W32 } else { Width::W64 };
            self.asm.mov(w, reg, mem);
        }
        Ok(())
    }

    /// The value lies in a place of 32 bits.
    fn narrow_home(&self, value: Value) -> bool {
        let loc = &self.alloc.loc[value.index()];
        loc.spill.is_none() && loc.home.is_some_and(|place| self.places.info(place).ty == Type::I32)
    }

    /// An integer as an operand that may lie in memory. One that is needed again is brought to a register.
    pub(super) fn rm(&mut self, value: Value) -> Result<Rm, EmitError> {
        let known = self.alloc.loc[value.index()].reg.is_some();
        let again = self.lives_on(value) && self.room();
        if known || again || self.narrow_home(value) || self.constant(value).is_some() {
            return self.reg(value).map(Rm::Reg);
        }
        match self.memory(value) {
            Some(mem) => Ok(Rm::Mem(mem)),
            None => self.reg(value).map(Rm::Reg),
        }
    }

    /// More than one temporary register is left to the operation at hand.
    fn room(&self) -> bool {
        TEMPS.iter().filter(|reg| self.alloc.locked & Reg::from(**reg).bit() == 0).count() > 1
    }

    /// The register that holds a number; locked.
    pub(super) fn xmm(&mut self, value: Value) -> Result<Xmm, EmitError> {
        if let Some(reg) = self.alloc.loc[value.index()].reg {
            self.lock(reg);
            return Ok(reg.xmm());
        }
        let xmm = self.xmm_temp()?;
        if let Some(bits) = self.constant(value) {
            let gpr = self.temp()?;
            self.asm.mov_imm(gpr, bits);
            self.asm.mov_to_xmm(Width::W64, xmm, gpr);
        } else {
            let mem = self.memory(value).ok_or(EmitError::Registers)?;
            self.asm.movs(Prec::F64, xmm, mem);
        }
        self.alloc.held[Reg::from(xmm).index()] = Some(value);
        self.alloc.loc[value.index()].reg = Some(xmm.into());
        Ok(xmm)
    }

    /// A number as an operand that may lie in memory.
    pub(super) fn xm(&mut self, value: Value) -> Result<Xm, EmitError> {
        let known = self.alloc.loc[value.index()].reg.is_some();
        match self.memory(value) {
            Some(mem) if !known && !self.lives_on(value) => Ok(Xm::Mem(mem)),
            _ => self.xmm(value).map(Xm::Reg),
        }
    }

    /// The register to compute `value` in: a pinned one if it goes there next; else that of an operand that
    /// dies here; else a free one. Operands have been asked for before.
    pub(super) fn def(&mut self, value: Value, reuse: Option<Value>) -> Result<Gpr, EmitError> {
        self.place_result(value, reuse, &TEMPS.map(Reg::from)).map(Reg::gpr)
    }

    /// The same for a number.
    pub(super) fn xmm_def(&mut self, value: Value, reuse: Option<Value>) -> Result<Xmm, EmitError> {
        self.place_result(value, reuse, &XMM_TEMPS.map(Reg::from)).map(Reg::xmm)
    }

    /// Whether the value is to be computed in a pinned register.
    pub(super) fn hinted(&self, value: Value) -> bool {
        self.alloc.hint[value.index()].is_some()
    }

    /// The value has been computed in this register, a temporary one that is claimed.
    pub(super) fn settle(&mut self, value: Value, reg: impl Into<Reg>) {
        self.hold(reg.into(), value);
    }

    /// The operation `number` uses `value`, too.
    pub(super) fn outlive(&mut self, value: Value, number: u32) {
        let last = &mut self.alloc.last[value.index()];
        *last = number.max(*last);
    }

    fn place_result(&mut self, value: Value, reuse: Option<Value>, free: &[Reg]) -> Result<Reg, EmitError> {
        let reg = match self.alloc.hint[value.index()] {
            Some(pin) => {
                self.vacate(pin, free)?;
                pin
            }
            None => match self.dying(reuse, free) {
                Some(reg) => reg,
                None => self.free(free)?,
            },
        };
        self.lock(reg);
        self.hold(reg, value);
        Ok(reg)
    }

    /// The register of an operand that is not needed after the operation at hand.
    fn dying(&self, value: Option<Value>, free: &[Reg]) -> Option<Reg> {
        let value = value.filter(|value| !self.lives_on(*value) && self.constant(*value).is_none())?;
        self.alloc.loc[value.index()].reg.filter(|reg| free.contains(reg))
    }

    fn hold(&mut self, reg: Reg, value: Value) {
        if let Some(old) = self.alloc.held[reg.index()].replace(value)
            && self.alloc.loc[old.index()].reg == Some(reg)
        {
            self.alloc.loc[old.index()].reg = None;
        }
        self.alloc.loc[value.index()].reg = Some(reg);
    }

    /// Keeps the value in a pinned register elsewhere, if it is needed after the operation at hand.
    fn vacate(&mut self, pin: Reg, free: &[Reg]) -> Result<(), EmitError> {
        let Some(value) = self.alloc.held[pin.index()] else { return Ok(()) };
        if !self.lives_on(value) || self.alloc.loc[value.index()].reg != Some(pin) || self.elsewhere(value) {
            return Ok(());
        }
        let twin = self.pinned.all().find(|(place, reg)| {
            // A register in which a place's next value has been computed already holds its old one no more.
            let holds = self.alloc.held[reg.index()] == Some(value);
            *reg != pin && holds && self.alloc.places[usize::from(place.0)] == Some(value)
        });
        if let Some((_, reg)) = twin {
            self.alloc.held[reg.index()] = Some(value);
            self.alloc.loc[value.index()].reg = Some(reg);
            return Ok(());
        }
        let to = self.free(free)?;
        match to.is_gpr() {
            true => self.asm.mov(Width::W64, to.gpr(), pin.gpr()),
            false => self.asm.movs(Prec::F64, to.xmm(), pin.xmm()),
        }
        self.alloc.held[to.index()] = Some(value);
        self.alloc.loc[value.index()].reg = Some(to);
        Ok(())
    }
}
