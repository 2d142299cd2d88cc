//! The checker: what every unit keeps to, whoever made it. It runs after every pass in tests.

use super::{Address, Bin, Compare, GuestPlaces, Op, Place, Prec, Size, Type, Unit, Value, Width};

/// A unit that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("operation {op}: {flaw}")]
pub struct CheckError {
    /// The operation's index.
    pub op: usize,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it all")]
pub enum Flaw {
    #[error("a unit begins with its first guest instruction")]
    NoBeginning,
    #[error("guest instruction {found} comes where {expected} is due")]
    Order { expected: usize, found: usize },
    #[error("the unit has {insns} guest instructions, of which operations name {named}")]
    Insns { insns: usize, named: usize },
    #[error("v{0} is not defined before it is used")]
    Undefined(u32),
    #[error("v{value} is of type {found:?}, which is not {wanted}")]
    Type { value: u32, found: Type, wanted: &'static str },
    #[error("the guest has no place {0}")]
    Place(u8),
    #[error("a constant of 32 bits has zeros above them")]
    Wide,
    #[error("it has no form of 32 bits")]
    Narrow,
    #[error("nothing is extended from 64 bits")]
    Extension,
    #[error("atomic accesses have four or eight bytes")]
    Size,
    #[error("operations follow the end of the unit")]
    EarlyEnd,
    #[error("the last operation does not end the unit")]
    NoEnd,
}

/// Checks a unit.
///
/// # Errors
/// The first operation that breaks a rule of [`crate::ir`], and which.
pub fn check(unit: &Unit, places: &GuestPlaces) -> Result<(), CheckError> {
    let mut checker = Checker { places, types: Vec::with_capacity(unit.ops.len()), named: 0 };
    let last = unit.ops.len().wrapping_sub(1);
    for (index, op) in unit.ops.iter().enumerate() {
        checker.op(op).map_err(|flaw| CheckError { op: index, flaw })?;
        if op.ends() != (index == last) {
            let flaw = if op.ends() { Flaw::EarlyEnd } else { Flaw::NoEnd };
            return Err(CheckError { op: index, flaw });
        }
        checker.types.push(op.result(places));
    }
    if checker.named == 0 {
        return Err(CheckError { op: 0, flaw: Flaw::NoBeginning });
    }
    let (insns, named) = (unit.insns.len(), checker.named);
    if insns == named { Ok(()) } else { Err(CheckError { op: last, flaw: Flaw::Insns { insns, named } }) }
}

struct Checker<'a> {
    places: &'a GuestPlaces,
    /// What each operation so far defines.
    types: Vec<Option<Type>>,
    /// Guest instructions that have been named.
    named: usize,
}

impl Checker<'_> {
    fn op(&mut self, op: &Op) -> Result<(), Flaw> {
        if self.named == 0 && !matches!(op, Op::Insn(_)) {
            return Err(Flaw::NoBeginning);
        }
        if op.accesses() { self.access(op) } else { self.other(op) }
    }

    fn other(&mut self, op: &Op) -> Result<(), Flaw> {
        match *op {
            Op::Insn(number) => {
                let (expected, found) = (self.named, usize::from(number));
                self.named += 1;
                if expected == found { Ok(()) } else { Err(Flaw::Order { expected, found }) }
            }
            Op::Const(Type::I32 | Type::F32, bits) if bits >> 32 != 0 => Err(Flaw::Wide),
            Op::Get(place) => self.place(place).map(|_| ()),
            Op::Set(place, a) => match self.place(place)? {
                Type::I32 => self.int(Width::W32, a),
                ty => self.exactly(ty, a),
            },
            Op::Bin(op, width, a, b) => self.bin(op, width, a, b),
            Op::Un(_, width, a) | Op::IntToF { width, a, .. } => self.int(width, a),
            Op::Ext { from: Size::B8, .. } => Err(Flaw::Extension),
            Op::Ext { a, .. } => self.int(Width::W32, a),
            Op::Cmp(compare) | Op::Branch(compare, _) | Op::Guard(compare) => self.compare(compare),
            Op::Select { compare, yes, no } => {
                self.compare(compare)?;
                self.int(Width::W64, yes)?;
                self.int(Width::W64, no)
            }
            Op::FBin(_, prec, a, b) | Op::FCmp(_, prec, a, b) | Op::FSign(_, prec, a, b) => {
                self.exactly(prec.ty(), a)?;
                self.exactly(prec.ty(), b)
            }
            Op::Fma { prec, a, b, c, .. } => [a, b, c].iter().try_for_each(|v| self.exactly(prec.ty(), *v)),
            Op::FSqrt(prec, a) | Op::FConv { from: prec, a } | Op::FToInt { prec, a, .. } => {
                self.exactly(prec.ty(), a)
            }
            Op::Bits(Type::I64, a) | Op::Unbox(a) => self.exactly(Type::F64, a),
            Op::Bits(Type::F64, a) | Op::Call(a) | Op::Back(a) | Op::Goto(a, _) => self.int(Width::W64, a),
            Op::Bits(Type::I32, a) => self.float(a),
            Op::Bits(Type::F32, a) => self.int(Width::W32, a),
            Op::Box(a) => self.exactly(Type::F32, a),
            _ => Ok(()),
        }
    }

    fn access(&self, op: &Op) -> Result<(), Flaw> {
        match *op {
            Op::Load { address, .. } | Op::LoadF { address, .. } => self.address(address),
            Op::Store { size, address, value, .. } => {
                self.address(address)?;
                self.sized(size, value)
            }
            Op::StoreF { prec, address, value } => {
                self.address(address)?;
                if prec == Prec::F32 { self.float(value) } else { self.exactly(Type::F64, value) }
            }
            Op::Rmw { size, address, value, .. } => {
                self.address(address)?;
                self.atomic(size, value)
            }
            Op::Cas { size, address, old, new } => {
                self.address(address)?;
                self.atomic(size, old)?;
                self.atomic(size, new)
            }
            _ => Ok(()),
        }
    }

    fn bin(&self, op: Bin, width: Width, a: Value, b: Value) -> Result<(), Flaw> {
        let whole = matches!(op, Bin::MulHigh | Bin::MulHighU | Bin::MulHighSu | Bin::Clmul | Bin::ClmulHigh);
        if whole && width == Width::W32 {
            return Err(Flaw::Narrow);
        }
        self.int(width, a)?;
        // Of a count the lowest six bits are read at most.
        let count = matches!(op, Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror);
        self.int(if count { Width::W32 } else { width }, b)
    }

    fn compare(&self, compare: Compare) -> Result<(), Flaw> {
        self.int(compare.width, compare.a)?;
        self.int(compare.width, compare.b)
    }

    fn address(&self, address: Address) -> Result<(), Flaw> {
        self.int(Width::W64, address.at)
    }

    fn atomic(&self, size: Size, value: Value) -> Result<(), Flaw> {
        if size < Size::B4 { Err(Flaw::Size) } else { self.sized(size, value) }
    }

    fn sized(&self, size: Size, value: Value) -> Result<(), Flaw> {
        self.int(if size == Size::B8 { Width::W64 } else { Width::W32 }, value)
    }

    fn place(&self, place: Place) -> Result<Type, Flaw> {
        self.places.infos.get(usize::from(place.0)).map(|info| info.ty).ok_or(Flaw::Place(place.0))
    }

    fn of(&self, value: Value) -> Result<Type, Flaw> {
        self.types.get(value.index()).copied().flatten().ok_or(Flaw::Undefined(value.0))
    }

    /// An integer of `width` bits or more.
    fn int(&self, width: Width, value: Value) -> Result<(), Flaw> {
        match (self.of(value)?, width) {
            (Type::I64, _) | (Type::I32, Width::W32) => Ok(()),
            (found, Width::W32) => Err(Flaw::Type { value: value.0, found, wanted: "an integer" }),
            (found, Width::W64) => Err(Flaw::Type { value: value.0, found, wanted: "an integer of 64 bits" }),
        }
    }

    /// A number of either format.
    fn float(&self, value: Value) -> Result<(), Flaw> {
        match self.of(value)? {
            Type::F32 | Type::F64 => Ok(()),
            found => Err(Flaw::Type { value: value.0, found, wanted: "a floating-point number" }),
        }
    }

    fn exactly(&self, ty: Type, value: Value) -> Result<(), Flaw> {
        let found = self.of(value)?;
        let wanted = match ty {
            Type::I32 => "I32",
            Type::I64 => "I64",
            Type::F32 => "F32",
            Type::F64 => "F64",
        };
        if found == ty { Ok(()) } else { Err(Flaw::Type { value: value.0, found, wanted }) }
    }
}
