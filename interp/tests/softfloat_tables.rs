//! Soft float against tables written from the manuals: what no oracle on the machine has.

use interp::fpu::{
    self, ARM, Class, Env, F16, F32, F64, Flags, IntRule, NanRule, RISCV, Round, Rules, Tininess, X86,
};
use rstest::rstest;

const QNAN: u32 = 0x7fc0_0000;
/// A quiet and a signalling NaN with payloads.
const QUIET: u32 = 0xffc0_1234;
const SIGNALLING: u32 = 0x7f80_5678;
/// `SIGNALLING` made quiet.
const QUIETED: u32 = 0x7fc0_5678;
const ONE: u32 = 0x3f80_0000;
const TWO: u32 = 0x4000_0000;
const INF: u32 = 0x7f80_0000;
const MINUS: u32 = 0x8000_0000;

fn env(round: Round, rules: &'static Rules) -> Env {
    Env::new(round, rules)
}

fn nearest(rules: &'static Rules) -> Env {
    env(Round::NearestEven, rules)
}

#[rstest]
#[case::five(5, None)]
#[case::six(6, None)]
#[case::dynamic(7, None)]
#[case::out_of_field(8, None)]
fn numbers_above_four_name_no_rounding_mode(#[case] frm: u32, #[case] mode: Option<Round>) {
    assert_eq!(Round::from_bits(frm), mode);
}

#[test]
fn rounding_modes_are_numbered_like_frm() {
    for (frm, mode) in (0..).zip(Round::ALL) {
        assert_eq!(Round::from_bits(frm), Some(mode));
        assert_eq!(mode as u32, frm);
    }
}

#[test]
fn flags_lie_like_fflags() {
    let all = [Flags::NX, Flags::UF, Flags::OF, Flags::DZ, Flags::NV];
    assert_eq!(all.map(Flags::bits), [1, 2, 4, 8, 16]);
    assert_eq!(Flags::from_bits(0xff).bits(), 0x1f);
    assert!(Flags::NX.with(Flags::NV).contains(Flags::NV));
    assert!(!Flags::NX.contains(Flags::NV));
}

/// [Unpriv. ISA, F, "Single-Precision Floating-Point Computational Instructions", FMIN.S and FMAX.S]
#[rstest]
#[case::numbers(ONE, TWO, ONE, TWO, Flags::NONE)]
#[case::both_negative(ONE | MINUS, TWO | MINUS, TWO | MINUS, ONE | MINUS, Flags::NONE)]
#[case::mixed_signs(ONE, TWO | MINUS, TWO | MINUS, ONE, Flags::NONE)]
#[case::zeros(MINUS, 0, MINUS, 0, Flags::NONE)]
#[case::zeros_swapped(0, MINUS, MINUS, 0, Flags::NONE)]
#[case::infinities(INF | MINUS, INF, INF | MINUS, INF, Flags::NONE)]
#[case::quiet_first(QUIET, ONE, ONE, ONE, Flags::NONE)]
#[case::quiet_second(ONE, QUIET, ONE, ONE, Flags::NONE)]
#[case::signalling_first(SIGNALLING, ONE, ONE, ONE, Flags::NV)]
#[case::signalling_second(ONE, SIGNALLING, ONE, ONE, Flags::NV)]
#[case::two_quiet(QUIET, QUIET, QNAN, QNAN, Flags::NONE)]
#[case::two_nans(QUIET, SIGNALLING, QNAN, QNAN, Flags::NV)]
fn riscv_min_and_max_prefer_numbers(
    #[case] a: u32,
    #[case] b: u32,
    #[case] min: u32,
    #[case] max: u32,
    #[case] flags: Flags,
) {
    let mut e = nearest(&RISCV);
    assert_eq!((fpu::min::<F32>(&mut e, a, b), e.flags), (min, flags));
    let mut e = nearest(&RISCV);
    assert_eq!((fpu::max::<F32>(&mut e, a, b), e.flags), (max, flags));
}

/// [Unpriv. ISA, F, "Single-Precision Floating-Point Classify Instruction", format of the result]
#[rstest]
#[case::minus_infinity(0xff80_0000, Class::NegativeInfinity, 1 << 0)]
#[case::minus_normal(0xbf80_0000, Class::NegativeNormal, 1 << 1)]
#[case::least_minus_normal(0x8080_0000, Class::NegativeNormal, 1 << 1)]
#[case::minus_subnormal(0x8000_0001, Class::NegativeSubnormal, 1 << 2)]
#[case::minus_zero(0x8000_0000, Class::NegativeZero, 1 << 3)]
#[case::zero(0, Class::PositiveZero, 1 << 4)]
#[case::subnormal(0x007f_ffff, Class::PositiveSubnormal, 1 << 5)]
#[case::normal(0x7f7f_ffff, Class::PositiveNormal, 1 << 6)]
#[case::infinity(0x7f80_0000, Class::PositiveInfinity, 1 << 7)]
#[case::signalling(0x7f80_0001, Class::SignallingNan, 1 << 8)]
#[case::minus_signalling(0xffbf_ffff, Class::SignallingNan, 1 << 8)]
#[case::quiet(0x7fc0_0000, Class::QuietNan, 1 << 9)]
#[case::minus_quiet(0xffff_ffff, Class::QuietNan, 1 << 9)]
fn a_number_has_one_class(#[case] a: u32, #[case] class: Class, #[case] mask: u32) {
    assert_eq!(fpu::classify::<F32>(a), class);
    assert_eq!(class.mask(), mask);
}

#[rstest]
#[case::half_subnormal(fpu::classify::<F16>(0x03ff), Class::PositiveSubnormal)]
#[case::half_signalling(fpu::classify::<F16>(0x7c01), Class::SignallingNan)]
#[case::double_quiet(fpu::classify::<F64>(0xfff8 << 48), Class::QuietNan)]
#[case::double_minus_normal(fpu::classify::<F64>(1 << 63 | 1 << 52), Class::NegativeNormal)]
fn classes_exist_in_every_format(#[case] class: Class, #[case] wanted: Class) {
    assert_eq!(class, wanted);
}

/// [Unpriv. ISA, F, domains of float-to-integer conversions and behaviour for invalid inputs]
#[rstest]
#[case::minus_out_of_range(0xcf80_0000, i32::MIN, 0)]
#[case::minus_infinity(0xff80_0000, i32::MIN, 0)]
#[case::out_of_range(0x4f80_0000, i32::MAX, u32::MAX)]
#[case::infinity(INF, i32::MAX, u32::MAX)]
#[case::quiet_nan(QUIET, i32::MAX, u32::MAX)]
#[case::signalling_nan(SIGNALLING, i32::MAX, u32::MAX)]
fn riscv_integers_saturate_and_are_invalid_only(#[case] a: u32, #[case] signed: i32, #[case] unsigned: u32) {
    let mut e = nearest(&RISCV);
    assert_eq!((fpu::to_int::<F32, i32>(&mut e, a), e.flags), (signed, Flags::NV));
    let mut e = nearest(&RISCV);
    assert_eq!((fpu::to_int::<F32, u32>(&mut e, a), e.flags), (unsigned, Flags::NV));
}

#[rstest]
#[case::riscv(&RISCV, i32::MAX, u64::MAX)]
#[case::arm(&ARM, 0, 0)]
#[case::x86(&X86, i32::MIN, u64::MAX)]
fn a_nan_as_integer_follows_the_guest(#[case] rules: &'static Rules, #[case] signed: i32, #[case] wide: u64) {
    assert_eq!(fpu::to_int::<F32, i32>(&mut nearest(rules), QUIET), signed);
    assert_eq!(fpu::to_int::<F32, u64>(&mut nearest(rules), QUIET), wide);
}

/// −0.5 and −1 as unsigned: only what rounds to zero fits.
#[rstest]
#[case::minus_half_to_zero(0xbf00_0000, Round::TowardZero, Flags::NX)]
#[case::minus_half_even(0xbf00_0000, Round::NearestEven, Flags::NX)]
#[case::minus_half_away(0xbf00_0000, Round::NearestMaxMagnitude, Flags::NV)]
#[case::minus_half_down(0xbf00_0000, Round::Down, Flags::NV)]
#[case::minus_one(0xbf80_0000, Round::TowardZero, Flags::NV)]
#[case::minus_zero(MINUS, Round::Down, Flags::NONE)]
fn a_negative_number_as_unsigned_is_zero(#[case] a: u32, #[case] round: Round, #[case] flags: Flags) {
    let mut e = env(round, &RISCV);
    assert_eq!((fpu::to_int::<F32, u32>(&mut e, a), e.flags), (0, flags));
}

#[rstest]
#[case(0.5, 0, 1)]
#[case(1.5, 2, 2)]
#[case(2.5, 2, 3)]
#[case(-0.5, 0, -1)]
#[case(-2.5, -2, -3)]
#[case(2.499, 2, 2)]
#[case(0.499_999_999_999_999_94, 0, 0)]
fn ties_go_to_even_or_away(#[case] a: f64, #[case] even: i32, #[case] away: i32) {
    assert_eq!(fpu::to_int::<F64, i32>(&mut nearest(&RISCV), a.to_bits()), even);
    assert_eq!(fpu::to_int::<F64, i32>(&mut env(Round::NearestMaxMagnitude, &RISCV), a.to_bits()), away);
}

/// Sums of 1 and a half unit in the last place, and of that and a little more or less.
#[rstest]
#[case::tie(0x3380_0000, 0x3f80_0000, 0x3f80_0001)]
#[case::below(0x337f_ffff, 0x3f80_0000, 0x3f80_0000)]
#[case::above(0x3380_0001, 0x3f80_0001, 0x3f80_0001)]
fn sums_that_tie_go_to_even_or_away(#[case] b: u32, #[case] even: u32, #[case] away: u32) {
    for sign in [0, MINUS] {
        let sum = |round| fpu::add::<F32>(&mut env(round, &RISCV), ONE | sign, b | sign);
        assert_eq!(sum(Round::NearestEven), even | sign);
        assert_eq!(sum(Round::NearestMaxMagnitude), away | sign);
    }
}

static EARLY: Rules = Rules { tininess: Tininess::BeforeRounding, ..RISCV };

/// The smallest normal number times 1 − 2^−24 lies half way to the next subnormal one and rounds up, but is
/// tiny under either rule, as 24 bits hold it exactly; times 1 − 2^−23 it is subnormal and exact.
#[rstest]
#[case::late_up(&RISCV, 0x3f7f_ffff, 0x0080_0000, Flags::UF.with(Flags::NX))]
#[case::early_up(&EARLY, 0x3f7f_ffff, 0x0080_0000, Flags::UF.with(Flags::NX))]
#[case::late_exact(&RISCV, 0x3f7f_fffe, 0x007f_ffff, Flags::NONE)]
#[case::early_exact(&EARLY, 0x3f7f_fffe, 0x007f_ffff, Flags::NONE)]
fn a_product_just_below_normal(
    #[case] rules: &'static Rules,
    #[case] factor: u32,
    #[case] product: u32,
    #[case] flags: Flags,
) {
    let mut e = nearest(rules);
    assert_eq!((fpu::mul::<F32>(&mut e, 0x0080_0000, factor), e.flags), (product, flags));
}

/// 2^−126 − 2^−152 needs 26 bits: with an unbounded exponent it rounds up to 2^−126, so that it is tiny only
/// before rounding.
#[rstest]
#[case::riscv(&RISCV, Flags::NX)]
#[case::x86(&X86, Flags::NX)]
#[case::arm(&ARM, Flags::UF.with(Flags::NX))]
fn tininess_is_judged_by_the_guest(#[case] rules: &'static Rules, #[case] flags: Flags) {
    let just_below = (2_f64.powi(-126) - 2_f64.powi(-152)).to_bits();
    let mut e = nearest(rules);
    assert_eq!((fpu::convert::<F64, F32>(&mut e, just_below), e.flags), (0x0080_0000, flags));
}

/// [Unpriv. ISA, F, FMADD: ∞ × 0 + qNaN is invalid; Arm ARM, FPMulAdd; Intel SDM, FMA]
#[rstest]
#[case::riscv(&RISCV, QUIET, QNAN, Flags::NV)]
#[case::riscv_signalling(&RISCV, SIGNALLING, QNAN, Flags::NV)]
#[case::arm(&ARM, QUIET, QNAN, Flags::NV)]
#[case::arm_signalling(&ARM, SIGNALLING, QUIETED, Flags::NV)]
#[case::x86(&X86, QUIET, QUIET, Flags::NONE)]
#[case::x86_signalling(&X86, SIGNALLING, QUIETED, Flags::NV)]
#[case::x86_number(&X86, ONE, QNAN | MINUS, Flags::NV)]
fn infinity_times_zero_plus_a_nan(
    #[case] rules: &'static Rules,
    #[case] c: u32,
    #[case] result: u32,
    #[case] flags: Flags,
) {
    for (a, b) in [(INF, 0), (MINUS, INF)] {
        let mut e = nearest(rules);
        assert_eq!((fpu::fma::<F32>(&mut e, a, b, c), e.flags), (result, flags));
    }
}

/// [Arm ARM, FPProcessNaNs, FPProcessNaNs3: signalling first, the addend before the factors]
#[rstest]
#[case::riscv(&RISCV, QNAN, QNAN)]
#[case::x86(&X86, QUIET, QUIET)]
#[case::arm(&ARM, QUIETED, 0x7fc0_0003)]
fn one_of_several_nans_comes_out(
    #[case] rules: &'static Rules,
    #[case] of_two: u32,
    #[case] of_three_quiet: u32,
) {
    let mut e = nearest(rules);
    assert_eq!((fpu::add::<F32>(&mut e, QUIET, SIGNALLING), e.flags), (of_two, Flags::NV));
    let mut e = nearest(rules);
    let sum = fpu::fma::<F32>(&mut e, QUIET, 0x7fc0_0002, 0x7fc0_0003);
    assert_eq!((sum, e.flags), (of_three_quiet, Flags::NONE));
}

#[test]
fn subtraction_leaves_the_sign_of_a_nan_alone() {
    assert_eq!(fpu::sub::<F32>(&mut nearest(&X86), ONE, QUIET), QUIET);
    assert_eq!(fpu::sub::<F32>(&mut nearest(&ARM), ONE, SIGNALLING), QUIETED);
}

/// The payload's upper end moves between formats, quieted; RISC-V drops it.
#[rstest]
#[case::riscv(&RISCV, 0x7e00, 0x7ff8_0000_0000_0000)]
#[case::x86(&X86, 0xff55, 0xfffd_5540_0000_0000)]
#[case::arm(&ARM, 0xff55, 0xfffd_5540_0000_0000)]
fn a_nan_converts(#[case] rules: &'static Rules, #[case] half: u16, #[case] double: u64) {
    // Negative and signalling: fraction 010_1010_1010_1010_0000_0000, quieted 110_1010_1010_1010_0000_0000.
    let nan = 0xffaa_aa00;
    let mut e = nearest(rules);
    assert_eq!((fpu::convert::<F32, F64>(&mut e, nan), e.flags), (double, Flags::NV));
    let mut e = nearest(rules);
    assert_eq!((fpu::convert::<F32, F16>(&mut e, nan), e.flags), (half, Flags::NV));
}

/// [Arm ARM, FPMin and FPMax: NaNs come out, −0 < +0]
#[test]
fn arm_min_and_max_propagate_nans() {
    assert_eq!(fpu::min::<F32>(&mut nearest(&ARM), ONE, QUIET), QUIET);
    assert_eq!(fpu::max::<F32>(&mut nearest(&ARM), QUIET, SIGNALLING), QUIETED);
    assert_eq!(fpu::min::<F32>(&mut nearest(&ARM), 0, MINUS), MINUS);
    assert_eq!(fpu::max::<F32>(&mut nearest(&ARM), MINUS, 0), 0);
}

#[test]
fn an_exact_zero_sum_is_negative_only_downwards() {
    for round in Round::ALL {
        let zero = if round == Round::Down { MINUS } else { 0 };
        assert_eq!(fpu::sub::<F32>(&mut env(round, &RISCV), ONE, ONE), zero);
        assert_eq!(fpu::fma::<F32>(&mut env(round, &RISCV), ONE, ONE, ONE | MINUS), zero);
        assert_eq!(fpu::add::<F32>(&mut env(round, &RISCV), MINUS, MINUS), MINUS);
    }
}

#[test]
fn integral_rounding_keeps_the_sign_and_reports_when_asked() {
    let minus_quarter = 0xbe80_0000;
    for (report, flags) in [(false, Flags::NONE), (true, Flags::NX)] {
        let mut e = nearest(&RISCV);
        assert_eq!((fpu::round_to_int::<F32>(&mut e, minus_quarter, report), e.flags), (MINUS, flags));
    }
}

#[test]
fn rules_can_be_mixed_for_guests_to_come() {
    static MIXED: Rules = Rules { nan: NanRule::FirstOperand, to_int: IntRule::SaturateNanZero, ..RISCV };
    assert_eq!(fpu::add::<F32>(&mut nearest(&MIXED), ONE, QUIET), QUIET);
    assert_eq!(fpu::to_int::<F32, i64>(&mut nearest(&MIXED), QUIET), 0);
}
