//! Soft float against Berkeley SoftFloat 3 with its RISC-V rules: results and flags.
//!
//! Berkeley's NaN rule is chosen when it is compiled, so the x86 rule is tested elsewhere, against the host.
//!
#![allow(unexpected_cfgs, reason = "the cfg is declared on the command line only")]

mod softfloat_common;

use interp::fpu::{self, Env, F16, F32, F64, Format, RISCV, Round, Rules, Tininess};
use rstest::rstest;
use softfloat_common::{Random, Shape, rounds};
use softfloat_wrapper::{ExceptionFlags, Float, RoundingMode};
use spec::bits::Low;

/// A format both sides have; patterns travel as `u64`.
trait Both: Format {
    type Theirs: Float + Copy;
    const SHAPE: Shape = Shape { exp: Self::EXP, frac: Self::FRAC };
    fn ours(pattern: u64) -> Self::Bits;
    fn theirs(pattern: u64) -> Self::Theirs;
    fn of_ours(bits: Self::Bits) -> u64;
    fn of_theirs(number: Self::Theirs) -> u64;
}

macro_rules! both {
    ($($format:ty, $bits:ty, $theirs:ty;)*) => { $(impl Both for $format {
        type Theirs = $theirs;
        fn ours(pattern: u64) -> $bits {
            <$bits>::try_from(pattern).unwrap()
        }
        fn theirs(pattern: u64) -> $theirs {
            <$theirs>::from_bits(Self::ours(pattern))
        }
        fn of_ours(bits: $bits) -> u64 {
            bits.into()
        }
        fn of_theirs(number: $theirs) -> u64 {
            number.to_bits().into()
        }
    })* };
}
both! {
    F16, u16, softfloat_wrapper::F16;
    F32, u32, softfloat_wrapper::F32;
    F64, u64, softfloat_wrapper::F64;
}

/// RISC-V with the other tininess rule.
static EARLY: Rules = Rules { tininess: Tininess::BeforeRounding, ..RISCV };

/// Sets Berkeley's rule to that of `rules`.
fn set_tininess(rules: &Rules) {
    let before = rules.tininess == Tininess::BeforeRounding;
    let rule = if before {
        softfloat_sys::softfloat_tininess_beforeRounding
    } else {
        softfloat_sys::softfloat_tininess_afterRounding
    };
    // SAFETY: writes one byte of this thread's Berkeley state, which only this thread reads.
    unsafe { softfloat_sys::softfloat_detectTininess_write_helper(rule) };
}

fn mode(round: Round) -> RoundingMode {
    match round {
        Round::NearestEven => RoundingMode::TiesToEven,
        Round::TowardZero => RoundingMode::TowardZero,
        Round::Down => RoundingMode::TowardNegative,
        Round::Up => RoundingMode::TowardPositive,
        Round::NearestMaxMagnitude => RoundingMode::TiesToAway,
    }
}

/// Runs both sides and compares result and flags.
#[inline(always)]
fn check(
    (round, rules): (Round, &'static Rules),
    operands: &[u64],
    ours: impl FnOnce(&mut Env) -> u64,
    theirs: impl FnOnce(RoundingMode) -> u64,
) {
    let mut env = Env::new(round, rules);
    let got = ours(&mut env);
    let mut flags = ExceptionFlags::default();
    flags.set();
    let want = theirs(mode(round));
    flags.get();
    assert!(
        got == want && env.flags.bits() == flags.to_bits(),
        "{operands:x?} {round:?} {:?}: got {got:x} flags {:05b}, want {want:x} flags {:05b}",
        rules.tininess,
        env.flags.bits(),
        flags.to_bits()
    );
}

type How = (Round, &'static Rules);

fn unary<F: Both, T>(
    how: How,
    ours: impl Fn(&mut Env, F::Bits) -> T,
    theirs: impl Fn(F::Theirs, RoundingMode) -> T,
) where
    T: Into64,
{
    set_tininess(how.1);
    let one = |a| {
        check(how, &[a], |e| ours(e, F::ours(a)).into64(), |m| theirs(F::theirs(a), m).into64());
    };
    if F::EXP + F::FRAC < 16 {
        return (0..=u64::from(u16::MAX)).for_each(one);
    }
    F::SHAPE.specials().into_iter().for_each(one);
    let mut random = Random::new(1);
    let mut near = 0;
    for _ in 0..rounds() {
        near = random.number(F::SHAPE, near);
        one(near);
    }
}

fn binary<F: Both, T>(
    how: How,
    ours: impl Fn(&mut Env, F::Bits, F::Bits) -> T,
    theirs: impl Fn(F::Theirs, F::Theirs, RoundingMode) -> T,
) where
    T: Into64,
{
    set_tininess(how.1);
    let pair = |a, b| {
        check(
            how,
            &[a, b],
            |e| ours(e, F::ours(a), F::ours(b)).into64(),
            |m| theirs(F::theirs(a), F::theirs(b), m).into64(),
        );
    };
    let specials = F::SHAPE.specials();
    for &a in &specials {
        specials.iter().for_each(|&b| pair(a, b));
    }
    let mut random = Random::new(2);
    let mut last = 0;
    for _ in 0..rounds() {
        let a = random.number(F::SHAPE, last);
        last = random.number(F::SHAPE, a);
        pair(a, last);
    }
}

fn ternary<F: Both>(how: How) {
    set_tininess(how.1);
    let triple = |a, b, c| {
        check(
            how,
            &[a, b, c],
            |e| F::of_ours(fpu::fma::<F>(e, F::ours(a), F::ours(b), F::ours(c))),
            |m| F::of_theirs(F::theirs(a).fused_mul_add(F::theirs(b), F::theirs(c), m)),
        );
    };
    let specials = F::SHAPE.few_specials();
    for &a in &specials {
        for &b in &specials {
            specials.iter().for_each(|&c| triple(a, b, c));
        }
    }
    let mut random = Random::new(3);
    let mut last = 0;
    for _ in 0..rounds() {
        let a = random.number(F::SHAPE, last);
        let b = random.number(F::SHAPE, a);
        // The addend lies near the product, or at times is its negation rounded: deep cancellation.
        let product = F::of_ours(fpu::mul::<F>(&mut Env::new(how.0, &RISCV), F::ours(a), F::ours(b)));
        let sign = 1 << (F::EXP + F::FRAC);
        last = if random.next() & 3 == 0 { product ^ sign } else { random.number(F::SHAPE, product) };
        triple(a, b, last);
    }
}

/// What results are compared as.
trait Into64 {
    fn into64(self) -> u64;
}

macro_rules! into64 {
    ($($t:ty, |$x:ident| $value:expr;)*) => { $(impl Into64 for $t {
        fn into64(self) -> u64 {
            let $x = self;
            $value
        }
    })* };
}
into64! {
    bool, |x| x.into();
    u16, |x| x.into();
    u32, |x| x.into();
    u64, |x| x;
    i32, |x| x.cast_unsigned().into();
    i64, |x| x.cast_unsigned();
}

/// Runs a check for each of the three formats.
macro_rules! formats {
    ($check:ident, $how:expr, |$e:ident, $($x:ident),*| $ours:ident, |$m:ident| $theirs:expr) => {{
        formats!(@ $check, F16, $how, $e, ($($x),*), $ours, $m, $theirs);
        formats!(@ $check, F32, $how, $e, ($($x),*), $ours, $m, $theirs);
        formats!(@ $check, F64, $how, $e, ($($x),*), $ours, $m, $theirs);
    }};
    (@ $check:ident, $f:ty, $how:expr, $e:ident, ($($x:ident),*), $ours:ident, $m:ident, $theirs:expr) => {
        $check::<$f, _>($how, |$e, $($x),*| fpu::$ours::<$f>($e, $($x),*), |$($x,)* $m| $theirs)
    };
}

/// Every rounding mode under both tininess rules.
fn hows() -> impl Iterator<Item = How> {
    Round::ALL.into_iter().flat_map(|round| [(round, &RISCV), (round, &EARLY)])
}

/// The same without the rule of tininess, for what cannot be tiny.
fn modes() -> impl Iterator<Item = How> {
    Round::ALL.into_iter().map(|round| (round, &RISCV))
}

#[test]
fn sums_agree() {
    for how in modes() {
        formats!(binary, how, |e, a, b| add, |m| a.add(b, m).to_bits());
    }
}

#[test]
fn differences_agree() {
    for how in modes() {
        formats!(binary, how, |e, a, b| sub, |m| a.sub(b, m).to_bits());
    }
}

#[test]
fn products_agree() {
    for how in hows() {
        formats!(binary, how, |e, a, b| mul, |m| a.mul(b, m).to_bits());
    }
}

#[test]
fn quotients_agree() {
    for how in hows() {
        formats!(binary, how, |e, a, b| div, |m| a.div(b, m).to_bits());
    }
}

#[test]
fn roots_agree() {
    for how in modes() {
        formats!(unary, how, |e, a| sqrt, |m| a.sqrt(m).to_bits());
    }
}

#[test]
fn fused_multiply_adds_agree() {
    for how in hows() {
        ternary::<F16>(how);
        ternary::<F32>(how);
        ternary::<F64>(how);
    }
}

#[rstest]
fn comparisons_agree(#[values(0, 1, 2, 3, 4, 5)] relation: u32) {
    let how = (Round::NearestEven, &RISCV);
    match relation {
        0 => formats!(binary, how, |e, a, b| eq, |_m| a.eq(b)),
        1 => formats!(binary, how, |e, a, b| eq_signalling, |_m| a.eq_signaling(b)),
        2 => formats!(binary, how, |e, a, b| lt, |_m| a.lt(b)),
        3 => formats!(binary, how, |e, a, b| lt_quiet, |_m| a.lt_quiet(b)),
        4 => formats!(binary, how, |e, a, b| le, |_m| a.le(b)),
        _ => formats!(binary, how, |e, a, b| le_quiet, |_m| a.le_quiet(b)),
    }
}

fn to_ints_of<F: Both>(how: How) {
    unary::<F, _>(how, |e, a| fpu::to_int::<F, i32>(e, a), |a, m| a.to_i32(m, true));
    unary::<F, _>(how, |e, a| fpu::to_int::<F, u32>(e, a), |a, m| a.to_u32(m, true));
    unary::<F, _>(how, |e, a| fpu::to_int::<F, i64>(e, a), |a, m| a.to_i64(m, true));
    unary::<F, _>(how, |e, a| fpu::to_int::<F, u64>(e, a), |a, m| a.to_u64(m, true));
}

#[test]
fn conversions_to_integers_agree() {
    for how in modes() {
        to_ints_of::<F16>(how);
        to_ints_of::<F32>(how);
        to_ints_of::<F64>(how);
    }
}

fn from_ints_to<F: Both>(how: How) {
    let one = |n: u64| {
        let (narrow, signed) = (n.low32(), n.cast_signed());
        let n32 = narrow.cast_signed();
        let ours = |e: &mut Env| F::of_ours(fpu::from_int::<u64, F>(e, n));
        check(how, &[n], ours, |m| F::of_theirs(F::Theirs::from_u64(n, m)));
        let ours = |e: &mut Env| F::of_ours(fpu::from_int::<i64, F>(e, signed));
        check(how, &[n], ours, |m| F::of_theirs(F::Theirs::from_i64(signed, m)));
        let ours = |e: &mut Env| F::of_ours(fpu::from_int::<u32, F>(e, narrow));
        check(how, &[n], ours, |m| F::of_theirs(F::Theirs::from_u32(narrow, m)));
        let ours = |e: &mut Env| F::of_ours(fpu::from_int::<i32, F>(e, n32));
        check(how, &[n], ours, |m| F::of_theirs(F::Theirs::from_i32(n32, m)));
    };
    (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]).for_each(one);
    (0..64).map(|bit| (1_u64 << bit).wrapping_neg()).for_each(one);
    let mut random = Random::new(4);
    (0..rounds()).for_each(|_| one(random.integer()));
}

#[test]
fn conversions_from_integers_agree() {
    for how in modes() {
        from_ints_to::<F16>(how);
        from_ints_to::<F32>(how);
        from_ints_to::<F64>(how);
    }
}

#[test]
fn conversions_between_formats_agree() {
    for how in hows() {
        unary::<F16, _>(how, fpu::convert::<F16, F32>, |a, m| a.to_f32(m).to_bits());
        unary::<F16, _>(how, fpu::convert::<F16, F64>, |a, m| a.to_f64(m).to_bits());
        unary::<F32, _>(how, fpu::convert::<F32, F16>, |a, m| a.to_f16(m).to_bits());
        unary::<F32, _>(how, fpu::convert::<F32, F64>, |a, m| a.to_f64(m).to_bits());
        unary::<F64, _>(how, fpu::convert::<F64, F16>, |a, m| a.to_f16(m).to_bits());
        unary::<F64, _>(how, fpu::convert::<F64, F32>, |a, m| a.to_f32(m).to_bits());
    }
}

fn round_to_int_quiet<F: Format>(e: &mut Env, a: F::Bits) -> F::Bits {
    fpu::round_to_int::<F>(e, a, false)
}

#[test]
fn integral_values_agree() {
    for how in modes() {
        unary::<F16, _>(how, round_to_int_quiet::<F16>, |a, m| a.round_to_integral(m).to_bits());
        unary::<F32, _>(how, round_to_int_quiet::<F32>, |a, m| a.round_to_integral(m).to_bits());
        unary::<F64, _>(how, round_to_int_quiet::<F64>, |a, m| a.round_to_integral(m).to_bits());
    }
}
