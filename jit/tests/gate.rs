//! The gate around generated code, and the section in which one thread is alone, in every interleaving that loom finds
//! for a few threads.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

/// What the gate is made of, in loom's versions.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
    pub(super) use loom::sync::{Arc, Mutex};
    /// loom takes sequentially consistent accesses for less than they are.
    pub(super) fn ordered() {
        loom::sync::atomic::fence(Ordering::SeqCst);
    }
    /// As many as threads: loom knows nothing of how the list grows.
    pub(super) const SLOTS: usize = 3;
    /// One look is as good as many.
    pub(super) fn soon(fact: impl Fn() -> bool) -> bool {
        fact()
    }
    /// Sleeps may end at any time; loom has those end that are the last to.
    pub(super) fn wait(word: &AtomicU32, seen: u32) {
        if word.load(Ordering::SeqCst) == seen {
            loom::thread::yield_now();
        }
    }
    pub(super) fn wake(_word: &AtomicU32) {}
}

#[path = "../src/code/gate.rs"]
#[allow(dead_code, reason = "the crate uses the rest")]
mod gate;

#[path = "../src/code/section.rs"]
#[allow(dead_code, reason = "the crate uses the rest")]
mod section;

use gate::Gate;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use section::Section;

/// Two rooms for code and the way to one of them. What lies in a room is the generation that it was made in, or
/// [`CHANGING`]. Relaxed, so that the gate alone orders the accesses.
struct Code {
    gate: Gate,
    rooms: [AtomicU64; 2],
    way: AtomicU64,
}

const CHANGING: u64 = u64::MAX;

/// A generation's room.
fn room(generation: u64) -> usize {
    usize::from(generation.is_multiple_of(2))
}

impl Code {
    fn new() -> Arc<Self> {
        let gate = Gate::new();
        let first = gate.generation();
        let rooms = [1, 2].map(|_| AtomicU64::new(first));
        Arc::new(Self { gate, rooms, way: AtomicU64::new(first) })
    }

    /// What a thread that knows code of `generation` finds there, if it may come in.
    fn execute(&self, key: usize, generation: u64) -> Option<u64> {
        let slot = self.gate.slot(key);
        let _inside = self.gate.enter(&slot, generation)?;
        let room = &self.rooms[room(generation)];
        let found = room.load(Ordering::Relaxed);
        assert!(found != CHANGING, "it changes under a thread's feet");
        thread::yield_now();
        assert_eq!(room.load(Ordering::Relaxed), found, "it changed under a thread's feet");
        Some(found)
    }

    /// Throws code away, and uses its room again as soon as nobody is in it.
    fn change(&self) {
        let generation = self.gate.retire();
        while !self.gate.is_past(generation) {
            thread::yield_now();
        }
        // The room of the generation before.
        let room = &self.rooms[room(generation - 1)];
        room.store(CHANGING, Ordering::Relaxed);
        room.store(generation, Ordering::Relaxed);
        self.way.store(generation, Ordering::Release);
    }
}

fn model(test: impl Fn() + Sync + Send + 'static) {
    within(3, test);
}

fn within(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(test);
}

#[test]
fn nobody_executes_code_while_its_room_is_used_again() {
    model(|| {
        let code = Code::new();
        let other = code.clone();
        let runner = thread::spawn(move || {
            for _ in 0..2 {
                let generation = other.gate.generation();
                _ = other.execute(1, generation);
            }
        });
        code.change();
        runner.join().unwrap();
    });
}

#[test]
fn who_throws_code_away_waits_for_everybody_inside() {
    model(|| {
        let code = Code::new();
        let before = code.gate.generation();
        let runners = [1, 2].map(|key| {
            let other = code.clone();
            thread::spawn(move || other.execute(key, before))
        });
        code.change();
        for runner in runners {
            // Who came in found what had been there before.
            assert!(matches!(runner.join().unwrap(), None | Some(1)));
        }
    });
}

#[test]
fn what_was_known_before_a_change_lets_nobody_in() {
    model(|| {
        let code = Code::new();
        let before = code.gate.generation();
        let other = code.clone();
        let changer = thread::spawn(move || other.change());
        let early = code.execute(0, before);
        changer.join().unwrap();
        assert!(matches!(early, None | Some(1)));
        assert_eq!(code.execute(0, before), None);
        assert_eq!(code.execute(0, before + 1), Some(before));
    });
}

#[test]
fn who_waits_for_a_generation_waits_for_nobody_of_that_generation() {
    model(|| {
        let code = Code::new();
        let other = code.clone();
        let before = code.gate.generation();
        let (early, late) = (code.gate.slot(0), code.gate.slot(1));
        let inside = code.gate.enter(&early, before).unwrap();
        let changer = thread::spawn(move || other.change());
        while code.gate.generation() == before {
            thread::yield_now();
        }
        let stays = code.gate.enter(&late, before + 1);
        assert!(stays.is_some());
        assert_eq!(code.way.load(Ordering::Relaxed), before, "somebody is inside of the generation before");
        drop(inside);
        changer.join().unwrap();
        drop(stays);
    });
}

/// A child after vfork has its parent's slot.
#[test]
fn a_thread_leaves_for_who_died_inside_in_its_place() {
    model(|| {
        let code = Code::new();
        let parent = code.gate.slot(7);
        let other = code.clone();
        let changer = thread::spawn(move || other.change());
        let child = code.gate.slot(7);
        // The child is gone without a word.
        std::mem::forget(code.gate.enter(&child, code.gate.generation()));
        parent.leave();
        changer.join().unwrap();
        assert!(code.gate.is_past(code.gate.generation()));
    });
}

#[test]
fn slots_that_nobody_holds_are_forgotten() {
    model(|| {
        let gate = Gate::new();
        let (one, two) = (gate.slot(1), gate.slot(2));
        std::mem::forget(gate.enter(&two, gate.generation()));
        assert!(!gate.is_past(gate.retire()));
        drop(two);
        let again = gate.slot(1);
        assert!(gate.is_past(gate.generation()) && Arc::ptr_eq(&one, &again));
    });
}

/// A word that threads write to while they run, in two steps.
struct Word {
    section: Section,
    /// Relaxed, so that the section alone orders the accesses.
    value: AtomicU64,
}

impl Word {
    fn new() -> Arc<Self> {
        Arc::new(Self { section: Section::new(), value: AtomicU64::new(0) })
    }

    /// Runs once, if nobody is alone: changes the word and changes it back.
    fn run(&self, key: usize) -> bool {
        let place = self.section.join(key);
        let Some(_running) = self.section.try_run(place) else { return false };
        self.value.fetch_add(1, Ordering::Relaxed);
        thread::yield_now();
        self.value.fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// Is alone once, and adds a hundred.
    fn alone(&self, key: usize) {
        let _alone = self.section.alone(self.section.join(key));
        let before = self.value.load(Ordering::Relaxed);
        assert_eq!(before % 100, 0, "somebody has not ended his turn");
        thread::yield_now();
        assert_eq!(self.value.load(Ordering::Relaxed), before, "somebody runs beside the one who is alone");
        self.value.store(before + 100, Ordering::Relaxed);
    }
}

#[test]
fn nobody_runs_beside_the_one_who_is_alone() {
    within(2, || {
        let word = Word::new();
        let runners = [1, 2].map(|key| {
            let other = word.clone();
            thread::spawn(move || other.run(key))
        });
        word.alone(3);
        for runner in runners {
            runner.join().unwrap();
        }
        assert_eq!(word.value.load(Ordering::Relaxed), 100);
        assert!(word.run(1), "the section is open again");
    });
}

#[test]
fn two_are_alone_one_after_the_other() {
    model(|| {
        let word = Word::new();
        let other = word.clone();
        let thread = thread::spawn(move || {
            other.alone(1);
            other.run(1)
        });
        word.run(2);
        word.alone(2);
        thread.join().unwrap();
        assert_eq!(word.value.load(Ordering::Relaxed), 200);
    });
}

/// A child after vfork has its parent's slot.
#[test]
fn a_thread_ends_the_turn_and_the_section_of_who_died_in_its_place() {
    model(|| {
        let word = Word::new();
        let other = word.clone();
        let thread = thread::spawn(move || other.alone(1));
        let parent = word.section.join(7);
        // The children are gone without a word.
        let child = word.section.join(7);
        std::mem::forget(word.section.try_run(child));
        assert!(word.section.arrive(parent));
        std::mem::forget(word.section.try_claim(child));
        assert!(word.section.arrive(parent));
        // This one has ended as it should.
        word.section.part(child);
        assert!(!word.section.arrive(parent));
        thread.join().unwrap();
        assert!(word.run(7) && word.run(1));
    });
}

#[test]
fn a_forked_child_is_alone_in_its_section() {
    model(|| {
        let word = Word::new();
        let [mine, others] = [1, 2].map(|key| word.section.join(key));
        std::mem::forget(word.section.try_run(others));
        std::mem::forget(word.section.try_claim(others));
        assert!(!word.section.is_alone() && word.section.try_run(mine).is_none());
        word.section.reset();
        assert!(!word.section.arrive(mine));
        word.alone(1);
        assert!(word.run(1));
    });
}
