//! A driver that does one thing wrong is found at exactly the instruction at which it does.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use accel::lockstep::narrow::in_piece;
use accel::lockstep::report::{row_of, tell};
use accel::lockstep::{Event, Found, Recorded, Scene, Side, narrow};
use accel::{Accelerated, Driver, Tier, Vcpu};
use interp::riscv::Rv64;
use interp::{Guest, Hart, Stop};
use memory::user::{MapKind, Placement, Prot, Space};
use rstest::rstest;
use spec::riscv::{RV64, State, Trap};
use std::sync::Arc;

const CODE: u64 = 0x1_0000;
const DATA: u64 = 0x2_0000;

/// A loop of nine instructions, a thousand times.
const LOOP: &[&str] = &[
    "li t0, 1000",
    "lui s0, 0x20",
    "add a0, a0, t0",
    "xori a1, a0, 0x55",
    "sd a1, 8(s0)",
    "ld a2, 8(s0)",
    "mul a3, a2, a0",
    "sw a3, 16(s0)",
    "addi t0, t0, -1",
    "sltu a4, t0, a3",
    "bnez t0, -32",
    "ecall",
];

fn scene(lines: &[&str]) -> Scene {
    let space = Space::with_window(1 << 30, 1 << 30).unwrap();
    space.map(Placement::Fixed(CODE), 0x1000, Prot::RW, MapKind::ANONYMOUS).unwrap();
    space.map(Placement::Fixed(DATA), 0x2000, Prot::RW, MapKind::ANONYMOUS).unwrap();
    let mut at = CODE;
    for line in lines {
        let line = line.replace("bnez t0, -32", &format!("bnez t0, {:#x}", at - 32));
        let bytes = spec::asm::bytes(&RV64, &line, at).unwrap();
        space.copy_out(at, &bytes).unwrap();
        at += bytes.len() as u64;
    }
    space.protect(CODE, 0x1000, Prot::RX).unwrap();
    Scene::capture(&State { pc: CODE, ..State::new() }, &space)
}

/// What a driver does wrong.
#[derive(Clone, Copy)]
enum Wrong {
    /// The value of a register, from its bit on.
    Register(usize),
    /// A byte of memory.
    Byte(u64),
}

/// Runs as another driver does, and does wrong right after instruction `at` has retired.
struct Broken {
    inner: Box<dyn Vcpu<Rv64, Space>>,
    at: u64,
    wrong: Wrong,
}

impl Vcpu<Rv64, Space> for Broken {
    fn hart(&mut self) -> &mut Hart<Rv64, Space> {
        self.inner.hart()
    }

    fn run(&mut self, budget: u64) -> Stop<Trap> {
        let done = self.inner.hart().state.instret;
        if done >= self.at || self.at - done > budget {
            return self.inner.run(budget);
        }
        let first = self.at - done;
        match self.inner.run(first) {
            Stop::Budget => {}
            trap => return trap,
        }
        let hart = self.inner.hart();
        match self.wrong {
            Wrong::Register(n) => hart.state.x[n] ^= 0x10,
            Wrong::Byte(at) => {
                let byte: u8 = hart.mem.load(at).unwrap();
                hart.mem.store(at, byte ^ 0x80).unwrap();
            }
        }
        if budget == first { Stop::Budget } else { self.inner.run(budget - first) }
    }
}

fn sides(driver: Driver, at: u64, wrong: Wrong) -> [Side<Rv64>; 2] {
    let make = Arc::new(move |hart| {
        let inner = Rv64::vcpu(Tier::interp(driver), hart, None);
        Box::new(Broken { inner, at, wrong }) as Box<dyn Vcpu<Rv64, Space>>
    });
    let broken = Side { name: "broken".into(), make, eager: None, explain: None };
    [Side::of(Tier::interp(Driver::Step), "interp,step=on"), broken]
}

/// The instruction that retires as number `number`, from zero.
fn expected(number: u64) -> (u64, &'static str) {
    const HEAD: u64 = 2;
    let rows = ["add", "xori", "sd", "ld", "mul", "sw", "addi", "sltu", "bne"];
    let place = if number < HEAD { return (CODE + 4 * number, "addi") } else { (number - HEAD) % 9 };
    (CODE + 4 * (HEAD + place), rows[usize::try_from(place).unwrap()])
}

fn check(found: &Found, number: u64) {
    let last = found.places.last().unwrap();
    let (pc, row) = expected(number);
    assert_eq!((last.pc, row_of(found)), (pc, Some(row)));
    assert!(found.exact);
    assert_eq!(found.before, number);
}

#[rstest]
fn a_flipped_register_is_found_at_its_instruction(
    #[values(Driver::Step, Driver::Block)] driver: Driver,
    #[values(2, 7, 500, 7_777)] number: u64,
) {
    let sides = sides(driver, number + 1, Wrong::Register(20));
    let found = in_piece(&sides, &scene(LOOP), 9_000).unwrap().unwrap();
    check(&found, number);
    let text = tell(&sides, &found);
    assert!(text.starts_with(&format!("interp,step=on and broken differ after {number} instructions\n")));
    assert!(
        text.contains("  x20/s4 (before: 0x0)\n    interp,step=on  0x0\n    broken          0x10\n"),
        "{text}"
    );
}

#[rstest]
fn a_wrong_byte_is_found_at_its_instruction(
    #[values(Driver::Step, Driver::Block)] driver: Driver,
    #[values(3, 600, 8_000)] number: u64,
) {
    let sides = sides(driver, number + 1, Wrong::Byte(DATA + 0x1abc));
    let found = in_piece(&sides, &scene(LOOP), 9_000).unwrap().unwrap();
    check(&found, number);
    let text = tell(&sides, &found);
    assert!(text.contains("byte at 0x21abc"), "{text}");
}

#[test]
fn a_difference_among_many_events_is_found_in_the_right_one() {
    let mut events = vec![];
    for _ in 0..100 {
        events.push(Event::Ran(50));
    }
    let written = vec![(DATA, vec![7; 16])];
    let mut state = State { pc: CODE + 8, instret: 5_000, ..State::new() };
    (state.x[5], state.x[8]) = (400, DATA);
    events.push(Event::Set(Box::new(state), written));
    for _ in 0..40 {
        events.push(Event::Ran(50));
    }
    let sides = sides(Driver::Block, 6_001, Wrong::Register(20));
    let found = narrow(&sides, &scene(LOOP), &events).unwrap().unwrap();
    // The second stretch begins with the loop's first instruction again.
    let place = 1_000 % 9;
    assert_eq!(found.places.last().unwrap().pc, CODE + 4 * (2 + place));
    assert_eq!(found.before, 6_000);
}

/// A scene written to a file and read again shows the same difference.
#[test]
fn a_recorded_scene_shows_its_difference_alone() {
    let sides = sides(Driver::Block, 7_778, Wrong::Register(20));
    let found = in_piece(&sides, &scene(LOOP), 9_000).unwrap().unwrap();
    let names = sides.each_ref().map(|side| side.name.clone());
    let recorded = Recorded { xlen: 64, sides: names, budget: found.budget, scene: found.scene.clone() };
    let read = Recorded::read(&recorded.write()).unwrap();
    let again = in_piece(&sides, &read.scene, read.budget).unwrap().unwrap();
    check(&again, 7_777);
    assert!(found.budget == 1 && read.scene.pages.len() <= 2, "only what matters is kept");
}

/// A guest that is right but for `auipc` inside a block: a mistake that single instructions do not show.
struct Forgetful {
    hart: Hart<Rv64, Space>,
}

impl Vcpu<Rv64, Space> for Forgetful {
    fn hart(&mut self) -> &mut Hart<Rv64, Space> {
        &mut self.hart
    }

    /// Whole runs of five instructions are "compiled": their `mul` is wrong. What the budget cuts is not.
    fn run(&mut self, budget: u64) -> Stop<Trap> {
        let mut left = budget;
        while left > 0 {
            let start = self.hart.state.pc;
            let mut count = 0;
            while count < 5 {
                let at = start + 4 * count;
                match accel::lockstep::narrow::instruction::<Rv64>(&self.hart.mem, at) {
                    Some(insn) if !Rv64::effects(insn.op).any(spec::rows::Effects::JUMP) => count += 1,
                    _ => break,
                }
            }
            let whole = count >= 2 && left >= count;
            for _ in 0..if whole { count } else { 1 } {
                let pc = self.hart.state.pc;
                let insn = match interp::step::step(&mut self.hart) {
                    Ok(insn) => insn,
                    Err(stop) => return stop,
                };
                if whole && pc != start && insn.op == spec::riscv::Op::Mul {
                    self.hart.state.x[usize::from(insn.rd)] ^= 1;
                }
                left -= 1;
            }
        }
        Stop::Budget
    }
}

#[test]
fn a_mistake_that_only_whole_units_show_is_found_at_its_instruction() {
    let make = Arc::new(|hart| Box::new(Forgetful { hart }) as Box<dyn Vcpu<Rv64, Space>>);
    let units = Side { name: "units".into(), make, eager: None, explain: None };
    let sides = [Side::of(Tier::interp(Driver::Step), "interp,step=on"), units];
    let found = in_piece(&sides, &scene(LOOP), 9_000).unwrap().unwrap();
    assert_eq!(row_of(&found), Some("mul"), "{}", tell(&sides, &found));
    assert!(found.places.len() > 1, "the mul alone does no wrong");
    assert!(tell(&sides, &found).contains("only when these run together:"));
}

#[test]
fn a_trap_that_one_side_alone_raises_is_told() {
    let lines = ["lui s0, 0x22", "addi s0, s0, -8", "ld a1, 0(s0)", "ld a2, 0(s0)", "ecall"];
    // With another bit in its address the first load leaves the data.
    let sides = sides(Driver::Step, 2, Wrong::Register(8));
    let found = in_piece(&sides, &scene(&lines), 100).unwrap().unwrap();
    assert_eq!((found.before, row_of(&found)), (1, Some("addi")));
    let before = Scene { state: State { pc: CODE + 8, ..found.scene.state.clone() }, ..scene(&lines) };
    let found = in_piece(&unlike(), &before, 1).unwrap().unwrap();
    let text = tell(&unlike(), &found);
    assert!(text.contains("trap LoadFault { at: 22000 } at pc 0x10008"), "{text}");
    assert!(text.contains("went on to pc 0x1000c"), "{text}");
}

/// The oracle, and a driver that skips an instruction.
fn unlike() -> [Side<Rv64>; 2] {
    struct Skips(Hart<Rv64, Space>);
    impl Vcpu<Rv64, Space> for Skips {
        fn hart(&mut self) -> &mut Hart<Rv64, Space> {
            &mut self.0
        }
        fn run(&mut self, budget: u64) -> Stop<Trap> {
            self.0.state.pc += 4 * budget;
            self.0.state.instret += budget;
            Stop::Budget
        }
    }
    let make = Arc::new(|hart| Box::new(Skips(hart)) as Box<dyn Vcpu<Rv64, Space>>);
    [
        Side::of(Tier::interp(Driver::Step), "interp,step=on"),
        Side { name: "skips".into(), make, eager: None, explain: None },
    ]
}

#[test]
fn equal_drivers_are_equal() {
    let sides = [Driver::Step, Driver::Block].map(|driver| Side::<Rv64>::of(Tier::interp(driver), "a"));
    assert!(in_piece(&sides, &scene(LOOP), 20_000).unwrap().is_none());
}
