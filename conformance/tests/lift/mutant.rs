//! Ways to make a unit wrong, one operation at a time.

use jit::ir::{
    Address, Bin, Compare, Cond, FBin, FCond, FSign, GuestPlaces, Op, Place, Prec, Rmw, Round, Size, Type,
    Un, Unit, Value, Width, check,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// A unit that is wrong.
pub struct Mutant {
    /// The rule that made it, and how many operations before it in the unit the rule applies to.
    pub key: (&'static str, usize),
    /// The operation and what it became.
    pub told: String,
    /// The unit.
    pub unit: Unit,
}

/// Every mutant of a unit. What nobody uses is left as it is.
pub fn mutants(unit: &Unit) -> Vec<Mutant> {
    let made = wrongs(unit, 0..unit.ops.len()).into_iter().map(|(key, index, wrong)| {
        let mut unit = unit.clone();
        let op = std::mem::replace(&mut unit.ops[index], wrong);
        Mutant { key, told: format!("{op:?} → {wrong:?}"), unit }
    });
    made.collect()
}

/// Makes instruction `number` of a unit wrong as `key` says; false where that is not possible.
pub fn spoil(unit: &mut Unit, number: usize, key: (&'static str, usize), places: &GuestPlaces) -> bool {
    let mut marks = unit.ops.iter().enumerate().filter(|(_, op)| matches!(op, Op::Insn(_))).map(|(at, _)| at);
    let Some(start) = marks.nth(number) else { return false };
    let end = marks.next().unwrap_or(unit.ops.len());
    let all = wrongs(unit, start..end);
    let Some((_, index, wrong)) = all.into_iter().find(|(k, ..)| *k == key) else { return false };
    let right = std::mem::replace(&mut unit.ops[index], wrong);
    if check(unit, places).is_err() {
        unit.ops[index] = right;
        return false;
    }
    true
}

/// The wrong operations for those of a range: the key and the place of each.
fn wrongs(unit: &Unit, range: Range<usize>) -> Vec<((&'static str, usize), usize, Op)> {
    let mut used = vec![false; unit.ops.len()];
    unit.ops.iter().for_each(|op| op.uses(|value| used[value.index()] = true));
    let mut count: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut made = vec![];
    for index in range.filter(|index| used[*index] || !unit.ops[*index].pure()) {
        for (rule, wrong) in wrong(&unit.ops[index]) {
            let nth = count.entry(rule).or_insert(0);
            made.push(((rule, *nth), index, wrong));
            *nth += 1;
        }
    }
    made
}

type Wrong = Vec<(&'static str, Op)>;

fn wrong(op: &Op) -> Wrong {
    match *op {
        Op::Const(ty, bits) => vec![("constant", Op::Const(ty, bits ^ 1))],
        Op::Get(place) => vec![("source", Op::Get(Place(place.0 ^ 1)))],
        Op::Set(place, a) => vec![("target", Op::Set(Place(place.0 ^ 1), a))],
        Op::Bin(op, width, a, b) => bin(op, width, a, b),
        Op::Un(op, width, a) => vec![("unary", Op::Un(un(op), width, a))],
        Op::Ext { signed, from, a } => vec![
            ("extension's sign", Op::Ext { signed: !signed, from, a }),
            ("extension's size", Op::Ext { signed, from: other_size(from), a }),
        ],
        Op::Cmp(c) => compares(c).map(|(rule, c)| (rule, Op::Cmp(c))).to_vec(),
        Op::Branch(c, to) => {
            let mut all = compares(c).map(|(rule, c)| (rule, Op::Branch(c, to))).to_vec();
            all.push(("branch target", Op::Branch(c, to ^ 2)));
            all
        }
        Op::Guard(c) => vec![("guard", Op::Guard(Compare { cond: opposite(c.cond), ..c }))],
        Op::Select { compare, yes, no } => {
            let with = |(rule, compare)| (rule, Op::Select { compare, yes, no });
            let mut all = compares(compare).map(with).to_vec();
            all.push(("choices", Op::Select { compare, yes: no, no: yes }));
            all
        }
        Op::Jump(to) => vec![("jump", Op::Jump(to ^ 2))],
        _ if op.accesses() => access(op),
        _ => float(op),
    }
}

fn bin(op: Bin, width: Width, a: Value, b: Value) -> Wrong {
    let other = match op {
        Bin::Add => Bin::Sub,
        Bin::Sub | Bin::Mul => Bin::Add,
        Bin::MulHigh => Bin::MulHighU,
        Bin::MulHighU | Bin::ClmulHigh => Bin::MulHighSu,
        Bin::MulHighSu => Bin::MulHigh,
        Bin::Div => Bin::DivU,
        Bin::DivU => Bin::Div,
        Bin::Rem => Bin::RemU,
        Bin::RemU => Bin::Rem,
        Bin::And | Bin::Xor => Bin::Or,
        Bin::Or | Bin::Andn => Bin::And,
        Bin::Shl | Bin::Sar | Bin::Ror => Bin::Shr,
        Bin::Shr => Bin::Sar,
        Bin::Clmul => Bin::Mul,
    };
    let mut all = vec![("operation", Op::Bin(other, width, a, b))];
    let same_back = matches!(
        op,
        Bin::Add
            | Bin::Mul
            | Bin::MulHigh
            | Bin::MulHighU
            | Bin::And
            | Bin::Or
            | Bin::Xor
            | Bin::Clmul
            | Bin::ClmulHigh
    );
    if !same_back {
        all.push(("operands", Op::Bin(op, width, b, a)));
    }
    if matches!(op, Bin::Shr | Bin::Ror) && width == Width::W32 {
        all.push(("width", Op::Bin(op, Width::W64, a, b)));
    }
    all
}

fn un(op: Un) -> Un {
    match op {
        Un::Clz => Un::Ctz,
        Un::Ctz => Un::Popcnt,
        Un::Popcnt => Un::Clz,
        Un::Bswap => Un::OrcB,
        Un::OrcB => Un::Bswap,
    }
}

fn other_size(size: Size) -> Size {
    match size {
        Size::B1 | Size::B4 => Size::B2,
        Size::B2 => Size::B1,
        Size::B8 => Size::B4,
    }
}

fn opposite(cond: Cond) -> Cond {
    match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::Lt => Cond::Ge,
        Cond::Ge => Cond::Lt,
        Cond::LtU => Cond::GeU,
        Cond::GeU => Cond::LtU,
    }
}

fn compares(c: Compare) -> [(&'static str, Compare); 2] {
    let sign = match c.cond {
        Cond::Eq => Cond::GeU,
        Cond::Ne => Cond::LtU,
        Cond::Lt => Cond::LtU,
        Cond::Ge => Cond::GeU,
        Cond::LtU => Cond::Lt,
        Cond::GeU => Cond::Ge,
    };
    [
        ("condition", Compare { cond: opposite(c.cond), ..c }),
        ("condition's kind", Compare { cond: sign, ..c }),
    ]
}

fn access(op: &Op) -> Wrong {
    let moved = |address: Address| Address { offset: address.offset ^ 1, ..address };
    let wider = |address: Address| Address { narrow: !address.narrow, ..address };
    match *op {
        Op::Load { size, signed, big, address } => {
            let mut all = vec![
                ("load's place", Op::Load { size, signed, big, address: moved(address) }),
                ("load's width of address", Op::Load { size, signed, big, address: wider(address) }),
                ("load's size", Op::Load { size: other_size(size), signed, big, address }),
            ];
            if size != Size::B1 {
                all.push(("load's order", Op::Load { size, signed, big: !big, address }));
            }
            if size != Size::B8 {
                all.push(("load's sign", Op::Load { size, signed: !signed, big, address }));
            }
            all
        }
        Op::Store { size, big, address, value } => vec![
            ("store's place", Op::Store { size, big, address: moved(address), value }),
            ("store's width of address", Op::Store { size, big, address: wider(address), value }),
            ("store's size", Op::Store { size: other_size(size), big, address, value }),
        ],
        Op::LoadF { prec, address } => vec![
            ("load's place", Op::LoadF { prec, address: moved(address) }),
            ("load's width of address", Op::LoadF { prec, address: wider(address) }),
        ],
        Op::StoreF { prec, address, value } => vec![
            ("store's place", Op::StoreF { prec, address: moved(address), value }),
            ("store's width of address", Op::StoreF { prec, address: wider(address), value }),
            ("store's format", Op::StoreF { prec: other_prec(prec), address, value }),
        ],
        Op::Rmw { op, size, address, value } => vec![
            ("change", Op::Rmw { op: rmw(op), size, address, value }),
            ("change's width of address", Op::Rmw { op, size, address: wider(address), value }),
        ],
        Op::Cas { size, address, old, new } => vec![
            ("exchange", Op::Cas { size, address, old: new, new: old }),
            ("exchange's width of address", Op::Cas { size, address: wider(address), old, new }),
        ],
        _ => vec![],
    }
}

fn rmw(op: Rmw) -> Rmw {
    match op {
        Rmw::Swap => Rmw::Add,
        Rmw::Add | Rmw::Xor => Rmw::Or,
        Rmw::And => Rmw::Swap,
        Rmw::Or => Rmw::Xor,
        Rmw::Min => Rmw::MinU,
        Rmw::Max => Rmw::MaxU,
        Rmw::MinU => Rmw::Min,
        Rmw::MaxU => Rmw::Max,
    }
}

fn other_prec(prec: Prec) -> Prec {
    match prec {
        Prec::F32 => Prec::F64,
        Prec::F64 => Prec::F32,
    }
}

fn float(op: &Op) -> Wrong {
    match *op {
        Op::FBin(op, prec, a, b) => {
            let other = match op {
                FBin::Add => FBin::Sub,
                FBin::Sub | FBin::Mul | FBin::Div => FBin::Add,
                FBin::Min => FBin::Max,
                FBin::Max => FBin::Min,
            };
            vec![("operation", Op::FBin(other, prec, a, b))]
        }
        Op::FSqrt(prec, a) => vec![("operation", Op::FBin(FBin::Mul, prec, a, a))],
        Op::Fma { prec, negate_product, negate_addend, a, b, c } => vec![
            ("product", Op::Fma { prec, negate_product: !negate_product, negate_addend, a, b, c }),
            ("addend", Op::Fma { prec, negate_product, negate_addend: !negate_addend, a, b, c }),
            ("operands", Op::Fma { prec, negate_product, negate_addend, a: c, b, c: a }),
        ],
        Op::FCmp(cond, prec, a, b) => {
            let other = match cond {
                FCond::Eq => FCond::Le,
                FCond::Lt => FCond::Le,
                FCond::Le => FCond::Lt,
            };
            vec![("condition", Op::FCmp(other, prec, a, b))]
        }
        Op::FSign(op, prec, a, b) => {
            let other = match op {
                FSign::Copy => FSign::Negate,
                FSign::Negate => FSign::Xor,
                FSign::Xor => FSign::Copy,
            };
            vec![("sign", Op::FSign(other, prec, a, b)), ("operands", Op::FSign(op, prec, b, a))]
        }
        Op::FToInt { prec, width, signed, round, a } => {
            let other = if round == Round::Zero { Round::Nearest } else { Round::Zero };
            vec![
                ("rounding", Op::FToInt { prec, width, signed, round: other, a }),
                ("integer's sign", Op::FToInt { prec, width, signed: !signed, round, a }),
                ("integer's width", Op::FToInt { prec, width: other_width(width), signed, round, a }),
            ]
        }
        Op::IntToF { width, signed, prec, a } => vec![
            ("integer's sign", Op::IntToF { width, signed: !signed, prec, a }),
            ("integer's width", Op::IntToF { width: other_width(width), signed, prec, a }),
        ],
        Op::Box(a) => vec![("boxing", Op::Bits(Type::F64, a))],
        Op::Unbox(a) => vec![("unboxing", Op::Bits(Type::F32, a))],
        _ => vec![],
    }
}

fn other_width(width: Width) -> Width {
    match width {
        Width::W32 => Width::W64,
        Width::W64 => Width::W32,
    }
}
