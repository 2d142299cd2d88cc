//! QEMU's `virt`: a board of virtio transports that every RISC-V system knows.
//!
//! [QEMU: docs/system/riscv/virt, hw/riscv/virt.c]

use super::{Board, Part, Slot, slot};

const SLOTS: &[Slot] = &[
    slot("riscv_virt_board.mrom", 0x1000, 0xf000, None, Part::Rom),
    slot("riscv.sifive.test", 0x10_0000, 0x1000, None, Part::Finisher),
    slot("goldfish_rtc", 0x10_1000, 0x1000, Some(11), Part::Rtc),
    slot("riscv.aclint", 0x200_0000, 0x1_0000, None, Part::Clint),
    slot("riscv.sifive.plic", 0xc00_0000, 0x60_0000, None, Part::Plic),
    slot("serial", 0x1000_0000, 0x100, Some(10), Part::Serial),
    slot("virtio-mmio", 0x1000_1000, 0x1000, Some(1), Part::Virtio),
    slot("virtio-mmio", 0x1000_2000, 0x1000, Some(2), Part::Virtio),
    slot("virtio-mmio", 0x1000_3000, 0x1000, Some(3), Part::Virtio),
    slot("virtio-mmio", 0x1000_4000, 0x1000, Some(4), Part::Virtio),
    slot("virtio-mmio", 0x1000_5000, 0x1000, Some(5), Part::Virtio),
    slot("virtio-mmio", 0x1000_6000, 0x1000, Some(6), Part::Virtio),
    slot("virtio-mmio", 0x1000_7000, 0x1000, Some(7), Part::Virtio),
    slot("virtio-mmio", 0x1000_8000, 0x1000, Some(8), Part::Virtio),
    slot("fwcfg", 0x1010_0000, 0x18, None, Part::FwCfg),
    slot("virt.flash0", 0x2000_0000, 0x200_0000, None, Part::Flash),
    slot("virt.flash1", 0x2200_0000, 0x200_0000, None, Part::Flash),
];

/// The board.
pub const VIRT: Board = Board {
    name: "virt",
    help: "RISC-V VirtIO board",
    identity: ("riscv-virtio", "riscv-virtio,qemu"),
    slots: SLOTS,
    ram: 0x8000_0000,
    usual_ram: 128 << 20,
    // The interrupt controller's registers end behind the contexts of this many harts.
    harts: 512,
    inputs: 96,
    properties: &[("dumpdtb", "write the device tree to a file, and end")],
};
