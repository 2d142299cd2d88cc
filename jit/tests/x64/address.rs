//! Addressing forms, all of them.

use crate::support::*;
use iced_x86::{Mnemonic, Register};
use jit::x64::{Alu, Asm, Float, Gpr, Mem, Prec, Scale, Shift, Width, Xmm};

const DISPLACEMENTS: [i32; 10] = [0, 1, -1, 127, 128, -128, -129, 0x1234_5678, i32::MAX, i32::MIN];

/// Segment gs, segment fs, and addresses of 32 bits.
const TRAITS: [(bool, bool, bool); 6] = [
    (false, false, false),
    (false, false, true),
    (true, false, false),
    (true, false, true),
    (false, true, false),
    (false, true, true),
];

fn every_address() -> Vec<Mem> {
    let bases = || Gpr::ALL.into_iter().map(Some).chain([None]);
    let index = |number: u8, scale| (Gpr::from_number(number) != Gpr::Rsp).then_some((number, scale));
    let indices = (0..16).flat_map(|number| SCALES.map(|scale| index(number, scale))).flatten();
    let indices: Vec<_> =
        indices.map(|(number, scale)| Some((Gpr::from_number(number), scale))).chain([None]).collect();
    let mut all = vec![];
    for base in bases() {
        for &index in &indices {
            for disp in DISPLACEMENTS {
                for (gs, fs, addr32) in TRAITS {
                    all.push(Mem { gs, fs, addr32, base, index, disp, label: None });
                }
            }
        }
    }
    assert_eq!(all.len(), 17 * 61 * 10 * TRAITS.len());
    all
}

#[test]
fn a_plain_instruction_takes_every_address() {
    for mem in every_address() {
        check(Mnemonic::Mov, &[g(Width::W64, Gpr::R9), m(Width::W64, mem)], |asm| {
            asm.mov(Width::W64, Gpr::R9, mem);
        });
        check(Mnemonic::Mov, &[m(Width::W8, mem), g(Width::W8, Gpr::Rsi)], |asm| {
            asm.store(Width::W8, mem, Gpr::Rsi);
        });
    }
}

#[test]
fn an_instruction_with_an_immediate_takes_every_address() {
    for mem in every_address() {
        check(Mnemonic::Xor, &[m(Width::W16, mem), imm(Width::W16, 0x1234)], |asm| {
            asm.alu_imm(Alu::Xor, Width::W16, mem, 0x1234);
        });
        check(Mnemonic::Sar, &[m(Width::W32, mem), byte(5)], |asm| {
            asm.shift_imm(Shift::Sar, Width::W32, mem, 5);
        });
    }
}

#[test]
fn instructions_with_vex_take_every_address() {
    for mem in every_address() {
        check(Mnemonic::Vaddsd, &[x(Xmm::Xmm1), x(Xmm::Xmm14), Want::Mem(mem, 8)], |asm| {
            asm.vfloat(Float::Add, Prec::F64, Xmm::Xmm1, Xmm::Xmm14, mem);
        });
        check(Mnemonic::Rorx, &[g(Width::W32, Gpr::R8), m(Width::W32, mem), byte(31)], |asm| {
            asm.rorx(Width::W32, Gpr::R8, mem, 31);
        });
    }
}

#[test]
fn lea_takes_every_address() {
    for mem in every_address() {
        for w in NO_BYTE {
            check(Mnemonic::Lea, &[g(w, Gpr::Rdi), m(w, mem)], |asm| asm.lea(w, Gpr::Rdi, mem));
        }
    }
}

#[test]
fn a_displacement_takes_the_fewest_bytes() {
    let len = |mem: Mem| {
        let mut asm = Asm::new();
        asm.mov(Width::W32, Gpr::Rax, mem);
        asm.len()
    };
    for base in [Gpr::Rax, Gpr::Rdi] {
        assert_eq!(
            [0, 1, 127, -128, 128, -129].map(|disp| len(Mem::base(base).disp(disp))),
            [2, 3, 3, 3, 6, 6]
        );
    }
    assert_eq!([0, 1, 128].map(|disp| len(Mem::base(Gpr::Rbp).disp(disp))), [3, 3, 6]);
    assert_eq!([0, 1, 128].map(|disp| len(Mem::base(Gpr::R12).disp(disp))), [4, 5, 8]);
    assert_eq!(len(Mem::abs(0)), 7);
    assert_eq!(len(Mem::base(Gpr::Rax).index(Gpr::Rcx, Scale::S4)), 3);
}

#[test]
fn rsp_as_an_index_of_scale_one_becomes_the_base() {
    for base in Gpr::ALL.into_iter().filter(|base| *base != Gpr::Rsp) {
        let swapped = Mem::base(Gpr::Rsp).index(base, Scale::S1).disp(4);
        check(Mnemonic::Mov, &[g(Width::W32, Gpr::Rax), m(Width::W32, swapped)], |asm| {
            asm.mov(Width::W32, Gpr::Rax, Mem::base(base).index(Gpr::Rsp, Scale::S1).disp(4));
        });
    }
    let alone = check(Mnemonic::Mov, &[g(Width::W32, Gpr::Rax), m(Width::W32, Mem::base(Gpr::Rsp))], |asm| {
        asm.mov(Width::W32, Gpr::Rax, Mem::abs(0).index(Gpr::Rsp, Scale::S1));
    });
    assert_eq!(alone.memory_index(), Register::None);
}

#[test]
#[should_panic(expected = "rsp has no encoding as an index")]
fn rsp_as_a_scaled_index_is_refused() {
    Asm::new().mov(Width::W32, Gpr::Rax, Mem::base(Gpr::Rax).index(Gpr::Rsp, Scale::S2));
}

#[test]
#[should_panic(expected = "a label has no base and no index")]
fn a_label_with_a_base_is_refused() {
    let mut asm = Asm::new();
    let mem = Mem { base: Some(Gpr::Rax), ..Mem::label(asm.label()) };
    asm.mov(Width::W32, Gpr::Rax, mem);
}

#[test]
fn the_distance_to_a_label_counts_from_behind_the_immediate() {
    let mem = Mem::label(near_label()).disp(12);
    for w in WIDTHS {
        for value in IMMEDIATES {
            check(Mnemonic::Mov, &[m(w, mem), imm(w, value)], |asm| asm.store_imm(w, mem, value));
            check(Mnemonic::Add, &[m(w, mem), imm(w, value)], |asm| asm.alu_imm(Alu::Add, w, mem, value));
        }
    }
}
