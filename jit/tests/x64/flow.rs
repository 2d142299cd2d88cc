//! Jumps, labels, the stack, padding, data.

use crate::support::*;
use iced_x86::{Mnemonic, Mnemonic::*};
use jit::x64::{Alu, Asm, AsmError, Cond, Gpr, Mem, Width, Xmm};

const JCC: [Mnemonic; 16] = [Jo, Jno, Jb, Jae, Je, Jne, Jbe, Ja, Js, Jns, Jp, Jnp, Jl, Jge, Jle, Jg];

#[test]
fn a_jump_forward_reaches_its_label() {
    for distance in [0, 1, 127, 128, 100_000] {
        for (cond, name) in Cond::ALL.into_iter().map(Some).zip(JCC).chain([(None, Jmp)]) {
            let mut asm = Asm::new();
            let label = asm.label();
            match cond {
                Some(cond) => asm.jcc(cond, label),
                None => asm.jmp(label),
            }
            asm.nop(distance);
            asm.bind(label);
            asm.ret();
            let target = ORIGIN + asm.offset(label).unwrap() as u64;
            let code = decode(&asm.finish().unwrap());
            assert_eq!((code[0].mnemonic(), code[0].near_branch_target()), (name, target));
            assert_eq!(code.last().unwrap().ip(), target);
        }
    }
}

#[test]
fn a_jump_back_reaches_its_label_in_the_shortest_form() {
    // Bytes between the label and the jump; a displacement of 8 bits counts the two of the jump too.
    for (between, short) in [(0, true), (1, true), (126, true), (127, false), (128, false), (100_000, false)]
    {
        for (cond, name) in Cond::ALL.into_iter().map(Some).zip(JCC).chain([(None, Jmp)]) {
            let mut asm = Asm::new();
            asm.ret();
            let label = asm.label();
            asm.bind(label);
            asm.nop(between);
            match cond {
                Some(cond) => asm.jcc(cond, label),
                None => asm.jmp(label),
            }
            let code = decode(&asm.finish().unwrap());
            let jump = code.last().unwrap();
            assert_eq!((jump.mnemonic(), jump.near_branch_target()), (name, ORIGIN + 1));
            assert_eq!(jump.len() == 2, short, "{between} bytes between");
        }
    }
}

#[test]
fn a_call_reaches_its_label_forward_and_back() {
    let mut asm = Asm::new();
    let (before, behind) = (asm.label(), asm.label());
    asm.bind(before);
    asm.ret();
    asm.call(before);
    asm.call(behind);
    asm.bind(behind);
    let code = decode(&asm.finish().unwrap());
    assert_eq!(code[1..].iter().map(|call| call.mnemonic()).collect::<Vec<_>>(), [Call, Call]);
    assert_eq!((code[1].near_branch_target(), code[2].near_branch_target()), (ORIGIN, ORIGIN + 11));
}

#[test]
fn many_labels_keep_apart() {
    let mut asm = Asm::new();
    let labels: Vec<_> = (0..200).map(|_| asm.label()).collect();
    for &label in &labels {
        asm.jmp(label);
    }
    for &label in labels.iter().rev() {
        asm.bind(label);
        asm.ud2();
    }
    let places: Vec<_> = labels.iter().map(|&label| ORIGIN + asm.offset(label).unwrap() as u64).collect();
    let code = decode(&asm.finish().unwrap());
    let targets: Vec<_> = code[..200].iter().map(|jump| jump.near_branch_target()).collect();
    assert_eq!(targets, places);
    assert_eq!(places[199] + 398, places[0]);
}

#[test]
fn a_label_without_a_place_is_an_error_that_names_it() {
    let mut asm = Asm::new();
    let (bound, unbound) = (asm.label(), asm.label());
    asm.bind(bound);
    asm.jmp(bound);
    asm.jmp(unbound);
    assert_eq!(asm.offset(unbound), None);
    let error = asm.finish().unwrap_err();
    assert_eq!(error, AsmError::Unbound(unbound));
    assert_eq!(error.to_string(), "label 1 is used but not bound; bind it before the code is finished");
}

#[test]
fn a_label_without_a_use_needs_no_place() {
    let mut asm = Asm::new();
    asm.label();
    asm.ret();
    assert_eq!(asm.finish(), Ok(vec![0xc3]));
}

#[test]
fn an_address_beyond_32_bits_from_a_label_is_an_error() {
    let mut asm = Asm::new();
    let label = asm.label();
    asm.bind(label);
    asm.lea(Width::W64, Gpr::Rax, Mem::label(label).disp(i32::MIN));
    assert_eq!(asm.finish(), Err(AsmError::TooFar(label)));
}

#[test]
#[should_panic(expected = "bound once")]
fn a_label_has_one_place() {
    let mut asm = Asm::new();
    let label = asm.label();
    asm.bind(label);
    asm.bind(label);
}

#[test]
fn labels_resolve_again_after_more_code() {
    let mut asm = Asm::new();
    let (one, two) = (asm.label(), asm.label());
    asm.jmp(one);
    asm.bind(one);
    asm.resolve().unwrap();
    asm.jmp(two);
    asm.ud2();
    asm.bind(two);
    asm.resolve().unwrap();
    let targets = [0, 1].map(|at| decode(asm.bytes())[at].near_branch_target());
    assert_eq!(targets, [ORIGIN + 5, ORIGIN + 12]);
}

#[test]
fn a_failed_resolution_forgets_no_use() {
    let mut asm = Asm::new();
    let (one, two) = (asm.label(), asm.label());
    asm.jmp(one);
    asm.jmp(two);
    assert_eq!(asm.resolve(), Err(AsmError::Unbound(one)));
    asm.bind(one);
    assert_eq!(asm.resolve(), Err(AsmError::Unbound(two)));
    asm.bind(two);
    asm.resolve().unwrap();
    let targets = [0, 1].map(|at| decode(asm.bytes())[at].near_branch_target());
    assert_eq!(targets, [ORIGIN + 10, ORIGIN + 10]);
}

#[test]
fn jumps_and_calls_through_registers_and_memory() {
    for target in rms() {
        check(Jmp, &[rm(Width::W64, target)], |asm| asm.jmp_rm(target));
        check(Call, &[rm(Width::W64, target)], |asm| asm.call_rm(target));
    }
    check(Ret, &[], Asm::ret);
}

#[test]
fn every_register_is_pushed_and_popped() {
    for reg in Gpr::ALL {
        check(Push, &[g(Width::W64, reg)], |asm| asm.push(reg));
        check(Pop, &[g(Width::W64, reg)], |asm| asm.pop(reg));
    }
}

#[test]
fn a_patchable_jump_has_an_aligned_displacement() {
    for start in 0..16 {
        for (cond, name) in Cond::ALL.into_iter().map(Some).zip(JCC).chain([(None, Jmp)]) {
            let mut asm = Asm::new();
            asm.nop(start);
            let at = match cond {
                Some(cond) => asm.jcc_rel32_aligned(cond),
                None => asm.jmp_rel32_aligned(),
            };
            assert_eq!((at % 4, at + 4), (0, asm.len()));
            let mut code = asm.finish().unwrap();
            let jump = *decode(&code).last().unwrap();
            assert_eq!((jump.mnemonic(), jump.near_branch_target()), (name, jump.next_ip()));
            code[at..].copy_from_slice(&0x1234_5678_i32.to_le_bytes());
            let patched = *decode(&code).last().unwrap();
            assert_eq!(patched.near_branch_target(), jump.next_ip() + 0x1234_5678);
        }
    }
}

#[test]
fn a_patchable_call_has_an_aligned_displacement() {
    for start in 0..16 {
        let mut asm = Asm::new();
        asm.nop(start);
        let at = asm.call_rel32_aligned();
        assert_eq!((at % 4, at + 4), (0, asm.len()));
        let code = asm.finish().unwrap();
        let call = *decode(&code).last().unwrap();
        assert_eq!((call.mnemonic(), call.near_branch_target()), (Call, call.next_ip()));
    }
}

#[test]
fn padding_is_exact_and_in_the_fewest_instructions() {
    for bytes in 0..100_usize {
        let mut asm = Asm::new();
        asm.nop(bytes);
        let code = decode(asm.bytes());
        assert_eq!((asm.len(), code.len()), (bytes, bytes.div_ceil(9)));
        assert!(code.iter().all(|one| one.mnemonic() == Nop));
    }
}

#[test]
fn alignment_reaches_the_next_multiple() {
    for start in 0..40_usize {
        for n in [0, 1, 2, 4, 16, 64] {
            let mut asm = Asm::new();
            asm.nop(start);
            asm.align(n);
            assert_eq!(asm.len(), if n == 0 { start } else { start.next_multiple_of(n) });
            assert!(decode(asm.bytes()).iter().all(|one| one.mnemonic() == Nop));
        }
    }
}

#[test]
fn data_lies_in_the_order_of_the_host() {
    let mut asm = Asm::new();
    assert!(asm.is_empty());
    asm.quad(0x0102_0304_0506_0708);
    asm.long(0x1112_1314);
    assert_eq!(asm.bytes(), [8, 7, 6, 5, 4, 3, 2, 1, 0x14, 0x13, 0x12, 0x11]);
}

#[test]
fn traps_are_what_they_are_called() {
    check(Ud2, &[], Asm::ud2);
    check(Int3, &[], Asm::int3);
}

#[test]
fn registers_and_numbers_are_inverse() {
    for number in 0..16 {
        assert_eq!(Gpr::from_number(number).number(), number);
        assert_eq!(Xmm::from_number(number).number(), number);
    }
}

#[test]
fn a_stream_of_instructions_keeps_its_boundaries() {
    let mut asm = Asm::new();
    let mut meant = vec![];
    for (step, src) in rms().into_iter().cycle().take(5000).enumerate() {
        let reg = Gpr::ALL[step * 7 % 16];
        let w = WIDTHS[step % 4];
        meant.push(asm.len());
        // Addresses of the first label of an assembler have nothing to point to here.
        match src {
            jit::x64::Rm::Mem(mem) if mem.label.is_some() => asm.pause(),
            src if step % 3 == 0 => asm.alu_imm(Alu::Add, w, src, IMMEDIATES[step % IMMEDIATES.len()]),
            src => asm.mov(w, reg, src),
        }
    }
    let starts: Vec<_> =
        decode(asm.bytes()).iter().map(|one| usize::try_from(one.ip() - ORIGIN).unwrap()).collect();
    assert_eq!(starts, meant);
}
