//! Random programs; `STRATA_SEED` replays one, `STRATA_SOAK=1` runs a hundred times as many.

use super::common::options;
use conformance::random::{Program, Source, Subject, program, seeds};
use interp::riscv::{Rv32, Rv64};
use interp::{Hart, Stop, step};
use jit::code::{Hosted, Runner};
use jit::emit::host::Features;
use memory::user::{MapKind, Placement, Prot, Space};
use rstest::rstest;
use spec::disasm::Style;
use spec::rows::Effects;
use std::ops::Range;

const PAGE: u64 = 4096;
/// Bytes of the area that holds a program's code.
const CODE: u64 = 1024;

/// The memory of one of the two harts.
struct Place {
    space: Space,
    areas: Vec<Range<u64>>,
}

impl Place {
    fn new(space: Space) -> Self {
        Self { space, areas: vec![] }
    }

    /// Takes the last program's memory away and maps this one's. One page of data cannot be accessed in some.
    fn load<S: Subject>(&mut self, program: &Program<S>) {
        for area in self.areas.drain(..) {
            self.space.unmap(area.start, area.end - area.start).unwrap();
        }
        for piece in program.memory(false).pieces {
            let end = (piece.start + piece.bytes.len() as u64).next_multiple_of(PAGE);
            let start = piece.start / PAGE * PAGE;
            let fixed = Placement::Fixed(start);
            let prot = if piece.executable { Prot::RW | Prot::EXEC } else { Prot::RW };
            self.space.map(fixed, end - start, prot, MapKind::ANONYMOUS).unwrap();
            self.space.copy_out(piece.start, &piece.bytes).unwrap();
            self.areas.push(start..end);
        }
        let data = program.data.start;
        match program.seed % 5 {
            0 => self.space.protect(data, PAGE, Prot::NONE).unwrap(),
            1 => self.space.protect(data + PAGE, PAGE, Prot::READ).unwrap(),
            _ => {}
        }
    }

    fn bytes(&self, area: &Range<u64>) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(area.end - area.start).unwrap()];
        self.space.protect(area.start, area.end - area.start, Prot::RW | Prot::EXEC).unwrap();
        self.space.copy_in(area.start, &mut bytes).unwrap();
        bytes
    }

    fn code<S: Subject>(&self, program: &Program<S>) -> Vec<u8> {
        let end = (program.code + CODE).next_multiple_of(PAGE);
        let start = program.code / PAGE * PAGE;
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        self.space.copy_in(start, &mut bytes).unwrap();
        bytes
    }
}

/// Runs up to `budget` instructions one by one, up to a trap or to code that may run as it was or is; how many ran
/// and how that ended.
fn advance<S: Subject>(
    h: &mut Hart<S, Space>,
    place: &Place,
    program: &Program<S>,
    synced: &mut Vec<u8>,
    budget: u64,
) -> (u64, Stop<S::Trap>, bool) {
    for ran in 0..budget {
        let at = S::address(S::pc(&h.state)).wrapping_sub(program.code / PAGE * PAGE);
        let now = place.code(program);
        let stale = (at..at.saturating_add(4)).any(|i| {
            let i = usize::try_from(i).unwrap_or(usize::MAX);
            now.get(i) != synced.get(i)
        });
        if stale {
            return (ran, Stop::Budget, true);
        }
        match step::step(h) {
            Ok(insn) if S::effects(insn.op).any(Effects::SYNC) => *synced = place.code(program),
            Ok(_) => {}
            Err(Stop::Trap(trap)) if is_wild(trap, place.space.limit()) => return (ran, Stop::Budget, true),
            Err(stop) => return (ran, stop, false),
        }
    }
    (budget, Stop::Budget, false)
}

/// Runs a program on both harts. Returns how many instructions ran.
fn run<S: Subject + Hosted>(
    program: &Program<S>,
    [a_place, b_place]: &mut [Place; 2],
    runner: &mut Runner<S>,
) -> Result<u64, String> {
    a_place.load(program);
    b_place.load(program);
    let mut a: Hart<S, Space> = Hart::new(program.state.clone(), a_place.space.clone());
    let mut b: Hart<S, Space> = Hart::new(program.state.clone(), b_place.space.clone());
    let mut synced = a_place.code(program);
    let mut source = Source::new(program.seed ^ 0x5eed);
    let (mut retired, mut traps) = (0, 0);
    let end = program.at(program.slots.len());
    while retired < program.limit && traps < 24 {
        let budget = [1 + source.below(100), 1 + source.below(5), 1000][source.index(3)];
        let budget = budget.min(program.limit - retired);
        let (ran, stop, stale) = advance(&mut a, a_place, program, &mut synced, budget);
        let budget = if stale { ran } else { budget };
        let found = runner.run(&mut b, budget);
        if stop != found || a.state != b.state {
            return Err(differ(program, retired, ran, &(stop, &a), &(found, &b)));
        }
        retired += ran;
        let at = <S as Subject>::address(S::pc(&a.state));
        if stale || at == end {
            break;
        }
        if stop != Stop::Budget {
            traps += 1;
            let next = match program.slot_at(at) {
                Some(slot) => program.at(slot + 1),
                None => program.at(program.resume[traps % program.resume.len()] % program.slots.len()),
            };
            S::set_pc(&mut a.state, next);
            S::set_pc(&mut b.state, next);
        }
    }
    for area in a_place.areas.clone() {
        let pairs = a_place.bytes(&area).into_iter().zip(b_place.bytes(&area));
        if let Some((offset, (wanted, got))) = (area.start..).zip(pairs).find(|(_, (a, b))| a != b) {
            return Err(format!(
                "{:#x}: byte {wanted:02x} expected at {offset:#x}, got {got:02x}",
                program.seed
            ));
        }
    }
    Ok(retired)
}

/// What differs, and the instructions around.
fn differ<S: Subject>(
    program: &Program<S>,
    before: u64,
    ran: u64,
    (stop, a): &(Stop<S::Trap>, &Hart<S, Space>),
    (found, b): &(Stop<S::Trap>, &Hart<S, Space>),
) -> String {
    use std::fmt::Write;
    let mut text = format!("STRATA_SEED={:#x}: after {before} instructions, within {ran}:\n", program.seed);
    let _ = writeln!(text, "  step {stop:x?}, jit {found:x?}");
    let (wanted, got) = (format!("{:#x?}", a.state), format!("{:#x?}", b.state));
    for (number, (wanted, got)) in wanted.lines().zip(got.lines()).enumerate() {
        if wanted != got {
            let _ = writeln!(text, "  line {number}: step {} jit {}", wanted.trim(), got.trim());
        }
    }
    let _ = writeln!(text, "  step stopped at {:#x}, jit at {:#x}", S::pc(&a.state), S::pc(&b.state));
    for index in 0..program.slots.len() {
        let line = match (S::text().decode)(program.slots[index].word) {
            Some(insn) => spec::disasm::text(S::text(), &insn, program.at(index), Style::default()),
            None => "?".into(),
        };
        let _ = writeln!(text, "    {:#x}: {line}", program.at(index));
    }
    text
}

/// Whether it accesses what lies beyond the guards of the program's memory. The interpreter knows, host code would
/// reach the host's own memory.
fn is_wild<T: std::fmt::Debug>(trap: T, limit: u64) -> bool {
    const GUARD: u64 = 1 << 32;
    let text = format!("{trap:x?}");
    let at = text.strip_prefix("LoadFault { at: ").or_else(|| text.strip_prefix("StoreFault { at: "));
    let at = at.and_then(|rest| u64::from_str_radix(rest.trim_end_matches([' ', '}']), 16).ok());
    at.is_some_and(|at| at >= limit + GUARD && at < GUARD.wrapping_neg())
}

fn agree<S: Subject + Hosted>(space: fn() -> Space, features: Features, count: u64) {
    let mut places = [Place::new(space()), Place::new(space())];
    let options = options(features);
    let mut runner = Runner::<S>::new(&places[1].space, options).unwrap();
    let (mut retired, mut failures) = (0, vec![]);
    for seed in seeds(count).unwrap() {
        match run::<S>(&program::<S>(seed), &mut places, &mut runner) {
            Ok(ran) => retired += ran,
            Err(text) => failures.push(text),
        }
        if failures.len() >= 3 {
            break;
        }
    }
    println!("{retired} instructions, {} as host code; {:?}", runner.native(), runner.cache().counts());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count < 100 || runner.native() * 2 > retired, "most of it runs as host code");
}

fn wide() -> Space {
    Space::with_window(1 << 39, Space::SV39_TOP).unwrap()
}
fn narrow() -> Space {
    Space::new_32().unwrap()
}
fn wide_shared() -> Space {
    let space = wide();
    space.make_shared();
    space
}

#[rstest]
#[case::with_what_the_host_has(wide, Features::detect())]
#[case::with_the_least(wide, Features::NONE)]
#[case::with_other_threads(wide_shared, Features::detect())]
fn host_code_agrees_on_random_programs_of_rv64(#[case] space: fn() -> Space, #[case] features: Features) {
    agree::<Rv64>(space, features, 6_000);
}

#[rstest]
#[case::with_what_the_host_has(Features::detect())]
#[case::with_the_least(Features::NONE)]
fn host_code_agrees_on_random_programs_of_rv32(#[case] features: Features) {
    agree::<Rv32>(narrow, features, 4_000);
}
