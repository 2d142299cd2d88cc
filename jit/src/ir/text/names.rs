//! How texts spell the parameters of operations: one table an enum.

use crate::ir::{Bin, Cond, FBin, FCond, FSign, Hint, Prec, Rmw, Round, Size, Type, Un, Width};

/// A parameter of operations that is one of a few words.
pub trait Word: Copy + PartialEq + 'static {
    /// What it is, for errors.
    const WHAT: &'static str;
    /// Every value and its word.
    const WORDS: &'static [(&'static str, Self)];

    /// Its word.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("?", |(word, _)| word)
    }
    /// The value of this word.
    fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }
}

macro_rules! words {
    ($($t:ident, $what:literal: $($word:literal $name:ident)*;)*) => {
        $(impl Word for $t {
            const WHAT: &'static str = $what;
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $t::$name)),*];
        })*
    };
}
words! {
    Type, "type": "i32" I32 "i64" I64 "f32" F32 "f64" F64;
    Width, "width": "32" W32 "64" W64;
    Prec, "format": "f32" F32 "f64" F64;
    Size, "size": "1" B1 "2" B2 "4" B4 "8" B8;
    Bin, "operation": "add" Add "sub" Sub "mul" Mul "mulh" MulHigh "mulhu" MulHighU "mulhsu" MulHighSu
        "div" Div "divu" DivU "rem" Rem "remu" RemU "and" And "or" Or "xor" Xor "andn" Andn
        "shl" Shl "shr" Shr "sar" Sar "ror" Ror "clmul" Clmul "clmulh" ClmulHigh;
    Un, "operation": "clz" Clz "ctz" Ctz "popcnt" Popcnt "bswap" Bswap "orcb" OrcB;
    Cond, "relation": "eq" Eq "ne" Ne "lt" Lt "ge" Ge "ltu" LtU "geu" GeU;
    Rmw, "change": "swap" Swap "add" Add "and" And "or" Or "xor" Xor "min" Min "max" Max "minu" MinU "maxu" MaxU;
    Round, "rounding": "dyn" Dynamic "nearest" Nearest "zero" Zero "down" Down "up" Up "away" Away;
    FBin, "operation": "fadd" Add "fsub" Sub "fmul" Mul "fdiv" Div "fmin" Min "fmax" Max;
    FCond, "operation": "feq" Eq "flt" Lt "fle" Le;
    FSign, "sign": "copy" Copy "negate" Negate "xor" Xor;
    Hint, "hint": "jump" Jump "call" Call "return" Return;
}

/// Fused multiply-adds as (word, product negated, addend negated). [IEEE 754-2019, 5.4.1; RISC-V's names]
pub const FUSED: [(&str, bool, bool); 4] =
    [("fmadd", false, false), ("fmsub", false, true), ("fnmsub", true, false), ("fnmadd", true, true)];
