//! Control registers: reading and writing what the table of `spec::riscv::system::csr` lists.
//! [Priv. ISA, machine-level and supervisor-level CSRs; Unpriv. ISA, F and Zicntr]

use super::hart::Rv;
use super::{Hart, Memory, interrupt, legal};
use spec::bits::Low;
use spec::riscv::system::csr::{self, Cause, Csr, Needs, Row, SSTATUS, Warl};
use spec::riscv::system::{System, cpu::Features, irq, mode, status};

/// `time` counts at 10 MHz, as on QEMU's virt board.
pub const NANOSECONDS_PER_TICK: u64 = 100;

/// The row of a register that the hart may access now; `None` makes the instruction illegal.
pub fn find<X: Rv, M: Memory>(h: &Hart<X, M>, number: u32, write: bool) -> Option<&'static Row> {
    let row = csr::row(number.low16(), X::XLEN)?;
    let sys = &h.state.sys;
    let denied = sys.mode < row.privilege() || write && row.read_only() || !there(sys, row, number);
    (!denied).then_some(row)
}

/// Whether the row's needs are met.
fn there(sys: &System, row: &Row, number: u32) -> bool {
    let has = |feature| Features(sys.features).has(feature);
    match row.needs {
        Needs::Always => match row.csr {
            Csr::Pmpcfg | Csr::Pmpaddr => has(Features::PMP),
            Csr::Medeleg | Csr::Mideleg => has(Features::S),
            _ => row.privilege() != mode::SUPERVISOR || has(Features::S),
        },
        Needs::Float => sys.mstatus & status::FS != 0 && has(Features::F),
        Needs::Counter => {
            let bit = 1u64 << (number & 31);
            let counters = if bit < 1 << 3 { Features::ZICNTR } else { Features::ZIHPM };
            if !has(counters) {
                return false;
            }
            let machine = sys.mode == mode::MACHINE || sys.mcounteren & bit != 0;
            machine && (sys.mode != mode::USER || !has(Features::S) || sys.scounteren & bit != 0)
        }
        Needs::Compare => {
            let lent = sys.menvcfg & status::STCE != 0 && sys.mcounteren & 2 != 0;
            has(Features::SSTC) && (sys.mode == mode::MACHINE || lent)
        }
        Needs::Translation => {
            has(Features::S) && !(sys.mode == mode::SUPERVISOR && sys.mstatus & status::TVM != 0)
        }
    }
}

/// The register's value. An instruction that reads a counter runs alone in its block, so `instret` is exact.
pub fn read<X: Rv, M: Memory>(h: &Hart<X, M>, row: &Row, number: u32) -> u64 {
    let s = &h.state;
    let sys = &s.sys;
    let time = || interrupt::ticks(h);
    let index = usize::from(number.low16().wrapping_sub(row.number));
    match row.csr {
        Csr::Fflags => u64::from(s.fflags),
        Csr::Frm => u64::from(s.frm),
        Csr::Fcsr => u64::from(s.frm << 5 | s.fflags),
        Csr::Sstatus => status_of::<X>(sys, SSTATUS | status::UXL),
        Csr::Mstatus => status_of::<X>(sys, u64::MAX),
        Csr::Mstatush => sys.mstatus >> 32 & 0x7fff_ffff,
        Csr::Sie => sys.mie & sys.mideleg,
        Csr::Sip => interrupt::pending(sys) & sys.mideleg,
        Csr::Mie => sys.mie,
        Csr::Mip => interrupt::pending(sys),
        Csr::Stvec => sys.stvec,
        Csr::Mtvec => sys.mtvec,
        Csr::Scounteren => sys.scounteren,
        Csr::Mcounteren => sys.mcounteren,
        Csr::Mcountinhibit => sys.mcountinhibit,
        Csr::Senvcfg => sys.senvcfg,
        Csr::Menvcfg => sys.menvcfg,
        Csr::Menvcfgh => sys.menvcfg >> 32,
        Csr::Sscratch => sys.sscratch,
        Csr::Mscratch => sys.mscratch,
        Csr::Sepc => sys.sepc & legal::aligned(sys),
        Csr::Mepc => sys.mepc & legal::aligned(sys),
        Csr::Scause => sys.scause,
        Csr::Mcause => sys.mcause,
        Csr::Stval => sys.stval,
        Csr::Mtval => sys.mtval,
        Csr::Stimecmp => sys.stimecmp,
        Csr::Stimecmph => sys.stimecmp >> 32,
        Csr::Satp => sys.satp,
        Csr::Misa => legal::cpu::<X>(sys).misa(),
        Csr::Medeleg => sys.medeleg,
        Csr::Mideleg => sys.mideleg,
        Csr::Pmpcfg if X::XLEN == 32 => sys.pmpcfg[index / 2 % 2] >> (32 * (index % 2)) & 0xffff_ffff,
        Csr::Pmpcfg => sys.pmpcfg[index / 2 % 2],
        Csr::Pmpaddr => sys.pmpaddr[index % sys.pmpaddr.len()],
        Csr::Mcycle | Csr::Cycle => counter(sys, s.instret, CYCLE),
        Csr::Mcycleh | Csr::Cycleh => counter(sys, s.instret, CYCLE) >> 32,
        Csr::Minstret | Csr::Instret => counter(sys, s.instret, INSTRET),
        Csr::Minstreth | Csr::Instreth => counter(sys, s.instret, INSTRET) >> 32,
        Csr::Time => time(),
        Csr::Timeh => time() >> 32,
        Csr::Mhartid => sys.mhartid,
        Csr::Mhpmevent
        | Csr::Mhpmcounter
        | Csr::Mhpmcounterh
        | Csr::Hpmcounter
        | Csr::Hpmcounterh
        | Csr::Mseccfg
        | Csr::Mseccfgh
        | Csr::Mvendorid
        | Csr::Marchid
        | Csr::Mimpid
        | Csr::Mconfigptr => 0,
    }
}

/// What a set or clear instruction adds to or takes from: of `mip`, only what software wrote, since what a device
/// holds pending must not become software's. [Priv. ISA, machine interrupt registers, SEIP]
pub fn base<X: Rv, M: Memory>(h: &Hart<X, M>, row: &Row, old: u64) -> u64 {
    match row.csr {
        Csr::Mip | Csr::Sip => old & !irq::SUPERVISOR | h.state.sys.mip & irq::SUPERVISOR,
        _ => old,
    }
}

/// Bits of `mcountinhibit`.
const CYCLE: u64 = 1;
const INSTRET: u64 = 4;

fn counter(sys: &System, retired: u64, which: u64) -> u64 {
    let kept = if which == CYCLE { sys.mcycle } else { sys.minstret };
    if sys.mcountinhibit & which != 0 { kept } else { kept.wrapping_add(retired) }
}

/// Sets a counter to what the next instruction is to read.
fn set_counter(sys: &mut System, retired: u64, which: u64, value: u64) {
    // The instruction that writes is counted after this, and its write takes the place of that. [Priv. ISA, hardware
    // performance monitor; Unpriv. ISA, Zicsr]
    let base = retired.wrapping_add(1);
    let kept = if sys.mcountinhibit & which != 0 { value } else { value.wrapping_sub(base) };
    if which == CYCLE {
        sys.mcycle = kept;
    } else {
        sys.minstret = kept;
    }
}

/// The status with what is computed: SD, which lies in the top bit of either width.
fn status_of<X: Rv>(sys: &System, mask: u64) -> u64 {
    let dirty = if sys.mstatus & status::FS == status::FS { 1 << (X::XLEN - 1) } else { 0 };
    let kept = sys.mstatus & mask;
    dirty | if X::XLEN == 32 { kept & 0x7fff_ffff } else { kept }
}

fn low_half(old: u64, value: u64) -> u64 {
    old & !0xffff_ffff | value & 0xffff_ffff
}

fn high_half(old: u64, value: u64) -> u64 {
    old & 0xffff_ffff | value << 32
}

/// With 32-bit registers, a 64-bit register's own number is its lower half.
fn whole<X: Rv>(old: u64, value: u64) -> u64 {
    if X::XLEN == 32 { low_half(old, value) } else { value }
}

/// Writes the register as its row says.
pub fn write<X: Rv, M: Memory>(h: &mut Hart<X, M>, row: &Row, number: u32, value: u64) {
    let retired = h.state.instret;
    let value = match row.warl {
        Warl::Fixed => return,
        Warl::Mask(mask) => X::unsigned(value) & mask,
        Warl::Rule => X::unsigned(value),
    };
    let index = usize::from(number.low16().wrapping_sub(row.number));
    if matches!(row.csr, Csr::Fflags | Csr::Frm | Csr::Fcsr) {
        return write_float(h, row.csr, value);
    }
    let sys = &mut h.state.sys;
    match row.csr {
        Csr::Sstatus => sys.mstatus = legal::status(sys, value, SSTATUS),
        Csr::Mstatus => sys.mstatus = legal::status(sys, value, csr::MSTATUS),
        Csr::Sie => sys.mie = sys.mie & !sys.mideleg | value & sys.mideleg,
        // Of sip only the software interrupt can be written. [Priv. ISA, supervisor interrupt registers]
        Csr::Sip => sys.mip = legal::insert(sys.mip, value, irq::SSI & sys.mideleg),
        Csr::Mie => sys.mie = value,
        Csr::Mip => {
            // With Sstc, stimecmp alone decides of STIP. [Priv. ISA, Sstc]
            let compared = if sys.menvcfg & status::STCE != 0 { irq::STI } else { 0 };
            sys.mip = legal::insert(sys.mip, value, irq::SUPERVISOR & !compared);
        }
        Csr::Stvec => sys.stvec = legal::vector(sys.stvec, value),
        Csr::Mtvec => sys.mtvec = legal::vector(sys.mtvec, value),
        Csr::Scounteren => sys.scounteren = value,
        Csr::Mcounteren => sys.mcounteren = value,
        Csr::Mcountinhibit => {
            let before = [CYCLE, INSTRET].map(|which| {
                // This instruction itself counts, as what was before it did.
                let itself = u64::from(sys.mcountinhibit & which == 0);
                (which, counter(sys, retired, which).wrapping_add(itself))
            });
            sys.mcountinhibit = value;
            for (which, count) in before {
                set_counter(sys, retired, which, count);
            }
        }
        Csr::Senvcfg => {
            let mask = legal::cpu::<X>(sys).menvcfg() & (status::CACHE_BLOCKS | status::FIOM);
            sys.senvcfg = legal::environment(sys.senvcfg, value, mask);
        }
        Csr::Menvcfg => {
            let mask = legal::cpu::<X>(sys).menvcfg();
            sys.menvcfg = legal::environment(sys.menvcfg, whole::<X>(sys.menvcfg, value), mask);
        }
        Csr::Menvcfgh => {
            let mask = legal::cpu::<X>(sys).menvcfg();
            sys.menvcfg = legal::environment(sys.menvcfg, high_half(sys.menvcfg, value), mask);
        }
        Csr::Sscratch => sys.sscratch = value,
        Csr::Mscratch => sys.mscratch = value,
        Csr::Sepc => sys.sepc = X::keep(value),
        Csr::Mepc => sys.mepc = X::keep(value),
        Csr::Scause => sys.scause = value,
        Csr::Mcause => sys.mcause = value,
        Csr::Stval => sys.stval = value,
        Csr::Mtval => sys.mtval = value,
        Csr::Stimecmp => sys.stimecmp = whole::<X>(sys.stimecmp, value),
        Csr::Stimecmph => sys.stimecmp = high_half(sys.stimecmp, value),
        Csr::Satp => sys.satp = legal::satp::<X>(sys, value),
        Csr::Medeleg => sys.medeleg = value,
        Csr::Mideleg => sys.mideleg = value,
        Csr::Pmpcfg => legal::pmp_settings::<X>(sys, index, value),
        Csr::Pmpaddr => legal::pmp_address::<X>(sys, index, value),
        Csr::Mcycle => {
            let value = whole::<X>(counter(sys, retired, CYCLE), value);
            set_counter(sys, retired, CYCLE, value);
        }
        Csr::Mcycleh => {
            let value = high_half(counter(sys, retired, CYCLE), value);
            set_counter(sys, retired, CYCLE, value);
        }
        Csr::Minstret => {
            let value = whole::<X>(counter(sys, retired, INSTRET), value);
            set_counter(sys, retired, INSTRET, value);
        }
        Csr::Minstreth => {
            let value = high_half(counter(sys, retired, INSTRET), value);
            set_counter(sys, retired, INSTRET, value);
        }
        _ => {}
    }
    caused(h, row.cause);
}

fn write_float<X: Rv, M: Memory>(h: &mut Hart<X, M>, which: Csr, value: u64) {
    let s = &mut h.state;
    match which {
        Csr::Fflags => s.fflags = value.low32() & 0x1f,
        Csr::Frm => s.frm = value.low32() & 7,
        _ => {
            s.fflags = value.low32() & 0x1f;
            s.frm = value.low32() >> 5 & 7;
        }
    }
    s.sys.mstatus |= status::FS;
}

/// What follows from a write.
fn caused<X: Rv, M: Memory>(h: &mut Hart<X, M>, cause: Cause) {
    match cause {
        Cause::Nothing => {}
        Cause::Translation | Cause::Both => h.retranslate(),
        Cause::Interrupt => interrupt::compare(h),
        Cause::Flush => {
            if let Some(mmu) = h.mem.mmu() {
                mmu.flush();
            }
        }
    }
    if cause == Cause::Both {
        interrupt::compare(h);
    }
}
