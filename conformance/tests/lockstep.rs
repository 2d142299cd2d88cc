//! Tiers agree on random programs in real memory, a tier that is wrong in one row is found and the row named,
//! and what was found before stays mended.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use accel::lockstep::narrow::{in_piece, instruction};
use accel::lockstep::report::tell;
use accel::lockstep::{Recorded, Side};
use accel::tier::Options;
use accel::units::{Tally, Witness};
use accel::{Driver, Tier, Vcpu};
use conformance::lockstep::{
    By, Find, Met, Plan, Report, Shard, Tried, campaign, campaign_of, html, junit, sides, table, text,
};
use interp::riscv::{Rv, Rv32, Rv64};
use interp::{Guest, Hart, Stop};
use memory::user::Space;
use rstest::rstest;
use spec::riscv::{Op, Trap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every tier that is compared with the oracle.
const TIERS: &[&str] = &["interp", "jit,hot=1,cache=1M"];
const ORACLE: &str = "interp,step=on";

fn soak(count: u64) -> u64 {
    if std::env::var("STRATA_SOAK").is_ok_and(|v| v == "1") { 100 * count } else { count }
}

fn agree<X: Tried>(count: u64) {
    for tier in TIERS {
        let plan = Plan { seed: 1, count: soak(count), shard: Shard::WHOLE, most: 1 };
        let report = campaign::<X>(&sides(&format!("{ORACLE}:{tier}")).unwrap(), &plan);
        assert_eq!(report.programs, plan.count);
        if let Some(find) = report.finds.first() {
            panic!("seed {:#x}\n{}", find.seed, find.text);
        }
        assert_eq!(report.missed().collect::<Vec<_>>(), [""; 0], "rows that no program reached");
        assert!(report.faults > report.programs / 8, "too few accesses were made to fail");
    }
}

#[test]
fn tiers_agree_on_random_programs_of_rv64() {
    agree::<Rv64>(2_000);
}

#[test]
fn tiers_agree_on_random_programs_of_rv32() {
    agree::<Rv32>(2_000);
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug)]
enum Mistake {
    /// The lowest bit of its integer result.
    Result,
    /// The lowest bit of its floating-point result.
    Float,
    /// A byte that it stores.
    Stored,
    /// The pc after it, when it does not jump.
    Next,
    /// It does not raise its exception.
    NoTrap,
    /// A flag that it raises.
    Flags,
}

/// The step driver with a mistake in one row.
struct Wrong {
    hart: Hart<Rv64, Space>,
    row: Op,
    mistake: Mistake,
}

impl Wrong {
    fn spoil(&mut self, insn: &spec::riscv::Insn, address: u64) {
        let state = &mut self.hart.state;
        match self.mistake {
            Mistake::Result if insn.rd != 0 => state.x[usize::from(insn.rd)] ^= 1,
            Mistake::Float => state.f[usize::from(insn.rd)] ^= 1,
            Mistake::Flags => state.fflags ^= 16,
            Mistake::Next => state.pc = state.pc.wrapping_add(4),
            Mistake::Stored => {
                if let Ok(byte) = self.hart.mem.load::<u8>(address) {
                    let _ = self.hart.mem.store(address, byte ^ 1);
                }
            }
            Mistake::Result | Mistake::NoTrap => {}
        }
    }
}

impl Vcpu<Rv64, Space> for Wrong {
    fn hart(&mut self) -> &mut Hart<Rv64, Space> {
        &mut self.hart
    }

    fn run(&mut self, budget: u64) -> Stop<Trap> {
        for _ in 0..budget {
            let before = self.hart.state.clone();
            let there = instruction::<Rv64>(&self.hart.mem, before.pc);
            let wrong = there.filter(|insn| insn.op == self.row);
            match (interp::step::step(&mut self.hart), wrong) {
                (Ok(_), Some(insn)) => {
                    let address = before.x[usize::from(insn.rs1)].wrapping_add(insn.simm());
                    self.spoil(&insn, address);
                }
                (Err(_), Some(insn)) if matches!(self.mistake, Mistake::NoTrap) => {
                    self.hart.state.pc = before.pc.wrapping_add(insn.len.into());
                    *Rv64::retired(&mut self.hart.state) += 1;
                }
                (Ok(_), None) => {}
                (Err(stop), _) => return stop,
            }
        }
        Stop::Budget
    }
}

#[rstest]
#[case(Op::Add, Mistake::Result, "add")]
#[case(Op::CAddi, Mistake::Result, "c.addi")]
#[case(Op::Divu, Mistake::Result, "divu")]
#[case(Op::Ld, Mistake::Result, "ld")]
#[case(Op::Lb, Mistake::NoTrap, "lb")]
#[case(Op::Sd, Mistake::Stored, "sd")]
#[case(Op::Sw, Mistake::NoTrap, "sw")]
#[case(Op::Fsd, Mistake::Stored, "fsd")]
#[case(Op::Bne, Mistake::Next, "bne")]
#[case(Op::FaddD, Mistake::Float, "fadd.d")]
#[case(Op::FmulS, Mistake::Flags, "fmul.s")]
#[case(Op::Ecall, Mistake::NoTrap, "ecall")]
#[case(Op::Sh1add, Mistake::Result, "sh1add")]
#[case(Op::AmoAddW, Mistake::Result, "amoadd.w")]
fn a_wrong_row_is_found_and_named(#[case] row: Op, #[case] mistake: Mistake, #[case] name: &str) {
    let make = Arc::new(move |hart| Box::new(Wrong { hart, row, mistake }) as Box<dyn Vcpu<Rv64, Space>>);
    let wrong = Side { name: "wrong".into(), make, eager: None, explain: None };
    let both = [Side::of(Tier::interp(Driver::Step), ORACLE), wrong];
    let plan = Plan { seed: 1, count: 3_000, shard: Shard::WHOLE, most: 1 };
    let report = campaign::<Rv64>(&both, &plan);
    let find = report.finds.first().unwrap_or_else(|| panic!("{row:?} {mistake:?} was not found"));
    assert_eq!(find.row.as_deref(), Some(name), "{}", find.text);
    // The scene alone shows it too.
    let scene = Recorded::read(find.scene.as_ref().unwrap()).unwrap();
    assert!(in_piece(&both, &scene.scene, scene.budget).unwrap().is_some());
    assert!(junit(&report).contains(&format!("name=\"{name}\">\n<failure message=\"seed ")));
    assert!(html(&report).contains(&format!("<h2>{name}, seed ")));
}

/// Rows that have no lift.
const HANDLED: &[&str] = &[
    "c.ebreak",
    "cbo.clean",
    "cbo.flush",
    "cbo.inval",
    "cbo.zero",
    "ebreak",
    "ecall",
    "fclass.d",
    "fclass.s",
    "fcvt.d.h",
    "fcvt.h.d",
    "fcvt.h.s",
    "fcvt.s.h",
    "fence.i",
    "mret",
    "sfence.inval.ir",
    "sfence.vma",
    "sfence.w.inval",
    "sinval.vma",
    "sret",
    "wfi",
];

/// The step driver, and the JIT that waits for nothing, whose instructions in host code are added to `native`.
fn counted<X: Tried>(native: &Arc<AtomicU64>) -> [Side<X>; 2] {
    let native = Arc::clone(native);
    let tier = Tier::Jit(Options { hot: 0, cache: 1 << 20, ..Options::default() });
    let make = Arc::new(move |hart| {
        let inner = X::vcpu(tier, hart, None);
        Box::new(Counted { inner, native: Arc::clone(&native) }) as Box<dyn Vcpu<X, Space>>
    });
    let eager = Side { name: "eager".into(), make, eager: None, explain: None };
    [Side::of(Tier::interp(Driver::Step), ORACLE), eager]
}

/// A vCPU that leaves behind how many instructions ran as host code.
struct Counted<X: Tried> {
    inner: Box<dyn Vcpu<X, Space>>,
    native: Arc<AtomicU64>,
}

impl<X: Tried> Vcpu<X, Space> for Counted<X> {
    fn hart(&mut self) -> &mut Hart<X, Space> {
        self.inner.hart()
    }
    fn run(&mut self, budget: u64) -> Stop<Trap> {
        self.inner.run(budget)
    }
    fn watch(&mut self, witness: Option<Arc<dyn Witness<X>>>) {
        self.inner.watch(witness);
    }
    fn tally(&self) -> Option<Tally<Op>> {
        self.inner.tally()
    }
    fn note(&mut self) {
        self.inner.note();
    }
    fn noted(&mut self) -> Option<Vec<Range<u64>>> {
        self.inner.noted()
    }
}

impl<X: Tried> Drop for Counted<X> {
    fn drop(&mut self) {
        self.native.fetch_add(self.inner.tally().unwrap().native, Ordering::Relaxed);
    }
}

/// What is counted by row is what was run, and what the units themselves have counted is host code.
fn executed<X: Tried>() {
    let native = Arc::new(AtomicU64::new(0));
    let plan = Plan { seed: 5, count: 6_000, shard: Shard::WHOLE, most: 1 };
    let report = campaign::<X>(&counted(&native), &plan);
    assert!(report.finds.is_empty(), "{}", text(&report));
    for (row, met) in &report.rows {
        let [step, jit] = met.tiers;
        assert_eq!(step, By { native: 0, interpreted: met.tried }, "{row}");
        assert_eq!(jit.native + jit.interpreted, met.tried, "{row}");
    }
    let counted: u64 = report.rows.values().map(|met| met.tiers[1].native).sum();
    assert_eq!(counted, native.load(Ordering::Relaxed));
    assert_eq!(report.interpreted(1).collect::<Vec<_>>(), HANDLED);
}

#[test]
fn each_row_of_rv64_with_a_lift_runs_as_host_code_and_no_other() {
    executed::<Rv64>();
}

#[test]
fn each_row_of_rv32_with_a_lift_runs_as_host_code_and_no_other() {
    executed::<Rv32>();
}

#[test]
fn a_tier_that_interprets_until_code_is_hot_is_seen_to_interpret() {
    let report = campaign_of(&format!("{ORACLE}:jit,hot=1000000"), 5, 20).unwrap();
    assert_eq!(report.native(1).count(), 0);
    assert!(report.rows.values().all(|met| met.tiers[1].interpreted == met.tried));
}

#[test]
fn all_outputs_say_what_executed_a_row() {
    let plan = Plan { seed: 1, count: 1, shard: Shard::WHOLE, most: 1 };
    let mut report = Report::new::<Rv64>(["step".into(), "jit".into()], &plan);
    let by = |native, interpreted| By { native, interpreted };
    let rows = [
        ("add", 5, [by(0, 5), by(3, 2)]),
        ("ecall", 7, [by(0, 7), by(0, 7)]),
        ("wfi", 0, [By::default(), By::default()]),
    ];
    for (row, tried, tiers) in rows {
        report.rows.insert(row.into(), Met { tried, retired: tried, tiers });
    }
    let jit = "jit: 2 of 3 rows, 1 as host code, 1 by handler only";
    let told = text(&report);
    assert!(told.contains("\nstep: 2 of 3 rows, 0 as host code, 2 by handler only\n"), "{told}");
    assert!(told.ends_with(&format!("\n{jit}\nby handler only: ecall\n")), "{told}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = table(&report).lines().map(words).collect();
    assert_eq!(lines[..3], ["row | tier | native | interpreted", "add | step | 0 | 5", "add | jit | 3 | 2"]);
    assert_eq!(lines.len(), 7);
    let xml = junit(&report);
    assert!(xml.contains(&format!("<property name=\"tier 2\" value=\"{jit}\"/>")), "{xml}");
    assert!(xml.contains(
        "name=\"add\">\n<system-out>step: 0 native, 5 interpreted\njit: 3 native, 2 interpreted\n"
    ));
    let page = html(&report);
    assert!(page.contains(&format!("<p>{jit}.</p>")), "{page}");
    assert!(page.contains("<td>add</td><td>5</td><td>5</td><td>0</td><td>5</td><td>3</td><td>2</td></tr>"));
    assert!(
        page.contains("<td>ecall</td><td>7</td><td>7</td><td>0</td><td>7</td><td class=\"handled\">0</td>")
    );
}

fn found() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/found");
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|end| end == "scene")).collect()
}

fn mended<X: Rv + accel::Accelerated>(path: &Path, recorded: &Recorded) {
    for tier in TIERS {
        let sides = [ORACLE, tier].map(|name| Side::<X>::of(Tier::parse(name).unwrap(), name));
        if let Some(found) = in_piece(&sides, &recorded.scene, recorded.budget).unwrap() {
            panic!("{}: {}", path.display(), tell(&sides, &found));
        }
    }
}

#[test]
fn what_was_found_before_stays_mended() {
    for path in found() {
        let recorded = Recorded::read(&std::fs::read_to_string(&path).unwrap()).unwrap();
        match recorded.xlen {
            32 => mended::<Rv32>(&path, &recorded),
            _ => mended::<Rv64>(&path, &recorded),
        }
    }
}

#[test]
fn shards_add_up_to_the_whole() {
    let both = sides::<Rv64>("interp,step=on:jit,hot=1,cache=1M").unwrap();
    let part = |index, of| {
        let plan = Plan { seed: 9, count: 60, shard: Shard { index, of }, most: 1 };
        campaign::<Rv64>(&both, &plan)
    };
    let whole = part(0, 1);
    assert!(whole.native(1).count() > 30, "hardly anything ran as host code");
    let mut sum = Report::read(&part(2, 3).write()).unwrap();
    sum.merge(part(0, 3)).unwrap();
    sum.merge(part(1, 3)).unwrap();
    assert_eq!(sum.shards, ["0/3", "1/3", "2/3"]);
    assert_eq!(Report { shards: whole.shards.clone(), ..sum.clone() }, whole);
    let twice = sum.merge(part(1, 3)).unwrap_err().to_string();
    assert_eq!(twice, "shard 1/3 is in both reports; merge each once");
    let other = Report { seed: 10, ..part(0, 1) };
    assert!(sum.merge(other).unwrap_err().to_string().contains("their seed differs"));
}

#[test]
fn a_report_is_read_back_as_it_was_written_and_a_damaged_one_is_refused() {
    let mut report = campaign_of("interp:interp,step=on", 3, 5).unwrap();
    report.finds.push(Find::failed(7, "a < b & \"c\"\u{1b}"));
    let text = report.write();
    assert_eq!(Report::read(&text).unwrap(), report);
    for end in (0..text.len() - 1).step_by(7) {
        assert!(Report::read(&text[..end]).is_err());
    }
    let damaged = |field: &str| text.replace(&format!("\"{field}\":"), "\"nothing\":");
    for field in ["format", "seed", "rows", "finds", "tiers", "shards"] {
        assert!(Report::read(&damaged(field)).unwrap_err().to_string().contains(field), "{field}");
    }
    for field in ["native", "interpreted", "tried", "retired"] {
        assert!(Report::read(&damaged(field)).unwrap_err().to_string().contains("no \"rows\""), "{field}");
    }
    assert!(junit(&report).contains("a &lt; b &amp; &quot;c&quot;</failure>"));
}

#[rstest]
#[case("4/4")]
#[case("1")]
#[case("-1/2")]
#[case("0/0")]
fn a_shard_that_is_none_is_refused(#[case] text: &str) {
    assert!(Shard::parse(text).unwrap_err().to_string().starts_with(&format!("\"{text}\" is no shard;")));
}
