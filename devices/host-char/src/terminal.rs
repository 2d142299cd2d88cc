//! The terminal's mode, and the signals that end strata.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use parking_lot::Mutex;
use rustix::fd::{AsFd, AsRawFd, RawFd};
use rustix::stdio::stdin;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, isatty, tcgetattr,
    tcsetattr,
};
use std::sync::Once;

/// The mode to go back to. The panic hook reads it, since a panic that aborts drops nothing.
static COOKED: Mutex<Option<Termios>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Puts the terminal back into the mode it had. Safe to call at any time.
pub fn restore() {
    // The lock may be held by a thread that panicked in here: rather a raw terminal than a hung process.
    if let Some(termios) = COOKED.try_lock().and_then(|mut cooked| cooked.take()) {
        // A terminal that has gone needs no mode.
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &termios);
    }
}

/// The terminal is in raw mode while this lives, and is put back when it is dropped or strata panics.
///
/// For signals see [`Signals`]: they become events, and strata ends in an orderly way.
#[derive(Debug)]
pub struct RawMode(());

impl RawMode {
    /// Raw mode for standard input, unless that is no terminal or is in raw mode already. Output is still translated
    /// (a line feed returns the carriage), as with QEMU. With `signal`, Ctrl-C and Ctrl-Z make signals.
    pub fn enter(signal: bool) -> Option<Self> {
        let mut cooked = COOKED.lock();
        if cooked.is_some() || !isatty(stdin()) {
            return None;
        }
        let saved = tcgetattr(stdin()).ok()?;
        let mut raw = saved.clone();
        raw.input_modes -= InputModes::IGNBRK
            | InputModes::BRKINT
            | InputModes::PARMRK
            | InputModes::ISTRIP
            | InputModes::INLCR
            | InputModes::IGNCR
            | InputModes::ICRNL
            | InputModes::IXON;
        raw.output_modes |= OutputModes::OPOST;
        raw.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN;
        if !signal {
            raw.local_modes -= LocalModes::ISIG;
        }
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        *cooked = Some(saved);
        HOOK.call_once(|| {
            let next = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                restore();
                next(info);
            }));
        });
        Some(Self(()))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

/// SIGINT, SIGTERM and SIGHUP as events instead of sudden death, so that the terminal is restored and disks are
/// written out.
pub struct Signals(SignalFd);

impl Signals {
    /// Blocks the signals for this thread and those it starts later: call it before any other thread is started.
    ///
    /// # Errors
    /// The host refuses.
    pub fn block() -> std::io::Result<Self> {
        let mut set = SigSet::empty();
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().for_each(|signal| set.add(signal));
        set.thread_block()?;
        Ok(Self(SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?))
    }

    /// What the event loop waits for.
    pub fn fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }

    /// The number of a signal that has come. strata ends as soon as it can, with 128 more as its exit status.
    pub fn take(&self) -> Option<i32> {
        let info = self.0.read_signal().ok().flatten()?;
        i32::try_from(info.ssi_signo).ok()
    }
}
