//! Floats and vectors.

use crate::support::*;
use iced_x86::{Mnemonic, Mnemonic::*};
use jit::x64::{Asm, Float, Fma, FmaOrder, Gpr, Logic, Mem, Prec, Width, Xm, Xmm};

/// An operation and its mnemonics for both precisions.
type Pair<T> = (T, [Mnemonic; 2]);

/// Checks a form `dst, src` for every operand; `bytes` is the size of memory for each precision.
fn two_operands(names: [Mnemonic; 2], bytes: [usize; 2], emit: impl Fn(&mut Asm, Prec, Xmm, Xm)) {
    for ((p, name), bytes) in PRECS.into_iter().zip(names).zip(bytes) {
        for dst in Xmm::ALL {
            for src in xms() {
                check(name, &[x(dst), xm(bytes, src)], |asm| emit(asm, p, dst, src));
            }
        }
    }
}

#[test]
fn scalar_moves_take_every_operand() {
    for (p, name) in PRECS.into_iter().zip([Movss, Movsd]) {
        for reg in Xmm::ALL {
            for mem in memories() {
                let place = Want::Mem(mem, size(p));
                check(name, &[x(reg), place], |asm| asm.movs(p, reg, mem));
                check(name, &[place, x(reg)], |asm| asm.movs_store(p, mem, reg));
            }
            for src in Xmm::ALL {
                check(Movaps, &[x(reg), x(src)], |asm| asm.movs(p, reg, src));
            }
        }
    }
}

#[test]
fn integers_move_to_vectors_and_back() {
    for (w, name) in LONG.into_iter().zip([Movd, Movq]) {
        for reg in Xmm::ALL {
            for src in rms() {
                check(name, &[x(reg), rm(w, src)], |asm| asm.mov_to_xmm(w, reg, src));
            }
            for dst in Gpr::ALL {
                check(name, &[g(w, dst), x(reg)], |asm| asm.mov_from_xmm(w, dst, reg));
            }
        }
    }
}

#[test]
fn float_arithmetic_takes_every_operand() {
    let ops: [Pair<Float>; 7] = [
        (Float::Add, [Addss, Addsd]),
        (Float::Sub, [Subss, Subsd]),
        (Float::Mul, [Mulss, Mulsd]),
        (Float::Div, [Divss, Divsd]),
        (Float::Min, [Minss, Minsd]),
        (Float::Max, [Maxss, Maxsd]),
        (Float::Sqrt, [Sqrtss, Sqrtsd]),
    ];
    for (op, names) in ops {
        two_operands(names, [4, 8], |asm, p, dst, src| asm.float(op, p, dst, src));
    }
}

#[test]
fn float_arithmetic_of_three_operands_takes_every_one() {
    let ops: [Pair<Float>; 7] = [
        (Float::Add, [Vaddss, Vaddsd]),
        (Float::Sub, [Vsubss, Vsubsd]),
        (Float::Mul, [Vmulss, Vmulsd]),
        (Float::Div, [Vdivss, Vdivsd]),
        (Float::Min, [Vminss, Vminsd]),
        (Float::Max, [Vmaxss, Vmaxsd]),
        (Float::Sqrt, [Vsqrtss, Vsqrtsd]),
    ];
    for (op, names) in ops {
        for a in Xmm::ALL {
            for (p, name) in PRECS.into_iter().zip(names) {
                for dst in Xmm::ALL {
                    for b in xms() {
                        let wants = [x(dst), x(a), xm(size(p), b)];
                        check(name, &wants, |asm| asm.vfloat(op, p, dst, a, b));
                    }
                }
            }
        }
    }
}

#[test]
fn comparisons_take_every_operand() {
    two_operands([Ucomiss, Ucomisd], [4, 8], |asm, p, a, b| asm.ucomis(p, a, b));
    two_operands([Comiss, Comisd], [4, 8], |asm, p, a, b| asm.comis(p, a, b));
    for (p, name) in PRECS.into_iter().zip([Cmpss, Cmpsd]) {
        for predicate in 0..8 {
            for dst in Xmm::ALL {
                for src in xms() {
                    let wants = [x(dst), xm(size(p), src), byte(predicate)];
                    check(name, &wants, |asm| asm.cmps(p, predicate, dst, src));
                }
            }
        }
    }
}

#[test]
fn conversions_take_every_operand() {
    two_operands([Cvtss2sd, Cvtsd2ss], [4, 8], |asm, from, dst, src| asm.cvt_float(from, dst, src));
    let names = [(Cvtsi2ss, Cvtss2si, Cvttss2si), (Cvtsi2sd, Cvtsd2si, Cvttsd2si)];
    for (p, (to_float, round, truncate)) in PRECS.into_iter().zip(names) {
        for w in LONG {
            for dst in Xmm::ALL {
                for src in rms() {
                    check(to_float, &[x(dst), rm(w, src)], |asm| asm.cvt_int_to_float(w, p, dst, src));
                }
            }
            for dst in Gpr::ALL {
                for src in xms() {
                    let wants = [g(w, dst), xm(size(p), src)];
                    check(round, &wants, |asm| asm.cvt_float_to_int(w, p, false, dst, src));
                    check(truncate, &wants, |asm| asm.cvt_float_to_int(w, p, true, dst, src));
                }
            }
        }
    }
}

#[test]
fn bitwise_operations_take_every_operand() {
    let ops: [Pair<Logic>; 4] = [
        (Logic::And, [Andps, Andpd]),
        (Logic::Andn, [Andnps, Andnpd]),
        (Logic::Or, [Orps, Orpd]),
        (Logic::Xor, [Xorps, Xorpd]),
    ];
    for (op, names) in ops {
        two_operands(names, [16, 16], |asm, p, dst, src| asm.logic(op, p, dst, src));
    }
}

#[test]
fn fused_products_take_every_order_and_operand() {
    use FmaOrder::{O132, O213, O231};
    let ops: [(Fma, FmaOrder, [Mnemonic; 2]); 12] = [
        (Fma::Madd, O132, [Vfmadd132ss, Vfmadd132sd]),
        (Fma::Madd, O213, [Vfmadd213ss, Vfmadd213sd]),
        (Fma::Madd, O231, [Vfmadd231ss, Vfmadd231sd]),
        (Fma::Msub, O132, [Vfmsub132ss, Vfmsub132sd]),
        (Fma::Msub, O213, [Vfmsub213ss, Vfmsub213sd]),
        (Fma::Msub, O231, [Vfmsub231ss, Vfmsub231sd]),
        (Fma::Nmadd, O132, [Vfnmadd132ss, Vfnmadd132sd]),
        (Fma::Nmadd, O213, [Vfnmadd213ss, Vfnmadd213sd]),
        (Fma::Nmadd, O231, [Vfnmadd231ss, Vfnmadd231sd]),
        (Fma::Nmsub, O132, [Vfnmsub132ss, Vfnmsub132sd]),
        (Fma::Nmsub, O213, [Vfnmsub213ss, Vfnmsub213sd]),
        (Fma::Nmsub, O231, [Vfnmsub231ss, Vfnmsub231sd]),
    ];
    let sources = xms();
    for (op, order, names) in ops {
        for (p, name) in PRECS.into_iter().zip(names) {
            for dst in Xmm::ALL {
                for a in Xmm::ALL {
                    for &b in &sources {
                        let wants = [x(dst), x(a), xm(size(p), b)];
                        check(name, &wants, |asm| asm.fma(op, order, p, dst, a, b));
                    }
                }
            }
        }
    }
}

#[test]
fn the_control_register_is_loaded_and_stored() {
    for mem in memories() {
        check(Ldmxcsr, &[Want::Mem(mem, 4)], |asm| asm.ldmxcsr(mem));
        check(Stmxcsr, &[Want::Mem(mem, 4)], |asm| asm.stmxcsr(mem));
    }
}

#[test]
fn vector_forms_take_every_operand() {
    for reg in Xmm::ALL {
        for src in xms() {
            let wants = [x(reg), xm(16, src)];
            check(Punpcklqdq, &wants, |asm| asm.punpcklqdq(reg, src));
            check(Pshufb, &wants, |asm| asm.pshufb(reg, src));
            for imm in [0, 1, 0x10, 0x11, 0x4e, 0xff] {
                let wants = [x(reg), xm(16, src), byte(imm)];
                check(Pshufd, &wants, |asm| asm.pshufd(reg, src, imm));
                check(Pclmulqdq, &wants, |asm| asm.pclmulqdq(reg, src, imm));
            }
        }
        for lane in [0, 1] {
            for other in rms() {
                let wants = [x(reg), rm(Width::W64, other), byte(lane)];
                check(Pinsrq, &wants, |asm| asm.pinsrq(reg, other, lane));
            }
            for dst in Gpr::ALL {
                let wants = [g(Width::W64, dst), x(reg), byte(lane)];
                check(Pextrq, &wants, |asm| asm.pextrq(dst, reg, lane));
            }
        }
    }
}

#[test]
fn short_vex_is_used_where_it_can_be() {
    let len = |b: Xm| {
        let mut asm = Asm::new();
        asm.vfloat(Float::Add, Prec::F64, Xmm::Xmm15, Xmm::Xmm15, b);
        asm.len()
    };
    assert_eq!(len(Xmm::Xmm7.into()), 4);
    assert_eq!(len(Xmm::Xmm8.into()), 5);
    assert_eq!(len(Mem::base(Gpr::Rdi).into()), 4);
    assert_eq!(len(Mem::base(Gpr::R8).into()), 5);
}
