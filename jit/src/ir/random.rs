//! Random units that pass the checker, for tests of whoever reads units.
//!
//! A plain random unit seldom has two operations that anything could be made of. Here operands are mostly recent
//! values, places are few, and constants are those at which operations change their ways.

use super::{
    Address, At, Bin, Compare, Cond, FBin, FCond, FSign, GuestPlaces, Hint, Op, Place, Prec, Rmw, Round,
    Size, Type, Un, Unit, Value, Width,
};
use spec::bits::Low;

/// What random units are like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Operations, roughly.
    pub ops: usize,
    /// Whether there is [`Op::Interpret`].
    pub interpret: bool,
    /// Whether units write what [`GuestPlaces::float`] names, and read the flags, which guests' lifts do not.
    pub control: bool,
    /// Where accesses go: this many bytes from this address, a power of two and aligned to it. Anywhere otherwise.
    pub memory: Option<(u64, u64)>,
}

/// Places that a unit uses, of those the guest has.
const POOL: usize = 7;

/// Where random units lie.
const START: u64 = 0x1_0000;

/// A unit of this shape. `source` gives uniformly distributed numbers; equal numbers give equal units.
pub fn unit(places: &GuestPlaces, shape: Shape, source: &mut dyn FnMut() -> u64) -> Unit {
    let mut random = Random { places, shape, source, pool: vec![], unit: Unit::default(), last: None };
    random.fill_pool();
    random.insn();
    while random.unit.ops.len() < shape.ops {
        random.op();
        if random.one_in(4) {
            random.insn();
        }
    }
    random.end();
    random.unit
}

struct Random<'a> {
    places: &'a GuestPlaces,
    shape: Shape,
    source: &'a mut dyn FnMut() -> u64,
    pool: Vec<Place>,
    unit: Unit,
    /// Of the last access: units come back to what they have accessed.
    last: Option<Address>,
}

/// A number at which operations change their ways, made of a uniform one.
fn biased(any: u64) -> u64 {
    let bit = 1u64 << (any >> 58);
    match any & 15 {
        0 => 0,
        1 => u64::MAX,
        2 => 1,
        3 => bit,
        4 => bit.wrapping_sub(1),
        5 => bit.wrapping_neg(),
        6 => any >> 8 & 0x3f,
        7 => (any >> 8 & 0xff).wrapping_neg(),
        8 => any >> 32,
        9 => 0x7fff_ffff + (any >> 8 & 1),
        10 => 0xffff_ffff_7fff_ffff + (any >> 8 & 3),
        _ => any,
    }
}

/// A floating-point number of which something special is to be expected: zeros, infinities, both kinds of NaN, the
/// ends of the ranges.
fn special(prec: Prec, any: u64) -> u64 {
    const F32: [u64; 8] =
        [0, 0x3f80_0000, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 0x0000_0001, 0x7f7f_ffff, 0x4f00_0000];
    let single = F32[(any >> 8 & 7).low32() as usize] | any >> 20 & 1 << 31;
    let double = interp::fpu::Env::new(interp::fpu::Round::NearestEven, &interp::fpu::RISCV);
    match (prec, any & 3) {
        (Prec::F32, 0) => any >> 32,
        (Prec::F32, _) => single,
        (Prec::F64, 0) => any,
        // A boxed number.
        (Prec::F64, 1) => single | 0xffff_ffff_0000_0000,
        (Prec::F64, _) => {
            let mut e = double;
            interp::fpu::convert::<interp::fpu::F32, interp::fpu::F64>(&mut e, single.low32())
        }
    }
}

macro_rules! one_of {
    ($self:ident, $t:ident: $($name:ident)*) => { $self.pick(&[$($t::$name),*]) };
}

impl Random<'_> {
    fn any(&mut self) -> u64 {
        (self.source)()
    }

    fn below(&mut self, end: usize) -> usize {
        let product = u128::from(self.any()) * end as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn coin(&mut self) -> bool {
        self.one_in(2)
    }

    fn push(&mut self, op: Op) -> Value {
        self.unit.ops.push(op);
        Value(u32::try_from(self.unit.ops.len() - 1).unwrap_or(u32::MAX))
    }

    /// A few places, some of each type that the guest has; never the first, which may be no register.
    fn fill_pool(&mut self) {
        let special = self.places.float.map(|float| [float.flags, float.round]);
        let wanted = |random: &mut Self, ty: Type| {
            let all: Vec<Place> = (1u8..)
                .zip(&random.places.infos[1..])
                .filter(|(_, info)| info.ty == ty)
                .map(|(number, _)| Place(number))
                .filter(|place| special.is_none_or(|special| !special.contains(place)))
                .collect();
            for _ in 0..POOL / 2 {
                if !all.is_empty() {
                    let place = random.pick(&all);
                    random.pool.push(place);
                }
            }
        };
        wanted(self, Type::I64);
        wanted(self, Type::F64);
        wanted(self, Type::I32);
        if let Some([flags, round]) = special.filter(|_| self.shape.control) {
            self.pool.extend([flags, round]);
        }
    }

    fn insn(&mut self) {
        let count = self.unit.insns.len();
        let Ok(number) = u8::try_from(count) else { return };
        let pc = self.unit.insns.last().map_or(START, |at| at.pc + u64::from(at.len));
        let len = if self.coin() { 2 } else { 4 };
        self.unit.insns.push(At { pc, len });
        self.push(Op::Insn(number));
    }

    /// A value of the type, mostly a recent one.
    fn value(&mut self, ty: Type) -> Value {
        let first = if self.one_in(4) { 0 } else { self.unit.ops.len().saturating_sub(12) };
        let known: Vec<usize> = (first..self.unit.ops.len())
            .filter(|&index| self.unit.ops[index].result(self.places) == Some(ty))
            .collect();
        if known.is_empty() || self.one_in(6) {
            return self.fresh(ty);
        }
        Value(u32::try_from(self.pick(&known)).unwrap_or(0))
    }

    /// A new value of the type: what a place holds or a constant.
    fn fresh(&mut self, ty: Type) -> Value {
        if !self.one_in(4) {
            let held: Vec<Place> =
                self.pool.iter().copied().filter(|&place| self.places.info(place).ty == ty).collect();
            if !held.is_empty() {
                let place = self.pick(&held);
                return self.push(Op::Get(place));
            }
        }
        let any = self.any();
        let bits = match ty {
            Type::I32 => u64::from(biased(any).low32()),
            Type::I64 => biased(any),
            Type::F32 => special(Prec::F32, any),
            Type::F64 => special(Prec::F64, any),
        };
        self.push(Op::Const(ty, bits))
    }

    /// An integer whose low bits are read at a width.
    fn int(&mut self, width: Width) -> Value {
        let wide = width == Width::W64 || self.coin();
        self.value(if wide { Type::I64 } else { Type::I32 })
    }

    fn width(&mut self) -> Width {
        one_of!(self, Width: W32 W64)
    }

    fn prec(&mut self) -> Prec {
        one_of!(self, Prec: F32 F64)
    }

    fn size(&mut self) -> Size {
        one_of!(self, Size: B1 B2 B4 B8)
    }

    fn sized(&mut self, size: Size) -> Value {
        self.int(if size == Size::B8 { Width::W64 } else { Width::W32 })
    }

    fn compare(&mut self) -> Compare {
        let width = self.width();
        let cond = one_of!(self, Cond: Eq Ne Lt Ge LtU GeU);
        let a = self.int(width);
        let b = if self.one_in(4) { self.push(Op::Const(Type::I64, 0)) } else { self.int(width) };
        if self.one_in(8) { Compare { cond, width, a: b, b: a } } else { Compare { cond, width, a, b } }
    }

    /// A comparison that holds seldom, so that units are run to their ends.
    fn rare(&mut self) -> Compare {
        let compare = self.compare();
        let cond = if self.one_in(8) { compare.cond } else { Cond::Eq };
        Compare { cond, ..compare }
    }

    fn address(&mut self) -> Address {
        if let Some(last) = self.last.filter(|_| !self.one_in(6)) {
            return last;
        }
        let fresh = self.fresh_address();
        self.last = Some(fresh);
        fresh
    }

    fn fresh_address(&mut self) -> Address {
        let narrow = self.one_in(5);
        let Some((start, bytes)) = self.shape.memory else {
            let at = if self.one_in(3) { self.sum() } else { self.value(Type::I64) };
            let any = self.any();
            let offset = if any & 3 == 0 { 0 } else { (any >> 32).low32().cast_signed() >> (any >> 8 & 31) };
            return Address { at, offset, narrow };
        };
        let offset = u64::try_from(self.below(usize::try_from(bytes / 16).unwrap_or(1))).unwrap_or(0) * 8;
        let mask = self.push(Op::Const(Type::I64, bytes / 2 - 8));
        let base = self.push(Op::Const(Type::I64, start));
        let index = self.value(Type::I64);
        let inside = self.push(Op::Bin(Bin::And, Width::W64, index, mask));
        let at = self.push(Op::Bin(Bin::Add, Width::W64, inside, base));
        Address { at, offset: i32::try_from(offset).unwrap_or(0), narrow }
    }

    /// A value and a constant.
    fn sum(&mut self) -> Value {
        let a = self.value(Type::I64);
        let any = self.any();
        let b = self.push(Op::Const(Type::I64, (any >> 32 & 0xfff).wrapping_sub(any & 0x1000)));
        self.push(Op::Bin(Bin::Add, Width::W64, a, b))
    }

    /// What guests without extensions by zeros do for one: to the left and back.
    fn there_and_back(&mut self) -> Op {
        let a = self.value(Type::I64);
        let n = self.pick(&[32, 48, 56, 33]);
        let n = self.push(Op::Const(Type::I64, n));
        let left = self.push(Op::Bin(Bin::Shl, Width::W64, a, n));
        Op::Bin(one_of!(self, Bin: Shr Sar), Width::W64, left, n)
    }

    /// What guests without rotations do for one, and what is nearly one.
    fn rotation(&mut self) -> Op {
        let width = self.width();
        let a = self.int(width);
        let (up, down) = match width {
            Width::W32 => (8, 24),
            Width::W64 => (19, 45),
        };
        let part = |random: &mut Self, op, count| {
            let count = random.push(Op::Const(Type::I64, count));
            let shifted = random.push(Op::Bin(op, width, a, count));
            let signed = !random.one_in(3);
            if width == Width::W64 {
                return shifted;
            }
            random.push(Op::Ext { signed, from: Size::B4, a: shifted })
        };
        let left = part(self, Bin::Shl, up);
        let right = part(self, Bin::Shr, down);
        Op::Bin(one_of!(self, Bin: Or Xor Add), Width::W64, left, right)
    }

    fn op(&mut self) {
        let op = match self.below(36) {
            33..=35 => self.rotation(),
            32 => self.there_and_back(),
            0..=8 => self.bin(),
            9 => self.un(),
            10..=13 => self.extension(),
            14 => Op::Cmp(self.compare()),
            15 => {
                let compare = self.compare();
                Op::Select { compare, yes: self.value(Type::I64), no: self.value(Type::I64) }
            }
            16..=20 => self.set(),
            21..=24 => self.access(),
            25 => self.leaving(),
            26..=29 => self.float(),
            _ => self.bits(),
        };
        self.push(op);
    }

    fn bin(&mut self) -> Op {
        let op = one_of!(self, Bin: Add Add Sub Mul MulHigh MulHighU MulHighSu Div DivU Rem RemU And And Or Xor Andn
            Shl Shl Shr Sar Ror Clmul ClmulHigh);
        let whole = matches!(op, Bin::MulHigh | Bin::MulHighU | Bin::MulHighSu | Bin::Clmul | Bin::ClmulHigh);
        let width = if whole { Width::W64 } else { self.width() };
        let a = self.int(width);
        let b = if self.one_in(8) { a } else { self.int(width) };
        Op::Bin(op, width, a, b)
    }

    fn un(&mut self) -> Op {
        let op = one_of!(self, Un: Clz Ctz Popcnt Bswap OrcB);
        let width = self.width();
        Op::Un(op, width, self.int(width))
    }

    fn extension(&mut self) -> Op {
        let from = one_of!(self, Size: B1 B2 B4 B4);
        Op::Ext { signed: self.coin(), from, a: self.int(Width::W32) }
    }

    fn set(&mut self) -> Op {
        if self.pool.is_empty() {
            return Op::Fence;
        }
        let pool = self.pool.clone();
        let place = self.pick(&pool);
        let value = match self.places.info(place).ty {
            Type::I32 => self.int(Width::W32),
            ty => self.value(ty),
        };
        Op::Set(place, value)
    }

    fn access(&mut self) -> Op {
        let (address, size, prec) = (self.address(), self.size(), self.prec());
        match self.below(10) {
            0..=3 => Op::Load { size, signed: self.coin(), big: self.one_in(4), address },
            4 | 5 => Op::Store { size, big: self.one_in(4), address, value: self.sized(size) },
            6 => Op::LoadF { prec, address },
            7 => {
                let ty = if prec == Prec::F32 && self.coin() { Type::F32 } else { Type::F64 };
                Op::StoreF { prec, address, value: self.value(ty) }
            }
            _ => self.atomic(address),
        }
    }

    fn atomic(&mut self, address: Address) -> Op {
        let size = one_of!(self, Size: B4 B8);
        let offset = address.offset & !7;
        let address = Address { offset, ..address };
        if self.coin() {
            return Op::Cas { size, address, old: self.sized(size), new: self.sized(size) };
        }
        let op = one_of!(self, Rmw: Swap Add And Or Xor Min Max MinU MaxU);
        Op::Rmw { op, size, address, value: self.sized(size) }
    }

    fn leaving(&mut self) -> Op {
        match self.below(6) {
            0 | 1 => Op::Branch(self.rare(), START + (self.any() & 0xffe)),
            2 | 3 => Op::Guard(self.rare()),
            4 if self.shape.interpret => Op::Interpret,
            4 if self.coin() => Op::Call(self.value(Type::I64)),
            4 => Op::Back(self.value(Type::I64)),
            _ if self.coin() => Op::Order,
            _ => Op::Fence,
        }
    }

    fn float(&mut self) -> Op {
        let prec = self.prec();
        let number = |random: &mut Self| random.value(prec.ty());
        match self.below(8) {
            0 | 1 => {
                let op = one_of!(self, FBin: Add Sub Mul Div Min Max);
                Op::FBin(op, prec, number(self), number(self))
            }
            2 => Op::FSqrt(prec, number(self)),
            3 => {
                let (negate_product, negate_addend) = (self.coin(), self.coin());
                let (a, b, c) = (number(self), number(self), number(self));
                Op::Fma { prec, negate_product, negate_addend, a, b, c }
            }
            4 => Op::FCmp(one_of!(self, FCond: Eq Lt Le), prec, number(self), number(self)),
            5 => Op::FConv { from: prec, a: number(self) },
            6 => {
                let round = one_of!(self, Round: Dynamic Nearest Zero Down Up Away);
                let (width, signed) = (self.width(), self.coin());
                Op::FToInt { prec, width, signed, round, a: number(self) }
            }
            _ => {
                let width = self.width();
                Op::IntToF { width, signed: self.coin(), prec, a: self.int(width) }
            }
        }
    }

    fn bits(&mut self) -> Op {
        let prec = self.prec();
        match self.below(6) {
            0 | 1 => Op::Box(self.value(Type::F32)),
            2 | 3 => Op::Unbox(self.value(Type::F64)),
            4 => {
                let op = one_of!(self, FSign: Copy Negate Xor);
                Op::FSign(op, prec, self.value(prec.ty()), self.value(prec.ty()))
            }
            _ => match self.pick(&[Type::I32, Type::I64, Type::F32, Type::F64]) {
                Type::I32 => Op::Bits(Type::I32, self.value(prec.ty())),
                Type::I64 => Op::Bits(Type::I64, self.value(Type::F64)),
                Type::F32 => Op::Bits(Type::F32, self.int(Width::W32)),
                Type::F64 => Op::Bits(Type::F64, self.value(Type::I64)),
            },
        }
    }

    fn end(&mut self) {
        let op = match self.below(3) {
            0 => Op::Jump(START + (self.any() & 0xffe)),
            1 => {
                let hint = one_of!(self, Hint: Jump Call Return);
                Op::Goto(self.value(Type::I64), hint)
            }
            _ => Op::Leave,
        };
        self.push(op);
    }
}
