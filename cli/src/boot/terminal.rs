//! The keys of a machine's terminal.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

/// What somebody does at the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Types to whoever listens.
    Type(Vec<u8>),
    /// Turns from the serial port to the monitor, or back.
    Turn,
    /// Asks which keys there are.
    Help,
    /// Ends the machine.
    Quit,
    /// Has gone.
    Leave,
}

/// What Ctrl-A begins. [QEMU: docs/system/mux-chardev.rst]
pub const HELP: &str = "\r\nCtrl-A h    show this\r\nCtrl-A x    end the machine\r\nCtrl-A c    change between console and monitor\r\n\
                        Ctrl-A Ctrl-A    send Ctrl-A\r\n";

const ESCAPE: u8 = 1;

/// Reads keys: what is typed, and what Ctrl-A makes of the key after it.
#[derive(Default)]
pub struct Keys {
    escaped: bool,
}

impl Keys {
    /// What these bytes mean.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Act> {
        let mut acts = vec![];
        let mut typed = vec![];
        for byte in bytes {
            let act = match (std::mem::take(&mut self.escaped), *byte) {
                (false, ESCAPE) => {
                    self.escaped = true;
                    continue;
                }
                (true, b'h' | b'?') => Act::Help,
                (true, b'x') => Act::Quit,
                (true, b'c') => Act::Turn,
                (_, byte) => {
                    typed.push(byte);
                    continue;
                }
            };
            if !typed.is_empty() {
                acts.push(Act::Type(std::mem::take(&mut typed)));
            }
            acts.push(act);
        }
        if !typed.is_empty() {
            acts.push(Act::Type(typed));
        }
        acts
    }
}

/// Acts on their way to the machine's thread. Clones are the same queue.
pub type Acts = Arc<Mutex<VecDeque<Act>>>;

/// Reads standard input on a thread of its own, and calls `wake` whenever something was read.
pub fn listen(acts: Acts, keys: Option<Keys>, wake: impl Fn() + Send + 'static) {
    std::thread::spawn(move || {
        let mut keys = keys;
        let mut buffer = [0; 4096];
        loop {
            // Another end than the end of input is one, too: nobody can type any more.
            let count = std::io::stdin().read(&mut buffer).unwrap_or(0);
            let read = match &mut keys {
                _ if count == 0 => vec![Act::Leave],
                Some(keys) => keys.read(&buffer[..count]),
                None => vec![Act::Type(buffer[..count].to_vec())],
            };
            acts.lock().extend(read);
            wake();
            if count == 0 {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&["ls\r"], vec![Act::Type(b"ls\r".to_vec())])]
    #[case(&["a\x01", "xb"], vec![Act::Type(b"a".to_vec()), Act::Quit, Act::Type(b"b".to_vec())])]
    #[case(&["\x01c\x01h"], vec![Act::Turn, Act::Help])]
    #[case(&["\x01\x01"], vec![Act::Type(vec![1])])]
    fn keys_are_read(#[case] pieces: &[&str], #[case] acts: Vec<Act>) {
        let mut keys = Keys::default();
        let found: Vec<Act> = pieces.iter().flat_map(|piece| keys.read(piece.as_bytes())).collect();
        assert_eq!(found, acts);
    }
}
