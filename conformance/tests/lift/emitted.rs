//! Every lift made wrong in turn, in host code: random programs in lockstep find it, and name its row.

use super::{Riscv, Trial, left_alone, mutant, names_zero, rows, source, trials};
use accel::lockstep::Side;
use accel::tier::{Options, Spoil};
use accel::{Driver, Tier};
use conformance::lockstep::{Plan, Shard, Tried, campaign};
use interp::riscv::{Rv32, Rv64};
use jit::ir::Unit;
use jit::lift::Lift;
use spec::riscv::{Op, Row, decoder};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Which lift is wrong, and how.
#[derive(Clone, Copy)]
struct Wrong {
    row: Op,
    key: (&'static str, usize),
}

thread_local! {
    static WRONG: Cell<Option<Wrong>> = const { Cell::new(None) };
}

fn spoil<X: Riscv + Lift>(unit: &mut Unit, words: &[u32]) {
    let Some(wrong) = WRONG.get() else { return };
    for (number, word) in words.iter().enumerate() {
        if decoder(X::XLEN).decode(*word).is_some_and(|insn| insn.op == wrong.row) {
            mutant::spoil(unit, number, wrong.key, X::places());
        }
    }
}

/// What can be wrong with a row's lift. The address that a wild 64-bit number names in host code may be anybody's,
/// and where the unit goes on behind the instruction is not the lift's.
fn keys<X: Riscv>(row: &Row) -> BTreeSet<(&'static str, usize)> {
    let mut s = source::<X>(row);
    let trials = (0..300).filter_map(|_| Trial::new::<X>(row, &mut s));
    let telling = trials.filter(|trial| !names_zero(row, &trial.insn));
    let all = telling.flat_map(|trial| mutant::mutants(&trial.unit)).map(|mutant| mutant.key);
    all.filter(|(rule, _)| !rule.ends_with("width of address") && *rule != "jump").collect()
}

/// Whether a campaign of `count` programs finds what is wrong, and the row that it names.
fn found<X: Tried + Riscv>(wrong: Wrong, count: u64) -> Option<Option<String>> {
    WRONG.set(Some(wrong));
    let options = Options { hot: 0, cache: 1 << 20, spoil: Some(Spoil(spoil::<X>)), ..Options::default() };
    let sides =
        [Side::of(Tier::interp(Driver::Step), "interp,step=on"), Side::of(Tier::Jit(options), "wrong")];
    let report = campaign::<X>(&sides, &Plan { seed: 1, count, shard: Shard::WHOLE, most: 1 });
    WRONG.set(None);
    report.finds.into_iter().next().map(|find| find.row)
}

/// Rows whose lifts have nothing that could be wrong: they do nothing, or go on elsewhere in the same unit.
const NOTHING: &[&str] =
    &["fence", "fence.tso", "prefetch.i", "prefetch.r", "prefetch.w", "pause", "c.nop", "c.j"];

/// Makes each lift wrong in one way after the other until the right row is named: where no single instruction shows
/// a difference, a campaign names none, or the one that probably makes it. Without `STRATA_SOAK=1` every third row
/// is tried, and other ones in the other register width.
fn lockstep_finds_a_wrong_lift_of_each_row<X: Tried + Riscv>() {
    let every = if trials(1) > 1 { 1 } else { 3 };
    let first = usize::from(X::XLEN == 32) % every;
    for row in rows::<X>().filter(|row| !left_alone(row)).skip(first).step_by(every) {
        let keys = keys::<X>(row);
        let right = |name: Option<String>| name.as_deref() == Some(row.mnemonic);
        // Most mistakes show at once.
        let named = [100, 3_000].into_iter().any(|count| {
            keys.iter().any(|&key| found::<X>(Wrong { row: row.op, key }, count).is_some_and(right))
        });
        assert_eq!(named, !NOTHING.contains(&row.mnemonic), "{}: {keys:?}", row.mnemonic);
    }
}

#[test]
fn lockstep_finds_a_wrong_lift_of_each_row_of_rv64() {
    lockstep_finds_a_wrong_lift_of_each_row::<Rv64>();
}

#[test]
fn lockstep_finds_a_wrong_lift_of_each_row_of_rv32() {
    lockstep_finds_a_wrong_lift_of_each_row::<Rv32>();
}
