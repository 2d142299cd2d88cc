//! A small program in memory, run as host code and by the step driver.

use interp::riscv::Rv;
use interp::{Hart, Stop, step};
use jit::code::{Hosted, Options, Runner};
use jit::emit::host::Features;
use memory::user::{MapKind, Placement, Prot, Space};
use spec::riscv::{RV32, RV64, State, Trap};

/// Everything is translated at first sight.
pub fn options(features: Features) -> Options {
    Options { hot: 0, cache: 1 << 20, features, ..Options::default() }
}

/// A hart's memory and its runner.
pub struct Machine<G: Hosted> {
    pub space: Space,
    pub runner: Runner<G>,
}

impl<G: Hosted<State = State, Trap = Trap> + Rv> Machine<G> {
    pub fn new(options: Options) -> Self {
        let space = if G::XLEN == 32 {
            Space::new_32().unwrap()
        } else {
            Space::with_window(1 << 39, Space::SV39_TOP).unwrap()
        };
        let runner = Runner::new(&space, options).unwrap();
        Self { space, runner }
    }

    /// Four pages that may be read, written and executed, with `lines` at the first byte.
    pub fn program(&self, at: u64, lines: &str) {
        let all = Prot::RW | Prot::EXEC;
        self.space.map(Placement::Fixed(at), 0x4000, all, MapKind::ANONYMOUS).unwrap();
        self.write(at, lines);
    }

    pub fn write(&self, at: u64, lines: &str) {
        self.space.copy_out(at, &Self::bytes(at, lines)).unwrap();
    }

    pub fn bytes(at: u64, lines: &str) -> Vec<u8> {
        let mut bytes: Vec<u8> = vec![];
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let guest = if G::XLEN == 32 { &RV32 } else { &RV64 };
            bytes.extend(spec::asm::bytes(guest, line.trim(), at + bytes.len() as u64).unwrap());
        }
        bytes
    }

    pub fn hart(&self, state: State) -> Hart<G, Space> {
        Hart::new(state, self.space.clone())
    }

    pub fn step(&self, state: State, budget: u64) -> (Stop<Trap>, State) {
        let mut hart = self.hart(state);
        let stop = step::run(&mut hart, budget, None);
        (stop, hart.state)
    }

    pub fn run(&mut self, state: State, budget: u64) -> (Stop<Trap>, State) {
        let mut hart = self.hart(state);
        let stop = self.runner.run(&mut hart, budget);
        (stop, hart.state)
    }

    pub fn native(&self) -> u64 {
        self.runner.native()
    }
}
