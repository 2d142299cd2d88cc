//! Integer moves and arithmetic, atomic accesses.

use crate::support::*;
use iced_x86::{Code, Mnemonic, Mnemonic::*, Register};
use jit::x64::{Alu, Asm, Cond, Gpr, Unary, Width};

const ALU: [(Alu, Mnemonic); 8] = [
    (Alu::Add, Add),
    (Alu::Or, Or),
    (Alu::Adc, Adc),
    (Alu::Sbb, Sbb),
    (Alu::And, And),
    (Alu::Sub, Sub),
    (Alu::Xor, Xor),
    (Alu::Cmp, Cmp),
];

const SETCC: [Mnemonic; 16] =
    [Seto, Setno, Setb, Setae, Sete, Setne, Setbe, Seta, Sets, Setns, Setp, Setnp, Setl, Setge, Setle, Setg];

const CMOV: [Mnemonic; 16] = [
    Cmovo, Cmovno, Cmovb, Cmovae, Cmove, Cmovne, Cmovbe, Cmova, Cmovs, Cmovns, Cmovp, Cmovnp, Cmovl, Cmovge,
    Cmovle, Cmovg,
];

fn len(emit: impl FnOnce(&mut Asm)) -> usize {
    let mut asm = Asm::new();
    emit(&mut asm);
    asm.len()
}

#[test]
fn arithmetic_takes_every_operand() {
    for (op, name) in ALU {
        for w in WIDTHS {
            for reg in Gpr::ALL {
                for src in rms() {
                    check(name, &[g(w, reg), rm(w, src)], |asm| asm.alu(op, w, reg, src));
                }
                for mem in memories() {
                    let got = check(name, &[m(w, mem), g(w, reg)], |asm| asm.alu_store(op, w, mem, reg));
                    assert!(!got.has_lock_prefix());
                    if op != Alu::Cmp {
                        let got = check(name, &[m(w, mem), g(w, reg)], |asm| asm.lock_alu(op, w, mem, reg));
                        assert!(got.has_lock_prefix());
                    }
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "cmp has no locked form")]
fn a_locked_compare_is_refused() {
    Asm::new().lock_alu(Alu::Cmp, Width::W32, jit::x64::Mem::base(Gpr::Rax), Gpr::Rax);
}

#[test]
fn arithmetic_takes_every_immediate() {
    for (op, name) in ALU {
        for w in WIDTHS {
            for dst in rms() {
                for value in IMMEDIATES {
                    check(name, &[rm(w, dst), imm(w, value)], |asm| asm.alu_imm(op, w, dst, value));
                }
            }
        }
    }
}

#[test]
fn an_immediate_takes_the_fewest_bytes() {
    let add = |w, dst: Gpr, imm| len(|asm| asm.alu_imm(Alu::Add, w, dst, imm));
    assert_eq!([127, -128, 128, -129].map(|imm| add(Width::W32, Gpr::Rcx, imm)), [3, 3, 6, 6]);
    assert_eq!([127, -128, 128, -129].map(|imm| add(Width::W32, Gpr::Rax, imm)), [3, 3, 5, 5]);
    assert_eq!([127, -1, 0xffff, 128].map(|imm| add(Width::W16, Gpr::Rcx, imm)), [4, 4, 4, 5]);
    assert_eq!([127, -1, 0xff, 128].map(|imm| add(Width::W8, Gpr::Rcx, imm)), [3; 4]);
    assert_eq!([127, -1, 0xff, 128].map(|imm| add(Width::W8, Gpr::Rax, imm)), [2; 4]);
    let imul = |imm| len(|asm| asm.imul_imm(Width::W64, Gpr::Rax, Gpr::Rcx, imm));
    assert_eq!([127, 128].map(imul), [4, 7]);
}

#[test]
fn test_takes_every_operand() {
    for w in WIDTHS {
        for a in rms() {
            for b in Gpr::ALL {
                check(Test, &[rm(w, a), g(w, b)], |asm| asm.test(w, a, b));
            }
            for value in IMMEDIATES {
                check(Test, &[rm(w, a), imm(w, value)], |asm| asm.test_imm(w, a, value));
            }
        }
    }
}

#[test]
fn moves_take_every_operand() {
    for w in WIDTHS {
        for reg in Gpr::ALL {
            for src in rms() {
                check(Mov, &[g(w, reg), rm(w, src)], |asm| asm.mov(w, reg, src));
            }
            for mem in memories() {
                check(Mov, &[m(w, mem), g(w, reg)], |asm| asm.store(w, mem, reg));
            }
        }
        for mem in memories() {
            for value in IMMEDIATES {
                check(Mov, &[m(w, mem), imm(w, value)], |asm| asm.store_imm(w, mem, value));
            }
        }
    }
}

/// The value that a move of an immediate leaves in all 64 bits, as the decoder reads it.
fn moved(dst: Gpr, value: u64) -> (u64, usize) {
    let mut asm = Asm::new();
    asm.mov_imm(dst, value);
    let [got] = decode(asm.bytes())[..] else { panic!("{:02x?} is not one instruction", asm.bytes()) };
    assert_eq!(got.mnemonic(), Mov);
    let reg = got.op0_register();
    assert_eq!(reg.full_register(), Register::RAX + u32::from(dst.number()));
    let read = if reg.is_gpr32() { u64::from(got.immediate32()) } else { got.immediate(1) };
    (read, asm.len())
}

#[test]
fn a_register_takes_any_constant_in_the_shortest_form() {
    let edges = (0..64).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power, power.wrapping_sub(1), power.wrapping_neg(), !power, power | 1]
    });
    for value in edges.chain([0, 0x1234_5678_9abc_def0, 0xdead_beef]) {
        for dst in Gpr::ALL {
            let extended = usize::from(dst.number() >= 8);
            let shortest = match value {
                0..=0xffff_ffff => 5 + extended,
                0xffff_ffff_8000_0000.. => 7,
                _ => 10,
            };
            assert_eq!(moved(dst, value), (value, shortest), "{dst:?} = {value:#x}");
        }
    }
}

#[test]
fn zero_clears_the_whole_register() {
    for dst in Gpr::ALL {
        check(Xor, &[g(Width::W32, dst), g(Width::W32, dst)], |asm| asm.zero(dst));
    }
}

#[test]
fn extensions_take_every_operand() {
    for dst in Gpr::ALL {
        for src in rms() {
            for (from, to, name) in [
                (Width::W8, Width::W32, Movzx),
                (Width::W16, Width::W32, Movzx),
                (Width::W32, Width::W32, Mov),
                (Width::W64, Width::W64, Mov),
            ] {
                check(name, &[g(to, dst), rm(from, src)], |asm| asm.movzx(from, dst, src));
            }
            for (from, to, name) in [
                (Width::W8, Width::W16, Movsx),
                (Width::W8, Width::W32, Movsx),
                (Width::W8, Width::W64, Movsx),
                (Width::W16, Width::W32, Movsx),
                (Width::W16, Width::W64, Movsx),
                (Width::W32, Width::W64, Movsxd),
            ] {
                check(name, &[g(to, dst), rm(from, src)], |asm| asm.movsx(from, to, dst, src));
            }
            for (from, to) in [(Width::W8, Width::W8), (Width::W32, Width::W32), (Width::W64, Width::W16)] {
                check(Mov, &[g(to, dst), rm(to, src)], |asm| asm.movsx(from, to, dst, src));
            }
        }
    }
}

#[test]
fn operations_of_one_operand_take_every_one() {
    for (op, name) in [
        (Unary::Not, Not),
        (Unary::Neg, Neg),
        (Unary::Mul, Mul),
        (Unary::Imul, Imul),
        (Unary::Div, Div),
        (Unary::Idiv, Idiv),
    ] {
        for w in WIDTHS {
            for dst in rms() {
                check(name, &[rm(w, dst)], |asm| asm.unary(op, w, dst));
            }
        }
    }
}

#[test]
fn products_take_every_operand() {
    for dst in Gpr::ALL {
        for src in rms() {
            for w in NO_BYTE {
                check(Imul, &[g(w, dst), rm(w, src)], |asm| asm.imul(w, dst, src));
                for value in IMMEDIATES {
                    let wants = [g(w, dst), rm(w, src), imm(w, value)];
                    check(Imul, &wants, |asm| asm.imul_imm(w, dst, src, value));
                }
            }
            for w in LONG {
                for lo in Gpr::ALL {
                    check(Mulx, &[g(w, dst), g(w, lo), rm(w, src)], |asm| asm.mulx(w, dst, lo, src));
                }
            }
        }
    }
}

#[test]
fn andn_takes_every_operand() {
    for w in LONG {
        for dst in Gpr::ALL {
            for a in Gpr::ALL {
                for b in rms() {
                    check(Andn, &[g(w, dst), g(w, a), rm(w, b)], |asm| asm.andn(w, dst, a, b));
                }
            }
        }
    }
}

#[test]
fn the_sign_of_rax_is_spread_at_every_width() {
    for (w, name) in WIDTHS.into_iter().zip([Cbw, Cwd, Cdq, Cqo]) {
        check(name, &[], |asm| asm.cqo(w));
    }
}

#[test]
fn conditions_have_the_order_of_their_encoding() {
    for (number, cond) in (0..).zip(Cond::ALL) {
        assert_eq!((cond.number(), cond.invert().number()), (number, number ^ 1));
    }
}

#[test]
fn conditions_set_and_move_every_register() {
    for cond in Cond::ALL {
        let number = usize::from(cond.number());
        for dst in Gpr::ALL {
            check(SETCC[number], &[g(Width::W8, dst)], |asm| asm.setcc(cond, dst));
            for w in NO_BYTE {
                for src in rms() {
                    check(CMOV[number], &[g(w, dst), rm(w, src)], |asm| asm.cmov(cond, w, dst, src));
                }
            }
        }
    }
}

#[test]
fn atomic_accesses_take_every_operand() {
    for w in WIDTHS {
        for reg in Gpr::ALL {
            for mem in memories() {
                let wants = [m(w, mem), g(w, reg)];
                check(Xchg, &wants, |asm| asm.xchg(w, mem, reg));
                assert!(check(Xadd, &wants, |asm| asm.lock_xadd(w, mem, reg)).has_lock_prefix());
                assert!(check(Cmpxchg, &wants, |asm| asm.lock_cmpxchg(w, mem, reg)).has_lock_prefix());
                assert!(!check(Cmpxchg, &wants, |asm| asm.cmpxchg(w, mem, reg)).has_lock_prefix());
            }
        }
    }
    assert_eq!(check(Mfence, &[], Asm::mfence).code(), Code::Mfence);
    assert_eq!(check(Pause, &[], Asm::pause).code(), Code::Pause);
}

#[test]
#[should_panic(expected = "has no form for bytes")]
fn a_conditional_move_of_bytes_is_refused() {
    Asm::new().cmov(Cond::E, Width::W8, Gpr::Rax, Gpr::Rcx);
}

#[test]
#[should_panic(expected = "has no form for 16 bits")]
fn andn_of_sixteen_bits_is_refused() {
    Asm::new().andn(Width::W16, Gpr::Rax, Gpr::Rax, Gpr::Rcx);
}
