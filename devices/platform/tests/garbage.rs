//! A guest that writes garbage to every register of every device; and states that are saved in the middle.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use ::memory::mmio::Order;
use ::memory::ram::RamBlock;
use common::{Act, RAM, a_newer_state_is_refused, act, acts, bench, lines, memory, torture};
use model::{Attached, IrqLine, Port, World};
use platform::riscv::{aclint, htif, plic, test};
use platform::rtc::{self, Rtc};
use platform::serial::Uart;
use platform::{firmware, flash};
use proptest::prelude::*;
use std::sync::Arc;

fn uart(world: &World) -> Arc<dyn Attached> {
    let line = IrqLine::unconnected();
    Port::new("uart0", world, |seat| Uart::new(seat, 0, 399_193, line, Box::new(|_| {})))
}

fn mtimer(world: &World) -> Arc<dyn Attached> {
    Port::new("mtimer", world, |seat| aclint::Mtimer::new(seat, lines(3), 10_000_000, |_| {}))
}

fn mswi(world: &World) -> Arc<dyn Attached> {
    Port::new("mswi", world, |_| aclint::Swi::machine(lines(3)))
}

fn sswi(world: &World) -> Arc<dyn Attached> {
    Port::new("sswi", world, |_| aclint::Swi::supervisor(lines(3)))
}

fn interrupts(world: &World) -> Arc<dyn Attached> {
    let config = plic::Config { sources: 96, priority_bits: 3 };
    let port = Port::new("plic", world, |_| plic::Plic::new(config, lines(4)));
    for source in [1, 2, 33, 95] {
        port.with(|plic, _| plic.drive(source, true));
    }
    port
}

fn finisher(world: &World) -> Arc<dyn Attached> {
    Port::new("test", world, test::Finisher::new)
}

fn clock(world: &World) -> Arc<dyn Attached> {
    let line = IrqLine::unconnected();
    Port::new("rtc", world, |seat| Rtc::new(seat, line, 1_700_000_000_000_000_000))
}

fn mailbox(world: &World) -> Arc<dyn Attached> {
    let (_map, space) = memory();
    Port::new("htif", world, |seat| htif::Htif::new(seat, space, RAM, RAM + 8, Box::new(|_| {})))
}

fn fw_cfg(world: &World) -> Arc<dyn Attached> {
    let mut items = firmware::Items::default();
    items.add("opt/a", vec![1; 100], false).unwrap();
    items.add("opt/b", vec![2; 10], true).unwrap();
    let (_map, space) = memory();
    Port::new("fw_cfg", world, |_| firmware::FwCfg::new(space, items))
}

fn bank(world: &World, read_only: bool) -> Arc<dyn Attached> {
    let contents = Arc::new(RamBlock::anonymous("flash", 0x10000).unwrap());
    let config = flash::Config { block: 0x4000, bank_width: 4, device_width: 2, id: (0x89, 0x18), read_only };
    let store: flash::Store = Box::new(|_, _| Ok(()));
    Port::new("flash", world, |_| flash::Flash::new(config, contents, Box::new(|_| {}), Some(store)))
}

/// Its contents are not part of its state, and stay as they are.
fn read_only_flash(world: &World) -> Arc<dyn Attached> {
    bank(world, true)
}

type Make = fn(&World) -> Arc<dyn Attached>;

/// A device, the size of its window, and offsets where registers are.
fn devices() -> Vec<(Make, u64, Vec<u64>)> {
    let plic = [0, 4, 8, 0x84, 0x17c, 0x1000, 0x1004, 0x2000, 0x2004, 0x2008, 0x2080, 0x2100];
    let contexts = [0x20_0000, 0x20_0004, 0x20_1000, 0x20_1004, 0x20_3004, 0x20_4004];
    vec![
        (uart, 0x10, (0..8).collect()),
        (mtimer, aclint::MTIMER_SIZE, vec![0, 4, 8, 0xc, 0x10, 0x18, 0x7ff8, 0x7ffc]),
        (mswi, aclint::SWI_SIZE, vec![0, 4, 8, 0xc]),
        (sswi, aclint::SWI_SIZE, vec![0, 4, 8, 0xc]),
        (interrupts, plic::size(4), plic.into_iter().chain(contexts).collect()),
        (finisher, 0x1000, vec![0, 2]),
        (clock, rtc::SIZE, (0..0x20).step_by(4).collect()),
        (mailbox, 16, vec![0, 4, 8, 12]),
        (fw_cfg, firmware::SIZE, vec![0, 8, 16, 20]),
        (read_only_flash, 0x10000, vec![0, 4, 0x40, 0x44, 0x4000]),
    ]
}

fn abuse() -> impl Strategy<Value = (Make, Vec<Act>)> {
    let devices = devices();
    (0..devices.len()).prop_flat_map(move |i| {
        let (make, size, hot) = devices[i].clone();
        (Just(make), acts(size, hot))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn garbage_never_panics_and_a_restored_device_goes_on_as_the_saved_one((make, acts) in abuse()) {
        torture(make, &acts);
    }
}

/// Bytes that lead somewhere when they are written to flash.
fn commands() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let known =
        proptest::sample::select(&[0xff, 0x40, 0x20, 0xd0, 0x50, 0x60, 0x70, 0x90, 0x98, 0xe8, 0, 3][..]);
    let offset = prop_oneof![Just(0u64), Just(0x4000), 0u64..0x1_0010];
    proptest::collection::vec((offset, prop_oneof![4 => known, 1 => any::<u64>()]), 1..200)
}

proptest! {
    #[test]
    fn flash_takes_any_sequence_of_commands(writes in commands(), width in 0usize..4) {
        let bench = bench();
        let flash = bank(&bench.world, false);
        let width = ::memory::mmio::Width::ALL[width];
        for (at, value) in writes {
            act(&bench, &*flash, &Act::Write(at, value, width));
            act(&bench, &*flash, &Act::Read(at, width));
        }
    }

    #[test]
    fn fw_cfg_takes_any_request(control in any::<u32>(), len in 0u32..200_000, at in prop_oneof![any::<u64>(), RAM..RAM + 0x1_1000]) {
        let bench = bench();
        let mut items = firmware::Items::default();
        items.add("opt/b", vec![2; 10], true).unwrap();
        let (_map, space) = memory();
        space.store::<u32>(RAM, control, Order::Big).unwrap();
        space.store::<u32>(RAM + 4, len, Order::Big).unwrap();
        space.store::<u64>(RAM + 8, at, Order::Big).unwrap();
        let port: Arc<dyn Attached> = Port::new("fw_cfg", &bench.world, |_| firmware::FwCfg::new(space, items));
        act(&bench, &*port, &Act::Write(16, RAM.swap_bytes(), ::memory::mmio::Width::Double));
    }
}

#[test]
fn no_device_takes_a_state_of_a_newer_version() {
    for (make, ..) in devices() {
        a_newer_state_is_refused(&*make(&bench().world));
    }
}
