//! Soft float against this host's SSE, FMA and AVX-512 units: the x86 rules, results and flags.
//!
//! What the host does not have is skipped with the reason printed. Left out: the denormal-operand flag, which
//! soft float does not keep.
#![cfg(target_arch = "x86_64")]

mod softfloat_common;

use core::arch::asm;
use core::cmp::Ordering;

use interp::fpu::{self, Env, F16, F32, F64, Flags, Format, Negate, OnNan, Round, X86};
use softfloat_common::{Random, Shape, rounds};
use spec::bits::Low;

const MODES: [Round; 4] = [Round::NearestEven, Round::TowardZero, Round::Down, Round::Up];
const SHAPE16: Shape = Shape { exp: F16::EXP, frac: F16::FRAC };
const SHAPE32: Shape = Shape { exp: F32::EXP, frac: F32::FRAC };
const SHAPE64: Shape = Shape { exp: F64::EXP, frac: F64::FRAC };

/// MXCSR with all exceptions masked, none raised, and this rounding mode.
fn mxcsr(round: Round) -> u32 {
    let control = match round {
        Round::NearestEven | Round::NearestMaxMagnitude => 0,
        Round::Down => 1,
        Round::Up => 2,
        Round::TowardZero => 3,
    };
    0x1f80 | control << 13
}

/// The exceptions in an MXCSR, the denormal-operand one dropped.
fn flags_of(mxcsr: u32) -> Flags {
    [(0, Flags::NV), (2, Flags::DZ), (3, Flags::OF), (4, Flags::UF), (5, Flags::NX)]
        .into_iter()
        .filter(|&(bit, _)| mxcsr >> bit & 1 != 0)
        .fold(Flags::NONE, |all, (_, flag)| all.with(flag))
}

/// Runs instructions under an MXCSR of their own; what they raised is returned.
macro_rules! under {
    ($round:expr, [$($text:literal),* $(,)?], $($operands:tt)*) => {{
        let (new, old, mut seen) = (mxcsr($round), 0x1f80_u32, 0_u32);
        // SAFETY: the instructions touch the named registers and flags only; MXCSR is set before and put back
        // to its default, which is what Rust code runs with, after them.
        unsafe {
            asm!("ldmxcsr [{new}]", $($text,)* "stmxcsr [{seen}]", "ldmxcsr [{old}]",
                $($operands)*,
                new = in(reg) &raw const new, old = in(reg) &raw const old, seen = in(reg) &raw mut seen,
                options(nostack));
        }
        flags_of(seen)
    }};
}

/// A host function of patterns, from the text of its instruction on xmm registers; the first is the result.
macro_rules! host {
    ($($name:ident: $float:ty = $($text:literal),*;)*) => { $(
        fn $name(round: Round, a: u64, b: u64, c: u64) -> (u64, Flags) {
            let float = |x: u64| <$float>::from_bits(x.try_into().unwrap());
            let (mut x, y, z) = (float(a), float(b), float(c));
            let flags = under!(round, [$($text,)* "/* {y} {z} */"],
                x = inout(xmm_reg) x, y = inout(xmm_reg) y => _, z = inout(xmm_reg) z => _);
            (x.to_bits().into(), flags)
        }
    )* };
}

host! {
    add32: f32 = "addss {x}, {y}";
    sub32: f32 = "subss {x}, {y}";
    mul32: f32 = "mulss {x}, {y}";
    div32: f32 = "divss {x}, {y}";
    min32: f32 = "minss {x}, {y}";
    max32: f32 = "maxss {x}, {y}";
    sqrt32: f32 = "sqrtss {x}, {x}";
    fma32: f32 = "vfmadd132ss {x}, {z}, {y}";
    fms32: f32 = "vfmsub132ss {x}, {z}, {y}";
    fnma32: f32 = "vfnmadd132ss {x}, {z}, {y}";
    fnms32: f32 = "vfnmsub132ss {x}, {z}, {y}";
    round32: f32 = "roundss {x}, {x}, 4";
    round_quiet32: f32 = "roundss {x}, {x}, 12";
    add64: f64 = "addsd {x}, {y}";
    sub64: f64 = "subsd {x}, {y}";
    mul64: f64 = "mulsd {x}, {y}";
    div64: f64 = "divsd {x}, {y}";
    min64: f64 = "minsd {x}, {y}";
    max64: f64 = "maxsd {x}, {y}";
    sqrt64: f64 = "sqrtsd {x}, {x}";
    // The other two forms: operand 2 by operand 1, and operand 2 by operand 3.
    fma213: f64 = "vfmadd213sd {y}, {x}, {z}", "movaps {x}, {y}";
    fma231: f64 = "vfmadd231sd {z}, {x}, {y}", "movaps {x}, {z}";
    fma64: f64 = "vfmadd132sd {x}, {z}, {y}";
    fms64: f64 = "vfmsub132sd {x}, {z}, {y}";
    fnma64: f64 = "vfnmadd132sd {x}, {z}, {y}";
    fnms64: f64 = "vfnmsub132sd {x}, {z}, {y}";
    round64: f64 = "roundsd {x}, {x}, 4";
    round_quiet64: f64 = "roundsd {x}, {x}, 12";
    // A binary16 lies in the low half of a binary32 register, whose upper half these leave alone.
    add16: f32 = "vaddsh {x}, {x}, {y}";
    sub16: f32 = "vsubsh {x}, {x}, {y}";
    mul16: f32 = "vmulsh {x}, {x}, {y}";
    div16: f32 = "vdivsh {x}, {x}, {y}";
    sqrt16: f32 = "vsqrtsh {x}, {x}, {x}";
    fma16: f32 = "vfmadd132sh {x}, {z}, {y}";
}

type Host = fn(Round, u64, u64, u64) -> (u64, Flags);
type Ours = fn(&mut Env, u64, u64, u64) -> u64;

/// Soft float as a function of patterns.
macro_rules! ours {
    ($format:ty, $bits:ty, |$e:ident, $a:ident, $b:ident, $c:ident| $value:expr) => {
        |$e: &mut Env, a: u64, b: u64, c: u64| {
            let pattern = |x: u64| <$bits>::try_from(x).unwrap();
            let ($a, $b, $c) = (pattern(a), pattern(b), pattern(c));
            let _ = ($b, $c);
            let bits: $bits = $value;
            u64::from(bits)
        }
    };
}

fn check(round: Round, (a, b, c): (u64, u64, u64), ours: Ours, host: Host) {
    let mut env = Env::new(round, &X86);
    let got = ours(&mut env, a, b, c);
    let (want, flags) = host(round, a, b, c);
    assert!(
        got == want && env.flags == flags,
        "{a:x} {b:x} {c:x} {round:?}: got {got:x} {:?}, want {want:x} {flags:?}",
        env.flags
    );
}

/// How many operands vary.
#[derive(Clone, Copy, PartialEq)]
enum Arity {
    One,
    Two,
    Three,
}
use Arity::{One, Three, Two};

fn agree(shape: Shape, arity: Arity, ours: Ours, host: Host) {
    for round in MODES {
        let (all, few, zero) = (shape.specials(), shape.few_specials(), vec![0]);
        let (first, second, third) = match arity {
            One => (&all, &zero, &zero),
            Two => (&all, &all, &zero),
            Three => (&few, &few, &few),
        };
        for &a in first {
            for &b in second {
                third.iter().for_each(|&c| check(round, (a, b, c), ours, host));
            }
        }
        let mut random = Random::new(5);
        let mut last = 0;
        for _ in 0..rounds() {
            let a = random.number(shape, last);
            let b = random.number(shape, a);
            // The addend is near the product, and at times cancels it but for the last bits.
            last = if arity == Three { near_product(&mut random, shape, a, b, host) } else { b };
            check(round, (a, b, last), ours, host);
        }
    }
}

fn near_product(random: &mut Random, shape: Shape, a: u64, b: u64, fma: Host) -> u64 {
    let (product, _) = fma(Round::NearestEven, a, b, 0);
    if random.next() & 3 == 0 {
        product ^ 1 << (shape.exp + shape.frac)
    } else {
        random.number(shape, product)
    }
}

/// Whether a test needs a unit that this host lacks; says so.
fn lacks(feature: &str, has: bool) -> bool {
    if !has {
        println!("skipped: this host has no {feature}");
    }
    !has
}

#[test]
fn binary32_arithmetic_agrees() {
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::add::<F32>(e, a, b)), add32);
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::sub::<F32>(e, a, b)), sub32);
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::mul::<F32>(e, a, b)), mul32);
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::div::<F32>(e, a, b)), div32);
    agree(SHAPE32, One, ours!(F32, u32, |e, a, _b, _c| fpu::sqrt::<F32>(e, a)), sqrt32);
}

#[test]
fn binary64_arithmetic_agrees() {
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::add::<F64>(e, a, b)), add64);
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::sub::<F64>(e, a, b)), sub64);
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::mul::<F64>(e, a, b)), mul64);
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::div::<F64>(e, a, b)), div64);
    agree(SHAPE64, One, ours!(F64, u64, |e, a, _b, _c| fpu::sqrt::<F64>(e, a)), sqrt64);
}

#[test]
fn binary16_arithmetic_agrees() {
    if lacks("AVX512-FP16", is_x86_feature_detected!("avx512fp16")) {
        return;
    }
    agree(SHAPE16, Two, ours!(F16, u16, |e, a, b, _c| fpu::add::<F16>(e, a, b)), add16);
    agree(SHAPE16, Two, ours!(F16, u16, |e, a, b, _c| fpu::sub::<F16>(e, a, b)), sub16);
    agree(SHAPE16, Two, ours!(F16, u16, |e, a, b, _c| fpu::mul::<F16>(e, a, b)), mul16);
    agree(SHAPE16, Two, ours!(F16, u16, |e, a, b, _c| fpu::div::<F16>(e, a, b)), div16);
    agree(SHAPE16, One, ours!(F16, u16, |e, a, _b, _c| fpu::sqrt::<F16>(e, a)), sqrt16);
    agree(SHAPE16, Three, ours!(F16, u16, |e, a, b, c| fpu::fma::<F16>(e, a, b, c)), fma16);
}

const PRODUCT: Negate = Negate { product: true, addend: false };
const ADDEND: Negate = Negate { product: false, addend: true };
const BOTH: Negate = Negate { product: true, addend: true };

#[test]
fn fused_multiply_adds_agree() {
    if lacks("FMA", is_x86_feature_detected!("fma")) {
        return;
    }
    agree(SHAPE32, Three, ours!(F32, u32, |e, a, b, c| fpu::fma::<F32>(e, a, b, c)), fma32);
    agree(SHAPE32, Three, ours!(F32, u32, |e, a, b, c| fpu::fma_negated::<F32>(e, a, b, c, ADDEND)), fms32);
    agree(SHAPE32, Three, ours!(F32, u32, |e, a, b, c| fpu::fma_negated::<F32>(e, a, b, c, PRODUCT)), fnma32);
    agree(SHAPE32, Three, ours!(F32, u32, |e, a, b, c| fpu::fma_negated::<F32>(e, a, b, c, BOTH)), fnms32);
    for form in [fma64, fma213, fma231] {
        agree(SHAPE64, Three, ours!(F64, u64, |e, a, b, c| fpu::fma::<F64>(e, a, b, c)), form);
    }
    agree(SHAPE64, Three, ours!(F64, u64, |e, a, b, c| fpu::fma_negated::<F64>(e, a, b, c, ADDEND)), fms64);
    agree(SHAPE64, Three, ours!(F64, u64, |e, a, b, c| fpu::fma_negated::<F64>(e, a, b, c, PRODUCT)), fnma64);
    agree(SHAPE64, Three, ours!(F64, u64, |e, a, b, c| fpu::fma_negated::<F64>(e, a, b, c, BOTH)), fnms64);
}

#[test]
fn minima_and_maxima_agree() {
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::min::<F32>(e, a, b)), min32);
    agree(SHAPE32, Two, ours!(F32, u32, |e, a, b, _c| fpu::max::<F32>(e, a, b)), max32);
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::min::<F64>(e, a, b)), min64);
    agree(SHAPE64, Two, ours!(F64, u64, |e, a, b, _c| fpu::max::<F64>(e, a, b)), max64);
}

#[test]
fn integral_values_agree() {
    if lacks("SSE4.1", is_x86_feature_detected!("sse4.1")) {
        return;
    }
    agree(SHAPE32, One, ours!(F32, u32, |e, a, _b, _c| fpu::round_to_int::<F32>(e, a, true)), round32);
    agree(SHAPE32, One, ours!(F32, u32, |e, a, _b, _c| fpu::round_to_int::<F32>(e, a, false)), round_quiet32);
    agree(SHAPE64, One, ours!(F64, u64, |e, a, _b, _c| fpu::round_to_int::<F64>(e, a, true)), round64);
    agree(SHAPE64, One, ours!(F64, u64, |e, a, _b, _c| fpu::round_to_int::<F64>(e, a, false)), round_quiet64);
}

/// A conversion between register files or widths, as a host function of a pattern.
macro_rules! host_conversion {
    ($($name:ident: $from:ty, $in:ident => $to:ty, $out:ident = $text:literal;)*) => { $(
        fn $name(round: Round, a: u64, _: u64, _: u64) -> (u64, Flags) {
            let x = <$from as Pattern>::of(a);
            let mut y = <$to as Pattern>::of(0);
            let flags = under!(round, [$text], x = in($in) x, y = inout($out) y);
            (y.pattern(), flags)
        }
    )* };
}

/// A register's contents as a pattern, of which only the register's width counts.
trait Pattern {
    fn of(pattern: u64) -> Self;
    fn pattern(self) -> u64;
}

impl Pattern for f32 {
    fn of(pattern: u64) -> Self {
        Self::from_bits(u32::of(pattern))
    }
    fn pattern(self) -> u64 {
        self.to_bits().into()
    }
}

impl Pattern for f64 {
    fn of(pattern: u64) -> Self {
        Self::from_bits(pattern)
    }
    fn pattern(self) -> u64 {
        self.to_bits()
    }
}

impl Pattern for u32 {
    fn of(pattern: u64) -> Self {
        pattern.low32()
    }
    fn pattern(self) -> u64 {
        self.into()
    }
}

impl Pattern for u64 {
    fn of(pattern: u64) -> Self {
        pattern
    }
    fn pattern(self) -> u64 {
        self
    }
}

host_conversion! {
    narrow: f64, xmm_reg => f32, xmm_reg = "cvtsd2ss {y}, {x}";
    widen: f32, xmm_reg => f64, xmm_reg = "cvtss2sd {y}, {x}";
    narrow_to_half: f32, xmm_reg => f32, xmm_reg = "vcvtps2ph {y}, {x}, 4";
    widen_half: f32, xmm_reg => f32, xmm_reg = "vcvtph2ps {y}, {x}";
    f32_to_i32: f32, xmm_reg => u32, reg = "cvtss2si {y:e}, {x}";
    f32_to_i64: f32, xmm_reg => u64, reg = "cvtss2si {y}, {x}";
    f64_to_i32: f64, xmm_reg => u32, reg = "cvtsd2si {y:e}, {x}";
    f64_to_i64: f64, xmm_reg => u64, reg = "cvtsd2si {y}, {x}";
    f32_to_u32: f32, xmm_reg => u32, reg = "vcvtss2usi {y:e}, {x}";
    f32_to_u64: f32, xmm_reg => u64, reg = "vcvtss2usi {y}, {x}";
    f64_to_u32: f64, xmm_reg => u32, reg = "vcvtsd2usi {y:e}, {x}";
    f64_to_u64: f64, xmm_reg => u64, reg = "vcvtsd2usi {y}, {x}";
    i32_to_f32: u32, reg => f32, xmm_reg = "cvtsi2ss {y}, {x:e}";
    i64_to_f32: u64, reg => f32, xmm_reg = "cvtsi2ss {y}, {x:r}";
    i32_to_f64: u32, reg => f64, xmm_reg = "cvtsi2sd {y}, {x:e}";
    i64_to_f64: u64, reg => f64, xmm_reg = "cvtsi2sd {y}, {x:r}";
    u32_to_f32: u32, reg => f32, xmm_reg = "vcvtusi2ss {y}, {y}, {x:e}";
    u64_to_f32: u64, reg => f32, xmm_reg = "vcvtusi2ss {y}, {y}, {x:r}";
    u64_to_f64: u64, reg => f64, xmm_reg = "vcvtusi2sd {y}, {y}, {x:r}";
}

#[test]
fn conversions_between_formats_agree() {
    agree(SHAPE64, One, |e, a, _, _| fpu::convert::<F64, F32>(e, a).into(), narrow);
    agree(SHAPE32, One, |e, a, _, _| fpu::convert::<F32, F64>(e, u32::of(a)), widen);
    if lacks("F16C", is_x86_feature_detected!("f16c")) {
        return;
    }
    agree(SHAPE32, One, |e, a, _, _| fpu::convert::<F32, F16>(e, u32::of(a)).into(), narrow_to_half);
    agree(SHAPE16, One, |e, a, _, _| fpu::convert::<F16, F32>(e, a.low16()).into(), widen_half);
}

#[test]
fn conversions_to_integers_agree() {
    agree(
        SHAPE32,
        One,
        |e, a, _, _| fpu::to_int::<F32, i32>(e, u32::of(a)).cast_unsigned().into(),
        f32_to_i32,
    );
    agree(SHAPE32, One, |e, a, _, _| fpu::to_int::<F32, i64>(e, u32::of(a)).cast_unsigned(), f32_to_i64);
    agree(SHAPE64, One, |e, a, _, _| fpu::to_int::<F64, i32>(e, a).cast_unsigned().into(), f64_to_i32);
    agree(SHAPE64, One, |e, a, _, _| fpu::to_int::<F64, i64>(e, a).cast_unsigned(), f64_to_i64);
    if lacks("AVX-512", is_x86_feature_detected!("avx512f")) {
        return;
    }
    agree(SHAPE32, One, |e, a, _, _| fpu::to_int::<F32, u32>(e, u32::of(a)).into(), f32_to_u32);
    agree(SHAPE32, One, |e, a, _, _| fpu::to_int::<F32, u64>(e, u32::of(a)), f32_to_u64);
    agree(SHAPE64, One, |e, a, _, _| fpu::to_int::<F64, u32>(e, a).into(), f64_to_u32);
    agree(SHAPE64, One, |e, a, _, _| fpu::to_int::<F64, u64>(e, a), f64_to_u64);
}

/// Integers of every length.
fn agree_from_int(ours: Ours, host: Host) {
    for round in MODES {
        for bit in 0..64 {
            let power = 1_u64 << bit;
            for n in [power - 1, power, power + 1, power.wrapping_neg()] {
                check(round, (n, 0, 0), ours, host);
            }
        }
        let mut random = Random::new(6);
        (0..rounds()).for_each(|_| check(round, (random.integer(), 0, 0), ours, host));
    }
}

#[test]
fn conversions_from_integers_agree() {
    agree_from_int(|e, n, _, _| fpu::from_int::<i32, F32>(e, u32::of(n).cast_signed()).into(), i32_to_f32);
    agree_from_int(|e, n, _, _| fpu::from_int::<i64, F32>(e, n.cast_signed()).into(), i64_to_f32);
    agree_from_int(|e, n, _, _| fpu::from_int::<i32, F64>(e, u32::of(n).cast_signed()), i32_to_f64);
    agree_from_int(|e, n, _, _| fpu::from_int::<i64, F64>(e, n.cast_signed()), i64_to_f64);
    if lacks("AVX-512", is_x86_feature_detected!("avx512f")) {
        return;
    }
    agree_from_int(|e, n, _, _| fpu::from_int::<u32, F32>(e, u32::of(n)).into(), u32_to_f32);
    agree_from_int(|e, n, _, _| fpu::from_int::<u64, F32>(e, n).into(), u64_to_f32);
    agree_from_int(|e, n, _, _| fpu::from_int::<u64, F64>(e, n), u64_to_f64);
}

/// Unordered, less, equal, greater as a number.
fn code(order: Option<Ordering>) -> u64 {
    match order {
        None => 0,
        Some(Ordering::Less) => 1,
        Some(Ordering::Equal) => 2,
        Some(Ordering::Greater) => 3,
    }
}

macro_rules! host_comparison {
    ($($name:ident: $float:ty = $text:literal;)*) => { $(
        fn $name(round: Round, a: u64, b: u64, _: u64) -> (u64, Flags) {
            let (x, y) = (<$float as Pattern>::of(a), <$float as Pattern>::of(b));
            let (mut unordered, mut below, mut equal) = (0_u8, 0_u8, 0_u8);
            let flags = under!(round, [$text, "setp {p}", "setb {b}", "sete {e}"],
                x = in(xmm_reg) x, y = in(xmm_reg) y,
                p = inout(reg_byte) unordered, b = inout(reg_byte) below, e = inout(reg_byte) equal);
            let order = match (unordered, below, equal) {
                (1, ..) => None,
                (_, 1, _) => Some(Ordering::Less),
                (.., 1) => Some(Ordering::Equal),
                _ => Some(Ordering::Greater),
            };
            (code(order), flags)
        }
    )* };
}

host_comparison! {
    compare32: f32 = "comiss {x}, {y}";
    compare_quiet32: f32 = "ucomiss {x}, {y}";
    compare64: f64 = "comisd {x}, {y}";
    compare_quiet64: f64 = "ucomisd {x}, {y}";
}

#[test]
fn comparisons_agree() {
    agree(
        SHAPE32,
        Two,
        |e, a, b, _| code(fpu::compare::<F32>(e, u32::of(a), u32::of(b), OnNan::Signal)),
        compare32,
    );
    agree(
        SHAPE32,
        Two,
        |e, a, b, _| code(fpu::compare::<F32>(e, u32::of(a), u32::of(b), OnNan::Quiet)),
        compare_quiet32,
    );
    agree(SHAPE64, Two, |e, a, b, _| code(fpu::compare::<F64>(e, a, b, OnNan::Signal)), compare64);
    agree(SHAPE64, Two, |e, a, b, _| code(fpu::compare::<F64>(e, a, b, OnNan::Quiet)), compare_quiet64);
}
