//! A gdb at a character device of a machine.

use crate::boot::chars::Chars;
use crate::boot::error::OptionError;
use control::gdb::Gdb;
use control::monitor::Desk;
use host_char::{Event, Frontend, Writer};
use machine::Machine;
use machine::life::End;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

/// Bytes that wait for the machine to look, and bytes that wait for gdb before no more is answered.
const ROOM: usize = 1 << 16;
/// The device's name.
const ID: &str = "gdb";

/// What has come and has not been looked at.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<VecDeque<Come>>>);

#[derive(Clone, Copy)]
enum Come {
    Opened,
    Closed,
    Byte(u8),
}

impl Frontend for Heard {
    fn can_receive(&self) -> usize {
        ROOM.saturating_sub(self.0.lock().len())
    }

    fn receive(&self, bytes: &[u8]) {
        self.0.lock().extend(bytes.iter().map(|byte| Come::Byte(*byte)));
    }

    fn event(&self, event: Event) {
        match event {
            Event::Opened => self.0.lock().push_back(Come::Opened),
            Event::Closed => self.0.lock().push_back(Come::Closed),
            Event::Break | Event::MuxIn | Event::MuxOut => {}
        }
    }
}

/// Where a machine's gdb comes and goes.
pub struct Gate {
    /// For gdb's command `monitor`.
    desk: Desk,
    inner: Option<Inner>,
}

struct Inner {
    heard: Heard,
    out: Writer,
    gdb: Gdb,
}

impl Gate {
    /// A gate at the device that the command line names, if it names one.
    ///
    /// # Errors
    /// The device is in use.
    pub fn new(machine: &mut Machine, desk: Desk, chars: &Chars) -> Result<Self, Box<dyn Error>> {
        let mut gate = Self { desk, inner: None };
        if let Some(id) = &chars.gdb {
            gate.attach(machine, id)?;
        }
        Ok(gate)
    }

    fn attach(&mut self, machine: &mut Machine, id: &str) -> Result<(), Box<dyn Error>> {
        let heard = Heard::default();
        let chardev = machine.host.chardev(id).ok_or("there is no such device")?;
        chardev.attach(Box::new(heard.clone()))?;
        let out = chardev.writer();
        let to = out.clone();
        let gdb = Gdb::new(machine, self.desk.clone(), move |bytes| {
            to.write(bytes);
            Ok(())
        });
        self.inner = Some(Inner { heard, out, gdb });
        Ok(())
    }

    /// Answers gdb; says whether there was anything to do.
    pub fn look(&mut self, machine: &mut Machine) -> bool {
        let asked = machine.debug.asked.take();
        if let Some(text) = &asked {
            self.change(machine, text)
                .unwrap_or_else(|error| crate::complain(&format!("gdbserver: {error}")));
        }
        let Some(Inner { heard, out, gdb }) = &mut self.inner else { return asked.is_some() };
        let mut looked = gdb.look(machine) || asked.is_some();
        while out.backlog() < ROOM {
            let Some(come) = heard.0.lock().pop_front() else { break };
            looked = true;
            match come {
                Come::Opened => gdb.opened(machine),
                Come::Closed => gdb.closed(machine),
                Come::Byte(byte) => {
                    gdb.hear([byte]);
                    gdb.look(machine);
                }
            }
        }
        looked
    }

    /// The monitor's `gdbserver`: another device, or none.
    fn change(&mut self, machine: &mut Machine, text: &str) -> Result<(), Box<dyn Error>> {
        if let Some(mut inner) = self.inner.take() {
            inner.gdb.closed(machine);
            machine.host.remove(ID);
        }
        let mut chars = Chars::default();
        chars.gdb(text)?;
        for config in &chars.devices {
            machine.host.add(host_char::open(config)?);
        }
        match chars.gdb {
            Some(id) => self.attach(machine, &id),
            None => Ok(()),
        }
    }

    /// Tells gdb of the machine's end.
    pub fn ended(&mut self, machine: &mut Machine, end: End) {
        if let Some(inner) = &mut self.inner {
            inner.gdb.ended(machine, end);
            machine.host.flush();
        }
    }
}

impl Chars {
    /// `-gdb DEV`: sockets listen, and do not wait. [QEMU: gdbserver_start]
    ///
    /// # Errors
    /// An [`OptionError`] that names the word and the remedy.
    pub fn gdb(&mut self, text: &str) -> Result<(), OptionError> {
        let mut device = text.to_owned();
        let usual: &[(&str, &str)] = match text.split(':').next() {
            Some("tcp") => &[("server", "on"), ("wait", "off"), ("nodelay", "on")],
            Some("unix") => &[("server", "on"), ("wait", "off")],
            _ => &[],
        };
        for (name, value) in usual {
            let said = |word: &str| {
                word.split('=').next().is_some_and(|word| word.trim_start_matches("no") == *name)
            };
            if !text.split(',').any(said) {
                device += &format!(",{name}={value}");
            }
        }
        self.gdb = self.place("gdb", &device, ID)?;
        Ok(())
    }
}
