//! The RISC-V hart: register access for either register width, fetch, and the guest trait.

use super::pairs::Code;
use crate::mem::{Memory, Order, Scalar};
use crate::{Flow, Guest, Hart};
use memory::addr::PAGE;
use spec::bits::Sext;
use spec::insn::Insn;
use spec::riscv::system::cpu::{self, Features};
use spec::riscv::{NO_RESERVATION, Op, ROWS, State, Trap, decoder};
use spec::rows::Effects;

/// RISC-V with 32-bit registers.
pub struct Rv32;
/// RISC-V with 64-bit registers.
pub struct Rv64;

/// What depends on the register width.
pub trait Rv: Guest<Op = Op, State = State, Trap = Trap> {
    /// Register width in bits.
    const XLEN: u32;
    /// The value as a register keeps it: sign-extended from the top bit of the width.
    fn keep(value: u64) -> u64;
    /// A kept value as an unsigned number of the width.
    fn unsigned(value: u64) -> u64;
}

impl Rv for Rv64 {
    const XLEN: u32 = 64;
    #[inline(always)]
    fn keep(value: u64) -> u64 {
        value
    }
    #[inline(always)]
    fn unsigned(value: u64) -> u64 {
        value
    }
}

impl Rv for Rv32 {
    const XLEN: u32 = 32;
    #[inline(always)]
    fn keep(value: u64) -> u64 {
        value.sext32()
    }
    #[inline(always)]
    fn unsigned(value: u64) -> u64 {
        value & 0xffff_ffff
    }
}

macro_rules! guest {
    ($($g:ty)*) => { $(impl Guest for $g {
        type Op = Op;
        type State = State;
        type Trap = Trap;
        type Code = Code;

        #[inline]
        fn fetch<M: Memory>(h: &mut Hart<Self, M>, pc: u64) -> Result<Insn<Op>, Trap> {
            fetch(h, pc)
        }
        #[inline(always)]
        fn execute<M: Memory>(h: &mut Hart<Self, M>, insn: &Insn<Op>) -> Flow {
            super::bind::execute(h, insn)
        }
        #[inline(always)]
        fn place<M: Memory>(h: &mut Hart<Self, M>, pc: u64) -> Result<Option<u64>, Trap> {
            if M::TRANSLATES { h.code_place(pc) } else { Ok(Some(pc)) }
        }
        #[inline(always)]
        fn fetch_address(pc: u64) -> u64 {
            Self::unsigned(pc)
        }
        fn target(insn: &Insn<Op>, pc: u64) -> Option<u64> {
            let jal = matches!(insn.op, Op::Jal | Op::CJ | Op::CJal);
            jal.then(|| Self::keep(pc.wrapping_add(insn.simm())))
        }
        fn plan(insns: &[Insn<Op>]) -> Box<[Insn<Code>]> {
            super::pairs::plan(insns)
        }
        #[inline(always)]
        fn run<M: Memory>(h: &mut Hart<Self, M>, insns: &[Insn<Code>]) -> (Flow, usize) {
            super::pairs::run(h, insns)
        }
        #[inline(always)]
        fn pc(state: &State) -> u64 {
            state.pc
        }
        #[inline(always)]
        fn set_pc(state: &mut State, pc: u64) {
            state.pc = Self::keep(pc);
        }
        #[inline(always)]
        fn retired(state: &mut State) -> &mut u64 {
            &mut state.instret
        }
        fn has_reservation(state: &State) -> bool {
            state.reservation != NO_RESERVATION
        }
        fn drop_reservation(state: &mut State) {
            state.reservation = NO_RESERVATION;
        }
        fn effects(op: Op) -> Effects {
            EFFECTS[op as usize]
        }
    })* };
}
guest!(Rv32 Rv64);

/// The rows' effects close together: every instruction that is decoded asks for them.
static EFFECTS: [Effects; ROWS.len()] = {
    let mut effects = [Effects::NONE; ROWS.len()];
    let mut number = 0;
    while number < ROWS.len() {
        effects[number] = ROWS[number].effects;
        number += 1;
    }
    effects
};

/// Fetches two or four bytes and decodes them.
#[inline]
fn fetch<X: Rv, M: Memory>(h: &mut Hart<X, M>, pc: u64) -> Result<Insn<Op>, Trap> {
    let at = X::unsigned(pc);
    // A short instruction at the end of a page needs nothing of the next, which may be a device.
    let ends = M::TRANSLATES && at % PAGE > PAGE - 4;
    let word = match if ends { None } else { h.mem.fetch::<u32>(at, Order::Little).ok() } {
        Some(word) => word,
        None => halves::<X, M>(h, at)?,
    };
    let word = if word & 3 == 3 { word } else { word & 0xffff };
    let insn = decoder(X::XLEN)
        .decode(word)
        .filter(|insn| !M::TRANSLATES || Features(h.state.sys.features).has(cpu::needed(insn.op)));
    insn.ok_or(Trap::IllegalInstruction { word })
}

#[cold]
fn halves<X: Rv, M: Memory>(h: &mut Hart<X, M>, at: u64) -> Result<u32, Trap> {
    let low = u32::from(h.fetched::<u16>(at)?);
    if low & 3 != 3 {
        return Ok(low);
    }
    let high = h.fetched::<u16>(X::unsigned(at.wrapping_add(2)))?;
    Ok(low | u32::from(high) << 16)
}

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Integer register `number`.
    #[inline(always)]
    pub(super) fn x(&self, number: u8) -> u64 {
        self.state.x[usize::from(number & 31)]
    }

    /// Writes integer register `number` and goes on; a write to x0 is lost.
    #[inline(always)]
    pub(super) fn set_x(&mut self, number: u8, value: u64) -> Flow {
        self.state.x[usize::from(number & 31)] = X::keep(value);
        self.state.x[0] = 0;
        Flow::Next
    }

    /// The address of `insn`, which is running.
    #[inline(always)]
    pub(super) fn pc_of<O>(&self, insn: &Insn<O>) -> u64 {
        self.state.pc.wrapping_add(2 * u64::from(insn.off))
    }

    /// Goes on at `target`.
    #[inline(always)]
    pub(super) fn jump(&mut self, target: u64) -> Flow {
        self.state.pc = X::keep(target);
        Flow::Branch
    }

    /// The address `rs1 + imm` of a load or store.
    #[inline(always)]
    pub(super) fn address<O>(&self, insn: &Insn<O>) -> u64 {
        X::unsigned(self.x(insn.rs1).wrapping_add(insn.simm()))
    }

    /// Loads from `rs1 + imm` and hands the value on.
    #[inline(always)]
    pub(super) fn load<T: Scalar, O>(
        &mut self,
        insn: &Insn<O>,
        then: impl FnOnce(&mut Self, T) -> Flow,
    ) -> Flow {
        match self.read::<T>(self.address(insn)) {
            Ok(value) => then(self, value),
            Err(flow) => flow,
        }
    }

    /// Stores at `rs1 + imm`.
    #[inline(always)]
    pub(super) fn store<T: Scalar, O>(&mut self, insn: &Insn<O>, value: T) -> Flow {
        self.write(self.address(insn), value).map_or_else(|flow| flow, |()| Flow::Next)
    }

    /// No such instruction, or not with these operands or at this privilege.
    #[cold]
    pub(super) fn illegal<O>(&mut self, insn: &Insn<O>) -> Flow {
        self.raise(Trap::IllegalInstruction { word: insn.word })
    }
}
