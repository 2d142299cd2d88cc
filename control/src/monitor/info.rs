//! `info`: facts of a machine.

use super::{Call, devices, paging};
use model::{EVENTS, UnknownEvent, matches};
use spec::asm::did_you_mean;
use spec::riscv::names;
use spec::riscv::system::csr::{self, Csr, Warl};
use spec::riscv::system::mode;
use std::fmt::Write;

type Show = fn(&mut Call) -> Result<String, String>;

const SUBJECTS: &[(&str, &str, Show)] = &[
    ("block", "the drives", |call| Ok(devices::block(call))),
    ("chardev", "the character devices", |call| Ok(devices::chardev(call))),
    ("cpus", "the harts; * marks the one that commands are about", |call| Ok(cpus(call))),
    ("hash", "a hash of the machine's state", |call| Ok(format!("{:016x}\n", call.machine.hash()))),
    ("irq", "interrupts: the inputs of each hart and the interrupt controller", |call| {
        Ok(devices::irq(call))
    }),
    ("mem", "the active virtual memory mappings", paging::mem),
    ("mtree", "the tree of memory regions; -f the flat view", |call| {
        Ok(match call.words.get(1) {
            Some(&"-f") => call.machine.wiring.map.flat_text(),
            _ => call.machine.wiring.map.tree_text(),
        })
    }),
    ("qtree", "the devices", |call| Ok(devices::qtree(call))),
    ("ramblock", "the blocks of RAM", |call| Ok(call.machine.wiring.map.ram_text())),
    ("registers", "the registers of the hart; -a of all harts", registers),
    ("roms", "what was loaded", |call| Ok(devices::roms(call))),
    ("status", "what the machine is doing", |call| {
        Ok(format!("VM status: {}\n", call.machine.state().text()))
    }),
    ("tiers", "what runs the harts", |call| Ok(tiers(call))),
    ("tlb", "what the hart's TLB holds", paging::tlb),
    ("trace-events", "the trace events whose names match; all if none is named", events),
    ("version", "the version", |_| Ok(concat!(env!("CARGO_PKG_VERSION"), "\n").into())),
];

/// What can be asked for.
pub fn help() -> String {
    SUBJECTS.iter().map(|(name, help, _)| format!("info {name} -- show {help}\n")).collect()
}

pub fn run(call: &mut Call) -> Result<String, String> {
    let Some(name) = call.words.first() else {
        return Ok(help());
    };
    let found = SUBJECTS.iter().find(|(known, ..)| known == name);
    let (.., show) = found.ok_or_else(|| {
        let near = did_you_mean(name, SUBJECTS.iter().map(|(name, ..)| *name));
        format!("unknown command: 'info {name}'{near}")
    })?;
    show(call)
}

fn registers(call: &mut Call) -> Result<String, String> {
    let all = match call.words.get(1) {
        None => false,
        Some(&"-a") => true,
        Some(word) => return Err(format!("\"{word}\" means nothing here; write -a for all harts")),
    };
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter().enumerate() {
        if !all && number != call.desk.hart {
            continue;
        }
        let state = hart.state();
        let digits = if hart.xlen() == 32 { 8 } else { 16 };
        let mask = u64::MAX >> (64 - hart.xlen());
        let _ = writeln!(text, "\nCPU#{number}\n pc       {:0digits$x}", state.pc & mask);
        let _ = writeln!(text, " priv     {:0digits$x}", state.sys.mode);
        for (number, name, value) in hart.controls() {
            if is_told(number, hart.xlen()) {
                let _ = writeln!(text, " {name:<13} {value:0digits$x}");
            }
        }
        let values = state.x.map(|value| value & mask);
        file(&mut text, 'x', &names::X, &values, digits);
        file(&mut text, 'f', &names::F, &state.f, 16);
    }
    Ok(text)
}

/// Four registers a line.
fn file(text: &mut String, letter: char, names: &[&str; 32], values: &[u64; 32], digits: usize) {
    for (number, (name, value)) in names.iter().zip(values).enumerate() {
        let name = format!("{letter}{number}/{name}");
        let end = if number % 4 == 3 { "\n" } else { "" };
        let _ = write!(text, " {name:<8} {value:0digits$x}{end}");
    }
}

/// Whether a control register is listed: those of unprivileged code show what others hold, and most that cannot be
/// written say nothing.
fn is_told(number: u16, xlen: u32) -> bool {
    let row = csr::row(number, xlen);
    row.is_some_and(|row| match row.csr {
        Csr::Misa | Csr::Mhartid => true,
        _ => row.privilege() != mode::USER && row.warl != Warl::Fixed,
    })
}

fn cpus(call: &mut Call) -> String {
    let mark = |number| if number == call.desk.hart { '*' } else { ' ' };
    let harts = call.machine.harts.iter().enumerate();
    harts
        .map(|(number, hart)| format!("{} CPU #{number}: pc={:#x}\n", mark(number), hart.state().pc))
        .collect()
}

fn events(call: &mut Call) -> Result<String, String> {
    let pattern = call.words.get(1).copied().unwrap_or("*");
    let log = call.desk.log();
    let tracer = log.tracer();
    let found = EVENTS.iter().filter(|(_, name, _)| matches(pattern, name));
    let lines = found.map(|(event, name, _)| format!("{name} : state {}\n", u8::from(tracer.is_on(*event))));
    let text: String = lines.collect();
    if text.is_empty() { Err(UnknownEvent { pattern: pattern.into() }.to_string()) } else { Ok(text) }
}

fn tiers(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, hart) in call.machine.harts.iter().enumerate() {
        let _ = writeln!(text, "hart {number}: interp, {} instructions", hart.state().instret);
    }
    text
}
