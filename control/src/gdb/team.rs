//! The threads of a program under gdb: which of them run, which wait, and what they stopped for.
//!
//! When one thread stops, all do: each at the end of its slice. A thread that waits in a system call
//! counts as stopped; it does not come out of the call before it is its turn. What gdb reads of a thread
//! are the registers it had when it stopped or made its call.

use super::points::Points;
use gdbstub::target::ext::breakpoints::WatchKind;
use parking_lot::{Condvar, Mutex, MutexGuard};
use spec::riscv::{State, Trap};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use user::abi::Siginfo;

/// How far a thread goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// To whatever stops it.
    Continue,
    /// One instruction.
    Step,
    /// Until the pc leaves this range.
    Leave(Range<u64>),
}

/// A signal on its way to a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// What the handler is told.
    pub info: Siginfo,
    /// The exception of the thread's own that it comes from, which it cannot block or ignore.
    pub trap: Option<Trap>,
}

/// What a thread stopped for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A breakpoint of `Z0`.
    Soft,
    /// A breakpoint of `Z1`.
    Hard,
    /// A watchpoint of that kind that holds this address.
    Watch(WatchKind, u64),
    /// It has gone as far as it was told to.
    Stepped,
    /// A signal, which it has not got yet.
    Signal(Sent),
    /// Ctrl-C.
    Interrupted,
    /// It is about to make the system call of this number.
    Entry(u64),
    /// It has made it.
    Return(u64),
    /// It has made a child process of this number.
    Forked(i32),
}

/// What a thread is told when it is its turn.
pub struct Turn {
    /// How far to go.
    pub way: Way,
    /// The signal to go on with.
    pub signal: Option<Sent>,
    /// Whether the first instruction runs even if it has a breakpoint.
    pub leaving: bool,
    /// What to stop for.
    pub points: Arc<Points>,
    /// Whether a child process waits for gdb to say what becomes of it.
    pub holds_children: bool,
}

/// What the session wants of one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// How far it goes.
    pub way: Way,
    /// The signal that it gets, in Linux's numbers.
    pub signal: Option<i32>,
}

/// Where a thread is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Running,
    /// In a system call.
    Calling,
    Parked,
}

/// A thread.
struct Seat {
    place: Place,
    /// As gdb sees them.
    state: State,
    /// What they became in a call that ended while everybody stood.
    next: Option<State>,
    /// Whether gdb has changed them since the thread stopped.
    changed: bool,
    /// What it has been told to do, if it goes.
    order: Option<Order>,
    /// Why it stopped, which nobody has been told.
    pending: Option<Stop>,
    /// The signal that was told.
    signal: Option<Sent>,
    /// Whether everybody has stood and gone on while it was in its call: there may be new breakpoints.
    stale: bool,
    /// Whether a stop was told since it last went: the breakpoint that it stands at is behind it.
    told: bool,
}

impl Seat {
    fn new(state: State, order: Option<Order>, told: bool) -> Self {
        Self {
            place: Place::Running,
            state,
            next: None,
            changed: false,
            order,
            pending: None,
            signal: None,
            stale: false,
            told,
        }
    }
}

/// The threads of a program.
pub struct Team {
    /// Whether threads are to look at what is wanted.
    halt: AtomicBool,
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    seats: BTreeMap<i32, Seat>,
    halted: bool,
    /// gdb has left.
    free: bool,
    points: Arc<Points>,
    holds_children: bool,
}

/// What becomes of a program that is to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// It goes.
    On,
    /// This thread stopped for this while the others did, and nobody has been told.
    Told(i32, Stop),
    /// None of the threads that were to go is there.
    Nobody,
}

/// Whether a thread is to come back to [`Team::turn`] now and then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leash {
    /// It is.
    Held,
    /// gdb has left: it runs freely.
    Free,
}

const ON: Order = Order { way: Way::Continue, signal: None };

impl Team {
    /// A team that stands, without threads.
    pub fn new(points: Points) -> Self {
        Self {
            halt: AtomicBool::new(true),
            inner: Mutex::new(Inner {
                seats: BTreeMap::new(),
                halted: true,
                free: false,
                points: Arc::new(points),
                holds_children: false,
            }),
            changed: Condvar::new(),
        }
    }

    // What threads say.

    /// A new thread, which goes if the others do.
    pub fn join(&self, tid: i32, state: State) {
        let mut inner = self.inner.lock();
        let order = (!inner.halted).then_some(ON);
        // gdb has been told of the first where it stands.
        let told = inner.seats.is_empty();
        inner.seats.insert(tid, Seat::new(state, order, told));
        self.changed.notify_all();
    }

    /// A thread that has ended; says whether threads are left of which none may run.
    pub fn leave(&self, tid: i32) -> bool {
        let mut inner = self.inner.lock();
        inner.seats.remove(&tid);
        self.changed.notify_all();
        !inner.halted
            && !inner.free
            && !inner.seats.is_empty()
            && inner.seats.values().all(|s| s.order.is_none())
    }

    /// Whether threads are to come to [`Team::turn`].
    pub fn wants(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }

    /// A thread is about to make a system call.
    pub fn calling(&self, tid: i32, state: &State) {
        if let Some(seat) = self.inner.lock().seats.get_mut(&tid) {
            seat.place = Place::Calling;
            seat.state.clone_from(state);
            self.changed.notify_all();
        }
    }

    /// Its call is over; says whether it must come to [`Team::turn`] before it runs.
    pub fn called(&self, tid: i32) -> bool {
        let mut inner = self.inner.lock();
        let running = !inner.halted;
        match inner.seats.get_mut(&tid) {
            Some(seat) if running && seat.order.is_some() && !seat.changed && !seat.stale => {
                seat.place = Place::Running;
                false
            }
            _ => true,
        }
    }

    /// A thread stopped. If it is the first, everybody stops, and it is this one's to tell once they have.
    pub fn stop(&self, tid: i32, state: &State, stop: Stop) -> bool {
        let mut inner = self.inner.lock();
        inner.park(tid, state);
        if inner.free {
            return false;
        }
        let Some(seat) = inner.seats.get_mut(&tid) else { return false };
        seat.pending = Some(stop);
        // One that came out of a call though it is not its turn waits for it.
        let goes = seat.order.is_some();
        let first = !inner.halted && goes;
        if first {
            self.halt_all(&mut inner);
        }
        self.changed.notify_all();
        if first {
            self.wait_for_all(&mut inner);
        }
        first
    }

    /// A thread that has ended with its program stands until gdb has been told.
    pub fn stand(&self, tid: i32, state: &State) {
        self.inner.lock().park(tid, state);
        self.changed.notify_all();
    }

    /// Waits for a thread's turn; its registers may change meanwhile.
    pub fn turn(&self, tid: i32, state: &mut State) -> (Leash, Turn) {
        let mut inner = self.inner.lock();
        inner.park(tid, state);
        self.changed.notify_all();
        loop {
            let (free, halted) = (inner.free, inner.halted);
            let points = inner.points.clone();
            let holds_children = inner.holds_children;
            let Some(seat) = inner.seats.get_mut(&tid) else { break };
            if let Some(order) = seat.order.clone().filter(|_| free || !halted) {
                seat.go(state);
                let (leaving, signal) = (std::mem::take(&mut seat.told), seat.signal.take());
                // What it has been told is done once.
                seat.order = Some(Order { signal: None, ..order.clone() });
                let signal = order.signal.map(|number| sent(number, signal));
                let leash = if free { Leash::Free } else { Leash::Held };
                return (leash, Turn { way: order.way, signal, leaving, points, holds_children });
            }
            self.changed.wait(&mut inner);
        }
        let points = inner.points.clone();
        (Leash::Free, Turn { way: Way::Continue, signal: None, leaving: true, points, holds_children: false })
    }

    // What the session says.

    /// Stops everybody, and waits until they stand.
    pub fn halt(&self) {
        let mut inner = self.inner.lock();
        self.halt_all(&mut inner);
        self.wait_for_all(&mut inner);
    }

    /// Has threads go as `orders` says; those that it does not name do what `others` says.
    pub fn go(&self, orders: &BTreeMap<i32, Order>, others: Option<&Order>) -> Gone {
        let mut inner = self.inner.lock();
        let mut pending = None;
        let mut anybody = false;
        for (tid, seat) in &mut inner.seats {
            seat.order = orders.get(tid).or(others).cloned();
            let goes = seat.order.is_some();
            anybody |= goes;
            seat.stale |= seat.place == Place::Calling;
            if let Some(next) = seat.next.take().filter(|_| !seat.changed) {
                seat.state = next;
            }
            if let Some(stop) = seat.pending.filter(|_| goes && pending.is_none()) {
                seat.pending = None;
                seat.tell(stop);
                pending = Some((*tid, stop));
            }
        }
        match (pending, anybody) {
            (Some((tid, stop)), _) => Gone::Told(tid, stop),
            (None, false) => Gone::Nobody,
            (None, true) => {
                inner.halted = false;
                self.halt.store(false, Ordering::Relaxed);
                self.changed.notify_all();
                Gone::On
            }
        }
    }

    /// Takes what a thread stopped for and nobody has been told.
    pub fn take(&self, tid: i32) -> Option<Stop> {
        let mut inner = self.inner.lock();
        let seat = inner.seats.get_mut(&tid)?;
        let stop = seat.pending.take()?;
        seat.tell(stop);
        Some(stop)
    }

    /// gdb leaves: everybody runs freely from now on.
    pub fn free(&self) {
        let mut inner = self.inner.lock();
        inner.free = true;
        inner.halted = false;
        inner.points = Arc::default();
        for seat in inner.seats.values_mut() {
            if let Some(next) = seat.next.take().filter(|_| !seat.changed) {
                seat.state = next;
            }
            // A signal that gdb has not been told is the thread's.
            let signal = match seat.pending.take() {
                Some(Stop::Signal(sent)) => {
                    seat.signal = Some(sent);
                    Some(sent.info.signo)
                }
                _ => None,
            };
            seat.order = Some(Order { way: Way::Continue, signal });
        }
        self.halt.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// The numbers of the threads, lowest first.
    pub fn tids(&self) -> Vec<i32> {
        self.inner.lock().seats.keys().copied().collect()
    }

    /// Reads a thread's registers.
    pub fn read<R>(&self, tid: i32, read: impl FnOnce(&State) -> R) -> Option<R> {
        self.inner.lock().seats.get(&tid).map(|seat| read(&seat.state))
    }

    /// Changes a thread's registers.
    pub fn write(&self, tid: i32, write: impl FnOnce(&mut State)) -> bool {
        let mut inner = self.inner.lock();
        let Some(seat) = inner.seats.get_mut(&tid) else { return false };
        let pc = seat.state.pc;
        write(&mut seat.state);
        seat.changed = true;
        // What was about to happen at the old pc does not.
        if let Some(sent) = seat.signal.as_mut().filter(|_| seat.state.pc != pc) {
            sent.trap = None;
        }
        true
    }

    /// The signal that was told of a thread and that it has not got.
    pub fn signal(&self, tid: i32) -> Option<Sent> {
        self.inner.lock().seats.get(&tid)?.signal
    }

    /// Changes what the handler will be told; false if there is no signal.
    pub fn set_signal(&self, tid: i32, info: Siginfo) -> bool {
        let mut inner = self.inner.lock();
        let signal = inner.seats.get_mut(&tid).and_then(|seat| seat.signal.as_mut());
        signal.map(|sent| *sent = Sent { info, trap: None }).is_some()
    }

    /// Changes what stops the program.
    pub fn points<R>(&self, change: impl FnOnce(&mut Points) -> R) -> R {
        change(Arc::make_mut(&mut self.inner.lock().points))
    }

    /// Whether child processes wait for gdb.
    pub fn hold_children(&self, hold: bool) {
        self.inner.lock().holds_children = hold;
    }

    fn halt_all(&self, inner: &mut Inner) {
        inner.halted = true;
        self.halt.store(true, Ordering::Relaxed);
    }

    fn wait_for_all(&self, inner: &mut MutexGuard<'_, Inner>) {
        while inner.halted && inner.seats.values().any(|seat| seat.place == Place::Running) {
            self.changed.wait(inner);
        }
    }
}

impl Inner {
    /// A thread stands. Registers that gdb may have read stay as they are until all go on.
    fn park(&mut self, tid: i32, state: &State) {
        let halted = self.halted;
        let Some(seat) = self.seats.get_mut(&tid) else { return };
        match seat.place {
            Place::Running => seat.state.clone_from(state),
            Place::Calling if halted => seat.next = Some(state.clone()),
            Place::Calling if !seat.changed => seat.state.clone_from(state),
            Place::Calling | Place::Parked => {}
        }
        seat.place = Place::Parked;
    }
}

impl Seat {
    /// It is this thread's turn.
    fn go(&mut self, state: &mut State) {
        state.clone_from(&self.state);
        self.place = Place::Running;
        (self.changed, self.stale) = (false, false);
    }

    /// gdb is told this.
    fn tell(&mut self, stop: Stop) {
        self.told = true;
        self.signal = match stop {
            Stop::Signal(sent) => Some(sent),
            _ => None,
        };
    }
}

/// The signal of this number: the one that was told, or one that gdb sends (SI_USER).
fn sent(number: i32, told: Option<Sent>) -> Sent {
    let own = Sent { info: Siginfo { signo: number, ..Siginfo::default() }, trap: None };
    told.filter(|sent| sent.info.signo == number).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: i32 = 10;
    const B: i32 = 11;

    fn state(pc: u64) -> State {
        State { pc, ..State::new() }
    }

    /// A team of two that goes.
    fn two() -> Team {
        let team = Team::new(Points::default());
        team.join(A, state(1));
        team.join(B, state(2));
        for tid in [A, B] {
            team.stand(tid, &state(0));
        }
        assert_eq!(team.go(&BTreeMap::new(), Some(&ON)), Gone::On);
        team
    }

    fn turn(team: &Team, tid: i32) -> (State, Turn) {
        let mut registers = state(99);
        let (leash, turn) = team.turn(tid, &mut registers);
        assert_eq!(leash, Leash::Held);
        (registers, turn)
    }

    /// Both threads are in a system call when all are to stop.
    fn halted_in_calls() -> Team {
        let team = two();
        turn(&team, A);
        turn(&team, B);
        team.calling(A, &state(7));
        team.calling(B, &state(8));
        team.halt();
        team
    }

    #[test]
    fn only_the_thread_that_gdb_was_told_of_leaves_its_breakpoint_behind() {
        let team = two();
        assert!(turn(&team, A).1.leaving);
        assert!(!turn(&team, B).1.leaving);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| team.stop(A, &state(5), Stop::Soft));
            while !team.wants() {
                std::thread::yield_now();
            }
            assert!(!team.stop(B, &state(6), Stop::Soft), "only one of them tells");
            assert!(first.join().unwrap());
        });
        assert_eq!(team.take(A), Some(Stop::Soft));
        assert_eq!(team.go(&BTreeMap::new(), Some(&ON)), Gone::Told(B, Stop::Soft));
    }

    #[test]
    fn registers_of_a_call_stand_still_until_all_go_on() {
        let team = halted_in_calls();
        assert!(team.called(A), "it must wait for its turn");
        team.stand(A, &state(11));
        assert_eq!(team.read(A, |state| state.pc), Some(7));
        assert!(team.write(B, |state| state.pc = 40));
        assert_eq!(team.go(&BTreeMap::new(), Some(&ON)), Gone::On);
        assert_eq!(turn(&team, A).0.pc, 11);
        assert!(team.called(B), "there is something new for it");
        assert_eq!(turn(&team, B).0.pc, 40);
    }

    #[test]
    fn a_thread_that_is_not_to_go_stands_while_another_does() {
        let team = halted_in_calls();
        let step = Order { way: Way::Step, signal: Some(10) };
        assert_eq!(team.go(&BTreeMap::from([(A, step)]), None), Gone::On);
        let (_, told) = turn(&team, A);
        assert_eq!((told.way, told.signal.map(|sent| sent.info.signo)), (Way::Step, Some(10)));
        assert!(team.called(B));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| team.turn(B, &mut state(9)).0);
            std::thread::sleep(Duration::from_millis(1));
            assert!(!waiting.is_finished());
            assert!(team.leave(A), "none of those that are left may go");
            team.free();
            assert_eq!(waiting.join().unwrap(), Leash::Free);
        });
    }

    #[test]
    fn nobody_goes_where_none_of_the_named_is_left() {
        let team = two();
        team.halt();
        assert_eq!(team.go(&BTreeMap::from([(77, ON)]), None), Gone::Nobody);
        assert!(!team.write(77, |_| ()));
        assert_eq!(team.signal(77), None);
        assert_eq!(team.take(77), None);
    }

    #[test]
    fn a_signal_that_was_told_is_given_with_what_came_with_it() {
        let info = Siginfo { signo: 11, code: 1, first: 8, ..Siginfo::default() };
        let trap = Some(Trap::LoadFault { at: 8 });
        let told = Some(Sent { info, trap });
        assert_eq!(sent(11, told), Sent { info, trap });
        let own = Siginfo { signo: 12, ..Siginfo::default() };
        assert_eq!(sent(12, told), Sent { info: own, trap: None });
    }
}
