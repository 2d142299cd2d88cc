//! Loads, stores and atomic updates.

use super::*;

#[test]
fn a_page_that_was_not_filled_is_a_miss_at_its_first_byte() {
    let mut m = Machine::new();
    assert_eq!(m.mmu.load::<u64>(0x5123), Err(Refusal::Miss { at: 0x5123 }));
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.load::<u64>(0x5123), Ok(0));
    assert_eq!(m.mmu.load::<u64>(0x5ffc), Err(Refusal::Miss { at: 0x6000 }));
    assert_eq!(m.mmu.store::<u64>(0x4ffc, 1), Err(Refusal::Miss { at: 0x4ffc }));
}

#[test]
fn a_store_across_two_pages_reaches_both_or_neither() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM + 0x2000);
    assert_eq!(m.mmu.store::<u64>(0x5ffc, u64::MAX), Err(Refusal::Miss { at: 0x6000 }));
    assert_eq!(m.mmu.load::<u32>(0x5ffc), Ok(0));
    m.fill(0x6000, RAM);
    assert_eq!(m.mmu.store::<u64>(0x5ffc, 0x1122_3344_5566_7788), Ok(()));
    assert_eq!(m.block.load::<u32>(0x2ffc), Ok(0x5566_7788));
    assert_eq!(m.block.load::<u32>(0), Ok(0x1122_3344));
    assert_eq!(m.mmu.load::<u64>(0x5ffc), Ok(0x1122_3344_5566_7788));
}

#[test]
fn an_access_at_the_end_of_the_address_space_wraps_into_the_first_page() {
    let mut m = Machine::new();
    m.fill(u64::MAX - 7, RAM);
    assert_eq!(m.mmu.load::<u64>(u64::MAX - 7), Ok(0));
    assert_eq!(m.mmu.load::<u64>(u64::MAX - 3), Err(Refusal::Miss { at: 0 }));
}

#[test]
fn each_kind_of_access_has_its_own_permission() {
    let mut m = Machine::new();
    let page = Mapping {
        virtual_at: 0x5000,
        physical_at: RAM,
        log2: 12,
        readable: true,
        writable: false,
        executable: false,
    };
    m.mmu.fill(page);
    assert_eq!(m.mmu.load::<u8>(0x5000), Ok(0));
    assert_eq!(m.mmu.store::<u8>(0x5000, 1), Err(Refusal::Miss { at: 0x5000 }));
    assert_eq!(m.mmu.compare_exchange::<u32>(0x5000, 0, 1), Err(Refusal::Miss { at: 0x5000 }));
    assert_eq!(m.mmu.fetch::<u16>(0x5000), Err(Refusal::Miss { at: 0x5000 }));
    m.mmu.fill(Mapping { readable: false, executable: true, ..page });
    assert_eq!(m.mmu.fetch::<u16>(0x5000), Ok(0));
    assert_eq!(m.mmu.load::<u8>(0x5000), Err(Refusal::Miss { at: 0x5000 }));
    assert_eq!(m.mmu.physical(0x5678, Kind::Fetch), Ok(RAM + 0x678));
}

#[test]
fn a_device_is_reached_only_alone_and_then_knows_the_time() {
    let mut m = Machine::new();
    m.fill(0x5000, DEVICE);
    assert_eq!(m.mmu.load::<u32>(0x5010), Err(Refusal::Alone));
    assert_eq!(m.mmu.store::<u32>(0x5010, 7), Err(Refusal::Alone));
    assert!(m.device.written.lock().is_empty());
    m.mmu.alone(Some(1234));
    assert_eq!(m.mmu.load::<u32>(0x5010), Ok(0x10));
    assert_eq!(m.mmu.store::<u32>(0x5010, 7), Ok(()));
    assert_eq!(m.time.load(Ordering::Relaxed), 1234);
    assert_eq!(*m.device.written.lock(), [(0x10, 7, Width::Word)]);
    m.mmu.alone(None);
    assert_eq!(m.mmu.load::<u32>(0x5010), Err(Refusal::Alone));
}

#[test]
fn what_a_device_or_a_hole_answers_comes_back() {
    let mut m = Machine::new();
    m.fill(0x5000, DEVICE);
    m.fill(0x6000, 0x4000_0000);
    m.mmu.alone(Some(0));
    assert_eq!(m.mmu.load::<u32>(0x50f0), Err(Refusal::Bus(BusError::Device)));
    // The registers end at 0x100, and unaligned accesses are not among those the rules allow.
    assert_eq!(m.mmu.load::<u32>(0x5100), Err(Refusal::Bus(BusError::Decode)));
    assert_eq!(m.mmu.load::<u32>(0x5012), Err(Refusal::Bus(BusError::Decode)));
    assert_eq!(m.mmu.store::<u8>(0x6000, 1), Err(Refusal::Bus(BusError::Decode)));
    assert_eq!(m.mmu.compare_exchange::<u32>(0x5010, 0, 1), Err(Refusal::Bus(BusError::Device)));
}

#[test]
fn a_store_to_rom_is_dropped() {
    let mut m = Machine::new();
    m.fill(0x5000, ROM);
    m.mmu.space().write_rom(ROM, &[9]).unwrap();
    assert_eq!(m.mmu.store::<u8>(0x5000, 1), Ok(()));
    assert_eq!(m.mmu.compare_exchange::<u8>(0x5000, 9, 1), Ok(9));
    assert_eq!(m.mmu.load::<u8>(0x5000), Ok(9));
}

#[test]
fn an_exchange_happens_only_where_the_old_value_is_found() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.compare_exchange::<u32>(0x5008, 0, 5), Ok(0));
    assert_eq!(m.mmu.compare_exchange::<u32>(0x5008, 0, 6), Ok(5));
    assert_eq!(m.mmu.load::<u32>(0x5008), Ok(5));
}
