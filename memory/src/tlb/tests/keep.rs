//! Filling and flushing, keys, and changes made elsewhere.
#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges with one range is meant")]

use super::*;
use crate::addr::PAGE;
use crate::dirty::Client;
use proptest::prelude::*;
use rstest::rstest;
use std::collections::HashMap;

const LARGE: u64 = 1 << 21;

#[rstest]
#[case(0x40_0000)]
#[case(0x40_0000 + 5 * PAGE)]
#[case(0x40_0000 + LARGE - 1)]
fn flushing_one_address_of_a_large_page_flushes_all_of_it(#[case] at: u64) {
    let mut m = Machine::new();
    for page in [0, 3] {
        m.mmu.fill(Mapping {
            virtual_at: 0x40_0000 + page * PAGE,
            physical_at: RAM + page * PAGE,
            log2: 21,
            readable: true,
            writable: true,
            executable: true,
        });
    }
    assert_eq!(m.mmu.load::<u8>(0x40_3000), Ok(0));
    m.mmu.flush_page(at);
    assert!([0x40_0000, 0x40_3000].iter().all(|at| m.mmu.load::<u8>(*at).is_err()));
}

#[test]
fn flushing_a_page_leaves_the_others() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM);
    m.fill(0x6000, RAM);
    m.mmu.flush_page(0x5fff);
    assert_eq!(m.mmu.load::<u8>(0x5000), Err(Refusal::Miss { at: 0x5000 }));
    assert_eq!(m.mmu.load::<u8>(0x6000), Ok(0));
    // Another page in the same entry.
    m.mmu.flush_page(0x6000 + ENTRIES as u64 * PAGE);
    assert_eq!(m.mmu.load::<u8>(0x6000), Ok(0));
}

#[test]
fn each_key_has_its_own_pages_and_gets_them_back() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM);
    m.mmu.switch(7);
    assert!(m.mmu.load::<u8>(0x5000).is_err());
    m.fill(0x5000, RAM + PAGE);
    assert_eq!(m.mmu.physical(0x5000, Kind::Load), Ok(RAM + PAGE));
    m.mmu.switch(0);
    assert_eq!(m.mmu.physical(0x5000, Kind::Load), Ok(RAM));
    m.mmu.flush_page_keys(0x5000, |key| key == 7);
    assert!(m.mmu.load::<u8>(0x5000).is_ok());
    m.mmu.switch(7);
    assert!(m.mmu.load::<u8>(0x5000).is_err());
}

#[test]
fn of_many_keys_the_one_not_used_for_longest_is_forgotten() {
    let mut m = Machine::new();
    for key in 0..16 {
        m.mmu.switch(key);
        m.fill(0x5000, RAM);
    }
    m.mmu.switch(0);
    m.mmu.switch(16);
    assert!(m.mmu.load::<u8>(0x5000).is_err());
    m.mmu.switch(0);
    assert!(m.mmu.load::<u8>(0x5000).is_ok());
    m.mmu.switch(1);
    assert!(m.mmu.load::<u8>(0x5000).is_err());
}

#[test]
fn a_store_to_decoded_code_waits_for_its_turn_and_makes_the_code_stale() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.store::<u32>(0x5040, 1), Ok(()));
    assert!(m.mmu.code_at(RAM + 0x40..RAM + 0x44));
    assert_eq!(m.mmu.store::<u32>(0x503c, 1), Ok(()));
    assert_eq!(m.mmu.store::<u32>(0x5080, 1), Ok(()));
    assert_eq!(m.mmu.take_stale(), Stale::Ranges(vec![]));
    for at in [0x5040, 0x503e, 0x507c] {
        assert_eq!(m.mmu.store::<u32>(at, 2), Err(Refusal::Alone));
        assert_eq!(m.mmu.compare_exchange::<u32>(at, 0, 2), Err(Refusal::Alone));
    }
    assert_eq!(m.mmu.load::<u32>(0x5040), Ok(1));
    m.mmu.alone(Some(0));
    assert_eq!(m.mmu.store::<u32>(0x5040, 2), Ok(()));
    m.mmu.alone(None);
    assert_eq!(m.mmu.take_stale(), Stale::Ranges(vec![RAM + 0x40..RAM + 0x80]));
    assert_eq!(m.mmu.take_stale(), Stale::Ranges(vec![]));
    // Nobody has decoded it again.
    assert_eq!(m.mmu.store::<u32>(0x5040, 3), Ok(()));
}

#[test]
fn code_is_stale_at_every_address_it_is_seen_at_whoever_writes_it() {
    let mut m = Machine::new();
    let mut change = m.map.change();
    let system = change.container("mirrors", 1 << 64);
    let mirror = change.alias("mirror", m.ram, PAGE, PAGE.into());
    let ram = change.alias("ram", m.ram, 0, 0x4000);
    change.place(system, mirror, 0).unwrap();
    change.place(system, ram, RAM).unwrap();
    change.commit();
    let space = AddressSpace::new(&m.map, system, "mirrored");
    let mut mmu = SoftMmu::new(space.clone(), m.time.clone());
    assert!(mmu.code_at(0x100..0x108));
    space.write(RAM + PAGE + 0x104, &[1]).unwrap();
    assert_eq!(mmu.take_stale(), Stale::Ranges(vec![0x100..0x140, RAM + 0x1100..RAM + 0x1140]));
    // Another CPU's.
    assert!(mmu.code_at(0x100..0x108));
    m.fill(0x5000, RAM + PAGE);
    assert_eq!(m.mmu.store::<u8>(0x5100, 1), Err(Refusal::Alone));
}

#[test]
fn a_cpu_that_had_the_page_before_learns_of_code_when_it_begins_again() {
    let mut m = Machine::new();
    let mut other = SoftMmu::new(m.mmu.space().clone(), m.time.clone());
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.store::<u8>(0x5000, 1), Ok(()));
    assert!(other.code_at(RAM..RAM + 4));
    m.mmu.sync();
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.store::<u8>(0x5000, 1), Err(Refusal::Alone));
}

#[test]
fn code_outside_memory_cannot_be_kept() {
    let mut m = Machine::new();
    assert!(!m.mmu.code_at(DEVICE..DEVICE + 4));
    assert!(!m.mmu.code_at(RAM + 0x3ffe..RAM + 0x4002));
    assert!(!m.mmu.code_at(0x4000_0000..0x4000_0004));
    assert!(m.mmu.code_at(ROM..ROM + 4));
}

#[test]
fn the_first_store_to_a_clean_page_is_noted_and_the_next_are_not_in_the_way() {
    let mut m = Machine::new();
    m.block.dirty().enable(Client::Migration);
    m.mmu.sync();
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.store::<u8>(0x5000, 1), Ok(()));
    assert_eq!(m.mmu.store::<u8>(0x5001, 1), Ok(()));
    assert_eq!(m.block.dirty().harvest(Client::Migration), [0..PAGE]);
    m.mmu.sync();
    m.fill(0x5000, RAM);
    assert_eq!(m.mmu.load::<u8>(0x5001), Ok(1));
    assert_eq!(m.block.dirty().harvest(Client::Migration), []);
    assert_eq!(m.mmu.compare_exchange::<u8>(0x5000, 1, 2), Ok(1));
    assert_eq!(m.block.dirty().harvest(Client::Migration), [0..PAGE]);
}

#[test]
fn a_change_of_the_map_empties_the_table_and_makes_all_code_stale() {
    let mut m = Machine::new();
    m.fill(0x5000, RAM);
    let mut change = m.map.change();
    change.set_enabled(m.ram, false);
    change.commit();
    // The block stays mapped until the CPU has noticed.
    assert_eq!(m.mmu.load::<u8>(0x5000), Ok(0));
    m.mmu.sync();
    assert_eq!(m.mmu.load::<u8>(0x5000), Err(Refusal::Miss { at: 0x5000 }));
    assert_eq!(m.mmu.take_stale(), Stale::All);
    m.fill(0x5000, RAM);
    m.mmu.alone(Some(0));
    assert_eq!(m.mmu.load::<u8>(0x5000), Err(Refusal::Bus(BusError::Decode)));
}

/// Takes RAM away when it is written.
struct Switch {
    map: Map,
    ram: Mutex<Option<Region>>,
}

impl Mmio for Switch {
    fn read(&self, _offset: u64, _width: Width) -> Result<u64, BusError> {
        Ok(0)
    }

    fn write(&self, _offset: u64, value: u64, _width: Width) -> Result<(), BusError> {
        if let Some(ram) = *self.ram.lock() {
            self.map.change().set_enabled(ram, value != 0);
        }
        Ok(())
    }
}

#[test]
fn a_device_may_change_the_map_under_the_cpu_that_writes_it() {
    let mut m = Machine::new();
    let switch = Arc::new(Switch { map: m.map.clone(), ram: Mutex::new(Some(m.ram)) });
    let mut change = m.map.change();
    let system = change.container("system2", 1 << 64);
    let (ram, part) =
        (change.alias("ram", m.ram, 0, 0x4000), change.mmio("switch", 0x1000, switch, Rules::default()));
    change.place(system, ram, RAM).unwrap();
    change.place(system, part, DEVICE).unwrap();
    change.commit();
    m.mmu = SoftMmu::new(AddressSpace::new(&m.map, system, "memory"), m.time.clone());
    m.fill(0x5000, RAM);
    m.fill(0x6000, DEVICE);
    m.mmu.alone(Some(0));
    assert_eq!(m.mmu.load::<u8>(0x5000), Ok(0));
    assert_eq!(m.mmu.store::<u32>(0x6000, 0), Ok(()));
    assert_eq!(m.mmu.load::<u8>(0x5000), Err(Refusal::Miss { at: 0x5000 }));
}

#[derive(Clone, Debug)]
enum Step {
    Fill { page: u64, frame: u64, log2: u32, rights: u8 },
    FlushPage { page: u64, key: Option<u64> },
    Flush,
    Switch { key: u64 },
    Access { page: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    // Pages of two groups share entries.
    let page = || (0u64..12, 0u64..3).prop_map(|(low, high)| low + high * ENTRIES as u64);
    let log2 = prop::sample::select(vec![12u32, 12, 14, 21, 64]);
    prop_oneof![
        4 => (page(), 0u64..4, log2, 0u8..8).prop_map(|(page, frame, log2, rights)| Step::Fill { page, frame, log2, rights }),
        2 => (page(), prop::option::of(0u64..3)).prop_map(|(page, key)| Step::FlushPage { page, key }),
        1 => Just(Step::Flush),
        2 => (0u64..3).prop_map(|key| Step::Switch { key }),
        6 => page().prop_map(|page| Step::Access { page }),
    ]
}

/// What was filled and not flushed: frame, log2 and rights by key and page.
#[derive(Default)]
struct Model {
    key: u64,
    pages: HashMap<(u64, u64), (u64, u32, u8)>,
}

impl Model {
    fn flush_page(&mut self, page: u64, key: Option<u64>) {
        let size = |log2: u32| 1u64.checked_shl(log2 - 12).unwrap_or(0);
        self.pages.retain(|(of, other), (_, log2, _)| {
            let whole = |page: u64| if size(*log2) == 0 { 0 } else { page / size(*log2) };
            key.is_some_and(|key| key != *of) || whole(*other) != whole(page)
        });
    }
}

proptest! {
    #[test]
    fn the_table_never_knows_more_than_was_filled(steps in prop::collection::vec(step(), 1..80)) {
        let mut m = Machine::new();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Fill { page, frame, log2, rights } => {
                    m.mmu.fill(Mapping {
                        virtual_at: page * PAGE + 1,
                        physical_at: RAM + frame * PAGE + 1,
                        log2,
                        readable: rights & 1 != 0,
                        writable: rights & 2 != 0,
                        executable: rights & 4 != 0,
                    });
                    model.pages.insert((model.key, page), (frame, log2, rights));
                    let allowed = m.mmu.physical(page * PAGE, Kind::Load).is_ok();
                    prop_assert_eq!(allowed, rights & 1 != 0);
                }
                Step::FlushPage { page, key } => {
                    m.mmu.flush_page_keys(page * PAGE, |other| key.is_none_or(|key| key == other));
                    model.flush_page(page, key);
                }
                Step::Flush => {
                    m.mmu.flush();
                    model.pages.clear();
                }
                Step::Switch { key } => {
                    m.mmu.switch(key);
                    model.key = key;
                }
                Step::Access { page } => {
                    for (bit, kind) in [(1, Kind::Load), (2, Kind::Store), (4, Kind::Fetch)] {
                        if let Ok(physical) = m.mmu.physical(page * PAGE, kind) {
                            let known = model.pages.get(&(model.key, page)).filter(|(_, _, rights)| rights & bit != 0);
                            prop_assert_eq!(known.map(|(frame, _, _)| RAM + frame * PAGE), Some(physical));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_backing_file_cut_short_is_a_bus_error() {
    let path = std::env::temp_dir().join(format!("strata-{}-tlb", std::process::id()));
    let backing = crate::ram::Backing::File { path: path.clone(), offset: 0, share: true };
    let block = Arc::new(RamBlock::new("file", 0x2000, backing).unwrap());
    let map = Map::new();
    let mut change = map.change();
    let ram = change.ram(block);
    change.commit();
    let mut mmu = SoftMmu::new(AddressSpace::new(&map, ram, "memory"), Arc::default());
    mmu.fill(Mapping {
        virtual_at: 0x5000,
        physical_at: 0x1000,
        log2: 12,
        readable: true,
        writable: true,
        executable: true,
    });
    assert_eq!(mmu.load::<u64>(0x5000), Ok(0));
    std::fs::File::options().write(true).open(&path).unwrap().set_len(0x1000).unwrap();
    let gone = Refusal::Bus(BusError::Device);
    assert_eq!(mmu.load::<u64>(0x5000), Err(gone));
    assert_eq!(mmu.store::<u64>(0x5000, 1), Err(gone));
    assert_eq!(mmu.compare_exchange::<u64>(0x5000, 0, 1), Err(gone));
    assert_eq!(mmu.fetch::<u16>(0x5000), Err(gone));
    std::fs::remove_file(path).unwrap();
}
