//! The passes: a unit means the same after them, and looks as it should.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod machine;

use interp::Access;
use jit::ir::eval::{Exit, Outcome};
use jit::ir::random::{Shape, unit};
use jit::ir::text::{parse, print};
use jit::ir::{Hint, Op, Unit, check};
use jit::lift::riscv::PLACES;
use jit::opt::{Optimizer, Passes};
use machine::Everywhere;
use rstest::rstest;
use std::path::Path;

/// Each pass alone, all, and all but each.
fn sets() -> Vec<(String, Passes)> {
    let alone = Passes::each().map(|(word, pass)| (word.to_owned(), pass));
    let others = Passes::each().map(|(word, pass)| (format!("all but {word}"), Passes::ALL.without(pass)));
    alone.chain(others).chain([("all".into(), Passes::ALL)]).collect()
}

fn random(seed: u64) -> Unit {
    let shape = Shape { ops: 60, interpret: true, control: true, memory: None };
    unit(&PLACES, shape, &mut machine::stream(seed))
}

/// A jump to an address that turns out to be constant may become a direct one.
fn same_exit(before: Outcome, after: Outcome) -> bool {
    match (before.exit, after.exit) {
        (Exit::Goto(from, Hint::Jump | Hint::Call), Exit::Jump(to)) => {
            from == to && before.insn == after.insn
        }
        _ => before == after,
    }
}

/// Which accesses of `before` may be those of `after`, by number: all but loads of what was loaded or stored. `None`
/// where others are missing, or there are new ones.
fn kept(before: &Everywhere, after: &Everywhere) -> Option<Vec<[usize; 2]>> {
    let stores = |machine: &Everywhere| {
        machine.accesses.iter().filter(|access| access.0 != Access::Load).copied().collect::<Vec<_>>()
    };
    if stores(before) != stores(after) {
        return None;
    }
    let (mut first, mut last) = (vec![], vec![]);
    let mut numbers = 0..before.accesses.len();
    for access in &after.accesses {
        first.push(numbers.find(|number| before.accesses[*number] == *access)?);
    }
    let mut numbers = (0..before.accesses.len()).rev();
    for access in after.accesses.iter().rev() {
        last.push(numbers.find(|number| before.accesses[*number] == *access)?);
    }
    Some(first.into_iter().zip(last.into_iter().rev()).map(|(first, last)| [first, last]).collect())
}

/// Fails where `after` does not do what `before` does, from some states and with a fault at every access.
fn compare(name: &str, before: &Unit, after: &Unit, seed: u64) {
    let show = || format!("{name}, seed {seed}\n{}\n=>\n{}", print(before, &PLACES), print(after, &PLACES));
    assert_eq!(check(after, &PLACES), Ok(()), "{}", show());
    for state in 0..4 {
        let state = seed ^ state << 32;
        let whole = Everywhere::new(state, None).after(before);
        let again = Everywhere::new(state, None).after(after);
        let Some(kept) = kept(&whole.1, &again.1) else { panic!("accesses differ: {}", show()) };
        for fault in (0..kept.len()).map(Some).chain([None]) {
            let found = Everywhere::new(state, fault).after(after);
            let expected = match fault {
                // Which of several accesses alike was kept, the first or the last, cannot be told from outside.
                Some(fault) => kept[fault].map(Some).to_vec(),
                None => vec![None],
            };
            let expected = expected.into_iter().map(|fault| {
                let mut expected = Everywhere::new(state, fault).after(before);
                expected.1.like(&found.1);
                expected
            });
            let expected: Vec<_> = expected.collect();
            let same = expected.iter().any(|e| same_exit(e.0, found.0) && e.1 == found.1);
            assert!(same, "{}\n{expected:x?}\nis not\n{found:x?}", show());
        }
    }
}

/// Units of a test that is run at every change; `STRATA_UNITS` asks for more.
fn units() -> u64 {
    std::env::var("STRATA_UNITS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000)
}

#[test]
fn a_unit_does_the_same_after_every_pass() {
    let mut optimizers: Vec<_> = sets().into_iter().map(|(name, set)| (name, Optimizer::new(set))).collect();
    let mut changed = vec![0; optimizers.len()];
    for seed in 0..units() {
        let before = random(seed);
        for ((name, optimizer), changed) in optimizers.iter_mut().zip(&mut changed) {
            let mut after = before.clone();
            optimizer.run(&mut after, &PLACES);
            *changed += u64::from(after != before);
            compare(name, &before, &after, seed);
        }
    }
    for ((name, _), changed) in optimizers.iter().zip(changed) {
        assert!(changed > units() / 20, "{name} changed {changed} units only");
    }
}

#[test]
fn no_pass_makes_a_unit_longer_than_constants_do() {
    let mut all = Optimizer::new(Passes::ALL);
    for seed in 0..500 {
        let before = random(seed);
        let mut after = before.clone();
        all.run(&mut after, &PLACES);
        let others = |unit: &Unit| unit.ops.iter().filter(|op| !matches!(op, Op::Const(..))).count();
        assert!(others(&after) <= others(&before), "{}", print(&before, &PLACES));
    }
}

#[test]
fn a_second_run_breaks_nothing() {
    let mut all = Optimizer::new(Passes::ALL);
    for seed in 0..500 {
        let before = random(seed);
        let mut after = before.clone();
        all.run(&mut after, &PLACES);
        all.run(&mut after, &PLACES);
        compare("all, twice", &before, &after, seed);
    }
}

#[test]
fn no_pass_at_all_changes_nothing() {
    for seed in 0..100 {
        let mut unit = random(seed);
        Optimizer::new(Passes::NONE).run(&mut unit, &PLACES);
        assert_eq!(unit, random(seed));
    }
}

#[rstest]
#[case::one("copy", Passes::COPY)]
#[case::some("const, values", Passes::CONST.with(Passes::VALUES))]
#[case::all("all", Passes::ALL)]
#[case::none("none", Passes::NONE)]
fn passes_are_named_by_words(#[case] words: &str, #[case] set: Passes) {
    assert_eq!(Passes::parse(words), Ok(set));
}

#[test]
fn a_word_that_is_no_pass_is_refused() {
    let sentence = "no pass is called `inline`; there are `const`, `simplify`, `bits`, `copy`, `address`, `unbox`, \
                    `values`, `sets`, `rotate`, `narrow`, `loads`, `all` and `none`";
    assert_eq!(Passes::parse("const,inline").unwrap_err().to_string(), sentence);
}

/// A text of `golden/jit/opt`: which passes, and units before and after them.
struct Golden {
    head: String,
    passes: Passes,
    /// Title, before, after.
    cases: Vec<[String; 3]>,
}

impl Golden {
    fn parse(text: &str) -> Self {
        let mut parts = text.split("\n## ");
        let head = parts.next().unwrap().to_owned();
        let words = head.lines().find_map(|line| line.strip_prefix("pass: ")).unwrap();
        let case = |part: &str| {
            let (title, rest) = part.split_once('\n').unwrap();
            let (before, after) = rest.split_once("=>\n").unwrap();
            [title, before, after.trim_end()].map(str::to_owned)
        };
        let passes = Passes::parse(words).unwrap();
        Self { passes, cases: parts.map(case).collect(), head }
    }

    fn run(&self, before: &str) -> String {
        let mut unit = parse(&format!("unit riscv\n{before}"), &PLACES).unwrap();
        assert_eq!(check(&unit, &PLACES), Ok(()), "{before}");
        Optimizer::new(self.passes).run(&mut unit, &PLACES);
        assert_eq!(check(&unit, &PLACES), Ok(()), "{before}");
        let text = print(&unit, &PLACES).to_string();
        text.lines().skip(1).collect::<Vec<_>>().join("\n")
    }
}

/// `make bless` writes what the passes make of the units today.
#[rstest]
fn a_pass_makes_of_a_unit_what_is_written(
    #[values("const", "simplify", "bits", "copy", "address", "unbox", "values", "sets", "loads", "all")] name: &str,
) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/jit/opt").join(name).with_extension("ir");
    let golden = Golden::parse(&std::fs::read_to_string(&path).unwrap());
    if std::env::var_os("STRATA_BLESS").is_some() {
        let mut text = golden.head.clone();
        for [title, before, _] in &golden.cases {
            text.push_str(&format!("\n## {title}\n{before}=>\n{}\n", golden.run(before)));
        }
        std::fs::write(&path, text).unwrap();
        return;
    }
    assert!(!golden.cases.is_empty());
    for [title, before, after] in &golden.cases {
        assert_eq!(&golden.run(before), after, "{name}: {title}");
    }
}
