//! `strata run -g`: what gdb is told, by packets written here and by gdb itself.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, STRATA, assembled, command, folder, installed, outcome, skip, strata};
use rstest::rstest;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
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

/// Starts a program with `-g place` and reads where it waits.
fn waiting(place: &str, program: &Path, arguments: &[&str]) -> Waiting {
    let mut command = command(STRATA);
    command.args(["run", "-g", place]).arg(program).args(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let place = line.trim().strip_prefix("strata: waits for gdb: target remote ").expect(&line).to_owned();
    Waiting { child, said, place }
}

impl Waiting {
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
        self.0.write_all(b"+").unwrap();
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
    use spec::asm::{self, Options};
    use spec::riscv::RV64;
    use user::elf::Symbols;
    let image = asm::program(&RV64, source, &Options::default()).unwrap();
    let bytes = asm::elf::write(&image, asm::elf::Target::of(&RV64));
    Symbols::read(bytes.as_slice(), 0).find(name).unwrap()
}

#[test]
fn a_dialogue_reads_and_changes_the_program() {
    let program = assembled(SUM, &folder());
    let waiting = waiting("0", &program, &[]);
    let mut line = Line::to(&waiting.place);
    let (start, total) = (address(SUM, "_start"), address(SUM, "total"));

    assert!(line.ask("qSupported:multiprocess+;swbreak+;hwbreak+").contains("qXfer:features:read+"));
    // gdbstub writes whole bytes: a number of an odd count of digits gets a nought in front.
    let pid = format!("{:x}", waiting.child.id());
    let nought = if pid.len() % 2 == 1 { "0" } else { "" };
    assert_eq!(line.ask("?"), format!("T05thread:p{nought}{pid}.01;"));
    let all = line.ask("g");
    assert_eq!(all.len(), 2 * (65 * 8 + 3 * 4));
    assert_eq!(all[32 * 16..33 * 16], wire(start));
    assert_eq!(line.ask("p20"), wire(start));
    assert_eq!(line.ask("p44"), "", "there is no such register");
    // li a0, 1
    assert_eq!(line.ask(&format!("m{start:x},4")), "13051000");
    assert_eq!(line.ask("m0,8"), "E0e");
    assert_eq!(line.ask("mffffffffffffffff,ffff"), "E0e");
    assert_eq!(line.ask(&format!("M{total:x},4:0a0b0c0d")), "OK");
    assert_eq!(line.ask(&format!("m{total:x},4")), "0a0b0c0d");
    assert_eq!(line.ask("Pa=2a00000000000000"), "OK");
    assert_eq!(line.ask("pa"), wire(42));
    assert_eq!(line.ask("P43=ff000000"), "OK");
    assert_eq!(line.ask("p43") + &line.ask("p42") + &line.ask("p41"), "ff000000070000001f000000");
    // A rounding mode of 7 would make the conversion illegal.
    assert_eq!(line.ask("P42=00000000"), "OK");
    assert!(line.ask("qXfer:features:read:target.xml:0,3000").contains("org.gnu.gdb.riscv.fpu"));
    assert_eq!(line.ask("qXfer:features:read:other.xml:0,100"), "E79");
    assert!(line.ask("vCont?").starts_with("vCont;c;C;s;S"));
    assert_eq!(line.ask("vMustReplyEmpty"), "");
    drop(line);
    assert_eq!(waiting.end().end, Ok(42), "a gdb that leaves leaves the program running");
}

#[test]
fn a_dialogue_stops_at_breakpoints_steps_and_watchpoints() {
    let program = assembled(SUM, &folder());
    let waiting = waiting("0", &program, &[]);
    let mut line = Line::to(&waiting.place);
    let (add, total, leave) = (address(SUM, "add"), address(SUM, "total"), address(SUM, "leave"));

    assert_eq!(line.ask(&format!("Z0,{add:x},2")), "OK");
    assert_eq!(line.ask("vCont;c"), "T05thread:01;swbreak:;");
    assert_eq!(line.ask("p20"), wire(add));
    assert_eq!(line.ask("p2b"), wire(2f64.to_bits()));
    assert_eq!(line.ask("vCont;s:1"), "T05thread:01;");
    assert_eq!(line.ask("pa"), wire(3));
    assert_eq!(line.ask(&format!("z0,{add:x},2")), "OK");
    assert_eq!(line.ask(&format!("Z2,{total:x},8")), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:01;watch:{total:06x};"));
    assert_eq!(line.ask(&format!("m{total:x},8")), wire(3));
    assert_eq!(line.ask(&format!("z2,{total:x},8")), "OK");
    assert_eq!(line.ask(&format!("Z3,{total:x},1")), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:01;rwatch:{total:06x};"));
    assert_eq!(line.ask(&format!("Z1,{leave:x},2")), "OK");
    let pc = from_wire(&line.ask("p20"));
    assert_eq!(line.ask(&format!("vCont;r{pc:x},{leave:x}:1")), "T05thread:01;hwbreak:;");
    assert_eq!(line.ask("p20"), wire(leave));
    assert_eq!(line.ask("c"), "W2a");
    assert_eq!(waiting.end().end, Ok(42));
}

#[rstest]
#[case::fault("ld a0, 8(zero)", 11, 11)]
#[case::illegal(".word 0", 4, 4)]
#[case::breakpoint("ebreak", 5, 5)]
#[case::misaligned("li a0, 1\n lr.w a1, (a0)", 10, 7)]
fn a_signal_is_reported_before_it_kills(#[case] code: &str, #[case] gdb: u8, #[case] linux: i32) {
    let source = format!("        .text\n        .globl _start\n_start: nop\n {code}\n");
    let program = assembled(&source, &folder());
    let waiting = waiting("0", &program, &[]);
    let mut line = Line::to(&waiting.place);
    let stopped = format!("T{gdb:02x}thread:01;");
    assert_eq!(line.ask("c"), stopped);
    assert_eq!(line.ask("c"), stopped, "without the signal the instruction is tried again");
    assert_eq!(line.ask(&format!("vCont;C{gdb:02x}:1")), format!("X{gdb:02x}"));
    let end = waiting.end();
    assert_eq!(end.end, Err(linux), "{end:?}");
}

#[test]
fn what_is_no_packet_is_answered_and_forgotten() {
    let program = assembled(SUM, &folder());
    let waiting = waiting("0", &program, &[]);
    let mut line = Line::to(&waiting.place);
    line.0.write_all(b"noise\xff\x00$?#00").unwrap();
    assert_eq!(line.byte(), b'-');
    line.0.write_all(b"$?#zz").unwrap();
    assert_eq!(line.byte(), b'-');
    line.0.write_all(b"$?$?#3f").unwrap();
    assert_eq!(line.answer(), "T05thread:01;");
    for wrong in ["mzz,1", "P=", "Z0", "Z9,0,0", "vCont;q", "Gffff", "X0,5:a", "qXfer:features:read:"] {
        let answer = line.ask(wrong);
        assert!(answer.is_empty() || answer.starts_with('E'), "{wrong} → {answer}");
    }
    // gdb wants the last answer again.
    let pc = line.ask("p20");
    line.0.write_all(b"-").unwrap();
    assert_eq!(line.answer(), pc);
    let long = "m".repeat(40000);
    line.0.write_all(&frame(long.as_bytes())).unwrap();
    while line.byte() != b'-' {}
    assert_eq!(line.ask("QStartNoAckMode"), "OK");
    line.0.write_all(b"$?#00").unwrap();
    assert_eq!(line.answer(), "E16");
    assert_eq!(line.ask("vCont;q"), "E16");
    assert_eq!(line.ask("?"), "T05thread:01;");
    assert_eq!(line.ask("D"), "OK");
    assert_eq!(waiting.end().end, Ok(42));
}

#[test]
fn control_c_stops_a_loop_and_kill_ends_it() {
    let source = "        .text\n        .globl _start\n_start: addi a0, a0, 1\n        j _start\n";
    let waiting = waiting("0", &assembled(source, &folder()), &[]);
    let mut line = Line::to(&waiting.place);
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    line.0.write_all(&[3]).unwrap();
    assert_eq!(line.answer(), "T02thread:01;");
    let pc = from_wire(&line.ask("p20"));
    assert!([0, 2, 4].contains(&(pc - address(source, "_start"))));
    line.0.write_all(&frame(b"k")).unwrap();
    assert_eq!(waiting.end().end, Err(9));
}

#[test]
fn a_breakpoint_in_a_loop_stops_each_round_once() {
    let source = "        .text\n        .globl _start\n_start: li a0, 3\nround:  addi a0, a0, -1
        bnez a0, round\n        li a7, 93\n        ecall\n";
    let waiting = waiting("0", &assembled(source, &folder()), &[]);
    let mut line = Line::to(&waiting.place);
    assert_eq!(line.ask(&format!("Z0,{:x},4", address(source, "round"))), "OK");
    for left in [3, 2, 1] {
        assert_eq!(line.ask("c"), "T05thread:01;swbreak:;");
        assert_eq!(line.ask("pa"), wire(left));
    }
    assert_eq!(line.ask("c"), "W00");
    assert_eq!(waiting.end().end, Ok(0));
}

#[test]
fn a_port_in_use_is_named_with_a_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let end = outcome(strata(["run", "-g", &port]).arg(assembled(SUM, &folder())));
    assert_eq!(end.end, Ok(1));
    assert_eq!(end.err, format!("strata: port {port} is in use; choose another with -g\n"));
}

#[test]
fn a_socket_in_the_file_system_is_removed_once_gdb_is_there() {
    let folder = folder();
    // The kernel takes paths of up to 107 bytes, so it is named from within.
    let program = assembled(SUM, &folder);
    let mut command = command(STRATA);
    command.args(["run", "-g", "./s"]).arg(&program).current_dir(&folder);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.trim().ends_with("/s"), "{line}");
    let pid = child.id();
    let stream = std::os::unix::net::UnixStream::connect(folder.join("s"))
        .or_else(|_| std::os::unix::net::UnixStream::connect(format!("/proc/{pid}/cwd/s")));
    drop(stream.unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(42));
    assert!(!folder.join("s").exists());
}

/// Packets as gdb might send them, changed at random: each is survived, and a right one after it answered.
#[test]
fn fuzz_packets() {
    let count: u64 = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let program = assembled(SUM, &folder());
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    const SEEDS: &[&str] = &[
        "?",
        "g",
        "G00",
        "p20",
        "Pa=00",
        "m10000,10",
        "M10000,1:00",
        "X10000,2:}ab",
        "Z0,10000,2",
        "z0,10000,2",
        "Z2,10000,8",
        "Z4,0,ffffffffffffffff",
        "vCont?",
        "vCont;s:p1.1;c",
        "vCont;r0,0:1",
        "s",
        "Hg0",
        "Hc-1",
        "T1",
        "qC",
        "qfThreadInfo",
        "qsThreadInfo",
        "qAttached:1",
        "qSupported:multiprocess+;xmlRegisters=i386",
        "qXfer:features:read:target.xml:0,ffb",
        "qXfer:auxv:read::0,1000",
        "qXfer:exec-file:read:1:0,100",
        "vFile:open:2f,0,0",
        "vFile:pread:0,100,0",
        "vFile:fstat:0",
        "vFile:close:0",
        "vFile:setfs:0",
        "qRcmd,68",
        "qRcmd,72656773",
        "vRun;2f",
        "vAttach;1",
        "R00",
        "!",
        "QStartNoAckMode",
        "qOffsets",
        "qSymbol::",
    ];
    let mut sent = 0;
    while sent < count {
        let waiting = waiting("0", &program, &[]);
        let mut line = Line::to(&waiting.place);
        // Until the session has ended, or long enough.
        let _ = (0..200).all(|_| {
            sent += 1;
            let mut body = SEEDS[usize::try_from(next()).unwrap() % SEEDS.len()].as_bytes().to_vec();
            for _ in 0..next() % 4 {
                let place = usize::try_from(next()).unwrap() % (body.len() + 1);
                let byte = next().to_le_bytes()[0];
                match next() % 3 {
                    0 => body.insert(place, byte),
                    1 => body.truncate(place),
                    _ => body
                        .iter_mut()
                        .skip(place)
                        .take(1)
                        .for_each(|old| *old = b"0fp,;:.-"[usize::from(byte & 7)]),
                }
            }
            // What ends the session has its own tests.
            let ends = [b"k".as_slice(), b"vKill", b"D", b"c", b"C", b"vCont;c", b"vCont;C"];
            body.retain(|byte| !b"$#".contains(byte));
            ends.iter().any(|end| body.starts_with(end))
                || line.0.write_all(&frame(&body)).is_ok() && line.here()
        });
        drop(line);
        let end = waiting.end();
        // Changed registers and memory may kill the program, but nothing may kill strata.
        assert!(!end.err.contains("panicked") && end.end != Ok(101) && end.end != Err(6), "{end:?}");
        assert!(end.end != Err(11) || end.err.contains("killed by"), "{end:?}");
    }
}

impl Line {
    /// Whether the other side still answers a question of its own kind.
    fn here(&mut self) -> bool {
        if self.0.write_all(&frame(b"qRcmd,68656c70")).is_err() {
            return false;
        }
        let mut seen = vec![];
        let mut bytes = [0; 4096];
        loop {
            match self.0.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => seen.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
                Err(error) => panic!("no answer: {error}"),
            }
            // The console's text comes first, then the answer.
            let text = b"O72656773";
            if let Some(at) = seen.windows(text.len()).position(|part| part == text)
                && seen[at..].windows(6).any(|part| part == b"$OK#9a")
            {
                return true;
            }
        }
    }
}

/// gdb's output for a script, against a program that waits, and how the program ended.
fn script(program: &Path, arguments: &[&str], commands: &[&str]) -> Option<(String, Outcome)> {
    const GDB: &str = "gdb-multiarch";
    if !installed(GDB) {
        skip("gdb-multiarch is missing; tools/host-tools installs it");
        return None;
    }
    let waiting = waiting("0", program, arguments);
    let mut gdb = command(GDB);
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set width 0", "-ex"]);
    gdb.arg(format!("file {}", program.display()));
    gdb.args(["-ex", &format!("target remote {}", waiting.place)]);
    for command in commands {
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

#[test]
fn gdb_debugs_an_assembled_program() {
    let program = assembled(SUM, &folder());
    let commands = [
        "break *add",
        "continue",
        "info registers a0 a1",
        "print $fa0.double",
        "stepi",
        "print $a0",
        "info threads",
        "watch *(long *)&total",
        "continue",
        "x/1dg &total",
        "monitor help",
        "delete",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "Breakpoint 1,",
        "a0             0x1",
        "a1             0x2",
        "$1 = 2",
        "$2 = 3",
        "* 1    Thread ",
        "Hardware watchpoint 2",
        "New value = 3",
        "<total>:\t3",
        "exited with code 052",
    ];
    has_in_order(&text, &expected);
    // gdb writes this text and errors beside the rest.
    assert!(text.contains("regs   show the registers"), "{text}");
    assert_eq!(end.end, Ok(42), "{end:?}");
}

/// A C program with symbols and lines, or a skipped test.
fn compiled(source: &str, folder: &Path) -> Option<PathBuf> {
    const CC: &str = "riscv64-linux-gnu-gcc";
    if !installed(CC) {
        skip("riscv64-linux-gnu-gcc is missing; tools/host-tools installs it");
        return None;
    }
    let (file, program) = (folder.join("program.c"), folder.join("program"));
    std::fs::write(&file, source).unwrap();
    let built = outcome(command(CC).args(["-g", "-O0", "-static", "-o"]).args([&program, &file]));
    assert_eq!(built.end, Ok(0), "{}", built.err);
    Some(program)
}

const C: &str = r#"#include <signal.h>
#include <stdio.h>
int counter;
double ratio = 1.5;
static int hits;
static void handler(int signal) {
    hits += signal;
}
static int add(int a, int b) {
    int sum = a + b;
    counter += sum;
    return sum;
}
int main(int argc, char **argv) {
    int total = 0;
    for (int i = 0; i < 3; i++)
        total = add(total, i);
    ratio *= 2;
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    if (argc > 1)
        *(volatile int *)8 = 1;
    printf("total %d\n", total);
    return 32 + hits;
}
"#;

#[test]
fn gdb_debugs_a_compiled_program() {
    let folder = folder();
    let Some(program) = compiled(C, &folder) else { return };
    let commands = [
        "break main",
        "continue",
        "info registers pc sp",
        "next",
        "next",
        "step",
        "info args",
        "backtrace",
        "finish",
        "watch counter",
        "continue",
        "delete",
        "tbreak handler",
        "continue",
        "backtrace",
        "print ratio",
        "call add(20, 22)",
        "print counter",
        "continue",
    ];
    let Some((text, end)) = script(&program, &[], &commands) else { return };
    let expected = [
        "Breakpoint 1, main (argc=1",
        "<main+",
        "sp             0x3ff",
        "a = 0",
        "b = 0",
        "#0  add (a=0, b=0)",
        "#1  0x",
        "in main (argc=1",
        "Value returned is $1 = 0",
        "Old value = 0",
        "New value = 1",
        "handler (signal=10)",
        "<signal handler called>",
        "in main (argc=1",
        "$2 = 3",
        "$3 = 42",
        "$4 = 46",
        "exited with code 052",
    ];
    has_in_order(&text, &expected);
    assert_eq!((end.end, end.out.as_str()), (Ok(42), "total 3\n"));
}

#[test]
fn gdb_sees_the_signal_that_kills_a_program() {
    let folder = folder();
    let Some(program) = compiled(C, &folder) else { return };
    let commands = ["continue", "backtrace 1", "print $_exitsignal", "continue", "print $_exitsignal"];
    let Some((text, end)) = script(&program, &["crash"], &commands) else { return };
    has_in_order(
        &text,
        &["SIGSEGV", "in main (argc=2", "$1 = void", "terminated with signal SIGSEGV", "$2 = 11"],
    );
    assert_eq!(end.end, Err(11), "{end:?}");
}
