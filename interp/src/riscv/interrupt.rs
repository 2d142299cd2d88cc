//! Traps: which interrupt is due, entering a trap, coming back. [Priv. ISA, machine-level ISA, trap delegation,
//! mstatus, mcause; supervisor-level ISA]

use super::csr::NANOSECONDS_PER_TICK;
use super::hart::Rv;
use super::{Flow, Hart, Memory};
use spec::riscv::system::{System, cpu::Features, irq, mode, status};
use spec::riscv::{NO_RESERVATION, Trap};

/// Interrupts in the order in which they are taken. [Priv. ISA, machine interrupt registers]
const PRIORITY: [u64; 6] = [irq::MEI, irq::MSI, irq::MTI, irq::SEI, irq::SSI, irq::STI];

/// What is pending: what software wrote and what devices hold.
pub fn pending(sys: &System) -> u64 {
    sys.mip | sys.lines
}

/// The interrupt to be taken now, as the mode it goes to and its bit.
pub fn due(sys: &System) -> Option<(u64, u64)> {
    let enabled = pending(sys) & sys.mie;
    if enabled == 0 {
        return None;
    }
    let machine = sys.mode < mode::MACHINE || sys.mstatus & status::MIE != 0;
    let supervisor =
        sys.mode < mode::SUPERVISOR || sys.mode == mode::SUPERVISOR && sys.mstatus & status::SIE != 0;
    let first = |set: u64| PRIORITY.into_iter().find(|bit| set & bit != 0);
    let to_machine = first(enabled & !sys.mideleg).filter(|_| machine).map(|bit| (mode::MACHINE, bit));
    to_machine
        .or_else(|| first(enabled & sys.mideleg).filter(|_| supervisor).map(|bit| (mode::SUPERVISOR, bit)))
}

/// What `time` reads: the machine's `mtime`. [Priv. ISA, machine timer registers; Unpriv. ISA, Zicntr]
pub fn ticks<X: Rv, M: Memory>(h: &Hart<X, M>) -> u64 {
    (h.clock.now(h.state.instret) / NANOSECONDS_PER_TICK).wrapping_add(h.state.sys.time_delta)
}

/// Puts what `stimecmp` says of the time into the pending interrupts (Sstc).
pub fn compare<X: Rv, M: Memory>(h: &mut Hart<X, M>) {
    let sys = &h.state.sys;
    if Features(sys.features).has(Features::SSTC) && sys.menvcfg & status::STCE != 0 {
        let due = ticks(h) >= sys.stimecmp;
        let sys = &mut h.state.sys;
        sys.mip = sys.mip & !irq::STI | if due { irq::STI } else { 0 };
    }
}

impl<X: Rv, M: Memory> Hart<X, M> {
    /// Enters a trap at the pc: the instruction there did not happen.
    pub fn take_trap(&mut self, trap: Trap) {
        let sys = &self.state.sys;
        let cause = trap.cause();
        let delegated = sys.mode < mode::MACHINE && sys.medeleg >> cause & 1 != 0;
        let to = if delegated { mode::SUPERVISOR } else { mode::MACHINE };
        self.enter(to, cause, trap.value(), false);
    }

    /// Takes the interrupt that is due; false if none is.
    pub fn take_interrupt(&mut self) -> bool {
        compare(self);
        let Some((to, bit)) = due(&self.state.sys) else { return false };
        self.enter(to, u64::from(bit.trailing_zeros()), 0, true);
        true
    }

    /// Whether an interrupt waits that `mie` enables, which ends `wfi` whatever the status says.
    pub fn has_wakeup(&mut self) -> bool {
        compare(self);
        pending(&self.state.sys) & self.state.sys.mie != 0
    }

    /// The time in nanoseconds at which `stimecmp` makes its interrupt pending, if that may be taken.
    pub fn compare_deadline(&self) -> Option<u64> {
        let sys = &self.state.sys;
        let on = Features(sys.features).has(Features::SSTC) && sys.menvcfg & status::STCE != 0;
        let waits = on && sys.mip & irq::STI == 0;
        let ticks = sys.stimecmp.wrapping_sub(sys.time_delta);
        waits.then(|| ticks.saturating_mul(NANOSECONDS_PER_TICK)).filter(|at| *at != u64::MAX)
    }

    /// Accesses go by the state that was set from outside.
    pub fn resync(&mut self) {
        self.retranslate();
    }

    fn enter(&mut self, to: u64, code: u64, value: u64, interrupt: bool) {
        let pc = self.state.pc;
        let sys = &mut self.state.sys;
        let cause = code | if interrupt { 1 << (X::XLEN - 1) } else { 0 };
        let vector = if to == mode::MACHINE {
            let enabled = sys.mstatus & status::MIE != 0;
            sys.mstatus &= !(status::MIE | status::MPIE | status::MPP);
            sys.mstatus |= sys.mode << status::MPP_SHIFT | if enabled { status::MPIE } else { 0 };
            (sys.mepc, sys.mcause, sys.mtval) = (pc, cause, value);
            sys.mtvec
        } else {
            let enabled = sys.mstatus & status::SIE != 0;
            sys.mstatus &= !(status::SIE | status::SPIE | status::SPP);
            let from = if sys.mode == mode::SUPERVISOR { status::SPP } else { 0 };
            sys.mstatus |= from | if enabled { status::SPIE } else { 0 };
            (sys.sepc, sys.scause, sys.stval) = (pc, cause, value);
            sys.stvec
        };
        sys.mode = to;
        let offset = if interrupt && vector & 1 == 1 { 4 * code } else { 0 };
        self.state.pc = X::keep((vector & !3).wrapping_add(offset));
        self.state.reservation = NO_RESERVATION;
        self.retranslate();
    }

    /// Comes back from a trap that machine mode took.
    pub(super) fn return_from_machine(&mut self) -> Flow {
        let sys = &mut self.state.sys;
        let to = (sys.mstatus & status::MPP) >> status::MPP_SHIFT;
        let enabled = sys.mstatus & status::MPIE != 0;
        let least = if Features(sys.features).has(Features::U) { mode::USER } else { mode::MACHINE };
        sys.mstatus &= !(status::MIE | status::MPP);
        sys.mstatus |= status::MPIE | least << status::MPP_SHIFT | if enabled { status::MIE } else { 0 };
        let pc = sys.mepc;
        self.return_to(to, pc)
    }

    /// Comes back from a trap that supervisor mode took.
    pub(super) fn return_from_supervisor(&mut self) -> Flow {
        let sys = &mut self.state.sys;
        let to = if sys.mstatus & status::SPP != 0 { mode::SUPERVISOR } else { mode::USER };
        let enabled = sys.mstatus & status::SPIE != 0;
        sys.mstatus &= !(status::SIE | status::SPP);
        sys.mstatus |= status::SPIE | if enabled { status::SIE } else { 0 };
        let pc = sys.sepc;
        self.return_to(to, pc)
    }

    fn return_to(&mut self, to: u64, pc: u64) -> Flow {
        let sys = &mut self.state.sys;
        if to != mode::MACHINE {
            sys.mstatus &= !status::MPRV;
        }
        sys.mode = to;
        let pc = pc & super::legal::aligned(sys);
        self.state.reservation = NO_RESERVATION;
        self.jump(pc);
        self.retranslate();
        self.look()
    }

    /// Where to go on after the state changed, the pc having been set: an interrupt may be due, and links between
    /// blocks are of another moment.
    pub(super) fn look(&mut self) -> Flow {
        compare(self);
        if due(&self.state.sys).is_some() { Flow::Look } else { Flow::Sync }
    }
}
