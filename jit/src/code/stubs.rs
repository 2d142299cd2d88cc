//! The code that leads into units and out of them.

use super::frame::{Frame, Kind};
use crate::emit::host::{self, BUDGET, Constant, PINS, STATE, STATE_BIAS, Stubs, XMM_PINS, frame};
use crate::ir::{GuestPlaces, Place};
use crate::x64::{Asm, AsmError, Gpr, Label, Mem, Prec, Width};
use std::mem::offset_of;

/// Registers that a function of the host's ABI keeps. [System V ABI, x86-64, 3.2.1]
const KEPT: [Gpr; 6] = [Gpr::Rbx, Gpr::Rbp, Gpr::R12, Gpr::R13, Gpr::R14, Gpr::R15];

/// What a guest pins: its places' offsets in the state.
pub(super) struct Pins<'a> {
    pub places: &'a GuestPlaces,
    pub hot: &'a [Place],
    pub hot_floats: &'a [Place],
}

impl Pins<'_> {
    fn integers(&self) -> impl Iterator<Item = (Gpr, Mem)> + '_ {
        PINS.into_iter().zip(self.hot).map(|(reg, place)| (reg, self.at(*place)))
    }
    fn numbers(&self) -> impl Iterator<Item = (crate::x64::Xmm, Mem)> + '_ {
        XMM_PINS.into_iter().zip(self.hot_floats).map(|(reg, place)| (reg, self.at(*place)))
    }
    fn at(&self, place: Place) -> Mem {
        host::state(self.places.info(place).offset)
    }
    fn load(&self, asm: &mut Asm) {
        self.numbers().for_each(|(reg, mem)| asm.movs(Prec::F64, reg, mem));
        self.integers().for_each(|(reg, mem)| asm.mov(Width::W64, reg, mem));
    }
    fn store(&self, asm: &mut Asm) {
        self.integers().for_each(|(reg, mem)| asm.store(Width::W64, mem, reg));
        self.numbers().for_each(|(reg, mem)| asm.movs_store(Prec::F64, mem, reg));
    }
}

/// A field of the frame that `reg` points to.
fn field(reg: Gpr, offset: usize) -> Mem {
    Mem::base(reg).disp(i32::try_from(offset).unwrap_or(0))
}

/// The pool of constants and the stubs for an arena whose first byte is executed at `at`, the address of the
/// function that enters, and where the stubs lie.
pub(super) fn emit(at: u32, pins: &Pins<'_>) -> Result<(Vec<u8>, u32, Stubs), AsmError> {
    let mut asm = Asm::new();
    for bits in Constant::BITS {
        asm.quad(bits);
        asm.quad(0);
    }
    for flags in host::FLAGS.as_chunks::<8>().0 {
        asm.quad(u64::from_le_bytes(*flags));
    }
    let (enter, common, bare) = (asm.label(), asm.label(), asm.label());
    asm.bind(enter);
    emit_enter(&mut asm, pins);
    let exits = [Kind::Link, Kind::Indirect, Kind::Leave, Kind::Budget, Kind::Fault].map(|kind| {
        let label = asm.label();
        asm.align(16);
        asm.bind(label);
        asm.mov_imm(Gpr::Rcx, kind as u64);
        asm.jmp(common);
        label
    });
    asm.align(16);
    asm.bind(common);
    pins.store(&mut asm);
    asm.bind(bare);
    emit_exit(&mut asm);
    let interpret = asm.label();
    asm.align(16);
    asm.bind(interpret);
    emit_interpret(&mut asm, pins, bare);
    asm.resolve()?;
    let place = |label: Label| at + asm.offset(label).and_then(|o| u32::try_from(o).ok()).unwrap_or(0);
    let [link, indirect, leave, budget, fault] = exits.map(place);
    let stubs = Stubs { link, indirect, leave, budget, fault, interpret: place(interpret), pool: at };
    let enter = place(enter);
    Ok((asm.finish()?, enter, stubs))
}

/// `extern "C" fn(frame: *mut Frame, code: usize)`
fn emit_enter(asm: &mut Asm, pins: &Pins<'_>) {
    KEPT.into_iter().for_each(|reg| asm.push(reg));
    asm.alu_imm(crate::x64::Alu::Sub, Width::W64, Gpr::Rsp, frame::BYTES);
    asm.store(Width::W64, host::stack(frame::POINTER), Gpr::Rdi);
    asm.mov(Width::W64, Gpr::Rax, field(Gpr::Rdi, offset_of!(Frame, table)));
    asm.store(Width::W64, host::stack(frame::TABLE), Gpr::Rax);
    asm.stmxcsr(field(Gpr::Rdi, offset_of!(Frame, host_mxcsr)));
    asm.ldmxcsr(field(Gpr::Rdi, offset_of!(Frame, mxcsr)));
    asm.mov(Width::W64, BUDGET, field(Gpr::Rdi, offset_of!(Frame, budget)));
    asm.mov(Width::W64, STATE, field(Gpr::Rdi, offset_of!(Frame, state)));
    asm.alu_imm(crate::x64::Alu::Sub, Width::W64, STATE, -STATE_BIAS);
    asm.mov(Width::W64, Gpr::Rax, Gpr::Rsi);
    pins.load(asm);
    asm.jmp_rm(Gpr::Rax);
}

/// Hands payload (rax) and kind (rcx) over and returns from the function that entered.
fn emit_exit(asm: &mut Asm) {
    asm.mov(Width::W64, Gpr::Rdx, host::stack(frame::POINTER));
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, payload)), Gpr::Rax);
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, kind)), Gpr::Rcx);
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, budget)), BUDGET);
    asm.stmxcsr(field(Gpr::Rdx, offset_of!(Frame, mxcsr)));
    asm.ldmxcsr(field(Gpr::Rdx, offset_of!(Frame, host_mxcsr)));
    asm.alu_imm(crate::x64::Alu::Add, Width::W64, Gpr::Rsp, frame::BYTES);
    KEPT.into_iter().rev().for_each(|reg| asm.pop(reg));
    asm.ret();
}

/// Called by a unit with a guest address in rax and a count in edx: runs the instruction there by its handler. Where
/// the handler says that the unit does not go on, leaves with what is in the state.
fn emit_interpret(asm: &mut Asm, pins: &Pins<'_>, bare: Label) {
    const RETURN: i32 = 8;
    let left = asm.label();
    pins.store(asm);
    asm.mov(Width::W64, Gpr::Rdi, host::stack(frame::POINTER + RETURN));
    asm.store(Width::W64, field(Gpr::Rdi, offset_of!(Frame, budget)), BUDGET);
    asm.mov(Width::W64, Gpr::Rsi, Gpr::Rax);
    // The call aligns the stack as the ABI wants it.
    asm.alu_imm(crate::x64::Alu::Sub, Width::W64, Gpr::Rsp, RETURN);
    asm.call_rm(field(Gpr::Rdi, offset_of!(Frame, interpret)));
    asm.alu_imm(crate::x64::Alu::Add, Width::W64, Gpr::Rsp, RETURN);
    asm.mov(Width::W64, Gpr::Rcx, host::stack(frame::POINTER + RETURN));
    asm.mov(Width::W64, BUDGET, field(Gpr::Rcx, offset_of!(Frame, budget)));
    asm.test(Width::W64, Gpr::Rax, Gpr::Rax);
    asm.jcc(crate::x64::Cond::Ne, left);
    pins.load(asm);
    asm.ret();
    asm.bind(left);
    asm.alu_imm(crate::x64::Alu::Add, Width::W64, Gpr::Rsp, RETURN);
    asm.mov_imm(Gpr::Rcx, Kind::Interpreted as u64);
    asm.jmp(bare);
}
