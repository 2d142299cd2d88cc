//! `strata step` on a machine: commands come from standard input, and its console is told among what happens.

use crate::boot::read::Machine as Wanted;
use crate::boot::{Built, Tap, build, finish};
use crate::step::Input;
use control::step::machine::Session;
use host_char::terminal::Signals;
use machine::boot::Bios;
use machine::life::End;
use parking_lot::Mutex;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use user::elf::Symbols;

/// SIGINT's number.
const INTERRUPT: i32 = 2;

/// Builds a machine and steps it.
///
/// # Errors
/// It cannot be built, or commands cannot be read.
pub fn run(wanted: &Wanted) -> Result<ExitCode, Box<dyn Error>> {
    let signals = Signals::block()?;
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let ear = heard.clone();
    let tap: Tap = Box::new(move |bytes| ear.lock().extend_from_slice(bytes));
    let Some(built) = build(wanted, None, Some(tap))? else { return Ok(ExitCode::SUCCESS) };
    let Built { mut machine, desk, lines, mut seats } = built;
    machine.wait_for(&lines.awaited);
    let console = move || std::mem::take(&mut *heard.lock());
    let mut session = Session::new(&mut machine, desk.clone(), symbols(wanted), console);
    let (mut input, mut failed, mut killed) = (Input::new()?, None, None);
    let mut out = io::stdout().lock();
    let end = machine.run(|machine| {
        match signals.take() {
            None => {}
            Some(INTERRUPT) => machine.stop(),
            Some(signal) => {
                killed = Some(signal);
                machine.quit();
            }
        }
        let looked = seats.iter_mut().fold(false, |any, seat| seat.look(machine) | any);
        let told = session.look(machine, &mut || input.line(), &mut out);
        told.unwrap_or_else(|error| {
            failed = Some(error);
            machine.quit();
            true
        }) | looked
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let end = killed.map_or(end, End::Signal);
    session.farewell(&machine, end, &mut out)?;
    drop(out);
    finish(machine, &desk, end)
}

/// The symbols of what is booted, where it has any.
fn symbols(wanted: &Wanted) -> Symbols {
    let bios = match &wanted.files.bios {
        Bios::File(path) => Some(path),
        Bios::None | Bios::Default => None,
    };
    let file = wanted.files.kernel.as_ref().or(bios);
    // A file that cannot be read has been complained of by whoever loads it.
    let bytes = file.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    Symbols::read(bytes.as_slice(), 0)
}
