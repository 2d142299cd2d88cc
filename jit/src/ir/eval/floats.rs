//! What floating-point operations compute, by the oracle's soft float with RISC-V's rules.

use crate::ir::{FBin, FCond, FSign, Prec, Round, Type, Width};
use interp::fpu::{self, Env, F32, F64, Flags, Format, Negate, RISCV};
use spec::bits::{Low, Sext};

/// Ones above a binary32 number. [Unpriv. ISA, D, NaN boxing]
const BOX: u64 = 0xffff_ffff_0000_0000;

/// A format whose numbers lie in the low bits of 64.
trait Bits: Format {
    fn low(value: u64) -> Self::Bits;
    fn whole(bits: Self::Bits) -> u64;
}
impl Bits for F32 {
    fn low(value: u64) -> u32 {
        value.low32()
    }
    fn whole(bits: u32) -> u64 {
        bits.into()
    }
}
impl Bits for F64 {
    fn low(value: u64) -> u64 {
        value
    }
    fn whole(bits: u64) -> u64 {
        bits
    }
}

/// Calls a function generic over the format.
macro_rules! at {
    ($prec:expr, $f:ident($($a:expr),*)) => {
        match $prec {
            Prec::F32 => $f::<F32>($($a),*),
            Prec::F64 => $f::<F64>($($a),*),
        }
    };
}

/// Runs an operation that rounds by `round` and hands the exceptions it raised to `raise`.
pub fn flagged<T>(round: fpu::Round, raise: impl FnOnce(Flags), run: impl FnOnce(&mut Env) -> T) -> T {
    let mut env = Env::new(round, &RISCV);
    let result = run(&mut env);
    raise(env.flags);
    result
}

/// The mode that `round` names, where `dynamic` is the guest's.
pub fn mode(round: Round, dynamic: fpu::Round) -> fpu::Round {
    match round {
        Round::Dynamic => dynamic,
        Round::Nearest => fpu::Round::NearestEven,
        Round::Zero => fpu::Round::TowardZero,
        Round::Down => fpu::Round::Down,
        Round::Up => fpu::Round::Up,
        Round::Away => fpu::Round::NearestMaxMagnitude,
    }
}

/// [`crate::ir::Op::FBin`].
pub fn fbin(op: FBin, prec: Prec, e: &mut Env, a: u64, b: u64) -> u64 {
    fn run<F: Bits>(op: FBin, e: &mut Env, a: u64, b: u64) -> u64 {
        let (a, b) = (F::low(a), F::low(b));
        F::whole(match op {
            FBin::Add => fpu::add::<F>(e, a, b),
            FBin::Sub => fpu::sub::<F>(e, a, b),
            FBin::Mul => fpu::mul::<F>(e, a, b),
            FBin::Div => fpu::div::<F>(e, a, b),
            FBin::Min => fpu::min::<F>(e, a, b),
            FBin::Max => fpu::max::<F>(e, a, b),
        })
    }
    at!(prec, run(op, e, a, b))
}

/// [`crate::ir::Op::FSqrt`].
pub fn sqrt(prec: Prec, e: &mut Env, a: u64) -> u64 {
    fn run<F: Bits>(e: &mut Env, a: u64) -> u64 {
        F::whole(fpu::sqrt::<F>(e, F::low(a)))
    }
    at!(prec, run(e, a))
}

/// [`crate::ir::Op::Fma`].
pub fn fma(prec: Prec, negate: Negate, e: &mut Env, a: u64, b: u64, c: u64) -> u64 {
    fn run<F: Bits>(negate: Negate, e: &mut Env, a: u64, b: u64, c: u64) -> u64 {
        F::whole(fpu::fma_negated::<F>(e, F::low(a), F::low(b), F::low(c), negate))
    }
    at!(prec, run(negate, e, a, b, c))
}

/// [`crate::ir::Op::FCmp`].
pub fn fcmp(cond: FCond, prec: Prec, e: &mut Env, a: u64, b: u64) -> bool {
    fn run<F: Bits>(cond: FCond, e: &mut Env, a: u64, b: u64) -> bool {
        let (a, b) = (F::low(a), F::low(b));
        match cond {
            FCond::Eq => fpu::eq::<F>(e, a, b),
            FCond::Lt => fpu::lt::<F>(e, a, b),
            FCond::Le => fpu::le::<F>(e, a, b),
        }
    }
    at!(prec, run(cond, e, a, b))
}

/// [`crate::ir::Op::FSign`].
pub fn fsign(op: FSign, prec: Prec, a: u64, b: u64) -> u64 {
    let (top, all) = match prec {
        Prec::F32 => (1 << 31, u64::from(u32::MAX)),
        Prec::F64 => (1 << 63, u64::MAX),
    };
    let sign = match op {
        FSign::Copy => b,
        FSign::Negate => !b,
        FSign::Xor => a ^ b,
    };
    (a & !top | sign & top) & all
}

/// [`crate::ir::Op::FConv`].
pub fn fconv(from: Prec, e: &mut Env, a: u64) -> u64 {
    match from {
        Prec::F32 => fpu::convert::<F32, F64>(e, a.low32()),
        Prec::F64 => fpu::convert::<F64, F32>(e, a).into(),
    }
}

/// [`crate::ir::Op::FToInt`], in the environment's rounding.
pub fn to_int(prec: Prec, width: Width, signed: bool, e: &mut Env, a: u64) -> u64 {
    fn run<F: Bits>(width: Width, signed: bool, e: &mut Env, a: u64) -> u64 {
        let a = F::low(a);
        match (width, signed) {
            (Width::W32, true) => i64::from(fpu::to_int::<F, i32>(e, a)).cast_unsigned(),
            (Width::W32, false) => u64::from(fpu::to_int::<F, u32>(e, a)).sext32(),
            (Width::W64, true) => fpu::to_int::<F, i64>(e, a).cast_unsigned(),
            (Width::W64, false) => fpu::to_int::<F, u64>(e, a),
        }
    }
    at!(prec, run(width, signed, e, a))
}

/// [`crate::ir::Op::IntToF`].
pub fn from_int(width: Width, signed: bool, prec: Prec, e: &mut Env, a: u64) -> u64 {
    fn run<F: Bits>(width: Width, signed: bool, e: &mut Env, a: u64) -> u64 {
        F::whole(match (width, signed) {
            (Width::W32, true) => fpu::from_int::<i32, F>(e, a.low32().cast_signed()),
            (Width::W32, false) => fpu::from_int::<u32, F>(e, a.low32()),
            (Width::W64, true) => fpu::from_int::<i64, F>(e, a.cast_signed()),
            (Width::W64, false) => fpu::from_int::<u64, F>(e, a),
        })
    }
    at!(prec, run(width, signed, e, a))
}

/// [`crate::ir::Op::Bits`].
pub fn bits(ty: Type, a: u64) -> u64 {
    match ty {
        Type::I32 | Type::F32 => u64::from(a.low32()),
        Type::I64 | Type::F64 => a,
    }
}

/// [`crate::ir::Op::Box`].
pub fn boxed(a: u64) -> u64 {
    a | BOX
}

/// [`crate::ir::Op::Unbox`].
pub fn unboxed(a: u64) -> u64 {
    let canonical = fpu::default_nan::<F32>(&RISCV);
    u64::from(if a & BOX == BOX { a.low32() } else { canonical })
}
