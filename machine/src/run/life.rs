//! Run states, and what ends a machine.

use model::{Request, Requests};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// What a machine is doing. The names are QEMU's. [QEMU: qapi/run-state.json]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// It has not run yet (`-S`).
    Prelaunch,
    /// Its harts run.
    Running,
    /// Somebody has stopped it.
    Paused,
    /// A debugger has stopped it.
    Debug,
    /// The guest has switched it off, and `-no-shutdown` keeps it.
    Shutdown,
}

impl RunState {
    /// QEMU's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prelaunch => "prelaunch",
            Self::Running => "running",
            Self::Debug => "debug",
            Self::Paused => "paused",
            Self::Shutdown => "shutdown",
        }
    }

    /// As `info status` prints it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Prelaunch => "paused (prelaunch)",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Debug => "paused (debug)",
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
    /// It could not be reset: [`crate::run::Machine::take_failure`] says why.
    Broken,
    /// Every hart waits, and nothing is left that could raise an interrupt.
    Stuck,
}

/// What devices have asked for since the machine last looked. Clones are the same one.
#[derive(Clone, Default)]
pub struct Wishes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    any: AtomicBool,
    request: Mutex<Option<Request>>,
}

impl Wishes {
    /// Where devices put requests.
    pub fn requests(&self) -> Requests {
        let shared = Arc::clone(&self.0);
        Requests::new(move |request| {
            shared.request.lock().get_or_insert(request);
            shared.any.store(true, SeqCst);
        })
    }

    /// Whether a request waits.
    pub fn any(&self) -> bool {
        self.0.any.load(SeqCst)
    }

    /// Takes the first request.
    pub fn take(&self) -> Option<Request> {
        self.0.any.store(false, SeqCst);
        self.0.request.lock().take()
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
        assert_eq!(wishes.take(), Some(Request::Exit { status: 3 }));
        assert_eq!((wishes.take(), wishes.any()), (None, false));
    }
}
