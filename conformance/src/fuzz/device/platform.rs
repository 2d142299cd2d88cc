//! Targets: what boards have besides virtio.

use super::act::Window;
use super::board::{Board, RAM, RAM_SIZE, Rig};
use super::{Host, Target, nothing, play};
use host_char::Frontend;
use model::{Attached, Port};
use platform::riscv::{aclint, htif::Htif, plic as interrupts, test};
use platform::rtc::{self as clock, Rtc};
use platform::serial::{self as uart, Uart};
use platform::{firmware, flash as bank};
use std::sync::Arc;

/// A device with `size` bytes of registers, some of them at `hot`.
const fn target(size: u64, hot: &'static [u64], make: fn(&Board, u8) -> Rig) -> Target {
    Target { window: Window { size, hot, memory: RAM_SIZE }, make, first: nothing, host: Host::Nothing }
}

fn silent(device: Arc<dyn Attached>) -> Rig {
    Rig { device, keyboard: None }
}

/// The serial port, with bytes that arrive in between.
///
/// # Panics
/// See [`super`].
pub fn serial(data: &[u8]) {
    const HOT: &[u64] = &[0, 1, 2, 3, 4, 5, 6, 7];
    let make = |board: &Board, _| {
        let (line, output) = (board.line(), board.output());
        let port = Port::new("uart0", &board.world, |seat| Uart::new(seat, 0, 399_193, line, output));
        let end = uart::Frontend::new(Arc::clone(&port));
        let keyboard = move |bytes: &[u8]| match bytes {
            [] => end.event(host_char::Event::Break),
            bytes => end.receive(&bytes[..bytes.len().min(end.can_receive())]),
        };
        Rig { device: port, keyboard: Some(Box::new(keyboard)) }
    };
    play(&target(8, HOT, make), data);
}

/// The timer of the ACLINT.
///
/// # Panics
/// See [`super`].
pub fn mtimer(data: &[u8]) {
    const HOT: &[u64] = &[0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x7ff8, 0x7ffc];
    let make = |board: &Board, _| {
        let lines = board.lines(3);
        silent(Port::new("mtimer", &board.world, |seat| aclint::Mtimer::new(seat, lines, 10_000_000, |_| {})))
    };
    play(&target(aclint::MTIMER_SIZE, HOT, make), data);
}

/// The software interrupts of the ACLINT, of machine or supervisor mode.
///
/// # Panics
/// See [`super`].
pub fn swi(data: &[u8]) {
    let make = |board: &Board, choice: u8| {
        let lines = board.lines(3);
        silent(Port::new("swi", &board.world, |_| match choice & 1 {
            0 => aclint::Swi::machine(lines),
            _ => aclint::Swi::supervisor(lines),
        }))
    };
    play(&target(aclint::SWI_SIZE, &[0, 4, 8, 0xc], make), data);
}

/// The PLIC; what is typed are changes of its inputs.
///
/// # Panics
/// See [`super`].
pub fn plic(data: &[u8]) {
    const SOURCES: u8 = 96;
    const HOT: &[u64] = &[
        0, 4, 8, 0x84, 0x17c, 0x1000, 0x1004, 0x2000, 0x2004, 0x2008, 0x2080, 0x2100, 0x20_0000, 0x20_0004,
        0x20_1000, 0x20_1004, 0x20_3000, 0x20_3004, 0x20_4004,
    ];
    let make = |board: &Board, _| {
        let config = interrupts::Config { sources: SOURCES.into(), priority_bits: 3 };
        let lines = board.lines(4);
        let port = Port::new("plic", &board.world, |_| interrupts::Plic::new(config, lines));
        let inputs = Arc::clone(&port);
        let keyboard = move |bytes: &[u8]| {
            for byte in bytes {
                let (source, level) = (usize::from(byte & 0x7f), byte & 0x80 != 0);
                inputs.with(|plic, _| plic.drive(source, level));
            }
        };
        Rig { device: port, keyboard: Some(Box::new(keyboard)) }
    };
    play(&target(interrupts::size(4), HOT, make), data);
}

/// The real-time clock.
///
/// # Panics
/// See [`super`].
pub fn rtc(data: &[u8]) {
    const HOT: &[u64] = &[0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c];
    let make = |board: &Board, _| {
        let line = board.line();
        silent(Port::new("rtc", &board.world, |seat| Rtc::new(seat, line, 1_700_000_000_000_000_000)))
    };
    play(&target(clock::SIZE, HOT, make), data);
}

/// The test finisher, which is also the register of the boards' `syscon-poweroff` and `syscon-reboot`.
///
/// # Panics
/// See [`super`].
pub fn finisher(data: &[u8]) {
    let make = |board: &Board, _| silent(Port::new("test", &board.world, test::Finisher::new));
    play(&target(0x1000, &[0, 2], make), data);
}

/// A bank of flash, with memory as its contents: two chips beside each other, or one of a read-only bank.
///
/// # Panics
/// See [`super`].
pub fn flash(data: &[u8]) {
    const HOT: &[u64] = &[0, 4, 0x40, 0x44, 0x154, 0x4000, 0x4004, 0xfffc];
    let make = |board: &Board, choice: u8| {
        let device_width = if choice & 1 == 0 { 2 } else { 4 };
        let (read_only, id) = (choice & 6 == 6, (0x89, 0x18));
        let config = bank::Config { block: 0x4000, bank_width: 4, device_width, id, read_only };
        let (contents, direct) = (Arc::clone(&board.ram), board.direct());
        // A host that fails at times.
        let store: bank::Store = Box::new(|at, _| match at & 0x2000 {
            0 => Ok(()),
            _ => Err(std::io::ErrorKind::StorageFull.into()),
        });
        silent(Port::new("flash", &board.world, |_| bank::Flash::new(config, contents, direct, Some(store))))
    };
    play(&target(RAM_SIZE, HOT, make), data);
}

/// The firmware configuration channel: its registers, and DMA from and to memory.
///
/// # Panics
/// See [`super`].
pub fn fw_cfg(data: &[u8]) {
    let make = |board: &Board, _| {
        let mut items = firmware::Items::default();
        items.add("opt/a", vec![1; 100], false).expect("a new name");
        items.add("opt/b", vec![2; 10], true).expect("a new name");
        let space = board.space.clone();
        silent(Port::new("fw_cfg", &board.world, |_| firmware::FwCfg::new(space, items)))
    };
    play(&target(firmware::SIZE, &[0, 8, 16, 20], make), data);
}

/// The host-target interface, with somebody at its console.
///
/// # Panics
/// See [`super`].
pub fn htif(data: &[u8]) {
    let make = |board: &Board, _| {
        let (space, output) = (board.space.clone(), board.output());
        let port = Port::new("htif", &board.world, |seat| Htif::new(seat, space, RAM, RAM + 8, output));
        let mailbox = Arc::clone(&port);
        let keyboard = move |bytes: &[u8]| {
            for byte in bytes {
                mailbox.with(|htif, _| (htif.can_receive() > 0).then(|| htif.receive(*byte)));
            }
        };
        Rig { device: port, keyboard: Some(Box::new(keyboard)) }
    };
    play(&target(16, &[0, 4, 8, 12], make), data);
}
