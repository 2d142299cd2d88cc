//! Signals: dispositions, the mask, and delivery to the program's handlers.
//!
//! The host keeps the queues: the mask of a guest thread is its host thread's, the dispositions are
//! the program's, and a signal the program handles arrives at a handler of ours that only notes it.
//! Delivery happens at an instruction boundary. A noted signal stays blocked in the host until the
//! guest's handler is entered, so that what is queued behind it keeps its order.

mod cause;
pub mod frame;

pub use cause::Cause;

use crate::abi::structs::{Sigaction, SigaltStack};
use crate::abi::{Abi, Siginfo};
use crate::host::signals as host;
use crate::lock;
use crate::process::{Death, Next};
use memory::user::Space;
use spec::riscv::State;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Signals that take the process down with a core dump by default. [signal(7)]
const CORE: u64 = bits(&[3, 4, 5, 6, 7, 8, 11, 24, 25, 31]);
/// SIGSEGV and SIGBUS: never blocked in the host, where they report guest faults.
pub(crate) const FAULTS: u64 = bits(&[7, 11]);
/// SIGKILL and SIGSTOP.
pub const UNBLOCKABLE: u64 = bits(&[9, 19]);

/// `sa_flags` that matter here. [asm-generic/signal-defs.h]
pub const SA_ONSTACK: u64 = 0x0800_0000;
/// Restart calls the handler interrupts.
pub const SA_RESTART: u64 = 0x1000_0000;
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;

/// The default action.
pub const SIG_DFL: u64 = 0;
/// Ignore it.
pub const SIG_IGN: u64 = 1;

const fn bits(signals: &[u32]) -> u64 {
    let (mut all, mut n) = (0, 0);
    while n < signals.len() {
        all |= 1 << (signals[n] - 1);
        n += 1;
    }
    all
}

/// The mask bit of a signal, 1 to 64.
pub fn bit(signal: i32) -> u64 {
    match signal {
        1..=64 => 1 << (signal - 1),
        _ => 0,
    }
}

/// Whether a signal's default action is to dump core.
pub fn dumps_core(signal: i32) -> bool {
    CORE & bit(signal) != 0
}

/// Signals that do nothing by default. [signal(7)]
const IGNORED: u64 = bits(&[17, 18, 23, 28]);
/// Signals that stop a process by default.
const STOPS: u64 = bits(&[19, 20, 21, 22]);
/// Signals that the host's libc keeps for itself. [nptl(7)]
const HOSTS: u64 = bits(&[32, 33]);

/// What a program does with each signal: one table for all its threads.
pub struct Actions {
    table: Mutex<[Sigaction; 65]>,
    /// Signals of which somebody hears before the program does.
    watched: AtomicU64,
}

impl Actions {
    /// As a program inherits them: what strata was told to ignore is ignored.
    pub fn inherited() -> Self {
        let mut actions = [Sigaction::default(); 65];
        for (signal, action) in (0..).zip(&mut actions).skip(1) {
            if host::inherits_ignored(signal) {
                action.handler = SIG_IGN;
            }
        }
        host::restore_inherited();
        host::watch_faults();
        Self { table: Mutex::new(actions), watched: AtomicU64::new(0) }
    }

    /// A table of its own for a process that shares memory with this one.
    pub fn copy(&self) -> Self {
        Self { table: Mutex::new(*self.lock()), watched: AtomicU64::new(0) }
    }

    /// The action for a signal, 1 to 64.
    pub fn get(&self, signal: i32) -> Sigaction {
        usize::try_from(signal).ok().and_then(|n| self.lock().get(n).copied()).unwrap_or_default()
    }

    /// Sets the action for a signal, 1 to 64, here and in the host.
    pub fn set(&self, signal: i32, action: Sigaction) {
        let mut actions = self.lock();
        let Some(slot) = usize::try_from(signal).ok().and_then(|n| actions.get_mut(n)) else { return };
        *slot = action;
        self.tell_host(signal, action);
    }

    fn tell_host(&self, signal: i32, action: Sigaction) {
        if FAULTS & bit(signal) != 0 {
            return;
        }
        let watched = self.watched() & bit(signal) != 0;
        match action.handler {
            SIG_DFL | SIG_IGN if watched => host::set_noted(signal, action.flags),
            SIG_DFL => host::set_default(signal),
            SIG_IGN => host::set_ignored(signal),
            _ => host::set_noted(signal, action.flags),
        }
    }

    /// From now on these signals, and no others, are noted whatever the program does with them, and left to
    /// whoever asks for them: a debugger. [`Thread::arrived`](crate::Thread::arrived)
    pub fn watch(&self, signals: u64) {
        let actions = self.lock();
        let signals = signals & !HOSTS & !UNBLOCKABLE;
        let changed = self.watched.swap(signals, Ordering::Relaxed) ^ signals;
        for (signal, action) in (0..).zip(actions.iter()) {
            if changed & bit(signal) != 0 {
                self.tell_host(signal, *action);
            }
        }
    }

    /// The signals of which somebody hears first.
    fn watched(&self) -> u64 {
        self.watched.load(Ordering::Relaxed)
    }

    /// Takes every handler away: the default action instead. What is ignored stays so. [clone(2),
    /// CLONE_CLEAR_SIGHAND]
    pub fn clear_handlers(&self) {
        for signal in 1..=64 {
            if !matches!(self.get(signal).handler, SIG_DFL | SIG_IGN) {
                self.set(signal, Sigaction::default());
            }
        }
    }

    /// The table, held: also by a thread that is about to fork.
    pub(crate) fn lock(&self) -> MutexGuard<'_, [Sigaction; 65]> {
        lock(&self.table)
    }
}

/// The signals of one thread.
pub struct Signals {
    actions: Arc<Actions>,
    /// What the thread blocks.
    mask: u64,
    /// The mask to return to after `sigsuspend` and its like, once a handler has been entered.
    saved: Option<u64>,
    pub(crate) alternate: SigaltStack,
    /// Where handlers return to.
    trampoline: u64,
    abi: &'static Abi,
    /// The signals whose handlers have been entered since somebody asked; `None` if nobody does.
    pub(crate) entered: Option<Vec<Siginfo>>,
}

impl Signals {
    /// Those of a program's first thread: what strata was told to block is blocked.
    pub fn new(abi: &'static Abi, actions: Arc<Actions>, trampoline: u64) -> Self {
        let mut signals =
            Self { actions, mask: 0, saved: None, alternate: NO_STACK, trampoline, abi, entered: None };
        signals.set_mask(host::mask());
        signals
    }

    /// Those of a thread that this one makes: the same mask, no alternate stack. It takes them over
    /// with [`Signals::begin`].
    pub fn for_thread(&self) -> Self {
        let entered = self.entered.as_ref().map(|_| vec![]);
        Self { actions: self.actions.clone(), saved: None, alternate: NO_STACK, entered, ..*self }
    }

    /// Those of a process that shares this one's memory for a while: a table of actions of its own.
    pub fn for_process(&self) -> Self {
        let actions = Arc::new(self.actions.copy());
        let entered = self.entered.as_ref().map(|_| vec![]);
        Self { actions, entered, ..*self }
    }

    /// On the host thread that is to have them: the host's mask follows.
    pub fn begin(&mut self) {
        host::forget();
        self.set_mask(self.mask);
    }

    /// What the program does with each signal.
    pub fn actions(&self) -> &Arc<Actions> {
        &self.actions
    }

    /// The action for a signal, 1 to 64.
    pub fn action(&self, signal: i32) -> Sigaction {
        self.actions.get(signal)
    }

    /// What the thread blocks.
    pub fn mask(&self) -> u64 {
        self.mask
    }

    /// Blocks these signals, here and in the host.
    pub fn set_mask(&mut self, mask: u64) {
        self.mask = mask & !UNBLOCKABLE;
        host::set_blocked(self.mask);
        host::set_mask(host_mask(self.mask | host::noted()));
        // What was noted before that and is not about to be delivered waits in the host, where other
        // threads, `sigtimedwait` and `signalfd` find it.
        let mut back = host::noted() & self.mask & !FAULTS;
        while back != 0 {
            host::give_back(lowest(back));
            back &= back - 1;
        }
    }

    /// Keeps every signal waiting in the host, for a moment in which none may be noted.
    pub fn hold(&self) {
        host::set_mask(!FAULTS);
    }

    /// Ends [`Signals::hold`].
    pub fn release(&mut self) {
        self.set_mask(self.mask);
    }

    /// Blocks these signals until a handler has been entered.
    pub fn set_mask_for_now(&mut self, mask: u64) {
        self.saved.get_or_insert(self.mask);
        self.set_mask(mask);
    }

    /// Takes back [`Signals::set_mask_for_now`] if no handler is about to.
    pub fn end_mask_for_now(&mut self) {
        if !self.any_waiting()
            && let Some(mask) = self.saved.take()
        {
            self.set_mask(mask);
        }
    }

    /// Whether a signal has arrived that the program handles and does not block.
    pub fn any_waiting(&self) -> bool {
        host::noted() & !self.mask != 0
    }

    /// Whether one has that the program handles and `mask` does not block.
    pub fn any_waiting_under(&self, mask: u64) -> bool {
        host::noted() & !mask != 0
    }

    /// Fault signals that have arrived and that the thread blocks.
    pub fn noted_and_blocked(&self) -> u64 {
        host::noted() & self.mask
    }

    /// Takes a fault signal of `set` that has arrived while the thread blocked it.
    pub fn take_noted(&mut self, set: u64) -> Option<Siginfo> {
        let here = host::noted() & set;
        if here == 0 { None } else { host::take(lowest(here)) }
    }

    /// Whether the next signal to be delivered lets an interrupted call start again.
    pub fn next_restarts(&self) -> bool {
        let waiting = host::noted() & !self.mask;
        if waiting == 0 {
            return true;
        }
        let action = self.action(lowest(waiting));
        // Without a handler nothing interrupts a call.
        action.handler == SIG_DFL || action.handler == SIG_IGN || action.flags & SA_RESTART != 0
    }

    /// Takes a signal that has arrived and of which somebody hears first.
    pub fn take_watched(&mut self) -> Option<Siginfo> {
        let waiting = host::noted() & !self.mask & self.actions.watched();
        let info = if waiting == 0 { None } else { host::take(lowest(waiting)) };
        if info.is_some() {
            // The host lets through the next of its kind.
            self.set_mask(self.mask);
        }
        info
    }

    /// A signal from whoever heard of it first.
    pub fn deliver(&mut self, space: &Space, state: &mut State, info: &Siginfo) -> Next {
        let signal = info.signo;
        if self.mask & bit(signal) != 0 {
            host::queue(info);
            return Next::Continue;
        }
        let action = self.action(signal);
        match action.handler {
            SIG_IGN => Next::Continue,
            SIG_DFL if IGNORED & bit(signal) != 0 => Next::Continue,
            SIG_DFL if STOPS & bit(signal) != 0 => {
                host::raise_again(signal);
                self.actions.set(signal, action);
                Next::Continue
            }
            SIG_DFL => Next::Killed(Death { signal, pc: state.pc, address: None, word: None }),
            _ => self.enter(space, state, info, action),
        }
    }

    /// Enters handlers for everything that has arrived; the last one entered runs first.
    pub fn deliver_waiting(&mut self, space: &Space, state: &mut State) -> Next {
        loop {
            let waiting = host::noted() & !self.mask & !self.actions.watched();
            if waiting == 0 {
                break;
            }
            let signal = lowest(waiting);
            let Some(info) = host::take(signal) else { continue };
            // Read once: another thread may change it at any time.
            let action = self.action(signal);
            match action.handler {
                SIG_IGN => self.set_mask(self.mask),
                // The program has withdrawn its handler since: the signal acts as if it came now.
                SIG_DFL => {
                    host::raise_again(signal);
                    self.set_mask(self.mask);
                }
                _ => match self.enter(space, state, &info, action) {
                    Next::Continue => {}
                    other => return other,
                },
            }
        }
        self.end_mask_for_now();
        Next::Continue
    }

    /// A signal the program cannot refuse, for an exception: its handler, or death.
    pub fn force(&mut self, space: &Space, state: &mut State, cause: Cause) -> Next {
        let action = self.action(cause.signal);
        let refused = action.handler <= SIG_IGN || self.mask & bit(cause.signal) != 0;
        if refused {
            return Next::Killed(cause.death(self.abi.unsigned(state.pc)));
        }
        self.enter(space, state, &cause.info(), action)
    }

    /// Pushes a frame and goes on in the handler.
    fn enter(&mut self, space: &Space, state: &mut State, info: &Siginfo, action: Sigaction) -> Next {
        let signal = info.signo;
        let interrupted = self.saved.take().unwrap_or(self.mask);
        let context = frame::Context {
            abi: self.abi,
            info,
            mask: interrupted,
            alternate: self.alternate,
            on_stack: action.flags & SA_ONSTACK != 0,
        };
        let pc = self.abi.unsigned(state.pc);
        if frame::push(&context, space, state, action.handler, self.trampoline).is_err() {
            let address = Some(self.abi.unsigned(state.x[2]));
            return Next::Killed(Death { signal: libc::SIGSEGV, pc, address, word: None });
        }
        if let Some(entered) = &mut self.entered {
            entered.push(*info);
        }
        let own = if action.flags & SA_NODEFER != 0 { 0 } else { bit(signal) };
        self.set_mask(self.mask | action.mask.0 | own);
        if action.flags & SA_RESETHAND != 0 {
            self.actions.set(signal, Sigaction::default());
        }
        Next::Continue
    }

    /// Undoes a frame: `rt_sigreturn`. A frame that cannot be read is a fault.
    pub fn leave(&mut self, space: &Space, state: &mut State) -> Next {
        let at = self.abi.unsigned(state.x[2]);
        match frame::pop(self.abi, space, state) {
            Ok((mask, alternate)) => {
                self.alternate = alternate;
                self.set_mask(mask);
                Next::Continue
            }
            Err(_) => {
                let (pc, address) = (self.abi.unsigned(state.pc), Some(at));
                Next::Killed(Death { signal: libc::SIGSEGV, pc, address, word: None })
            }
        }
    }
}

/// No alternate stack.
const NO_STACK: SigaltStack = SigaltStack { sp: 0, flags: frame::SS_DISABLE, size: 0 };

fn lowest(set: u64) -> i32 {
    set.trailing_zeros().cast_signed() + 1
}

/// What the host blocks for a program that blocks `mask`.
pub fn host_mask(mask: u64) -> u64 {
    mask & !FAULTS
}
