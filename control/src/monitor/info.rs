//! `info`: facts of a machine.

use super::Call;
use spec::asm::did_you_mean;
use std::fmt::Write;

type Show = fn(&mut Call) -> String;

const SUBJECTS: &[(&str, &str, Show)] = &[
    ("block", "the drives", |_| String::new()),
    ("chardev", "the character devices", |call| {
        let lines = call.machine.host.chardevs().iter();
        lines.map(|chardev| format!("{}: filename={}\n", chardev.id(), chardev.text())).collect()
    }),
    ("hash", "a hash of the machine's state", |call| format!("{:016x}\n", call.machine.hash())),
    ("irq", "interrupts: the inputs of each hart and the interrupt controller", irq),
    ("mtree", "the tree of memory regions; -f the flat view", |call| match call.words.get(1) {
        Some(&"-f") => call.machine.wiring.map.flat_text(),
        _ => call.machine.wiring.map.tree_text(),
    }),
    ("qtree", "the devices", qtree),
    ("ramblock", "the blocks of RAM", |call| call.machine.wiring.map.ram_text()),
    ("registers", "the registers of each hart", registers),
    ("roms", "what was loaded", roms),
    ("status", "what the machine is doing", |call| format!("VM status: {}\n", call.machine.state().text())),
    ("tiers", "what runs the harts", tiers),
    ("version", "the version", |_| concat!(env!("CARGO_PKG_VERSION"), "\n").into()),
];

pub fn run(call: &mut Call) -> Result<String, String> {
    let Some(name) = call.words.first() else {
        return Ok(SUBJECTS.iter().map(|(name, help, _)| format!("info {name} -- show {help}\n")).collect());
    };
    let found = SUBJECTS.iter().find(|(known, ..)| known == name);
    let (.., show) = found.ok_or_else(|| {
        let near = did_you_mean(name, SUBJECTS.iter().map(|(name, ..)| *name));
        format!("unknown command: 'info {name}'{near}")
    })?;
    Ok(show(call))
}

fn registers(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter().enumerate() {
        let state = hart.state();
        let digits = if hart.xlen() == 32 { 8 } else { 16 };
        let mask = u64::MAX >> (64 - hart.xlen());
        let _ = writeln!(text, "\nCPU#{number}\n pc       {:0digits$x}", state.pc & mask);
        let _ = writeln!(text, " priv     {:0digits$x}", state.sys.mode);
        for (_, name, value) in hart.controls() {
            let _ = writeln!(text, " {name:<13} {value:0digits$x}");
        }
        for (number, value) in state.x.iter().enumerate() {
            let name = format!("x{number}/{}", spec::riscv::names::X[number]);
            let end = if number % 4 == 3 { "\n" } else { "" };
            let _ = write!(text, " {name:<8} {:0digits$x}{end}", value & mask);
        }
    }
    text
}

fn irq(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, lines) in call.machine.wiring.lines.iter().enumerate() {
        let _ = writeln!(text, "hart {number}: inputs {:#x}", lines.get());
    }
    if let Some(plic) = &call.machine.wiring.plic {
        text += &plic.with(|plic, _| plic.describe()).unwrap_or_default();
    }
    text
}

fn qtree(call: &mut Call) -> String {
    let mut text = String::from("bus: main-system-bus\n  type System\n");
    for placed in &call.machine.wiring.devices {
        let _ = writeln!(text, "  dev: {}, id \"\"", placed.device.kind());
        let _ = writeln!(text, "    mmio {:016x}/{:016x}", placed.at, placed.size);
    }
    text
}

fn roms(call: &mut Call) -> String {
    let mut text = String::new();
    for blob in &call.machine.boot.blobs {
        let size = blob.size.max(blob.contents.len());
        let _ = writeln!(text, "addr={:016x} size={size:#08x} mem=ram name=\"{}\"", blob.at, blob.name);
    }
    text
}

fn tiers(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter().enumerate() {
        let _ = writeln!(text, "hart {number}: interp, {} instructions", hart.state().instret);
    }
    text
}
