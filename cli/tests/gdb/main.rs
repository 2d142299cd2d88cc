//! `strata run -g`: what gdb is told, by packets written here and by gdb itself.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../common/mod.rs"]
mod common;
mod dialogue;
mod forks;
mod fuzz;
mod libraries;
mod machine;
mod scripts;
mod signals;
mod threads;

use common::{Outcome, STRATA, command, installed, outcome, skip};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Adds up in memory, calls, and exits with 42.
const SUM: &str = "
        .text
        .globl _start
_start: li      a0, 1
        li      a1, 2
        fcvt.d.l fa0, a1
        call    add
        la      t0, total
        sd      a0, 0(t0)
        ld      a2, 0(t0)
        nop
leave:  li      a0, 42
        li      a7, 93
        ecall
        .type   add, @function
add:    add     a0, a0, a1
        ret
        .size   add, . - add
        .data
        .globl  total
        .type   total, @object
        .size   total, 8
total:  .dword  0
";

/// A program that waits for gdb.
struct Waiting {
    child: Child,
    /// Lines that the program or strata writes to standard error.
    said: BufReader<std::process::ChildStderr>,
    /// What gdb is to connect to.
    place: String,
}

/// Starts a program that waits at a port of the host's choice.
fn waiting(program: &Path) -> Waiting {
    waiting_with(&[], program, &[])
}

/// The same with options of strata and arguments of the program.
fn waiting_with(options: &[&str], program: &Path, arguments: &[&str]) -> Waiting {
    let mut command = command(STRATA);
    command.args(["run", "-g", "0"]).args(options).arg(program).args(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let place = line.trim().strip_prefix("strata: waits for gdb: target remote ").expect(&line).to_owned();
    Waiting { child, said, place }
}

impl Waiting {
    /// The number of the program and its first thread, in whole bytes as the library writes it.
    fn id(&self) -> String {
        let id = format!("{:x}", self.child.id());
        if id.len().is_multiple_of(2) { id } else { format!("0{id}") }
    }

    fn end(mut self) -> Outcome {
        let mut err = String::new();
        self.said.read_to_string(&mut err).unwrap();
        Outcome { err, ..self.child.wait_with_output().unwrap().into() }
    }
}

/// gdb's side of the line, by hand.
struct Line(TcpStream);

fn frame(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    [b"$", body, format!("#{sum:02x}").as_bytes()].concat()
}

impl Line {
    fn to(place: &str) -> Self {
        let stream = TcpStream::connect(format!("127.0.0.1{place}")).unwrap();
        // A deadlock must fail and not hang.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self(stream)
    }

    /// Sends a packet and returns the body of the answer, with runs written out.
    fn ask(&mut self, body: &str) -> String {
        self.0.write_all(&frame(body.as_bytes())).unwrap();
        self.answer()
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.read_exact(&mut byte).unwrap();
        byte[0]
    }

    fn answer(&mut self) -> String {
        while self.byte() != b'$' {}
        let mut body = String::new();
        loop {
            match self.byte() {
                b'#' => break,
                b'*' => {
                    let last = body.chars().last().unwrap();
                    let more = self.byte() - 29;
                    (0..more).for_each(|_| body.push(last));
                }
                byte => body.push(char::from(byte)),
            }
        }
        let _ = (self.byte(), self.byte());
        // Whoever says that it has ended does not wait for this.
        let _ = self.0.write_all(b"+");
        body
    }
}

/// A value as the wire has it: bytes in the guest's order.
fn wire(value: u64) -> String {
    value.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_wire(text: &str) -> u64 {
    u64::from_str_radix(text, 16).unwrap().swap_bytes()
}

/// The address of a symbol of an assembled program.
fn address(source: &str, name: &str) -> u64 {
    use user::elf::Symbols;
    Symbols::read(common::image(source).as_slice(), 0).find(name).unwrap()
}

/// gdb's output for a script, against a program that waits, and how the program ended.
fn script(program: &Path, arguments: &[&str], commands: &[&str]) -> Option<(String, Outcome)> {
    let file = format!("file {}", program.display());
    script_with(&[], program, arguments, &[&file], commands)
}

/// The same with options of strata, and a gdb that is told no more than `first` before it connects.
fn script_with(
    options: &[&str],
    program: &Path,
    arguments: &[&str],
    first: &[&str],
    commands: &[&str],
) -> Option<(String, Outcome)> {
    const GDB: &str = "gdb-multiarch";
    if !installed(GDB) {
        skip("gdb-multiarch is missing; tools/host-tools installs it");
        return None;
    }
    let waiting = waiting_with(options, program, arguments);
    let mut gdb = command(GDB);
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set width 0"]);
    let connect = format!("target remote {}", waiting.place);
    for command in first.iter().copied().chain([connect.as_str()]).chain(commands.iter().copied()) {
        gdb.args(["-ex", command]);
    }
    let told = outcome(&mut gdb);
    Some((told.out + &told.err, waiting.end()))
}

#[track_caller]
fn has_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no \"{part}\" in its place in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

/// A C program with symbols and lines, or a skipped test.
fn compiled(source: &str, folder: &Path, flags: &[&str]) -> Option<PathBuf> {
    const CC: &str = "riscv64-linux-gnu-gcc";
    if !installed(CC) {
        skip("riscv64-linux-gnu-gcc is missing; tools/host-tools installs it");
        return None;
    }
    let (file, program) = (folder.join("program.c"), folder.join("program"));
    std::fs::write(&file, source).unwrap();
    let built = outcome(command(CC).args(["-g", "-O0"]).args(flags).arg("-o").args([&program, &file]));
    assert_eq!(built.end, Ok(0), "{}", built.err);
    Some(program)
}
