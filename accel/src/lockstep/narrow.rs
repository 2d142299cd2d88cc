//! From a divergence somewhere in a stretch of a run to the first instruction that differs.
//!
//! The stretch is run again on fresh copies of the guest. First by halves, over the pieces of the stretch and
//! then over the instructions of a piece; that finds where the sides part, but a tier that compiles many
//! instructions at once runs them one by one when its budget ends among them, and then does no wrong. So the
//! last instructions are tried alone, then with more and more of those before them, each time with a
//! breakpoint behind the last, so that a tier takes them whole.

use super::pages::{self, Byte};
use super::pair::{Halt, LockstepError, Pair, Side};
use super::scene::Scene;
use crate::hooks::Recorder;
use crate::vcpu::Accelerated;
use interp::riscv::Rv;
use interp::{Hart, Stop};
use memory::addr::{PAGE, page_down};
use memory::user::Space;
use spec::riscv::{Insn, State, decoder};
use std::ops::Range;

/// Something that happened to both sides of a pair between two comparisons of memory.
#[derive(Clone, Debug)]
pub enum Event {
    /// They were run for a budget.
    Ran(u64),
    /// They were put into a state, and bytes were written to their memories.
    Set(Box<State>, Vec<(u64, Vec<u8>)>),
}

/// How two sides differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// How each ended.
    pub halts: [Halt; 2],
    /// Bytes of memory that differ, not all of them if there are many.
    pub bytes: Vec<Byte>,
}

/// An instruction and where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its address.
    pub pc: u64,
    /// The instruction; `None` if no row has the bytes that are there, or there are none.
    pub insn: Option<Insn>,
}

/// Where two sides part.
#[derive(Clone, Debug)]
pub struct Found {
    /// The moment before; from it `budget` instructions lead to the difference.
    pub scene: Scene,
    /// Instructions.
    pub budget: u64,
    /// Instructions of the program, counted from its start, before the first that differs.
    pub before: u64,
    /// The instructions that must run together to show the difference, as the oracle runs them.
    pub places: Vec<Place>,
    /// Which of them differs first, if that is known.
    pub at: Option<usize>,
    /// Whether that is sure: all before it were run together and did not differ. Else it is the earliest that
    /// is the last to write something that differs.
    pub exact: bool,
    /// How they differ after it.
    pub difference: Difference,
}

/// The most instructions that are tried together.
const MOST: u64 = 1024;

/// Looks for the place.
///
/// `None` if the sides do not differ when the events happen again.
///
/// # Errors
/// [`LockstepError`] if the host has no room for the copies.
pub fn narrow<X: Rv + Accelerated>(
    sides: &[Side<X>; 2],
    scene: &Scene,
    events: &[Event],
) -> Result<Option<Found>, LockstepError> {
    let eager = sides.each_ref().map(Side::eager);
    let (sides, mut last) = match replay(sides, scene, events)? {
        Some(last) => (sides, last),
        None => match replay(&eager, scene, events)? {
            Some(last) => (&eager, last),
            None => return Ok(None),
        },
    };
    let mut first = 0;
    while first < last {
        let middle = first.midpoint(last);
        match replay(sides, scene, &events[..=middle])? {
            Some(at) => last = at.min(middle),
            None => first = middle + 1,
        }
    }
    let mut pair = Pair::in_scene(sides, scene)?;
    for event in &events[..last] {
        happen(&mut pair, event);
    }
    let Some(Event::Ran(budget)) = events.get(last) else { return Ok(None) };
    let state = pair.a.hart().state.clone();
    let piece = Scene::capture(&state, &pair.spaces()[0]);
    drop(pair);
    in_piece(sides, &piece, *budget)
}

/// The first event after which the sides differ.
fn replay<X: Rv>(
    sides: &[Side<X>; 2],
    scene: &Scene,
    events: &[Event],
) -> Result<Option<usize>, LockstepError> {
    let mut pair = Pair::in_scene(sides, scene)?;
    for (index, event) in events.iter().enumerate() {
        if !happen(&mut pair, event) {
            return Ok(Some(index));
        }
    }
    let last = events.len().checked_sub(1);
    Ok(last.filter(|_| !pair.bytes().is_empty()))
}

/// Has an event happen; says whether the registers are equal then.
fn happen<X: Rv>(pair: &mut Pair<X>, event: &Event) -> bool {
    match event {
        Event::Ran(budget) => {
            let [a, b] = pair.run(*budget);
            a == b
        }
        Event::Set(state, written) => {
            pair.set(state);
            for space in pair.spaces() {
                for (at, bytes) in written {
                    // It could be written when it happened first.
                    let _ = super::mirror::write(&space, *at, bytes);
                }
            }
            true
        }
    }
}

/// Runs both sides in a scene; how they differ, if they do.
///
/// # Errors
/// [`LockstepError`] if the host has no room for the copies.
pub fn compare<X: Rv>(
    sides: &[Side<X>; 2],
    scene: &Scene,
    budget: u64,
) -> Result<Option<Difference>, LockstepError> {
    let mut pair = Pair::in_scene(sides, scene)?;
    let halts = pair.run(budget);
    let bytes = pair.bytes();
    let equal = halts[0] == halts[1] && bytes.is_empty();
    Ok((!equal).then_some(Difference { halts, bytes }))
}

/// Looks for the place in a piece that is run for one budget.
///
/// `None` if the sides do not differ after it.
///
/// # Errors
/// [`LockstepError`] if the host has no room for the copies.
pub fn in_piece<X: Rv + Accelerated>(
    sides: &[Side<X>; 2],
    scene: &Scene,
    budget: u64,
) -> Result<Option<Found>, LockstepError> {
    let eager = sides.each_ref().map(Side::eager);
    let (sides, difference) = match compare(sides, scene, budget)? {
        None => (&eager, compare(&eager, scene, budget)?),
        found => (sides, found),
    };
    let Some(mut difference) = difference else {
        // What a tier takes whole may be cut by the budget.
        if budget > MOST {
            return Ok(None);
        }
        return closest(&eager, scene, &Track::run::<X>(scene, budget)?);
    };
    // What either side retired, and the attempt that trapped.
    let ran = |halt: &Halt| halt.state.instret.wrapping_sub(scene.state.instret).saturating_add(1);
    let longest = difference.halts.iter().map(ran).max().unwrap_or(budget);
    let (mut first, mut last) = (1, budget.min(longest));
    while first < last {
        let middle = first.midpoint(last);
        match compare(sides, scene, middle)? {
            Some(found) => (last, difference) = (middle, found),
            None => first = middle + 1,
        }
    }
    let near = last.saturating_sub(MOST);
    let mut pair = Pair::in_scene(sides, scene)?;
    if near > 0 {
        pair.run(near);
    }
    let state = pair.a.hart().state.clone();
    let scene = Scene::capture(&state, &pair.spaces()[0]);
    drop(pair);
    let track = Track::run::<X>(&scene, last - near)?;
    let scene = track.trimmed(scene);
    let found = closest(&eager, &scene, &track)?;
    let all = Found {
        before: track.before(&scene, track.places.len().saturating_sub(1)),
        budget: last - near,
        places: track.places.clone(),
        at: track.writer(0..track.places.len(), &difference),
        exact: false,
        difference,
        scene,
    };
    Ok(Some(found.unwrap_or(all)))
}

/// What the oracle did in a stretch.
struct Track {
    /// Instruction by instruction; the last may have trapped.
    places: Vec<Place>,
    /// The state before each.
    states: Vec<State>,
    /// The state after the last, in which it ended.
    last: State,
    /// Pages that it touched.
    touched: Vec<u64>,
}

impl Track {
    /// Has the oracle run a stretch.
    fn run<X: Rv + Accelerated>(scene: &Scene, count: u64) -> Result<Self, LockstepError> {
        let mut hart = Hart::new(scene.state.clone(), Recorder::new(scene.space()?));
        hart.clock = interp::Clock::Wall(super::pair::counted);
        let mut vcpu = X::recorded(hart);
        let mut track = Self { places: vec![], states: vec![], last: State::new(), touched: vec![] };
        super::pair::count_to(scene.state.instret);
        for _ in 0..count {
            let hart = vcpu.hart();
            let pc = X::unsigned(hart.state.pc);
            track.touched.extend([page_down(pc), page_down(pc.wrapping_add(3))]);
            track.places.push(Place { pc, insn: instruction::<X>(&hart.mem.inner, pc) });
            track.states.push(hart.state.clone());
            let stop = vcpu.run(1);
            let mem = &mut vcpu.hart().mem;
            let pages = mem.touches().iter().flat_map(|t| [t.at, t.at.saturating_add(t.size - 1)]);
            track.touched.extend(pages.map(page_down));
            mem.clear();
            if stop != Stop::Budget {
                break;
            }
        }
        track.last = vcpu.hart().state.clone();
        track.touched.sort_unstable();
        track.touched.dedup();
        Ok(track)
    }

    /// The scene with only those contents that matter, and with files as plain pages.
    fn trimmed(&self, mut scene: Scene) -> Scene {
        let Ok(space) = scene.space() else { return scene };
        let mut page = Box::new([0; memory::addr::host_size(PAGE)]);
        let all =
            self.touched.iter().filter(|at| pages::read(&space, **at, &mut page).then_some(()).is_some());
        let wanted: Vec<u64> = all.copied().collect();
        scene.pages.clear();
        for at in wanted {
            if pages::read(&space, at, &mut page) {
                scene.pages.insert(at, page.clone());
            }
        }
        for region in &mut scene.regions {
            (region.file, region.shared) = (None, false);
        }
        scene
    }

    /// Instructions of the program before the one at `index`.
    fn before(&self, scene: &Scene, index: usize) -> u64 {
        scene.state.instret.wrapping_add(index as u64)
    }

    /// The earliest instruction of a range that is the last there to write a register that differs; counted from
    /// the range's start.
    fn writer(&self, range: Range<usize>, difference: &Difference) -> Option<usize> {
        let [a, b] = &difference.halts;
        let registers = |state: &State| {
            let small = [state.fflags.into(), state.frm.into(), state.reservation, state.reserved_value];
            state.x.iter().chain(&state.f).chain(&small).copied().collect::<Vec<u64>>()
        };
        let (left, right) = (registers(&a.state), registers(&b.state));
        let states: Vec<Vec<u64>> = self
            .states
            .iter()
            .chain([&self.last])
            .skip(range.start)
            .take(range.len() + 1)
            .map(registers)
            .collect();
        let wrong = (0..left.len()).filter(|n| left[*n] != right[*n]);
        wrong.filter_map(|n| states.windows(2).rposition(|pair| pair[0][n] != pair[1][n])).min()
    }

    /// The scene before the instruction at `index`, whose memory `space` is.
    fn scene(&self, index: usize, space: &Space, whole: &Scene) -> Scene {
        let mut scene = Scene { state: self.states[index].clone(), ..whole.clone() };
        pages::refresh(space, &mut scene.pages);
        scene
    }
}

/// The instruction at `pc`.
pub fn instruction<X: Rv>(space: &Space, pc: u64) -> Option<Insn> {
    let low = space.fetch::<u16>(pc).ok()?;
    let word = match low & 3 {
        3 => u32::from(low) | u32::from(space.fetch::<u16>(X::unsigned(pc.wrapping_add(2))).ok()?) << 16,
        _ => low.into(),
    };
    decoder(X::XLEN).decode(word)
}

/// The fewest of the last instructions that show the difference, and of these the one that makes it.
fn closest<X: Rv + Accelerated>(
    sides: &[Side<X>; 2],
    whole: &Scene,
    track: &Track,
) -> Result<Option<Found>, LockstepError> {
    let count = track.places.len();
    for length in 1..=count {
        let start = count - length;
        let Some(scene) = at(sides, whole, track, start)? else { continue };
        if bounded(sides, &scene, track, start, count)?.1.is_none() {
            continue;
        }
        // Whether what was tried before was taken whole.
        let mut exact = true;
        for end in start + 1..=count {
            let (whole_piece, difference) = bounded(sides, &scene, track, start, end)?;
            let Some(difference) = difference else {
                exact = whole_piece;
                continue;
            };
            let last = end - start - 1;
            let writer = if exact { None } else { track.writer(start..end, &difference) };
            let at = writer.unwrap_or(last);
            return Ok(Some(Found {
                budget: (end - start) as u64,
                before: track.before(whole, start + at),
                places: track.places[start..end].to_vec(),
                at: Some(at),
                exact,
                difference,
                scene,
            }));
        }
    }
    Ok(None)
}

/// The scene before the instruction at `index`, if both sides come there alike.
fn at<X: Rv>(
    sides: &[Side<X>; 2],
    whole: &Scene,
    track: &Track,
    index: usize,
) -> Result<Option<Scene>, LockstepError> {
    let mut pair = Pair::in_scene(sides, whole)?;
    let halts = pair.run(index as u64);
    let there = halts.iter().all(|halt| halt.state == track.states[index]);
    let [space, _] = pair.spaces();
    Ok(there.then(|| track.scene(index, &space, whole)))
}

/// `c.ebreak`.
const BREAKPOINT: [u8; 2] = 0x9002u16.to_le_bytes();

/// Runs the instructions from `start` to `end` with breakpoints behind them. Whether there is one, so that a tier
/// can take them whole, and how the sides differ, if they do.
fn bounded<X: Rv>(
    sides: &[Side<X>; 2],
    scene: &Scene,
    track: &Track,
    start: usize,
    end: usize,
) -> Result<(bool, Option<Difference>), LockstepError> {
    let mut pair = Pair::in_scene(sides, scene)?;
    let inside = &track.places[start..end];
    let next = track.places.get(end).map_or_else(|| X::unsigned(track.last.pc), |place| place.pc);
    let last = inside.last().map_or(next, |p| p.pc.wrapping_add(p.insn.map_or(4, |insn| insn.len.into())));
    let behind = |at: u64| {
        let over = |p: &Place| at < p.pc.wrapping_add(p.insn.map_or(4, |i| i.len.into())) && p.pc < at + 2;
        !inside.iter().any(over)
    };
    let mut stops = false;
    for at in [next, last] {
        for space in pair.spaces().iter().filter(|_| behind(at)) {
            let there = super::mirror::write(space, at, &BREAKPOINT).is_ok();
            stops |= there && at == next;
        }
    }
    let count = inside.len() as u64;
    // A tier takes whole what fits in its budget.
    let budget = if stops { count + 2 * MOST } else { count };
    let halts = pair.run(budget);
    let bytes = pair.bytes();
    let equal = halts[0] == halts[1] && bytes.is_empty();
    Ok((stops, (!equal).then_some(Difference { halts, bytes })))
}
