//! Devices and drives: `info qtree`, `block`, `irq`, `chardev`, `roms`; and ring buffers.

use super::Call;
use host_char::{Chardev, RingReader};
use machine::config::value::number;
use model::Outline;
use spec::asm::did_you_mean;
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
    for note in &outline.notes {
        let _ = writeln!(text, "{margin}  {note}");
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

fn ring(call: &mut Call, id: &str) -> Result<RingReader, String> {
    let chardevs = call.machine.host.chardevs();
    let Some(chardev) = chardevs.iter().find(|chardev| chardev.id() == id) else {
        let near = did_you_mean(id, chardevs.iter().map(Chardev::id));
        return Err(format!("device '{id}' not found{near}; info chardev lists them"));
    };
    chardev.ring().ok_or_else(|| format!("{id} is not a ringbuf device"))
}

/// What is no text is shown as `\uXXXX`, a backslash twice. [QEMU: monitor/hmp-cmds.c, hmp_ringbuf_read]
pub fn ringbuf_read(call: &mut Call) -> Result<String, String> {
    let [id, size] = call.words else {
        return Err("name a device and a number of bytes; info chardev lists devices".into());
    };
    let size = number(size).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0);
    let size = size.ok_or("size must be greater than zero")?;
    let bytes = ring(call, id)?.read(size);
    let mut text = String::new();
    for letter in String::from_utf8_lossy(&bytes).chars() {
        match letter {
            '\\' => text += "\\\\",
            '\n' | '\t' => text.push(letter),
            '\0'..' ' | '\x7f' => {
                let _ = write!(text, "\\u{:04X}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
    text.push('\n');
    Ok(text)
}

pub fn ringbuf_write(call: &mut Call) -> Result<String, String> {
    let Some((id, data)) = call.words.split_first().filter(|(_, data)| !data.is_empty()) else {
        return Err("name a device and the data to be put into it; info chardev lists devices".into());
    };
    let data = data.join(" ");
    let quoted = data.strip_prefix('"').and_then(|data| data.strip_suffix('"'));
    let data = match quoted {
        Some(data) => data,
        None if data.contains(' ') => return Err("data with spaces stands in quotes".into()),
        None => &data,
    };
    ring(call, id)?.write(data.as_bytes());
    Ok(String::new())
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
