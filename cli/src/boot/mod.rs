//! `strata boot`: machines, with QEMU's options.

mod chars;
mod devices;
mod error;
mod help;
mod known;
mod read;
mod session;
mod trace;

use crate::program::chain;
use crate::{USAGE, complain, say};
use accel::{Driver, Tier};
use control::log::{MachineLog, Sink};
use control::monitor::Desk;
use devices::flash;
use host_char::terminal::Signals;
use machine::board::tree::Harts;
use machine::boot::{self, Target};
use machine::console::Console;
use machine::cpu;
use machine::host::Host;
use machine::life::{End, Wishes};
use machine::solder::{Order, Tty, solder};
use model::{Clock, Inbox, World};
use read::{Asked, Machine as Wanted, read};
use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use virtio::Line;

/// The command and the words of a start under one of QEMU's names for machines.
pub fn started(words: &[OsString]) -> Option<(&'static str, &[OsString])> {
    let (name, rest) = words.split_first()?;
    let file = Path::new(name).file_name()?.to_str()?;
    let known = ["qemu-system-riscv64", "qemu-system-riscv32"].into_iter().find(|known| *known == file)?;
    Some((known, rest))
}

/// Runs the command called `name`.
pub fn run(name: &str, words: &[OsString]) -> ExitCode {
    let xlen = match name {
        "qemu-system-riscv64" => Some(64),
        "qemu-system-riscv32" => Some(32),
        _ => None,
    };
    match read(name, words, xlen) {
        Ok(Asked::Text(text)) => say(&text),
        Ok(Asked::Machine(wanted)) => outcome(boot_it(*wanted)),
        Err(error) => {
            complain(&chain(&error));
            ExitCode::from(USAGE)
        }
    }
}

fn outcome(outcome: Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    host_char::terminal::restore();
    outcome.unwrap_or_else(|error| {
        complain(&chain(&*error));
        ExitCode::FAILURE
    })
}

/// The tour's machine, assembled from `tour/machine.s` when strata was built.
const TOUR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/machine.elf"));
/// Where it looks whether nobody can type.
const BATCH: u64 = 0x8010_0000;

/// Boots the tour.
pub fn tour() -> ExitCode {
    let typist = rustix::termios::isatty(rustix::stdio::stdin());
    outcome((|| {
        let Asked::Machine(mut wanted) = read("strata", &[], None)? else { return Ok(ExitCode::SUCCESS) };
        wanted.files.bios = boot::Bios::None;
        wanted.files.builtin = Some(TOUR);
        if typist {
            println!("Ctrl-A x ends the machine, Ctrl-A c is its monitor, Ctrl-A h lists keys.");
        } else {
            let data = vec![1];
            let load = boot::Load { file: None, at: Some(BATCH), data, raw: false, start: false };
            wanted.files.loads.push(load);
        }
        boot_it(*wanted)
    })())
}

/// The log of `-D`, or standard error.
fn log(wanted: &Wanted) -> Result<Box<dyn Write + Send>, Box<dyn Error>> {
    match &wanted.log {
        None => Ok(Box::new(std::io::stderr())),
        Some(path) => {
            let file = std::fs::File::create(path);
            Ok(Box::new(file.map_err(|e| format!("{} cannot be written: {e}", path.display()))?))
        }
    }
}

/// A machine that has not run, and who talks to it.
struct Built {
    machine: machine::Machine,
    desk: Desk,
    lines: session::Lines,
    seats: Vec<session::seat::Seat>,
}

/// Hears what the guest writes to its serial port.
type Tap = Box<dyn FnMut(&[u8]) + Send>;

/// Builds and runs a machine.
fn boot_it(wanted: Wanted) -> Result<ExitCode, Box<dyn Error>> {
    let signals = Signals::block()?;
    let Some(built) = build(&wanted, Some(signals), None)? else { return Ok(ExitCode::SUCCESS) };
    let Built { mut machine, desk, lines, seats } = built;
    machine.wait_for(&lines.awaited);
    let mut gate = session::gdb::Gate::new(&mut machine, desk.clone(), &wanted.chars)?;
    let end = session::run(&mut machine, seats, &mut gate, &desk);
    gate.ended(&mut machine, end);
    finish(machine, &desk, end)
}

/// What is left to be done when a machine has ended, and its exit status.
fn finish(mut machine: machine::Machine, desk: &Desk, end: End) -> Result<ExitCode, Box<dyn Error>> {
    host_char::terminal::restore();
    desk.log().end(&machine);
    machine.drain();
    if let Some(failure) = machine.take_failure() {
        return Err(failure.into());
    }
    status(end)
}

/// Runs `strata step` on a machine.
pub fn step(words: &[OsString]) -> ExitCode {
    let mut words = words.to_vec();
    let has = |name: &str| {
        words.iter().any(|word| known::find(&word.to_string_lossy()).is_some_and(|k| k.name == name))
    };
    // Commands are read where the port and monitors would be.
    let usual = [("serial", "null"), ("monitor", "none")].into_iter().filter(|(name, _)| !has(name));
    let usual: Vec<OsString> =
        usual.flat_map(|(name, value)| [format!("-{name}").into(), value.into()]).collect();
    words.extend(usual);
    match read("strata step", &words, None) {
        Ok(Asked::Text(text)) => say(&text),
        Ok(Asked::Machine(mut wanted)) => {
            wanted.rules.stopped = true;
            outcome(session::step::run(&wanted))
        }
        Err(error) => {
            complain(&chain(&error));
            ExitCode::from(USAGE)
        }
    }
}

/// Whether an option is one of machines.
pub fn is_option(word: &OsString) -> bool {
    word.to_str().is_some_and(|word| known::find(word).is_some())
}

/// Builds a machine; none where only its device tree was asked for.
fn build(
    wanted: &Wanted,
    signals: Option<Signals>,
    tap: Option<Tap>,
) -> Result<Option<Built>, Box<dyn Error>> {
    let cpu = wanted.cpu;
    let harts = Harts {
        count: wanted.harts,
        isa: cpu.isa(),
        base: format!("rv{}i", cpu.xlen),
        extensions: cpu.extensions().into_iter().map(String::from).collect(),
        mmu: cpu.mmu_type().map(String::from),
    };
    let target = Target { board: wanted.board, ram: wanted.ram, xlen: wanted.xlen };
    let mut tree = wanted.board.tree(&harts, wanted.ram);
    tree.within("chosen").set("rng-seed", &entropy(wanted.seed));
    let boot = boot::plan(target, &wanted.files, tree)?;
    if let Some(path) = &wanted.dumpdtb {
        let blob = boot.tree.flatten()?;
        std::fs::write(path, blob).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
        return Ok(None);
    }
    let wishes = Wishes::default();
    let mut lines = session::Lines::open(&wanted.chars)?;
    let mut host = Host::new(signals, std::mem::take(&mut lines.chardevs))?;
    let inbox = Arc::new(Inbox::new(host.waker()));
    let log = Sink::new(log(wanted)?);
    let clock = Clock::default();
    let tracer = wanted.trace.tracer(clock.clone(), &log)?;
    let log = MachineLog::new(log, tracer.clone());
    let reports = log.reports();
    let desk = Desk::new(log);
    let world = World { clock, tracer, requests: wishes.requests(), reports, ..World::default() };
    let console = Console::new(std::mem::take(&mut lines.script));
    let clock = world.clock.clone();
    let scripted = wanted.chars.console().map(str::to_owned);
    // What the guest writes to a character device; where a script is typed, it is listened to.
    let mut sink = |id: Option<&str>| {
        let chardev = id.and_then(|id| host.chardev(id));
        let (open, writer) =
            (chardev.as_ref().is_some_and(|c| c.is_connected()), chardev.map(|c| c.writer()));
        let heard = scripted.is_none() || id == scripted.as_deref();
        let (ear, clock) = (heard.then(|| console.clone()), clock.clone());
        let output: virtio::console::Output = Box::new(move |bytes: &[u8]| {
            if let Some(ear) = &ear {
                ear.hear(bytes, clock.now());
            }
            if let Some(writer) = &writer {
                writer.write(bytes);
            }
        });
        (open, output)
    };
    let (_, mut output) = sink(wanted.chars.serial.as_deref());
    if let Some(mut tap) = tap {
        let mut rest = output;
        output = Box::new(move |bytes: &[u8]| {
            tap(bytes);
            rest(bytes);
        });
    }
    let mut drives = wanted.drives();
    let virtio = wanted.virtio.build(wanted.seed, &mut drives, |id| sink(Some(id)))?;
    let flash = wanted.flash.iter().map(flash::bank).collect::<Result<_, _>>()?;
    let order = Order {
        board: wanted.board,
        harts: wanted.harts,
        ram: wanted.ram,
        output,
        epoch: wanted.epoch.unwrap_or_else(|| epoch(host.is_live())),
        flash,
        htif: boot.htif,
        virtio,
        transport: wanted.virtio.transport(),
        inbox: Arc::clone(&inbox),
    };
    let mut wiring = solder(order, world)?;
    let driver = if wanted.step { Driver::Step } else { Driver::Block };
    let harts = cpu::harts(cpu, &wiring, Tier::interp(driver), wanted.rules.shift);
    let line = |(device, number, id)| Some((id, Line::new(Arc::clone(wiring.virtio.get(device)?), number)));
    let ports: Vec<(&str, Line)> = wanted.virtio.ports().filter_map(line).collect();
    let seats = session::seats(&mut host, wiring.tty.as_ref(), &ports, &wanted.chars, &desk)?;
    if let Some((_, line)) = ports.into_iter().find(|(id, _)| scripted.as_deref() == Some(id)) {
        wiring.tty = Some(Tty::Virtio(line));
    }
    let mut machine =
        machine::Machine::new(wiring, harts, boot, (host, console), wishes, inbox, wanted.rules);
    machine.drives = drives;
    desk.log().set(wanted.items.clone(), &mut machine);
    Ok(Some(Built { machine, desk, lines, seats }))
}

/// What the device tree gives a kernel to begin with. The same seed never serves two purposes.
fn entropy(seed: u64) -> [u8; 32] {
    let mut state = !seed;
    let words: [[u8; 8]; 4] = std::array::from_fn(|_| ::virtio::random(&mut state).to_le_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(words.as_flattened());
    bytes
}

/// The date of a machine whose every run is to be the same: 2026-01-01, in nanoseconds since 1970.
const FIXED: u64 = 1_767_225_600_000_000_000;

/// The date when guest time is zero: today where somebody can type, and a fixed one elsewhere.
fn epoch(live: bool) -> u64 {
    let now = std::time::UNIX_EPOCH.elapsed().ok().and_then(|now| u64::try_from(now.as_nanos()).ok());
    now.filter(|_| live).unwrap_or(FIXED)
}

/// The exit status that an end means.
fn status(end: End) -> Result<ExitCode, Box<dyn Error>> {
    Ok(match end {
        End::PowerOff | End::Reset | End::Quit => ExitCode::SUCCESS,
        End::Exit(status) => ExitCode::from(status),
        End::Broken => ExitCode::FAILURE,
        End::Signal(number) => ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)),
        End::Stuck => {
            return Err("every hart waits for an interrupt, and nothing is left that could raise one; \
                        the machine is ended"
                .into());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/usr/bin/qemu-system-riscv64", true)]
    #[case("qemu-system-arm", false)]
    #[case("strata", false)]
    fn qemus_names_of_machines_are_known(#[case] name: &str, #[case] known: bool) {
        assert_eq!(started(&[name.into()]).is_some(), known);
    }
}
