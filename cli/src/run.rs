//! `strata run`: a Linux program at full speed.

use crate::gdb::Gate;
use crate::options::{self, Command, Options};
use crate::program::{Loaded, end, hart, load};
use accel::{Driver, Tier};
use control::log::{Item, Logger};
use spec::riscv::RV64;
use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;

/// Runs the command.
pub fn run(command: Command, words: &[OsString]) -> ExitCode {
    options::read(command, words, program)
}

fn program(options: &Options) -> ExitCode {
    let gate = match options.gdb.as_ref().map(Gate::open).transpose() {
        Ok(gate) => gate,
        Err(error) => {
            crate::complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let hidden = gate.as_ref().map(Gate::descriptor);
    let mut loaded = match load(options, hidden) {
        Ok(loaded) => loaded,
        Err(status) => {
            if let Some(gate) = gate {
                gate.close();
            }
            return status;
        }
    };
    if let Some(gate) = gate {
        return debugged(gate, loaded);
    }
    user::host::restore_streams();
    let symbols = || Rc::new(loaded.process.symbols().clone());
    let logged = options.items.iter().any(|item| !matches!(item, Item::Unimp | Item::Stats));
    let logger =
        logged.then(symbols).and_then(|symbols| Logger::new(&loaded.sink, &options.items, symbols, &RV64));
    let observer = logger.map(|logger| Box::new(logger) as _);
    let mut vcpu = options.tier.vcpu(hart(loaded.state, loaded.space), observer);
    let ended = control::program::run(vcpu.as_mut(), &mut loaded.process);
    if options.items.contains(&Item::Stats) {
        let driver = match options.tier {
            Tier::Interp(Driver::Block) => "block",
            Tier::Interp(Driver::Step) => "step",
        };
        loaded.sink.line(&format!("stats: instructions {}", vcpu.hart().state.instret));
        loaded.sink.line(&format!("stats: driver interp/{driver}"));
    }
    end(ended, &mut loaded.process)
}

/// The same with gdb at the other end of a socket.
fn debugged(gate: Gate, mut loaded: Loaded) -> ExitCode {
    let stream = match gate.wait() {
        Ok(stream) => stream,
        Err(error) => {
            crate::complain(&error);
            return ExitCode::FAILURE;
        }
    };
    user::host::restore_streams();
    let ended = control::gdb::debug(hart(loaded.state, loaded.space), &mut loaded.process, stream);
    end(ended, &mut loaded.process)
}
