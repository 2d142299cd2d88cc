//! From a unit to its text.

use super::names::{FUSED, Word};
use crate::ir::{Address, Compare, GuestPlaces, Op, Unit, Value};
use std::fmt::{self, Display, Formatter};

/// The text of a unit, to be displayed.
pub fn print<'a>(unit: &'a Unit, places: &'a GuestPlaces) -> impl Display + 'a {
    Printed { unit, places }
}

struct Printed<'a> {
    unit: &'a Unit,
    places: &'a GuestPlaces,
}

impl Display for Printed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "unit {}", self.places.guest)?;
        for (index, op) in self.unit.ops.iter().enumerate() {
            if let Op::Insn(number) = op {
                match self.unit.insns.get(usize::from(*number)) {
                    Some(at) => writeln!(f, "{:#x} +{}", at.pc, at.len)?,
                    None => writeln!(f, "# instruction {number}, which the unit does not have")?,
                }
                continue;
            }
            f.write_str("  ")?;
            if op.result(self.places).is_some() {
                write!(f, "v{index} = ")?;
            }
            writeln!(f, "{}", Line { op, places: self.places })?;
        }
        Ok(())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.offset {
            0 => write!(f, "[{}]", self.at),
            n if n < 0 => write!(f, "[{} - {}]", self.at, n.unsigned_abs()),
            n => write!(f, "[{} + {n}]", self.at),
        }
    }
}

/// Parameters of a comparison.
struct Relation<'a>(&'a Compare);

impl Display for Relation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Compare { cond, width, a, b } = self.0;
        write!(f, "{}.{} {a}, {b}", cond.word(), width.word())
    }
}

/// `.be` and `.n`, where they hold.
struct Traits(bool, bool);

impl Display for Traits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { ".be" } else { "" })?;
        f.write_str(if self.1 { ".n" } else { "" })
    }
}

fn sign(signed: bool) -> char {
    if signed { 's' } else { 'u' }
}

/// One operation, without what it defines.
struct Line<'a> {
    op: &'a Op,
    places: &'a GuestPlaces,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.op.accesses() {
            self.access(f)
        } else if self.float(f)? {
            Ok(())
        } else {
            self.other(f)
        }
    }
}

impl Line<'_> {
    fn access(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.op {
            Op::Load { size, signed, big, address } => {
                write!(f, "load.{}{}{} {address}", sign(signed), size.word(), Traits(big, address.narrow))
            }
            Op::Store { size, big, address, value } => {
                write!(f, "store.{}{} {address}, {value}", size.word(), Traits(big, address.narrow))
            }
            Op::LoadF { prec, address } => {
                write!(f, "load.{}{} {address}", prec.word(), Traits(false, address.narrow))
            }
            Op::StoreF { prec, address, value } => {
                write!(f, "store.{}{} {address}, {value}", prec.word(), Traits(false, address.narrow))
            }
            Op::Rmw { op, size, address, value } => {
                let traits = Traits(false, address.narrow);
                write!(f, "rmw.{}.{}{traits} {address}, {value}", op.word(), size.word())
            }
            Op::Cas { size, address, old, new } => {
                let traits = Traits(false, address.narrow);
                write!(f, "cas.{}{traits} {address}, {old}, {new}", size.word())
            }
            _ => Ok(()),
        }
    }

    /// Whether the operation is one of floating point, written then.
    fn float(&self, f: &mut Formatter<'_>) -> Result<bool, fmt::Error> {
        match *self.op {
            Op::FBin(op, prec, a, b) => write!(f, "{}.{} {a}, {b}", op.word(), prec.word())?,
            Op::FSqrt(prec, a) => write!(f, "fsqrt.{} {a}", prec.word())?,
            Op::Fma { prec, negate_product, negate_addend, a, b, c } => {
                let name = FUSED.iter().find(|(_, p, s)| (*p, *s) == (negate_product, negate_addend));
                write!(f, "{}.{} {a}, {b}, {c}", name.map_or("?", |(word, ..)| word), prec.word())?;
            }
            Op::FCmp(cond, prec, a, b) => write!(f, "{}.{} {a}, {b}", cond.word(), prec.word())?,
            Op::FSign(op, prec, a, b) => write!(f, "fsign.{}.{} {a}, {b}", op.word(), prec.word())?,
            Op::FConv { from, a } => write!(f, "fconv.{} {a}", from.word())?,
            Op::FToInt { prec, width, signed, round, a } => {
                let (prec, width, round) = (prec.word(), width.word(), round.word());
                write!(f, "ftoint.{prec}.{}{width}.{round} {a}", sign(signed))?;
            }
            Op::IntToF { width, signed, prec, a } => {
                write!(f, "inttof.{}{}.{} {a}", sign(signed), width.word(), prec.word())?;
            }
            Op::Bits(ty, a) => write!(f, "bits.{} {a}", ty.word())?,
            Op::Box(a) => write!(f, "box {a}")?,
            Op::Unbox(a) => write!(f, "unbox {a}")?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn other(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.op {
            Op::Const(ty, bits) => write!(f, "const.{} {bits:#x}", ty.word()),
            Op::Get(place) => write!(f, "get {}", self.places.info(place).name),
            Op::Set(place, a) => write!(f, "set {}, {a}", self.places.info(place).name),
            Op::Bin(op, width, a, b) => write!(f, "{}.{} {a}, {b}", op.word(), width.word()),
            Op::Un(op, width, a) => write!(f, "{}.{} {a}", op.word(), width.word()),
            Op::Ext { signed, from, a } => write!(f, "ext.{}{} {a}", sign(signed), from.word()),
            Op::Cmp(compare) => write!(f, "cmp.{}", Relation(&compare)),
            Op::Select { compare, yes, no } => write!(f, "select.{}, {yes}, {no}", Relation(&compare)),
            Op::Fence => f.write_str("fence"),
            Op::Order => f.write_str("order"),
            Op::Branch(compare, pc) => write!(f, "branch.{} -> {pc:#x}", Relation(&compare)),
            Op::Guard(compare) => write!(f, "guard.{}", Relation(&compare)),
            Op::Interpret => f.write_str("interpret"),
            Op::Call(a) => write!(f, "call {a}"),
            Op::Back(a) => write!(f, "back {a}"),
            Op::Jump(pc) => write!(f, "jump {pc:#x}"),
            Op::Goto(a, hint) => write!(f, "goto.{} {a}", hint.word()),
            Op::Leave => f.write_str("leave"),
            _ => Ok(()),
        }
    }
}
