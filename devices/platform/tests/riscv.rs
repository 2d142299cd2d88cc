//! Timer, software interrupts, interrupt controller and finisher as their specifications have them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Bench, bench, lines, load, store};
use memory::mmio::Width::{Double, Half, Word};
use model::{IrqLine, Port, Request};
use platform::riscv::aclint::{Mtimer, Swi};
use platform::riscv::plic::{Config, Plic};
use platform::riscv::test::Finisher;
use rstest::rstest;
use std::sync::{Arc, Mutex};

const MTIME: u64 = 0x7ff8;

fn mtimer(bench: &Bench, harts: Vec<IrqLine>) -> Arc<Port<Mtimer>> {
    Port::new("mtimer", &bench.world, |seat| Mtimer::new(seat, harts, 10_000_000, |_| {}))
}

#[test]
fn mtime_counts_guest_time() {
    let bench = bench();
    let timer = mtimer(&bench, lines(1));
    bench.until(1_000_099);
    assert_eq!(load(&*timer, MTIME, Double), 10_000);
    bench.until(5_000_000_000_000);
    assert_eq!(
        (load(&*timer, MTIME, Word), load(&*timer, MTIME + 4, Word)),
        (50_000_000_000 & 0xffff_ffff, 11)
    );
}

#[test]
fn a_hart_is_interrupted_when_mtime_reaches_its_mtimecmp() {
    let (bench, wires) = (bench(), lines(2));
    let timer = mtimer(&bench, wires.clone());
    store(&*timer, 0, u64::MAX, Double);
    store(&*timer, 8, 10, Double);
    assert_eq!(bench.world.timers.next_deadline(), Some(1000));
    bench.until(999);
    assert_eq!([wires[0].level(), wires[1].level()], [false, false]);
    bench.until(1000);
    assert_eq!([wires[0].level(), wires[1].level()], [false, true]);
    store(&*timer, 8, 11, Double);
    assert!(!wires[1].level());
}

#[test]
fn mtimecmp_can_be_written_in_halves() {
    let (bench, wires) = (bench(), lines(1));
    let timer = mtimer(&bench, wires.clone());
    store(&*timer, 0, 0xffff_ffff, Word);
    store(&*timer, 4, 0x1234, Word);
    store(&*timer, 0, 0x5678, Word);
    assert_eq!(load(&*timer, 0, Double), 0x1234_0000_5678);
    assert!(!wires[0].level());
}

#[test]
fn writing_mtime_moves_time_for_everybody() {
    let (bench, wires, told) = (bench(), lines(1), Arc::new(Mutex::new(0)));
    let (into, harts) = (Arc::clone(&told), wires.clone());
    let timer = Port::new("mtimer", &bench.world, |seat| {
        Mtimer::new(seat, harts, 10_000_000, move |delta| *into.lock().unwrap() = delta)
    });
    store(&*timer, 0, 1_000_000, Double);
    bench.until(1000);
    store(&*timer, MTIME, 999_990, Double);
    assert_eq!(*told.lock().unwrap(), 999_980);
    assert_eq!(bench.world.timers.next_deadline(), Some(2000));
    bench.until(2000);
    assert!(wires[0].level());
}

#[test]
fn a_hart_that_is_not_there_is_reported() {
    let bench = bench();
    let timer = mtimer(&bench, lines(1));
    store(&*timer, 8, 0, Double);
    assert_eq!(load(&*timer, 8, Double), 0);
    assert_eq!(bench.errors.lock().unwrap()[0], "mtimer: MTIMECMP: there is no hart 1");
}

#[test]
fn machine_software_interrupts_are_levels_and_supervisor_ones_edges() {
    let (bench, wires) = (bench(), lines(2));
    let machine = wires.clone();
    let mswi = Port::new("mswi", &bench.world, |_| Swi::machine(machine));
    store(&*mswi, 4, 0xffff_ffff, Word);
    assert_eq!((wires[0].level(), wires[1].level(), load(&*mswi, 4, Word)), (false, true, 1));
    store(&*mswi, 4, 0xffff_fffe, Word);
    assert!(!wires[1].level());

    let edges = Arc::new(Mutex::new(vec![]));
    let into = Arc::clone(&edges);
    let line = IrqLine::new(move |level| into.lock().unwrap().push(level));
    let sswi = Port::new("sswi", &bench.world, |_| Swi::supervisor(vec![line]));
    store(&*sswi, 0, 0, Word);
    store(&*sswi, 0, 1, Word);
    assert_eq!((edges.lock().unwrap().clone(), load(&*sswi, 0, Word)), (vec![true, false], 0));
}

struct Wired {
    port: Arc<Port<Plic>>,
    bench: Bench,
    targets: Vec<IrqLine>,
    inputs: Vec<IrqLine>,
}

fn plic() -> Wired {
    let (bench, targets) = (bench(), lines(2));
    let out = targets.clone();
    let config = Config { sources: 96, priority_bits: 3 };
    let port = Port::new("plic", &bench.world, |_| Plic::new(config, out));
    let inputs = (0..96).map(|source| Plic::input(&port, source)).collect();
    Wired { port, bench, targets, inputs }
}

impl Wired {
    fn get(&self, at: u64) -> u64 {
        load(&*self.port, at, Word)
    }
    fn set(&self, at: u64, value: u64) {
        store(&*self.port, at, value, Word);
    }
    fn claim(&self, context: u64) -> u64 {
        self.get(0x20_0004 + 0x1000 * context)
    }
    fn complete(&self, context: u64, source: u64) {
        self.set(0x20_0004 + 0x1000 * context, source);
    }
    /// Sources 10 and 11 have priority 1 and are enabled for context 1.
    fn ready(self) -> Self {
        self.set(4 * 10, 1);
        self.set(4 * 11, 1);
        self.set(0x2080, 1 << 10 | 1 << 11);
        self
    }
}

#[test]
fn a_source_is_claimed_once_and_again_after_completion_while_its_line_is_high() {
    let plic = plic().ready();
    plic.inputs[10].set(true);
    assert_eq!([plic.targets[0].level(), plic.targets[1].level()], [false, true]);
    assert_eq!(plic.get(0x1000), 1 << 10);
    assert_eq!((plic.claim(1), plic.claim(1)), (10, 0));
    assert_eq!((plic.targets[1].level(), plic.get(0x1000)), (false, 0));
    plic.complete(1, 10);
    assert!(plic.targets[1].level());
    assert_eq!(plic.claim(1), 10);
    plic.inputs[10].set(false);
    plic.complete(1, 10);
    assert!(!plic.targets[1].level());
}

#[test]
fn a_pending_source_stays_so_when_its_line_falls() {
    let plic = plic().ready();
    plic.inputs[10].set(true);
    plic.inputs[10].set(false);
    assert_eq!((plic.claim(1), plic.claim(1)), (10, 0));
}

#[test]
fn the_highest_priority_goes_first_and_of_equals_the_lowest_source() {
    let plic = plic().ready();
    plic.set(0x2084, 1 << 1);
    plic.set(4 * 33, 7);
    for source in [11, 33, 10] {
        plic.inputs[source].set(true);
    }
    assert_eq!([plic.claim(1), plic.claim(1), plic.claim(1), plic.claim(1)], [33, 10, 11, 0]);
}

#[test]
fn a_threshold_holds_interrupts_back_but_not_claims() {
    let plic = plic().ready();
    plic.set(0x20_1000, 1);
    plic.inputs[10].set(true);
    assert!(!plic.targets[1].level());
    assert_eq!(plic.claim(1), 10);
}

#[test]
fn priorities_and_thresholds_keep_three_bits_and_source_0_none() {
    let plic = plic();
    plic.set(4, 0xffff_ffff);
    plic.set(0, 0xffff_ffff);
    plic.set(0x2000, 0xffff_ffff);
    plic.set(0x20_0000, 0xff);
    assert_eq!((plic.get(4), plic.get(0), plic.get(0x2000), plic.get(0x20_0000)), (7, 0, 0xffff_fffe, 7));
}

#[test]
fn completing_what_is_not_enabled_is_ignored_and_reported() {
    let plic = plic().ready();
    plic.inputs[10].set(true);
    assert_eq!(plic.claim(1), 10);
    plic.complete(0, 10);
    assert!(!plic.targets[1].level());
    assert_eq!(
        plic.bench.errors.lock().unwrap()[0],
        "plic: CLAIM: completion of source 10, which context 0 has not enabled"
    );
}

#[test]
fn a_reset_shuts_the_controller_and_keeps_the_lines_levels() {
    use model::Attached;
    let plic = plic().ready();
    plic.inputs[10].set(true);
    plic.port.reset();
    assert_eq!((plic.get(4 * 10), plic.get(0x2080), plic.targets[1].level()), (0, 0, false));
    let plic = plic.ready();
    assert_eq!(plic.claim(1), 10);
}

#[rstest]
#[case(0x5555, &[Request::Exit { status: 0 }])]
#[case(0x3333 | 42 << 16, &[Request::Exit { status: 42 }])]
#[case(0x7777, &[Request::Reset])]
#[case(0x1234, &[])]
fn the_finisher_ends_the_machine(#[case] value: u64, #[case] requests: &[Request]) {
    let bench = bench();
    let port = Port::new("test", &bench.world, Finisher::new);
    store(&*port, 0, value, Word);
    assert_eq!(*bench.requests.lock().unwrap(), requests);
    assert_eq!(load(&*port, 0, Half), 0);
}
