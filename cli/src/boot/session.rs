//! A machine and whoever sits before it: keys to the console or the monitor.

use super::read::{Machine as Wanted, Monitor, Serial};
use super::terminal::{self, Act, Acts, Keys};
use control::monitor;
use host_char::terminal::RawMode;
use machine::Machine;
use machine::console::Source;
use machine::life::End;
use std::io::Write;

/// Who hears what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listener {
    Console,
    Monitor,
}

struct Session {
    acts: Acts,
    listener: Listener,
    /// What has been typed of a monitor's line.
    line: String,
    xlen: u32,
    /// Whether typed bytes are to be shown.
    echo: bool,
    /// Whether the monitor lost its only input.
    left: bool,
    alone: bool,
}

/// Runs `machine` until it ends.
pub fn run(machine: &mut Machine, wanted: &Wanted) -> End {
    let acts = Acts::default();
    let reads = wanted.monitor == Monitor::Stdio
        || wanted.serial == Serial::Stdio && machine.console.source() == Source::Live;
    let terminal = rustix::termios::isatty(rustix::stdio::stdin());
    let _raw = reads.then(|| RawMode::enter(false));
    if reads {
        let keys = (wanted.monitor != Monitor::Stdio).then(Keys::default);
        let wishes = machine.wishes.clone();
        terminal::listen(acts.clone(), keys, move || wishes.wake());
    }
    let alone = wanted.monitor == Monitor::Stdio;
    let listener = if alone { Listener::Monitor } else { Listener::Console };
    let mut session = Session {
        acts,
        listener,
        line: String::new(),
        xlen: wanted.xlen,
        echo: terminal,
        left: false,
        alone,
    };
    if alone {
        show(monitor::PROMPT);
    }
    machine.run(|machine| session.look(machine))
}

/// Shows a text of strata's own. Whoever reads may be gone.
fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl Session {
    /// Does what has been asked since the last look; says whether there was anything.
    fn look(&mut self, machine: &mut Machine) -> bool {
        let mut looked = false;
        loop {
            // A command may end the machine, or take long: one act at a time.
            let Some(act) = self.acts.lock().pop_front() else { return looked };
            looked = true;
            match act {
                Act::Type(bytes) if self.listener == Listener::Console => machine.console.typed(&bytes),
                Act::Type(bytes) => bytes.iter().for_each(|byte| self.key(machine, *byte)),
                Act::Turn => self.turn(),
                Act::Help => show(terminal::HELP),
                Act::Quit => machine.quit(),
                Act::Leave => {
                    machine.console.close();
                    self.left = true;
                    if self.alone {
                        machine.quit();
                    }
                }
            }
        }
    }

    fn turn(&mut self) {
        self.listener = match self.listener {
            Listener::Console => {
                show(&format!(
                    "\r\nstrata {} monitor - type 'help'\r\n{}",
                    env!("CARGO_PKG_VERSION"),
                    monitor::PROMPT
                ));
                Listener::Monitor
            }
            Listener::Monitor => {
                show("\r\n");
                Listener::Console
            }
        };
        self.line.clear();
    }

    fn key(&mut self, machine: &mut Machine, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                if self.echo {
                    show("\r\n");
                }
                let line = std::mem::take(&mut self.line);
                let answer = monitor::line(machine, self.xlen, &line);
                show(&answer);
                show(monitor::PROMPT);
            }
            8 | 0x7f => {
                if self.line.pop().is_some() && self.echo {
                    show("\x08 \x08");
                }
            }
            // Ctrl-C and Ctrl-U take back the line.
            3 | 21 => {
                self.line.clear();
                if self.echo {
                    show(&format!("\r\n{}", monitor::PROMPT));
                }
            }
            byte if byte.is_ascii_graphic() || byte == b' ' => {
                self.line.push(char::from(byte));
                if self.echo {
                    show(char::from(byte).encode_utf8(&mut [0; 4]));
                }
            }
            _ => {}
        }
    }
}
