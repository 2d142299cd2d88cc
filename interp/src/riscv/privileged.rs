//! Privileged instructions. [Priv. ISA, machine-level and supervisor-level instructions; Svinval]

use super::hart::Rv;
use super::{Flow, Hart, Insn, Memory, walk};
use spec::riscv::system::{cpu::Features, mode, status};

type H<X, M> = Hart<X, M>;

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Goes to the next instruction with the pc set, for a flow that needs it.
    pub(super) fn pass<O>(&mut self, i: &Insn<O>) {
        self.jump(self.pc_of(i).wrapping_add(u64::from(i.len)));
    }

    /// Whether supervisor mode, which a bit of `mstatus` may forbid the instruction, or machine mode runs.
    fn supervises(&self, forbidden: u64) -> bool {
        let sys = &self.state.sys;
        match sys.mode {
            mode::MACHINE => true,
            mode::SUPERVISOR => sys.mstatus & forbidden == 0,
            _ => false,
        }
    }
}

pub fn mret<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    if h.state.sys.mode != mode::MACHINE {
        return h.illegal(i);
    }
    h.return_from_machine()
}

pub fn sret<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    if !h.supervises(status::TSR) {
        return h.illegal(i);
    }
    h.return_from_supervisor()
}

pub fn wfi<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    // User mode may wait where no supervisor mode could be waiting for it. [Priv. ISA, mstatus, TW]
    let sys = &h.state.sys;
    let alone = sys.mode == mode::USER && !Features(sys.features).has(Features::S);
    let permitted = if alone { sys.mstatus & status::TW == 0 } else { h.supervises(status::TW) };
    if !permitted {
        return h.illegal(i);
    }
    h.pass(i);
    Flow::Wait
}

/// Forgets translations: of an address or all, of an address space or all.
pub fn sfence_vma<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    if !h.supervises(status::TVM) {
        return h.illegal(i);
    }
    let (at, asid) = (X::unsigned(h.x(i.rs1)), h.x(i.rs2) & 0xffff);
    if let Some(mmu) = h.mem.mmu() {
        let of = |key: u64| walk::asid_of(key) == asid;
        // Pages of every address space may stay when one is named; forgetting them is allowed.
        match (i.rs1, i.rs2) {
            (0, 0) => mmu.flush(),
            (0, _) => mmu.flush_keys(of),
            (_, 0) => mmu.flush_page(at),
            (_, _) => mmu.flush_page_keys(at, of),
        }
    }
    h.pass(i);
    Flow::Sync
}

/// `sfence.w.inval` and `sfence.inval.ir`: invalidations are done at once and in order.
pub fn sfence_inval<X: Rv, M: Memory, O>(h: &mut H<X, M>, i: &Insn<O>) -> Flow {
    if !h.supervises(0) {
        return h.illegal(i);
    }
    h.pass(i);
    Flow::Sync
}
