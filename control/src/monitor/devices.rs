//! Devices and drives: `info qtree`, `block`, `irq`, `chardev`, `roms`.

use super::Call;
use model::Outline;
use std::fmt::Write;

/// The tree of devices, from the highest address down as QEMU's is.
pub fn qtree(call: &mut Call) -> String {
    let mut text = String::from("bus: main-system-bus\n  type System\n");
    for placed in call.machine.wiring.devices.iter().rev() {
        let outline = placed.device.outline();
        let window = Some((placed.at, placed.size));
        device(&mut text, 1, placed.device.kind(), &outline, window);
    }
    text
}

fn device(text: &mut String, depth: usize, kind: &str, outline: &Outline, window: Option<(u64, u64)>) {
    let margin = "  ".repeat(depth);
    let _ = writeln!(text, "{margin}dev: {kind}, id \"\"");
    for (name, value) in &outline.properties {
        let _ = writeln!(text, "{margin}  {name} = {value}");
    }
    if let Some((at, size)) = window {
        let _ = writeln!(text, "{margin}  mmio {at:016x}/{size:016x}");
    }
    if let Some(bus) = &outline.bus {
        let _ = writeln!(text, "{margin}  bus: {}\n{margin}    type {}", bus.name, bus.kind);
        for (kind, outline) in &bus.devices {
            device(text, depth + 2, kind, outline, None);
        }
    }
}

pub fn block(call: &mut Call) -> String {
    let drives: Vec<String> = call.machine.drives.iter().map(|drive| drive.text()).collect();
    drives.join("\n")
}

pub fn chardev(call: &mut Call) -> String {
    let chardevs = call.machine.host.chardevs().iter();
    chardevs.map(|chardev| format!("{}: filename={}\n", chardev.id(), chardev.text())).collect()
}

pub fn irq(call: &mut Call) -> String {
    let mut text = String::new();
    for (number, lines) in call.machine.wiring.lines.iter().enumerate() {
        let _ = writeln!(text, "hart {number}: inputs {:#x}", lines.get());
    }
    if let Some(plic) = &call.machine.wiring.plic {
        text += &plic.with(|plic, _| plic.describe()).unwrap_or_default();
    }
    text
}

pub fn roms(call: &mut Call) -> String {
    let mut text = String::new();
    let view = call.machine.wiring.space.view();
    for blob in &call.machine.boot.blobs {
        let size = blob.size.max(blob.contents.size());
        let rom = view.find(blob.at).is_some_and(|range| range.read_only);
        let memory = if rom { "rom" } else { "ram" };
        let _ = writeln!(text, "addr={:016x} size={size:#08x} mem={memory} name=\"{}\"", blob.at, blob.name);
    }
    text
}
