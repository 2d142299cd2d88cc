//! The code that leads into units and out of them.

use super::frame::{Frame, Kind};
use crate::emit::TABLE_MASK;
use crate::emit::host::{self, BUDGET, Constant, PINS, STATE, STATE_BIAS, Stubs, XMM_PINS, frame};
use crate::ir::{GuestPlaces, Place};
use crate::x64::{Alu, Asm, AsmError, Cond, Gpr, Label, Mem, Prec, Scale, Width};
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
/// function that enters, and where the stubs lie. Each thread has its frame `own` bytes from its fs on.
pub(super) fn emit(at: u32, own: i32, pins: &Pins<'_>) -> Result<(Vec<u8>, u32, Stubs), AsmError> {
    let mut asm = Asm::new();
    let mut stubs = Stubs { frame: own, pool: at, ..Stubs::default() };
    for bits in Constant::BITS {
        asm.quad(bits);
        asm.quad(0);
    }
    for flags in host::FLAGS.as_chunks::<8>().0 {
        asm.quad(u64::from_le_bytes(*flags));
    }
    let [enter, common, bare, astray] = std::array::from_fn(|_| asm.label());
    asm.bind(enter);
    emit_enter(&mut asm, &stubs, pins, astray);
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
    emit_exit(&mut asm, &stubs);
    let interpret = asm.label();
    asm.align(16);
    asm.bind(interpret);
    emit_interpret(&mut asm, &stubs, pins, bare);
    asm.align(16);
    asm.bind(astray);
    emit_astray(&mut asm, &stubs, exits[1]);
    asm.resolve()?;
    let place = |label: Label| at + asm.offset(label).and_then(|o| u32::try_from(o).ok()).unwrap_or(0);
    let [link, indirect, leave, budget, fault] = exits.map(place);
    stubs = Stubs {
        link,
        indirect,
        leave,
        budget,
        fault,
        interpret: place(interpret),
        astray: place(astray),
        ..stubs
    };
    let enter = place(enter);
    Ok((asm.finish()?, enter, stubs))
}

/// `extern "C" fn(frame: *mut Frame, code: usize)`
fn emit_enter(asm: &mut Asm, stubs: &Stubs, pins: &Pins<'_>, astray: Label) {
    KEPT.into_iter().for_each(|reg| asm.push(reg));
    asm.store(Width::W64, stubs.frame(frame::BASE), Gpr::Rsp);
    asm.store(Width::W64, stubs.frame(frame::POINTER), Gpr::Rdi);
    asm.mov(Width::W64, Gpr::Rax, field(Gpr::Rdi, offset_of!(Frame, table)));
    asm.store(Width::W64, stubs.frame(frame::TABLE), Gpr::Rax);
    asm.stmxcsr(field(Gpr::Rdi, offset_of!(Frame, host_mxcsr)));
    asm.ldmxcsr(field(Gpr::Rdi, offset_of!(Frame, mxcsr)));
    asm.mov(Width::W64, BUDGET, field(Gpr::Rdi, offset_of!(Frame, budget)));
    asm.mov(Width::W64, STATE, field(Gpr::Rdi, offset_of!(Frame, state)));
    asm.alu_imm(Alu::Sub, Width::W64, STATE, -STATE_BIAS);
    asm.mov(Width::W64, Gpr::Rax, Gpr::Rsi);
    pins.load(asm);
    // What the guest has not called from here it returns to by the table.
    asm.call_rm(Gpr::Rax);
    let unknown = asm.label();
    asm.bind(unknown);
    asm.call(astray);
    asm.jmp(unknown);
}

/// To the guest address in rax by the thread's table of jump targets.
fn emit_astray(asm: &mut Asm, stubs: &Stubs, indirect: Label) {
    asm.mov(Width::W64, Gpr::Rcx, stubs.frame(frame::TABLE));
    asm.mov(Width::W32, Gpr::Rdx, Gpr::Rax);
    asm.alu_imm(Alu::And, Width::W32, Gpr::Rdx, TABLE_MASK);
    let entry = Mem::base(Gpr::Rcx).index(Gpr::Rdx, Scale::S8);
    asm.alu(Alu::Cmp, Width::W64, Gpr::Rax, entry);
    asm.jcc(Cond::Ne, indirect);
    asm.jmp_rm(entry.disp(8));
}

/// Hands payload (rax) and kind (rcx) over and returns from the function that entered.
fn emit_exit(asm: &mut Asm, stubs: &Stubs) {
    asm.mov(Width::W64, Gpr::Rdx, stubs.frame(frame::POINTER));
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, payload)), Gpr::Rax);
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, kind)), Gpr::Rcx);
    asm.store(Width::W64, field(Gpr::Rdx, offset_of!(Frame, budget)), BUDGET);
    asm.stmxcsr(field(Gpr::Rdx, offset_of!(Frame, mxcsr)));
    asm.ldmxcsr(field(Gpr::Rdx, offset_of!(Frame, host_mxcsr)));
    // Whatever the guest has called and not come back from is forgotten.
    asm.mov(Width::W64, Gpr::Rsp, stubs.frame(frame::BASE));
    KEPT.into_iter().rev().for_each(|reg| asm.pop(reg));
    asm.ret();
}

/// Called by a unit with a guest address in rax and a count in edx: runs the instruction there by its handler. Where
/// the handler says that the unit does not go on, leaves with what is in the state.
fn emit_interpret(asm: &mut Asm, stubs: &Stubs, pins: &Pins<'_>, bare: Label) {
    let left = asm.label();
    pins.store(asm);
    asm.mov(Width::W64, Gpr::Rdi, stubs.frame(frame::POINTER));
    asm.store(Width::W64, field(Gpr::Rdi, offset_of!(Frame, budget)), BUDGET);
    asm.mov(Width::W64, Gpr::Rsi, Gpr::Rax);
    // The stack is aligned to 16 bytes, and a kept register that holds nothing now remembers it. [System V ABI,
    // x86-64, 3.2.2]
    asm.mov(Width::W64, Gpr::Rbx, Gpr::Rsp);
    asm.alu_imm(Alu::And, Width::W64, Gpr::Rsp, -16);
    asm.call_rm(field(Gpr::Rdi, offset_of!(Frame, interpret)));
    asm.mov(Width::W64, Gpr::Rsp, Gpr::Rbx);
    asm.mov(Width::W64, Gpr::Rcx, stubs.frame(frame::POINTER));
    asm.mov(Width::W64, BUDGET, field(Gpr::Rcx, offset_of!(Frame, budget)));
    asm.test(Width::W64, Gpr::Rax, Gpr::Rax);
    asm.jcc(Cond::Ne, left);
    pins.load(asm);
    asm.ret();
    asm.bind(left);
    asm.mov_imm(Gpr::Rcx, Kind::Interpreted as u64);
    asm.jmp(bare);
}
