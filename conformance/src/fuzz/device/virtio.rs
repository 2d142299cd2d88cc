//! Targets: virtio devices behind their transport, whose rings and descriptors in memory are garbage.

use super::act::{Act, Window};
use super::board::{Board, RAM, RAM_SIZE, Rig};
use super::{Host, Target, play};
use host_block::{Disk, Image, Options};
use host_char::Frontend;
use memory::mmio::Width;
use spec::bits::Low;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::{Arc, OnceLock};
use virtio::console::{self as ports, Socket};
use virtio::{Config, Console, Entropy, Function, Line, Source, plug};

/// Where the first queue lies that a well-behaved driver makes: the table, behind it the available ring, and the used
/// ring in the next page. Every other queue lies three pages further.
pub const QUEUE: u64 = RAM + 0x1000;
/// Bytes from one queue to the next.
const APART: u64 = 0x3000;
/// Descriptors of a queue.
const LEN: u32 = 8;
/// Bytes of a disk.
const DISK: u64 = 64 << 10;

/// Bits of the choice: the registers' version, whether there is a driver that starts the device, and whether it takes
/// what it is offered of the device's features and of the rings'.
const LEGACY: u8 = 1;
const STARTED: u8 = 2;
const FEATURES: u8 = 4;
const EVENT_INDEX: u8 = 8;

const HOT: &[u64] = &[
    0, 4, 8, 0xc, 0x10, 0x14, 0x20, 0x24, 0x28, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x50, 0x50, 0x50, 0x60,
    0x64, 0x70, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0xfc, 0x100, 0x104, 0x108, 0x120,
];

fn target(make: fn(&Board, u8) -> Rig, first: fn(u8) -> Vec<Act>, host: Host) -> Target {
    Target { window: Window { size: virtio::SIZE, hot: HOT, memory: RAM_SIZE }, make, first, host }
}

fn plugged(board: &Board, choice: u8, function: Box<dyn Function>) -> Rig {
    let config = Config { legacy: choice & LEGACY != 0 };
    let wires = (&board.space, board.line());
    let port = plug("virtio-mmio.0", &board.world, config, wires, Some(function), &board.inbox);
    let lines: Vec<Line> = (0..3).map(|number| Line::new(Arc::clone(&port), number)).collect();
    let keyboard = move |bytes: &[u8]| {
        let Some((which, bytes)) = bytes.split_first() else { return };
        let Some(line) = lines.get(usize::from(which & 3)) else { return };
        match bytes {
            [] if which & 4 == 0 => line.event(host_char::Event::Opened),
            [] => line.event(host_char::Event::Closed),
            bytes => line.receive(&bytes[..bytes.len().min(line.can_receive())]),
        }
    };
    Rig { device: port, keyboard: Some(Box::new(keyboard)) }
}

/// What a driver does until the device with these features and queues works.
fn started(choice: u8, features: u64, queues: u64) -> Vec<Act> {
    let mut acts = vec![];
    if choice & STARTED == 0 {
        return acts;
    }
    let mut set = |at: u64, value: u64| acts.push(Act::Write(at, Width::Word, value & 0xffff_ffff));
    let legacy = choice & LEGACY != 0;
    let mut wanted = if choice & FEATURES == 0 { 0 } else { features };
    wanted |= u64::from(choice & EVENT_INDEX != 0) << 29 | u64::from(!legacy) << 32;
    if legacy {
        set(0x28, 4096);
    }
    set(0x70, 1);
    set(0x70, 3);
    for half in 0..if legacy { 1 } else { 2 } {
        set(0x24, half);
        set(0x20, wanted >> (32 * half));
    }
    if !legacy {
        set(0x70, 11);
    }
    for queue in 0..queues {
        let at = QUEUE + APART * queue;
        set(0x30, queue);
        set(0x38, LEN.into());
        if legacy {
            set(0x3c, 4096);
            set(0x40, at >> 12);
        } else {
            for (register, at) in [(0x80, at), (0x90, at + 16 * u64::from(LEN)), (0xa0, at + 0x1000)] {
                set(register, at);
                set(register + 4, at >> 32);
            }
            set(0x44, 1);
        }
    }
    set(0x70, if legacy { 7 } else { 15 });
    acts
}

/// A file of zeros that no folder has, which every disk of this process reads and none writes.
fn image() -> Options {
    static FILE: OnceLock<File> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("strata-fuzz-{}", std::process::id()));
        let file = File::create_new(&path).and_then(|file| {
            std::fs::remove_file(&path)?;
            file.set_len(DISK)?;
            Ok(file)
        });
        file.expect("the host has room for a small file")
    });
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Options { snapshot: true, discard: true, locking: false, ..Options::new(path) }
}

/// virtio-blk, whose disk's changes are gone with the input.
///
/// # Panics
/// See [`super`].
pub fn block(data: &[u8]) {
    let make = |board: &Board, choice| {
        let options = Options { read_only: choice & 0x30 == 0x30, ..image() };
        let disk = Image::open(&options).and_then(Disk::new).expect("a file that was just made");
        plugged(board, choice, Box::new(virtio::Block::new(disk, "fuzz")))
    };
    play(&target(make, |choice| started(choice, 0x6a54, 1), Host::Disk), data);
}

/// virtio-rng, with bytes that are the same in every run.
///
/// # Panics
/// See [`super`].
pub fn entropy(data: &[u8]) {
    let make = |board: &Board, choice| plugged(board, choice, Box::new(Entropy::new(Source::Seed(1))));
    play(&target(make, |choice| started(choice, 0, 1), Host::Nothing), data);
}

/// virtio-serial with a console and two ports, at which somebody types, comes and goes.
///
/// # Panics
/// See [`super`].
pub fn console(data: &[u8]) {
    let make = |board: &Board, choice: u8| {
        let socket = |number: u32| {
            let (name, output) = (Some(format!("port.{number}")), board.output());
            let console = number == ports::FIRST_CONSOLE;
            Socket { number, console, name: name.filter(|_| !console), open: number.low8() != 2, output }
        };
        let sockets = [0, 1, 2].map(socket).into_iter().collect();
        let most = if choice & 0x30 == 0x30 { 1 } else { 4 };
        plugged(board, choice, Box::new(Console::new(most, sockets)))
    };
    play(&target(make, |choice| started(choice, 2, 4), Host::People), data);
}
