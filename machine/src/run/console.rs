//! The machine's end of a terminal: bytes to and from a serial port.
//!
//! A live input delivers its bytes when they come. A script, an input whose every byte is known before, delivers a line
//! when the guest asks for one: its last output ended without a newline and nothing has followed for a while of
//! guest time. So a script means the same however fast the host is.

use host_char::Frontend;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

/// Guest time after which an output that ends without a newline is a prompt, in nanoseconds.
const PROMPT: u64 = 50_000_000;

/// Where input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// Nobody can type.
    #[default]
    None,
    /// A terminal, a pipe, a socket.
    Live,
    /// Bytes that are all there.
    Script,
}

/// A console. Clones are the same one.
#[derive(Clone)]
pub struct Console(Arc<Mutex<Inner>>);

struct Inner {
    source: Source,
    input: VecDeque<u8>,
    out: Box<dyn Write + Send>,
    /// Guest time of the last byte out, and that byte.
    last: (u64, u8),
}

impl Console {
    /// A console that writes to `out`, with input from `source`.
    pub fn new(source: Source, out: Box<dyn Write + Send>) -> Self {
        let inner = Inner { source, input: VecDeque::new(), out, last: (0, b'\n') };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Bytes from a guest at guest time `now`. Whoever reads them may be gone.
    pub fn put(&self, bytes: &[u8], now: u64) {
        let mut inner = self.0.lock();
        if let Some(last) = bytes.last() {
            inner.last = (now, *last);
        }
        let _ = inner.out.write_all(bytes).and_then(|()| inner.out.flush());
    }

    /// Bytes somebody typed.
    pub fn typed(&self, bytes: &[u8]) {
        self.0.lock().input.extend(bytes);
    }

    /// No more bytes will come.
    pub fn close(&self) {
        self.0.lock().source = Source::None;
    }

    /// Where input comes from.
    pub fn source(&self) -> Source {
        self.0.lock().source
    }

    /// When a script's next line is due, if the guest writes nothing until then.
    pub fn due(&self) -> Option<u64> {
        let inner = self.0.lock();
        let asks = inner.source == Source::Script && !inner.input.is_empty() && inner.last.1 != b'\n';
        asks.then(|| inner.last.0 + PROMPT)
    }

    /// Gives `to` what it has room for, at guest time `now`; `stuck` says that the guest can do nothing else.
    pub fn deliver(&self, to: &dyn Frontend, now: u64, stuck: bool) -> bool {
        let ready = match self.source() {
            Source::Script => stuck || self.due().is_some_and(|due| due <= now),
            Source::None | Source::Live => true,
        };
        if !ready {
            return false;
        }
        let room = to.can_receive();
        let bytes: Vec<u8> = {
            let mut inner = self.0.lock();
            let mut count = room.min(inner.input.len());
            if inner.source == Source::Script {
                let line = inner.input.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
                count = count.min(line.unwrap_or(usize::MAX));
                // The rest of a long line goes on without another prompt; a whole one waits for the next.
                if count > 0 && line == Some(count) {
                    inner.last.1 = b'\n';
                }
                if count == inner.input.len() {
                    inner.source = Source::None;
                }
            }
            inner.input.drain(..count).collect()
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
        let console = Console::new(Source::Script, Box::new(std::io::sink()));
        let guest = Guest(Mutex::default());
        console.typed(b"ls\npwd -P\n");
        console.put(b"Booting\n", 5);
        assert!(!console.deliver(&guest, PROMPT * 2, false));
        console.put(b"# ", 10);
        assert_eq!(console.due(), Some(10 + PROMPT));
        assert!(!console.deliver(&guest, PROMPT, false));
        assert!(console.deliver(&guest, PROMPT + 10, false));
        assert!(!console.deliver(&guest, PROMPT * 9, false));
        console.put(b"ls\r\n# ", PROMPT * 9);
        for _ in 0..2 {
            assert!(console.deliver(&guest, PROMPT * 10, false));
        }
        assert_eq!(&**guest.0.lock(), b"ls\npwd -P\n");
        assert_eq!(console.source(), Source::None);
    }

    #[test]
    fn a_live_input_loses_no_byte() {
        let console = Console::new(Source::Live, Box::new(std::io::sink()));
        let guest = Guest(Mutex::default());
        console.typed(b"0123456789");
        while console.deliver(&guest, 0, false) {}
        assert_eq!(&**guest.0.lock(), b"0123456789");
    }
}
