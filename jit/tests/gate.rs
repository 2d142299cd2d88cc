//! The gate around generated code, in every interleaving that loom finds for a few threads.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

/// What the gate is made of, in loom's versions.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    pub(super) use loom::thread::yield_now as pause;
    /// loom takes sequentially consistent accesses for less than they are.
    pub(super) fn ordered() {
        loom::sync::atomic::fence(Ordering::SeqCst);
    }
}

#[path = "../src/code/gate.rs"]
#[allow(dead_code, reason = "the crate uses the rest")]
mod gate;

use gate::Gate;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

/// Code that is executed and changed; odd while it changes. Relaxed, so that the gate alone orders the accesses.
struct Code {
    gate: Gate,
    word: AtomicU32,
}

impl Code {
    fn new() -> Arc<Self> {
        Arc::new(Self { gate: Gate::new(), word: AtomicU32::new(0) })
    }

    /// Executes, if it may; how often the code had changed.
    fn execute(&self, generation: u32) -> Option<u32> {
        let _inside = self.gate.enter(generation)?;
        let word = self.word.load(Ordering::Relaxed);
        assert!(
            word.is_multiple_of(2) && self.word.load(Ordering::Relaxed) == word,
            "it changes under a thread's feet"
        );
        Some(word / 2)
    }

    fn change(&self) {
        self.gate.exclusive(|| {
            let word = self.word.load(Ordering::Relaxed);
            self.word.store(word + 1, Ordering::Relaxed);
            self.word.store(word + 2, Ordering::Relaxed);
        });
    }
}

fn model(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 20_000;
    builder.check(test);
}

#[test]
fn nobody_executes_code_while_it_changes() {
    model(|| {
        let code = Code::new();
        let other = code.clone();
        let runner = thread::spawn(move || {
            for _ in 0..2 {
                let generation = other.gate.generation();
                if let Some(word) = other.execute(generation) {
                    assert_eq!(word, generation, "what a thread knew was of another generation");
                }
            }
        });
        code.change();
        runner.join().unwrap();
        assert_eq!(code.execute(1), Some(1));
    });
}

#[test]
fn two_who_change_code_take_turns() {
    model(|| {
        let code = Code::new();
        let other = code.clone();
        let second = thread::spawn(move || other.change());
        code.change();
        second.join().unwrap();
        assert_eq!(code.execute(2), Some(2));
    });
}

#[test]
fn what_was_known_before_a_change_lets_nobody_in() {
    model(|| {
        let code = Code::new();
        let before = code.gate.generation();
        let other = code.clone();
        let changer = thread::spawn(move || other.change());
        let early = code.execute(before);
        changer.join().unwrap();
        assert!(matches!(early, None | Some(0)));
        assert_eq!(code.execute(before), None);
    });
}
