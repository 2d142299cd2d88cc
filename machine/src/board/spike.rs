//! QEMU's `spike`: the board of the ISA simulator, with the host-target interface as its console.
//!
//! [QEMU: hw/riscv/spike.c]

use super::{Board, Part, Slot, slot};

const SLOTS: &[Slot] = &[
    slot("riscv.spike.mrom", 0x1000, 0xf000, None, Part::Rom),
    slot("riscv.htif.uart", 0x100_0000, 0x1000, None, Part::Htif),
    slot("riscv.aclint", 0x200_0000, 0x1_0000, None, Part::Clint),
];

/// The board.
pub const SPIKE: Board = Board {
    name: "spike",
    help: "RISC-V Spike board",
    identity: ("ucbbar,spike-bare-dev", "ucbbar,spike-bare,qemu"),
    slots: SLOTS,
    ram: 0x8000_0000,
    usual_ram: 128 << 20,
    harts: 8,
    inputs: 0,
    properties: &[("dumpdtb", "write the device tree to a file, and end")],
};
