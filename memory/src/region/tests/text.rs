//! `info mtree`, `info mtree -f` and `info ramblock`.

use super::*;

/// A board with something of every kind, and the regions that tests change.
fn board() -> (Map, Vec<AddressSpace>, Region) {
    let block = |name: &str, bytes| Arc::new(RamBlock::anonymous(name, bytes).unwrap());
    let map = Map::new();
    let mut change = map.change();
    let system = change.container("system", 1 << 64);
    let io = mmio(&mut change, "io", 0x10000);
    let rom = change.rom(block("riscv_virt_board.mrom", 0xf000));
    let uart = mmio(&mut change, "serial", 8);
    let flash = change.rom_device(block("virt.flash0", 0x200_0000), Arc::new(Nothing), Rules::default());
    let ram = change.ram(block("riscv_virt_board.ram", 0x800_0000));
    let window = change.alias("window", ram, 0x1000, 0x2000);
    let over = mmio(&mut change, "over", 0x1000);
    for (part, at) in [(ram, 0x8000_0000), (rom, 0x1000), (flash, 0x2000_0000), (uart, 0x1000_0000)] {
        change.place(system, part, at).unwrap();
    }
    change.place(system, window, 0x4000_0000).unwrap();
    change.place_over(system, over, 0x4000_1000, 1).unwrap();
    change.commit();
    let spaces = [("memory", system), ("I/O", io), ("cpu-memory-0", system)];
    let spaces = spaces.map(|(name, root)| AddressSpace::new(&map, root, name)).into();
    (map, spaces, uart)
}

#[test]
fn the_tree_is_printed_as_qemu_prints_it() {
    let (map, _spaces, _) = board();
    let expected = "\
address-space: cpu-memory-0
address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000001000-000000000000ffff (prio 0, rom): riscv_virt_board.mrom
    0000000010000000-0000000010000007 (prio 0, i/o): serial
    0000000020000000-0000000021ffffff (prio 0, romd): virt.flash0
    0000000040000000-0000000040001fff (prio 0, ram): alias window @riscv_virt_board.ram 0000000000001000-0000000000002fff
    0000000040001000-0000000040001fff (prio 1, i/o): over
    0000000080000000-0000000087ffffff (prio 0, ram): riscv_virt_board.ram

address-space: I/O
  0000000000000000-000000000000ffff (prio 0, i/o): io

memory-region: riscv_virt_board.ram
  0000000080000000-0000000087ffffff (prio 0, ram): riscv_virt_board.ram

";
    assert_eq!(map.tree_text(), expected);
}

#[test]
fn the_flat_view_is_printed_as_qemu_prints_it() {
    let (map, _spaces, _) = board();
    let expected = "\
FlatView #0
 AS \"cpu-memory-0\", root: system
 AS \"memory\", root: system
 Root memory region: system
  0000000000001000-000000000000ffff (prio 0, rom): riscv_virt_board.mrom
  0000000010000000-0000000010000007 (prio 0, i/o): serial
  0000000020000000-0000000021ffffff (prio 0, romd): virt.flash0
  0000000040000000-0000000040000fff (prio 0, ram): riscv_virt_board.ram @0000000000001000
  0000000040001000-0000000040001fff (prio 1, i/o): over
  0000000080000000-0000000087ffffff (prio 0, ram): riscv_virt_board.ram

FlatView #1
 AS \"I/O\", root: io
 Root memory region: io
  0000000000000000-000000000000ffff (prio 0, i/o): io

";
    assert_eq!(map.flat_text(), expected);
}

#[test]
fn a_disabled_region_is_not_printed_and_an_empty_view_says_so() {
    let (map, spaces, uart) = board();
    let mut change = map.change();
    change.set_enabled(uart, false);
    let nothing = change.container("nothing", 0);
    change.commit();
    assert!(!map.tree_text().contains("serial") && !map.flat_text().contains("serial"));
    drop(spaces);
    let _space = AddressSpace::new(&map, nothing, "empty");
    let expected = "\
FlatView #0
 AS \"empty\", root: nothing
 Root memory region: nothing
  No rendered FlatView

";
    assert_eq!(map.flat_text(), expected);
}

#[test]
fn blocks_are_printed_longest_first() {
    let (map, _spaces, _) = board();
    let expected =
        "              Block Name    PSize              Offset               Used              Total
    riscv_virt_board.ram    4 KiB  0x0000000002040000 0x0000000008000000 0x0000000008000000
             virt.flash0    4 KiB  0x0000000000040000 0x0000000002000000 0x0000000002000000
   riscv_virt_board.mrom    4 KiB  0x0000000000000000 0x000000000000f000 0x000000000000f000
";
    assert_eq!(map.ram_text(), expected);
}
