//! Clock, mailbox, flash and firmware channel as their documents have them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use ::memory::mmio::Order::{Big, Little};
use ::memory::mmio::Width::{Byte, Double, Half, Word};
use ::memory::ram::RamBlock;
use ::memory::space::AddressSpace;
use common::{Bench, RAM, bench, load, memory, store};
use model::{Attached, IrqLine, Port, Request};
use platform::firmware::{FwCfg, Items};
use platform::flash::{Config, Flash};
use platform::riscv::htif::Htif;
use platform::rtc::Rtc;
use rstest::rstest;
use std::sync::{Arc, Mutex};

const START: u64 = 1_700_000_000_123_456_789;

fn rtc(bench: &Bench) -> (Arc<Port<Rtc>>, IrqLine) {
    let line = IrqLine::unconnected();
    let out = line.clone();
    (Port::new("rtc", &bench.world, |seat| Rtc::new(seat, out, START)), line)
}

#[test]
fn reading_the_low_half_of_the_time_latches_the_high_one() {
    let bench = bench();
    let (rtc, _) = rtc(&bench);
    bench.until(5);
    let low = load(&*rtc, 0, Word);
    bench.until(1 << 40);
    assert_eq!(load(&*rtc, 4, Word) << 32 | low, START + 5);
}

#[test]
fn the_time_can_be_set() {
    let bench = bench();
    let (rtc, _) = rtc(&bench);
    store(&*rtc, 4, 7, Word);
    store(&*rtc, 0, 9, Word);
    bench.until(100);
    assert_eq!((load(&*rtc, 0, Word), load(&*rtc, 4, Word)), (109, 7));
}

#[test]
fn an_alarm_goes_off_and_is_cleared() {
    let bench = bench();
    let (rtc, line) = rtc(&bench);
    let alarm = START + 1000;
    store(&*rtc, 0x10, 1, Word);
    store(&*rtc, 0xc, alarm >> 32, Word);
    store(&*rtc, 0x8, alarm & 0xffff_ffff, Word);
    assert_eq!((load(&*rtc, 0x18, Word), line.level()), (1, false));
    bench.until(999);
    assert!(!line.level());
    bench.until(1000);
    assert_eq!((load(&*rtc, 0x18, Word), line.level()), (0, true));
    store(&*rtc, 0x1c, 1, Word);
    assert!(!line.level());
    store(&*rtc, 0x8, 0, Word);
    assert!(line.level(), "an alarm in the past goes off at once");
}

struct Mail {
    bench: Bench,
    space: AddressSpace,
    port: Arc<Port<Htif>>,
    sent: Arc<Mutex<Vec<u8>>>,
}

fn mail() -> Mail {
    let (bench, (_, space)) = (bench(), memory());
    let (sent, memory) = (Arc::new(Mutex::new(vec![])), space.clone());
    let into = Arc::clone(&sent);
    let output = Box::new(move |bytes: &[u8]| into.lock().unwrap().extend(bytes));
    let port = Port::new("htif", &bench.world, |seat| Htif::new(seat, memory, RAM, RAM + 8, output));
    Mail { bench, space, port, sent }
}

impl Mail {
    /// Writes `tohost` as a program does, and gives what is then in `fromhost`.
    fn send(&self, command: u64) -> u64 {
        let rules = self.port.rules();
        rules.write(&*self.port, 0, command, Double, Little).unwrap();
        rules.read(&*self.port, 8, Double, Little).unwrap()
    }
}

#[rstest]
#[case(1, 0)]
#[case(3 << 1 | 1, 3)]
fn a_program_ends_with_its_status(#[case] command: u64, #[case] status: u8) {
    let mail = mail();
    mail.send(command);
    assert_eq!(*mail.bench.requests.lock().unwrap(), [Request::Exit { status }]);
}

#[test]
fn the_mailbox_prints_reads_and_passes_writes_on() {
    let mail = mail();
    assert_eq!(mail.send(1 << 56 | 1 << 48 | 0x41), 1 << 56 | 1 << 48 | 0x141);
    assert_eq!(mail.port.with(|htif, _| htif.can_receive()), Some(0));
    mail.send(1 << 56);
    assert_eq!(mail.port.with(|htif, _| htif.can_receive()), Some(1));
    mail.port.with(|htif, _| htif.receive(b'z')).unwrap();
    assert_eq!(load(&*mail.port, 8, Word), 0x100 | u64::from(b'z'));
    let call = RAM + 0x100;
    for (i, word) in (0..).zip([64, 1, RAM + 0x200, 5]) {
        mail.space.store::<u64>(call + 8 * i, word, Little).unwrap();
    }
    mail.space.write(RAM + 0x200, b"hello").unwrap();
    assert_eq!(mail.send(call), 1);
    assert_eq!(mail.space.load::<u64>(call, Little), Ok(5));
    assert_eq!(*mail.sent.lock().unwrap(), b"Ahello");
    mail.send(8);
    assert_eq!(mail.bench.errors.lock().unwrap()[0], "htif: tohost: no system call lies at 0x8");
}

fn fw_cfg() -> (Arc<Port<FwCfg>>, AddressSpace, Bench) {
    let (bench, (_, space)) = (bench(), memory());
    let mut items = Items::default();
    items.set(5, vec![4, 0]);
    items.add("opt/z", b"last".to_vec(), true).unwrap();
    items.add("etc/a", b"first".to_vec(), false).unwrap();
    items.add("etc/a", vec![], false).unwrap_err();
    let memory = space.clone();
    (Port::new("fw_cfg", &bench.world, |_| FwCfg::new(memory, items)), space, bench)
}

/// Reads `n` bytes of an item as a little-endian guest does.
fn item(port: &Port<FwCfg>, key: u64, n: usize) -> Vec<u8> {
    let rules = port.rules();
    rules.write(port, 8, key.swap_bytes() >> 48, Half, Little).unwrap();
    (0..n).map(|_| rules.read(port, 0, Byte, Little).unwrap().to_le_bytes()[0]).collect()
}

#[test]
fn items_are_found_by_key_and_files_by_a_sorted_directory() {
    let (port, ..) = fw_cfg();
    assert_eq!(item(&port, 0, 6), b"QEMU\0\0");
    assert_eq!(item(&port, 1, 4), [3, 0, 0, 0]);
    assert_eq!(item(&port, 5, 2), [4, 0]);
    let directory = item(&port, 0x19, 4 + 2 * 64);
    assert_eq!(directory[..12], [0, 0, 0, 2, 0, 0, 0, 5, 0, 0x20, 0, 0]);
    assert_eq!(directory[12..18], *b"etc/a\0");
    assert_eq!(directory[68..76], [0, 0, 0, 4, 0, 0x21, 0, 0]);
    assert_eq!(item(&port, 0x20, 5), b"first");
    let wide = port.rules().read(&*port, 0, Word, Little).unwrap();
    assert_eq!(wide, 0, "behind its end an item is zeros");
    item(&port, 0x21, 0);
    assert_eq!(port.rules().read(&*port, 0, Word, Little).unwrap().to_le_bytes()[..4], *b"last");
}

/// A DMA request; its outcome.
fn dma(port: &Port<FwCfg>, space: &AddressSpace, control: u32, len: u32, at: u64) -> u32 {
    space.store::<u32>(RAM, control, Big).unwrap();
    space.store::<u32>(RAM + 4, len, Big).unwrap();
    space.store::<u64>(RAM + 8, at, Big).unwrap();
    port.rules().write(port, 16, RAM.swap_bytes(), Double, Little).unwrap();
    space.load::<u32>(RAM, Big).unwrap()
}

#[test]
fn dma_reads_skips_and_writes_what_may_be_written() {
    let (port, space, _) = fw_cfg();
    assert_eq!(port.rules().read(&*port, 16, Double, Little).unwrap().to_le_bytes(), *b"QEMU CFG");
    let mut got = [9; 8];
    assert_eq!(dma(&port, &space, 0x20 << 16 | 8 | 2, 7, RAM + 0x100), 0);
    space.read(RAM + 0x100, &mut got).unwrap();
    assert_eq!(got, *b"first\0\0\0");
    assert_eq!(dma(&port, &space, 0x20 << 16 | 8 | 4, 2, 0), 0);
    assert_eq!(dma(&port, &space, 2, 3, RAM + 0x100), 0);
    space.read(RAM + 0x100, &mut got[..3]).unwrap();
    assert_eq!(got[..3], *b"rst");
    space.write(RAM + 0x100, b"LA").unwrap();
    assert_eq!(dma(&port, &space, 0x21 << 16 | 8 | 0x10, 2, RAM + 0x100), 0);
    assert_eq!(item(&port, 0x21, 4), b"LAst");
}

#[test]
fn dma_that_cannot_be_done_says_so() {
    let (port, space, bench) = fw_cfg();
    assert_eq!(dma(&port, &space, 0x20 << 16 | 8 | 0x10, 1, RAM), 1);
    assert_eq!(dma(&port, &space, 0x21 << 16 | 8 | 0x10, 5, RAM), 1);
    assert_eq!(dma(&port, &space, 0x20 << 16 | 8 | 2, 5, 0x10), 1);
    let expected = "fw_cfg: DMA: write of a read-only item: key 0x20, address 0x80000000";
    assert_eq!(bench.errors.lock().unwrap()[0], expected);
}

struct Bank {
    port: Arc<Port<Flash>>,
    contents: Arc<RamBlock>,
    direct: Arc<Mutex<Vec<bool>>>,
    kept: Arc<Mutex<Vec<(u64, usize)>>>,
}

fn flash(read_only: bool) -> Bank {
    let contents = Arc::new(RamBlock::anonymous("flash", 0x20_0000).unwrap());
    contents.write(0, &[0xff; 0x1000]).unwrap();
    let (direct, kept) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new(vec![])));
    let (told, stored, cells) = (Arc::clone(&direct), Arc::clone(&kept), Arc::clone(&contents));
    let config = Config { block: 0x4_0000, bank_width: 4, device_width: 2, id: (0x89, 0x18), read_only };
    let port = Port::new("flash", &bench().world, |_| {
        Flash::new(
            config,
            cells,
            Box::new(move |on| told.lock().unwrap().push(on)),
            Some(Box::new(move |at, bytes| {
                stored.lock().unwrap().push((at, bytes.len()));
                Ok(())
            })),
        )
    });
    Bank { port, contents, direct, kept }
}

impl Bank {
    fn cell(&self, at: u64) -> u32 {
        self.contents.load::<u32>(at).unwrap()
    }
    fn write(&self, at: u64, value: u64) {
        store(&*self.port, at, value, Word);
    }
    fn read(&self, at: u64) -> u64 {
        load(&*self.port, at, Word)
    }
}

#[test]
fn flash_says_who_it_is_with_two_chips_side_by_side() {
    let flash = flash(false);
    flash.write(0, 0x0090_0090);
    assert_eq!((flash.read(0), flash.read(4)), (0x0089_0089, 0x0018_0018));
    flash.write(0, 0x0098_0098);
    let text: Vec<u64> = (0x10..0x13).map(|cell| flash.read(4 * cell)).collect();
    assert_eq!(text, [0x0051_0051, 0x0052_0052, 0x0059_0059]);
    // A chip has 1 MiB, in 8 blocks of 128 KiB.
    assert_eq!([0x27, 0x2d, 0x2e, 0x2f, 0x30].map(|cell| flash.read(4 * cell) & 0xff), [20, 7, 0, 0, 2]);
    flash.write(0, 0x00ff_00ff);
    assert_eq!(flash.read(0), 0xffff_ffff);
    assert_eq!(*flash.direct.lock().unwrap(), [false, true]);
}

#[test]
fn programming_clears_bits_and_erasing_sets_them() {
    let flash = flash(false);
    for value in [0x1234_5678, 0xffff_0000] {
        flash.write(8, 0x40);
        flash.write(8, value);
        assert_eq!(flash.read(0), 0x0080_0080);
    }
    flash.write(0, 0xff);
    assert_eq!((flash.read(8), flash.cell(8)), (0x1234_0000, 0x1234_0000));
    flash.write(8, 0x20);
    assert_eq!(flash.cell(8), 0x1234_0000, "an erasure is to be confirmed");
    flash.write(8, 0xd0);
    assert_eq!((flash.cell(8), flash.cell(0x3_fffc)), (0xffff_ffff, 0xffff_ffff));
    assert_eq!(*flash.kept.lock().unwrap(), [(0, 512), (0, 512), (0, 0x4_0000)]);
}

#[test]
fn a_buffer_is_programmed_when_it_is_confirmed() {
    let flash = flash(false);
    flash.write(0x10, 0x00e8_00e8);
    assert_eq!(flash.read(0), 0x0080_0080);
    flash.write(0x10, 0x0001_0001);
    flash.write(0x10, 0xaaaa_5555);
    flash.write(0x14, 0x1111_2222);
    assert_eq!(flash.cell(0x10), 0xffff_ffff);
    flash.write(0x10, 0x00d0_00d0);
    assert_eq!((flash.cell(0x10), flash.cell(0x14)), (0xaaaa_5555, 0x1111_2222));
    assert_eq!(flash.read(0), 0x0080_0080);
}

#[test]
fn what_flash_refuses_is_in_its_status() {
    let locked = flash(true);
    locked.write(0, 0x40);
    locked.write(0, 0);
    assert_eq!((locked.read(0), locked.cell(0)), (0x0090_0090, 0xffff_ffff));
    locked.write(0, 0x50);
    locked.write(0, 0x20);
    locked.write(0, 0x12);
    assert_eq!(locked.read(0), 0x00b0_00b0, "an erasure was not confirmed");
}
