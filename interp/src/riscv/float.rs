//! What F, D and Zfhmin have in common: boxing, rounding modes, accrued flags.

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use crate::fpu::{self, Env, F16, F32, F64, Format, Int, Negate, RISCV, Round};
use crate::mem::Scalar;
use spec::bits::Low;
use spec::riscv::system::status;

type H<X, M> = Hart<X, M>;

/// A format as `f` registers hold it: in the low bits, all bits above set to one.
pub trait Boxed: Format<Bits: Scalar> {
    /// The register value of `bits`.
    fn boxed(bits: Self::Bits) -> u64;
    /// The number in a register; one that is not boxed reads as the canonical NaN. [Unpriv. ISA, D, NaN boxing]
    fn unboxed(f: u64) -> Self::Bits;
}

macro_rules! boxed {
    ($($format:ty: $low:ident $ones:literal;)*) => { $(impl Boxed for $format {
        #[inline(always)]
        fn boxed(bits: Self::Bits) -> u64 {
            u64::from(bits) | $ones
        }
        #[inline(always)]
        fn unboxed(f: u64) -> Self::Bits {
            if f & $ones == $ones { f.$low() } else { fpu::default_nan::<Self>(&RISCV) }
        }
    })* };
}
boxed! {
    F16: low16 0xffff_ffff_ffff_0000;
    F32: low32 0xffff_ffff_0000_0000;
}

impl Boxed for F64 {
    #[inline(always)]
    fn boxed(bits: u64) -> u64 {
        bits
    }
    #[inline(always)]
    fn unboxed(f: u64) -> u64 {
        f
    }
}

/// A program's unit is on and dirty for good: nothing of this is compiled for it. [Priv. ISA, extension context
/// status]
impl<X: Rv, M: Memory> H<X, M> {
    /// Whether floating-point instructions are illegal now.
    #[inline(always)]
    pub(super) fn float_is_off(&self) -> bool {
        M::TRANSLATES && self.state.sys.mstatus & status::FS == 0
    }

    #[inline(always)]
    fn dirty_float(&mut self) {
        if M::TRANSLATES {
            self.state.sys.mstatus |= status::FS;
        }
    }

    fn accrue(&mut self, flags: fpu::Flags) {
        let flags = u32::from(flags.bits());
        if flags != 0 {
            self.state.fflags |= flags;
            self.dirty_float();
        }
    }
}

/// The operand in `f` register `number`.
#[inline(always)]
pub fn get<F: Boxed, X: Rv, M: Memory>(h: &H<X, M>, number: u8) -> F::Bits {
    F::unboxed(h.state.f[usize::from(number & 31)])
}

/// Writes `f` register `number` and goes on.
#[inline(always)]
pub fn set<F: Boxed, X: Rv, M: Memory>(h: &mut H<X, M>, number: u8, bits: F::Bits) -> Flow {
    h.state.f[usize::from(number & 31)] = F::boxed(bits);
    h.dirty_float();
    Flow::Next
}

/// Runs an operation whose rounding mode does not matter and accrues its flags.
#[inline(always)]
pub fn flagged<X: Rv, M: Memory, T>(h: &mut H<X, M>, operation: impl FnOnce(&H<X, M>, &mut Env) -> T) -> T {
    let mut env = Env::new(Round::NearestEven, &RISCV);
    let result = operation(h, &mut env);
    h.accrue(env.flags);
    result
}

/// Runs an operation in the instruction's rounding mode, accrues its flags and hands the result on. A
/// reserved mode, static or dynamic, is an illegal instruction.
#[inline(always)]
pub fn rounded<X: Rv, M: Memory, T, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    operation: impl FnOnce(&H<X, M>, &mut Env) -> T,
    then: impl FnOnce(&mut H<X, M>, T) -> Flow,
) -> Flow {
    let mode = if i.bits() == 7 { h.state.frm } else { i.bits() };
    let Some(round) = Round::from_bits(mode) else { return h.illegal(i) };
    let mut env = Env::new(round, &RISCV);
    let result = operation(h, &mut env);
    h.accrue(env.flags);
    then(h, result)
}

pub fn load<F: Boxed, X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: F::Bits| set::<F, X, M>(h, i.rd, v))
}
/// Stores the low bits as they are, boxed or not.
pub fn store<F: Boxed, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    low: impl Fn(u64) -> F::Bits,
) -> Flow {
    h.store(i, low(h.state.f[usize::from(i.rs2 & 31)]))
}

pub fn binary<F: Boxed, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    operation: impl Fn(&mut Env, F::Bits, F::Bits) -> F::Bits,
) -> Flow {
    rounded(
        h,
        i,
        |h, e| operation(e, get::<F, X, M>(h, i.rs1), get::<F, X, M>(h, i.rs2)),
        |h, v| set::<F, X, M>(h, i.rd, v),
    )
}
pub fn fused<F: Boxed, X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>, negate: Negate) -> Flow {
    let operands =
        |h: &H<X, M>| (get::<F, X, M>(h, i.rs1), get::<F, X, M>(h, i.rs2), get::<F, X, M>(h, i.rs3));
    rounded(
        h,
        i,
        |h, e| {
            let (a, b, c) = operands(h);
            fpu::fma_negated::<F>(e, a, b, c, negate)
        },
        |h, v| set::<F, X, M>(h, i.rd, v),
    )
}
pub fn sqrt<F: Boxed, X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    rounded(h, i, |h, e| fpu::sqrt::<F>(e, get::<F, X, M>(h, i.rs1)), |h, v| set::<F, X, M>(h, i.rd, v))
}

/// Sign injection: the magnitude of rs1 with a sign made from both.
pub fn sign<F: Boxed, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    sign: impl Fn(bool, bool) -> bool,
) -> Flow {
    let (a, b) = (get::<F, X, M>(h, i.rs1), get::<F, X, M>(h, i.rs2));
    set::<F, X, M>(h, i.rd, F::join(sign(F::sign(a), F::sign(b)), F::magnitude(a)))
}
pub fn pick<F: Boxed, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    operation: impl Fn(&mut Env, F::Bits, F::Bits) -> F::Bits,
) -> Flow {
    let v = flagged(h, |h, e| operation(e, get::<F, X, M>(h, i.rs1), get::<F, X, M>(h, i.rs2)));
    set::<F, X, M>(h, i.rd, v)
}
pub fn compare<F: Boxed, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    operation: impl Fn(&mut Env, F::Bits, F::Bits) -> bool,
) -> Flow {
    let v = flagged(h, |h, e| operation(e, get::<F, X, M>(h, i.rs1), get::<F, X, M>(h, i.rs2)));
    h.set_x(i.rd, u64::from(v))
}
pub fn class<F: Boxed, X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(fpu::classify::<F>(get::<F, X, M>(h, i.rs1)).mask()))
}

/// From one format to another.
pub fn convert<F: Boxed, G: Boxed, X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    rounded(h, i, |h, e| fpu::convert::<F, G>(e, get::<F, X, M>(h, i.rs1)), |h, v| set::<G, X, M>(h, i.rd, v))
}
/// To an integer, which `extend` makes a register value: 32-bit results are sign-extended, unsigned ones too.
pub fn to_int<F: Boxed, I: Int, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    extend: impl Fn(I) -> u64,
) -> Flow {
    rounded(h, i, |h, e| fpu::to_int::<F, I>(e, get::<F, X, M>(h, i.rs1)), |h, v| h.set_x(i.rd, extend(v)))
}
pub fn from_int<F: Boxed, I: Int, X: Rv, M: Memory, O>(
    h: &mut H<X, M>,
    i: &Insn<O>,
    low: impl Fn(u64) -> I,
) -> Flow {
    rounded(h, i, |h, e| fpu::from_int::<I, F>(e, low(h.x(i.rs1))), |h, v| set::<F, X, M>(h, i.rd, v))
}

/// The rows that F and D share, for one format.
macro_rules! shared {
    ($format:ident $low:ident: $load:ident $store:ident
        $fmadd:ident $fmsub:ident $fnmsub:ident $fnmadd:ident $fadd:ident $fsub:ident $fmul:ident $fdiv:ident
        $fsqrt:ident $fsgnj:ident $fsgnjn:ident $fsgnjx:ident $fmin:ident $fmax:ident $feq:ident $flt:ident $fle:ident
        $fclass:ident $to_w:ident $to_wu:ident $to_l:ident $to_lu:ident
        $from_w:ident $from_wu:ident $from_l:ident $from_lu:ident) => {
        shared! { @
            $load: |h, i| float::load::<$format, X, M, O>(h, i);
            $store: |h, i| float::store::<$format, X, M, O>(h, i, |f| f.$low());
            $fmadd: |h, i| float::fused::<$format, X, M, O>(h, i, Negate { product: false, addend: false });
            $fmsub: |h, i| float::fused::<$format, X, M, O>(h, i, Negate { product: false, addend: true });
            $fnmsub: |h, i| float::fused::<$format, X, M, O>(h, i, Negate { product: true, addend: false });
            $fnmadd: |h, i| float::fused::<$format, X, M, O>(h, i, Negate { product: true, addend: true });
            $fadd: |h, i| float::binary::<$format, X, M, O>(h, i, fpu::add::<$format>);
            $fsub: |h, i| float::binary::<$format, X, M, O>(h, i, fpu::sub::<$format>);
            $fmul: |h, i| float::binary::<$format, X, M, O>(h, i, fpu::mul::<$format>);
            $fdiv: |h, i| float::binary::<$format, X, M, O>(h, i, fpu::div::<$format>);
            $fsqrt: |h, i| float::sqrt::<$format, X, M, O>(h, i);
            $fsgnj: |h, i| float::sign::<$format, X, M, O>(h, i, |_, b| b);
            $fsgnjn: |h, i| float::sign::<$format, X, M, O>(h, i, |_, b| !b);
            $fsgnjx: |h, i| float::sign::<$format, X, M, O>(h, i, |a, b| a ^ b);
            $fmin: |h, i| float::pick::<$format, X, M, O>(h, i, fpu::min::<$format>);
            $fmax: |h, i| float::pick::<$format, X, M, O>(h, i, fpu::max::<$format>);
            $feq: |h, i| float::compare::<$format, X, M, O>(h, i, fpu::eq::<$format>);
            $flt: |h, i| float::compare::<$format, X, M, O>(h, i, fpu::lt::<$format>);
            $fle: |h, i| float::compare::<$format, X, M, O>(h, i, fpu::le::<$format>);
            $fclass: |h, i| float::class::<$format, X, M, O>(h, i);
            $to_w: |h, i| float::to_int::<$format, i32, X, M, O>(h, i, |v| i64::from(v).cast_unsigned());
            $to_wu: |h, i| float::to_int::<$format, u32, X, M, O>(h, i, |v| u64::from(v).sext32());
            $to_l: |h, i| float::to_int::<$format, i64, X, M, O>(h, i, i64::cast_unsigned);
            $to_lu: |h, i| float::to_int::<$format, u64, X, M, O>(h, i, |v| v);
            $from_w: |h, i| float::from_int::<$format, i32, X, M, O>(h, i, |x| x.low32().cast_signed());
            $from_wu: |h, i| float::from_int::<$format, u32, X, M, O>(h, i, |x| x.low32());
            $from_l: |h, i| float::from_int::<$format, i64, X, M, O>(h, i, u64::cast_signed);
            $from_lu: |h, i| float::from_int::<$format, u64, X, M, O>(h, i, |x| x);
        }
    };
    (@ $($name:ident: |$h:ident, $i:ident| $body:expr;)*) => {
        $(pub fn $name<X: Rv, M: Memory, O>($h: &mut Hart<X, M>, $i: &Insn<O>) -> Flow {
            if $h.float_is_off() {
                return $h.illegal($i);
            }
            $body
        })*
    };
}
pub(super) use shared;
