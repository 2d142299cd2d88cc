//! virtio-serial as drivers see it: old ones with one port, and Linux's with control messages.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod driver;

use driver::{BUFFER, Guest, LEN, NEEDS_RESET, QUEUE, guest};
use host_char::{Event, Frontend};
use memory::mmio::Order;
use model::Attached;
use rstest::rstest;
use std::sync::{Arc, Mutex};
use virtio::console::Socket;
use virtio::{Console, Line};

const MULTIPORT: u64 = 1 << 1;
const EMERGENCY_WRITE: u64 = 1 << 2;

/// What the host has got from each port.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

fn socket(number: u32, console: bool, name: Option<&str>) -> (Socket, Heard) {
    let heard = Heard::default();
    let into = heard.clone();
    let output = Box::new(move |bytes: &[u8]| into.0.lock().unwrap().extend(bytes));
    let name = name.map(str::to_owned);
    (Socket { number, console, name, open: false, output }, heard)
}

/// A guest with a console at port 0 and a named port 1 where nobody is yet.
struct Pair {
    guest: Guest,
    console: (Line, Heard),
    named: (Line, Heard),
}

fn pair(legacy: bool) -> Pair {
    let (console, heard) = socket(0, true, None);
    let (named, told) = socket(1, false, Some("org.test"));
    let guest = guest(legacy, Some(Box::new(Console::new(4, vec![console, named]))));
    let line = |number| Line::new(Arc::clone(&guest.port), number);
    let (console, named) = ((line(0), heard), (line(1), told));
    Pair { guest, console, named }
}

/// A queue with its place in memory; buffers are 64 bytes at `BUFFER` and behind.
struct Ring {
    index: u32,
    at: u64,
    made: u16,
    taken: u16,
}

impl Ring {
    /// Queue `index`, which the device may use from here on.
    fn new(guest: &Guest, index: u32) -> Self {
        let at = QUEUE + 0x4000 * u64::from(index);
        guest.space.write(at, &[0; 0x2000]).unwrap();
        guest.set(0x30, index);
        if !guest.legacy {
            guest.set(0x44, 0);
        }
        guest.set(0x38, LEN.into());
        if guest.legacy {
            guest.set(0x3c, 4096);
            guest.set(0x40, (at >> 12) as u32);
        } else {
            for (offset, at) in [(0x80, at), (0x90, at + 16 * u64::from(LEN)), (0xa0, at + 0x1000)] {
                guest.set(offset, at as u32);
                guest.set(offset + 4, (at >> 32) as u32);
            }
            guest.set(0x44, 1);
        }
        Self { index, at, made: 0, taken: 0 }
    }

    fn place(&self, head: u16) -> u64 {
        BUFFER + 0x1000 * u64::from(self.index) + 64 * u64::from(head)
    }

    /// Offers a buffer, holding `bytes`, or for the device to write if there are none.
    fn offer(&mut self, guest: &Guest, bytes: &[u8]) {
        let head = self.made % LEN;
        let (flags, len) = if bytes.is_empty() { (2, 64) } else { (0, bytes.len() as u32) };
        guest.space.write(self.place(head), bytes).unwrap();
        guest.descriptor(self.at, head, self.place(head), len, flags, 0);
        let avail = self.at + 16 * u64::from(LEN);
        guest.put16(avail + 4 + 2 * u64::from(head), head);
        self.made += 1;
        guest.put16(avail + 2, self.made);
        guest.set(0x50, self.index);
    }

    /// What the device has written into the buffers that it gave back since the last call.
    fn written(&mut self, guest: &Guest) -> Vec<Vec<u8>> {
        let mut found = vec![];
        while self.taken != guest.get16(self.at + 0x1002) {
            let at = self.at + 0x1004 + 8 * u64::from(self.taken % LEN);
            let word = |at| guest.space.load::<u32>(at, Order::Little).unwrap();
            found.push(guest.bytes(self.place(word(at) as u16), word(at + 4) as usize));
            self.taken += 1;
        }
        found
    }
}

/// A driver of one port, on queues 0 and 1.
fn simple(pair: &mut Pair) -> (Ring, Ring) {
    pair.guest.start(0);
    (Ring::new(&pair.guest, 0), Ring::new(&pair.guest, 1))
}

#[rstest]
fn a_driver_of_one_port_reads_and_writes_the_console(#[values(true, false)] legacy: bool) {
    let mut pair = pair(legacy);
    let (mut to, mut from) = simple(&mut pair);
    from.offer(&pair.guest, b"hello");
    from.offer(&pair.guest, b", host");
    assert_eq!(pair.console.1.take(), "hello, host");
    assert_eq!(from.written(&pair.guest), [b"", b""]);
    assert_eq!(pair.guest.get(0x60), 1);
    pair.console.0.receive(b"typed before there is a buffer");
    to.offer(&pair.guest, b"");
    assert_eq!(to.written(&pair.guest), [b"typed before there is a buffer"]);
    to.offer(&pair.guest, b"");
    to.offer(&pair.guest, b"");
    pair.console.0.receive(&[b'x'; 100]);
    assert_eq!(to.written(&pair.guest), [vec![b'x'; 64], vec![b'x'; 36]]);
    // Nobody has opened the other port, and there are no messages to say so.
    assert_eq!(pair.named.0.can_receive(), 4096);
    assert_eq!(pair.guest.errors(), [""; 0]);
}

#[test]
fn nothing_is_typed_before_a_driver_has_started_nor_beyond_what_is_held() {
    let mut pair = pair(false);
    assert_eq!(pair.console.0.can_receive(), 0);
    let _rings = simple(&mut pair);
    assert_eq!(pair.console.0.can_receive(), 4096);
    pair.console.0.receive(&[b'x'; 4000]);
    assert_eq!(pair.console.0.can_receive(), 96);
    pair.guest.set(0x70, 0);
    assert_eq!(pair.console.0.can_receive(), 0);
}

/// A driver of control messages: the device's messages, and what the driver says.
struct Control {
    hear: Ring,
    say: Ring,
}

impl Control {
    fn new(pair: &mut Pair) -> Self {
        pair.guest.start(MULTIPORT);
        let mut control = Self { hear: Ring::new(&pair.guest, 2), say: Ring::new(&pair.guest, 3) };
        (0..6).for_each(|_| control.hear.offer(&pair.guest, b""));
        control
    }

    fn say(&mut self, guest: &Guest, port: u32, event: u16, value: u16) {
        let mut bytes = port.to_le_bytes().to_vec();
        bytes.extend(event.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        self.say.offer(guest, &bytes);
    }

    /// Port, event, value and what follows.
    fn heard(&mut self, guest: &Guest) -> Vec<(u32, u16, u16, String)> {
        let half = |bytes: &[u8], at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let message = |bytes: Vec<u8>| {
            let port = u32::from_le_bytes(bytes[..4].try_into().unwrap());
            (port, half(&bytes, 4), half(&bytes, 6), String::from_utf8(bytes[8..].to_vec()).unwrap())
        };
        self.hear.written(guest).into_iter().map(message).collect()
    }
}

#[test]
fn ports_are_introduced_by_control_messages() {
    let mut pair = pair(false);
    assert_eq!(pair.guest.offered() & 7, MULTIPORT | EMERGENCY_WRITE);
    let mut control = Control::new(&mut pair);
    let guest = &pair.guest;
    control.say(guest, u32::MAX, 0, 1);
    assert_eq!(control.heard(guest), [(0, 1, 1, String::new()), (1, 1, 1, String::new())]);
    control.say(guest, 0, 3, 1);
    assert_eq!(control.heard(guest), [(0, 4, 1, String::new()), (0, 6, 1, String::new())]);
    control.say(guest, 1, 3, 1);
    assert_eq!(control.heard(guest), [(1, 7, 1, "org.test\0".into())]);
    // Somebody comes to the host's side, and goes.
    for _ in 0..4 {
        control.hear.offer(guest, b"");
    }
    pair.named.0.event(Event::Opened);
    pair.named.0.event(Event::Opened);
    pair.named.0.event(Event::Closed);
    pair.console.0.event(Event::Closed);
    assert_eq!(guest.errors(), [""; 0]);
    assert_eq!(control.heard(guest), [(1, 6, 1, String::new()), (1, 6, 0, String::new())]);
}

#[test]
fn a_port_takes_what_is_typed_once_a_program_has_opened_it() {
    let mut pair = pair(false);
    let mut control = Control::new(&mut pair);
    let (mut to, mut from) = (Ring::new(&pair.guest, 4), Ring::new(&pair.guest, 5));
    to.offer(&pair.guest, b"");
    assert_eq!(pair.named.0.can_receive(), 0);
    control.say(&pair.guest, 1, 6, 1);
    assert_eq!(pair.named.0.can_receive(), 4096);
    pair.named.0.receive(b"question");
    assert_eq!(to.written(&pair.guest), [b"question"]);
    // With nobody at the other side it goes nowhere, and the buffer comes back.
    from.offer(&pair.guest, b"lost");
    pair.named.0.event(Event::Opened);
    from.offer(&pair.guest, b"answer");
    assert_eq!(pair.named.1.take(), "answer");
    assert_eq!(from.written(&pair.guest).len(), 2);
    control.say(&pair.guest, 1, 6, 0);
    assert_eq!(pair.named.0.can_receive(), 0);
}

#[test]
fn a_driver_that_writes_much_is_served_in_guest_time() {
    let mut pair = pair(false);
    let (_to, _) = simple(&mut pair);
    let mut from = Ring::new(&pair.guest, 1);
    pair.guest.space.write(BUFFER, &vec![b'.'; 1 << 20]).unwrap();
    pair.guest.descriptor(from.at, 0, BUFFER, 1 << 20, 0, 0);
    from.made = 1;
    pair.guest.put16(from.at + 16 * u64::from(LEN) + 2, 1);
    pair.guest.set(0x50, 1);
    assert_eq!(pair.console.1.take().len(), 64 << 10);
    // Asking again does not make it faster.
    pair.guest.set(0x50, 1);
    assert_eq!((pair.console.1.take().len(), from.written(&pair.guest).len()), (0, 0));
    pair.guest.wait();
    assert_eq!(pair.console.1.take().len(), (1 << 20) - (64 << 10));
    assert_eq!(from.written(&pair.guest), [b""]);
    assert_eq!(pair.guest.world.clock.now(), 16 * (64 << 10));
}

#[test]
fn a_driver_in_distress_writes_to_the_console_without_queues() {
    let pair = pair(false);
    for letter in "oops\n".bytes() {
        pair.guest.set(0x108, letter.into());
    }
    assert_eq!(pair.console.1.take(), "oops\n");
    assert_eq!(pair.guest.get(0x104), 4);
}

/// What no driver says: messages that are cut, of ports that are not there, of unknown events; buffers of the wrong kind.
#[rstest]
#[case(&[0, 0, 0])]
#[case(&[9, 0, 0, 0, 3, 0, 1, 0])]
#[case(&[0xff, 0xff, 0xff, 0xff, 6, 0, 1, 0])]
#[case(&[0, 0, 0, 0, 0x77, 0x77, 1, 0])]
#[case(&[0, 0, 0, 0, 0, 0, 0, 0])]
#[case(&[0, 0, 0, 0, 1, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8])]
#[case(b"")]
fn odd_control_messages_are_passed_over(#[case] bytes: &[u8]) {
    let mut pair = pair(false);
    let mut control = Control::new(&mut pair);
    control.say.offer(&pair.guest, bytes);
    assert_eq!(control.heard(&pair.guest), []);
    assert_eq!(pair.guest.status() & NEEDS_RESET, 0);
    control.say(&pair.guest, 0, 0, 1);
    assert_eq!(control.heard(&pair.guest).len(), 2);
}

#[test]
fn messages_without_a_buffer_are_lost() {
    let mut pair = pair(false);
    pair.guest.start(MULTIPORT);
    let mut control = Control { hear: Ring::new(&pair.guest, 2), say: Ring::new(&pair.guest, 3) };
    for _ in 0..1000 {
        control.say(&pair.guest, 0, 0, 1);
    }
    control.hear.offer(&pair.guest, b"");
    control.say(&pair.guest, 0, 0, 1);
    assert_eq!(control.heard(&pair.guest), [(0, 1, 1, String::new())]);
}

#[test]
fn queues_of_ports_that_are_not_there_give_back_what_they_get() {
    let mut pair = pair(false);
    let _control = Control::new(&mut pair);
    let mut from = Ring::new(&pair.guest, 7);
    from.offer(&pair.guest, b"to nobody");
    assert_eq!(from.written(&pair.guest), [b""]);
}

#[test]
fn a_saved_console_goes_on_where_it_was() {
    let mut pair = pair(false);
    let (mut to, from) = simple(&mut pair);
    pair.console.0.receive(b"typed");
    pair.guest.space.write(BUFFER, &vec![b'.'; 100 << 10]).unwrap();
    pair.guest.descriptor(from.at, 0, BUFFER, 100 << 10, 0, 0);
    pair.guest.put16(from.at + 16 * u64::from(LEN) + 2, 1);
    pair.guest.set(0x50, 1);
    let saved = pair.guest.port.save();
    pair.guest.set(0x70, 0);
    pair.console.1.take();
    pair.guest.port.restore(&saved).unwrap();
    to.offer(&pair.guest, b"");
    assert_eq!(to.written(&pair.guest), [b"typed"]);
    pair.guest.wait();
    assert_eq!(pair.console.1.take().len(), 36 << 10);
}
