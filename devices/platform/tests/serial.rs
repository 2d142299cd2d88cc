//! The serial port as its data sheet has it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Bench, bench, load, store};
use memory::mmio::Width::Byte;
use model::{IrqLine, Port};
use platform::serial::Uart;
use rstest::rstest;
use std::sync::{Arc, Mutex};

const DATA: u64 = 0;
const IER: u64 = 1;
const IIR: u64 = 2;
const FCR: u64 = 2;
const LCR: u64 = 3;
const MCR: u64 = 4;
const LSR: u64 = 5;
const MSR: u64 = 6;

struct Wired {
    bench: Bench,
    port: Arc<Port<Uart>>,
    line: IrqLine,
    sent: Arc<Mutex<Vec<u8>>>,
}

fn wired() -> Wired {
    let (bench, line, sent) = (bench(), IrqLine::unconnected(), Arc::new(Mutex::new(vec![])));
    let (into, out) = (Arc::clone(&sent), line.clone());
    let output = Box::new(move |bytes: &[u8]| into.lock().unwrap().extend(bytes));
    let port = Port::new("uart0", &bench.world, |seat| Uart::new(seat, 0, 399_193, out, output));
    Wired { bench, port, line, sent }
}

impl Wired {
    fn get(&self, at: u64) -> u64 {
        load(&*self.port, at, Byte)
    }
    fn set(&self, at: u64, value: u64) {
        store(&*self.port, at, value, Byte);
    }
    fn receive(&self, bytes: &[u8]) {
        self.port.with(|uart, cx| uart.receive(bytes, cx)).unwrap();
    }
    fn room(&self) -> usize {
        self.port.with(|uart, _| uart.can_receive()).unwrap()
    }
}

#[rstest]
#[case(IER, 0)]
#[case(IIR, 1)]
#[case(LCR, 0)]
#[case(MCR, 8)]
#[case(LSR, 0x60)]
#[case(MSR, 0xb0)]
#[case(7, 0)]
fn registers_have_their_reset_values(#[case] at: u64, #[case] value: u64) {
    assert_eq!(wired().get(at), value);
}

#[test]
fn bytes_written_are_sent_in_order() {
    let uart = wired();
    b"hello".iter().for_each(|byte| uart.set(DATA, (*byte).into()));
    assert_eq!(*uart.sent.lock().unwrap(), b"hello");
    assert_eq!(uart.get(LSR), 0x60);
}

#[test]
fn the_divisor_latch_covers_data_and_interrupt_enable() {
    let uart = wired();
    uart.set(LCR, 0x83);
    uart.set(DATA, 0x34);
    uart.set(IER, 0x12);
    assert_eq!((uart.get(DATA), uart.get(IER)), (0x34, 0x12));
    uart.set(LCR, 3);
    assert_eq!(uart.get(IER), 0);
    assert!(uart.sent.lock().unwrap().is_empty());
}

#[test]
fn an_empty_transmitter_interrupts_until_it_is_identified() {
    let uart = wired();
    uart.set(IER, 2);
    assert!(uart.line.level());
    assert_eq!(uart.get(IIR), 2);
    assert!(!uart.line.level());
    assert_eq!(uart.get(IIR), 1);
    uart.set(DATA, 1);
    assert!(uart.line.level());
}

#[test]
fn without_fifo_a_second_byte_overruns_the_first() {
    let uart = wired();
    uart.set(IER, 5);
    uart.receive(b"a");
    assert_eq!((uart.room(), uart.get(IIR)), (0, 4));
    uart.receive(b"b");
    assert_eq!(uart.get(IIR), 6, "line status goes before received data");
    assert_eq!(uart.get(LSR), 0x63);
    assert_eq!(uart.get(LSR), 0x61, "reading clears the error");
    assert_eq!((uart.get(IIR), uart.get(DATA)), (4, b'b'.into()));
    assert!(!uart.line.level());
}

#[rstest]
#[case(0x01, 1)]
#[case(0x41, 4)]
#[case(0x81, 8)]
#[case(0xc1, 14)]
fn the_fifo_interrupts_at_its_trigger_level(#[case] fcr: u64, #[case] level: usize) {
    let uart = wired();
    uart.set(FCR, fcr);
    uart.set(IER, 1);
    assert_eq!(uart.room(), level);
    uart.receive(&vec![7; level - 1]);
    assert!(!uart.line.level());
    uart.receive(b"x");
    assert_eq!((uart.line.level(), uart.get(IIR)), (true, 0xc4));
    assert_eq!(uart.room(), 1);
}

#[test]
fn bytes_below_the_trigger_level_interrupt_after_four_characters() {
    let uart = wired();
    uart.set(LCR, 3);
    uart.set(FCR, 0xc1);
    uart.set(IER, 1);
    uart.receive(b"ab");
    let deadline = uart.bench.world.timers.next_deadline().unwrap();
    // Ten bits a character at 399193 / 12 baud.
    assert_eq!(deadline, 4 * (1_000_000_000 * 12 * 10 / 399_193));
    uart.bench.until(deadline - 1);
    assert!(!uart.line.level());
    uart.bench.until(deadline);
    assert_eq!((uart.line.level(), uart.get(IIR)), (true, 0xcc));
    assert_eq!(uart.get(DATA), u64::from(b'a'));
    assert!(!uart.line.level());
    assert_eq!((uart.get(DATA), uart.get(LSR) & 1), (b'b'.into(), 0));
    assert_eq!(uart.bench.world.timers.next_deadline(), None);
}

#[test]
fn sixteen_bytes_fit_and_the_seventeenth_is_an_overrun() {
    let uart = wired();
    uart.set(FCR, 1);
    uart.receive(&(1..=16).collect::<Vec<_>>());
    assert_eq!((uart.room(), uart.get(LSR)), (0, 0x61));
    uart.receive(&[17]);
    assert_eq!(uart.get(LSR), 0x63);
    assert_eq!(
        (0..17).map(|_| uart.get(DATA)).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0]
    );
}

#[test]
fn switching_the_fifo_empties_it() {
    let uart = wired();
    uart.set(FCR, 1);
    uart.receive(b"abc");
    uart.set(FCR, 0);
    assert_eq!((uart.get(LSR), uart.get(IIR)), (0x60, 1));
    uart.set(FCR, 1);
    uart.receive(b"abc");
    uart.set(FCR, 3);
    assert_eq!((uart.get(LSR), uart.get(IIR)), (0x60, 0xc1));
}

#[test]
fn loopback_sends_to_the_receiver_and_modem_outputs_to_its_inputs() {
    let uart = wired();
    uart.set(MCR, 0x10);
    uart.set(DATA, 0x5a);
    assert_eq!((uart.get(DATA), uart.room()), (0x5a, 0));
    assert!(uart.sent.lock().unwrap().is_empty());
    for (mcr, msr) in [(0x11, 0x20), (0x12, 0x10), (0x14, 0x40), (0x18, 0x80), (0x10, 0)] {
        uart.set(MCR, mcr);
        assert_eq!(uart.get(MSR), msr);
    }
}

#[test]
fn a_break_is_a_zero_with_a_mark() {
    let uart = wired();
    uart.set(IER, 4);
    uart.port.with(|uart, _| uart.receive_break()).unwrap();
    assert_eq!((uart.line.level(), uart.get(LSR)), (true, 0x71));
    assert_eq!((uart.line.level(), uart.get(DATA)), (false, 0));
}
