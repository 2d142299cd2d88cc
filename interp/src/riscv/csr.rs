//! Control registers that a program in user mode can reach. [Unpriv. ISA, F and Zicntr]

use super::hart::Rv;
use super::{Hart, Memory};
use spec::bits::Low;

const FFLAGS: u32 = 0x001;
const FRM: u32 = 0x002;
const FCSR: u32 = 0x003;
const CYCLE: u32 = 0xc00;
const TIME: u32 = 0xc01;
const INSTRET: u32 = 0xc02;
const CYCLEH: u32 = 0xc80;
const TIMEH: u32 = 0xc81;
const INSTRETH: u32 = 0xc82;

/// `time` counts at 10 MHz, as on QEMU's virt board.
const NANOSECONDS_PER_TICK: u64 = 100;

/// The register's value, or `None` where a program has no such register. An instruction that reads a
/// counter runs alone in its block, so `instret` is exact.
pub fn read<X: Rv, M: Memory>(h: &Hart<X, M>, number: u32) -> Option<u64> {
    let s = &h.state;
    let high_half = |value: u64| (X::XLEN == 32).then_some(value >> 32);
    match number {
        FFLAGS => Some(u64::from(s.fflags)),
        FRM => Some(u64::from(s.frm)),
        FCSR => Some(u64::from(s.frm << 5 | s.fflags)),
        CYCLE | INSTRET => Some(s.instret),
        TIME => Some(h.clock.now(h.state.instret) / NANOSECONDS_PER_TICK),
        CYCLEH | INSTRETH => high_half(s.instret),
        TIMEH => high_half(h.clock.now(h.state.instret) / NANOSECONDS_PER_TICK),
        _ => None,
    }
}

/// Writes the register; false where it does not exist or is read-only. Bits without a meaning are lost.
pub fn write<X: Rv, M: Memory>(h: &mut Hart<X, M>, number: u32, value: u64) -> bool {
    let s = &mut h.state;
    match number {
        FFLAGS => s.fflags = value.low32() & 0x1f,
        FRM => s.frm = value.low32() & 7,
        FCSR => {
            s.fflags = value.low32() & 0x1f;
            s.frm = value.low32() >> 5 & 7;
        }
        _ => return false,
    }
    true
}
