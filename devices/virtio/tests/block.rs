//! Disks, as drivers of both versions see them.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod driver;

use driver::{BUFFER, EVENT_IDX, Guest, LEN, RAM, block, guest, scratch};
use memory::mmio::Order;
use model::{Attached, Waiting};
use rstest::rstest;

const IN: u32 = 0;
const OUT: u32 = 1;
const FLUSH: u32 = 4;
const GET_ID: u32 = 8;
const DISCARD: u32 = 11;
const WRITE_ZEROES: u32 = 13;

const OK: u8 = 0;
const IOERR: u8 = 1;
const UNSUPP: u8 = 2;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 512) as u8).collect()
}

#[rstest]
fn what_is_written_is_read_back_and_lies_in_the_file(#[values(true, false)] legacy: bool) {
    let file = scratch(&[0; 64 << 10]);
    let mut guest = guest(legacy, block(&file, |_| ()));
    guest.start(1 << 9);
    let data = pattern(1024);
    guest.space.write(BUFFER, &data).unwrap();
    assert_eq!(guest.disk(OUT, 3, 1024, false), OK);
    assert_eq!(guest.disk(FLUSH, 0, 0, false), OK);
    assert_eq!(std::fs::read(&file.0).unwrap()[3 * 512..5 * 512], data);
    guest.space.write(BUFFER, &[0; 1024]).unwrap();
    assert_eq!(guest.disk(IN, 3, 1024, true), OK);
    assert_eq!(guest.bytes(BUFFER, 1024), data);
    assert_eq!(guest.errors(), [""; 0]);
}

#[rstest]
#[case("beyond the end", IN, 127, 1024, true, IOERR)]
#[case("at the end of all numbers", IN, u64::MAX, 512, true, IOERR)]
#[case("no whole sector", IN, 0, 100, true, IOERR)]
#[case("nothing at the end", IN, 128, 0, true, OK)]
#[case("unknown", 99, 0, 0, true, UNSUPP)]
#[case("a SCSI command", 2, 0, 0, true, UNSUPP)]
fn a_request_has_its_status(
    #[case] _name: &str,
    #[case] kind: u32,
    #[case] sector: u64,
    #[case] len: u32,
    #[case] writable: bool,
    #[case] status: u8,
) {
    let file = scratch(&[0; 64 << 10]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    assert_eq!(guest.disk(kind, sector, len, writable), status);
}

#[test]
fn a_read_only_disk_says_so_and_stays_as_it_is() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |options| options.read_only = true));
    assert_ne!(guest.offered() & 1 << 5, 0);
    guest.start(1 << 5);
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
    for kind in [OUT, DISCARD, WRITE_ZEROES] {
        let len = if kind == OUT { 512 } else { range(&guest, 0, 1, 0) };
        assert_eq!(guest.disk(kind, 0, len, false), IOERR);
    }
    assert_eq!(guest.disk(FLUSH, 0, 0, false), OK);
    assert_eq!(std::fs::read(&file.0).unwrap(), [7; 4096]);
}

/// Puts the range of a discard at the buffer.
fn range(guest: &Guest, sector: u64, sectors: u32, flags: u32) -> u32 {
    guest.space.store(BUFFER, sector, Order::Little).unwrap();
    guest.space.store(BUFFER + 8, sectors, Order::Little).unwrap();
    guest.space.store(BUFFER + 12, flags, Order::Little).unwrap();
    16
}

#[rstest]
#[case(WRITE_ZEROES, 1, 2, 0, OK, true)]
#[case(WRITE_ZEROES, 1, 2, 1, OK, true)]
#[case(WRITE_ZEROES, 1, 2, 2, UNSUPP, false)]
#[case(WRITE_ZEROES, 7, 2, 0, IOERR, false)]
#[case(DISCARD, 1, 2, 0, OK, false)]
#[case(DISCARD, 1, 2, 1, UNSUPP, false)]
#[case(DISCARD, 1, 0x40_0000, 0, IOERR, false)]
#[case(DISCARD, u64::MAX, 2, 0, IOERR, false)]
fn ranges_are_zeroed_or_discarded(
    #[case] kind: u32,
    #[case] sector: u64,
    #[case] sectors: u32,
    #[case] flags: u32,
    #[case] status: u8,
    #[case] zeroed: bool,
) {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    let len = range(&guest, sector, sectors, flags);
    assert_eq!(guest.disk(kind, 0, len, false), status);
    let mut expected = vec![7; 4096];
    if zeroed {
        expected[512..1536].fill(0);
    }
    assert_eq!(std::fs::read(&file.0).unwrap(), expected);
}

#[test]
fn the_serial_number_has_twenty_bytes() {
    let file = scratch(&[0; 512]);
    let mut guest = guest(true, block(&file, |_| ()));
    guest.start(0);
    guest.space.write(BUFFER, &[0xff; 32]).unwrap();
    assert_eq!(guest.disk(GET_ID, 0, 20, true), OK);
    assert_eq!(guest.bytes(BUFFER, 21), [b"strata-0123456789-an" as &[u8], &[0xff]].concat());
}

#[test]
fn the_configuration_is_that_of_the_specification() {
    let file = scratch(&vec![0; 3 << 20]);
    let guest = guest(false, block(&file, |_| ()));
    let words: Vec<u32> = (0x100..0x140).step_by(4).map(|at| guest.get(at)).collect();
    let geometry = 6 | 16 << 16 | 63 << 24;
    let most = 0x3f_ffff;
    assert_eq!(words[..8], [6144, 0, 0, 254, geometry, 512, 1 << 16, 0]);
    // Write cache and one queue; then discards and zeroes, one range each; nothing behind them.
    assert_eq!(words[8], 1 | 1 << 16);
    assert_eq!(words[9..15], [most, 1, 1, most, 1, 1]);
    assert_eq!(words[15], u32::MAX);
}

#[test]
fn a_large_request_goes_in_parts_and_time_passes_with_its_bytes() {
    let data = pattern(3 << 20);
    let file = scratch(&data);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    assert_eq!(guest.disk(IN, 0, 3 << 20, true), OK);
    assert_eq!(guest.bytes(BUFFER, 3 << 20), data);
    let passed = guest.world.clock.now();
    assert_eq!(passed, 3 * 10_000 + (3 << 20));
}

#[test]
fn requests_are_answered_in_order_and_the_driver_is_interrupted() {
    let data = pattern(4096);
    let file = scratch(&data);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.header(IN, 1);
    for head in [3, 0] {
        let at = BUFFER + 0x1000 * u64::from(head);
        guest.ask(head, &[(BUFFER - 0x100, 16, false), (at, 512, true), (BUFFER - 0x10, 1, true)]);
    }
    assert!(!guest.line.level());
    assert_eq!(guest.used(), []);
    guest.wait();
    assert_eq!(guest.used(), [(3, 513), (0, 513)]);
    assert_eq!((guest.line.level(), guest.get(0x60)), (true, 1));
    guest.set(0x64, 1);
    assert_eq!((guest.line.level(), guest.get(0x60)), (false, 0));
    assert_eq!(guest.bytes(BUFFER, 512), data[512..1024]);
}

#[test]
fn a_driver_that_wants_no_interrupts_gets_none() {
    let file = scratch(&[0; 512]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.put16(guest.avail(), 1);
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
    assert!(!guest.line.level());
}

#[test]
fn event_indices_say_when_an_interrupt_is_wanted() {
    let file = scratch(&[0; 512]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(EVENT_IDX);
    let (used_event, avail_event) =
        (guest.avail() + 4 + 2 * u64::from(LEN), guest.used_ring() + 4 + 8 * u64::from(LEN));
    guest.put16(used_event, 1);
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
    assert!(!guest.line.level());
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
    assert!(guest.line.level());
    assert_eq!(guest.get16(avail_event), 2);
}

#[test]
fn a_reset_leaves_what_is_on_its_way_unanswered() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(true, block(&file, |_| ()));
    guest.start(0);
    guest.header(IN, 0);
    guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER, 512, true), (BUFFER - 0x10, 1, true)]);
    guest.set(0x70, 0);
    guest.wait();
    assert_eq!((guest.used(), guest.bytes(BUFFER, 1), guest.status()), (vec![], vec![0], 0));
    guest.start(0);
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
}

#[test]
fn a_queue_that_is_stopped_forgets_its_requests() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.header(IN, 0);
    guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER, 512, true), (BUFFER - 0x10, 1, true)]);
    guest.set(0xc0, 1);
    assert_eq!((guest.get(0xc0), guest.get(0x44)), (0, 0));
    guest.wait();
    assert_eq!(guest.used(), []);
    guest.clear();
    guest.place(driver::QUEUE);
    assert_eq!(guest.disk(IN, 0, 512, true), OK);
}

#[rstest]
fn a_restored_disk_does_what_was_on_its_way(#[values(true, false)] legacy: bool) {
    let file = scratch(&[7; 4096]);
    let other = scratch(&[0; 4096]);
    let mut first = guest(legacy, block(&file, |_| ()));
    first.start(EVENT_IDX);
    first.header(OUT, 2);
    first.space.write(BUFFER, &[9; 1024]).unwrap();
    first.ask(1, &[(BUFFER - 0x100, 16, false), (BUFFER, 1024, false), (BUFFER - 0x10, 1, true)]);
    let saved = first.port.save();
    let mut second = guest(legacy, block(&other, |_| ()));
    second.space.write(RAM, &first.bytes(RAM, driver::RAM_SIZE as usize)).unwrap();
    second.port.restore(&saved).unwrap();
    assert_eq!(second.port.save(), saved);
    assert_eq!(second.inbox.next_due(), first.inbox.next_due());
    for guest in [&mut first, &mut second] {
        guest.wait();
        assert_eq!(guest.used(), [(1, 1)]);
        assert_eq!((guest.bytes(BUFFER - 0x10, 1), guest.line.level()), (vec![OK], true));
    }
    assert_eq!(std::fs::read(&other.0).unwrap()[1024..2048], [9; 1024]);
    assert_eq!(first.port.save(), second.port.save());
}

#[test]
fn states_that_cannot_be_are_refused() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.header(IN, 0);
    guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER, 512, true), (BUFFER - 0x10, 1, true)]);
    let saved = guest.port.save();
    let wrong: [(&str, serde_json::Value); 6] = [
        ("/fields/jobs/0/len", 1024.into()),
        ("/fields/jobs/0/at", u64::MAX.into()),
        ("/fields/jobs/0/id", 7.into()),
        ("/queues/0/size", 3.into()),
        ("/queues/0/used", 1.into()),
        ("/function", "virtio-rng-device".into()),
    ];
    for (field, value) in wrong {
        let mut damaged = saved.clone();
        *damaged.fields.pointer_mut(field).unwrap() = value;
        guest.port.restore(&damaged).unwrap_err();
        assert_eq!(guest.port.save(), saved, "{field}");
    }
    guest.wait();
    assert_eq!(guest.used(), [(0, 513)]);
}

#[rstest]
#[case("neither flush nor the cache's mode", 0, None, true)]
#[case("flushes itself", 1 << 9, None, false)]
#[case("switches the cache off", 1 << 11, Some(0), true)]
fn writes_are_made_lasting_for_drivers_that_do_not_flush(
    #[case] _name: &str,
    #[case] features: u64,
    #[case] mode: Option<u8>,
    #[case] through: bool,
) {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(features);
    if let Some(mode) = mode {
        let rules = guest.port.rules();
        let (width, order) = (memory::mmio::Width::Byte, Order::Little);
        rules.write(guest.port.as_mmio(), 0x120, mode.into(), width, order).unwrap();
    }
    guest.header(OUT, 0);
    guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER, 512, false), (BUFFER - 0x10, 1, true)]);
    let mut stages = 0;
    while let Some(due) = guest.inbox.next_due() {
        guest.world.clock.set(due);
        guest.inbox.deliver(due, Waiting::Block);
        stages += 1;
    }
    assert_eq!((stages, guest.used()), (if through { 2 } else { 1 }, vec![(0, 1)]));
}
