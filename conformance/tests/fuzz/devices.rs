//! Devices. Seeds are what drivers do; the mutator makes garbage of it.

use conformance::fuzz::device::{self, Act, QUEUE, RAM, encode};
use memory::mmio::Width;
use rstest::rstest;

type Seeds = Vec<Vec<u8>>;

fn write(at: u64, width: Width, value: u64) -> Act {
    Act::Write(at, width, value)
}

/// Every register is written with a few values and read, with time in between, and a reset at the end.
fn registers(offsets: &[u64], width: Width) -> Seeds {
    let seeds = offsets.chunks(4).zip(0u8..).map(|(part, choice)| {
        let acts = part.iter().flat_map(|at| {
            let acts = [0, 1, 0x5a, u64::MAX].into_iter().flat_map(|value| {
                [
                    write(*at, width, value),
                    Act::Read(*at, width),
                    Act::Type(vec![b'x'; 20]),
                    Act::Wait(1 << 20),
                ]
            });
            acts.collect::<Vec<_>>()
        });
        encode(choice | 0x80, &acts.chain([Act::Reset]).collect::<Vec<_>>())
    });
    seeds.collect()
}

fn bytes(offsets: std::ops::Range<u64>) -> Seeds {
    registers(&offsets.collect::<Vec<_>>(), Width::Byte)
}

fn words(offsets: &[u64]) -> Seeds {
    registers(offsets, Width::Word)
}

/// FIFOs on, divisor, interrupts, loopback, a break.
fn serial() -> Seeds {
    let byte = |(at, value)| write(at, Width::Byte, value);
    let mut acts: Vec<Act> = [(3, 0x83), (0, 1), (1, 0), (3, 3), (2, 0xc7), (1, 15)].map(byte).into();
    acts.extend([Act::Type(vec![b'y'; 9]), Act::Wait(1 << 24), Act::Read(2, Width::Byte), Act::Type(vec![])]);
    acts.extend([5, 0, 0, 6].map(|at| Act::Read(at, Width::Byte)));
    acts.extend([(4, 0x1f), (0, 65), (0, 66)].map(byte));
    acts.extend([5, 0, 2].map(|at| Act::Read(at, Width::Byte)));
    [bytes(0..8), vec![encode(0, &acts)]].concat()
}

/// Identification, a word, a buffer, an erased block, locks. [JEDEC and Intel's commands]
fn flash() -> Seeds {
    let seeds = [
        &[0x90, 0xff][..],
        &[0x98, 0xff],
        &[0x40, 0x1234, 0xff],
        &[0x20, 0xd0, 0x70, 0x50, 0xff],
        &[0x60, 1],
    ];
    let mut all = words(&[0, 4, 0x40, 0x4000]);
    for at in [0, 0x4000, 0x6000] {
        for commands in seeds.into_iter().chain([&[0xe8, 3, 1, 2, 3, 4, 0xd0, 0xff][..]]) {
            let acts = commands.iter().flat_map(|c| {
                [write(at, Width::Word, c | c << 16), Act::Read(at, Width::Word), Act::Read(at, Width::Half)]
            });
            all.push(encode(0, &acts.collect::<Vec<_>>()));
        }
    }
    all
}

/// The directory by its register, and each kind of request by DMA. [QEMU: docs/specs/fw_cfg.rst]
fn fw_cfg() -> Seeds {
    let mut acts = vec![write(8, Width::Half, 0x1900)];
    acts.extend(vec![Act::Read(0, Width::Double); 20]);
    let mut seeds = vec![encode(0, &acts)];
    for (control, len) in
        [(0x19_000a_u32, 300), (0x20_000a, 10), (0x21_0018, 8), (0x21_000a, 20), (4, 9), (0x22_0008, 1)]
    {
        let mut request = control.to_be_bytes().to_vec();
        request.extend(u32::to_be_bytes(len));
        request.extend((RAM + 0x100).to_be_bytes());
        let tell = write(16, Width::Double, RAM.swap_bytes());
        seeds.push(encode(0, &[Act::Poke(0, request), tell.clone(), tell, Act::Read(0, Width::Double)]));
    }
    // What a guest has written is there afterwards.
    let request =
        [&0x21_0018u32.to_be_bytes()[..], &8u32.to_be_bytes(), &(RAM + 0x100).to_be_bytes()].concat();
    let tell = write(16, Width::Double, RAM.swap_bytes());
    let select = write(8, Width::Half, 0x2100);
    seeds.push(encode(0, &[Act::Poke(0, request), tell, Act::Wait(1), select, Act::Read(0, Width::Double)]));
    seeds.extend(registers(&[0, 8, 16, 20], Width::Double));
    seeds
}

/// The end, a letter out and in, a system call.
fn htif() -> Seeds {
    let send = |command| [write(0, Width::Double, command), Act::Read(8, Width::Double)];
    let call = [64, 1, RAM + 0x200, 100].map(u64::to_le_bytes).concat();
    let acts = [&send(3)[..], &send(0x0101 << 48 | 65), &send(1 << 56), &[Act::Type(b"x".to_vec())]].concat();
    let calls = [&[Act::Poke(0x100, call)], &send(RAM + 0x100)[..]].concat();
    [words(&[0, 4, 8, 12]), vec![encode(0, &acts), encode(0, &calls)]].concat()
}

/// Bytes of a queue, as [virtio 1.2, 2.7] has them.
fn queue(at: u64, buffers: &[(u64, u32, u16)], times: u16) -> Vec<Act> {
    let mut table = vec![];
    for (i, (place, len, flags)) in (1u16..).zip(buffers) {
        let more = u16::from(usize::from(i) < buffers.len());
        table.extend(place.to_le_bytes());
        table.extend(len.to_le_bytes());
        table.extend((flags | more).to_le_bytes());
        table.extend(i.to_le_bytes());
    }
    let mut ring = vec![0, 0];
    ring.extend(times.to_le_bytes());
    ring.resize(20, 0);
    vec![Act::Poke(at - RAM, table), Act::Poke(at - RAM + 128, ring)]
}

const WRITTEN: u16 = 2;

/// All versions and features of a device that does `acts` when it was started.
fn started(acts: &[Act]) -> Seeds {
    (0..4)
        .map(|bits| encode(2 | bits & 1 | (bits & 2) << 1 | (bits & 2) << 2 | u8::from(bits > 0) << 7, acts))
        .collect()
}

fn notify(queue: u64) -> Vec<Act> {
    vec![
        write(0x50, Width::Word, queue),
        Act::Wait(1 << 16),
        Act::Read(0x60, Width::Word),
        write(0x64, Width::Word, 3),
    ]
}

/// The registers of a device that nobody has started.
fn transport() -> Seeds {
    words(&[
        0, 8, 0x10, 0x14, 0x20, 0x24, 0x30, 0x38, 0x44, 0x60, 0x64, 0x70, 0x80, 0x90, 0xa0, 0xfc, 0x100,
        0x104, 0x120,
    ])
}

fn block() -> Seeds {
    let mut seeds = transport();
    for kind in [0u32, 1, 4, 8, 11, 13, 99] {
        let header = [kind.to_le_bytes(), [0; 4], [3, 0, 0, 0], [0; 4]].concat();
        // Of a discard: sector, number, flags.
        let range = [[2, 0, 0, 0], [0; 4], [4, 0, 0, 0], [0; 4]].concat();
        let (data, len) =
            if matches!(kind, 11 | 13) { (0, 16) } else { (WRITTEN * u16::from(kind != 1), 512) };
        let mut buffers = vec![(RAM + 0x8000, 16, 0), (RAM + 0x8100, len, data), (RAM + 0x8010, 1, WRITTEN)];
        if kind == 4 {
            buffers.remove(1);
        }
        let mut acts = vec![Act::Poke(0x8000, header), Act::Poke(0x8100, range)];
        acts.extend(queue(QUEUE, &buffers, 1));
        acts.extend(notify(0));
        acts.extend(queue(QUEUE, &buffers, 3));
        acts.extend(notify(0));
        seeds.extend(started(&acts));
    }
    seeds
}

fn entropy() -> Seeds {
    let mut acts = queue(QUEUE, &[(RAM + 0x8000, 64, WRITTEN), (RAM + 0x9000, 5, WRITTEN)], 1);
    acts.extend(notify(0));
    acts.extend(queue(QUEUE, &[(RAM + 0x8000, 0x4000, WRITTEN)], 4));
    acts.extend(notify(0));
    [transport(), started(&acts)].concat()
}

fn console() -> Seeds {
    let at = |queue: u64| QUEUE + 0x3000 * queue;
    let mut talk = queue(at(0), &[(RAM + 0x8000, 16, WRITTEN), (RAM + 0x9000, 16, WRITTEN)], 2);
    talk.extend(queue(at(1), &[(RAM + 0x8000, 60, 0), (RAM + 0x100, 0x7000, 0)], 8));
    talk.push(Act::Type(b"\0typed at the console".to_vec()));
    talk.extend([notify(1), notify(0), notify(1)].concat());
    let mut control = queue(at(2), &[(RAM + 0xd000, 64, WRITTEN)], 8);
    for (port, event, value) in [(0u32, 0u8, 1u8), (0, 3, 1), (1, 3, 1), (1, 6, 1), (2, 3, 1), (1, 6, 0)] {
        let message = [&port.to_le_bytes()[..], &[event, 0, value, 0]].concat();
        control.push(Act::Poke(0xe000, message));
        control.extend(queue(at(3), &[(RAM + 0xe000, 8, 0)], 1));
        control.extend(notify(3));
        control.extend([Act::Type(vec![2]), Act::Type(b"\x01typed at a port".to_vec())]);
    }
    [transport(), started(&talk), started(&control)].concat()
}

#[rstest]
#[case::serial("serial", device::serial, serial())]
#[case::mtimer("mtimer", device::mtimer, registers(&[0, 8, 0x10, 0x7ff8, 0x7ffc, 4, 0x4000], Width::Double))]
#[case::swi("swi", device::swi, words(&[0, 4, 8, 12, 0x3ffc]))]
#[case::plic("plic", device::plic, words(&[4, 8, 0x84, 0x1000, 0x2000, 0x2080, 0x20_0000, 0x20_0004, 0x20_1004, 0x20_4000]))]
#[case::rtc("rtc", device::rtc, words(&[0, 4, 8, 12, 16, 20, 24, 28]))]
#[case::finisher("finisher", device::finisher, words(&[0, 4]))]
#[case::flash("flash", device::flash, flash())]
#[case::fw_cfg("fw_cfg", device::fw_cfg, fw_cfg())]
#[case::htif("htif", device::htif, htif())]
#[case::block("block", device::block, block())]
#[case::entropy("entropy", device::entropy, entropy())]
#[case::console("console", device::console, console())]
fn fuzz_device(#[case] name: &str, #[case] target: fn(&[u8]), #[case] seeds: Seeds) {
    // One is a hundred accesses to two machines.
    super::fuzz_for(super::count(5_000), name, target, seeds);
}
