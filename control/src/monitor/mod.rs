//! The monitor: lines of QEMU's human monitor protocol, answered from one table of commands.
//!
//! [QEMU: hmp-commands.hx, hmp-commands-info.hx]

mod examine;
mod info;

pub(crate) use examine::physical;

use machine::Machine;
use spec::asm::did_you_mean;
use std::fmt::Write;

/// What a command may reach: the machine, and what its line says.
pub struct Call<'a> {
    /// The machine.
    pub machine: &'a mut Machine,
    /// Bits of a register.
    pub xlen: u32,
    /// What follows the slash of `x/4xw`.
    pub format: &'a str,
    /// The words after the command's name.
    pub words: &'a [&'a str],
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
        help: "show memory at a virtual address; FMT is a count, x d u o c or i, and b h w or g",
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
        help: "show a number",
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
        names: &["system_reset"],
        parameters: "",
        help: "reset the machine",
        run: |call| {
            call.machine.reset();
            Ok(String::new())
        },
    },
    Command {
        names: &["system_powerdown"],
        parameters: "",
        help: "press the power button",
        run: |_| Err("no board here has a power button; quit ends the machine".into()),
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

/// The prompt.
pub const PROMPT: &str = "(qemu) ";

/// Runs a line. What it says ends with a newline, or is empty.
pub fn line(machine: &mut Machine, xlen: u32, line: &str) -> String {
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
    let answer = find(name).and_then(|command| (command.run)(&mut Call { machine, xlen, format, words }));
    match answer {
        Ok(text) => text,
        Err(error) => format!("{error}\n"),
    }
}
