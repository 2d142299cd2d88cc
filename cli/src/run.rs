//! `strata run`: a Linux program at full speed.

use crate::gdb::Gate;
use crate::options::{self, Command, Options};
use crate::program::{Loaded, chain, end, end_here, hart, load};
use accel::{Accelerated, Driver, Tier, Vcpu};
use control::log::{Item, Logger, Sink};
use control::program::Ended;
use interp::riscv::{Rv, Rv32, Rv64};
use memory::user::Space;
use spec::riscv::State;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    let retired = Arc::new(AtomicU64::new(0));
    let ending = {
        let (stats, sink, retired) = (options.items.contains(&Item::Stats), sink, retired.clone());
        let driver = vcpus.driver();
        move || {
            if stats {
                sink.line(&format!("stats: instructions {}", retired.load(Ordering::Relaxed)));
                sink.line(&format!("stats: driver interp/{driver}"));
            }
        }
    };
    let process = thread.process().clone();
    let mut vcpu = vcpus.make::<X>(state);
    let crew = {
        let ending = ending.clone();
        control::program::crew(
            move |state| vcpus.make::<X>(state),
            retired.clone(),
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
    retired.fetch_add(vcpu.hart().state.instret, Ordering::Relaxed);
    if ended != Ended::Left {
        ending();
    }
    end(ended, &process)
}

/// What it takes to make a vCPU for each thread.
struct Vcpus {
    tier: Tier,
    space: Space,
    sink: Sink,
    items: Vec<Item>,
    /// Of the program, if somebody wants to see them.
    symbols: Option<Arc<Symbols>>,
}

impl Vcpus {
    fn new(options: &Options, thread: &Thread, space: Space, sink: &Sink) -> Self {
        let logged = options.items.iter().any(|item| !matches!(item, Item::Unimp | Item::Stats));
        let symbols = logged.then(|| Arc::new(thread.process().symbols().clone()));
        Self { tier: options.tier, space, sink: sink.clone(), items: options.items.clone(), symbols }
    }

    fn make<X: Rv + Accelerated>(&self, state: State) -> Box<dyn Vcpu<X, Space>> {
        let guest = control::log::guest::<X>();
        let logger = self.symbols.clone().and_then(|all| Logger::new(&self.sink, &self.items, all, guest));
        X::vcpu(self.tier, hart(state, self.space.clone()), logger.map(|logger| Box::new(logger) as _))
    }

    fn driver(&self) -> &'static str {
        match self.tier {
            Tier::Interp(Driver::Block) => "block",
            Tier::Interp(Driver::Step) => "step",
            Tier::Jit(_) => "jit",
        }
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
