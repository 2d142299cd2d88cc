//! The frame a handler finds on its stack, as Linux on riscv64 pushes it.
//!
//! `siginfo_t`, then `ucontext_t`: link, stack, mask, and the machine context (pc and x1 to x31,
//! f0 to f31, fcsr). [arch/riscv/kernel/signal.c, arch/riscv/include/uapi/asm/ucontext.h]

use crate::abi::layout;
use crate::abi::structs::{SigaltStack, Siginfo};
use memory::user::{Fault, Space};
use spec::bits::Low;
use spec::riscv::{NO_RESERVATION, State};

/// No alternate stack is set.
pub const SS_DISABLE: i32 = 2;
/// The program is on it.
pub const SS_ONSTACK: i32 = 1;

layout! {
    /// `ucontext_t`; the registers start with the pc in the place of x0.
    Ucontext[960] {
        0 flags: u64,
        8 link: u64,
        16 stack: [u64; 3],
        40 mask: u64,
        176 regs: [u64; 32],
        432 f: [u64; 32],
        688 fcsr: u32,
    }
}

const FRAME: u64 = (Siginfo::SIZE + Ucontext::SIZE) as u64;

/// What a frame holds besides registers.
pub struct Context<'a> {
    /// Why.
    pub info: &'a Siginfo,
    /// The mask to return to.
    pub mask: u64,
    /// The alternate stack as set.
    pub alternate: SigaltStack,
    /// Whether the handler wants it.
    pub on_stack: bool,
}

/// Whether `sp` is on the alternate stack.
pub fn on_alternate(alternate: &SigaltStack, sp: u64) -> bool {
    alternate.flags & SS_DISABLE == 0 && sp > alternate.sp && sp - alternate.sp <= alternate.size
}

/// Pushes a frame and sets the registers so that the handler runs next.
///
/// # Errors
/// The stack cannot be written; the state is unchanged.
pub fn push(
    context: &Context<'_>,
    space: &Space,
    state: &mut State,
    handler: u64,
    trampoline: u64,
) -> Result<(), Fault> {
    let alternate = &context.alternate;
    let mut sp = state.x[2];
    let already = on_alternate(alternate, sp);
    if context.on_stack && !already && alternate.flags & SS_DISABLE == 0 {
        sp = alternate.sp.wrapping_add(alternate.size);
    }
    let frame = sp.wrapping_sub(FRAME) & !15;
    let flags = if already { SS_ONSTACK } else { alternate.flags };
    let mut regs = state.x;
    regs[0] = state.pc;
    let ucontext = Ucontext {
        stack: [alternate.sp, u64::from(flags.cast_unsigned()), alternate.size],
        mask: context.mask,
        regs,
        f: state.f,
        fcsr: state.fflags | state.frm << 5,
        ..Ucontext::default()
    };
    let at = frame.wrapping_add(Siginfo::SIZE as u64);
    space.copy_out(frame, &context.info.encode())?;
    space.copy_out(at, &ucontext.encode())?;
    state.x[1] = trampoline;
    state.x[2] = frame;
    state.x[10] = u64::from(context.info.signo.unsigned_abs());
    state.x[11] = frame;
    state.x[12] = at;
    state.pc = handler;
    // An exception ends a reservation: the code that made it is not the code that runs next.
    state.reservation = NO_RESERVATION;
    Ok(())
}

/// Takes the registers back from the frame at the stack pointer; returns mask and alternate stack.
///
/// # Errors
/// The frame cannot be read; the state is unchanged.
pub fn pop(space: &Space, state: &mut State) -> Result<(u64, SigaltStack), Fault> {
    let mut bytes = [0; Ucontext::SIZE];
    space.copy_in(state.x[2].wrapping_add(Siginfo::SIZE as u64), &mut bytes)?;
    let ucontext = Ucontext::decode(&bytes);
    state.x = ucontext.regs;
    state.x[0] = 0;
    // An instruction address is even whatever the handler wrote.
    state.pc = ucontext.regs[0] & !1;
    state.f = ucontext.f;
    state.fflags = ucontext.fcsr & 0x1f;
    state.frm = ucontext.fcsr >> 5 & 7;
    state.reservation = NO_RESERVATION;
    let [sp, flags, size] = ucontext.stack;
    let flags = flags.low32().cast_signed() & SS_DISABLE;
    Ok((ucontext.mask, SigaltStack { sp, flags, size }))
}
