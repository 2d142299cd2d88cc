//! Small programs as the lifts see them.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test stops at the first surprise; not every test needs all"
)]

use interp::riscv::{Rv, Rv32, Rv64};
use jit::ir::Unit;
use jit::lift::Lift;
use jit::region;
use spec::asm;
use spec::riscv::{Insn, RV32, RV64, Trap, decoder};
use std::collections::HashMap;

/// The guest that the text tools know under a register width.
pub fn guest(xlen: u32) -> &'static spec::riscv::Guest {
    if xlen == 32 { &RV32 } else { &RV64 }
}

/// The instructions of `lines`, one after another from `start`.
pub fn program(xlen: u32, start: u64, lines: &[&str]) -> HashMap<u64, Insn> {
    let mut at = start;
    let mut found = HashMap::new();
    for line in lines {
        let bytes = asm::bytes(guest(xlen), line, at).unwrap();
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(&bytes);
        found.insert(at, decoder(xlen).decode(u32::from_le_bytes(word)).unwrap());
        at += bytes.len() as u64;
    }
    found
}

/// The unit that starts at `start` of a program, and its instructions.
pub fn unit<G: Lift + Rv>(start: u64, program: &HashMap<u64, Insn>) -> Option<(Unit, Vec<Insn>)> {
    let mut fetch = |pc| program.get(&pc).copied().ok_or(Trap::InstructionFault { at: pc });
    region::unit::<G>(start, &mut fetch)
}

/// The unit of `lines` at 0x1000.
pub fn lifted(xlen: u32, lines: &[&str]) -> Unit {
    let program = program(xlen, 0x1000, lines);
    let made = if xlen == 32 { unit::<Rv32>(0x1000, &program) } else { unit::<Rv64>(0x1000, &program) };
    made.unwrap().0
}
