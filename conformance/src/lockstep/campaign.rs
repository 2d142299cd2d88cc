//! Many random programs in two tiers.

use super::reached::Reached;
use super::report::{Find, Report};
use super::run::{Parted, Tried, run};
use crate::random::{Program, Shrinker, is_idle, program, seed_of};
use accel::Tier;
use accel::lockstep::narrow::in_piece;
use accel::lockstep::report::{row_of, tell};
use accel::lockstep::{Found, LockstepError, Recorded, Side};
use accel::tier::TierError;
use interp::riscv::Rv64;
use spec::disasm::{self, Style};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The part of a campaign that one process runs: numbers whose remainder by `of` is `index`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// From zero.
    pub index: u64,
    /// How many there are.
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Reads `i/n`, of which the first is 0/n.
    ///
    /// # Errors
    /// [`PlanError::Shard`].
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        let shard = numbers.map(|(index, of)| Self { index, of }).filter(|shard| shard.index < shard.of);
        shard.ok_or_else(|| PlanError::Shard(text.into()))
    }
}

/// What a campaign runs.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Decides every program.
    pub seed: u64,
    /// Programs, in all shards together.
    pub count: u64,
    /// The part that is run here.
    pub shard: Shard,
    /// Differences after which it ends.
    pub most: usize,
}

/// A campaign that cannot be run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// No part of a campaign.
    #[error("\"{0}\" is no shard; write i/n with i below n, such as 0/4")]
    Shard(String),
    /// No two tiers.
    #[error("\"{0}\" names no two tiers; write A:B, such as interp,step=on:interp")]
    Tiers(String),
    /// No such tier.
    #[error(transparent)]
    Tier(#[from] TierError),
}

/// The sides that `A:B` names.
///
/// # Errors
/// [`PlanError`].
pub fn sides<X: Tried>(tiers: &str) -> Result<[Side<X>; 2], PlanError> {
    let (a, b) = tiers.split_once(':').ok_or_else(|| PlanError::Tiers(tiers.into()))?;
    Ok([Side::of(Tier::parse(a)?, a), Side::of(Tier::parse(b)?, b)])
}

/// Compares two tiers, `A:B`, in `count` random programs of RV64.
///
/// # Errors
/// [`PlanError`].
pub fn campaign_of(tiers: &str, seed: u64, count: u64) -> Result<Report, PlanError> {
    let plan = Plan { seed, count, shard: Shard::WHOLE, most: 1 };
    Ok(campaign::<Rv64>(&sides(tiers)?, &plan))
}

/// Compares two sides in the random programs of a plan.
pub fn campaign<X: Tried>(sides: &[Side<X>; 2], plan: &Plan) -> Report {
    let mut report = Report::new::<X>(sides.each_ref().map(|side| side.name.clone()), plan);
    let mut reached = Reached::<X>::default();
    for number in (plan.shard.index..plan.count).step_by(memory::addr::host_size(plan.shard.of)) {
        let seed = seed_of(plan.seed.wrapping_add(number));
        let made = program::<X>(seed);
        let ran = catch_unwind(AssertUnwindSafe(|| run(sides, &made, &mut reached)));
        match ran {
            Ok(Ok(Ok(ran))) => report.add(ran),
            Ok(Ok(Err(parted))) => report.finds.push(find(sides, &made, *parted)),
            Ok(Err(error)) => report.finds.push(Find::failed(seed, &error.to_string())),
            Err(_) => report.finds.push(Find::failed(seed, &format!("a tier panicked\n{}", listing(&made)))),
        }
        if report.finds.len() >= plan.most {
            break;
        }
    }
    report.cover(&reached);
    report
}

/// The smallest program that shows a difference, and the instruction that makes it.
fn find<X: Tried>(sides: &[Side<X>; 2], made: &Program<X>, parted: Parted) -> Find {
    let seen = |p: &Program<X>| {
        let ran = catch_unwind(AssertUnwindSafe(|| run(sides, p, &mut Reached::default())));
        match ran {
            Ok(Ok(Err(parted))) => Some(parted.seen.max(1)),
            _ => None,
        }
    };
    let small = Shrinker::new(made, seen).shrink();
    let parted = match run(sides, &small, &mut Reached::default()) {
        Ok(Err(parted)) => *parted,
        _ => parted,
    };
    let named = |found: &Found| row_of(found).map(str::to_owned);
    let (row, mut text, scene) = match narrowed(sides, &parted) {
        Ok(Some(found)) => {
            let scene = Recorded {
                xlen: X::XLEN,
                sides: sides.each_ref().map(|side| side.name.clone()),
                budget: found.budget,
                scene: found.scene.clone(),
            };
            (named(&found), tell(sides, &found), Some(scene.write()))
        }
        _ => (None, told(sides, &parted), None),
    };
    text += &listing(&small);
    Find { seed: made.seed, row, text, scene }
}

fn narrowed<X: Tried>(sides: &[Side<X>; 2], parted: &Parted) -> Result<Option<Found>, LockstepError> {
    in_piece(sides, &parted.scene, parted.budget)
}

/// Tells of a difference that is not there when its piece is run alone.
fn told<X: Tried>(sides: &[Side<X>; 2], parted: &Parted) -> String {
    let [a, b] = sides.each_ref().map(|side| side.name.as_str());
    let mut text = format!("{a} and {b} differ, but only after what ran before:\n");
    accel::lockstep::report::difference::<X>(&mut text, [a, b], &parted.scene.state, &parted.difference);
    text
}

/// The instructions of a program that do something.
fn listing<X: Tried>(program: &Program<X>) -> String {
    let mut text = String::from("program:\n");
    for (index, slot) in program.slots.iter().enumerate().filter(|(_, slot)| !is_idle::<X>(**slot)) {
        let at = program.at(index);
        let (words, _) = disasm::word(X::text(), slot.word, at, Style::Plain);
        text += &format!("  {at:#x}: {:0width$x}  {words}\n", slot.word, width = 2 * usize::from(slot.len));
    }
    text
}
