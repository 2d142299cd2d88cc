//! The frame a handler finds on its stack, as Linux on RISC-V pushes it.
//!
//! `siginfo_t`, then `ucontext_t`: link, stack, mask, and the machine context (pc and x1 to x31,
//! f0 to f31, fcsr). [arch/riscv/kernel/signal.c, arch/riscv/include/uapi/asm/ucontext.h]

use crate::abi::structs::{SigaltStack, Ucontext};
use crate::abi::{Abi, Encoded, Set, Siginfo};
use memory::user::{Fault, Space};
use spec::riscv::{NO_RESERVATION, State};

/// No alternate stack is set.
pub const SS_DISABLE: i32 = 2;
/// The program is on it.
pub const SS_ONSTACK: i32 = 1;

/// What a frame holds besides registers.
pub struct Context<'a> {
    /// How it is laid out.
    pub abi: &'static Abi,
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
    let (abi, alternate) = (context.abi, &context.alternate);
    let mut sp = abi.unsigned(state.x[2]);
    let already = on_alternate(alternate, sp);
    if context.on_stack && !already && alternate.flags & SS_DISABLE == 0 {
        sp = alternate.sp.wrapping_add(alternate.size);
    }
    let frame = abi.unsigned(sp.wrapping_sub(abi.frame)) & !15;
    let mut regs = state.x;
    regs[0] = state.pc;
    let ucontext = Ucontext {
        stack_sp: alternate.sp,
        stack_flags: if already { SS_ONSTACK } else { alternate.flags },
        stack_size: alternate.size,
        mask: Set(context.mask),
        regs,
        f: state.f,
        fcsr: state.fflags | state.frm << 5,
        ..Ucontext::default()
    };
    let at = frame.wrapping_add(abi.size::<Siginfo>());
    space.copy_out(frame, &abi.encode(context.info))?;
    space.copy_out(at, &abi.encode(&ucontext))?;
    state.x[1] = abi.register(trampoline);
    state.x[2] = abi.register(frame);
    state.x[10] = u64::from(context.info.signo.unsigned_abs());
    state.x[11] = abi.register(frame);
    state.x[12] = abi.register(at);
    state.pc = abi.register(handler);
    // An exception ends a reservation: the code that made it is not the code that runs next.
    state.reservation = NO_RESERVATION;
    Ok(())
}

/// Takes the registers back from the frame at the stack pointer; returns mask and alternate stack.
///
/// # Errors
/// The frame cannot be read; the state is unchanged.
pub fn pop(abi: &'static Abi, space: &Space, state: &mut State) -> Result<(u64, SigaltStack), Fault> {
    let mut bytes = Encoded::<Ucontext>::zeros(&abi.structs.ucontext);
    let at = abi.unsigned(state.x[2]).wrapping_add(abi.size::<Siginfo>());
    space.copy_in(at, &mut bytes)?;
    let ucontext: Ucontext = abi.decode(&bytes);
    state.x = ucontext.regs.map(|value| abi.register(value));
    state.x[0] = 0;
    // An instruction address is even whatever the handler wrote.
    state.pc = abi.register(ucontext.regs[0] & !1);
    state.f = ucontext.f;
    state.fflags = ucontext.fcsr & 0x1f;
    state.frm = ucontext.fcsr >> 5 & 7;
    state.reservation = NO_RESERVATION;
    let Ucontext { stack_sp: sp, stack_flags, stack_size: size, mask: Set(mask), .. } = ucontext;
    Ok((mask, SigaltStack { sp, flags: stack_flags & SS_DISABLE, size }))
}
