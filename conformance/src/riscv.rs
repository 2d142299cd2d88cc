//! RISC-V case files on the RISC-V harts.

use crate::case::riscv::{MEMORY, Names, PC, Part, System, Trap};
use crate::mem::Pieces;
use crate::speak::Speaker;
use interp::riscv::{Rv, Rv32, Rv64};
use jit::lift::Lift;
use spec::bits::Low;
use spec::riscv::State;
use std::marker::PhantomData;

/// Speaks cases of one register width.
pub struct Harts<X>(PhantomData<X>);

/// Cases with `xlen: 32`.
pub const RV32: Harts<Rv32> = Harts(PhantomData);
/// Cases with `xlen: 64`.
pub const RV64: Harts<Rv64> = Harts(PhantomData);

impl<X: Rv + Lift> Speaker for Harts<X> {
    type Guest = X;
    type Names = Names;

    fn fresh(&self) -> State {
        State { pc: PC, ..State::new() }
    }

    fn memory(&self, word: u32, len: u8, pc: u64) -> Pieces {
        const PAGE: u64 = 4096;
        let mut code = vec![0; 2 * 4096];
        let offset = (pc % PAGE).low32() as usize;
        code[offset..][..usize::from(len)].copy_from_slice(&word.to_le_bytes()[..usize::from(len)]);
        code.truncate(if offset + usize::from(len) > 4096 { 8192 } else { 4096 });
        let data = vec![0; (MEMORY.end - MEMORY.start).low32() as usize];
        Pieces::default().with(MEMORY.start, data, true, false).with(pc - pc % PAGE, code, false, true)
    }

    fn set(&self, state: &mut State, part: &Part, value: u64) {
        match *part {
            Part::X(n) => state.x[usize::from(n)] = X::keep(value),
            Part::F(n) => state.f[usize::from(n)] = value,
            Part::Pc => X::set_pc(state, value),
            Part::Fflags => state.fflags = value.low32(),
            Part::Frm => state.frm = value.low32(),
            Part::Instret => state.instret = value,
            Part::Reserved => state.reservation = value,
            Part::ReservedValue => state.reserved_value = value,
            Part::System(System::Mode) => state.sys.mode = value,
            Part::System(System::Mstatus) => state.sys.mstatus = value,
            Part::System(System::Mepc) => state.sys.mepc = value,
            Part::System(System::Sepc) => state.sys.sepc = value,
            Part::System(System::Satp) => state.sys.satp = value,
        }
    }

    fn raised(&self, trap: &Trap, word: u32, pc: u64) -> spec::riscv::Trap {
        trap.raised(word, pc)
    }

    fn address(&self, pc: u64) -> u64 {
        X::unsigned(pc)
    }
}
