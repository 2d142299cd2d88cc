//! Run states, and what ends a machine.

use model::{Request, Requests};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// What a machine is doing. The names are QEMU's. [QEMU: qapi/run-state.json]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// It has not run yet (`-S`).
    Prelaunch,
    /// Its harts run.
    Running,
    /// Somebody has stopped it.
    Paused,
    /// The guest has switched it off, and `-no-shutdown` keeps it.
    Shutdown,
}

impl RunState {
    /// As `info status` prints it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Prelaunch => "paused (prelaunch)",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Shutdown => "paused (shutdown)",
        }
    }
}

/// Why a machine's run has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The guest has switched it off.
    PowerOff,
    /// The guest has ended it with this status.
    Exit(u8),
    /// The guest wanted a reset, which `-no-reboot` makes an end.
    Reset,
    /// Somebody has said `quit`.
    Quit,
    /// A signal of this number.
    Signal(i32),
    /// Every hart waits, and nothing is left that could raise an interrupt.
    Stuck,
}

/// What devices, signals and people have asked for since the machine last looked.
#[derive(Clone, Default)]
pub struct Wishes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    any: AtomicBool,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    request: Option<Request>,
    signal: Option<i32>,
    woken: bool,
}

impl Wishes {
    /// Where devices put requests.
    pub fn requests(&self) -> Requests {
        let shared = Arc::clone(&self.0);
        Requests::new(move |request| {
            shared.state.lock().request.get_or_insert(request);
            shared.any.store(true, SeqCst);
        })
    }

    /// A signal has come.
    pub fn signal(&self, number: i32) {
        self.0.state.lock().signal.get_or_insert(number);
        self.0.any.store(true, SeqCst);
        self.wake();
    }

    /// Ends the machine's sleep.
    pub fn wake(&self) {
        self.0.state.lock().woken = true;
        self.0.news.notify_all();
    }

    /// Whether a request or a signal waits.
    pub fn any(&self) -> bool {
        self.0.any.load(SeqCst)
    }

    /// Takes the first request and the first signal.
    pub fn take(&self) -> (Option<Request>, Option<i32>) {
        let mut state = self.0.state.lock();
        self.0.any.store(false, SeqCst);
        (state.request.take(), state.signal.take())
    }

    /// Sleeps until somebody wakes the machine, for `most` at most. Says how long it was, and whether it was woken.
    pub fn sleep(&self, most: Option<Duration>) -> (Duration, bool) {
        let start = Instant::now();
        let mut state = self.0.state.lock();
        while !state.woken {
            match most {
                None => self.0.news.wait(&mut state),
                Some(most) => {
                    let Some(rest) = most.checked_sub(start.elapsed()) else { break };
                    if self.0.news.wait_for(&mut state, rest).timed_out() {
                        break;
                    }
                }
            }
        }
        let woken = std::mem::take(&mut state.woken);
        (start.elapsed(), woken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_counts() {
        let wishes = Wishes::default();
        wishes.requests().make(Request::Exit { status: 3 });
        wishes.requests().make(Request::Reset);
        assert!(wishes.any());
        assert_eq!(wishes.take(), (Some(Request::Exit { status: 3 }), None));
        assert_eq!((wishes.take(), wishes.any()), ((None, None), false));
    }

    #[test]
    fn a_signal_ends_the_sleep_also_when_it_comes_before() {
        let wishes = Wishes::default();
        wishes.signal(15);
        assert!(wishes.sleep(None).1);
        assert_eq!(wishes.take(), (None, Some(15)));
        assert!(!wishes.sleep(Some(Duration::from_millis(1))).1);
    }
}
