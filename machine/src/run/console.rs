//! A script at the machine's console, and when the guest has last been heard.
//!
//! A script is an input whose every byte is known before. It delivers a line when the guest asks for one: its last
//! output ended without a newline and nothing has followed for a while of guest time. So a script means the same
//! however fast the host is.

use host_char::Frontend;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Guest time after which an output that ends without a newline is a prompt, in nanoseconds.
const PROMPT: u64 = 50_000_000;
/// Guest time after which a guest that is idle and says nothing is taken for one that waits for ever: an hour.
const FORGOTTEN: u64 = 3_600_000_000_000;

/// A console. Clones are the same one.
#[derive(Clone)]
pub struct Console(Arc<Mutex<Inner>>);

struct Inner {
    script: VecDeque<u8>,
    /// Guest time of the last byte that the guest has written.
    heard: u64,
    /// Whether the last line is whole: written with its newline, or answered.
    whole: bool,
}

impl Console {
    /// A console at which `script` is typed, which may be empty.
    pub fn new(script: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Inner { script: script.into(), heard: 0, whole: true })))
    }

    /// A guest has written `bytes` at guest time `now`.
    pub fn hear(&self, bytes: &[u8], now: u64) {
        if let Some(last) = bytes.last() {
            let mut inner = self.0.lock();
            (inner.heard, inner.whole) = (now, *last == b'\n');
        }
    }

    /// When the script's next line is due, if the guest writes nothing until then.
    pub fn due(&self) -> Option<u64> {
        let inner = self.0.lock();
        let asks = !inner.script.is_empty() && !inner.whole;
        asks.then(|| inner.heard + PROMPT)
    }

    /// Whether nothing has been heard for so long that nobody waits for what comes.
    pub fn is_forgotten(&self, now: u64) -> bool {
        now.saturating_sub(self.0.lock().heard) > FORGOTTEN
    }

    /// Gives `to` what it has room for, at guest time `now`; `stuck` says that the guest can do nothing else.
    pub fn deliver(&self, to: &dyn Frontend, now: u64, stuck: bool) -> bool {
        if !stuck && self.due().is_none_or(|due| due > now) {
            return false;
        }
        let room = to.can_receive();
        let bytes: Vec<u8> = {
            let mut inner = self.0.lock();
            let line = inner.script.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let count = room.min(line.unwrap_or(inner.script.len()));
            // The rest of a long line goes on without another prompt; a whole one waits for the next.
            inner.whole |= count > 0 && line == Some(count);
            inner.script.drain(..count).collect()
        };
        if !bytes.is_empty() {
            to.receive(&bytes);
        }
        !bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Guest(Mutex<Vec<u8>>);

    impl Frontend for Guest {
        fn can_receive(&self) -> usize {
            4
        }
        fn receive(&self, bytes: &[u8]) {
            self.0.lock().extend(bytes);
        }
    }

    #[test]
    fn a_script_waits_for_prompts() {
        let console = Console::new(b"ls\npwd -P\n".to_vec());
        let guest = Guest(Mutex::default());
        console.hear(b"Booting\n", 5);
        assert!(!console.deliver(&guest, PROMPT * 2, false));
        console.hear(b"# ", 10);
        assert_eq!(console.due(), Some(10 + PROMPT));
        assert!(!console.deliver(&guest, PROMPT, false));
        assert!(console.deliver(&guest, PROMPT + 10, false));
        assert!(!console.deliver(&guest, PROMPT * 9, false));
        console.hear(b"ls\r\n# ", PROMPT * 9);
        for _ in 0..2 {
            assert!(console.deliver(&guest, PROMPT * 10, false));
        }
        assert_eq!(&**guest.0.lock(), b"ls\npwd -P\n");
        assert_eq!(console.due(), None);
    }

    #[test]
    fn a_silent_guest_is_forgotten_after_an_hour() {
        let console = Console::new(vec![]);
        console.hear(b"# ", 7);
        assert!(!console.is_forgotten(FORGOTTEN + 7));
        assert!(console.is_forgotten(FORGOTTEN + 8));
    }
}
