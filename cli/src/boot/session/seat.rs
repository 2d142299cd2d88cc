//! A monitor at a character device: what is typed becomes lines, and answers go back.

use control::monitor::{self, Desk, PROMPT};
use host_char::{Chardev, Error, Event, Frontend, Writer};
use machine::Machine;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes that wait for the machine to look.
const ROOM: usize = 4096;

/// Who sits at the other side of the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// A program: what it types is not shown again.
    Plain,
    /// A person at the terminal strata runs on, which makes whole newlines.
    Terminal,
    /// A person at the other end of a line.
    Remote,
}

/// What has come and has not been looked at.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// The device has turned to the monitor, or its other side has come.
    begins: bool,
    /// Whether a mux has turned to somebody else.
    away: bool,
}

impl Frontend for Heard {
    fn can_receive(&self) -> usize {
        ROOM.saturating_sub(self.0.lock().bytes.len())
    }

    fn receive(&self, bytes: &[u8]) {
        self.0.lock().bytes.extend(bytes);
    }

    fn event(&self, event: Event) {
        let mut state = self.0.lock();
        match event {
            Event::Opened => state.begins |= !state.away,
            Event::MuxIn => (state.begins, state.away) = (true, false),
            Event::MuxOut => (state.begins, state.away) = (false, true),
            Event::Closed | Event::Break => {}
        }
    }
}

/// A monitor at a character device.
pub struct Seat {
    heard: Heard,
    desk: Desk,
    out: Writer,
    style: Style,
    /// What has been typed of a line.
    line: String,
}

impl Seat {
    /// A monitor at `chardev`. Where nobody sat before it, it prompts at once.
    ///
    /// # Errors
    /// The device is in use and no mux.
    pub fn attach(chardev: &mut Chardev, desk: Desk, first: bool, style: Style) -> Result<Self, Error> {
        let heard = Heard::default();
        heard.0.lock().away = !first;
        chardev.attach(Box::new(heard.clone()))?;
        let seat = Self { heard, desk, out: chardev.writer(), style, line: String::new() };
        if first && style != Style::Remote {
            seat.show(PROMPT);
        }
        Ok(seat)
    }

    /// Does what has been typed since the last look; says whether there was anything.
    pub fn look(&mut self, machine: &mut Machine) -> bool {
        let begins = std::mem::take(&mut self.heard.0.lock().begins);
        if begins {
            self.line.clear();
            self.show(&format!("\nstrata {} monitor - type 'help'\n{PROMPT}", env!("CARGO_PKG_VERSION")));
        }
        let mut looked = begins;
        loop {
            let Some(byte) = self.heard.0.lock().bytes.pop_front() else { return looked };
            looked = true;
            self.key(machine, byte);
            if machine.has_quit() {
                return looked;
            }
        }
    }

    fn show(&self, text: &str) {
        let text = if self.style == Style::Remote { text.replace('\n', "\r\n") } else { text.into() };
        self.out.write(text.as_bytes());
    }

    fn echo(&self, text: &str) {
        if self.style != Style::Plain {
            self.show(text);
        }
    }

    fn key(&mut self, machine: &mut Machine, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                self.echo("\n");
                let line = std::mem::take(&mut self.line);
                let answer = monitor::line(machine, &mut self.desk, &line);
                self.show(&answer);
                if !machine.has_quit() {
                    self.show(PROMPT);
                }
            }
            8 | 0x7f if self.line.pop().is_some() => self.echo("\x08 \x08"),
            // Ctrl-C and Ctrl-U take back the line.
            3 | 21 => {
                self.line.clear();
                self.echo(&format!("\n{PROMPT}"));
            }
            byte if (byte.is_ascii_graphic() || byte == b' ') && self.line.len() < ROOM => {
                self.line.push(char::from(byte));
                self.echo(char::from(byte).encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_that_a_mux_has_left_does_not_begin() {
        let heard = Heard::default();
        heard.event(Event::MuxOut);
        heard.event(Event::Opened);
        assert!(!heard.0.lock().begins);
        heard.event(Event::MuxIn);
        assert!(heard.0.lock().begins);
        heard.receive(&[b'x'; 96]);
        assert_eq!(heard.can_receive(), ROOM - 96);
    }
}
