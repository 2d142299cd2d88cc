//! A guest that writes garbage to every register of every device; and states that are saved in the middle.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Act, a_newer_state_is_refused, acts, bench, lines, torture};
use model::{Attached, IrqLine, Port, World};
use platform::riscv::{aclint, plic, test};
use platform::serial::Uart;
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

#[test]
fn no_device_takes_a_state_of_a_newer_version() {
    for (make, ..) in devices() {
        a_newer_state_is_refused(&*make(&bench().world));
    }
}
