//! gdb's side and the program's, brought together: who tells gdb, and what happens when it leaves.
//!
//! Each thread of the program runs on its own host thread and stops there; one more host thread reads what
//! gdb sends. Whoever stops first tells gdb, once all others stand.

use super::child::{self, Terms};
use super::inferior::{Event, Inferior};
use super::points::Points;
use super::session::{Session, Wish};
use super::team::{Leash, Team};
use crate::program::{clock, to_end};
use accel::{Accelerated, Driver, Tier};
use interp::Hart;
use interp::riscv::Rv64;
use memory::user::Space;
use parking_lot::Mutex;
use rustix::process::{Pid, getpid};
use rustix::thread::gettid;
use spec::riscv::State;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};
use user::{Actions, Death, Next, Process, Thread};

/// Ends the host process as a program ended.
pub type End = Arc<dyn Fn(Next, &Process) + Send + Sync>;

/// A program under gdb.
pub struct Debugger {
    /// The process that gdb talks to; children that are made of it are on their own.
    pub owner: Pid,
    /// Its threads.
    pub team: Team,
    /// Its kernel.
    pub process: Arc<Process>,
    /// What it does with signals.
    pub actions: Arc<Actions>,
    /// Its memory.
    pub space: Space,
    end: End,
    line: Mutex<Option<Arc<TcpStream>>>,
    /// `None` once gdb has left.
    session: Mutex<Option<Session>>,
    children: Mutex<BTreeMap<i32, Held>>,
    /// Who took over in this child process.
    heir: OnceLock<Arc<Debugger>>,
}

/// A child that waits until gdb has said what becomes of it.
struct Held {
    end: UnixStream,
    /// The thread that made it.
    parent: i32,
    /// Whether its memory is still its parent's.
    fresh: bool,
}

impl Debugger {
    /// A program whose first thread, which calls this, stands. gdb is at the other end of `line`.
    pub fn begin(
        thread: &Thread,
        state: &State,
        space: Space,
        line: Arc<TcpStream>,
        end: End,
        points: Points,
        terms: Terms,
    ) -> io::Result<Arc<Self>> {
        let debugger = Arc::new(Self {
            owner: getpid(),
            team: Team::new(points),
            process: thread.process().clone(),
            actions: thread.actions().clone(),
            space,
            end,
            line: Mutex::new(Some(line.clone())),
            session: Mutex::new(None),
            children: Mutex::default(),
            heir: OnceLock::new(),
        });
        debugger.team.join(own_tid(), state.clone());
        debugger.hold_children(terms.forks);
        *debugger.session.lock() = Some(Session::new(debugger.clone(), line.clone(), terms));
        let serving = debugger.clone();
        user::host::beside("gdb", move || serving.serve(&line))?;
        Ok(debugger)
    }

    /// The life of a thread that the program makes.
    pub fn live(self: &Arc<Self>, thread: &mut Thread, state: State) -> (Next, State) {
        let mut newest = self;
        while let Some(heir) = newest.heir.get() {
            newest = heir;
        }
        let hart = newest.hart(state);
        if thread.process().is_borrowed() || getpid() != newest.owner {
            thread.actions().watch(0);
            return freely(hart, thread);
        }
        newest.team.join(own_tid(), hart.state.clone());
        newest.follow(hart, thread)
    }

    /// A hart on the program's memory.
    pub fn hart(&self, state: State) -> Hart<Rv64, Space> {
        let mut hart = Hart::new(state, self.space.clone());
        hart.clock = interp::Clock::Wall(clock);
        hart
    }

    /// Runs a thread of the team to its end.
    pub fn follow(self: &Arc<Self>, hart: Hart<Rv64, Space>, thread: &mut Thread) -> (Next, State) {
        let tid = own_tid();
        let mut inferior = Inferior::new(hart, thread, self, tid);
        loop {
            let (leash, event) = inferior.wait();
            let event = match (leash, event) {
                (Leash::Free, Some(Event::Ended(next))) => return (next, inferior.state().clone()),
                (Leash::Free, _) => {
                    let hart = self.hart(inferior.state().clone());
                    return freely(hart, thread);
                }
                (Leash::Held, None) => inferior.run(),
                (Leash::Held, event) => event,
            };
            match event {
                None => {}
                Some(Event::Stopped(stop)) => {
                    if self.team.stop(tid, inferior.state(), stop) {
                        self.tell(tid);
                    }
                    inferior.must_wait();
                }
                Some(Event::Ended(next)) => {
                    self.ended(&mut inferior, tid, next);
                    return (next, inferior.state().clone());
                }
                Some(Event::Child(end)) => {
                    let (state, points) = (inferior.state().clone(), inferior.points().clone());
                    return self.forked(end, state, &points, thread);
                }
            }
        }
    }

    /// Tells gdb, if it waits, what a thread stopped for.
    fn tell(&self, tid: i32) {
        let mut session = self.session.lock();
        let Some(running) = session.as_mut().filter(|session| session.is_running()) else { return };
        let Some(stop) = self.team.take(tid) else { return };
        if running.report(tid, stop).is_err() {
            self.leave(&mut session);
        }
    }

    /// A thread has ended, and perhaps the program with it.
    fn ended(&self, inferior: &mut Inferior<'_>, tid: i32, next: Next) {
        if next == Next::Left {
            if self.team.leave(tid)
                && let Some(session) = self.session.lock().as_mut().filter(|session| session.is_running())
            {
                // A broken line is found by the thread that reads it.
                let _ = session.report_nobody();
            }
            return;
        }
        loop {
            // The session may wait for everybody to stand.
            self.team.stand(tid, inferior.state());
            let mut session = self.session.lock();
            match session.as_mut() {
                Some(standing) if !standing.is_running() => {}
                Some(running) => {
                    // Whether or not gdb hears it, this is the end.
                    let _ = running.report_end(next);
                    *session = None;
                    return;
                }
                None => return,
            }
            drop(session);
            // Everybody stands, and gdb is to find the thread until they go on.
            inferior.must_wait();
            let _ = inferior.wait();
        }
    }

    /// This process is a child that the program made.
    fn forked(
        self: &Arc<Self>,
        end: Option<UnixStream>,
        state: State,
        points: &Points,
        thread: &mut Thread,
    ) -> (Next, State) {
        let terms = end.and_then(child::told);
        // The line and what belongs to it is the parent's, unless it is handed over. A lock that cannot be had
        // was held by a thread of the parent's at that moment.
        let line = self.line.try_lock().and_then(|mut line| line.take());
        drop(self.session.try_lock().and_then(|mut session| session.take()));
        drop(self.children.try_lock().map(|mut children| std::mem::take(&mut *children)));
        let heir = terms.zip(line).and_then(|(terms, line)| {
            let points = points.for_child();
            Self::begin(thread, &state, self.space.clone(), line, self.end.clone(), points, terms).ok()
        });
        let hart = self.hart(state);
        match heir {
            Some(heir) => {
                let _ = self.heir.set(heir.clone());
                heir.follow(hart, thread)
            }
            None => {
                self.process.set_lending(true);
                thread.actions().watch(0);
                freely(hart, thread)
            }
        }
    }

    /// Reads what gdb sends until it leaves.
    fn serve(&self, line: &TcpStream) {
        memory::fault::on_this_thread();
        let mut bytes = [0; 4096];
        loop {
            let mut reader = line;
            let count = match reader.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count.unwrap_or(0),
            };
            let mut session = self.session.lock();
            let Some(here) = session.as_mut() else { return };
            let wish = if count == 0 { Wish::Leave } else { here.hear(&bytes[..count]) };
            match wish {
                Wish::Go => {}
                Wish::Leave => {
                    // The line is closed before the program goes on: gdb waits for that.
                    let _ = line.shutdown(Shutdown::Both);
                    return self.leave(&mut session);
                }
                Wish::Follow(child) => {
                    let terms = here.terms();
                    let held = self.children.lock().remove(&child);
                    *session = None;
                    self.line.lock().take();
                    if let Some(held) = held {
                        // A child that has gone ends the line, and gdb sees that.
                        let _ = child::take_over(&held.end, terms);
                    }
                    return self.leave(&mut session);
                }
                Wish::Kill => {
                    let tid = self.team.tids().first().copied().unwrap_or_default();
                    let pc = self.team.read(tid, |state| state.pc).unwrap_or_default();
                    let death = Death { signal: 9, pc, address: None, word: None };
                    (self.end)(Next::Killed(death), &self.process);
                }
            }
        }
    }

    /// gdb has left, or cannot be reached: everybody runs freely.
    fn leave(&self, session: &mut Option<Session>) {
        *session = None;
        self.line.lock().take();
        std::mem::take(&mut *self.children.lock()).values().for_each(|held| child::let_go(&held.end));
        self.process.set_lending(true);
        self.actions.watch(0);
        self.team.free();
    }

    /// Whether child processes wait for gdb to say what becomes of them. One that lives in its parent's memory
    /// could not: its parent waits for it.
    pub fn hold_children(&self, hold: bool) {
        self.team.hold_children(hold);
        self.process.set_lending(!hold);
    }

    /// A child waits at the other end of `end`.
    pub fn held(&self, child: i32, parent: i32, end: UnixStream) {
        self.children.lock().insert(child, Held { end, parent, fresh: true });
    }

    /// The thread whose memory and registers are those of a child that waits.
    pub fn parent_of(&self, child: i32) -> Option<i32> {
        self.children.lock().get(&child).filter(|held| held.fresh).map(|held| held.parent)
    }

    /// Whether this is a child that waits.
    pub fn holds(&self, child: i32) -> bool {
        self.children.lock().contains_key(&child)
    }

    /// A child that waits, if there is one.
    pub fn any_child(&self) -> Option<i32> {
        self.children.lock().keys().next().copied()
    }

    /// Lets a child run freely.
    pub fn let_go(&self, child: i32) {
        if let Some(held) = self.children.lock().remove(&child) {
            child::let_go(&held.end);
        }
    }

    /// The program goes on: children that wait no longer have its memory.
    pub fn part(&self) {
        self.children.lock().values_mut().for_each(|held| held.fresh = false);
    }
}

/// The number of the calling thread.
fn own_tid() -> i32 {
    gettid().as_raw_nonzero().get()
}

/// Runs a thread that gdb no longer watches.
fn freely(hart: Hart<Rv64, Space>, thread: &mut Thread) -> (Next, State) {
    let mut vcpu = Rv64::vcpu(Tier::interp(Driver::Block), hart, None);
    let next = to_end(vcpu.as_mut(), thread);
    (next, vcpu.hart().state.clone())
}
