//! Rings that no driver would make.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod driver;

use driver::{
    BUFFER, Guest, INDIRECT, LEN, NEEDS_RESET, NEXT, QUEUE, RAM, RAM_SIZE, WRITE, block, guest, scratch,
};
use host_char::Frontend;
use memory::mmio::Order;
use proptest::prelude::*;
use rstest::rstest;
use std::sync::Arc;
use virtio::console::Socket;
use virtio::{Console, Entropy, Function, Line, Source};

type Wrong = fn(&mut Guest);

/// Where nothing is.
const HOLE: u64 = 0x1000;
const TABLE: u64 = BUFFER + 0x1000;

#[rstest]
#[case("a loop", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 16, NEXT, 1);
    g.descriptor(QUEUE, 1, BUFFER, 16, NEXT, 0);
    g.offer(0);
}, "a descriptor chain that loops or is too long")]
#[case("a link out of the table", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 16, NEXT, LEN);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("a head out of the table", |g: &mut Guest| g.offer(0xffff), "a descriptor chain that leads to no descriptor")]
#[case("a buffer in a hole", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, HOLE, 16, 0, 0);
    g.offer(0);
}, "a buffer that does not lie in RAM")]
#[case("a buffer across the end of RAM", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, RAM + RAM_SIZE - 8, 16, 0, 0);
    g.offer(0);
}, "a buffer that does not lie in RAM")]
#[case("a buffer around the end of all addresses", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, u64::MAX - 3, 16, WRITE, 0);
    g.offer(0);
}, "a buffer that does not lie in RAM")]
#[case("a huge buffer", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, u32::MAX, WRITE, 0);
    g.offer(0);
}, "a buffer that does not lie in RAM")]
#[case("more than 2^32 bytes", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, u32::MAX, NEXT, 1);
    g.descriptor(QUEUE, 1, BUFFER, u32::MAX, 0, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("an empty buffer", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 0, 0, 0);
    g.offer(0);
}, "a buffer without bytes")]
#[case("readable behind writable", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 16, NEXT | WRITE, 1);
    g.descriptor(QUEUE, 1, BUFFER, 16, 0, 0);
    g.offer(0);
}, "a readable buffer behind a writable one")]
#[case("indirect in indirect", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, TABLE, 32, INDIRECT, 0);
    g.descriptor(TABLE, 0, TABLE, 32, INDIRECT, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("an indirect loop", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, TABLE, 16, INDIRECT, 0);
    g.descriptor(TABLE, 0, BUFFER, 16, NEXT, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("a long indirect loop", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, TABLE, 16 * 2000, INDIRECT, 0);
    g.descriptor(TABLE, 0, BUFFER, 16, NEXT, 0);
    g.offer(0);
}, "a descriptor chain that loops or is too long")]
#[case("an indirect table of half a descriptor", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, TABLE, 24, INDIRECT, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("an empty indirect table", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, TABLE, 0, INDIRECT, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("an indirect table in a hole", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, HOLE, 32, INDIRECT, 0);
    g.offer(0);
}, "a descriptor chain that leads to no descriptor")]
#[case("an index far ahead", |g: &mut Guest| g.put16(g.avail() + 2, LEN + 1),
    "an available index that is further ahead than the queue is long")]
#[case("no status", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 16, 0, 0);
    g.offer(0);
}, "a request without room for its header or status")]
#[case("a short header", |g: &mut Guest| {
    g.descriptor(QUEUE, 0, BUFFER, 15, NEXT, 1);
    g.descriptor(QUEUE, 1, BUFFER, 16, WRITE, 1);
    g.offer(0);
}, "a request without room for its header or status")]
fn a_disk_that_meets_it_reports_it_and_needs_a_reset(
    #[case] _name: &str,
    #[case] wrong: Wrong,
    #[case] report: &str,
    #[values(true, false)] legacy: bool,
) {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(legacy, block(&file, |_| ()));
    guest.start(0);
    wrong(&mut guest);
    guest.kick();
    assert_eq!(guest.errors(), [format!("virtio-mmio.0: QueueNotify: {report}")]);
    assert_ne!(guest.status() & NEEDS_RESET, 0);
    // Version 2 has the interrupt for it.
    assert_eq!(guest.get(0x60), if legacy { 0 } else { 2 });
    guest.kick();
    assert_eq!(guest.errors(), [""; 0]);
    guest.start(0);
    assert_eq!(guest.disk(0, 0, 512, true), 0);
}

#[rstest]
#[case("a used ring in a hole", 0xa0, HOLE, "a ring that does not lie in RAM")]
#[case("a table across the end", 0x80, RAM + RAM_SIZE - 16, "a ring that does not lie in RAM")]
#[case("an available ring nowhere", 0x90, u64::MAX - 1, "a ring that does not lie in RAM")]
#[case("a crooked table", 0x80, QUEUE + 8, "a ring that is not aligned")]
#[case("a crooked used ring", 0xa0, QUEUE + 2, "a ring that is not aligned")]
#[case("no size", 0x38, 0, "a queue of a size that is no power of two up to 1024")]
#[case("an odd size", 0x38, 7, "a queue of a size that is no power of two up to 1024")]
#[case("a huge size", 0x38, 0x1_0000, "a queue of a size that is no power of two up to 1024")]
fn a_queue_that_cannot_be_needs_a_reset(
    #[case] _name: &str,
    #[case] register: u64,
    #[case] value: u64,
    #[case] report: &str,
) {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.set(0x44, 0);
    guest.set(register, value as u32);
    if register >= 0x80 {
        guest.set(register + 4, (value >> 32) as u32);
    }
    guest.set(0x44, 1);
    assert_eq!(guest.errors(), [format!("virtio-mmio.0: QueueReady: {report}")]);
    assert_eq!((guest.get(0x44), guest.status() & NEEDS_RESET), (0, NEEDS_RESET));
}

#[test]
fn a_legacy_queue_outside_ram_needs_a_reset() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(true, block(&file, |_| ()));
    guest.start(0);
    guest.set(0x40, u32::MAX);
    assert_eq!(guest.errors(), ["virtio-mmio.0: QueuePFN: a ring that does not lie in RAM"]);
    assert_eq!(guest.status() & NEEDS_RESET, NEEDS_RESET);
}

/// Requests that overlap, and overlap the rings, are done; memory of the host is not touched.
#[test]
fn overlapping_buffers_are_written_in_order() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.header(0, 0);
    guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER, 1024, true), (BUFFER, 1, true)]);
    guest.wait();
    assert_eq!(guest.used(), [(0, 1025)]);
    assert_eq!(guest.bytes(BUFFER, 2), [0, 7]);
}

#[test]
fn a_driver_that_asks_forever_is_served_as_much_as_a_ring_holds() {
    let file = scratch(&[7; 4096]);
    let mut guest = guest(false, block(&file, |_| ()));
    guest.start(0);
    guest.header(4, 0);
    for _ in 0..200 {
        guest.ask(0, &[(BUFFER - 0x100, 16, false), (BUFFER - 0x10, 1, true)]);
        if guest.status() & NEEDS_RESET != 0 {
            break;
        }
    }
    assert_eq!(guest.errors().len(), 0);
    guest.wait();
}

#[derive(Clone, Debug)]
struct Ring {
    descriptors: Vec<(u64, u32, u16, u16)>,
    heads: Vec<u16>,
    index: u16,
    kinds: Vec<u32>,
}

fn place() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0u64..64).prop_map(|i| BUFFER + 16 * i),
        2 => (0u64..0x2000).prop_map(|i| QUEUE + i),
        1 => Just(RAM + RAM_SIZE - 8),
        1 => Just(HOLE),
        1 => any::<u64>(),
    ]
}

fn length() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(16u32), 2 => Just(1), 3 => Just(512), 2 => 0u32..5000, 1 => any::<u32>()]
}

fn rings() -> impl Strategy<Value = Ring> {
    let flags = prop_oneof![8 => 0u16..4, 2 => 0u16..8, 1 => any::<u16>()];
    let next = prop_oneof![8 => 0u16..LEN, 1 => any::<u16>()];
    let descriptors = proptest::collection::vec((place(), length(), flags, next.clone()), 24);
    let heads = proptest::collection::vec(next, usize::from(LEN));
    let index = prop_oneof![8 => 0u16..=LEN, 1 => any::<u16>()];
    let kinds = proptest::collection::vec(proptest::sample::select(vec![0u32, 1, 4, 8, 11, 13, 0x55aa]), 16);
    (descriptors, heads, index, kinds).prop_map(|(descriptors, heads, index, kinds)| Ring {
        descriptors,
        heads,
        index,
        kinds,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn any_ring_is_served_or_refused_and_the_device_lives_on(
        ring in rings(),
        legacy in any::<bool>(),
        event_index in any::<bool>(),
        kind in 0..3,
    ) {
        let file = scratch(&[7; 1 << 16]);
        let console = || Socket { number: 0, console: true, name: None, open: true, output: Box::new(|_| {}) };
        let function: Option<Box<dyn Function>> = match kind {
            0 => block(&file, |_| ()),
            1 => Some(Box::new(Entropy::new(Source::Seed(1)))),
            _ => Some(Box::new(Console::new(1, vec![console()]))),
        };
        let mut guest = guest(legacy, function);
        guest.start(if event_index { driver::EVENT_IDX } else { 0 });
        for (i, kind) in ring.kinds.iter().enumerate() {
            guest.space.store(BUFFER + 16 * i as u64, *kind, Order::Little).unwrap();
        }
        // The first are the queue's, the others an indirect table's.
        for (i, (at, len, flags, next)) in ring.descriptors.iter().enumerate() {
            let (table, index) = if i < 8 { (QUEUE, i) } else { (BUFFER, i - 8) };
            if i < 8 || flags & INDIRECT == 0 {
                guest.descriptor(table, index as u16, *at, *len, *flags, *next);
            }
        }
        for (i, head) in ring.heads.iter().enumerate() {
            guest.put16(guest.avail() + 4 + 2 * i as u64, *head);
        }
        guest.put16(guest.avail() + 2, ring.index);
        guest.kick();
        guest.wait();
        // What is typed wants the same queue's buffers.
        let line = Line::new(Arc::clone(&guest.port), 0);
        line.receive(&vec![b'x'; line.can_receive()]);
        let failed = guest.status() & NEEDS_RESET != 0;
        prop_assert_eq!(failed, !guest.errors().is_empty());
        guest.start(0);
        if kind == 0 {
            prop_assert_eq!(guest.disk(0, 0, 512, true), 0);
        } else {
            guest.ask(0, &[(BUFFER, 512, true)]);
            line.receive(&vec![b'x'; line.can_receive().min(512)]);
            prop_assert_eq!(guest.used(), [(0, 512)]);
        }
    }
}
