//! What the toy's instructions do.

use super::{Insn, Op, ROWS, State, Trap};
use interp::{Flow, Guest, Hart, Memory, Order, Refusal, run_rows};
use spec::bits::Low;
use spec::decode::{Decoder, Key};
use spec::rows::Effects;
use std::sync::LazyLock;

/// The toy guest.
pub struct Toy;

type H<M> = Hart<Toy, M>;

/// The decoder: the opcode is the whole index.
pub fn decoder() -> &'static Decoder<Op> {
    static DECODER: LazyLock<Decoder<Op>> =
        LazyLock::new(|| Decoder::new(ROWS.iter(), [Key { shift: 24, width: 8 }, Key::default()]));
    &DECODER
}

impl Guest for Toy {
    type Op = Op;
    type State = State;
    type Trap = Trap;
    type Code = Op;

    fn plan(insns: &[Insn]) -> Box<[Insn]> {
        insns.into()
    }

    fn run<M: Memory>(h: &mut H<M>, insns: &[Insn]) -> (Flow, usize) {
        run_rows(h, insns)
    }

    fn fetch<M: Memory>(h: &mut H<M>, pc: u64) -> Result<Insn, Trap> {
        let word = h.mem.fetch::<u32>(pc, Order::Big).map_err(bus)?;
        decoder().decode(word).ok_or(Trap::Undefined { word })
    }

    fn execute<M: Memory>(h: &mut H<M>, i: &Insn) -> Flow {
        match i.op {
            Op::Add => add(h, i, 0),
            Op::Adc => add(h, i, h.state.carry),
            Op::Sub => alu(h, i, u32::wrapping_sub),
            Op::And => alu(h, i, |b, c| b & c),
            Op::Or => alu(h, i, |b, c| b | c),
            Op::Xor => alu(h, i, |b, c| b ^ c),
            Op::Shl => alu(h, i, |b, c| b << (c % 32)),
            Op::Shr => alu(h, i, |b, c| b >> (c % 32)),
            Op::Divu => divu(h, i),
            Op::Addi => set(h, i.rd, r(h, i.rs1).wrapping_add(i.bits())),
            Op::Movhi => set(h, i.rd, i.bits()),
            Op::Lw => match h.mem.load::<u32>(address(h, i), Order::Big) {
                Ok(v) => set(h, i.rd, v),
                Err(fault) => h.raise(bus(fault)),
            },
            Op::Lhu => match h.mem.load::<u16>(address(h, i), Order::Big) {
                Ok(v) => set(h, i.rd, u32::from(v)),
                Err(fault) => h.raise(bus(fault)),
            },
            Op::Sw => stored(h, |h| h.mem.store(address(h, i), r(h, i.rd), Order::Big)),
            Op::Sh => stored(h, |h| h.mem.store(address(h, i), r(h, i.rd).low16(), Order::Big)),
            Op::Cmpeq => test(h, r(h, i.rs1) == r(h, i.rs2)),
            Op::Cmplt => test(h, r(h, i.rs1).cast_signed() < r(h, i.rs2).cast_signed()),
            Op::Bt if h.state.test == 0 => Flow::Next,
            Op::Bt => jump(h, pc_of(h, i).wrapping_add(i.bits())),
            Op::Jr => jump(h, r(h, i.rs1)),
            Op::Call => h.raise(Trap::Monitor { number: i.bits() }),
        }
    }

    fn pc(state: &State) -> u64 {
        u64::from(state.pc)
    }
    fn set_pc(state: &mut State, pc: u64) {
        state.pc = pc.low32();
    }
    fn retired(state: &mut State) -> &mut u64 {
        &mut state.retired
    }
    fn effects(op: Op) -> Effects {
        ROWS[op as usize].effects
    }
}

fn r<M>(h: &H<M>, number: u8) -> u32 {
    h.state.r[usize::from(number & 15)]
}
fn set<M>(h: &mut H<M>, number: u8, value: u32) -> Flow {
    h.state.r[usize::from(number & 15)] = value;
    Flow::Next
}
fn pc_of<M>(h: &H<M>, i: &Insn) -> u32 {
    h.state.pc.wrapping_add(2 * u32::from(i.off))
}
fn jump<M>(h: &mut H<M>, target: u32) -> Flow {
    h.state.pc = target;
    Flow::Branch
}
fn address<M>(h: &H<M>, i: &Insn) -> u64 {
    u64::from(r(h, i.rs1).wrapping_add(i.bits()))
}
/// The toy has no translation and no devices.
fn bus(fault: impl Into<Refusal>) -> Trap {
    match fault.into() {
        Refusal::Page { at } | Refusal::Miss { at } => Trap::Bus { at },
        Refusal::Alone | Refusal::Bus => Trap::Bus { at: 0 },
    }
}
fn test<M>(h: &mut H<M>, holds: bool) -> Flow {
    h.state.test = u32::from(holds);
    Flow::Next
}
fn alu<M>(h: &mut H<M>, i: &Insn, f: impl Fn(u32, u32) -> u32) -> Flow {
    set(h, i.rd, f(r(h, i.rs1), r(h, i.rs2)))
}
fn add<M>(h: &mut H<M>, i: &Insn, carry: u32) -> Flow {
    let sum = u64::from(r(h, i.rs1)) + u64::from(r(h, i.rs2)) + u64::from(carry);
    h.state.carry = (sum >> 32).low32();
    set(h, i.rd, sum.low32())
}
fn divu<M>(h: &mut H<M>, i: &Insn) -> Flow {
    match r(h, i.rs1).checked_div(r(h, i.rs2)) {
        Some(quotient) => set(h, i.rd, quotient),
        None => h.raise(Trap::Divide),
    }
}
fn stored<M: Memory>(h: &mut H<M>, store: impl FnOnce(&mut H<M>) -> Result<(), M::Fault>) -> Flow {
    match store(h) {
        Ok(()) => Flow::Next,
        Err(fault) => h.raise(bus(fault)),
    }
}
