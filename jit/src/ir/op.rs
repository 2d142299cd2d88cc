//! What can be asked of an operation.

use super::{Compare, GuestPlaces, Op, Prec, Type, Value};

impl Op {
    /// Whether the operation defines a value, and its type. `places` tells the types of places.
    pub fn result(&self, places: &GuestPlaces) -> Option<Type> {
        Some(match *self {
            Self::Const(ty, _) | Self::Bits(ty, _) => ty,
            Self::Get(place) => places.info(place).ty,
            Self::Bin(_, width, ..) | Self::Un(_, width, _) => width.int(),
            Self::Ext { .. }
            | Self::Cmp(_)
            | Self::Select { .. }
            | Self::Load { .. }
            | Self::Rmw { .. }
            | Self::Cas { .. }
            | Self::FCmp(..)
            | Self::FToInt { .. } => Type::I64,
            Self::LoadF { prec, .. }
            | Self::FBin(_, prec, ..)
            | Self::FSqrt(prec, _)
            | Self::Fma { prec, .. }
            | Self::FSign(_, prec, ..)
            | Self::IntToF { prec, .. } => prec.ty(),
            Self::FConv { from: Prec::F32, .. } | Self::Box(_) => Type::F64,
            Self::FConv { from: Prec::F64, .. } | Self::Unbox(_) => Type::F32,
            Self::Insn(_)
            | Self::Set(..)
            | Self::Store { .. }
            | Self::StoreF { .. }
            | Self::Fence
            | Self::Order
            | Self::Branch(..)
            | Self::Guard(_)
            | Self::Interpret
            | Self::Call(_)
            | Self::Back(_)
            | Self::Jump(_)
            | Self::Goto(..)
            | Self::Leave => return None,
        })
    }

    /// Calls `each` with every value the operation uses, in the order of its text; `each` may replace it.
    #[inline]
    pub fn operands(&mut self, mut each: impl FnMut(&mut Value)) {
        match self {
            Self::Set(_, a)
            | Self::Un(_, _, a)
            | Self::Ext { a, .. }
            | Self::FSqrt(_, a)
            | Self::FConv { a, .. }
            | Self::FToInt { a, .. }
            | Self::IntToF { a, .. }
            | Self::Bits(_, a)
            | Self::Box(a)
            | Self::Unbox(a)
            | Self::Call(a)
            | Self::Back(a)
            | Self::Goto(a, _) => each(a),
            Self::Bin(_, _, a, b)
            | Self::FBin(_, _, a, b)
            | Self::FCmp(_, _, a, b)
            | Self::FSign(_, _, a, b) => {
                each(a);
                each(b);
            }
            Self::Cmp(Compare { a, b, .. })
            | Self::Branch(Compare { a, b, .. }, _)
            | Self::Guard(Compare { a, b, .. }) => {
                each(a);
                each(b);
            }
            Self::Select { compare: Compare { a, b, .. }, yes, no } => {
                each(a);
                each(b);
                each(yes);
                each(no);
            }
            Self::Load { address, .. } | Self::LoadF { address, .. } => each(&mut address.at),
            Self::Store { address, value, .. }
            | Self::StoreF { address, value, .. }
            | Self::Rmw { address, value, .. } => {
                each(&mut address.at);
                each(value);
            }
            Self::Cas { address, old, new, .. } => {
                each(&mut address.at);
                each(old);
                each(new);
            }
            Self::Fma { a, b, c, .. } => {
                each(a);
                each(b);
                each(c);
            }
            Self::Insn(_)
            | Self::Const(..)
            | Self::Get(_)
            | Self::Fence
            | Self::Order
            | Self::Interpret
            | Self::Jump(_)
            | Self::Leave => {}
        }
    }

    /// Calls `each` with every value the operation uses.
    pub fn uses(&self, mut each: impl FnMut(Value)) {
        let mut copy = *self;
        copy.operands(|value| each(*value));
    }

    /// Whether control may leave the unit here: an access that may fault, a branch, a guard, an end. Every place
    /// must then be up to date.
    pub const fn may_leave(&self) -> bool {
        self.accesses()
            || self.ends()
            || self.may_be_handled()
            || matches!(self, Self::Branch(..) | Self::Guard(_) | Self::Interpret)
    }

    /// Whether host code may leave to the interpreter because the host's instruction does not say all that the
    /// guest's must: a conversion between integers and numbers, or a NaN from a fused operation.
    pub const fn may_be_handled(&self) -> bool {
        matches!(self, Self::Fma { .. } | Self::FToInt { .. } | Self::IntToF { .. })
    }

    /// Whether the operation touches guest memory.
    pub const fn accesses(&self) -> bool {
        matches!(
            self,
            Self::Load { .. }
                | Self::Store { .. }
                | Self::LoadF { .. }
                | Self::StoreF { .. }
                | Self::Rmw { .. }
                | Self::Cas { .. }
        )
    }

    /// Whether the operation may accrue floating-point exceptions, and so touches what
    /// [`GuestPlaces::float`] names.
    pub const fn accrues(&self) -> bool {
        matches!(
            self,
            Self::FBin(..)
                | Self::FSqrt(..)
                | Self::Fma { .. }
                | Self::FCmp(..)
                | Self::FConv { .. }
                | Self::FToInt { .. }
                | Self::IntToF { .. }
        )
    }

    /// Whether the operation ends the unit.
    pub const fn ends(&self) -> bool {
        matches!(self, Self::Jump(_) | Self::Goto(..) | Self::Leave)
    }

    /// Whether the operation does nothing but define its value, so that it may go when nobody uses that. What
    /// accrues floating-point exception flags is not pure.
    pub const fn pure(&self) -> bool {
        matches!(
            self,
            Self::Const(..)
                | Self::Get(_)
                | Self::Bin(..)
                | Self::Un(..)
                | Self::Ext { .. }
                | Self::Cmp(_)
                | Self::Select { .. }
                | Self::FSign(..)
                | Self::Bits(..)
                | Self::Box(_)
                | Self::Unbox(_)
        )
    }
}
