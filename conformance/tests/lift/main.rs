//! Every lift against its row's handler: random words and operands; and every lift made wrong, which must be seen,
//! in the representation's interpreter and in host code.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod emitted;
mod mutant;

use conformance::mem::Pieces;
use conformance::random::{Source, Subject};
use conformance::units;
use interp::riscv::{Rv, Rv32, Rv64};
use interp::{Hart, step};
use jit::ir::eval::Exit;
use jit::ir::{Op as Do, Unit, text};
use spec::bits::{Low, Sext};
use spec::disasm::{self, Style};
use spec::random;
use spec::riscv::{Insn, Op, ROWS, Row, State, Trap, decoder};
use spec::rows::{Code, Effects};
use std::collections::BTreeMap;

/// Bytes of the data area.
const DATA: u64 = 256;

trait Riscv: Subject<Op = Op, State = State, Trap = Trap> + Rv {}
impl<X: Subject<Op = Op, State = State, Trap = Trap> + Rv> Riscv for X {}

/// An instruction, what it finds, and its unit.
struct Trial {
    insn: Insn,
    state: State,
    memory: Pieces,
    unit: Unit,
}

/// What an instruction leaves behind.
#[derive(PartialEq)]
struct After {
    trap: Option<Trap>,
    state: State,
    memory: Pieces,
    /// Whether the unit left to the interpreter.
    left: bool,
    /// Whether the unit said where it goes as the pc holds it.
    kept: bool,
}

impl Trial {
    /// A random word of `row`; `None` where it is another row's.
    fn new<X: Riscv>(row: &Row, s: &mut Source) -> Option<Self> {
        let word = random::word(row, &mut || s.any());
        // Of the control registers, those of floating point are lifted.
        let word = if row.ext == "Zicsr" && !s.one_in(4) {
            word & 0x000f_ffff | (1 + s.below(3)).low32() << 20
        } else {
            word
        };
        let insn = decoder(X::XLEN).decode(word).filter(|insn| insn.op == row.op)?;
        let (code, data) = s.pick(X::PLACES);
        let mut state = State { pc: X::keep(code), ..X::any_state(s) };
        let bytes: Vec<u8> = (0..DATA).map(|_| s.any().low8()).collect();
        let memory =
            Pieces::default().with(code, word.to_le_bytes()[..insn.len.into()].to_vec(), false, true);
        let mut memory = memory.with(data, bytes, true, false);
        aim::<X>(row, &insn, data, &mut state, &mut memory, s);
        let mut hart: Hart<X, _> = Hart::new(state.clone(), memory.clone());
        let unit = units::form(&mut hart, state.pc, 1)?;
        units::ready::<X>(&state).then_some(Self { insn, state, memory, unit })
    }

    /// By the handler; `left` is said to be what it should be.
    fn handled<X: Riscv>(&self, left: bool) -> After {
        let mut h: Hart<X, _> = Hart::new(self.state.clone(), self.memory.clone());
        let trap = step::step(&mut h).err().and_then(interp::Stop::trap);
        After { trap, state: h.state, memory: h.mem, left, kept: true }
    }

    /// By a unit in place of its own.
    fn lifted<X: Riscv>(&self, unit: &Unit) -> After {
        let mut h: Hart<X, _> = Hart::new(self.state.clone(), self.memory.clone());
        let (exit, then) = units::run(&mut h, unit);
        let left = matches!(exit, Exit::Leave | Exit::Fault(_));
        let kept = !matches!(exit, Exit::Jump(pc) | Exit::Goto(pc, _) if pc != h.state.pc);
        After { trap: then.err().and_then(interp::Stop::trap), state: h.state, memory: h.mem, left, kept }
    }

    fn told<X: Riscv>(&self) -> String {
        let (pc, places) = (self.state.pc, X::places());
        let name = disasm::text(X::text(), &self.insn, pc, Style::Plain);
        format!("{:08x} {name}\n{}{:#x?}", self.insn.word, text::print(&self.unit, places), self.state)
    }
}

/// Makes operands worth trying: addresses in the data area, equal operands, a reservation that may hold.
fn aim<X: Riscv>(row: &Row, i: &Insn, data: u64, state: &mut State, memory: &mut Pieces, s: &mut Source) {
    let (rs1, rs2) = (usize::from(i.rs1), usize::from(i.rs2));
    if row.effects.any(Effects::LOAD.and(Effects::STORE)) {
        let atomic = row.ext == "A";
        let mut at = data + s.below(DATA + 16);
        if atomic && !s.one_in(8) {
            at &= !7;
        }
        if !s.one_in(16) && rs1 != 0 {
            state.x[rs1] = X::keep(if atomic { at } else { at.wrapping_sub(i.simm()) });
        }
        if s.one_in(2) {
            state.reservation = if s.one_in(3) { s.biased() } else { at };
            let mut cell = [0; 8];
            for (byte, at) in cell.iter_mut().zip(at..) {
                *byte = memory.peek(at).unwrap_or(0);
            }
            let held = u64::from_le_bytes(cell);
            let held = if row.op == Op::ScW { held.sext32() } else { held };
            state.reserved_value = if s.one_in(4) { s.biased() } else { held };
        }
    } else if s.one_in(4) && rs2 != 0 {
        state.x[rs2] = state.x[rs1];
        state.f[rs2] = state.f[rs1];
    }
}

/// The rows of a register width.
fn rows<X: Riscv>() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| row.widths.has(X::XLEN))
}

fn source<X: Riscv>(row: &Row) -> Source {
    Source::new(row.op as u64 ^ u64::from(X::XLEN) << 32)
}

/// How many trials a row gets; a hundred times as many under `STRATA_SOAK=1`.
fn trials(count: usize) -> usize {
    if std::env::var("STRATA_SOAK").is_ok_and(|v| v == "1") { 100 * count } else { count }
}

fn lifts_do_what_handlers_do<X: Riscv>() {
    for row in rows::<X>() {
        let mut s = source::<X>(row);
        let (mut tried, mut lifted) = (0, 0);
        for _ in 0..trials(1500) {
            let Some(trial) = Trial::new::<X>(row, &mut s) else { continue };
            let found = trial.lifted::<X>(&trial.unit);
            let expected = trial.handled::<X>(found.left);
            assert!(!found.left || may_leave(row, found.trap), "{} leaves", trial.told::<X>());
            tried += 1;
            lifted += usize::from(!trial.unit.ops.iter().any(|op| matches!(op, Do::Interpret | Do::Leave)));
            if expected != found {
                let (wanted, got) = (format!("{:#x?}", expected.state), format!("{:#x?}", found.state));
                let differ: Vec<_> = wanted.lines().zip(got.lines()).filter(|(a, b)| a != b).collect();
                let bytes = expected.memory != found.memory;
                panic!(
                    "{}\nexpected and found: {differ:?}, traps {:x?} and {:x?}, memory differs: {bytes}",
                    trial.told::<X>(),
                    expected.trap,
                    found.trap
                );
            }
        }
        assert!(tried > 500, "{} was tried {tried} times", row.mnemonic);
        assert_eq!(lifted > 0, !left_alone(row), "{} has {lifted} lifts", row.mnemonic);
    }
}

/// Whether a unit may leave to the interpreter: for a trap, for what no unit does, for a store-conditional to
/// another address, for a rounding mode that is not the dynamic one, for most control registers.
fn may_leave(row: &Row, trap: Option<Trap>) -> bool {
    trap.is_some()
        || left_alone(row)
        || matches!(row.op, Op::ScW | Op::ScD)
        || row.ext == "Zicsr"
        || row.effects.any(Effects::ROUND)
}

/// Whether an operand is register zero, which makes a constant of it that may not matter.
fn names_zero(row: &Row, insn: &Insn) -> bool {
    let registers = row.form.fields.iter().filter(|field| matches!(field.code, Code::Reg { .. }));
    registers.flat_map(|field| field.slots).any(|slot| insn.register(*slot) == 0)
}

/// Rows that the interpreter executes.
fn left_alone(row: &Row) -> bool {
    let system = row.effects.any(Effects::SYSTEM.and(Effects::SYNC)) && row.ext != "Zicsr";
    let half = matches!(row.op, Op::FcvtSH | Op::FcvtHS | Op::FcvtDH | Op::FcvtHD);
    system || half || matches!(row.op, Op::FclassS | Op::FclassD) || row.mnemonic.starts_with("cbo.")
}

#[test]
fn lifts_of_rv64_do_what_handlers_do() {
    lifts_do_what_handlers_do::<Rv64>();
}

#[test]
fn lifts_of_rv32_do_what_handlers_do() {
    lifts_do_what_handlers_do::<Rv32>();
}

/// Tries each way to make a row's lift wrong until its result is, or until it leaves where the right one does not;
/// says which never was.
fn survivors<X: Riscv>(row: &Row) -> (usize, Vec<String>) {
    let mut s = source::<X>(row);
    // Whether a mutant was found, and its operation and what it became.
    let mut seen: BTreeMap<(&'static str, usize), (bool, String)> = BTreeMap::new();
    for number in 0..trials(20_000) {
        if number > 300 && seen.values().all(|(found, _)| *found) {
            break;
        }
        let Some(trial) = Trial::new::<X>(row, &mut s) else { continue };
        if names_zero(row, &trial.insn) {
            continue;
        }
        let expected = trial.lifted::<X>(&trial.unit);
        for mutant in mutant::mutants(&trial.unit) {
            let entry = seen.entry(mutant.key).or_insert_with(|| (false, mutant.told.clone()));
            if !entry.0 {
                entry.0 = trial.lifted::<X>(&mutant.unit) != expected;
            }
        }
    }
    let left = seen.iter().filter(|(_, (found, _))| !found);
    let told = left.map(|((rule, nth), (_, told))| format!("{} {rule} {nth}: {told}", row.mnemonic));
    (seen.len(), told.collect())
}

/// Wrong lifts of either width that do the same as the right one.
const EQUIVALENT: &[&str] = &[
    // Ones above the number make its sign disappear.
    "flh load's sign",
    // Of what is shifted in nothing is left.
    "bext operation 0",
    "bexti operation 0",
    "csrrw operation 2",
    "csrrs operation 3",
    "csrrc operation 3",
    "csrrwi operation 2",
    "csrrsi operation 3",
    "csrrci operation 3",
    // Flags and modes fit every size and have no sign.
    "csrrw extension",
    "csrrs extension",
    "csrrc extension",
    "csrrwi extension",
    "csrrsi extension",
    "csrrci extension",
    // The immediate has no bits for the rounding mode.
    "csrrwi constant 3",
];

fn every_wrong_lift_is_found<X: Riscv>(equivalent: &[&str]) {
    let equivalent: Vec<_> = EQUIVALENT.iter().chain(equivalent).collect();
    let (mut made, mut left) = (0, vec![]);
    for row in rows::<X>().filter(|row| !left_alone(row)) {
        let (count, survived) = survivors::<X>(row);
        made += count;
        left.extend(survived);
    }
    println!("{}: {made} wrong lifts, {} of them equivalent", X::text().name, left.len());
    let unexpected: Vec<_> =
        left.iter().filter(|told| !equivalent.iter().any(|e| told.starts_with(**e))).collect();
    assert!(unexpected.is_empty(), "wrong lifts that nobody noticed: {unexpected:#?}");
    let stale: Vec<_> =
        equivalent.iter().filter(|e| !left.iter().any(|told| told.starts_with(**e))).collect();
    assert!(stale.is_empty(), "listed as equivalent, and found: {stale:?}");
}

#[test]
fn every_wrong_lift_of_rv64_is_found() {
    every_wrong_lift_is_found::<Rv64>(&[
        // A count fits every size and has no sign.
        "clzw extension",
        "ctzw extension",
        "cpopw extension",
    ]);
}

#[test]
fn every_wrong_lift_of_rv32_is_found() {
    every_wrong_lift_is_found::<Rv32>(&[
        // As above, and so does a bit.
        "clz extension",
        "ctz extension",
        "cpop extension",
        "bext extension",
        "bexti extension",
        // The bit lies in the lower half.
        "bexti width 0",
        // The operand is a 32-bit number of either width.
        "fcvt.s.w integer's width",
        "fcvt.d.w integer's width",
        // The product of two 32-bit polynomials has no bit 63.
        "clmulh operation 1",
        "clmulr operation 1",
    ]);
}
