//! The reset vector: where harts start, and what they tell firmware.
//!
//! [QEMU: riscv_setup_rom_reset_vec; OpenSBI: include/sbi/fw_dynamic.h]

use super::{Blob, Boot, BootError, Target};
use crate::board::Part;

/// Sets `a0` to the hart's number, `a1` to the device tree, `a2` to the information for `fw_dynamic`, and jumps.
const SOURCE: &[&str] =
    &["auipc t0, 0", "addi a2, t0, 40", "csrr a0, mhartid", "LOAD a1, 32(t0)", "LOAD t0, 24(t0)", "jr t0"];

/// "OSBI".
const MAGIC: u64 = 0x4942_534f;
/// Version of the structure that has the number of the hart to boot with.
const VERSION: u64 = 2;
/// Supervisor mode.
const NEXT_MODE: u64 = 1;

/// Adds the ROM's contents; harts start there unless a loader has said otherwise.
pub fn add(boot: &mut Boot, target: Target, start: u64, tree: u64, next: u64) -> Result<(), BootError> {
    let Some(rom) = target.board.slot(Part::Rom) else { return Ok(()) };
    let mut bytes = code(target.xlen)?;
    bytes.extend([start, tree].map(u64::to_le_bytes).concat());
    for word in [MAGIC, VERSION, next, NEXT_MODE, 0, 0] {
        let wide = word.to_le_bytes();
        bytes.extend(if target.xlen == 32 { &wide[..4] } else { &wide[..] });
    }
    boot.blobs.push(Blob { name: "mrom.reset".into(), at: rom.at, contents: bytes.into(), size: 0 });
    if boot.pc == 0 {
        boot.pc = rom.at;
    }
    Ok(())
}

fn code(xlen: u32) -> Result<Vec<u8>, BootError> {
    let (guest, load) = match xlen {
        32 => (&spec::riscv::RV32, "lw"),
        _ => (&spec::riscv::RV64, "ld"),
    };
    let mut bytes = vec![];
    for line in SOURCE {
        let line = line.replace("LOAD", load);
        let word = spec::asm::bytes(guest, &line, 0).map_err(|error| BootError::Reset(error.to_string()))?;
        bytes.extend(word);
    }
    Ok(bytes)
}
