//! `strata run`: a Linux program at full speed.

use crate::gdb::Gate;
use crate::options::{self, Command, Options};
use crate::program::{Loaded, chain, end, end_here, hart, load};
use accel::{Accelerated, Driver, Tier, Vcpu};
use control::log::{Item, Logger, Sink, UnitLogger};
use control::program::Ended;
use control::tiers::Totals;
use interp::riscv::{Rv, Rv32, Rv64};
use memory::user::Space;
use spec::riscv::State;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use user::Thread;
use user::elf::Symbols;

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
    let loaded = match load(options, hidden) {
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
    match loaded.thread.process().abi().word_size() {
        4 => freely::<Rv32>(options, loaded),
        _ => freely::<Rv64>(options, loaded),
    }
}

fn freely<X: Rv + Accelerated>(options: &Options, loaded: Loaded) -> ExitCode {
    let Loaded { mut thread, state, space, sink } = loaded;
    let vcpus = Vcpus::new(options, &thread, space, &sink);
    let totals = Arc::new(Totals::default());
    let ending = ending(options, sink, totals.clone());
    let process = thread.process().clone();
    let mut vcpu = vcpus.make::<X>(state);
    if let (Some(why), true) = (vcpu.instead(), options.tier_named) {
        crate::complain(&format!("the program is interpreted: {why}"));
    }
    let crew = {
        let (ending, totals) = (ending.clone(), totals.clone());
        control::program::crew(
            move |state| vcpus.make::<X>(state),
            move |vcpu, instructions| totals.add(instructions, vcpu.tally()),
            move |ended, process| {
                if !process.is_borrowed() {
                    ending();
                }
                end_here(ended, process);
            },
        )
    };
    process.start_with(crew);
    let ended = control::program::run(vcpu.as_mut(), &mut thread);
    totals.add(vcpu.hart().state.instret, vcpu.tally());
    if ended != Ended::Left {
        ending();
    }
    end(ended, &process)
}

/// Logs the totals.
fn ending(options: &Options, sink: Sink, totals: Arc<Totals>) -> impl Fn() + Clone + Send + Sync + 'static {
    let [stats, tiers] = [Item::Stats, Item::Tiers].map(|item| options.items.contains(&item));
    let driver = match options.tier {
        Tier::Interp(Driver::Block, _) => "interp/block",
        Tier::Interp(Driver::Step, _) => "interp/step",
        Tier::Jit(_) => "jit",
    };
    move || {
        if stats {
            sink.line(&format!("stats: instructions {}", totals.instructions()));
            sink.line(&format!("stats: driver {driver}"));
        }
        if tiers {
            totals.lines().iter().for_each(|line| sink.line(&format!("tiers: {line}")));
        }
    }
}

/// What it takes to make a vCPU for each thread.
struct Vcpus {
    tier: Tier,
    space: Space,
    sink: Sink,
    items: Vec<Item>,
    /// Whether perf gets a map of units.
    perf: bool,
    /// Of the program, if somebody wants to see them.
    symbols: Option<Arc<Symbols>>,
}

impl Vcpus {
    fn new(options: &Options, thread: &Thread, space: Space, sink: &Sink) -> Self {
        let silent = |item: &Item| matches!(item, Item::Unimp | Item::Stats | Item::Tiers);
        let logged = options.perf || !options.items.iter().all(silent);
        let symbols = logged.then(|| Arc::new(thread.process().symbols().clone()));
        let items = options.items.clone();
        Self { tier: options.tier, space, sink: sink.clone(), items, perf: options.perf, symbols }
    }

    fn make<X: Rv + Accelerated>(&self, state: State) -> Box<dyn Vcpu<X, Space>> {
        let guest = control::log::guest::<X>();
        // Units are told of with their guest assembly, and need no interpreter that tells of it.
        let of_units = matches!(self.tier, Tier::Jit(_)) && self.items.iter().any(|item| item.is_of_units());
        let by_blocks = !of_units || self.items.iter().any(|item| item.is_of_runs());
        let symbols = self.symbols.clone();
        let logger = symbols.clone().filter(|_| by_blocks);
        let logger = logger.and_then(|all| Logger::new(&self.sink, &self.items, all, guest));
        let hart = hart(state, self.space.clone());
        let mut vcpu = X::vcpu(self.tier, hart, logger.map(|logger| Box::new(logger) as _));
        let units = symbols.and_then(|all| UnitLogger::new(&self.sink, &self.items, all, guest, self.perf));
        if units.is_some() || self.items.contains(&Item::Tiers) {
            vcpu.watch(units.map(|units| Arc::new(units) as _));
        }
        vcpu
    }
}

/// The same with gdb at the other end of a socket.
fn debugged(gate: Gate, mut loaded: Loaded) -> ExitCode {
    let abi = loaded.thread.process().abi();
    if abi.word_size() == 4 {
        crate::complain(&format!(
            "-g does not know {} programs yet; run the program without it",
            abi.machine
        ));
        gate.close();
        return ExitCode::FAILURE;
    }
    let stream = match gate.wait() {
        Ok(stream) => stream,
        Err(error) => {
            crate::complain(&error);
            return ExitCode::FAILURE;
        }
    };
    user::host::restore_streams();
    let Loaded { thread, state, space, .. } = &mut loaded;
    match control::gdb::debug(thread, state.clone(), space.clone(), stream, end_here) {
        Ok(ended) => end(ended, loaded.thread.process()),
        Err(error) => {
            crate::complain(&format!("no thread for gdb: {}; raise `ulimit -u`", chain(&error)));
            ExitCode::FAILURE
        }
    }
}
