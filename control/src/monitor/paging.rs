//! Translations: `info mem` and `info tlb`.

use super::Call;
use accel::machine::{Leaf, MachineCpu};
use spec::riscv::system::mode;
use std::fmt::Write;

/// The flags of an entry from bit 1 on, as QEMU shows them. [Priv. ISA, Sv39]
const FLAGS: &str = "rwxugad";

fn flags(bits: u64) -> String {
    let set = |(bit, letter): (u32, char)| if bits >> bit & 1 == 1 { letter } else { '-' };
    (0..).zip(FLAGS.chars()).map(set).collect()
}

/// What is mapped, neighbours of the same kind together. [QEMU: target/riscv/monitor.c]
pub fn mem(call: &mut Call) -> Result<String, String> {
    let hart = call.hart()?;
    let digits = if hart.xlen() == 32 { 8 } else { 16 };
    let mut runs: Vec<Leaf> = vec![];
    let whole = hart.mappings(&mut |leaf| match runs.last_mut() {
        Some(run) if follows(run, &leaf) => run.size += leaf.size,
        _ => runs.push(leaf),
    });
    let Some(whole) = whole else { return Ok("No translation or protection\n".into()) };
    let mut text = format!("{:digits$} {:16} {:digits$} attr\n", "vaddr", "paddr", "size");
    let line = |count| "-".repeat(count);
    let _ = writeln!(text, "{} {} {} -------", line(digits), line(16), line(digits));
    let sign = sign(&**call.machine.harts.get(call.desk.hart).ok_or("there is no hart")?);
    for run in runs {
        let at = if run.at & sign != 0 { run.at | sign.wrapping_neg() } else { run.at };
        let (physical, size) = (run.physical, run.size);
        let _ =
            writeln!(text, "{at:0digits$x} {physical:016x} {size:0digits$x} {}", flags(run.pte >> 1 & 0x7f));
    }
    if !whole {
        text += "the tables go on; a table that maps itself has no end\n";
    }
    Ok(text)
}

fn follows(run: &Leaf, leaf: &Leaf) -> bool {
    let alike = run.pte >> 1 & 0x7f == leaf.pte >> 1 & 0x7f;
    alike && run.at + run.size == leaf.at && run.physical + run.size == leaf.physical
}

/// The highest bit of a virtual address, which those above it repeat; none with 32-bit registers.
fn sign(hart: &dyn MachineCpu) -> u64 {
    match hart.state().sys.satp >> 60 {
        _ if hart.xlen() == 32 => 0,
        9 => 1 << 47,
        10 => 1 << 56,
        _ => 1 << 38,
    }
}

/// What the TLB holds, by the modes that fill it.
pub fn tlb(call: &mut Call) -> Result<String, String> {
    let hart = call.hart()?;
    let digits = if hart.xlen() == 32 { 8 } else { 16 };
    let mut cached = hart.cached();
    cached.sort_by_key(|page| (page.key, page.virtual_at));
    let mut text = format!("{:digits$} {:16} attr mode asid\n", "vaddr", "paddr");
    for page in cached {
        let mark = |on, letter| if on { letter } else { '-' };
        let attr = [mark(page.readable, 'r'), mark(page.writable, 'w'), mark(page.executable, 'x')]
            .iter()
            .collect::<String>();
        let letter = |value| match value {
            mode::USER => 'u',
            mode::SUPERVISOR => 's',
            _ => 'm',
        };
        // The mode of fetches, and of loads where that is another one. [interp: walk::key]
        let (fetch, load) = (page.key & 3, page.key >> 2 & 3);
        let modes = if fetch == load {
            format!("{}", letter(fetch))
        } else {
            format!("{}/{}", letter(fetch), letter(load))
        };
        let (at, physical, asid) = (page.virtual_at, page.physical_at, page.key >> 16);
        let _ = writeln!(text, "{at:0digits$x} {physical:016x} {attr}  {modes:<4} {asid}");
    }
    Ok(text)
}
