//! `strata boot`: machines from their first instruction to their end.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::{Folder, debian};
use common::{Outcome, command, fed, outcome, strata};
use rstest::rstest;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

/// Prints a line and ends with status 42.
const HELLO: &str = "
        .text
        .globl _start
_start: li   t0, 0x10000000
        la   t1, text
1:      lbu  t2, 0(t1)
        beqz t2, 2f
        sb   t2, 0(t0)
        addi t1, t1, 1
        j    1b
2:      li   t0, 0x100000
        li   t1, 0x2a3333
        sw   t1, 0(t0)
3:      j    3b
text:   .asciz \"hello\\n\"
";

fn boot(words: &[&str]) -> Outcome {
    outcome(strata(["boot", "-nographic", "-bios", "none"]).args(words))
}

#[rstest]
#[case(64, "rv64", "interp")]
#[case(64, "rv64", "interp,step=on")]
#[case(32, "rv32", "interp")]
fn a_bare_program_prints_and_its_code_is_the_exit_status(
    #[case] xlen: u32,
    #[case] cpu: &str,
    #[case] tier: &str,
) {
    let folder = Folder::new(&format!("hello-{xlen}-{}", tier.len()));
    let done = boot(&["-cpu", cpu, "-accel", tier, "-kernel", &folder.program(xlen, HELLO)]);
    assert_eq!((done.out.as_str(), done.err.as_str(), done.end), ("hello\n", "", Ok(42)));
}

#[test]
fn a_program_with_a_mailbox_prints_and_ends_on_spikes_board() {
    let folder = Folder::new("htif");
    let source = "
        .text
        .globl _start
_start: la   t0, tohost
        li   t1, 0x0101000000000041 # console, write 'A'
        sd   t1, 0(t0)
        li   t1, 7                  # end with status 3
        sd   t1, 0(t0)
1:      j    1b
        .data
        .balign 64
        .globl tohost
tohost: .dword 0
        .balign 64
        .globl fromhost
fromhost: .dword 0
";
    let done = boot(&["-M", "spike", "-kernel", &folder.program(64, source)]);
    assert_eq!((done.out.as_str(), done.err.as_str(), done.end), ("A", "", Ok(3)));
}

#[test]
fn the_tour_shows_a_machine_and_ends_by_itself_where_nobody_can_type() {
    let done = outcome(&mut strata([""; 0]));
    assert_eq!((done.err.as_str(), done.end), ("", Ok(0)));
    insta::assert_snapshot!(done.out);
}

#[test]
fn a_script_is_typed_at_prompts_and_means_the_same_every_time() {
    let folder = Folder::new("script");
    let (script, kernel) = (folder.script("help\rbench\rregs\rpoweroff\r"), folder.tour());
    let run = || {
        let mut command = strata(["boot", "-bios", "none", "-d", "hash", "-kernel", &kernel]);
        outcome(command.stdin(File::open(&script).unwrap()))
    };
    let first = run();
    assert_eq!(first.end, Ok(0), "{}", first.err);
    assert!(first.out.contains("2262 primes below 20000"), "{}", first.out);
    assert!(first.err.starts_with("hash "), "{}", first.err);
    assert_eq!((run(), run()), (first.clone(), first));
}

/// Sends back what it gets until it gets a 4, and switches the machine off. A 2 is passed over: the first byte is lost
/// where it comes before the FIFOs are on, as with the chip.
const ECHO: &str = "
        .text
        .globl _start
_start: li   t0, 0x10000000
        li   t1, 1
        sb   t1, 2(t0)              # FIFOs
        li   t3, 4
        li   t4, 2
1:      lbu  t1, 5(t0)
        andi t1, t1, 1
        beqz t1, 1b
        lbu  t2, 0(t0)
        beq  t2, t3, 2f
        beq  t2, t4, 1b
        sb   t2, 0(t0)
        j    1b
2:      li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, 0(t0)
3:      j    3b
";

#[rstest]
#[case("mon:stdio")]
#[case("stdio")]
fn a_large_paste_loses_no_byte(#[case] place: &str) {
    let folder = Folder::new(&format!("paste-{}", place.len()));
    let kernel = folder.program(64, ECHO);
    let text: String = (0..800).map(|number| format!("{number:05}\n")).collect();
    let words = ["boot", "-bios", "none", "-serial", place, "-kernel", &kernel];
    let done = fed(&mut strata(words), format!("\x02{text}\x04").as_bytes());
    assert_eq!((done.err.as_str(), done.end), ("", Ok(0)));
    assert!(done.out == text, "{} bytes of {}", done.out.len(), text.len());
}

#[test]
fn a_serial_port_waits_for_whoever_comes_to_its_socket() {
    let folder = Folder::new("socket");
    let (kernel, socket) = (folder.program(64, ECHO), folder.path("socket"));
    let place = format!("unix:{socket},server=on");
    let mut command = strata(["boot", "-bios", "none", "-serial", &place, "-kernel", &kernel]);
    let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut person = (0..400)
        .find_map(|_| {
            std::thread::sleep(Duration::from_millis(25));
            UnixStream::connect(&socket).ok()
        })
        .unwrap();
    person.write_all(b"\x02hello\x04").unwrap();
    let mut answer = String::new();
    person.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hello");
    let done = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!((done.out.as_str(), done.end), ("", Ok(0)));
    assert!(done.err.starts_with("strata: waiting for connection on: "), "{}", done.err);
}

/// Says hello, and resets the machine when a byte has come.
const AGAIN: &str = "
        .text
        .globl _start
_start: li   t0, 0x10000000
        li   t1, 'b'
        sb   t1, 0(t0)
1:      lbu  t1, 5(t0)
        andi t1, t1, 1
        beqz t1, 1b
        lbu  t1, 0(t0)
        li   t0, 0x100000
        li   t1, 0x7777
        sw   t1, 0(t0)
2:      j    2b
";

#[test]
fn a_reset_loads_files_again_and_ends_a_machine_whose_files_have_changed() {
    let folder = Folder::new("again");
    let (kernel, initrd) = (folder.program(64, AGAIN), folder.path("initrd"));
    std::fs::write(&initrd, vec![7; 2 << 20]).unwrap();
    let words = ["boot", "-bios", "none", "-serial", "stdio", "-kernel", &kernel, "-initrd", &initrd];
    let mut command = strata(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut letter = [0];
    for change in [false, true] {
        output.read_exact(&mut letter).unwrap();
        assert_eq!(letter, *b"b");
        if change {
            File::options().append(true).open(&initrd).unwrap().write_all(b"more").unwrap();
        }
        input.write_all(b"x").unwrap();
    }
    let done = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!(done.end, Ok(1));
    assert!(done.err.contains("cannot be loaded again after a reset"), "{}", done.err);
    assert!(done.err.contains("it has changed since"), "{}", done.err);
}

/// Sleeps for two hours again and again.
const SLEEPER: &str = "
        .text
        .globl _start
_start: li   t0, 0x80
        csrw mie, t0
        li   s0, 0x2004000
        li   s1, 0x200bff8
        li   s2, 72000000000
1:      ld   t0, 0(s1)
        add  t0, t0, s2
        sd   t0, 0(s0)
        wfi
        j    1b
";

#[test]
fn a_machine_that_sleeps_for_hours_ends_by_a_signal() {
    let folder = Folder::new("sleeper");
    let kernel = folder.program(64, SLEEPER);
    let mut command = strata(["boot", "-bios", "none", "-nographic", "-kernel", &kernel]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    // By then it has skipped the first two hours and sleeps for the next.
    std::thread::sleep(Duration::from_millis(500));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(25));
        child.try_wait().unwrap()
    });
    if ended.is_none() {
        child.kill().unwrap();
    }
    assert_eq!(ended.unwrap().code(), Some(128 + 15));
}

#[test]
fn an_idle_machine_that_nobody_can_wake_is_ended() {
    let folder = Folder::new("idle");
    let kernel = folder.program(64, "        .text\n        .globl _start\n_start: wfi\n        j _start\n");
    let done = boot(&["-kernel", &kernel]);
    assert_eq!(done.end, Ok(1));
    assert!(done.err.contains("nothing is left that could raise one"), "{}", done.err);
}

#[rstest]
#[case(&["-kernel", "/nowhere"], "strata: kernel /nowhere cannot be read: No such file or directory\n", 1)]
#[case(&["-M", "vrit"], "strata: -M: \"vrit\" is no board: did you mean 'virt'?; see -M help\n", 2)]
fn bad_words_are_named(#[case] words: &[&str], #[case] sentence: &str, #[case] status: i32) {
    let done = boot(words);
    assert_eq!((done.err.as_str(), done.end), (sentence, Ok(status)));
}

#[test]
fn qemus_name_stands_for_boot() {
    let folder = Folder::new("name");
    let link = folder.path("qemu-system-riscv64");
    std::os::unix::fs::symlink(common::STRATA, &link).unwrap();
    let done = outcome(command(&link).args(["-M", "help"]));
    assert_eq!(done.out.lines().next(), Some("  virt           RISC-V VirtIO board"));
}

#[rstest]
#[case("on")]
#[case("off")]
fn debians_kernel_writes_to_a_virtio_disk(#[case] legacy: &str) {
    let Some(debian) = debian() else { return };
    let folder = Folder::new(&format!("disk-{legacy}"));
    let disk = folder.path("disk");
    let lines = "dd if=/dev/vda bs=512 skip=1 count=1 | head -c 12; echo\n\
                 cat /sys/block/vda/size /sys/block/vda/serial; echo\n\
                 echo written | dd of=/dev/vda bs=512 seek=1000 conv=sync; sync\n\
                 cat /sys/class/misc/hw_random/rng_available\n\
                 poweroff -f\n";
    let mut image = vec![0; 1 << 20];
    image[512..524].copy_from_slice(b"the disk was");
    std::fs::write(&disk, image).unwrap();
    let drive = format!("file={disk},if=none,id=d,format=raw");
    let global = format!("virtio-mmio.force-legacy={legacy}");
    let devices = ["-device", "virtio-blk-device,drive=d,serial=mine", "-device", "virtio-rng-device"];
    let others = ["-drive", &drive, "-global", &global, "-d", "guest_errors"];
    let done = outcome(debian.boot(&folder.script(lines)).args(others).args(devices));
    assert_eq!(done.end, Ok(0), "{}{}", done.out, done.err);
    for line in ["the disk was\r\n", "2048\r\nmine", "virtio_rng.0"] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
    assert!(!done.err.contains("virtio"), "{}", done.err);
    let image = std::fs::read(&disk).unwrap();
    assert_eq!(image[1000 * 512..1000 * 512 + 8], *b"written\n");
}
