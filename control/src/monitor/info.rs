//! `info`: facts of a machine.

use super::Call;
use spec::asm::did_you_mean;
use std::fmt::Write;

type Show = fn(&mut Call) -> String;

const SUBJECTS: &[(&str, &str, Show)] = &[
    ("block", "the drives", |_| String::new()),
    ("chardev", "the character devices", |call| match call.machine.wiring.serial {
        Some(_) => "serial0: filename=stdio\n".into(),
        None => String::new(),
    }),
    ("hash", "a hash of the machine's state", |call| format!("{:016x}\n", call.machine.hash())),
    ("irq", "interrupts: the inputs of each hart and the interrupt controller", irq),
    ("mem", "the pages of the current address space", |call| each(call, |hart| hart.pages())),
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
    ("tlb", "the same as mem", |call| each(call, |hart| hart.pages())),
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

fn each(call: &mut Call, show: fn(&mut dyn machine::hart::Hart) -> String) -> String {
    call.machine.harts.iter_mut().map(|hart| show(hart.as_mut())).collect()
}

fn registers(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter_mut().enumerate() {
        let _ = write!(text, "\nCPU#{number}\n{}", hart.registers());
    }
    text
}

fn irq(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, lines) in call.machine.wiring.lines.iter().enumerate() {
        let _ = writeln!(text, "hart {number}: inputs {:#x}", lines.high());
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
        let size = blob.size.max(blob.bytes.len() as u64);
        let _ = writeln!(text, "addr={:016x} size={size:#08x} mem=ram name=\"{}\"", blob.at, blob.name);
    }
    text
}

fn tiers(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter_mut().enumerate() {
        let _ = writeln!(text, "hart {number}: interp, {} instructions", hart.retired());
    }
    text
}
