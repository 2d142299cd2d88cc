//! Several frontends on one terminal: the escape character and what follows it.
//!
//! [QEMU docs/system/mux-chardev.rst.inc, "Keys in the character backend multiplexer"]

use crate::Action;
use std::collections::VecDeque;
use std::time::Instant;

/// Ctrl-A.
pub const ESCAPE: u8 = 1;

const HELP: &str = "\r\n\
    C-a h    print this help\r\n\
    C-a x    exit emulator\r\n\
    C-a s    save disk data back to file (if -snapshot)\r\n\
    C-a t    toggle console timestamps\r\n\
    C-a b    send break (magic sysrq)\r\n\
    C-a c    switch between console and monitor\r\n\
    C-a C-a  sends C-a\r\n";
const GOODBYE: &str = "\r\nstrata: terminated\r\n";

/// What a typed byte is.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// A byte for the frontend that has the focus.
    Byte(u8),
    /// A part of something.
    Nothing,
    /// An answer to the person.
    Text(&'static str),
    /// For the machine.
    Action(Action),
    /// For the frontend that has the focus.
    Break,
    /// The focus has changed.
    Focus {
        /// Who had it.
        from: usize,
    },
}

/// The state of a mux.
pub struct Mux {
    /// The escape character.
    pub escape: u8,
    /// The frontend that gets what is typed.
    pub focus: usize,
    escaped: bool,
    stamps: Option<Stamps>,
}

struct Stamps {
    since: Instant,
    /// Bytes at the head of the output queue that have their stamps already.
    done: usize,
    line_start: bool,
}

impl Default for Mux {
    fn default() -> Self {
        Self { escape: ESCAPE, focus: 0, escaped: false, stamps: None }
    }
}

impl Mux {
    /// Takes the next byte that was typed; `seats` frontends are there.
    pub fn typed(&mut self, byte: u8, seats: usize) -> Typed {
        if !std::mem::take(&mut self.escaped) {
            self.escaped = byte == self.escape;
            return if self.escaped { Typed::Nothing } else { Typed::Byte(byte) };
        }
        match byte {
            _ if byte == self.escape => Typed::Byte(byte),
            b'h' | b'?' => Typed::Text(HELP),
            b'x' => Typed::Action(Action::Quit),
            b's' => Typed::Action(Action::Sync),
            b'b' => Typed::Break,
            b't' => {
                let stamps = Stamps { since: Instant::now(), done: 0, line_start: false };
                self.stamps = if self.stamps.is_some() { None } else { Some(stamps) };
                Typed::Nothing
            }
            b'c' if seats > 1 => {
                let from = self.focus;
                self.focus = (from + 1) % seats;
                Typed::Focus { from }
            }
            _ => Typed::Nothing,
        }
    }

    /// Puts the time since stamps were switched on before each new line of the queue.
    pub fn stamp(&mut self, out: &mut VecDeque<u8>) {
        let Some(stamps) = &mut self.stamps else { return };
        let millis = stamps.since.elapsed().as_millis();
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let time = format!("[{hours:02}:{minutes:02}:{seconds:02}.{millis:03}] ");
        let fresh = out.split_off(stamps.done.min(out.len()));
        for byte in fresh {
            if std::mem::take(&mut stamps.line_start) {
                out.extend(time.as_bytes());
            }
            stamps.line_start = byte == b'\n';
            out.push_back(byte);
        }
        stamps.done = out.len();
    }

    /// So many bytes have left the head of the queue.
    pub fn sent(&mut self, bytes: usize) {
        if let Some(stamps) = &mut self.stamps {
            stamps.done = stamps.done.saturating_sub(bytes);
        }
    }

    /// What a person reads who has ended the machine.
    pub fn goodbye() -> &'static str {
        GOODBYE
    }
}
