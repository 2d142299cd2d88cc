//! Dispatch for the block driver: the rows, and pairs of rows that often follow one another, each with an arm
//! of its own in one `match`.
//!
//! A pair's arm runs the two rows' own handlers one after the other, so that pairs save a dispatch and mean
//! nothing new. The list holds what compilers emit most: chosen by counting neighbours in the integer programs
//! of the benchmark (docs/decisions.md).

use super::bind::bound;
use super::hart::Rv;
use super::{a, b, d, f, i, m, privileged, z, zfh};
use crate::{Flow, Hart, Memory};
use spec::insn::Insn;
use spec::riscv::{Op, ROWS};

macro_rules! dispatch {
    ({ $($pair:ident: $first:ident $fm:ident :: $fh:ident, $second:ident $sm:ident :: $sh:ident;)* }
        $($op:ident => $module:ident :: $handler:ident,)*) => {
        /// An arm: a row's, or a pair's.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Code { $($op,)* $($pair,)* JalOn }

        impl Code {
            fn of(op: Op) -> Self {
                match op {
                    $(Op::$op => Self::$op,)*
                }
            }

            fn paired(first: Op, second: Op) -> Option<Self> {
                match (first, second) {
                    $((Op::$first, Op::$second) => Some(Self::$pair),)*
                    _ => None,
                }
            }
        }

        /// Runs instructions until one does not simply go on; says what it said and how many were left.
        #[inline(always)]
        pub fn run<X: Rv, M: Memory>(h: &mut Hart<X, M>, insns: &[Insn<Code>]) -> (Flow, usize) {
            let mut rest = insns.iter();
            while let Some(insn) = rest.next() {
                // Going on from inside an arm spares the common path a test of what was returned.
                let flow = match insn.op {
                    $(Code::$op => match $module::$handler(h, insn) {
                        Flow::Next => continue,
                        flow => flow,
                    },)*
                    // The target's instructions follow.
                    Code::JalOn => match i::jal(h, insn) {
                        Flow::Branch => continue,
                        flow => flow,
                    },
                    $(Code::$pair => match $fm::$fh(h, insn) {
                        Flow::Next => match rest.next() {
                            Some(insn) => match $sm::$sh(h, insn) {
                                Flow::Next => continue,
                                flow => flow,
                            },
                            None => Flow::Next,
                        },
                        flow => flow,
                    },)*
                };
                return (flow, rest.len());
            }
            (Flow::Next, 0)
        }
    };
}

bound! { dispatch {
    LuiAddi:       Lui i::lui, Addi i::addi;
    LuiAddiw:      Lui i::lui, Addiw i::addiw;
    AuipcJalr:     Auipc i::auipc, Jalr i::jalr;
    AuipcLd:       Auipc i::auipc, Ld i::ld;
    AuipcAddi:     Auipc i::auipc, Addi i::addi;
    BeqJal:        Beq i::beq, Jal i::jal;
    BeqBeq:        Beq i::beq, Beq i::beq;
    BeqLh:         Beq i::beq, Lh i::lh;
    BeqLd:         Beq i::beq, Ld i::ld;
    BeqLbu:        Beq i::beq, Lbu i::lbu;
    BeqSd:         Beq i::beq, Sd i::sd;
    BeqAddi:       Beq i::beq, Addi i::addi;
    BeqSlli:       Beq i::beq, Slli i::slli;
    BeqAdd:        Beq i::beq, Add i::add;
    BeqAddiw:      Beq i::beq, Addiw i::addiw;
    BeqSubw:       Beq i::beq, Subw i::subw;
    BeqMul:        Beq i::beq, Mul m::mul;
    BneJalr:       Bne i::bne, Jalr i::jalr;
    BneBeq:        Bne i::bne, Beq i::beq;
    BneLd:         Bne i::bne, Ld i::ld;
    BneAddi:       Bne i::bne, Addi i::addi;
    BneAndi:       Bne i::bne, Andi i::andi;
    BneAdd:        Bne i::bne, Add i::add;
    BneSub:        Bne i::bne, Sub i::sub;
    BneAddiw:      Bne i::bne, Addiw i::addiw;
    BneSraiw:      Bne i::bne, Sraiw i::sraiw;
    BgeJalr:       Bge i::bge, Jalr i::jalr;
    BltuLd:        Bltu i::bltu, Ld i::ld;
    BltuAddi:      Bltu i::bltu, Addi i::addi;
    BltuAndi:      Bltu i::bltu, Andi i::andi;
    BltuAdd:       Bltu i::bltu, Add i::add;
    BltuSltu:      Bltu i::bltu, Sltu i::sltu;
    BgeuAddi:      Bgeu i::bgeu, Addi i::addi;
    LhLh:          Lh i::lh, Lh i::lh;
    LhAddi:        Lh i::lh, Addi i::addi;
    LwBeq:         Lw i::lw, Beq i::beq;
    LwBne:         Lw i::lw, Bne i::bne;
    LwLw:          Lw i::lw, Lw i::lw;
    LwAddi:        Lw i::lw, Addi i::addi;
    LwAdd:         Lw i::lw, Add i::add;
    LwAddiw:       Lw i::lw, Addiw i::addiw;
    LdAuipc:       Ld i::ld, Auipc i::auipc;
    LdJalr:        Ld i::ld, Jalr i::jalr;
    LdBeq:         Ld i::ld, Beq i::beq;
    LdBne:         Ld i::ld, Bne i::bne;
    LdLd:          Ld i::ld, Ld i::ld;
    LdSd:          Ld i::ld, Sd i::sd;
    LdAddi:        Ld i::ld, Addi i::addi;
    LdSlli:        Ld i::ld, Slli i::slli;
    LdAdd:         Ld i::ld, Add i::add;
    LdXor:         Ld i::ld, Xor i::xor;
    LdFence:       Ld i::ld, Fence i::fence;
    LbuBeq:        Lbu i::lbu, Beq i::beq;
    LbuBne:        Lbu i::lbu, Bne i::bne;
    LbuLbu:        Lbu i::lbu, Lbu i::lbu;
    LbuSb:         Lbu i::lbu, Sb i::sb;
    LbuAddi:       Lbu i::lbu, Addi i::addi;
    LbuXor:        Lbu i::lbu, Xor i::xor;
    SbBne:         Sb i::sb, Bne i::bne;
    SbAddi:        Sb i::sb, Addi i::addi;
    SbAdd:         Sb i::sb, Add i::add;
    SwSw:          Sw i::sw, Sw i::sw;
    SwAddi:        Sw i::sw, Addi i::addi;
    SdJal:         Sd i::sd, Jal i::jal;
    SdJalr:        Sd i::sd, Jalr i::jalr;
    SdBne:         Sd i::sd, Bne i::bne;
    SdLd:          Sd i::sd, Ld i::ld;
    SdLbu:         Sd i::sd, Lbu i::lbu;
    SdSd:          Sd i::sd, Sd i::sd;
    SdAddi:        Sd i::sd, Addi i::addi;
    SdAdd:         Sd i::sd, Add i::add;
    AddiAuipc:     Addi i::addi, Auipc i::auipc;
    AddiJal:       Addi i::addi, Jal i::jal;
    AddiJalr:      Addi i::addi, Jalr i::jalr;
    AddiBeq:       Addi i::addi, Beq i::beq;
    AddiBne:       Addi i::addi, Bne i::bne;
    AddiBltu:      Addi i::addi, Bltu i::bltu;
    AddiLd:        Addi i::addi, Ld i::ld;
    AddiLbu:       Addi i::addi, Lbu i::lbu;
    AddiSw:        Addi i::addi, Sw i::sw;
    AddiSd:        Addi i::addi, Sd i::sd;
    AddiAddi:      Addi i::addi, Addi i::addi;
    AddiSlli:      Addi i::addi, Slli i::slli;
    AddiAdd:       Addi i::addi, Add i::add;
    AddiXor:       Addi i::addi, Xor i::xor;
    AddiFence:     Addi i::addi, Fence i::fence;
    AddiAddiw:     Addi i::addi, Addiw i::addiw;
    AddiAddw:      Addi i::addi, Addw i::addw;
    AddiMulw:      Addi i::addi, Mulw m::mulw;
    XoriOr:        Xori i::xori, Or i::or;
    AndiBeq:       Andi i::andi, Beq i::beq;
    AndiBne:       Andi i::andi, Bne i::bne;
    AndiAddi:      Andi i::andi, Addi i::addi;
    AndiAndi:      Andi i::andi, Andi i::andi;
    AndiSrli:      Andi i::andi, Srli i::srli;
    AndiAdd:       Andi i::andi, Add i::add;
    AndiXor:       Andi i::andi, Xor i::xor;
    AndiSlliw:     Andi i::andi, Slliw i::slliw;
    AndiAddw:      Andi i::andi, Addw i::addw;
    AndiMulw:      Andi i::andi, Mulw m::mulw;
    SlliAddi:      Slli i::slli, Addi i::addi;
    SlliSlli:      Slli i::slli, Slli i::slli;
    SlliSrli:      Slli i::slli, Srli i::srli;
    SlliAdd:       Slli i::slli, Add i::add;
    SlliXor:       Slli i::slli, Xor i::xor;
    SlliOr:        Slli i::slli, Or i::or;
    SrliAdd:       Srli i::srli, Add i::add;
    SrliXor:       Srli i::srli, Xor i::xor;
    SrliMul:       Srli i::srli, Mul m::mul;
    SraiSrai:      Srai i::srai, Srai i::srai;
    SraiAdd:       Srai i::srai, Add i::add;
    AddAuipc:      Add i::add, Auipc i::auipc;
    AddJal:        Add i::add, Jal i::jal;
    AddJalr:       Add i::add, Jalr i::jalr;
    AddBeq:        Add i::add, Beq i::beq;
    AddBne:        Add i::add, Bne i::bne;
    AddBge:        Add i::add, Bge i::bge;
    AddBgeu:       Add i::add, Bgeu i::bgeu;
    AddLw:         Add i::add, Lw i::lw;
    AddLd:         Add i::add, Ld i::ld;
    AddLbu:        Add i::add, Lbu i::lbu;
    AddSb:         Add i::add, Sb i::sb;
    AddSw:         Add i::add, Sw i::sw;
    AddSd:         Add i::add, Sd i::sd;
    AddAddi:       Add i::add, Addi i::addi;
    AddSlli:       Add i::add, Slli i::slli;
    AddSrli:       Add i::add, Srli i::srli;
    AddSrai:       Add i::add, Srai i::srai;
    AddAdd:        Add i::add, Add i::add;
    AddXor:        Add i::add, Xor i::xor;
    AddAddiw:      Add i::add, Addiw i::addiw;
    AddMul:        Add i::add, Mul m::mul;
    SubBgeu:       Sub i::sub, Bgeu i::bgeu;
    SubAddi:       Sub i::sub, Addi i::addi;
    SubAdd:        Sub i::sub, Add i::add;
    SubXor:        Sub i::sub, Xor i::xor;
    SubAddiw:      Sub i::sub, Addiw i::addiw;
    SllOr:         Sll i::sll, Or i::or;
    SltBeq:        Slt i::slt, Beq i::beq;
    SltBne:        Slt i::slt, Bne i::bne;
    SltuJalr:      Sltu i::sltu, Jalr i::jalr;
    SltuBne:       Sltu i::sltu, Bne i::bne;
    XorSb:         Xor i::xor, Sb i::sb;
    XorSd:         Xor i::xor, Sd i::sd;
    XorAddi:       Xor i::xor, Addi i::addi;
    XorXori:       Xor i::xor, Xori i::xori;
    XorAndi:       Xor i::xor, Andi i::andi;
    XorSlli:       Xor i::xor, Slli i::slli;
    XorSrli:       Xor i::xor, Srli i::srli;
    XorXor:        Xor i::xor, Xor i::xor;
    XorOr:         Xor i::xor, Or i::or;
    XorAnd:        Xor i::xor, And i::and;
    XorAddiw:      Xor i::xor, Addiw i::addiw;
    XorSlliw:      Xor i::xor, Slliw i::slliw;
    XorSrliw:      Xor i::xor, Srliw i::srliw;
    XorAddw:       Xor i::xor, Addw i::addw;
    XorSubw:       Xor i::xor, Subw i::subw;
    XorMul:        Xor i::xor, Mul m::mul;
    SrlSll:        Srl i::srl, Sll i::sll;
    OrLd:          Or i::or, Ld i::ld;
    OrAndi:        Or i::or, Andi i::andi;
    OrAdd:         Or i::or, Add i::add;
    OrOr:          Or i::or, Or i::or;
    OrAnd:         Or i::or, And i::and;
    AndSub:        And i::and, Sub i::sub;
    AndXor:        And i::and, Xor i::xor;
    AndAnd:        And i::and, And i::and;
    FenceAddi:     Fence i::fence, Addi i::addi;
    AddiwJal:      Addiw i::addiw, Jal i::jal;
    AddiwBeq:      Addiw i::addiw, Beq i::beq;
    AddiwBne:      Addiw i::addiw, Bne i::bne;
    AddiwBltu:     Addiw i::addiw, Bltu i::bltu;
    AddiwLd:       Addiw i::addiw, Ld i::ld;
    AddiwSw:       Addiw i::addiw, Sw i::sw;
    AddiwAddi:     Addiw i::addiw, Addi i::addi;
    AddiwAndi:     Addiw i::addiw, Andi i::andi;
    AddiwAdd:      Addiw i::addiw, Add i::add;
    AddiwXor:      Addiw i::addiw, Xor i::xor;
    AddiwAddiw:    Addiw i::addiw, Addiw i::addiw;
    AddiwAddw:     Addiw i::addiw, Addw i::addw;
    SlliwXor:      Slliw i::slliw, Xor i::xor;
    SlliwOr:       Slliw i::slliw, Or i::or;
    SlliwAnd:      Slliw i::slliw, And i::and;
    SlliwSlliw:    Slliw i::slliw, Slliw i::slliw;
    SlliwSrliw:    Slliw i::slliw, Srliw i::srliw;
    SlliwAddw:     Slliw i::slliw, Addw i::addw;
    SlliwSubw:     Slliw i::slliw, Subw i::subw;
    SrliwXor:      Srliw i::srliw, Xor i::xor;
    SrliwOr:       Srliw i::srliw, Or i::or;
    SrliwSlliw:    Srliw i::srliw, Slliw i::slliw;
    SrliwSrliw:    Srliw i::srliw, Srliw i::srliw;
    SrliwSubw:     Srliw i::srliw, Subw i::subw;
    SraiwAndi:     Sraiw i::sraiw, Andi i::andi;
    SraiwSraiw:    Sraiw i::sraiw, Sraiw i::sraiw;
    AddwBne:       Addw i::addw, Bne i::bne;
    AddwBltu:      Addw i::addw, Bltu i::bltu;
    AddwLd:        Addw i::addw, Ld i::ld;
    AddwAndi:      Addw i::addw, Andi i::andi;
    AddwAdd:       Addw i::addw, Add i::add;
    AddwXor:       Addw i::addw, Xor i::xor;
    AddwAddiw:     Addw i::addw, Addiw i::addiw;
    AddwAddw:      Addw i::addw, Addw i::addw;
    SubwJalr:      Subw i::subw, Jalr i::jalr;
    SubwXor:       Subw i::subw, Xor i::xor;
    SubwSlliw:     Subw i::subw, Slliw i::slliw;
    MulJal:        Mul m::mul, Jal i::jal;
    MulBeq:        Mul m::mul, Beq i::beq;
    MulLd:         Mul m::mul, Ld i::ld;
    MulSrai:       Mul m::mul, Srai i::srai;
    MulSub:        Mul m::mul, Sub i::sub;
    MulAddiw:      Mul m::mul, Addiw i::addiw;
    MulMul:        Mul m::mul, Mul m::mul;
    MulRemu:       Mul m::mul, Remu m::remu;
    RemuBne:       Remu m::remu, Bne i::bne;
    RemuRemu:      Remu m::remu, Remu m::remu;
    MulwAddi:      Mulw m::mulw, Addi i::addi;
    MulwAddw:      Mulw m::mulw, Addw i::addw;
} }

/// The row whose handler a row has: a short instruction's is that of the row it expands to.
static BASES: [Op; ROWS.len()] = {
    let mut bases = [ROWS[0].op; ROWS.len()];
    let mut number = 0;
    while number < ROWS.len() {
        bases[number] = match ROWS[number].expands {
            Some(base) => base,
            None => ROWS[number].op,
        };
        number += 1;
    }
    bases
};

/// The records of a block: each instruction with its arm, or with that of the pair it begins.
pub fn plan(insns: &[Insn<Op>]) -> Box<[Insn<Code>]> {
    let base = |insn: &Insn<Op>| BASES[insn.op as usize];
    let mut planned: Vec<_> = insns.iter().map(|insn| insn.with(Code::of(base(insn)))).collect();
    let mut place = 0;
    while let [first, second, ..] = &insns[place..] {
        let (first, second) = (base(first), base(second));
        let followed = place + 2 < insns.len();
        place += match Code::paired(first, second) {
            _ if first == Op::Jal => {
                planned[place].op = Code::JalOn;
                1
            }
            Some(pair) if second != Op::Jal || !followed => {
                planned[place].op = pair;
                2
            }
            _ => 1,
        };
    }
    planned.into_boxed_slice()
}
