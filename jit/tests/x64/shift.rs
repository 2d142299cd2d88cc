//! Shifts, rotations, single bits and their counts.

use crate::support::*;
use iced_x86::{Mnemonic::*, Register};
use jit::x64::{Bit, Count, Gpr, Shift, ShiftX, Width};

const COUNTS: [u8; 8] = [0, 1, 2, 7, 31, 32, 63, 255];

#[test]
fn shifts_take_every_operand_and_count() {
    for (op, name) in
        [(Shift::Rol, Rol), (Shift::Ror, Ror), (Shift::Shl, Shl), (Shift::Shr, Shr), (Shift::Sar, Sar)]
    {
        for w in WIDTHS {
            for dst in rms() {
                for count in COUNTS {
                    check(name, &[rm(w, dst), byte(count)], |asm| asm.shift_imm(op, w, dst, count));
                }
                check(name, &[rm(w, dst), Want::Reg(Register::CL)], |asm| asm.shift_cl(op, w, dst));
            }
        }
    }
}

#[test]
fn shifts_without_flags_take_every_operand() {
    for (op, name) in [(ShiftX::Shlx, Shlx), (ShiftX::Shrx, Shrx), (ShiftX::Sarx, Sarx)] {
        for w in LONG {
            for dst in Gpr::ALL {
                for src in rms() {
                    for count in Gpr::ALL {
                        let wants = [g(w, dst), rm(w, src), g(w, count)];
                        check(name, &wants, |asm| asm.shiftx(op, w, dst, src, count));
                    }
                }
            }
        }
    }
}

#[test]
fn a_rotation_without_flags_takes_every_operand() {
    for w in LONG {
        for dst in Gpr::ALL {
            for src in rms() {
                for count in COUNTS {
                    check(Rorx, &[g(w, dst), rm(w, src), byte(count)], |asm| asm.rorx(w, dst, src, count));
                }
            }
        }
    }
}

#[test]
fn counts_and_scans_take_every_operand() {
    for w in NO_BYTE {
        for dst in Gpr::ALL {
            for src in rms() {
                let wants = [g(w, dst), rm(w, src)];
                for (op, name) in [(Count::Lzcnt, Lzcnt), (Count::Tzcnt, Tzcnt), (Count::Popcnt, Popcnt)] {
                    check(name, &wants, |asm| asm.count(op, w, dst, src));
                }
                check(Bsr, &wants, |asm| asm.bsr(w, dst, src));
                check(Bsf, &wants, |asm| asm.bsf(w, dst, src));
            }
        }
    }
}

#[test]
fn single_bits_are_named_by_register_and_by_number() {
    for (op, name) in [(Bit::Bt, Bt), (Bit::Bts, Bts), (Bit::Btr, Btr), (Bit::Btc, Btc)] {
        for w in NO_BYTE {
            for dst in Gpr::ALL {
                for src in Gpr::ALL {
                    check(name, &[g(w, dst), g(w, src)], |asm| asm.bit(op, w, dst, src));
                }
                for number in COUNTS {
                    check(name, &[g(w, dst), byte(number)], |asm| asm.bit_imm(op, w, dst, number));
                }
            }
        }
    }
}

#[test]
fn bytes_are_reversed_in_every_register() {
    for dst in Gpr::ALL {
        for w in [Width::W32, Width::W64] {
            check(Bswap, &[g(w, dst)], |asm| asm.bswap(w, dst));
        }
    }
}
