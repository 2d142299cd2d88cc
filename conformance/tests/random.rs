//! The drivers agree on random programs; `STRATA_SEED` replays one, `STRATA_SOAK=1` runs a hundred times
//! as many.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use conformance::random::{Coverage, Like, Subject, program, run, seed_of, seeds, sweep};
use conformance::speak::Driver;
use conformance::toy::{self, Toy};
use interp::riscv::{Rv, Rv32, Rv64};
use interp::{Flow, Guest, Hart, Memory, run_rows};
use jit::ir::{At, Builder, GuestPlaces, Place};
use jit::lift::Lift;
use spec::insn::Insn;
use spec::riscv::{Op, State, Trap};

/// The rows that raise an exception whenever a program in user mode executes them.
const RISCV_TRAPS: [Op; 10] = [
    Op::Ecall,
    Op::Ebreak,
    Op::CEbreak,
    Op::Sret,
    Op::Mret,
    Op::Wfi,
    Op::SfenceVma,
    Op::SinvalVma,
    Op::SfenceWInval,
    Op::SfenceInvalIr,
];

fn agree<S: Subject>(driver: Driver, count: u64, traps: &[S::Op]) {
    let seeds = seeds(count).unwrap();
    let alone = seeds.len() == 1;
    let coverage = sweep::<S, S>(seeds, driver).unwrap_or_else(|report| panic!("{report}"));
    println!("{coverage}");
    if !alone {
        assert_eq!(coverage.missed(), [], "rows that no program reached");
        let always = coverage.always_trapped();
        let odd: Vec<_> = always.iter().filter(|op| !traps.contains(op)).collect();
        assert!(odd.is_empty(), "rows that no program completed: {odd:?}");
        assert_eq!(always.len(), traps.len(), "a row that always traps did not: {always:?}");
    }
}

#[test]
fn drivers_agree_on_random_programs_of_rv64() {
    agree::<Rv64>(Driver::Block, 20_000, &RISCV_TRAPS);
}

#[test]
fn units_agree_on_random_programs_of_rv64() {
    agree::<Rv64>(Driver::Unit, 20_000, &RISCV_TRAPS);
}

#[test]
fn optimized_units_agree_on_random_programs_of_rv64() {
    agree::<Rv64>(Driver::Optimized, 20_000, &RISCV_TRAPS);
}

#[test]
fn drivers_agree_on_random_programs_of_rv32() {
    agree::<Rv32>(Driver::Block, 14_000, &RISCV_TRAPS);
}

#[test]
fn units_agree_on_random_programs_of_rv32() {
    agree::<Rv32>(Driver::Unit, 14_000, &RISCV_TRAPS);
}

#[test]
fn optimized_units_agree_on_random_programs_of_rv32() {
    agree::<Rv32>(Driver::Optimized, 14_000, &RISCV_TRAPS);
}

#[test]
fn drivers_agree_on_random_programs_of_the_toy() {
    agree::<Toy>(Driver::Block, 6_000, &[toy::Op::Call]);
}

#[test]
fn units_agree_on_random_programs_of_the_toy() {
    agree::<Toy>(Driver::Unit, 6_000, &[toy::Op::Call]);
}

#[test]
fn optimized_units_agree_on_random_programs_of_the_toy() {
    agree::<Toy>(Driver::Optimized, 6_000, &[toy::Op::Call]);
}

/// The same seed ends in the same state: in every run and in every driver.
fn repeats<S: Subject>() {
    for number in 0..500 {
        let once = run::<S, S>(&program::<S>(seed_of(number)), Driver::Block, &mut Coverage::default());
        let again = run::<S, S>(&program::<S>(seed_of(number)), Driver::Step, &mut Coverage::default());
        assert_eq!(once.ok().unwrap(), again.ok().unwrap(), "program {number}");
    }
}

#[test]
fn a_seed_always_ends_in_the_same_state() {
    repeats::<Rv64>();
    repeats::<Rv32>();
    repeats::<Toy>();
}

/// A RISC-V guest that is right but for what `BUG` says.
struct Broken<const BUG: u8>;

/// `xor` computes `or`.
const XOR_IS_OR: u8 = 0;
/// `auipc` inside a block counts from the block's first instruction.
const AUIPC_FORGETS_ITS_PLACE: u8 = 1;
/// `mulhu` panics.
const MULHU_PANICS: u8 = 3;
/// A store-conditional leaves the address reserved.
const SC_KEEPS_THE_RESERVATION: u8 = 2;

/// Has Rv64 execute in place of `h`.
fn delegate<G: Rv, M: Memory>(h: &mut Hart<G, M>, insn: &Insn<Op>) -> Flow {
    let mut inner: Hart<Rv64, &mut M> = Hart::new(h.state.clone(), &mut h.mem);
    let flow = Rv64::execute(&mut inner, insn);
    (h.state, h.trap) = (inner.state, inner.trap);
    flow
}

impl<const BUG: u8> Rv for Broken<BUG> {
    const XLEN: u32 = 64;
    fn keep(value: u64) -> u64 {
        value
    }
    fn unsigned(value: u64) -> u64 {
        value
    }
}

/// Its units are right: the mistakes are those of handlers.
impl<const BUG: u8> Lift for Broken<BUG> {
    fn places() -> &'static GuestPlaces {
        Rv64::places()
    }
    fn read(state: &State, place: Place) -> u64 {
        Rv64::read(state, place)
    }
    fn write(state: &mut State, place: Place, value: u64) {
        Rv64::write(state, place, value);
    }
    fn lift(b: &mut Builder, insn: &Insn<Op>, at: At) {
        Rv64::lift(b, insn, at);
    }
}

impl<const BUG: u8> Guest for Broken<BUG> {
    type Op = Op;
    type State = State;
    type Trap = Trap;
    type Code = Op;

    fn plan(insns: &[Insn<Op>]) -> Box<[Insn<Op>]> {
        insns.into()
    }

    fn run<M: Memory>(h: &mut Hart<Self, M>, insns: &[Insn<Op>]) -> (Flow, usize) {
        run_rows(h, insns)
    }

    fn fetch<M: Memory>(h: &mut Hart<Self, M>, pc: u64) -> Result<Insn<Op>, Trap> {
        let state = State { pc, ..State::new() };
        Rv64::fetch(&mut Hart::new(state, &mut h.mem), pc)
    }

    fn execute<M: Memory>(h: &mut Hart<Self, M>, insn: &Insn<Op>) -> Flow {
        let reservation = h.state.reservation;
        match (BUG, insn.op) {
            (XOR_IS_OR, Op::Xor) => delegate(h, &Insn { op: Op::Or, ..*insn }),
            (AUIPC_FORGETS_ITS_PLACE, Op::Auipc) => delegate(h, &Insn { off: 0, ..*insn }),
            (MULHU_PANICS, Op::Mulhu) => panic!("no mulhu today"),
            (SC_KEEPS_THE_RESERVATION, Op::ScW | Op::ScD) => {
                let flow = delegate(h, insn);
                h.state.reservation = reservation;
                flow
            }
            _ => delegate(h, insn),
        }
    }

    fn pc(state: &State) -> u64 {
        state.pc
    }
    fn set_pc(state: &mut State, pc: u64) {
        state.pc = pc;
    }
    fn retired(state: &mut State) -> &mut u64 {
        &mut state.instret
    }
    fn effects(op: Op) -> spec::rows::Effects {
        Rv64::effects(op)
    }
}

/// The report of the first program in which `T` differs.
fn found<T: Like<Rv64>>(driver: Driver) -> String {
    match sweep::<Rv64, T>((0..2000).map(seed_of), driver) {
        Ok(coverage) => panic!("the mistake was not found: {coverage}"),
        Err(report) => report.to_string(),
    }
}

#[test]
fn a_wrong_row_is_found_shrunk_and_named() {
    for driver in [Driver::Step, Driver::Block] {
        let report = found::<Broken<XOR_IS_OR>>(driver);
        println!("{report}");
        // How far depends on the seed: an instruction that traps may be needed to get past another.
        assert!((1..=8).any(|few| report.contains(&format!(" to {few} instructions"))), "{report}");
        assert!(report.contains("differs at:"), "{report}");
        assert!(report.contains(" xor "), "{report}");
        assert!(report.contains("replay: STRATA_SEED=0x"), "{report}");
    }
}

#[test]
fn a_mistake_that_only_blocks_make_is_found_and_named() {
    let agreed = sweep::<Rv64, Broken<AUIPC_FORGETS_ITS_PLACE>>((0..50).map(seed_of), Driver::Step);
    assert!(agreed.is_ok(), "one by one, every instruction is the first");
    let report = found::<Broken<AUIPC_FORGETS_ITS_PLACE>>(Driver::Block);
    println!("{report}");
    assert!(report.contains("to 1 instructions") && report.contains(" auipc "), "{report}");
}

#[test]
fn a_wrong_part_of_the_state_is_named() {
    let report = found::<Broken<SC_KEEPS_THE_RESERVATION>>(Driver::Block);
    println!("{report}");
    assert!(report.contains("reservation: step 0xffffffffffffffff"), "{report}");
    assert!(report.contains(" sc."), "{report}");
}

#[test]
fn a_panic_is_reported_with_its_seed() {
    let report = found::<Broken<MULHU_PANICS>>(Driver::Block);
    assert!(report.contains("a driver panicked") && report.contains("STRATA_SEED=0x"), "{report}");
    assert!(report.contains(" mulhu "), "{report}");
}

/// The report must not depend on luck: the program it shows fails when it is run again.
#[test]
fn a_replayed_seed_fails_again() {
    let report = found::<Broken<XOR_IS_OR>>(Driver::Block);
    let seed = report.split("STRATA_SEED=0x").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let seed = u64::from_str_radix(seed, 16).unwrap();
    let again = sweep::<Rv64, Broken<XOR_IS_OR>>([seed], Driver::Block);
    assert_eq!(again.err().map(|r| r.to_string()), Some(report));
}
