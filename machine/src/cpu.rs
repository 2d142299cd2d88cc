//! The harts of a machine.

use crate::solder::Wiring;
use accel::Tier;
use accel::machine::{Config, MachineCpu, vcpu};
use memory::tlb::SoftMmu;
use spec::riscv::system::cpu::Cpu;

/// A hart for each of the board's interrupt lines, in the order of their numbers. An instruction takes 2^shift
/// nanoseconds.
pub fn harts(cpu: Cpu, wiring: &Wiring, tier: Tier, shift: u32) -> Vec<Box<dyn MachineCpu>> {
    let hart = |(hartid, lines): (u64, &accel::machine::Lines)| {
        let mmu = SoftMmu::new(wiring.space.clone(), wiring.world.clock.cell());
        vcpu(Config { cpu, hartid, tier, shift, lines: lines.clone() }, mmu, None)
    };
    (0..).zip(&wiring.lines).map(hart).collect()
}

/// Whether an interrupt is pending that the hart enables, which ends its `wfi`.
pub fn is_woken(hart: &dyn MachineCpu) -> bool {
    let sys = &hart.state().sys;
    (sys.mip | hart.lines().get()) & sys.mie != 0
}
