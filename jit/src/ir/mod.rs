//! The intermediate representation between lifts and host code.
//!
//! A [`Unit`] is the translation of a run of guest instructions: one entry, straight-line operations
//! with side exits, one end. Values are in single assignment: a [`Value`] is the index of the operation
//! that defines it, and an operation uses only values defined before it.
//!
//! Guest registers are *places*. [`Op::Get`] reads one and [`Op::Set`] writes one; at every operation that
//! may leave the unit ([`Op::may_leave`]) the places hold what the guest's manual says they hold before the
//! guest instruction the operation belongs to, for a side exit by branch or an end: after it.
//!
//! An integer operation states the width it works in. Operands may be wider than that: their low bits are
//! read. A result of 32 bits has an unspecified upper half, so it may not be used where 64 bits are read;
//! [`Op::Ext`] makes it whole.

mod build;
mod check;
pub mod eval;
mod op;
mod place;
pub mod random;
pub mod text;

pub use build::Builder;
pub use check::{CheckError, Flaw, check};
pub use place::{FloatPlaces, GuestPlaces, Place, PlaceInfo};

/// What an operation defines: its index in [`Unit::ops`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Value(pub u32);

impl Value {
    /// As an index into [`Unit::ops`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// An integer of 32 bits; the host register's upper half is unspecified.
    I32,
    /// An integer of 64 bits.
    I64,
    /// A binary32 number.
    F32,
    /// A binary64 number, or any 64 bits of a floating-point register.
    F64,
}

/// The width an integer operation works in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 32 bits.
    W32,
    /// 64 bits.
    W64,
}

impl Width {
    /// In bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }
    /// The type of a result of this width.
    pub const fn int(self) -> Type {
        match self {
            Self::W32 => Type::I32,
            Self::W64 => Type::I64,
        }
    }
}

/// A floating-point format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prec {
    /// binary32.
    F32,
    /// binary64.
    F64,
}

impl Prec {
    /// The type of a number of this format.
    pub const fn ty(self) -> Type {
        match self {
            Self::F32 => Type::F32,
            Self::F64 => Type::F64,
        }
    }
}

/// Bytes of an access to guest memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Size {
    /// One byte.
    B1,
    /// Two bytes.
    B2,
    /// Four bytes.
    B4,
    /// Eight bytes.
    B8,
}

impl Size {
    /// In bytes.
    pub const fn bytes(self) -> u64 {
        1 << self as u64
    }
    /// In bits.
    pub const fn bits(self) -> u32 {
        8 << self as u32
    }
}

/// Where an access goes: the address is `at + offset`, modulo 2^32 where `narrow`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// The base, an integer of 64 bits.
    pub at: Value,
    /// Added to it.
    pub offset: i32,
    /// Whether guest addresses have 32 bits.
    pub narrow: bool,
}

/// Integer operations of two operands. Shifts and rotations take the count modulo the width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bin {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Low half of the product.
    Mul,
    /// High half of the product of signed numbers; 64 bits only, as the next two.
    MulHigh,
    /// High half of the product of unsigned numbers.
    MulHighU,
    /// High half of the product of a signed and an unsigned number.
    MulHighSu,
    /// Signed quotient, toward zero; all ones by zero, the dividend where it overflows.
    Div,
    /// Unsigned quotient; all ones by zero.
    DivU,
    /// Signed remainder; the dividend by zero, zero where the quotient overflows.
    Rem,
    /// Unsigned remainder; the dividend by zero.
    RemU,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// `a & !b`.
    Andn,
    /// Shift to the left.
    Shl,
    /// Shift to the right, zeros from the left.
    Shr,
    /// Shift to the right, copies of the sign from the left.
    Sar,
    /// Rotation to the right.
    Ror,
    /// Low half of the carry-less product; 64 bits only, as the next.
    Clmul,
    /// High half of the carry-less product.
    ClmulHigh,
}

/// Integer operations of one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Un {
    /// Zeros above the highest one; the width for zero.
    Clz,
    /// Zeros below the lowest one; the width for zero.
    Ctz,
    /// Ones.
    Popcnt,
    /// The bytes in reverse.
    Bswap,
    /// All ones in each byte that is not zero.
    OrcB,
}

/// An integer comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cond {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Signed less.
    Lt,
    /// Signed greater or equal.
    Ge,
    /// Unsigned less.
    LtU,
    /// Unsigned greater or equal.
    GeU,
}

/// `a cond b` at a width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compare {
    /// The relation.
    pub cond: Cond,
    /// The width of the comparison.
    pub width: Width,
    /// The left operand.
    pub a: Value,
    /// The right operand.
    pub b: Value,
}

/// What an atomic operation leaves in memory, of what was there and its operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rmw {
    /// The operand.
    Swap,
    /// The sum.
    Add,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// The lesser, signed.
    Min,
    /// The greater, signed.
    Max,
    /// The lesser, unsigned.
    MinU,
    /// The greater, unsigned.
    MaxU,
}

/// Rounding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// As the guest's control register says. Units run only while that is one of the host's four modes.
    Dynamic,
    /// To nearest, ties to even.
    Nearest,
    /// Toward zero.
    Zero,
    /// Toward minus infinity.
    Down,
    /// Toward plus infinity.
    Up,
    /// To nearest, ties away from zero.
    Away,
}

/// Floating-point operations of two operands, rounded dynamically. A NaN result is the canonical NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FBin {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// The lesser, −0 below +0; of a NaN and a number, the number. [IEEE 754-2019 minimumNumber]
    Min,
    /// The greater, by the same rules.
    Max,
}

/// A floating-point comparison; false where an operand is a NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FCond {
    /// Equal; invalid for a signalling NaN only.
    Eq,
    /// Less; invalid for any NaN.
    Lt,
    /// Less or equal; invalid for any NaN.
    Le,
}

/// What becomes of a sign: the magnitude of the first operand with …
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FSign {
    /// … the second's sign.
    Copy,
    /// … the opposite of the second's sign.
    Negate,
    /// … the signs' exclusive or.
    Xor,
}

/// What an indirect jump is to the guest's program, so that returns can be foretold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// Neither of the others.
    Jump,
    /// A call: it comes back behind itself.
    Call,
    /// A return.
    Return,
}

/// One operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// The following operations belong to this guest instruction of the unit.
    Insn(u8),
    /// A constant; the upper half is zero for 32 bits.
    Const(Type, u64),
    /// Reads a place.
    Get(Place),
    /// Writes a place.
    Set(Place, Value),
    /// An integer operation of two operands.
    Bin(Bin, Width, Value, Value),
    /// An integer operation of one operand.
    Un(Un, Width, Value),
    /// The low bits of an integer (8, 16 or 32 of them), extended to 64.
    Ext {
        /// By copies of the sign, or by zeros.
        signed: bool,
        /// How many are kept: never [`Size::B8`].
        from: Size,
        /// The integer.
        a: Value,
    },
    /// One where the comparison holds, else zero; 64 bits.
    Cmp(Compare),
    /// One of two integers of 64 bits.
    Select {
        /// Which.
        compare: Compare,
        /// Where it holds.
        yes: Value,
        /// Where it does not.
        no: Value,
    },
    /// Reads guest memory; the result has 64 bits.
    Load {
        /// How many bytes.
        size: Size,
        /// Whether they are extended by copies of the sign, or by zeros.
        signed: bool,
        /// Whether the most significant byte comes first.
        big: bool,
        /// Where.
        address: Address,
    },
    /// Writes the low bytes of an integer to guest memory.
    Store {
        /// How many bytes.
        size: Size,
        /// Whether the most significant byte comes first.
        big: bool,
        /// Where.
        address: Address,
        /// The integer.
        value: Value,
    },
    /// Reads a number from guest memory, least significant byte first.
    LoadF {
        /// Its format.
        prec: Prec,
        /// Where.
        address: Address,
    },
    /// Writes a number to guest memory; for F32 the low half of what it is given.
    StoreF {
        /// Its format.
        prec: Prec,
        /// Where.
        address: Address,
        /// F64 (whose low half is written as F32), or of the format.
        value: Value,
    },
    /// An atomic read, change and write, in sequentially consistent order; what was read, sign-extended. The
    /// address is aligned: a guard comes before.
    Rmw {
        /// The change.
        op: Rmw,
        /// Four or eight bytes.
        size: Size,
        /// Where.
        address: Address,
        /// The operand.
        value: Value,
    },
    /// Atomically writes `new` where memory holds `old`; what was read, sign-extended. Aligned, as above.
    Cas {
        /// Four or eight bytes.
        size: Size,
        /// Where.
        address: Address,
        /// Expected.
        old: Value,
        /// Written.
        new: Value,
    },
    /// Orders all earlier accesses before all later ones.
    Fence,
    /// Orders all earlier accesses before all later ones, but stores before loads. The host does so by itself; the passes
    /// must not undo it.
    Order,
    /// A floating-point operation of two operands.
    FBin(FBin, Prec, Value, Value),
    /// Square root.
    FSqrt(Prec, Value),
    /// `± a × b ± c` in one rounding.
    Fma {
        /// The format.
        prec: Prec,
        /// Whether the product is negated.
        negate_product: bool,
        /// Whether the addend is negated.
        negate_addend: bool,
        /// A factor.
        a: Value,
        /// A factor.
        b: Value,
        /// The addend.
        c: Value,
    },
    /// One or zero, 64 bits.
    FCmp(FCond, Prec, Value, Value),
    /// The magnitude of the first with a sign made from both.
    FSign(FSign, Prec, Value, Value),
    /// To the other format.
    FConv {
        /// From this one.
        from: Prec,
        /// The number.
        a: Value,
    },
    /// To an integer, saturated; a NaN becomes the greatest. A result of 32 bits is sign-extended to 64, unsigned
    /// ones too.
    FToInt {
        /// From this format.
        prec: Prec,
        /// To this width.
        width: Width,
        /// To signed integers.
        signed: bool,
        /// Rounded so.
        round: Round,
        /// The number.
        a: Value,
    },
    /// From an integer, rounded dynamically.
    IntToF {
        /// From this width.
        width: Width,
        /// From signed integers.
        signed: bool,
        /// To this format.
        prec: Prec,
        /// The integer.
        a: Value,
    },
    /// The bits of a number as an integer, or of an integer as a number: I64 to and from F64, I32 to and from
    /// F32. The type is the result's; where that is I32, an F64's low half is read.
    Bits(Type, Value),
    /// A binary32 number as a register of 64 bits holds it: ones above. [Unpriv. ISA, D, NaN boxing]
    Box(Value),
    /// The binary32 number in a register; the canonical NaN where it is not boxed.
    Unbox(Value),
    /// Leaves to this guest address where the comparison holds.
    Branch(Compare, u64),
    /// Where the comparison holds, leaves to the interpreter, which executes this guest instruction.
    Guard(Compare),
    /// Executes this guest instruction by its interpreter handler: every place may change. Leaves where it traps
    /// or does not go on at the next instruction.
    Interpret,
    /// The guest calls what comes next, which is to return to this guest address, 64 bits. It says so only: nothing
    /// depends on it but speed.
    Call(Value),
    /// The guest has returned to this guest address, 64 bits. As above.
    Back(Value),
    /// Ends the unit at this guest address.
    Jump(u64),
    /// Ends the unit at an address computed, an integer of 64 bits.
    Goto(Value, Hint),
    /// Ends the unit: the interpreter executes this guest instruction.
    Leave,
}

/// Where a guest instruction of a unit lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At {
    /// Its address.
    pub pc: u64,
    /// Its length in bytes.
    pub len: u8,
}

/// The translation of a run of guest instructions, entered at the first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unit {
    /// The guest instructions, in the order they run.
    pub insns: Vec<At>,
    /// The operations; the last one, and no other, ends the unit.
    pub ops: Vec<Op>,
}
