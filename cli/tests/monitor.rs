//! The monitor: what each command answers, and that no line harms the machine.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::Folder;
use common::{fed, outcome, strata};
use rstest::rstest;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

/// Waits for ever.
const LOOP: &str = "
        .text
        .globl _start
_start: li   sp, 0x80001000
        li   a0, 42
        wfi
        j    _start
text:   .asciz \"a string\\n\"
";

/// Types lines at the monitor of a machine that does not run; each is followed by what it was answered.
fn typed(words: &[&str], lines: &str) -> String {
    let mut command = strata(["boot", "-S", "-bios", "none", "-serial", "null", "-monitor", "stdio"]);
    let done = fed(command.args(words), format!("{lines}\nquit\n").as_bytes());
    assert_eq!((done.err.as_str(), done.end), ("", Ok(0)), "{}", done.out);
    let answers: Vec<&str> = done.out.split("(qemu) ").skip(1).collect();
    assert_eq!(answers.len(), lines.lines().count() + 1, "{}", done.out);
    lines.lines().zip(answers).map(|(line, answer)| format!("(qemu) {line}\n{answer}")).collect()
}

#[rstest]
#[case("help", "help\nhelp x\nhelp info\nhelp log\n? quit\nhelp fish")]
#[case(
    "numbers",
    "p 1+2\np/d -1\np/u -1\np/o 8\np/c 65\nprint/x 64 << 2\np $pc\np $a0 + 1\np $mhartid\np $fish\np 1/0\np fish\np/i 1\np"
)]
#[case(
    "memory",
    "x/2xw 0x80000000\nx /3xb $pc\nxp/2gx 0x80000000\nx/2dh 0x80000000\nx/2c 0x80000000\nx/2o 0x80000000\n\
    x/s 0x80000014\nx/5i 0x80000000\nxp/2i 0x80000000\ndisas\ndisas/2 0x80000004\nx 0\nx/s 0\nx/i 0\nxp 0x10000000\n\
    x/99999999 0\nx/99999999999999999999x 0\nx/q 0\nx\nx/2xg 0xfffffffffffffff8"
)]
#[case(
    "states",
    "info status\nstop\ninfo status\nsystem_powerdown\nsystem_reset\ninfo status\ninfo version\ninfo tiers\n\
    info chardev\ninfo block\ninfo roms\ninfo mem\ninfo tlb\ninfo irq"
)]
#[case("registers", "info registers\ninfo registers -b\ninfo cpus\ncpu 0\ncpu 1\ncpu")]
#[case(
    "mistakes",
    "fish\nquti\ninfo fish\ninfo regsters\ninfo\nlog\nlog fish\nlog op\nlog hash=0\ntrace-event\ntrace-event fish on\n\
    trace-event serial_raed on\ntrace-event serial_read maybe\ninfo trace-events fish"
)]
#[case(
    "switches",
    "info trace-events\ntrace-event virtio_* on\ntrace-event *_mmio_* off\ninfo trace-events virtio_*\nlog in_asm,int\nlog none"
)]
fn each_command_answers(#[case] name: &str, #[case] lines: &str) {
    let folder = Folder::new(&format!("monitor-{name}"));
    let kernel = folder.program(64, LOOP);
    let text = typed(&["-kernel", &kernel], lines);
    insta::assert_snapshot!(format!("answers_{name}"), text.replace(&folder.path(""), "FOLDER/"));
}

#[test]
fn commands_are_about_the_hart_that_was_chosen() {
    let folder = Folder::new("monitor-harts");
    let kernel = folder.program(64, LOOP);
    let lines = "info cpus\ncpu 1\ninfo cpus\np $mhartid\ncpu 2";
    insta::assert_snapshot!(typed(&["-smp", "2", "-kernel", &kernel], lines));
}

#[rstest]
#[case("virt")]
#[case("spike")]
#[case("none")]
fn boards_have_their_maps(#[case] board: &str) {
    let lines = "info mtree\ninfo mtree -f\ninfo qtree\ninfo ramblock";
    insta::assert_snapshot!(format!("map_of_{board}"), typed(&["-M", board, "-m", "64"], lines));
}

#[test]
fn drives_and_their_devices_are_shown() {
    let folder = Folder::new("monitor-drives");
    let (first, second) = ("first.img", "second.img");
    for (name, size) in [(first, 1 << 20), (second, 4096)] {
        std::fs::write(folder.path(name), vec![0; size]).unwrap();
    }
    let drives = [
        format!("file={},if=none,id=d,format=raw", folder.path(first)),
        format!("file={},readonly=on", folder.path(second)),
    ];
    let device = "virtio-blk-device,drive=d,serial=mine";
    let words =
        ["-drive", &drives[0], "-device", device, "-drive", &drives[1], "-device", "virtio-rng-device"];
    let text = typed(&words, "info block\ninfo qtree\ncommit d\ncommit all\ncommit e\ncommit");
    insta::assert_snapshot!(text.replace(&folder.path(""), "FOLDER/"));
}

/// Maps RAM at 0x80000000 and at the end of addresses, says so, and waits in supervisor mode.
const PAGED: &str = "
        .text
        .globl _start
_start: la   t0, table
        li   t1, 0x200000cf         # 0x80000000, a gigabyte: RWX A D
        sd   t1, 16(t0)
        li   t1, 0x200000c3         # the same, to be read
        li   t2, 4088
        add  t2, t2, t0
        sd   t1, 0(t2)
        li   t1, 0xc7               # devices below: read and write
        sd   t1, 0(t0)
        srli t0, t0, 12
        li   t1, 8
        slli t1, t1, 60
        or   t0, t0, t1
        csrw satp, t0
        li   t0, -1
        csrw pmpaddr0, t0
        li   t0, 31
        csrw pmpcfg0, t0
        li   t0, 0x1800
        csrc mstatus, t0
        li   t0, 0x800
        csrs mstatus, t0
        la   t0, inside
        csrw mepc, t0
        mret
        .balign 4096                # the TLB's entry of this page is no device's
inside: li   t0, 0x10000000
        li   t1, 10
        sb   t1, 0(t0)
1:      wfi
        j    1b
        .data
        .balign 4096
table:  .zero 4096
";

#[test]
fn translations_are_shown() {
    let folder = Folder::new("monitor-paged");
    let (kernel, socket) = (folder.program(64, PAGED), folder.path("socket"));
    let place = format!("unix:{socket},server=on,wait=off");
    let mut command =
        strata(["boot", "-bios", "none", "-serial", "stdio", "-monitor", &place, "-kernel", &kernel]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "\n");
    let mut person = UnixStream::connect(&socket).unwrap();
    person.write_all(b"info mem\ninfo tlb\nx/2i 0xffffffffc0000000\np/x $satp\nquit\n").unwrap();
    let mut answer = String::new();
    person.read_to_string(&mut answer).unwrap();
    assert!(child.wait().unwrap().success());
    insta::assert_snapshot!(answer.replace('\r', ""));
}

#[test]
fn tables_without_end_do_not_hang_the_monitor() {
    let folder = Folder::new("monitor-endless");
    // The table's every entry is the table itself, four times deeper than there are levels.
    let source = "
        .text
        .globl _start
_start: la   t0, table
        srli t1, t0, 2
        ori  t1, t1, 1
        li   t2, 512
1:      sd   t1, 0(t0)
        addi t0, t0, 8
        addi t2, t2, -1
        bnez t2, 1b
        la   t0, table
        srli t0, t0, 12
        li   t1, 10
        slli t1, t1, 60
        or   t0, t0, t1
        csrw satp, t0
        li   t0, 0x10000000
        li   t1, 10
        sb   t1, 0(t0)
2:      wfi
        j    2b
        .data
        .balign 4096
table:  .zero 4096
";
    let (kernel, socket) = (folder.program(64, source), folder.path("socket"));
    let place = format!("unix:{socket},server=on,wait=off");
    let words =
        ["boot", "-cpu", "max", "-bios", "none", "-serial", "stdio", "-monitor", &place, "-kernel", &kernel];
    let mut child = strata(words).stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let mut person = UnixStream::connect(&socket).unwrap();
    person.write_all(b"info mem\nquit\n").unwrap();
    let mut answer = String::new();
    person.read_to_string(&mut answer).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(answer.contains("a table that maps itself has no end"), "{answer}");
}

/// Numbers that differ, the same in every run. [Steele, Lea, Flood 2014]
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        usize::try_from((z ^ z >> 27) >> 33).unwrap() % end
    }
}

/// Words of which lines are made.
const WORDS: &[&str] = &[
    "help",
    "?",
    "info",
    "i",
    "x",
    "xp",
    "x/4xw",
    "x/9i",
    "x/3s",
    "disas",
    "print",
    "p",
    "p/c",
    "stop",
    "cpu",
    "log",
    "trace-event",
    "system_reset",
    "system_powerdown",
    "registers",
    "mtree",
    "-f",
    "mem",
    "tlb",
    "irq",
    "qtree",
    "block",
    "trace-events",
    "-a",
    "0",
    "1",
    "-1",
    "0x80000000",
    "0xffffffffffffffff",
    "$pc",
    "$sp",
    "$",
    "+",
    "*",
    "/",
    "<<",
    "(",
    ")",
    "((((((((",
    "in_asm,exec",
    "none",
    "hash=1",
    "virtio_*",
    "on",
    "off",
    "****",
    "/99999x",
    "/3",
    "%hi(1)",
    "'",
    "\u{e9}",
];

#[test]
fn fuzz_of_lines_leaves_the_monitor_alive() {
    let count = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let folder = Folder::new("monitor-fuzz");
    let kernel = folder.program(64, LOOP);
    let mut numbers = Numbers(6);
    let mut input = vec![];
    for _ in 0..count {
        for _ in 0..numbers.below(6) {
            match numbers.below(8) {
                // Alone, a q ends the machine and a c lets it run.
                0 => {
                    input.extend((0..numbers.below(12)).map(|_| match numbers.below(256).to_le_bytes()[0] {
                        b'q' | b'c' => b'Q',
                        byte => byte,
                    }))
                }
                _ => input.extend(WORDS[numbers.below(WORDS.len())].bytes()),
            }
            input.push(b' ');
        }
        input.push(b'\n');
    }
    let log = folder.path("log");
    let mut command =
        strata(["boot", "-S", "-bios", "none", "-serial", "null", "-monitor", "stdio", "-D", &log]);
    input.extend(b"\ninfo status\nquit\n");
    let done = fed(command.args(["-kernel", &kernel]), &input);
    assert_eq!((done.err.as_str(), done.end), ("", Ok(0)));
    assert!(
        done.out.ends_with("(qemu) VM status: paused (prelaunch)\n(qemu) "),
        "{}",
        &done.out[done.out.len() - 200..]
    );
}

#[rstest]
#[case(&["-trace", "help"], "virtio_queue_notify          a driver has put something into a queue\n")]
#[case(&["-d", "help"], "  int            show each trap and interrupt that is taken\n")]
#[case(&["-d", "trace:help"], "riscv_trap                   a hart takes a trap or an interrupt\n")]
fn lists_of_events_and_items_are_printed(#[case] words: &[&str], #[case] line: &str) {
    let done = outcome(strata(["boot"]).args(words));
    assert_eq!((done.err.as_str(), done.end), ("", Ok(0)));
    assert!(done.out.contains(line), "{}", done.out);
}

#[test]
fn trace_lines_and_log_lines_tell_what_a_machine_does() {
    let folder = Folder::new("monitor-trace");
    let kernel = folder.program(
        64,
        "
        .text
        .globl _start
_start: la   t0, trap
        csrw mtvec, t0
        li   t0, 0x10000000
        li   t1, 'A'
        sb   t1, 0(t0)
        lbu  t1, 5(t0)
        ecall
        .balign 4
trap:   li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, 0(t0)
1:      j    1b
",
    );
    let events = folder.path("events");
    std::fs::write(&events, "# what the test wants\nriscv_*\nqemu_system_*\n").unwrap();
    let list = format!("serial_*,events={events}");
    let words = [
        "boot",
        "-bios",
        "none",
        "-serial",
        "null",
        "-kernel",
        &kernel,
        "-trace",
        &list,
        "-trace",
        "memory_region_ops_write",
    ];
    let done = outcome(strata(words).args(["-msg", "timestamp=on", "-d", "int,in_asm,exec"]));
    assert_eq!((done.out.as_str(), done.end), ("", Ok(0)));
    insta::assert_snapshot!(done.err);
}
