//! I: the base integer instructions. [Unpriv. ISA, RV32I and RV64I]

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use spec::bits::{Low, Sext};
use spec::riscv::Trap;
use spec::riscv::system::mode;

type H<X, M> = Hart<X, M>;

#[inline(always)]
pub fn lui<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, i.simm())
}
#[inline(always)]
pub fn auipc<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.pc_of(i).wrapping_add(i.simm()))
}

#[inline(always)]
pub fn jal<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let pc = h.pc_of(i);
    h.set_x(i.rd, pc.wrapping_add(u64::from(i.len)));
    h.jump(pc.wrapping_add(i.simm()))
}
/// The target is read before the link is written: they may be the same register.
#[inline(always)]
pub fn jalr<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let target = h.x(i.rs1).wrapping_add(i.simm()) & !1;
    h.set_x(i.rd, h.pc_of(i).wrapping_add(u64::from(i.len)));
    h.jump(target)
}

#[inline(always)]
fn branch<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>, taken: bool) -> Flow {
    if taken { h.jump(h.pc_of(i).wrapping_add(i.simm())) } else { Flow::Next }
}
#[inline(always)]
pub fn beq<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1) == h.x(i.rs2))
}
#[inline(always)]
pub fn bne<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1) != h.x(i.rs2))
}
#[inline(always)]
pub fn blt<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1).cast_signed() < h.x(i.rs2).cast_signed())
}
#[inline(always)]
pub fn bge<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1).cast_signed() >= h.x(i.rs2).cast_signed())
}
/// Sign extension keeps the order of unsigned 32-bit values, so one comparison serves both widths.
#[inline(always)]
pub fn bltu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1) < h.x(i.rs2))
}
#[inline(always)]
pub fn bgeu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    branch(h, i, h.x(i.rs1) >= h.x(i.rs2))
}

#[inline(always)]
pub fn lb<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u8| h.set_x(i.rd, u64::from(v).sext8()))
}
#[inline(always)]
pub fn lh<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u16| h.set_x(i.rd, u64::from(v).sext16()))
}
#[inline(always)]
pub fn lw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u32| h.set_x(i.rd, u64::from(v).sext32()))
}
#[inline(always)]
pub fn ld<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u64| h.set_x(i.rd, v))
}
#[inline(always)]
pub fn lbu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u8| h.set_x(i.rd, u64::from(v)))
}
#[inline(always)]
pub fn lhu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u16| h.set_x(i.rd, u64::from(v)))
}
#[inline(always)]
pub fn lwu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.load(i, |h, v: u32| h.set_x(i.rd, u64::from(v)))
}
#[inline(always)]
pub fn sb<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.store(i, h.x(i.rs2).low8())
}
#[inline(always)]
pub fn sh<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.store(i, h.x(i.rs2).low16())
}
#[inline(always)]
pub fn sw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.store(i, h.x(i.rs2).low32())
}
#[inline(always)]
pub fn sd<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.store(i, h.x(i.rs2))
}

#[inline(always)]
pub fn addi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_add(i.simm()))
}
#[inline(always)]
pub fn slti<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).cast_signed() < i.simm().cast_signed()))
}
#[inline(always)]
pub fn sltiu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1) < i.simm()))
}
#[inline(always)]
pub fn xori<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) ^ i.simm())
}
#[inline(always)]
pub fn ori<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) | i.simm())
}
#[inline(always)]
pub fn andi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) & i.simm())
}
#[inline(always)]
pub fn slli<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) << (i.bits() % X::XLEN))
}
#[inline(always)]
pub fn srli<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, X::unsigned(h.x(i.rs1)) >> (i.bits() % X::XLEN))
}
#[inline(always)]
pub fn srai<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1).cast_signed() >> (i.bits() % X::XLEN)).cast_unsigned())
}

#[inline(always)]
pub fn add<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_add(h.x(i.rs2)))
}
#[inline(always)]
pub fn sub<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_sub(h.x(i.rs2)))
}
#[inline(always)]
pub fn sll<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) << (h.x(i.rs2).low32() % X::XLEN))
}
#[inline(always)]
pub fn slt<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).cast_signed() < h.x(i.rs2).cast_signed()))
}
#[inline(always)]
pub fn sltu<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1) < h.x(i.rs2)))
}
#[inline(always)]
pub fn xor<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) ^ h.x(i.rs2))
}
#[inline(always)]
pub fn srl<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, X::unsigned(h.x(i.rs1)) >> (h.x(i.rs2).low32() % X::XLEN))
}
#[inline(always)]
pub fn sra<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1).cast_signed() >> (h.x(i.rs2).low32() % X::XLEN)).cast_unsigned())
}
#[inline(always)]
pub fn or<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) | h.x(i.rs2))
}
#[inline(always)]
pub fn and<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1) & h.x(i.rs2))
}

/// Orders the host's accesses too: other processes may share the memory.
#[inline(always)]
pub fn fence<X: Rv, M: Memory, O>(_: &mut H<X, M>, _: &Insn<O>) -> Flow {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    Flow::Next
}
#[inline(always)]
pub fn ecall<X: Rv, M: Memory, O>(h: &mut H<X, M>, _: &Insn<O>) -> Flow {
    h.raise(match h.state.sys.mode {
        mode::MACHINE => Trap::MachineCall,
        mode::SUPERVISOR => Trap::SupervisorCall,
        _ => Trap::EnvironmentCall,
    })
}
#[inline(always)]
pub fn ebreak<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.raise(Trap::Breakpoint { at: X::unsigned(h.pc_of(i)) })
}

#[inline(always)]
pub fn addiw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_add(i.simm()).sext32())
}
#[inline(always)]
pub fn slliw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1) << (i.bits() % 32)).sext32())
}
#[inline(always)]
pub fn srliw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32() >> (i.bits() % 32)).sext32())
}
#[inline(always)]
pub fn sraiw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1).sext32().cast_signed() >> (i.bits() % 32)).cast_unsigned())
}
#[inline(always)]
pub fn addw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_add(h.x(i.rs2)).sext32())
}
#[inline(always)]
pub fn subw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, h.x(i.rs1).wrapping_sub(h.x(i.rs2)).sext32())
}
#[inline(always)]
pub fn sllw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1) << (h.x(i.rs2) % 32)).sext32())
}
#[inline(always)]
pub fn srlw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, u64::from(h.x(i.rs1).low32() >> (h.x(i.rs2) % 32)).sext32())
}
#[inline(always)]
pub fn sraw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, (h.x(i.rs1).sext32().cast_signed() >> (h.x(i.rs2) % 32)).cast_unsigned())
}
