//! Accesses of devices and loaders, virtqueues' view of RAM, listeners.
#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges with one range is meant")]

use super::*;
use crate::addr::PAGE;
use crate::dirty::Client;
use crate::mmio::{Mmio, Rules, Width};
use crate::ram::RamBlock;
use crate::region::Change;
use vm_memory::{Bytes, GuestAddress, GuestAddressSpace, GuestMemoryBackend};

/// Answers the low byte of each offset, little-endian, and remembers accesses.
#[derive(Default)]
struct Device {
    seen: Mutex<Vec<(u64, Option<u64>, Width)>>,
}

impl Mmio for Device {
    fn read(&self, offset: u64, width: Width) -> Result<u64, BusError> {
        self.seen.lock().push((offset, None, width));
        Ok((0..width.bytes()).fold(0, |value, i| value | (((offset + i) & 0xff) << (8 * i))))
    }

    fn write(&self, offset: u64, value: u64, width: Width) -> Result<(), BusError> {
        self.seen.lock().push((offset, Some(value), width));
        if offset == 0x80 { Err(BusError::Device) } else { Ok(()) }
    }
}

struct Machine {
    space: AddressSpace,
    map: Map,
    ram: Region,
    flash: Region,
    block: Arc<RamBlock>,
    device: Arc<Device>,
}

fn block(name: &str, bytes: u64) -> Arc<RamBlock> {
    Arc::new(RamBlock::anonymous(name, bytes).unwrap())
}

/// RAM of four pages at 0, ROM at 0x8000, flash at 0xa000, a device at 0x10000.
fn machine() -> Machine {
    let map = Map::new();
    let mut change = map.change();
    let system = change.container("system", 1 << 64);
    let (ram_block, device) = (block("ram", 4 * PAGE), Arc::new(Device::default()));
    let ram = change.ram(ram_block.clone());
    let rom = change.rom(block("rom", PAGE));
    let flash = change.rom_device(block("flash", PAGE), device.clone(), Rules::default());
    let registers = change.mmio("device", 0x100, device.clone(), Rules::default());
    let mut place = |part, at| Change::place(&mut change, system, part, at).unwrap();
    place(ram, 0);
    place(rom, 0x8000);
    place(flash, 0xa000);
    place(registers, 0x10000);
    change.commit();
    let space = AddressSpace::new(&map, system, "memory");
    Machine { space, map, ram, flash, block: ram_block, device }
}

#[test]
fn values_have_the_order_that_is_asked_for() {
    let m = machine();
    m.space.store::<u32>(1, 0x1122_3344, Order::Big).unwrap();
    assert_eq!(m.space.load::<u32>(1, Order::Little), Ok(0x4433_2211));
    assert_eq!(m.space.load::<u16>(2, Order::Big), Ok(0x2233));
    assert_eq!(m.space.load::<u64>(0x10000, Order::Big), Ok(0x0001_0203_0405_0607));
}

#[test]
fn bytes_cross_from_one_range_to_the_next() {
    let m = machine();
    let mut change = m.map.change();
    change.move_to(m.flash, 4 * PAGE);
    change.commit();
    m.space.write_rom(4 * PAGE, &[5, 6, 7, 8]).unwrap();
    m.space.write(4 * PAGE - 2, &[3]).unwrap();
    m.space.store::<u8>(4 * PAGE - 1, 4, Order::Little).unwrap();
    assert_eq!(m.space.load::<u32>(4 * PAGE - 2, Order::Little), Ok(0x0605_0403));
    assert_eq!(m.space.load::<u32>(4 * PAGE - 2, Order::Big), Ok(0x0304_0506));
}

#[test]
fn a_hole_reads_as_zeros_and_says_so() {
    let m = machine();
    m.space.write(4 * PAGE - 2, &[1, 2]).unwrap();
    let mut bytes = [9; 4];
    assert_eq!(m.space.read(4 * PAGE - 2, &mut bytes), Err(BusError::Decode));
    assert_eq!(bytes, [1, 2, 0, 0]);
    assert_eq!(m.space.load::<u32>(0x4000_0000, Order::Little), Err(BusError::Decode));
    assert_eq!(m.space.load::<u32>(0x4000_0000, Order::Little).ignore_fault(), 0);
    assert_eq!(m.space.store::<u64>(u64::MAX - 2, 1, Order::Little), Err(BusError::Decode));
}

#[test]
fn rom_is_written_by_loaders_only() {
    let m = machine();
    assert_eq!(m.space.write(0x8000, &[1]), Err(BusError::Decode));
    assert_eq!(m.space.store::<u8>(0x8000, 1, Order::Little), Err(BusError::Decode));
    m.space.write_rom(0x8000, &[1]).unwrap();
    assert_eq!(m.space.load::<u8>(0x8000, Order::Little), Ok(1));
}

#[test]
fn flash_is_read_as_memory_until_its_device_takes_over() {
    let m = machine();
    m.space.write_rom(0xa004, &[0x55]).unwrap();
    m.space.store::<u8>(0xa004, 1, Order::Little).unwrap();
    assert_eq!(*m.device.seen.lock(), [(4, Some(1), Width::Byte)]);
    assert_eq!(m.space.load::<u8>(0xa004, Order::Little), Ok(0x55));
    let mut change = m.map.change();
    change.set_direct(m.flash, false);
    change.commit();
    assert_eq!(m.space.load::<u8>(0xa004, Order::Little), Ok(4));
}

#[test]
fn registers_are_moved_in_bulk_by_aligned_pieces() {
    let m = machine();
    let mut bytes = [0; 9];
    m.space.read(0x10003, &mut bytes).unwrap();
    assert_eq!(bytes, [3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let pieces = [(3, None, Width::Byte), (4, None, Width::Word), (8, None, Width::Word)];
    assert_eq!(*m.device.seen.lock(), pieces);
    m.device.seen.lock().clear();
    assert_eq!(m.space.write(0x1007e, &[1, 2, 3, 4]), Err(BusError::Device));
    let pieces = [(0x7e, Some(0x0201), Width::Half), (0x80, Some(0x0403), Width::Half)];
    assert_eq!(*m.device.seen.lock(), pieces);
}

#[test]
fn virtqueues_see_writable_ram_only_and_their_writes_are_noted() {
    let m = machine();
    m.block.dirty().enable(Client::Migration);
    m.block.dirty().lines.mark(PAGE..PAGE + 64);
    let ram = m.space.guest_memory();
    let memory = ram.memory();
    memory.write_obj(0x1234_5678u32, GuestAddress(PAGE + 8)).unwrap();
    assert_eq!(m.block.load::<u32>(PAGE + 8), Ok(0x1234_5678));
    assert_eq!(m.block.dirty().harvest(Client::Migration), [PAGE..2 * PAGE]);
    assert_eq!(m.block.dirty().lines.logged(), 1);
    let refused = [4 * PAGE, 0x8000, 0xa000, 0x10000, u64::MAX];
    assert!(refused.iter().all(|at| memory.read_obj::<u8>(GuestAddress(*at)).is_err()));
    assert!(memory.read_obj::<u64>(GuestAddress(4 * PAGE - 4)).is_err());
}

#[test]
fn virtqueues_follow_a_change_of_the_map() {
    let m = machine();
    let ram = m.space.guest_memory();
    let before = ram.memory();
    let mut change = m.map.change();
    let system = change.container("over", 0);
    assert!(change.place(m.ram, system, 0).is_ok());
    let over = change.mmio("over", PAGE, m.device.clone(), Rules::default());
    change.place_over(m.ram, over, PAGE, 1).unwrap();
    change.commit();
    let after = ram.memory();
    assert_eq!((before.num_regions(), after.num_regions()), (1, 2));
    assert!(after.read_obj::<u8>(GuestAddress(PAGE)).is_err());
    after.write_obj(7u8, GuestAddress(2 * PAGE)).unwrap();
    assert_eq!(m.block.load::<u8>(2 * PAGE), Ok(7));
    // What was taken before the change still is what it was.
    assert_eq!(before.read_obj::<u8>(GuestAddress(PAGE)).unwrap(), 0);
}

#[test]
fn listeners_are_told_of_what_went_and_then_of_what_came() {
    let m = machine();
    let told = Arc::new(Mutex::new(vec![]));
    let (log, map) = (told.clone(), m.map.clone());
    m.space.listen(move |event| {
        // A listener may look at the map.
        assert!(map.flat_text().contains("FlatView #0"));
        log.lock().push(match event {
            Event::Removed(range) => format!("- {} {:x}", range.name(), range.start),
            Event::Added(range) => format!("+ {} {:x}", range.name(), range.start),
        });
    });
    assert_eq!(
        std::mem::take(&mut *told.lock()),
        ["+ ram 0", "+ rom 8000", "+ flash a000", "+ device 10000"]
    );
    let mut change = m.map.change();
    change.move_to(m.flash, 0xb000);
    change.set_read_only(m.ram, true);
    change.commit();
    assert_eq!(std::mem::take(&mut *told.lock()), ["- ram 0", "- flash a000", "+ ram 0", "+ flash b000"]);
    m.map.change().commit();
    assert!(told.lock().is_empty());
}

#[test]
fn a_change_is_seen_as_a_whole() {
    let m = machine();
    let mut change = m.map.change();
    change.set_enabled(m.ram, false);
    assert_eq!(m.space.load::<u8>(0, Order::Little), Ok(0));
    change.set_enabled(m.ram, true);
    change.set_enabled(m.flash, false);
    change.commit();
    assert_eq!(m.space.load::<u8>(0, Order::Little), Ok(0));
    assert_eq!(m.space.load::<u8>(0xa000, Order::Little), Err(BusError::Decode));
}

#[test]
fn an_exchange_is_for_ram() {
    let m = machine();
    m.space.store::<u32>(8, 5, Order::Big).unwrap();
    assert_eq!(m.space.compare_exchange::<u32>(8, 5, 6, Order::Big), Ok(5));
    assert_eq!(m.space.compare_exchange::<u32>(8, 5, 7, Order::Big), Ok(6));
    assert_eq!(m.space.load::<u32>(8, Order::Big), Ok(6));
    let refused = [(0x8000, BusError::Decode), (0xa000, BusError::Device), (0x10000, BusError::Device)];
    for (at, error) in refused {
        assert_eq!(m.space.compare_exchange::<u32>(at, 0, 1, Order::Little), Err(error));
    }
}
