//! `strata boot -gdb`: machines under gdb, by packets written here and by gdb itself.

use crate::common::machine::{Debian, Folder, debian};
use crate::common::{STRATA, command, installed, outcome, skip};
use crate::{Line, frame, from_wire, has_in_order, wire};
use rstest::rstest;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A machine that waits for gdb at a socket.
struct Board {
    child: Child,
    socket: String,
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn board(folder: &Folder, command: &mut Command) -> Board {
    let socket = folder.path("gdb");
    command.args(["-monitor", "none", "-S", "-gdb", &format!("unix:{socket}")]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Board { child, socket }
}

/// A machine without firmware; what it prints goes to a file.
fn bare(folder: &Folder, kernel: &str, options: &[&str]) -> Board {
    let mut command = command(STRATA);
    let serial = format!("file:{}", folder.path("serial"));
    command.args(["boot", "-bios", "none", "-kernel", kernel, "-serial", &serial]).args(options);
    board(folder, &mut command)
}

impl Board {
    /// A connection, as soon as the machine listens.
    fn line(&self) -> Line {
        let stream = (0..400).find_map(|_| {
            std::thread::sleep(Duration::from_millis(25));
            UnixStream::connect(&self.socket).ok()
        });
        // Reading and writing do not depend on the family.
        let stream = TcpStream::from(OwnedFd::from(stream.unwrap()));
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Line(stream)
    }

    /// gdb's output for a script.
    fn script(&self, file: &str, commands: &[&str]) -> Option<String> {
        const GDB: &str = "gdb-multiarch";
        if !installed(GDB) {
            skip("gdb-multiarch is missing; tools/host-tools installs it");
            return None;
        }
        while !std::path::Path::new(&self.socket).exists() {
            std::thread::sleep(Duration::from_millis(25));
        }
        let mut gdb = command(GDB);
        gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set width 0"]);
        let (file, connect) = (format!("file {file}"), format!("target remote {}", self.socket));
        for command in [file.as_str(), connect.as_str()].iter().chain(commands) {
            gdb.args(["-ex", command]);
        }
        let told = outcome(&mut gdb);
        Some(told.out + &told.err)
    }

    fn end(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn symbol(kernel: &str, name: &str) -> u64 {
    user::elf::Symbols::read(std::fs::read(kernel).unwrap().as_slice(), 0).find(name).unwrap()
}

/// gdb's number of a control register, as a packet has it.
fn control(number: u64) -> String {
    format!("p{:x}", 64 + number)
}

/// The tour's machine ends by itself with this.
const BATCH: [&str; 2] = ["-device", "loader,addr=0x80100000,data=1,data-len=1"];
/// The first gigabyte of RAM as the tour's user mode sees it, less where it is.
const USER: u64 = 0x4000_0000;

#[test]
fn a_dialogue_reads_and_changes_a_machine() {
    let folder = Folder::new("gdb-dialogue");
    let kernel = folder.tour();
    let board = bare(&folder, &kernel, &BATCH);
    let mut line = board.line();
    assert!(line.ask("qSupported:multiprocess+;swbreak+;hwbreak+").contains("qXfer:features:read+"));
    assert_eq!(line.ask("?"), "T05thread:p01.01;");
    let xml = line.ask("qXfer:features:read:target.xml:0,3fff");
    for part in
        ["riscv.cpu", "riscv.fpu", "riscv.csr", "riscv.virtual", "\"satp\" bitsize=\"64\"", "\"priv\""]
    {
        assert!(xml.contains(part), "{part}");
    }
    assert_eq!(line.ask("g").len(), 33 * 16);
    assert_eq!(line.ask("p20"), wire(0x1000));
    assert_eq!(line.ask("p1040"), wire(3), "the privilege mode");
    assert_eq!(line.ask(&control(0xf14)), wire(0), "mhartid");
    assert_eq!(line.ask(&control(0x7ff)), "E79", "there is no such register");
    assert_eq!(line.ask("P1040=0100000000000000"), "OK");
    assert_eq!(line.ask("p1040"), wire(1));
    assert_eq!(line.ask("P1040=0300000000000000"), "OK");
    assert_eq!(line.ask(&format!("P{:x}={}", 64 + 0x341, wire(0x1234_5678))), "OK");
    assert_eq!(line.ask(&control(0x341)), wire(0x1234_5678), "mepc");
    assert_eq!(line.ask(&format!("P{:x}={}", 64 + 0xf14, wire(1))), "E16", "mhartid is read-only");
    let cell = symbol(&kernel, "cell");
    assert_eq!(line.ask(&format!("M{cell:x},2:beef")), "OK");
    assert_eq!(line.ask(&format!("m{cell:x},2")), "beef");
    assert_eq!(line.ask("m0,4"), "E0e", "nothing is there");
    assert_eq!(line.ask("m10000000,1"), "E0e", "looking at a device would change it");
    assert_eq!(line.ask("m87fffffe,10").len(), 4, "what lies before the end of RAM is an answer");
    // info status
    line.0.write_all(&frame(b"qRcmd,696e666f20737461747573")).unwrap();
    assert_eq!(line.answer(), hex("O", "VM status: paused (prelaunch)\n"));
    assert_eq!(line.answer(), "OK");
    drop(line);
    assert_eq!(board.end(), Some(0), "a machine that gdb leaves runs on");
}

fn hex(before: &str, text: &str) -> String {
    before.to_owned() + &text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()
}

#[test]
fn a_dialogue_stops_in_each_mode_at_addresses_that_the_mode_knows() {
    let folder = Folder::new("gdb-modes");
    let kernel = folder.tour();
    let board = bare(&folder, &kernel, &BATCH);
    let mut line = board.line();
    let [supervisor, user, trap, cell] =
        ["supervisor", "user", "supervisor_trap", "cell"].map(|name| symbol(&kernel, name));
    assert_eq!(line.ask(&format!("Z0,{supervisor:x},4")), "OK");
    assert_eq!(line.ask("c"), "T05thread:01;swbreak:;");
    assert_eq!((line.ask("p20"), line.ask("p1040")), (wire(supervisor), wire(1)));
    assert_eq!(line.ask(&control(0x180))[14..], *"80", "satp says Sv39");
    // A store by one address, and a load by the other.
    assert_eq!(line.ask(&format!("Z2,{cell:x},8")), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:01;watch:{cell:08x};"));
    assert_eq!(line.ask(&format!("m{:x},8", cell + USER)), wire(0x5eed));
    assert_eq!(line.ask(&format!("z2,{cell:x},8")), "OK");
    assert_eq!(line.ask(&format!("Z3,{:x},1", cell + USER)), "OK");
    assert_eq!(line.ask("vCont;c"), format!("T05thread:01;rwatch:{:08x};", cell + USER));
    assert_eq!(line.ask("pa"), wire(0x5eed));
    assert_eq!(line.ask("Qqemu.PhyMemMode:1") + &line.ask("qqemu.PhyMemMode"), "OK1");
    assert_eq!(line.ask(&format!("m{:x},8", cell + USER)), "E0e", "there is no RAM");
    assert_eq!(line.ask(&format!("M{cell:x},1:00")), "OK");
    assert_eq!(line.ask("Qqemu.PhyMemMode:0"), "OK");
    assert_eq!(line.ask(&format!("m{:x},2", cell + USER)), "005e");
    // User mode, and the trap that its call is.
    assert_eq!(line.ask(&format!("Z1,{:x},4", user + USER)), "OK");
    assert_eq!(line.ask("c"), "T05thread:01;hwbreak:;");
    assert_eq!(line.ask("p1040"), wire(0));
    assert_eq!(line.ask("vCont;s:1"), "T05thread:01;");
    assert_eq!(line.ask("s"), "T05thread:01;");
    assert_eq!((line.ask("p20"), line.ask("p1040")), (wire(trap), wire(1)));
    assert_eq!(line.ask(&control(0x142)), wire(8), "scause: a call from user mode");
    assert_eq!(line.ask("c"), "W00");
    assert_eq!(board.end(), Some(0));
}

/// Two harts count in the memory that each has of its own.
const TWO: &str = "
        .text
        .globl _start
_start: csrr t0, mhartid
        la   t1, cells
        slli t0, t0, 3
        add  t1, t1, t0
round:  ld   t2, 0(t1)
        addi t2, t2, 1
        sd   t2, 0(t1)
        j    round
        .data
        .balign 8
cells:  .dword 0, 0
";

#[test]
fn harts_are_threads_that_stop_together_and_step_alone() {
    let folder = Folder::new("gdb-harts");
    let kernel = folder.program(64, TWO);
    let board = bare(&folder, &kernel, &["-smp", "2"]);
    let mut line = board.line();
    let (round, cells) = (symbol(&kernel, "round"), symbol(&kernel, "cells"));
    assert_eq!(line.ask("qfThreadInfo") + &line.ask("qsThreadInfo"), "m01,02l");
    assert_eq!(line.ask("qThreadExtraInfo,2"), hex("", "CPU#1 [running]"));
    assert_eq!(line.ask(&format!("Z2,{:x},8", cells + 8)), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:02;watch:{:08x};", cells + 8));
    assert_eq!(line.ask(&format!("m{:x},8", cells + 8)), wire(1));
    assert_eq!(line.ask(&format!("z2,{:x},8", cells + 8)), "OK");
    // The first stands while the second makes two rounds.
    let first = line.ask(&format!("m{cells:x},8"));
    assert!(from_wire(&first) > 1, "it had its turn before");
    for _ in 0..8 {
        assert_eq!(line.ask("vCont;s:2"), "T05thread:02;");
    }
    assert_eq!(line.ask(&format!("m{:x},8", cells + 8)), wire(3));
    assert_eq!(line.ask(&format!("m{cells:x},8")), first);
    // The breakpoint is every hart's; each has its own pc.
    assert_eq!(line.ask(&format!("Z0,{round:x},4")), "OK");
    assert_eq!(line.ask("vCont;c:1"), "T05thread:01;swbreak:;");
    assert_eq!(line.ask("Hg1") + &line.ask("p20"), format!("OK{}", wire(round)));
    assert_eq!(line.ask("Hg2") + &line.ask("p5"), format!("OK{}", wire(8)));
    assert_eq!(line.ask("vCont;c:2"), "T05thread:02;swbreak:;");
    assert_eq!(line.ask("Hg3") + &line.ask("p20"), "OKE03");
    line.0.write_all(&frame(b"vKill;1")).unwrap();
    assert_eq!(board.end(), Some(0));
}

#[rstest]
#[case(64)]
#[case(32)]
fn control_c_stops_a_loop_at_any_width(#[case] xlen: u32) {
    let folder = Folder::new(&format!("gdb-interrupt-{xlen}"));
    let kernel = folder
        .program(xlen, "        .text\n        .globl _start\n_start: addi a0, a0, -1\n        j _start\n");
    let model = format!("rv{xlen}");
    let board = bare(&folder, &kernel, &["-cpu", &model]);
    let mut line = board.line();
    let whole = |value: u64| wire(value)[..(xlen / 4) as usize].to_owned();
    assert_eq!(line.ask("Z1,80000000,4"), "OK");
    assert_eq!(line.ask("c"), "T05thread:01;hwbreak:;");
    assert_eq!((line.ask("p20"), line.ask("g").len()), (whole(0x8000_0000), 33 * (xlen / 4) as usize));
    assert_eq!(line.ask("s"), "T05thread:01;");
    assert_eq!(line.ask("pa"), whole(u64::MAX));
    assert_eq!(line.ask("z1,80000000,4"), "OK");
    line.0.write_all(&frame(b"c")).unwrap();
    line.0.write_all(&[3]).unwrap();
    assert_eq!(line.answer(), "T02thread:01;");
    let pc = line.ask("p20");
    assert!(pc.starts_with("00000080") || pc.starts_with("02000080") || pc.starts_with("04000080"), "{pc}");
    assert_eq!(line.ask("D"), "OK");
    // The machine goes on, and stops for the next who comes.
    drop(line);
    let mut line = board.line();
    assert_eq!(line.ask("qRcmd,696e666f20737461747573"), hex("O", "VM status: paused\n"));
    line.0.write_all(&frame(b"k")).unwrap();
    assert_eq!(board.end(), Some(0));
}

#[test]
fn a_debugged_machine_comes_to_the_same_state() {
    let folder = Folder::new("gdb-hash");
    let kernel = folder.tour();
    let serial = format!("file:{}", folder.path("serial"));
    let words = ["boot", "-bios", "none", "-smp", "2", "-rtc", "base=0", "-d", "hash", "-serial", &serial];
    let plain = outcome(command(STRATA).args(words).args(BATCH).args(["-kernel", &kernel]));
    let board = board(&folder, command(STRATA).args(words).args(BATCH).args(["-kernel", &kernel]));
    let mut line = board.line();
    let put = symbol(&kernel, "print");
    assert_eq!(line.ask("Qqemu.sstep=1"), "OK");
    assert_eq!(line.ask(&format!("Z0,{put:x},4")), "OK");
    let mut stops = 0;
    loop {
        match &*line.ask("c") {
            "T05thread:01;swbreak:;" => stops += 1,
            end => break assert_eq!(end, "W00"),
        }
        for _ in 0..9 {
            assert_eq!(line.ask("s"), "T05thread:01;");
        }
    }
    assert!(stops > 10, "{stops}");
    let end = board.child_output();
    assert!(plain.err.starts_with("hash "), "{}", plain.err);
    assert_eq!(end, plain.err);
}

impl Board {
    /// What it has written to standard error when it has ended.
    fn child_output(mut self) -> String {
        let mut text = String::new();
        std::io::Read::read_to_string(self.child.stderr.as_mut().unwrap(), &mut text).unwrap();
        text
    }
}

#[test]
fn gdb_debugs_a_machine() {
    let folder = Folder::new("gdb-script");
    let kernel = folder.tour();
    let options = [["-smp", "2"], BATCH].concat();
    let board = bare(&folder, &kernel, &options);
    let commands = [
        "break supervisor",
        "continue",
        "info threads",
        "info registers satp mstatus priv",
        "watch *(long *)&cell",
        "continue",
        "x/1gx 0x40000000 + (long)&cell",
        "maintenance packet qqemu.sstepbits",
        "delete",
        "hbreak *(0x40000000 + (long)&user)",
        "continue",
        "stepi",
        "stepi",
        "info registers pc scause",
        "monitor info status",
        "delete",
        "continue",
    ];
    let Some(text) = board.script(&kernel, &commands) else { return };
    let expected = [
        "hit Breakpoint 1, ",
        "* 1    Thread 1.1 (CPU#0 [running])",
        "  2    Thread 1.2 (CPU#1 [halted ])",
        "satp           0x8000000000080003",
        "MPIE:1",
        "prv:1 [Supervisor]",
        "Hardware watchpoint 2",
        "New value = 24301",
        "0x0000000000005eed",
        "received: \"ENABLE=1,NOIRQ=2,NOTIMER=4\"",
        "hit Breakpoint 3, ",
        "in supervisor_trap ()",
        "<supervisor_trap>",
        "scause         0x8",
        "exited normally",
    ];
    has_in_order(&text, &expected);
    assert!(text.contains("VM status: paused (debug)"), "{text}");
    assert_eq!(board.end(), Some(0));
}

#[test]
fn gdb_stops_at_the_entry_of_debians_kernel() {
    let Some(Debian { kernel, initrd }) = debian() else { return };
    let folder = Folder::new("gdb-debian");
    let serial = format!("file:{}", folder.path("serial"));
    let mut command = command(STRATA);
    command.args(["boot", "-m", "512M", "-serial", &serial]);
    command.arg("-kernel").arg(kernel).arg("-initrd").arg(initrd);
    command.current_dir(crate::common::root());
    let board = board(&folder, &mut command);
    let mut line = board.line();
    assert_eq!(line.ask("Z1,80200000,4"), "OK");
    assert_eq!(line.ask("c"), "T05thread:01;hwbreak:;");
    assert_eq!((line.ask("p20"), line.ask("p1040"), line.ask("pa")), (wire(0x8020_0000), wire(1), wire(0)));
}
