//! A program in two tiers at once: the first executes its system calls, the second follows.
//!
//! Both run for equal budgets on two copies of the program's memory. Registers are compared at every stop,
//! memory now and then: before a call that changes the map, when enough has been run to pay for it, and at the
//! end. What happened since the last comparison of memory is kept, so that a difference can be brought about
//! again and its first instruction found.

mod grain;

pub use grain::{Grain, GrainError};

use crate::program::Ended;
use accel::Accelerated;
use accel::lockstep::{self, Difference, Event, Found, Halt, LockstepError, Pair, Scene, Side, mirror};
use interp::Stop;
use interp::riscv::Rv;
use memory::addr::on_page;
use memory::user::{Changes, Space};
use spec::riscv::{State, Trap};
use user::syscall::Sysno;
use user::{Next, Thread};

/// Instructions that a comparison of a page is worth.
const A_PAGE: u64 = 256;
/// Instructions between two comparisons of memory at least.
const LEAST: u64 = 1 << 18;
/// Bytes that calls wrote, and things that happened, that are kept at most.
const MOST_BYTES: usize = 16 << 20;
const MOST_EVENTS: usize = 1 << 16;
/// Bytes from which what a call wrote is taken for a new mapping: the kernel may have thrown pages away.
const A_LOT: u64 = 1 << 16;

/// What was compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compared {
    /// Instructions that both sides ran.
    pub instructions: u64,
    /// Stops at which their registers were compared.
    pub stops: u64,
    /// Comparisons of their memories.
    pub memories: u64,
    /// Calls and signals that the second side was told of.
    pub calls: u64,
}

/// How a comparison ended.
#[derive(Debug)]
pub enum Verdict {
    /// The program ended, and nothing differed.
    Equal(Ended),
    /// The sides differ, first at this place.
    Differ(Box<Found>),
    /// They differed once, but do not when the same happens again.
    Unsteady(Box<Difference>),
}

/// A program in two tiers.
pub struct Diff<X: Rv> {
    sides: [Side<X>; 2],
    pair: Pair<X>,
    spaces: [Space; 2],
    /// The last moment at which the memories were equal.
    scene: Scene,
    /// What happened since.
    events: Vec<Event>,
    /// Bytes in them.
    bytes: usize,
    /// Instructions since.
    since: u64,
    /// Instructions until the next comparison of memory.
    until: u64,
    grain: Grain,
    compared: Compared,
    /// Whether memory is shared with other processes, which write to one copy only.
    shared: bool,
}

/// What to do after a stop.
enum Then {
    On,
    Ended(Ended),
    Differ(Box<Difference>),
}

impl<X: Rv + Accelerated> Diff<X> {
    /// Makes the second copy of a program whose memory is `space`.
    ///
    /// # Errors
    /// [`LockstepError`] if the host has no room for it.
    pub fn new(
        sides: [Side<X>; 2],
        state: &State,
        space: Space,
        grain: Grain,
    ) -> Result<Self, LockstepError> {
        let scene = Scene::capture(state, &space);
        let second = scene.space()?;
        space.watch_changes();
        let spaces = [space, second];
        let pair = Pair::new(&sides, state, spaces.clone());
        let mut diff = Self {
            sides,
            pair,
            spaces,
            scene,
            events: vec![],
            bytes: 0,
            since: 0,
            until: 0,
            grain,
            compared: Compared::default(),
            shared: false,
        };
        diff.begin()?;
        Ok(diff)
    }

    /// What has been compared so far.
    pub fn compared(&self) -> Compared {
        self.compared
    }

    /// The sides.
    pub fn sides(&self) -> &[Side<X>; 2] {
        &self.sides
    }

    /// Runs the program to its end or to a difference.
    ///
    /// # Errors
    /// [`LockstepError`] if the host has no room for what that takes.
    pub fn run(&mut self, thread: &mut Thread) -> Result<Verdict, LockstepError> {
        loop {
            match self.advance(thread)? {
                Then::On => {}
                Then::Ended(ended) => return Ok(Verdict::Equal(ended)),
                Then::Differ(difference) => return self.search(*difference),
            }
        }
    }

    fn advance(&mut self, thread: &mut Thread) -> Result<Then, LockstepError> {
        let budget = self.grain.budget();
        let before = self.pair.a.hart().state.instret;
        let halts = self.pair.run(budget);
        self.events.push(Event::Ran(budget));
        if halts[0] != halts[1] {
            let bytes = self.pair.bytes();
            return Ok(Then::Differ(Box::new(Difference { halts, bytes })));
        }
        let [halt, _] = halts;
        let ran = halt.state.instret.wrapping_sub(before);
        self.compared.stops += 1;
        self.compared.instructions += ran;
        self.since += ran;
        let maps = self.changes_map(&halt);
        let full = self.bytes > MOST_BYTES || self.events.len() > MOST_EVENTS;
        if maps || full || self.since >= self.until {
            if let Some(difference) = self.look(&halt) {
                return Ok(Then::Differ(Box::new(difference)));
            }
            if !maps {
                self.begin()?;
            }
        }
        self.answer(thread, &halt)
    }

    /// Whether the program is about to make a call after which the memory from before is gone.
    fn changes_map(&self, halt: &Halt) -> bool {
        use Sysno as S;
        let call = halt.stop == Stop::Trap(Trap::EnvironmentCall);
        let number = X::unsigned(halt.state.x[17]);
        let numbers = if X::XLEN == 32 { &user::abi::RISCV32.numbers } else { &user::abi::RISCV64.numbers };
        let changes = |call| {
            matches!(
                call,
                S::mmap
                    | S::munmap
                    | S::mremap
                    | S::mprotect
                    | S::madvise
                    | S::brk
                    | S::shmat
                    | S::shmdt
                    | S::execve
                    | S::execveat
                    | S::exit
                    | S::exit_group
            )
        };
        call && numbers.call(number).is_some_and(changes)
    }

    /// Compares the memories.
    fn look(&mut self, halt: &Halt) -> Option<Difference> {
        self.compared.memories += 1;
        let bytes = self.pair.bytes();
        let differ = !bytes.is_empty();
        differ.then(|| Difference { halts: [halt.clone(), halt.clone()], bytes })
    }

    /// Forgets what happened before this moment, at which all is equal.
    fn begin(&mut self) -> Result<(), LockstepError> {
        let state = self.pair.a.hart().state.clone();
        self.scene.update(&state, &self.spaces[0]);
        self.events.clear();
        (self.bytes, self.since) = (0, 0);
        self.until = LEAST.max(A_PAGE * self.scene.pages.len() as u64);
        self.shared = false;
        for live in self.scene.regions.iter().filter(|region| mirror::is_live(region)) {
            self.shared = true;
            let alias = self.scene.regions.iter().find(|region| mirror::is_alias(live, region));
            if let Some(alias) = alias {
                return Err(LockstepError::Alias { first: live.start, second: alias.start });
            }
        }
        Ok(())
    }

    /// Has the kernel answer, and tells the second side what it did.
    fn answer(&mut self, thread: &mut Thread, halt: &Halt) -> Result<Then, LockstepError> {
        let epoch = self.spaces[0].code_epoch();
        let next = match halt.stop {
            Stop::Budget | Stop::Exit(_) => thread.interrupt(self.pair.a.hart()),
            Stop::Trap(trap) => thread.trap(self.pair.a.hart(), trap),
        };
        let mut changes = self.spaces[0].take_changes();
        if let Some(ended) = Ended::of(next) {
            // What a call compared before it is not compared again.
            let seen = halt.stop == Stop::Trap(Trap::EnvironmentCall);
            mirror::follow(&self.spaces[0], &self.spaces[1], &changes)?;
            let difference = if seen { None } else { self.look(halt) };
            return Ok(difference.map_or(Then::Ended(ended), |found| Then::Differ(Box::new(found))));
        }
        let state = self.pair.a.hart().state.clone();
        if next == Next::Continue && state == halt.state && changes == Changes::default() && !self.shared {
            return Ok(Then::On);
        }
        self.compared.calls += u64::from(state != halt.state);
        large_to_mapped(&mut changes);
        let [a, b] = &self.spaces;
        let mut written = mirror::follow(a, b, &changes)?;
        if self.shared {
            written.extend(mirror::shared(a, b)?);
        }
        if epoch != a.code_epoch() {
            b.code_written();
        }
        self.pair.b.hart().state.clone_from(&state);
        if !changes.mapped.is_empty() || !changes.protected.is_empty() {
            self.begin()?;
        } else {
            self.bytes += written.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            self.events.push(Event::Set(Box::new(state), written));
        }
        Ok(Then::On)
    }

    fn search(&mut self, difference: Difference) -> Result<Verdict, LockstepError> {
        let found = lockstep::narrow(&self.sides, &self.scene, &self.events)?;
        Ok(match found {
            Some(found) => Verdict::Differ(Box::new(found)),
            None => Verdict::Unsteady(Box::new(difference)),
        })
    }
}

/// Moves what is large and in whole pages from what was written to what was mapped.
fn large_to_mapped(changes: &mut Changes) {
    let large = |range: &std::ops::Range<u64>| {
        on_page(range.start) && on_page(range.end) && range.end - range.start >= A_LOT
    };
    let (mapped, written): (Vec<_>, Vec<_>) = changes.written.drain(..).partition(large);
    changes.written = written;
    changes.mapped.extend(mapped);
}
