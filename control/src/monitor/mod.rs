//! The monitor: lines of QEMU's human monitor protocol, answered from one table of commands.
//!
//! [QEMU: hmp-commands.hx, hmp-commands-info.hx]

mod devices;
mod examine;
mod info;
mod paging;

pub(crate) use examine::physical;

use crate::log::{MACHINE_ITEMS, MachineLog, Wanted};
use accel::machine::MachineCpu;
use machine::Machine;
use machine::config::value::number;
use model::{EVENTS, Request};
use parking_lot::{Mutex, MutexGuard};
use spec::asm::did_you_mean;
use std::fmt::Write;
use std::sync::Arc;

/// What a monitor has besides the machine. Clones share the log, and each is about a hart of its own.
#[derive(Clone)]
pub struct Desk {
    log: Arc<Mutex<MachineLog>>,
    /// The hart that commands are about.
    hart: usize,
}

impl Desk {
    /// A desk with this log, whose commands are about hart 0.
    pub fn new(log: MachineLog) -> Self {
        Self { log: Arc::new(Mutex::new(log)), hart: 0 }
    }

    /// The log.
    pub fn log(&self) -> MutexGuard<'_, MachineLog> {
        self.log.lock()
    }
}

/// What a command may reach: the machine, and what its line says.
struct Call<'a> {
    machine: &'a mut Machine,
    desk: &'a mut Desk,
    /// What follows the slash of `x/4xw`.
    format: &'a str,
    /// The words after the command's name.
    words: &'a [&'a str],
}

impl Call<'_> {
    /// The hart that the command is about.
    fn hart(&mut self) -> Result<&mut dyn MachineCpu, String> {
        match self.machine.harts.get_mut(self.desk.hart) {
            Some(hart) => Ok(&mut **hart),
            None => Err("there is no hart".into()),
        }
    }
}

/// A command.
struct Command {
    names: &'static [&'static str],
    parameters: &'static str,
    help: &'static str,
    run: fn(&mut Call) -> Result<String, String>,
}

const COMMANDS: &[Command] = &[
    Command { names: &["help", "?"], parameters: "[COMMAND]", help: "show the commands", run: help },
    Command {
        names: &["info", "i"],
        parameters: "[SUBJECT]",
        help: "show facts of the machine",
        run: info::run,
    },
    Command {
        names: &["x"],
        parameters: "/FMT ADDRESS",
        help: "show memory at a virtual address; FMT is a count, x d u o c s or i, and b h w or g",
        run: examine::virt,
    },
    Command {
        names: &["xp"],
        parameters: "/FMT ADDRESS",
        help: "show memory at a physical address",
        run: examine::phys,
    },
    Command {
        names: &["disas"],
        parameters: "[/COUNT] [ADDRESS]",
        help: "disassemble, from the program counter if nothing is said",
        run: examine::disas,
    },
    Command {
        names: &["print", "p"],
        parameters: "/FMT EXPRESSION",
        help: "show a number; $pc, $a0, $mstatus and so on are registers",
        run: examine::print,
    },
    Command {
        names: &["stop", "s"],
        parameters: "",
        help: "stop the harts",
        run: |call| {
            call.machine.stop();
            Ok(String::new())
        },
    },
    Command {
        names: &["cont", "c"],
        parameters: "",
        help: "let the harts run",
        run: |call| {
            call.machine.cont();
            Ok(String::new())
        },
    },
    Command {
        names: &["cpu"],
        parameters: "NUMBER",
        help: "choose the hart that x, disas, print and info registers are about",
        run: cpu,
    },
    Command {
        names: &["log"],
        parameters: "ITEM[,ITEM...]|none",
        help: "log these items of -d and no others; help log lists them",
        run: log,
    },
    Command {
        names: &["trace-event"],
        parameters: "NAME on|off",
        help: "switch trace events; * and ? stand for others; info trace-events lists them",
        run: trace_event,
    },
    Command {
        names: &["gdbserver"],
        parameters: "[WHERE]",
        help: "wait for gdb at WHERE, tcp::1234 if nothing is said; none ends that",
        run: |call| {
            let place = call.words.first().copied().unwrap_or("tcp::1234");
            call.machine.debug.asked = Some(place.into());
            Ok(match place {
                "none" => "Disabled gdbserver\n".into(),
                place => format!("Waiting for gdb connection on device '{place}'\n"),
            })
        },
    },
    Command {
        names: &["commit"],
        parameters: "NAME|all",
        help: "write a drive out; what -snapshot was to forget is kept",
        run: commit,
    },
    Command {
        names: &["ringbuf_read"],
        parameters: "DEVICE SIZE",
        help: "take bytes out of a -chardev ringbuf",
        run: devices::ringbuf_read,
    },
    Command {
        names: &["ringbuf_write"],
        parameters: "DEVICE DATA",
        help: "put bytes into a -chardev ringbuf; data with spaces stands in quotes",
        run: devices::ringbuf_write,
    },
    Command {
        names: &["system_reset"],
        parameters: "",
        help: "reset the machine",
        run: |call| {
            call.machine.wishes.requests().make(Request::Reset);
            Ok(String::new())
        },
    },
    Command {
        names: &["system_powerdown"],
        parameters: "",
        help: "press the power button, of which the boards here have none",
        run: |_| Err("no board here has a power button, as with QEMU; quit ends the machine".into()),
    },
    Command {
        names: &["quit", "q"],
        parameters: "",
        help: "end the machine",
        run: |call| {
            call.machine.quit();
            Ok(String::new())
        },
    },
];

fn find(name: &str) -> Result<&'static Command, String> {
    COMMANDS.iter().find(|command| command.names.contains(&name)).ok_or_else(|| {
        let near = did_you_mean(name, COMMANDS.iter().flat_map(|command| command.names.iter().copied()));
        format!("unknown command: '{name}'{near}")
    })
}

fn help(call: &mut Call) -> Result<String, String> {
    match call.words {
        ["info" | "i", ..] => return Ok(info::help()),
        ["log", ..] => return help_of_log(),
        _ => {}
    }
    let mut text = String::new();
    let chosen = call.words.first().map(|name| find(name)).transpose()?;
    for command in COMMANDS.iter().filter(|command| chosen.is_none_or(|chosen| chosen.names == command.names))
    {
        let names = command.names.join("|");
        let _ =
            writeln!(text, "{} -- {}", format!("{names} {}", command.parameters).trim_end(), command.help);
    }
    Ok(text)
}

fn cpu(call: &mut Call) -> Result<String, String> {
    let count = call.machine.harts.len();
    let number = call.words.first().and_then(|word| number(word));
    let hart = number.and_then(|number| usize::try_from(number).ok()).filter(|hart| *hart < count);
    call.desk.hart = hart.ok_or_else(|| format!("invalid CPU index; there are {count}, from 0"))?;
    Ok(String::new())
}

fn commit(call: &mut Call) -> Result<String, String> {
    let [name] = call.words else { return Err("name a drive, or all; info block lists drives".into()) };
    if *name != "all" && !call.machine.drives.iter().any(|drive| drive.id == *name) {
        let near = did_you_mean(name, call.machine.drives.iter().map(|drive| &*drive.id));
        return Err(format!("device '{name}' not found{near}"));
    }
    let failed = call.machine.commit(Some(*name).filter(|name| *name != "all"));
    if failed.is_empty() { Ok(String::new()) } else { Err(failed.join("\n")) }
}

fn log(call: &mut Call) -> Result<String, String> {
    let [list] = call.words else { return Err("name items of the log; help log lists them".into()) };
    if *list == "help" {
        return help_of_log();
    }
    let mut wanted = Wanted::default();
    wanted.add(list).map_err(|(word, why)| format!("\"{word}\" {why}"))?;
    call.desk.log().set(wanted, call.machine);
    Ok(String::new())
}

fn help_of_log() -> Result<String, String> {
    let mut text = String::from("Log items (comma separated):\n");
    for (name, help) in MACHINE_ITEMS {
        let _ = writeln!(text, "{name:<15} {help}");
    }
    Ok(text)
}

fn trace_event(call: &mut Call) -> Result<String, String> {
    let (pattern, on) = match call.words {
        [pattern, "on"] => (pattern, true),
        [pattern, "off"] => (pattern, false),
        _ => return Err("write trace-event NAME on, or off; info trace-events lists names".into()),
    };
    let near = || did_you_mean(pattern, EVENTS.iter().map(|(_, name, _)| *name));
    call.desk.log().tracer().switch(pattern, on).map_err(|error| format!("{error}{}", near()))?;
    call.desk.log().follow(call.machine);
    Ok(String::new())
}

/// The prompt.
pub const PROMPT: &str = "(qemu) ";

/// Runs a line. What it says ends with a newline, or is empty.
pub fn line(machine: &mut Machine, desk: &mut Desk, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((name, words)) = words.split_first() else { return String::new() };
    let (name, mut format) = name.split_once('/').unwrap_or((name, ""));
    // QEMU takes the format as a word of its own, too.
    let mut words = words;
    if let Some((first, rest)) = words.split_first()
        && let Some(text) = first.strip_prefix('/')
        && format.is_empty()
    {
        (format, words) = (text, rest);
    }
    let answer = find(name).and_then(|command| (command.run)(&mut Call { machine, desk, format, words }));
    match answer {
        Ok(text) => text,
        Err(error) => format!("{error}\n"),
    }
}
