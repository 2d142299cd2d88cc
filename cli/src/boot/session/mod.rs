//! A machine's lines to the outside: character devices, who sits at them, and the script that is typed.

pub mod gdb;
pub mod seat;
pub mod step;

use super::chars::Chars;
use control::monitor::Desk;
use gdb::Gate;
use host_char::{Chardev, Kind, Role};
use machine::Machine;
use machine::host::Host;
use machine::life::End;
use machine::solder::Tty;
use rustix::fs::FileType;
use seat::{Seat, Style};
use std::error::Error;
use std::io::{Read, Write};
use virtio::Line;

/// What the command line's character devices have become.
pub struct Lines {
    /// The devices, open.
    pub chardevs: Vec<Chardev>,
    /// Those whose other side the machine waits for before it starts.
    pub awaited: Vec<String>,
    /// What is typed at the serial port: standard input, where that is a file and the port has it.
    pub script: Vec<u8>,
}

impl Lines {
    /// Opens the devices. Nothing waits here, since a signal could not end it.
    pub fn open(chars: &Chars) -> Result<Self, Box<dyn Error>> {
        let mut lines = Self { chardevs: vec![], awaited: vec![], script: vec![] };
        if chars.console().is_some() && is_file() {
            std::io::stdin().read_to_end(&mut lines.script)?;
        }
        for config in &chars.devices {
            let mut config = config.clone();
            if let Kind::Socket(socket) = &mut config.kind
                && let Role::Server { wait: wait @ true } = &mut socket.role
            {
                *wait = false;
                lines.awaited.push(config.id.clone());
            }
            let chardev = host_char::open(&config)?;
            let waits = lines.awaited.contains(&config.id);
            match &config.kind {
                // Programs that start machines read these two lines.
                Kind::Pty => {
                    let path = chardev.text();
                    let path = path.strip_prefix("pty:").unwrap_or_default();
                    // Programs that start QEMU read this line from its standard output.
                    let _ =
                        writeln!(std::io::stdout(), "char device redirected to {path} (label {})", config.id);
                }
                Kind::Socket(_) if waits => {
                    eprintln!("strata: waiting for connection on: {}", chardev.text())
                }
                _ => {}
            }
            lines.chardevs.push(chardev);
        }
        Ok(lines)
    }
}

/// Whether standard input is a file: every byte of it is known.
fn is_file() -> bool {
    rustix::fs::fstat(rustix::stdio::stdin())
        .is_ok_and(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::RegularFile)
}

/// Joins the serial port, then other ports, then monitors, to their devices.
pub fn seats(
    host: &mut Host,
    tty: Option<&Tty>,
    ports: &[(&str, Line)],
    chars: &Chars,
    desk: &Desk,
) -> Result<Vec<Seat>, Box<dyn Error>> {
    let port = chars.serial.as_deref().filter(|_| tty.is_some());
    if let Some((chardev, tty)) = port.and_then(|id| host.chardev(id)).zip(tty) {
        chardev.attach(Box::new(tty.clone()))?;
    }
    for (id, line) in ports {
        if let Some(chardev) = host.chardev(id) {
            chardev.attach(Box::new(line.clone()))?;
        }
    }
    let mut seats = vec![];
    for (number, id) in chars.monitors.iter().enumerate() {
        let first = port != Some(id) && !chars.ports.contains(id) && !chars.monitors[..number].contains(id);
        let stdio =
            chars.devices.iter().any(|config| config.id == *id && matches!(config.kind, Kind::Stdio { .. }));
        let style = match (stdio, rustix::termios::isatty(rustix::stdio::stdin())) {
            (true, true) => Style::Terminal,
            (true, false) => Style::Plain,
            (false, _) => Style::Remote,
        };
        let Some(chardev) = host.chardev(id) else { continue };
        seats.push(Seat::attach(chardev, desk.clone(), first, style)?);
    }
    Ok(seats)
}

/// Runs `machine` until it ends.
pub fn run(machine: &mut Machine, mut seats: Vec<Seat>, gate: &mut Gate, desk: &Desk) -> End {
    machine.run(|machine| {
        desk.log().look(machine);
        if machine.take_sync() {
            machine.commit(None).iter().for_each(|failed| crate::complain(failed));
        }
        let looked = seats.iter_mut().map(|seat| seat.look(machine));
        let looked = looked.fold(false, |any, one| any | one);
        gate.look(machine) | looked
    })
}
