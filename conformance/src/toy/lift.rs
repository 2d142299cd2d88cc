//! What the toy's instructions are in the JIT's representation.

use super::{Insn, Op, State, Toy};
use jit::ir::{
    Address, At, Bin, Builder, Compare, Cond, GuestPlaces, Hint, Op as Do, Place, PlaceInfo, Size, Type,
    Value, Width,
};
use jit::lift::Lift;
use spec::bits::Low;
use std::mem::offset_of;

const CARRY: Place = Place(16);
const TEST: Place = Place(17);

macro_rules! places {
    ($($name:literal at $offset:expr;)*) => {
        &[$(PlaceInfo { name: $name, offset: $offset as u16, ty: Type::I32 },)*]
    };
}

#[allow(clippy::cast_possible_truncation, reason = "the state is far smaller than 64 KiB")]
const INFOS: &[PlaceInfo] = places! {
    "r0" at offset_of!(State, r);
    "r1" at offset_of!(State, r) + 4;
    "r2" at offset_of!(State, r) + 8;
    "r3" at offset_of!(State, r) + 12;
    "r4" at offset_of!(State, r) + 16;
    "r5" at offset_of!(State, r) + 20;
    "r6" at offset_of!(State, r) + 24;
    "r7" at offset_of!(State, r) + 28;
    "r8" at offset_of!(State, r) + 32;
    "r9" at offset_of!(State, r) + 36;
    "r10" at offset_of!(State, r) + 40;
    "r11" at offset_of!(State, r) + 44;
    "r12" at offset_of!(State, r) + 48;
    "r13" at offset_of!(State, r) + 52;
    "r14" at offset_of!(State, r) + 56;
    "r15" at offset_of!(State, r) + 60;
    "carry" at offset_of!(State, carry);
    "test" at offset_of!(State, test);
};

static PLACES: GuestPlaces = GuestPlaces { guest: "toy", float: None, infos: INFOS };

impl Lift for Toy {
    fn places() -> &'static GuestPlaces {
        &PLACES
    }

    fn read(state: &State, place: Place) -> u64 {
        u64::from(match place {
            CARRY => state.carry,
            TEST => state.test,
            _ => state.r.get(usize::from(place.0)).copied().unwrap_or(0),
        })
    }

    fn write(state: &mut State, place: Place, value: u64) {
        let value = value.low32();
        match place {
            CARRY => state.carry = value,
            TEST => state.test = value,
            _ => {
                if let Some(register) = state.r.get_mut(usize::from(place.0)) {
                    *register = value;
                }
            }
        }
    }

    fn lift(b: &mut Builder, i: &Insn, at: At) {
        match i.op {
            Op::Add => add(b, i, false),
            Op::Adc => add(b, i, true),
            Op::Sub => alu(b, i, Bin::Sub),
            Op::And => alu(b, i, Bin::And),
            Op::Or => alu(b, i, Bin::Or),
            Op::Xor => alu(b, i, Bin::Xor),
            Op::Shl => alu(b, i, Bin::Shl),
            Op::Shr => alu(b, i, Bin::Shr),
            Op::Divu => divu(b, i),
            Op::Addi => addi(b, i),
            Op::Movhi => movhi(b, i),
            Op::Lw => load(b, i, Size::B4),
            Op::Lhu => load(b, i, Size::B2),
            Op::Sw => store(b, i, Size::B4),
            Op::Sh => store(b, i, Size::B2),
            Op::Cmpeq => test(b, i, Cond::Eq),
            Op::Cmplt => test(b, i, Cond::Lt),
            Op::Bt => bt(b, i, at),
            Op::Jr => jr(b, i),
            Op::Call => {
                b.push(Do::Leave);
            }
        }
    }

    fn after(at: At) -> u64 {
        wrap(at.pc.wrapping_add(4))
    }
}

fn wrap(pc: u64) -> u64 {
    pc & 0xffff_ffff
}
fn register(number: u8) -> Place {
    Place(number & 15)
}
fn word(b: &mut Builder, value: u32) -> Value {
    b.push(Do::Const(Type::I32, u64::from(value)))
}
/// A register as an unsigned number of 64 bits.
fn wide(b: &mut Builder, number: u8) -> Value {
    let value = b.get(register(number));
    b.ext(false, Size::B4, value)
}
fn narrow(b: &mut Builder, op: Bin, x: Value, y: Value) -> Value {
    b.bin(op, Width::W32, x, y)
}

/// The sum of 64 bits has the carry in bit 32.
fn add(b: &mut Builder, i: &Insn, carry: bool) {
    let (x, y) = (wide(b, i.rs1), wide(b, i.rs2));
    let mut sum = b.bin(Bin::Add, Width::W64, x, y);
    if carry {
        let carry = b.get(CARRY);
        let carry = b.ext(false, Size::B4, carry);
        sum = b.bin(Bin::Add, Width::W64, sum, carry);
    }
    let half = b.int(32);
    let carry = b.bin(Bin::Shr, Width::W64, sum, half);
    b.set(CARRY, carry);
    b.set(register(i.rd), sum);
}
fn alu(b: &mut Builder, i: &Insn, op: Bin) {
    let (x, y) = (b.get(register(i.rs1)), b.get(register(i.rs2)));
    let value = narrow(b, op, x, y);
    b.set(register(i.rd), value);
}
fn divu(b: &mut Builder, i: &Insn) {
    let (y, zero) = (b.get(register(i.rs2)), word(b, 0));
    b.push(Do::Guard(Compare { cond: Cond::Eq, width: Width::W32, a: y, b: zero }));
    alu(b, i, Bin::DivU);
}
fn addi(b: &mut Builder, i: &Insn) {
    let (x, y) = (b.get(register(i.rs1)), word(b, i.bits()));
    let value = narrow(b, Bin::Add, x, y);
    b.set(register(i.rd), value);
}
fn movhi(b: &mut Builder, i: &Insn) {
    let value = word(b, i.bits());
    b.set(register(i.rd), value);
}
fn address(b: &mut Builder, i: &Insn) -> Address {
    let at = wide(b, i.rs1);
    b.address(at, i.imm, true)
}
fn load(b: &mut Builder, i: &Insn, size: Size) {
    let address = address(b, i);
    let value = b.push(Do::Load { size, signed: false, big: true, address });
    b.set(register(i.rd), value);
}
fn store(b: &mut Builder, i: &Insn, size: Size) {
    let address = address(b, i);
    let value = b.get(register(i.rd));
    b.push(Do::Store { size, big: true, address, value });
}
fn test(b: &mut Builder, i: &Insn, cond: Cond) {
    let (x, y) = (b.get(register(i.rs1)), b.get(register(i.rs2)));
    let holds = b.cmp(cond, Width::W32, x, y);
    b.set(TEST, holds);
}
fn bt(b: &mut Builder, i: &Insn, at: At) {
    let (flag, zero) = (b.get(TEST), word(b, 0));
    let target = wrap(at.pc.wrapping_add(i.simm()));
    b.push(Do::Branch(Compare { cond: Cond::Ne, width: Width::W32, a: flag, b: zero }, target));
}
fn jr(b: &mut Builder, i: &Insn) {
    let target = wide(b, i.rs1);
    b.push(Do::Goto(target, Hint::Jump));
}
