//! Placing, seeing, and the texts.

mod resolver;
mod text;

use super::*;
use crate::mmio::{BusError, Width};
use rstest::rstest;

struct Nothing;

impl Mmio for Nothing {
    fn read(&self, _offset: u64, _width: Width) -> Result<u64, BusError> {
        Ok(0)
    }

    fn write(&self, _offset: u64, _value: u64, _width: Width) -> Result<(), BusError> {
        Ok(())
    }
}

fn mmio(change: &mut Change<'_>, name: &str, size: u64) -> Region {
    change.mmio(name, size, Arc::new(Nothing), Rules::default())
}

/// The ranges as `start-last name@offset`.
fn seen(map: &Map, root: Region) -> Vec<String> {
    let view = AddressSpace::new(map, root, "memory").view();
    view.ranges().iter().map(|r| format!("{:x}-{:x} {}@{:x}", r.start, r.last, r.name(), r.offset)).collect()
}

#[test]
fn the_higher_priority_is_seen_and_among_equals_the_later_one() {
    let map = Map::new();
    let mut change = map.change();
    let root = change.container("root", 0x100);
    for (name, at, priority) in [("a", 0, 0), ("b", 8, 0), ("c", 0x14, -1), ("d", 4, 1)] {
        let part = mmio(&mut change, name, 0x10);
        change.place_over(root, part, at, priority).unwrap();
    }
    change.commit();
    assert_eq!(seen(&map, root), ["0-3 a@0", "4-13 d@0", "14-17 b@c", "18-23 c@4"]);
}

#[test]
fn an_alias_of_a_part_shows_it_elsewhere_and_nothing_beyond() {
    let map = Map::new();
    let mut change = map.change();
    let root = change.container("root", 1 << 64);
    let device = mmio(&mut change, "device", 0x100);
    let alias = change.alias("alias", device, 0x80, 0x1000);
    change.place(root, device, 0x1000).unwrap();
    change.place(root, alias, u64::MAX - 0xfff).unwrap();
    change.commit();
    assert_eq!(seen(&map, root), ["1000-10ff device@0", "fffffffffffff000-fffffffffffff07f device@80"]);
    let mut change = map.change();
    change.set_alias_offset(alias, 0xf0);
    change.commit();
    assert_eq!(seen(&map, root)[1], "fffffffffffff000-fffffffffffff00f device@f0");
}

#[test]
fn neighbours_that_continue_one_region_are_one_range() {
    let map = Map::new();
    let mut change = map.change();
    let root = change.container("root", 0x1000);
    let device = mmio(&mut change, "device", 0x100);
    let (low, high) = (change.alias("low", device, 0, 0x80), change.alias("high", device, 0x80, 0x80));
    change.place(root, low, 0).unwrap();
    change.place(root, high, 0x80).unwrap();
    change.commit();
    assert_eq!(seen(&map, root), ["0-ff device@0"]);
    let mut change = map.change();
    change.set_read_only(high, true);
    change.commit();
    assert_eq!(seen(&map, root), ["0-7f device@0", "80-ff device@80"]);
}

#[test]
fn a_region_may_fill_all_of_64_bit_space() {
    let map = Map::new();
    let mut change = map.change();
    let root = change.container("root", 1 << 64);
    let all = mmio(&mut change, "all", u64::MAX);
    let part = mmio(&mut change, "part", 0x10);
    change.place_over(root, all, 1, 0).unwrap();
    change.place_over(root, part, u64::MAX - 0xf, 1).unwrap();
    change.commit();
    assert_eq!(seen(&map, root), ["1-ffffffffffffffef all@0", "fffffffffffffff0-ffffffffffffffff part@0"]);
    let space = AddressSpace::new(&map, root, "memory");
    assert!(space.view().find(0).is_none());
    assert_eq!(space.view().find(u64::MAX).map(|r| r.offset_of(u64::MAX)), Some(0xf));
}

#[rstest]
#[case(0x10f, true)]
#[case(0x110, false)]
#[case(0xf1, true)]
#[case(0xf0, false)]
fn two_regions_that_may_not_overlap_are_told_apart(#[case] at: u64, #[case] refused: bool) {
    let map = Map::new();
    let mut change = map.change();
    let root = change.container("root", 0x1000);
    let (uart, rtc) = (mmio(&mut change, "uart", 0x10), mmio(&mut change, "rtc", 0x10));
    change.place(root, uart, 0x100).unwrap();
    let answer = change.place(root, rtc, at);
    assert_eq!(answer.is_err(), refused);
    if let Err(error) = answer {
        let expected =
            format!("region rtc at {at:#x} overlaps uart at 0x100; move one, or place it with a priority");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_region_has_one_place_and_never_lies_in_itself() {
    let map = Map::new();
    let mut change = map.change();
    let (outer, inner) = (change.container("outer", 0x100), change.container("inner", 0x100));
    change.place(outer, inner, 0).unwrap();
    assert_eq!(change.place(outer, inner, 0), Err(PlaceError::Placed { name: "inner".into() }));
    assert_eq!(change.place(inner, outer, 0), Err(PlaceError::Cycle { name: "outer".into() }));
    let mirror = change.alias("mirror", outer, 0, 0x100);
    assert_eq!(change.place(inner, mirror, 0), Err(PlaceError::Cycle { name: "mirror".into() }));
    change.take_out(inner);
    assert_eq!(change.place(outer, inner, 4), Ok(()));
}
