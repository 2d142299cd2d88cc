//! Character devices against real files, sockets and pseudo-terminals.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use host_char::{
    Action, Address, Chardev, Common, Config, Event, Frontend, Kind, Role, SocketConfig, Writer, open,
};
use rstest::rstest;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A guest that takes `room` bytes at a time.
#[derive(Clone, Default)]
struct Guest {
    room: Arc<Mutex<usize>>,
    got: Arc<Mutex<Vec<u8>>>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Guest {
    fn with_room(room: usize) -> Self {
        let guest = Self::default();
        *guest.room.lock().unwrap() = room;
        guest
    }
    fn got(&self) -> Vec<u8> {
        self.got.lock().unwrap().clone()
    }
}

impl Frontend for Guest {
    fn can_receive(&self) -> usize {
        *self.room.lock().unwrap()
    }
    fn receive(&self, bytes: &[u8]) {
        let mut room = self.room.lock().unwrap();
        assert!(bytes.len() <= *room, "more than there is room for");
        *room -= bytes.len();
        self.got.lock().unwrap().extend(bytes);
    }
    fn event(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }
}

fn config(kind: Kind, mux: bool) -> Config {
    Config { id: "serial0".into(), kind, common: Common { mux, ..Common::default() } }
}

/// A path of this test's own.
fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("strata-char-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn unix(path: &std::path::Path, role: Role) -> Kind {
    Kind::Socket(SocketConfig { address: Address::Unix(path.into()), role, nodelay: false })
}

/// A mux over a socket, the person's end of it, and two guests.
fn mux(name: &str) -> (Chardev, UnixStream, Guest, Guest) {
    let path = path(name);
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), true)).unwrap();
    let (console, monitor) = (Guest::with_room(1000), Guest::with_room(1000));
    chardev.attach(Box::new(console.clone())).unwrap();
    chardev.attach(Box::new(monitor.clone())).unwrap();
    let person = UnixStream::connect(path).unwrap();
    person.set_nonblocking(true).unwrap();
    chardev.pump();
    (chardev, person, console, monitor)
}

fn pump_woken(chardev: &mut Chardev) -> Vec<Action> {
    chardev.wake();
    chardev.pump()
}

#[test]
fn a_large_paste_loses_no_byte_however_slowly_the_guest_reads() {
    let path = path("paste");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    let guest = Guest::default();
    chardev.attach(Box::new(guest.clone())).unwrap();
    let mut person = UnixStream::connect(path).unwrap();
    let paste: Vec<u8> = (0..300_000u32).map(|i| i.to_le_bytes()[usize::from(i % 3 == 0)]).collect();
    let sent = paste.clone();
    let typing = std::thread::spawn(move || person.write_all(&sent).map(|()| person));
    let mut rounds = 0;
    while guest.got().len() < paste.len() {
        *guest.room.lock().unwrap() = rounds % 61;
        pump_woken(&mut chardev);
        rounds += 1;
    }
    assert_eq!(guest.got(), paste);
    typing.join().unwrap().unwrap();
}

#[test]
fn without_room_nothing_is_read_and_nothing_is_waited_for() {
    let path = path("room");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    let guest = Guest::with_room(2);
    chardev.attach(Box::new(guest.clone())).unwrap();
    let mut person = UnixStream::connect(path).unwrap();
    person.write_all(b"abc").unwrap();
    pump_woken(&mut chardev);
    assert_eq!((guest.got(), chardev.sources()), (b"ab".to_vec(), vec![]));
    *guest.room.lock().unwrap() = 1;
    chardev.pump();
    assert_eq!(guest.got(), b"abc");
}

#[test]
fn a_comer_is_waited_for_although_the_guest_does_not_listen_yet() {
    let path = path("deaf");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    chardev.attach(Box::new(Guest::default())).unwrap();
    assert!(chardev.sources()[0].readable);
    let _person = UnixStream::connect(&path).unwrap();
    chardev.pump();
    assert!(chardev.is_connected() && chardev.sources().is_empty());
}

#[test]
fn output_waits_until_the_host_takes_it() {
    let path = path("output");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    let mut person = UnixStream::connect(path).unwrap();
    chardev.pump();
    let (writer, text) = (chardev.writer(), vec![b'x'; 2_000_000]);
    writer.write(&text);
    chardev.pump();
    assert!(writer.backlog() > 0);
    assert!(chardev.sources().iter().any(|source| source.writable));
    let reading = std::thread::spawn(move || {
        let mut got = vec![0; 2_000_000];
        person.read_exact(&mut got).map(|()| got)
    });
    while writer.backlog() > 0 {
        chardev.pump();
    }
    assert_eq!(reading.join().unwrap().unwrap(), text);
}

#[test]
fn a_client_goes_and_another_comes() {
    let path = path("again");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    let guest = Guest::with_room(100);
    chardev.attach(Box::new(guest.clone())).unwrap();
    chardev.writer().write(b"nobody hears this");
    chardev.pump();
    for _ in 0..2 {
        let mut person = UnixStream::connect(&path).unwrap();
        chardev.pump();
        person.write_all(b"hi").unwrap();
        pump_woken(&mut chardev);
        chardev.writer().write(b"ho");
        chardev.pump();
        let mut got = [0; 2];
        person.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"ho");
        drop(person);
        pump_woken(&mut chardev);
        chardev.pump();
    }
    assert_eq!(guest.got(), b"hihi");
    let events = guest.events.lock().unwrap().clone();
    assert_eq!(events, [Event::Opened, Event::Closed, Event::Opened, Event::Closed]);
}

#[test]
fn a_client_tries_again_until_there_is_a_server() {
    let path = path("reconnect");
    let role = Role::Client { reconnect: Some(Duration::ZERO) };
    let mut chardev = open(&config(unix(&path, role), false)).unwrap();
    chardev.pump();
    assert!(chardev.text().starts_with("disconnected:"));
    let server = UnixListener::bind(&path).unwrap();
    chardev.pump();
    let (mut person, _) = server.accept().unwrap();
    chardev.writer().write(b"here");
    chardev.pump();
    let mut got = [0; 4];
    person.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"here");
}

#[test]
fn a_client_without_a_server_is_refused_with_the_address() {
    let path = path("nobody");
    let error = open(&config(unix(&path, Role::Client { reconnect: None }), false)).err().unwrap();
    assert_eq!(error.to_string(), format!("chardev serial0: unix:{} cannot be connected to", path.display()));
}

#[test]
fn a_server_that_waits_has_its_client_when_it_is_open() {
    let path = path("wait");
    let there = path.clone();
    let person = std::thread::spawn(move || {
        loop {
            if let Ok(stream) = UnixStream::connect(&there) {
                return stream;
            }
            std::thread::yield_now();
        }
    });
    let chardev = open(&config(unix(&path, Role::Server { wait: true }), false)).unwrap();
    assert!(!chardev.text().starts_with("disconnected"));
    person.join().unwrap();
}

#[test]
fn tcp_sockets_carry_bytes() {
    let kind = |port, role| {
        let address = Address::Tcp { host: "127.0.0.1".into(), port };
        Kind::Socket(SocketConfig { address, role, nodelay: true })
    };
    let mut server = open(&config(kind(0, Role::Server { wait: false }), false)).unwrap();
    let text = server.text();
    let port = text.split([':', ',']).nth(3).unwrap().parse().unwrap();
    let mut client = open(&config(kind(port, Role::Client { reconnect: None }), false)).unwrap();
    let guest = Guest::with_room(10);
    server.attach(Box::new(guest.clone())).unwrap();
    client.writer().write(b"over");
    client.pump();
    while guest.got().len() < 4 {
        pump_woken(&mut server);
    }
    assert_eq!(guest.got(), b"over");
}

#[test]
fn a_mux_switches_its_focus_and_sends_the_escape_character() {
    let (mut chardev, mut person, console, monitor) = mux("focus");
    person.write_all(b"a\x01\x01b\x01cinfo\x01cz").unwrap();
    assert_eq!(pump_woken(&mut chardev), []);
    assert_eq!((console.got(), monitor.got()), (b"a\x01bz".to_vec(), b"info".to_vec()));
    let events = console.events.lock().unwrap().clone();
    assert_eq!(events, [Event::Opened, Event::MuxOut, Event::MuxIn]);
}

#[rstest]
#[case(b"\x01x", Action::Quit)]
#[case(b"\x01s", Action::Sync)]
fn a_mux_hands_requests_to_the_machine_although_the_guest_is_deaf(
    #[case] typed: &[u8],
    #[case] action: Action,
) {
    let (mut chardev, mut person, console, _) = mux(&format!("deaf{action:?}"));
    *console.room.lock().unwrap() = 0;
    person.write_all(b"hello?").unwrap();
    pump_woken(&mut chardev);
    person.write_all(typed).unwrap();
    assert_eq!(pump_woken(&mut chardev), [action]);
    *console.room.lock().unwrap() = 100;
    chardev.pump();
    assert_eq!(console.got(), b"hello?");
}

#[test]
fn a_mux_explains_itself_and_sends_breaks() {
    let (mut chardev, mut person, console, _) = mux("help");
    person.write_all(b"\x01h\x01b").unwrap();
    pump_woken(&mut chardev);
    let mut text = vec![0; 4096];
    let n = person.read(&mut text).unwrap();
    assert!(String::from_utf8_lossy(&text[..n]).contains("C-a x    exit emulator"));
    assert!(console.events.lock().unwrap().contains(&Event::Break));
    assert_eq!(console.got(), b"");
}

#[test]
fn a_mux_stamps_lines_once() {
    let (mut chardev, mut person, ..) = mux("stamps");
    person.write_all(b"\x01t").unwrap();
    pump_woken(&mut chardev);
    for part in ["one\n", "tw", "o\nthree\n"] {
        chardev.writer().write(part.as_bytes());
        chardev.pump();
    }
    let mut text = vec![0; 4096];
    let n = person.read(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text[..n]).into_owned();
    assert_eq!(text.matches("[00:").count(), 2, "{text}");
    assert!(text.starts_with("one\n[00:") && text.contains("] two\n[00:"), "{text}");
}

#[test]
fn a_device_that_is_no_mux_has_one_frontend() {
    let mut chardev = open(&config(Kind::Null, false)).unwrap();
    chardev.attach(Box::new(Guest::default())).unwrap();
    let error = chardev.attach(Box::new(Guest::default())).unwrap_err();
    assert_eq!(error.to_string(), "chardev serial0 is in use already; add mux=on to share it");
}

#[test]
fn files_take_output_give_input_and_are_logged() {
    let [out, input, log] = ["out", "in", "log"].map(path);
    std::fs::write(&out, "old ").unwrap();
    std::fs::write(&input, "typed").unwrap();
    let kind = Kind::File { path: out.clone(), input: Some(input), append: true };
    let common = Common { mux: false, logfile: Some(log.clone()), logappend: false };
    let mut chardev = open(&Config { id: "f".into(), kind, common }).unwrap();
    let guest = Guest::with_room(100);
    chardev.attach(Box::new(guest.clone())).unwrap();
    chardev.writer().write(b"new");
    chardev.pump();
    assert_eq!(guest.got(), b"typed");
    assert_eq!(std::fs::read(out).unwrap(), b"old new");
    assert_eq!(std::fs::read(log).unwrap(), b"new");
}

#[test]
fn a_ring_buffer_keeps_the_last_bytes() {
    let mut chardev = open(&config(Kind::Ring { size: 8 }, false)).unwrap();
    let guest = Guest::with_room(100);
    chardev.attach(Box::new(guest.clone())).unwrap();
    let ring = chardev.ring().unwrap();
    chardev.writer().write(b"0123456789");
    chardev.pump();
    ring.write(b"ab");
    chardev.pump();
    assert_eq!((ring.read(3), ring.read(100)), (b"456".to_vec(), b"789ab".to_vec()));
    assert_eq!(guest.got(), b"");
    assert!(open(&config(Kind::Ring { size: 9 }, false)).is_err());
}

#[test]
fn a_pseudo_terminal_can_be_opened_closed_and_opened_again() {
    let mut chardev = match open(&config(Kind::Pty, false)) {
        Ok(chardev) => chardev,
        Err(error) => {
            let line = format!("a_pseudo_terminal_can_be_opened_closed_and_opened_again: {error}\n");
            if let Ok(file) = std::env::var("STRATA_SKIPS") {
                let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
                file.unwrap().write_all(line.as_bytes()).unwrap();
            }
            return;
        }
    };
    let guest = Guest::with_room(100);
    chardev.attach(Box::new(guest.clone())).unwrap();
    let name = chardev.text().strip_prefix("pty:").unwrap().to_owned();
    for _ in 0..2 {
        let mut person = std::fs::OpenOptions::new().read(true).write(true).open(&name).unwrap();
        chardev.pump();
        person.write_all(b"\x03hi").unwrap();
        pump_woken(&mut chardev);
        chardev.writer().write(b"a\n");
        chardev.pump();
        let mut got = [0; 2];
        person.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"a\n");
        drop(person);
        chardev.pump();
    }
    assert_eq!(guest.got(), b"\x03hi\x03hi");
}

#[test]
fn a_frontend_may_answer_while_it_is_called() {
    struct Echo(Writer);
    impl Frontend for Echo {
        fn can_receive(&self) -> usize {
            1
        }
        fn receive(&self, bytes: &[u8]) {
            self.0.write(bytes);
        }
    }
    let path = path("echo");
    let mut chardev = open(&config(unix(&path, Role::Server { wait: false }), false)).unwrap();
    chardev.attach(Box::new(Echo(chardev.writer()))).unwrap();
    let mut person = UnixStream::connect(path).unwrap();
    person.write_all(b"echo").unwrap();
    pump_woken(&mut chardev);
    let mut got = [0; 4];
    person.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"echo");
}
