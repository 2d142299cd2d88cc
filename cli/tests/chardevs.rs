//! Character devices by use: a program that echoes what is typed at its serial port.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::Folder;
use common::{fed, outcome, strata};
use rstest::rstest;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

/// Says `up`, then gives every byte back one higher, until a `q` comes.
const ECHO: &str = "
        .text
        .globl _start
_start: li   s0, 0x10000000
        li   a0, 'u'
        sb   a0, 0(s0)
        li   a0, 'p'
        sb   a0, 0(s0)
        li   a0, '\\n'
        sb   a0, 0(s0)
1:      lbu  a0, 5(s0)
        andi a0, a0, 1
        beqz a0, 1b
        lbu  a0, 0(s0)
        li   a1, 'q'
        beq  a0, a1, 2f
        addi a0, a0, 1
        sb   a0, 0(s0)
        j    1b
2:      li   a0, 0x100000
        li   a1, 0x5555
        sw   a1, 0(a0)
3:      j    3b
";

/// The machine with the echo, without a terminal of its own.
fn echo(folder: &Folder, words: &[&str]) -> Command {
    let mut command = strata(["boot", "-bios", "none", "-kernel", &folder.program(64, ECHO)]);
    command.args(["-monitor", "none", "-display", "none"]).args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Types at the echo and hears it, then has it end.
fn talk(mut line: impl Read + Write, child: Child) {
    line.write_all(b"HAL").unwrap();
    let mut heard = [0; 6];
    line.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"up\nIBM");
    line.write_all(b"q").unwrap();
    let done = child.wait_with_output().unwrap();
    // Empty too where somebody has read the first line.
    assert_eq!((done.status.code(), &*done.stderr), (Some(0), &b""[..]));
}

#[test]
fn a_serial_port_goes_to_somebody_at_a_tcp_port() {
    let folder = Folder::new("client");
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("tcp:{}", host.local_addr().unwrap());
    let child = echo(&folder, &["-serial", &place]).spawn().unwrap();
    talk(host.accept().unwrap().0, child);
}

#[test]
fn a_serial_port_waits_for_somebody_at_its_tcp_port() {
    let folder = Folder::new("server");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = format!("tcp:127.0.0.1:{port},server=on");
    let mut child = echo(&folder, &["-serial", &place]).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, format!("strata: waiting for connection on: disconnected:{place}\n"));
    talk(TcpStream::connect(("127.0.0.1", port)).unwrap(), child);
}

#[test]
fn a_serial_port_is_a_pseudo_terminal() {
    let folder = Folder::new("pty");
    let mut child = echo(&folder, &["-serial", "pty"]).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let path = said.strip_prefix("char device redirected to ").and_then(|rest| rest.split(' ').next());
    let mut line = OpenOptions::new().read(true).write(true).open(path.unwrap()).unwrap();
    line.write_all(b"HAL").unwrap();
    // What was said before somebody was there may be lost.
    let (mut heard, mut byte) = (vec![], [0]);
    while !heard.ends_with(b"IBM") {
        line.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
    line.write_all(b"q").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_serial_port_writes_a_file_and_reads_another() {
    let folder = Folder::new("file");
    let (out, input) = (folder.path("out"), folder.path("in"));
    std::fs::write(&input, "HALq").unwrap();
    let chardev = format!("file,id=f,path={out},input-path={input}");
    let done = outcome(&mut echo(&folder, &["-chardev", &chardev, "-serial", "chardev:f"]));
    assert_eq!((done.end, &*done.out, &*done.err), (Ok(0), "", ""));
    assert_eq!(std::fs::read(&out).unwrap(), b"up\nIBM");
}

/// The boards have one serial port; QEMU opens what others are given all the same.
#[test]
fn a_second_serial_port_is_opened_and_heard_by_nobody() {
    let folder = Folder::new("second");
    let out = folder.path("out");
    let mut command = strata(["boot", "-S", "-bios", "none", "-serial", "null", "-monitor", "stdio"]);
    let done = fed(command.args(["-serial", &format!("file:{out}")]), b"info chardev\nquit\n");
    assert_eq!((done.end, &*done.err), (Ok(0), ""), "{}", done.out);
    assert!(done.out.contains(&format!("serial1: filename=file:{out}\n")), "{}", done.out);
    assert_eq!(std::fs::read(&out).unwrap(), b"");
}

#[test]
fn ports_of_a_virtio_console_stand_on_its_bus() {
    let mut command = strata(["boot", "-S", "-bios", "none", "-serial", "null", "-monitor", "stdio"]);
    command.args([
        "-device",
        "virtio-serial-device",
        "-chardev",
        "null,id=c",
        "-device",
        "virtconsole,chardev=c",
    ]);
    command.args(["-chardev", "null,id=d", "-device", "virtserialport,chardev=d,name=org.x"]);
    let done = fed(&mut command, b"info qtree\nquit\n");
    for line in [
        "bus: virtio-serial-bus.0\n",
        "nr = 1 (0x1)\n",
        "name = \"org.x\"\n",
        "port 0, guest off, host on, throttle off\n",
    ] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
}

/// How a machine ends that has the terminal.
#[derive(Clone, Copy)]
enum End {
    Quit,
    Signal(rustix::process::Signal),
}

#[rstest]
#[case(End::Quit)]
#[case(End::Signal(rustix::process::Signal::TERM))]
#[case(End::Signal(rustix::process::Signal::HUP))]
fn the_terminal_is_as_it_was_when_the_machine_has_ended(#[case] end: End) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{LocalModes, tcgetattr};
    let folder = Folder::new("terminal");
    let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&outer).unwrap();
    unlockpt(&outer).unwrap();
    let path = ptsname(&outer, vec![]).unwrap().into_string().unwrap();
    let inner = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let modes = || format!("{:?}", tcgetattr(inner.as_fd()).unwrap());
    let before = modes();
    let mut command = strata(["boot", "-bios", "none", "-kernel", &folder.program(64, ECHO)]);
    command.args(["-serial", "mon:stdio"]).stdin(inner.try_clone().unwrap());
    let mut child = command.stdout(inner.try_clone().unwrap()).stderr(Stdio::piped()).spawn().unwrap();
    let mut person = std::fs::File::from(outer);
    let mut heard = [0; 2];
    person.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"up");
    assert!(!tcgetattr(inner.as_fd()).unwrap().local_modes.contains(LocalModes::ICANON));
    match end {
        End::Quit => person.write_all(b"\x01x").unwrap(),
        End::Signal(signal) => {
            let id = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(id, signal).unwrap();
        }
    }
    child.wait().unwrap();
    assert_eq!(modes(), before);
}
