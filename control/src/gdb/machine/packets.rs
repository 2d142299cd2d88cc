//! Packets of QEMU's own. [QEMU: gdbstub, "qqemu" packets]

use super::target::Target;
use crate::gdb::session::own::hex;
use machine::debug::StepRules;

const ENABLE: u64 = 1;
const NO_INTERRUPTS: u64 = 2;
const NO_TIMERS: u64 = 4;

/// The answer to a packet with this body; `None` leaves it to the protocol.
pub fn answer(target: &mut Target, body: &[u8]) -> Option<Vec<u8>> {
    let rules = &mut target.machine.debug.rules;
    Some(match body {
        b"qqemu.Supported" => b"sstepbits;sstep;PhyMemMode".to_vec(),
        b"qqemu.PhyMemMode" => u8::from(target.facts.physical).to_string().into_bytes(),
        b"qqemu.sstepbits" => {
            format!("ENABLE={ENABLE:x},NOIRQ={NO_INTERRUPTS:x},NOTIMER={NO_TIMERS:x}").into_bytes()
        }
        b"qqemu.sstep" => {
            let bit = |on, bit| if on { bit } else { 0 };
            let bits = bit(rules.no_interrupts, NO_INTERRUPTS) | bit(rules.no_timers, NO_TIMERS);
            format!("0x{:x}", ENABLE | bits).into_bytes()
        }
        b"Qqemu.PhyMemMode:0" | b"Qqemu.PhyMemMode:1" => {
            target.facts.physical = body.ends_with(b"1");
            b"OK".to_vec()
        }
        _ => {
            let bits = body.strip_prefix(b"Qqemu.sstep")?;
            let bits = bits.strip_prefix(b"=").or_else(|| bits.strip_prefix(b":"))?;
            let Some(bits) = hex(bits.strip_prefix(b"0x").unwrap_or(bits)).filter(|bits| *bits < 8) else {
                return Some(b"E16".to_vec());
            };
            let (no_interrupts, no_timers) = (bits & NO_INTERRUPTS != 0, bits & NO_TIMERS != 0);
            *rules = StepRules { no_interrupts, no_timers };
            b"OK".to_vec()
        }
    })
}
