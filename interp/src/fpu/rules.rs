//! What a guest does where IEEE 754 leaves the choice to the implementation.

/// Which NaN an operation with NaN operands returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NanRule {
    /// Always the default NaN; payloads are lost.
    Canonical,
    /// The first operand that is a NaN, made quiet.
    FirstOperand,
    /// The first operand that is a signalling NaN, made quiet; failing that, the first quiet NaN.
    SignallingFirst,
}

/// When a result counts as tiny, which decides about underflow on results that round up to the smallest
/// normal number.  [IEEE 754-2019, 7.5]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tininess {
    /// The exact result lies below the smallest normal number.
    BeforeRounding,
    /// The result, rounded as if the exponent had no lower bound, lies below the smallest normal number.
    AfterRounding,
}

/// What a fused multiply-add with the product 0 × ∞ and a NaN as addend does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroTimesInfinity {
    /// Raises invalid; a quiet addend gives way to the default NaN.
    Invalid,
    /// The addend comes out; only a signalling addend raises invalid.
    Addend,
}

/// What the conversion to an integer answers when no integer of the type is right. Invalid is raised, and
/// inexact is not, whichever the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntRule {
    /// The nearest integer of the type; a NaN is the largest.
    SaturateNanMax,
    /// The nearest integer of the type; a NaN is zero.
    SaturateNanZero,
    /// Always x86's "integer indefinite": only the top bit set if signed, all bits set if unsigned.
    Indefinite,
}

/// What `min` and `max` do with NaNs and with zeros of both signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinMaxRule {
    /// A NaN gives way to a number, −0 < +0.  [IEEE 754-2019, 9.6, minimumNumber and maximumNumber]
    Number,
    /// A NaN comes out by the NaN rule, −0 < +0.  [IEEE 754-2019, 9.6, minimum and maximum]
    Propagate,
    /// `a < b ? a : b`, so that the second operand wins with any NaN (invalid) and with two zeros.
    /// [Intel SDM, MINSD]
    SecondOperand,
}

/// One guest's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which NaN comes out.
    pub nan: NanRule,
    /// Whether the default NaN has its sign bit set.
    pub default_nan_negative: bool,
    /// Whether a fused multiply-add looks for NaNs in its addend before its factors.
    pub addend_first: bool,
    /// Fused multiply-add of 0 × ∞ and a NaN.
    pub zero_times_infinity: ZeroTimesInfinity,
    /// When a result counts as tiny.
    pub tininess: Tininess,
    /// Conversion to an integer that does not fit.
    pub to_int: IntRule,
    /// `min` and `max`.
    pub min_max: MinMaxRule,
}

/// RISC-V F, D and Zfh.  [Unpriv. ISA, F, "NaN Generation and Propagation", "Subnormal Arithmetic"]
pub const RISCV: Rules = Rules {
    nan: NanRule::Canonical,
    default_nan_negative: false,
    addend_first: false,
    zero_times_infinity: ZeroTimesInfinity::Invalid,
    tininess: Tininess::AfterRounding,
    to_int: IntRule::SaturateNanMax,
    min_max: MinMaxRule::Number,
};

/// SSE, AVX and FMA of x86.  [Intel SDM 1, "Operating on SNaNs and QNaNs"; FMA instruction operation]
pub const X86: Rules = Rules {
    nan: NanRule::FirstOperand,
    default_nan_negative: true,
    addend_first: false,
    zero_times_infinity: ZeroTimesInfinity::Addend,
    tininess: Tininess::AfterRounding,
    to_int: IntRule::Indefinite,
    min_max: MinMaxRule::SecondOperand,
};

/// AArch64 with `FPCR.DN`, `FPCR.FZ` and `FPCR.AH` clear; `min` and `max` are FMIN and FMAX.
/// [Arm ARM, shared pseudocode FPProcessNaNs, FPMulAdd, FPRound, FPToFixed]
pub const ARM: Rules = Rules {
    nan: NanRule::SignallingFirst,
    default_nan_negative: false,
    addend_first: true,
    zero_times_infinity: ZeroTimesInfinity::Invalid,
    tininess: Tininess::BeforeRounding,
    to_int: IntRule::SaturateNanZero,
    min_max: MinMaxRule::Propagate,
};
