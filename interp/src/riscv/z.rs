//! The small Z extensions. [Unpriv. ISA, Zicsr, Zifencei, Zicond, CMO, Zihintpause]

use super::csr;
use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory};
use spec::riscv::Trap;
use spec::riscv::system::{csr::Cause, mode, status};

type H<X, M> = Hart<X, M>;

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Whether the environment permits a cache-block instruction. [Unpriv. ISA, CMO, control and status registers]
    fn manages(&self, bit: u64) -> bool {
        let sys = &self.state.sys;
        let supervised = sys.mode == mode::MACHINE || sys.menvcfg & bit != 0;
        supervised && (sys.mode != mode::USER || sys.senvcfg & bit != 0)
    }
}

/// Bytes of a cache block, as Linux tells programs for this CPU model.
const BLOCK: u64 = 64;

/// Reads the CSR into rd, then writes `new(old)` if there is something to write.
fn access<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>, write: bool, new: impl Fn(u64) -> u64) -> Flow {
    let Some(row) = csr::find(h, i.bits(), write) else { return h.illegal(i) };
    let old = csr::read(h, row, i.bits());
    h.set_x(i.rd, old);
    if !write {
        return Flow::Next;
    }
    let new = new(csr::base(h, row, old));
    csr::write(h, row, i.bits(), new);
    if row.cause == Cause::Nothing {
        return Flow::Next;
    }
    h.pass(i);
    h.look()
}
#[inline(always)]
pub fn csrrw<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let value = h.x(i.rs1);
    access(h, i, true, |_| value)
}
#[inline(always)]
pub fn csrrs<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let value = h.x(i.rs1);
    access(h, i, i.rs1 != 0, |old| old | value)
}
#[inline(always)]
pub fn csrrc<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let value = h.x(i.rs1);
    access(h, i, i.rs1 != 0, |old| old & !value)
}
#[inline(always)]
pub fn csrrwi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    access(h, i, true, |_| u64::from(i.rs1))
}
#[inline(always)]
pub fn csrrsi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    access(h, i, i.rs1 != 0, |old| old | u64::from(i.rs1))
}
#[inline(always)]
pub fn csrrci<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    access(h, i, i.rs1 != 0, |old| old & !u64::from(i.rs1))
}

#[inline(always)]
pub fn fence_i<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.mem.code_written();
    h.jump(h.pc_of(i).wrapping_add(u64::from(i.len)));
    Flow::Sync
}

#[inline(always)]
pub fn czero_eqz<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, if h.x(i.rs2) == 0 { 0 } else { h.x(i.rs1) })
}
#[inline(always)]
pub fn czero_nez<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    h.set_x(i.rd, if h.x(i.rs2) != 0 { 0 } else { h.x(i.rs1) })
}

/// There is no cache to manage; what is left is that the block must be reachable by a load or store,
/// and that its fault is a store fault. [Unpriv. ISA, CMO, cache-block management]
#[inline(always)]
pub fn cbo_inval<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    cbo::<X, M, O, true>(h, i)
}
#[inline(always)]
pub fn cbo_write_back<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    cbo::<X, M, O, false>(h, i)
}
fn cbo<X: Rv, M: Memory, O, const INVALIDATES: bool>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    let at = X::unsigned(h.x(i.rs1));
    if !h.manages(if INVALIDATES { status::CBIE } else { status::CBCFE }) {
        return h.illegal(i);
    }
    match h.read::<u8>(at) {
        Ok(_) => Flow::Next,
        Err(flow) => {
            h.trap = h.trap.map(Trap::of_store);
            flow
        }
    }
}
/// A block never crosses a page, so the first store tells whether all of them succeed.
#[inline(always)]
pub fn cbo_zero<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    if !h.manages(status::CBZE) {
        return h.illegal(i);
    }
    let at = X::unsigned(h.x(i.rs1));
    for piece in 0..BLOCK / 8 {
        if let Err(flow) = h.write((at & !(BLOCK - 1)) + 8 * piece, 0u64) {
            // The address that is reported is the operand, not the block's start.
            h.trap = h.trap.map(|trap| trap.with_address(at));
            return flow;
        }
    }
    Flow::Next
}

/// A hint: nothing happens, and nothing can go wrong.
#[inline(always)]
pub fn hint<X: Rv, M: Memory, O>(_: &mut H<X, M>, _: &Insn<O>) -> Flow {
    Flow::Next
}
#[inline(always)]
pub fn pause<X: Rv, M: Memory, O>(_: &mut H<X, M>, _: &Insn<O>) -> Flow {
    std::hint::spin_loop();
    Flow::Next
}
