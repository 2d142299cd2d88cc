//! The registers of transports, and what is behind them beside disks.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod driver;

use driver::{BUFFER, DRIVER_OK, FEATURES_OK, Guest, NEEDS_RESET, VERSION_1, block, guest, scratch};
use memory::mmio::{Mmio, Width};
use rstest::rstest;
use virtio::{Entropy, Function, Source};

fn seeded(seed: u64) -> Option<Box<dyn Function>> {
    Some(Box::new(Entropy::new(Source::Seed(seed))))
}

#[rstest]
fn an_empty_slot_says_that_nothing_is_there(#[values(true, false)] legacy: bool) {
    let guest = guest(legacy, None);
    let version = if legacy { 1 } else { 2 };
    assert_eq!([0, 4, 8, 12].map(|at| guest.get(at)), [0x7472_6976, version, 0, 0x554d_4551]);
    guest.set(0x70, 1);
    guest.set(0x50, 0);
    assert_eq!((0x10..0x100).step_by(4).map(|at| guest.get(at)).sum::<u32>(), 0);
}

#[rstest]
#[case(true, 1)]
#[case(false, 2)]
fn a_transport_names_its_device(#[case] legacy: bool, #[case] version: u32) {
    let guest = guest(legacy, seeded(1));
    assert_eq!([0, 4, 8, 12].map(|at| guest.get(at)), [0x7472_6976, version, 4, 0x554d_4551]);
    assert_eq!(guest.offered() & VERSION_1 != 0, !legacy);
    guest.set(0x30, 1);
    assert_eq!(guest.get(0x34), 0);
    assert_eq!(guest.get(0xb0), u32::MAX);
}

#[rstest]
#[case("not offered", VERSION_1 | 1 << 50, false)]
#[case("without version 1", 1 << 28, false)]
#[case("offered", VERSION_1 | 1 << 28 | 1 << 29, true)]
fn features_are_accepted_if_they_were_offered(
    #[case] _name: &str,
    #[case] wanted: u64,
    #[case] accepted: bool,
) {
    let guest = guest(false, seeded(1));
    guest.set(0x70, 3);
    for half in 0..2 {
        guest.set(0x24, half);
        guest.set(0x20, (wanted >> (32 * half)) as u32);
    }
    guest.set(0x70, 3 | FEATURES_OK);
    assert_eq!(guest.status() & FEATURES_OK != 0, accepted);
    assert_eq!(guest.errors().len(), usize::from(!accepted));
}

#[test]
fn registers_of_the_other_version_are_reported() {
    let legacy = guest(true, seeded(1));
    legacy.set(0x44, 1);
    let modern = guest(false, seeded(1));
    modern.set(0x40, 1);
    assert_eq!(
        [legacy.errors(), modern.errors()].concat(),
        [
            "virtio-mmio.0: QueueReady: version 1 of the registers has no such one",
            "virtio-mmio.0: QueuePFN: version 2 of the registers has no such one"
        ]
    );
}

/// What a guest gets that asks for 100 bytes twice.
fn asks(guest: &mut Guest) -> Vec<u8> {
    guest.start(0);
    guest.ask(0, &[(BUFFER, 60, true), (BUFFER + 60, 40, true)]);
    guest.ask(2, &[(BUFFER + 100, 100, true)]);
    assert_eq!(guest.used(), [(0, 100), (2, 100)]);
    assert!(guest.line.level());
    guest.bytes(BUFFER, 200)
}

#[rstest]
fn entropy_is_the_same_for_the_same_seed_only(#[values(true, false)] legacy: bool) {
    let [a, b, c] = [1, 1, 2].map(|seed| asks(&mut guest(legacy, seeded(seed))));
    assert_eq!(a, b);
    assert_ne!(a, c);
    assert_ne!(a[..100], a[100..]);
    assert!(a.iter().filter(|byte| **byte == 0).count() < 10);
}

#[test]
fn the_hosts_entropy_differs() {
    let host = || -> Option<Box<dyn Function>> { Some(Box::new(Entropy::new(Source::Host))) };
    assert_ne!(asks(&mut guest(true, host())), asks(&mut guest(true, host())));
}

#[test]
fn a_driver_of_version_two_is_served_once_it_says_that_it_is_ready() {
    let mut guest = guest(false, seeded(1));
    guest.start(0);
    guest.set(0x70, 0);
    guest.set(0x70, 3);
    guest.set(0x24, 1);
    guest.set(0x20, 1);
    guest.set(0x70, 3 | FEATURES_OK);
    guest.clear();
    guest.place(driver::QUEUE);
    guest.ask(0, &[(BUFFER, 8, true)]);
    assert_eq!(guest.used(), []);
    guest.set(0x70, 3 | FEATURES_OK | DRIVER_OK);
    assert_eq!(guest.used(), [(0, 8)]);
}

#[test]
fn entropy_over_the_ring_ends() {
    let mut guest = guest(true, seeded(3));
    guest.start(0);
    let ring = guest.avail();
    guest.ask(0, &[(ring, 0x100, true)]);
    guest.kick();
    assert_ne!(guest.status() & NEEDS_RESET, 0);
}

#[test]
fn bytes_of_a_configuration_are_read_at_any_width_and_none_behind_it() {
    let file = scratch(&[0; 0x123 * 512]);
    let guest = guest(false, block(&file, |_| ()));
    let get = |at, width| guest.port.read(at, width).unwrap();
    assert_eq!((get(0x100, Width::Byte), get(0x101, Width::Byte)), (0x23, 1));
    assert_eq!((get(0x100, Width::Half), get(0x100, Width::Word)), (0x123, 0x123));
    assert_eq!((get(0x13c, Width::Word), get(0xfff, Width::Byte)), (0xffff_ffff, 0xff));
}
