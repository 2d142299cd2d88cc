//! What lifts have in common: registers, widths, addresses.

use super::{Insn, RESERVATION, RESERVED_VALUE, X as X0};
use crate::ir::{Address, At, Bin, Builder, Compare, Cond, Op, Place, Size, Un, Value, Width};
use interp::riscv::Rv;
use std::marker::PhantomData;

/// A builder that knows the guest's register width and the instruction being lifted.
pub struct Lifter<'a, X> {
    /// What is appended to.
    pub b: &'a mut Builder,
    /// The instruction's place.
    pub at: At,
    guest: PhantomData<X>,
}

impl<'a, X: Rv> Lifter<'a, X> {
    /// For the instruction at `at`.
    pub fn new(b: &'a mut Builder, at: At) -> Self {
        Self { b, at, guest: PhantomData }
    }

    /// The width of registers.
    pub const WIDTH: Width = if X::XLEN == 32 { Width::W32 } else { Width::W64 };

    /// Integer register `number`; zero is a constant.
    pub fn x(&mut self, number: u8) -> Value {
        match number & 31 {
            0 => self.b.int(0),
            n => self.b.get(Place(X0.0 + n)),
        }
    }

    /// Writes integer register `number`; a write to zero is lost. With 32-bit registers `value` is
    /// sign-extended.
    pub fn set_x(&mut self, number: u8, value: Value) {
        if number & 31 != 0 {
            self.b.set(Place(X0.0 + (number & 31)), value);
        }
    }

    /// The result of an operation of register width as a register keeps it.
    pub fn keep(&mut self, value: Value) -> Value {
        if X::XLEN == 32 { self.word(value) } else { value }
    }

    /// The low 32 bits, sign-extended.
    pub fn word(&mut self, value: Value) -> Value {
        self.b.ext(true, Size::B4, value)
    }

    /// A register's value as an unsigned number of 64 bits.
    pub fn unsigned(&mut self, value: Value) -> Value {
        if X::XLEN == 32 { self.b.ext(false, Size::B4, value) } else { value }
    }

    /// An operation of register width, kept.
    pub fn bin(&mut self, op: Bin, a: Value, b: Value) -> Value {
        let value = self.b.bin(op, Self::WIDTH, a, b);
        self.keep(value)
    }

    /// An operation of 32 bits, its result sign-extended.
    pub fn bin_word(&mut self, op: Bin, a: Value, b: Value) -> Value {
        let value = self.b.bin(op, Width::W32, a, b);
        self.word(value)
    }

    /// An operation of 64 bits whose result needs no sign extension in either register width.
    pub fn bin64(&mut self, op: Bin, a: Value, b: Value) -> Value {
        self.b.bin(op, Width::W64, a, b)
    }

    /// An operation of one operand and `width`, whose result is sign-extended where it has 32 bits.
    pub fn un(&mut self, op: Un, width: Width, a: Value) -> Value {
        let value = self.b.push(Op::Un(op, width, a));
        if width == Width::W32 { self.word(value) } else { value }
    }

    /// `a + constant`, kept; nothing is added where that is zero or both are constants.
    pub fn plus(&mut self, a: Value, constant: u64) -> Value {
        if constant == 0 {
            return a;
        }
        if let Some(known) = self.b.constant(a) {
            return self.b.int(X::keep(known.wrapping_add(constant)));
        }
        let constant = self.b.int(constant);
        self.bin(Bin::Add, a, constant)
    }

    /// A comparison of two registers' values.
    pub fn compare(&self, cond: Cond, a: Value, b: Value) -> Compare {
        Compare { cond, width: Self::WIDTH, a, b }
    }

    /// The address `rs1 + imm` of a load or store.
    pub fn address(&mut self, i: &Insn) -> Address {
        let at = self.x(i.rs1);
        self.b.address(at, i.imm, X::XLEN == 32)
    }

    /// The address in rs1 of an atomic access of `size`: where it is not aligned, the interpreter raises the trap.
    pub fn aligned(&mut self, i: &Insn, size: Size) -> Address {
        let at = self.x(i.rs1);
        let mask = self.b.int(size.bytes() - 1);
        let low = self.bin64(Bin::And, at, mask);
        let zero = self.b.int(0);
        self.b.guard(Cond::Ne, low, zero);
        self.b.address(at, 0, X::XLEN == 32)
    }

    /// The address that LR reserved, and what it read there.
    pub fn reserved(&mut self) -> (Value, Value) {
        (self.b.get(RESERVATION), self.b.get(RESERVED_VALUE))
    }

    /// The guest address `distance` from the instruction.
    pub fn near(&self, distance: u64) -> u64 {
        X::keep(self.at.pc.wrapping_add(distance))
    }

    /// The address of the next instruction.
    pub fn next(&self) -> u64 {
        self.near(u64::from(self.at.len))
    }

    /// The number of bits that a shift by an immediate shifts by.
    pub fn amount(&mut self, i: &Insn, width: Width) -> Value {
        self.b.int(u64::from(i.bits() % width.bits()))
    }
}

/// Row of an instruction that its handler executes, going on at the next one.
pub fn interpret<X: Rv>(l: &mut Lifter<X>, _: &Insn) {
    l.b.push(Op::Interpret);
}

/// Row of an instruction that ends the unit before it: it raises a trap, reads counters or changes code.
pub fn leave<X: Rv>(l: &mut Lifter<X>, _: &Insn) {
    l.b.push(Op::Leave);
}
